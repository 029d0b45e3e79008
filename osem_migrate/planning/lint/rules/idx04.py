"""IDX04: ALL on a table of many indexes."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity

MANY = 5
"""More indexes than this that copy everything."""


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        if one.after is None or not any(index.projection == "ALL" for index in one.new_indexes):
            continue
        copies = sum(index.projection == "ALL" for index in one.after.indexes)
        if copies > MANY:
            said = f"{copies} indexes of {one.table} project ALL: each item is stored and written {copies + 1} times"
            yield one, said


def _index(number: int) -> str:
    return f'Index("by-{number}", partition_key=S("owner{number}"))'


_INDEXES = "".join(f"        {_index(number)},\n" for number in range(1, MANY + 1))

RULE = Rule(
    code="IDX04",
    severity=Severity.WARNING,
    finds=f"more than {MANY} indexes of a table that project ALL",
    reason="Each index with ALL is a copy of every item in it, in storage and in write units: a write to the table is "
    "a write to each of them.",
    recipe='Project what its queries need: projection="KEYS_ONLY", or projection="INCLUDE" with include=[…].',
    source=f"{GUIDE}bp-indexes-general.html",
    given=f'CreateTable(\n    "Orders",\n    partition_key=S("orderId"),\n    indexes=[\n{_INDEXES}    ],\n)',
    fires='AddIndex("Orders", "by-customer", partition_key=S("customerId"))',
    passes='AddIndex("Orders", "by-customer", partition_key=S("customerId"), projection="KEYS_ONLY")',
    check=_check,
)
