"""DST01: a table without backups that is dropped."""

from collections.abc import Iterator

from osem_migrate.operations import SetPointInTimeRecovery
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, ORDERS, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        if one.lost is None:
            continue
        recovery = one.lost.setting(SetPointInTimeRecovery)
        if recovery is None or not recovery.enabled:
            yield one, f"{one.table} is dropped while point-in-time recovery is off: nothing is left of its items"


RULE = Rule(
    code="DST01",
    severity=Severity.WARNING,
    finds="a table that is dropped while point-in-time recovery is off",
    reason="Of a table with point-in-time recovery AWS keeps a backup for 35 days after it is deleted. Without it the "
    "items are gone at once.",
    recipe="Turn point-in-time recovery on in an earlier release, or make a backup and say so.",
    source=f"{GUIDE}PointInTimeRecovery_Howitworks.html",
    given=ORDERS + '\nCreateTable("Carts", S("cartId"), settings=[SetPointInTimeRecovery("Carts", enabled=True)])',
    fires='DropTable("Orders")',
    passes='DropTable("Carts")',
    check=_check,
    of_environment=True,
)
