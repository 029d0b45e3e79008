"""CLS02: more changes of encryption than AWS accepts in a day."""

from collections.abc import Iterator

from osem_migrate.operations import SetEncryption
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity

A_DAY = 4


def _check(release: Release) -> Iterator[Remark]:
    for one, count in release.beyond(A_DAY, SetEncryption):
        yield one, f"the encryption of {one.table} is changed {count} times in one release"


_THERE, _BACK = 'SetEncryption("Orders", "AWS_MANAGED")', 'SetEncryption("Orders", "AWS_OWNED")'

RULE = Rule(
    code="CLS02",
    severity=Severity.ERROR,
    finds=f"more than {A_DAY} changes of encryption in a release",
    reason=f"AWS accepts {A_DAY} changes of a table's encryption in 24 hours, and then one in six hours: the run fails "
    "with a LimitExceededException.",
    recipe="Change it once, to the key that is meant to stay.",
    source=f"{GUIDE}ServiceQuotas.html",
    fires=f"{_THERE}\n{_BACK}\n{_THERE}\n{_BACK}\n{_THERE}",
    passes='SetEncryption("Orders", "AWS_MANAGED")',
    check=_check,
    of_release=True,
)
