"""Doubts: settings that look as declared and may be otherwise, because nobody who knows has told."""

from collections.abc import Iterator

from osem_migrate.live_table import LiveTable
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.diff import Difference, compared
from osem_migrate.schema import Table


def doubts(live: LiveTable, expected: Table | None) -> Iterator[Difference]:
    """What would be a difference, if it is otherwise; a local engine keeps too little to tell of any."""
    if live.table is None or expected is None or live.emulated:
        return
    for setting in compared(live.table, expected):
        found = live.table.setting(type(setting))
        if found is not None and setting.matches(found) and not setting.is_sure(found):
            yield Difference(
                code=DriftCode.SETTING,
                table=expected.name,
                subject=expected.name,
                expected=setting.phrase,
                found=f"{found.phrase}, {setting.doubt}",
                setting=setting,
            )
