"""DST03: a table that is dropped in the release that creates its replacement."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark, ReviewedOperation
from osem_migrate.planning.lint.rule import ORDERS, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    created = [one for one in release.operations if one.created is not None]
    own = {one.table for one in created}
    for one in release.operations:
        if one.lost is None or one.table in own:
            continue
        for other in created:
            if _replaces(other, one):
                yield one, f"{one.table} is dropped in the release that creates {other.table} in its place"


def _replaces(new: ReviewedOperation, old: ReviewedOperation) -> bool:
    """Whether it has the same partition key, or a name that begins with the old one's."""
    if new.created is None or old.lost is None:
        return False
    return new.created.partition_key == old.lost.partition_key or new.table.startswith(old.table)


RULE = Rule(
    code="DST03",
    severity=Severity.WARNING,
    finds="a table that is dropped in the release that creates its replacement",
    reason="The application that runs while the release goes out still uses the old table, and so does the one that a "
    "rollback brings back. What it writes meanwhile is lost.",
    recipe="Drop the old table in a later release, when nothing uses it any more.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/framework/ops_mit_deploy_risks_plan_for_unsucessful_"
    "changes.html",
    given=ORDERS,
    fires='CreateTable("OrdersByShop", partition_key=S("shopId"), sort_key=S("orderId"))\nDropTable("Orders")',
    passes='CreateTable("OrdersByShop", partition_key=S("shopId"), sort_key=S("orderId"))',
    check=_check,
    of_release=True,
)
