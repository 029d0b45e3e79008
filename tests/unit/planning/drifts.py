"""Drifts: random tables, and every way in which one change by hand can make the live one differ from them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from osem_migrate.operations import (
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.schema import Table, Throughput
from tests import strategies
from tests.doubles.manual_changes import ON_DEMAND, OTHER_KEY, manual_changes
from tests.unit.planning.builders import described


@dataclass(frozen=True)
class Drift:
    """One change by hand: the live table afterwards (None: gone), and the one difference it makes."""

    expected: Table
    live: Table | None
    code: str
    subject: str


@st.composite
def drifts(draw: DrawFn) -> Drift:
    """A random table and one random change of it."""
    table = draw(strategies.tables())
    return draw(st.sampled_from([drift for mutate in MUTATORS for drift in mutate(table)]))


@st.composite
def undeclared(draw: DrawFn, table: Table) -> Table:
    """The live table with any value of every setting that the script does not declare."""
    found = described(table)
    declared = {type(setting) for setting in table.settings}
    for kind in strategies.SETTING_KINDS:
        if kind not in declared and draw(st.booleans()):
            found = found.with_setting(draw(strategies.settings_of(table, kind)))
    return found


def _structures(table: Table) -> Iterator[Drift]:
    """Keys and indexes, in every way in which they can be changed by hand; and no table at all."""
    yield Drift(table, None, DriftCode.TABLE_MISSING, table.name)
    for change in manual_changes(table):
        if change.anew is not None and change.code is not None:
            yield Drift(table, described(change.anew), change.code, change.subject)


def _throughputs(table: Table) -> Iterator[Drift]:
    found, billing = described(table), table.setting(SetBilling)
    assert billing is not None
    for index in found.indexes:
        had = index.throughput or Throughput(1, 1)
        changed = [Throughput((had.read or 0) + 1, had.write)]
        changed += [Throughput(None, None)] if billing.mode == ON_DEMAND and index.throughput is not None else []
        for units in changed:
            indexes = [replace(known, throughput=units) if known == index else known for known in found.indexes]
            yield Drift(table, replace(found, indexes=indexes), DriftCode.INDEX_THROUGHPUT, index.name)


def _billing(table: Table) -> Iterator[Drift]:
    found, billing = described(table), table.setting(SetBilling)
    assert billing is not None
    had = billing.throughput or Throughput(1, 1)
    more = replace(billing, throughput=Throughput((had.read or 0) + 1, had.write))
    yield Drift(table, found.with_setting(more), DriftCode.BILLING, table.name)
    switched = (
        SetBilling(table.name, "PROVISIONED", Throughput(7, 8)) if billing.mode == ON_DEMAND else SetBilling(table.name)
    )
    yield Drift(table, described(switched.on(found)), DriftCode.BILLING, table.name)


def _settings(table: Table) -> Iterator[Drift]:
    found = described(table)
    for setting in table.settings:
        changed = _another(setting)
        if changed is not None:
            yield Drift(table, found.with_setting(changed), DriftCode.SETTING, table.name)


def _another(setting: Setting) -> Setting | None:
    """The same setting with another value, as AWS would describe it; None where no other value would differ."""
    name = setting.table
    other: Setting | None = None
    match setting:
        case SetDeletionProtection():
            other = replace(setting, enabled=not setting.enabled)
        case SetPointInTimeRecovery():
            other = SetPointInTimeRecovery(name, enabled=True, days=setting.days % 35 + 1)
        case SetStream():
            other = SetStream(name, "NEW_IMAGE" if setting.view != "NEW_IMAGE" else None)
        case SetTableClass():
            other = SetTableClass(name, "STANDARD" if setting.storage != "STANDARD" else "STANDARD_INFREQUENT_ACCESS")
        case SetEncryption():
            other = SetEncryption(name, OTHER_KEY if setting.key == "AWS_OWNED" else "AWS_OWNED")
        case SetTimeToLive():
            other = SetTimeToLive(name, "removedAt")
        case SetTags() if setting.tags:
            key = next(iter(setting.tags))
            other = SetTags(
                name, {key: "changed", **{k: v for k, v in setting.tags.items() if k != key and v is not None}}
            )
        case _:
            pass
    return other


MUTATORS: tuple[Callable[[Table], Iterator[Drift]], ...] = (
    _structures,
    _throughputs,
    _billing,
    _settings,
)
