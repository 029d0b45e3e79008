"""DST03: a table that is dropped in the release that creates its replacement."""

from collections.abc import Iterator

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import ORDERS, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    created = {one.table: one.created for one in release.operations if one.created is not None}
    for one in release.operations:
        if one.lost is None or one.table in created:
            continue
        for name, table in created.items():
            if table.partition_key == one.lost.partition_key or name.startswith(one.table):
                yield one, f"{one.table} is dropped in the release that creates {name} in its place"


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
