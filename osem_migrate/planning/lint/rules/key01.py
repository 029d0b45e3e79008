"""KEY01: another primary key by dropping and creating the table."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        if one.created is None or one.dropped is None:
            continue
        if one.created.keys != one.dropped.keys:
            said = (
                f"{one.table} was dropped, and is created again with the key {one.created.keys_text} instead of "
                f"{one.dropped.keys_text}: it comes back empty"
            )
            yield one, said


RULE = Rule(
    code="KEY01",
    severity=Severity.ERROR,
    finds="another primary key by dropping and creating the table",
    reason="A primary key cannot be changed. A table that is dropped loses its items, and whoever reads it finds an "
    "empty one with another key.",
    recipe="Create a table of another name with the new key, copy the items, let the application use it, and drop the "
    "old table in a later release.",
    source=f"{GUIDE}WorkingWithTables.Basics.html",
    fires='DropTable("Orders")\nCreateTable("Orders", partition_key=S("customerId"), sort_key=S("orderId"))',
    passes='CreateTable("CustomerOrders", partition_key=S("customerId"), sort_key=S("orderId"))',
    check=_check,
)
