"""IDX03: an index that is dropped in the release that adds its replacement."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, ORDERS, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for operations in release.by_table():
        added = {index.name: index for one in operations if one.before is not None for index in one.new_indexes}
        for one in operations:
            gone = one.before.index(one.operation.dropped_index or "") if one.before is not None else None
            if gone is None or gone.name in added:
                continue
            for index in added.values():
                if index.partition_keys == gone.partition_keys:
                    said = f"index {gone.name} of {one.table} is dropped in the release that adds {index.name} instead"
                    yield one, said


RULE = Rule(
    code="IDX03",
    severity=Severity.WARNING,
    finds="an index that is dropped in the release that adds its replacement",
    reason="The application that runs while the release goes out still queries the old index, and so does the one that "
    "a rollback brings back; the new index can be queried only once it is built.",
    recipe="Drop the old index in a later release, when nothing queries it any more.",
    source=f"{GUIDE}GSI.OnlineOps.html",
    given=ORDERS + '\nAddIndex("Orders", "by-customer", partition_key=S("customerId"))',
    fires="""\
AddIndex("Orders", "by-customer-and-time", partition_key=S("customerId"), sort_key=N("createdAt"))
DropIndex("Orders", "by-customer")""",
    passes='AddIndex("Orders", "by-customer-and-time", partition_key=S("customerId"), sort_key=N("createdAt"))',
    check=_check,
    of_release=True,
)
