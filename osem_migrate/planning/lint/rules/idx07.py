"""IDX07: several indexes that are built on one table, one after the other."""

from collections.abc import Iterator

from osem_migrate.operations.estimate import ADD_INDEX
from osem_migrate.planning.lint.reviewed import Release, Remark, ReviewedOperation
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity

MANY = 2


def _check(release: Release) -> Iterator[Remark]:
    for operations in release.by_table():
        builds = [one for one in _unfolded(operations, folds=release.environment.folds) if _is_build(one)]
        for count, one in enumerate(builds[MANY:], MANY + 1):
            low, high = (round(seconds * count / 60) for seconds in (ADD_INDEX.low, ADD_INDEX.high))
            said = f"{count} indexes are built on {one.table} in one release, one by one: {low} to {high} min if empty"
            yield one, said


def _unfolded(operations: list[ReviewedOperation], *, folds: bool) -> Iterator[ReviewedOperation]:
    """All operations of a table but the index additions that folding would bring along with its CreateTable."""
    folded = False
    for one in operations:
        folded = folds and (one.created is not None or (folded and _is_build(one)))
        if not folded:
            yield one


def _is_build(one: ReviewedOperation) -> bool:
    return one.before is not None and one.operation.added_index is not None


RULE = Rule(
    code="IDX07",
    severity=Severity.WARNING,
    finds=f"more than {MANY} indexes that are built on one table in a release",
    reason="DynamoDB builds one index of a table at a time, each in 8 to 17 minutes although the table is empty, and "
    "in hours where it is large. Meanwhile the release is half done.",
    recipe="If the table is new, let the indexes come with it, in seconds: fold_indexes = true in "
    "the environment. If not, spread them over releases, or say that there is time.",
    source=f"{GUIDE}GSI.OnlineOps.html",
    fires="""\
AddIndex("Orders", "by-customer", partition_key=S("customerId"))
AddIndex("Orders", "by-product", partition_key=S("productId"))
AddIndex("Orders", "by-shop", partition_key=S("shopId"))""",
    passes="""\
AddIndex("Orders", "by-customer", partition_key=S("customerId"))
AddIndex("Orders", "by-product", partition_key=S("productId"))""",
    check=_check,
    of_release=True,
    of_environment=True,
)
