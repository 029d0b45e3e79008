"""MIX01: a script that changes tables and writes items."""

from collections.abc import Iterator
from itertools import groupby

from osem_migrate.planning.lint.reviewed import Release, Remark
from osem_migrate.planning.lint.rule import GUIDE, Rule
from osem_migrate.planning.status.problem import Severity


def _check(release: Release) -> Iterator[Remark]:
    for _, script in groupby(release.operations, key=lambda one: one.migration.id):
        operations = list(script)
        created = {one.table for one in operations if one.created is not None}
        changed = next((one for one in operations if one.before != one.after and one.table not in created), None)
        for one in operations:
            if changed is not None and one.operation.writes_items and one.table not in created:
                yield one, f"the script writes items of {one.table}, and changes {changed.table} as well"


RULE = Rule(
    code="MIX01",
    severity=Severity.WARNING,
    finds="a script that changes a table and writes items",
    reason="To write items may take hours, fail at one of them, and be impossible to take back. A script is applied, "
    "repeated and taken back as a whole, so a change of the table that shares it stays half done with it.",
    recipe="Write two scripts, one for the table and one for the items.",
    source=f"{GUIDE}WorkingWithTables.Basics.html",
    fires="""\
SetTimeToLive("Orders", "expiresAt")
UpdateItems("Orders", with_year, undo=without_year)""",
    passes='UpdateItems("Orders", with_year, undo=without_year)',
    check=_check,
)
