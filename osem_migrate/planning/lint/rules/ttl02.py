"""TTL02: a second change of time to live in one release."""

from collections.abc import Iterator

from osem_migrate.operations import SetTimeToLive
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import ORDERS, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for operations in release.by_table():
        calls = 0
        for one in operations:
            change = one.change_of(SetTimeToLive)
            if change is None:
                continue
            calls += sum(setting.enabled for setting in change)
            if calls > 1:
                yield one, f"time to live of {one.table} is changed twice in one release: the run waits up to an hour"


RULE = Rule(
    code="TTL02",
    severity=Severity.WARNING,
    finds="time to live that is changed twice in a release, as another attribute does",
    reason="AWS accepts another change only after half an hour to an hour, and a run waits that long. Another "
    "attribute is two changes: off, and on again.",
    recipe="Keep the attribute; or turn time to live off in one release, and on with the other attribute in the next.",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html",
    given=ORDERS + '\nSetTimeToLive("Orders", "expiresAt")',
    fires='SetTimeToLive("Orders", "deleteAt")',
    passes='SetTimeToLive("Orders", "expiresAt", enabled=False)',
    check=_check,
    of_release=True,
)
