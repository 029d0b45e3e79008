"""Settled: a difference that is still on its way is none for now."""

from collections.abc import Iterator

from osem_migrate.live_table import LiveTable
from osem_migrate.operations.step import Description
from osem_migrate.planning.drift.diff import Difference


def settled(live: LiveTable, differences: tuple[Difference, ...]) -> Iterator[Difference]:
    """The differences that will not go away by themselves, as far as one can see."""
    return (difference for difference in differences if not _on_its_way(live, difference))


def _on_its_way(live: LiveTable, difference: Difference) -> bool:
    if live.status in {"CREATING", "DELETING"}:
        return True
    if difference.subject in live.indexes and live.indexes[difference.subject].phase is not None:
        return True
    setting = difference.setting
    if setting is None or (setting.shows_target and not difference.code.is_of_index):
        return False
    # While a table is UPDATING, its description may still show what it had before.
    updating = live.status == "UPDATING" and setting.described_by is Description.TABLE
    return updating or setting.noun in live.changing
