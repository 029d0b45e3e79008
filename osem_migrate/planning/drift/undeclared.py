"""Undeclared: settings that are on in AWS but in no script; they may be intended."""

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import WATCHED
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.schema import Table


def undeclared(live: LiveTable, expected: Table | None) -> tuple[Difference, ...]:
    """Every setting of the live table that is not AWS's default and that nobody declared; the repair sets it back."""
    if live.table is None or expected is None:
        return ()
    found: list[Difference] = []
    for kind in WATCHED:
        setting, usual = live.table.setting(kind), kind.default(expected.name)
        if expected.setting(kind) is not None or setting is None or kind in live.unreadable or usual.matches(setting):
            continue
        found.append(
            Difference(
                code=DriftCode.SETTING_UNDECLARED,
                table=expected.name,
                subject=expected.name,
                expected=usual.phrase,
                found=setting.phrase,
                repair=(usual,),
                setting=setting,
            )
        )
    return tuple(found)
