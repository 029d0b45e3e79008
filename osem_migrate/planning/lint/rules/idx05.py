"""IDX05: an index that includes many attributes."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity
from osem_migrate.schema import MAX_INCLUDE_PER_TABLE

MANY = 10
NEAR = MAX_INCLUDE_PER_TABLE * 4 // 5


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        indexes = one.after.all_indexes if one.after is not None else ()
        had = {index.name for index in one.before.all_indexes} if one.before is not None else set()
        new = [index for index in indexes if index.include and index.name not in had]
        for index in new:
            if len(index.include) > MANY:
                yield one, f"index {index.name} of {one.table} includes {len(index.include)} attributes"
        total = sum(len(index.include) for index in indexes)
        if new and total > NEAR:
            yield one, f"the indexes of {one.table} include {total} attributes, of {MAX_INCLUDE_PER_TABLE} at most"


_ATTRIBUTES = ", ".join(f'"a{number}"' for number in range(1, MANY + 2))

RULE = Rule(
    code="IDX05",
    severity=Severity.WARNING,
    finds=f"an index that includes more than {MANY} attributes, or over {NEAR} in all indexes of a table",
    reason="An index of so many attributes is written nearly as often as one of all, and has to be built anew for the "
    f"next attribute. A table's indexes may include {MAX_INCLUDE_PER_TABLE} attributes in all, and an attribute counts "
    "in each.",
    recipe='Project ALL, or keep to keys and read the items from the table: projection="KEYS_ONLY".',
    source=f"{GUIDE}ServiceQuotas.html",
    fires=f"""\
AddIndex(
    "Orders",
    "by-customer",
    partition_key=S("customerId"),
    projection="INCLUDE",
    include=[{_ATTRIBUTES}],
)""",
    passes='AddIndex("Orders", "by-customer", partition_key=S("customerId"))',
    check=_check,
)
