"""IDX02: an index that is dropped and added again under its name."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, ORDERS, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    dropped: set[tuple[str, str]] = set()
    for one in release.operations:
        name = one.operation.dropped_index
        if name is not None:
            dropped.add((one.table, name))
        for index in one.new_indexes:
            if one.before is not None and (one.table, index.name) in dropped:
                yield one, f"index {index.name} of {one.table} is dropped and added again in one release"


RULE = Rule(
    code="IDX02",
    severity=Severity.ERROR,
    finds="an index that is dropped and added again under the same name",
    reason="Queries of the index fail from its drop until it is built again: 8 to 17 minutes on an empty table, hours "
    "or days on a large one.",
    recipe="Add the new index under a new name, let the application use it, and drop the old one in a later release.",
    source=f"{GUIDE}GSI.OnlineOps.html",
    given=ORDERS + '\nAddIndex("Orders", "by-customer", partition_key=S("customerId"))',
    fires="""\
DropIndex("Orders", "by-customer")
AddIndex("Orders", "by-customer", partition_key=S("customerId"), sort_key=N("createdAt"))""",
    passes='AddIndex("Orders", "by-customer-and-time", partition_key=S("customerId"), sort_key=N("createdAt"))',
    check=_check,
    of_release=True,
)
