"""Defaulted: what new tables get from the environment, and an older table does not have."""

from collections.abc import Iterator

from osem_migrate.live_table import LiveTable
from osem_migrate.planning.drift.autoscaled import overlooking_capacity
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.schema import Table


def defaulted(live: LiveTable, expected: Table | None) -> Iterator[Difference]:
    """Where the live table has something else than a new one would get; never drift, because nobody asked for it."""
    if live.table is None or expected is None:
        return
    table = overlooking_capacity(live, expected).table or live.table
    for setting in expected.defaults:
        found = table.setting(type(setting))
        if type(setting) in live.unreadable or found is None or setting.matches(found):
            continue
        if live.emulated and setting.is_forgotten(found):
            continue
        yield Difference(
            code=DriftCode.SETTING_DEFAULT,
            table=expected.name,
            subject=expected.name,
            expected=setting.phrase,
            found=found.phrase,
            repair=(setting,),
            setting=setting,
        )
