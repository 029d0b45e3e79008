"""KEY02: other local indexes by dropping and creating the table."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        if one.created is None or one.dropped is None or one.created.keys != one.dropped.keys:
            continue
        new, old = ({table.shape(index) for index in table.local_indexes} for table in (one.created, one.dropped))
        if new != old:
            yield one, f"{one.table} was dropped, and is created again with other local indexes: it comes back empty"


RULE = Rule(
    code="KEY02",
    severity=Severity.ERROR,
    finds="other local indexes by dropping and creating the table",
    reason="A local index is made with its table and can neither be added nor dropped. A table that is dropped for one "
    "loses its items.",
    recipe="Add a global index, which needs no new table. If it has to be a local one: create a table of another name, "
    "copy the items, let the application use it, and drop the old table in a later release.",
    source=f"{GUIDE}LSI.html",
    given='CreateTable("Orders", partition_key=S("customerId"), sort_key=S("orderId"))',
    fires="""\
DropTable("Orders")
CreateTable(
    "Orders",
    partition_key=S("customerId"),
    sort_key=S("orderId"),
    local_indexes=[LocalIndex("by-total", N("total"))],
)""",
    passes='AddIndex("Orders", "by-total", partition_key=S("customerId"), sort_key=N("total"))',
    check=_check,
)
