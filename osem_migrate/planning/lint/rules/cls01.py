"""CLS01: a second change of the table class."""

from collections.abc import Iterator

from osem_migrate.operations import SetTableClass
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for one, count in release.beyond(1, SetTableClass):
        yield one, f"the table class of {one.table} is changed {count} times in one release"


RULE = Rule(
    code="CLS01",
    severity=Severity.WARNING,
    finds="a second change of the table class in a release",
    reason="AWS accepts two changes of the class in 30 days. After the second nothing can be taken back for a month, "
    "and a third fails.",
    recipe="Change it once, to the class that is meant to stay.",
    source=f"{GUIDE}WorkingWithTables.tableclasses.html",
    fires='SetTableClass("Orders", "STANDARD_INFREQUENT_ACCESS")\nSetTableClass("Orders", "STANDARD")',
    passes='SetTableClass("Orders", "STANDARD_INFREQUENT_ACCESS")',
    check=_check,
    of_release=True,
)
