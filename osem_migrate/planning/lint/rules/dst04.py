"""DST04: point-in-time recovery that is turned off or shortened."""

from collections.abc import Iterator

from osem_migrate.operations import SetPointInTimeRecovery
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, ORDERS, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one in release.operations:
        change = one.change_of(SetPointInTimeRecovery)
        if change is None or not change[0].enabled:
            continue
        before, after = change
        if not after.enabled or after.days < before.days:
            yield one, f"point-in-time recovery of {one.table} goes from {before.text} to {after.text}"


RULE = Rule(
    code="DST04",
    severity=Severity.WARNING,
    finds="point-in-time recovery that is turned off or shortened",
    reason="What is beyond the new period can never be restored, and turning it on again begins a new history.",
    recipe="Leave it on; where it is too expensive, say who decided that the older days are not needed.",
    source=f"{GUIDE}PointInTimeRecovery_Howitworks.html",
    given=ORDERS + '\nSetPointInTimeRecovery("Orders", enabled=True)',
    fires='SetPointInTimeRecovery("Orders", enabled=False)',
    passes='SetPointInTimeRecovery("Orders", enabled=True)',
    check=_check,
    of_environment=True,
)
