"""DST02: deletion protection that is turned off in the release that drops the table."""

from collections.abc import Iterator

from osem_migrate.operations import SetDeletionProtection
from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for operations in release.by_table():
        was_protected = False
        for one in operations:
            change = one.change_of(SetDeletionProtection)
            was_protected = was_protected or (change is not None and change[0].enabled)
            if one.lost is not None and was_protected:
                yield one, f"{one.table} is dropped in the release that turns its deletion protection off"


RULE = Rule(
    code="DST02",
    severity=Severity.ERROR,
    finds="deletion protection that is turned off in the release that drops the table",
    reason="Protection is for the moment in which somebody notices that the table is needed after all. In one release "
    "there is no such moment.",
    recipe="Turn the protection off in one release, and drop the table in the next.",
    source=f"{GUIDE}WorkingWithTables.Basics.html",
    given='CreateTable("Orders", S("orderId"), settings=[SetDeletionProtection("Orders", enabled=True)])',
    fires='SetDeletionProtection("Orders", enabled=False)\nDropTable("Orders")',
    passes='SetDeletionProtection("Orders", enabled=False)',
    check=_check,
    of_release=True,
    of_environment=True,
)
