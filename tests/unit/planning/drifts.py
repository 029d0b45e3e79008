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
from osem_migrate.schema import Index, LocalIndex, S, Table, Throughput
from tests import strategies
from tests.unit.planning.builders import described

OTHER = S("somethingElse")
OTHER_KEY = "arn:aws:kms:us-east-1:123456789012:key/another"
ON_DEMAND = "PAY_PER_REQUEST"


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


def _tables(table: Table) -> Iterator[Drift]:
    yield Drift(table, None, DriftCode.TABLE_MISSING, table.name)
    found = described(table)
    yield Drift(table, replace(found, partition_key=OTHER), DriftCode.TABLE_KEYS, table.name)
    yield Drift(table, replace(found, sort_key=OTHER), DriftCode.TABLE_KEYS, table.name)
    if table.sort_key is not None and not table.local_indexes:
        yield Drift(table, replace(found, sort_key=None), DriftCode.TABLE_KEYS, table.name)
        swapped = replace(found, partition_key=table.sort_key, sort_key=table.partition_key)
        yield Drift(table, swapped, DriftCode.TABLE_KEYS, table.name)


def _indexes(table: Table) -> Iterator[Drift]:
    found = described(table)
    billing = table.setting(SetBilling)
    assert billing is not None
    extra = Index("extra-index", OTHER, throughput=billing.index_throughput(None))
    yield Drift(table, replace(found, indexes=[*found.indexes, extra]), DriftCode.INDEX_UNEXPECTED, extra.name)
    for index in found.indexes:
        others = [known for known in found.indexes if known != index]
        yield Drift(table, replace(found, indexes=others), DriftCode.INDEX_MISSING, index.name)
        for code, changed in _changed(index, billing):
            yield Drift(table, replace(found, indexes=[*others, changed]), code, index.name)


def _changed(index: Index, billing: SetBilling) -> Iterator[tuple[str, Index]]:
    partition, sort = index.partition_keys, index.sort_keys
    yield DriftCode.INDEX_KEYS, replace(index, partition_key=(OTHER, *partition[1:]))
    yield DriftCode.INDEX_KEYS, replace(index, sort_key=(*sort[:-1], OTHER))
    if sort:
        yield DriftCode.INDEX_KEYS, replace(index, sort_key=sort[:-1])
    if len(partition) > 1:
        yield DriftCode.INDEX_KEYS, replace(index, partition_key=tuple(reversed(partition)))
        yield DriftCode.INDEX_KEYS, replace(index, partition_key=partition[:-1])
    if len(sort) > 1:
        yield DriftCode.INDEX_KEYS, replace(index, sort_key=tuple(reversed(sort)))
    for changed in (replace(index, projection="ALL", include=()), replace(index, projection="KEYS_ONLY", include=())):
        if changed.projection != index.projection:
            yield DriftCode.INDEX_PROJECTION, changed
    yield DriftCode.INDEX_PROJECTION, replace(index, projection="INCLUDE", include=(*index.include, "leftOver"))
    had = index.throughput or Throughput(1, 1)
    yield DriftCode.INDEX_THROUGHPUT, replace(index, throughput=Throughput((had.read or 0) + 1, had.write))
    if billing.mode == ON_DEMAND and index.throughput is not None:
        yield DriftCode.INDEX_THROUGHPUT, replace(index, throughput=None)


def _local_indexes(table: Table) -> Iterator[Drift]:
    found = described(table)
    if table.sort_key is not None:
        extra = LocalIndex("local-extra", OTHER)
        yield Drift(
            table, replace(found, local_indexes=[*table.local_indexes, extra]), DriftCode.LOCAL_INDEX, extra.name
        )
    for local in table.local_indexes:
        others = [known for known in table.local_indexes if known != local]
        yield Drift(table, replace(found, local_indexes=others), DriftCode.LOCAL_INDEX, local.name)
        include = replace(local, projection="INCLUDE", include=(*local.include, "leftOver"))
        for changed in (replace(local, sort_key=OTHER), include):
            yield Drift(table, replace(found, local_indexes=[*others, changed]), DriftCode.LOCAL_INDEX, local.name)


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
    _tables,
    _indexes,
    _local_indexes,
    _billing,
    _settings,
)
