"""Undeclared: settings that are on in AWS but in no script; they may be intended.

Billing is not among it: every table declares one, on-demand without a maximum where its script says nothing.
"""

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import (
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTimeToLive,
    Setting,
)
from osem_migrate.planning.drift.diff import Difference, setting_text
from osem_migrate.schema import Table

SETTING_UNDECLARED = "DRIFT_SETTING_UNDECLARED"

WATCHED: tuple[type[Setting], ...] = (
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTimeToLive,
)
"""The settings that are looked for although nobody declared them; tags belong to many, and are not."""


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
                code=SETTING_UNDECLARED,
                table=expected.name,
                subject=expected.name,
                expected=setting_text(usual),
                found=setting_text(setting),
                repair=(usual,),
            )
        )
    return tuple(found)
