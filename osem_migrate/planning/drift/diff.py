"""Drift of one table: every difference of what is live from what is expected, with the operations that repair them."""

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, replace

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import AddIndex, CreateTable, DropIndex, Operation, SetBilling, Setting
from osem_migrate.operations.aspect import Aspect
from osem_migrate.planning.drift.autoscaled import overlooking_capacity
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.text import (
    index_keys_text,
    index_text,
    local_index_text,
    projection_text,
    table_keys_text,
    units_text,
)
from osem_migrate.schema import Index, LocalIndex, Table
from osem_migrate.schema.value import altered


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as expected.

    Attributes:
        code: which kind of drift.
        table: the logical name.
        subject: the table, or the index that differs.
        expected: what was declared, for people.
        found: what is live, for people.
        repair: the operations that put it back; empty where only a new table could.
        setting: the declared setting that differs, where it is one.
        aspect: what an operation has to know to say whether it is concerned; None where every operation is.
    """

    code: DriftCode
    table: str
    subject: str
    expected: str
    found: str
    repair: tuple[Operation, ...] = ()
    setting: Setting | None = None
    aspect: Aspect | None = None

    def describe(self) -> str:
        """``managerId-index: expected keys managerId S, projection ALL, found none``."""
        return f"{self.subject}: expected {self.expected}, found {self.found}"


def diff(live: LiveTable, expected: Table | None) -> tuple[Difference, ...]:
    """Everything in which the live table is not as expected; empty when nothing that was declared differs.

    ``expected`` None means that there should be no such table. What nobody declared is no difference, and what a local
    engine cannot tell is none either, nor capacity that an autoscaler owns.
    """
    if live.table is None or expected is None:
        return tuple(_existence(live, expected))
    table = overlooking_capacity(live, expected).table or live.table
    return (
        *_table_keys(table, expected),
        *_indexes(live, table, expected),
        *_local_indexes(table, expected),
        *_settings(live, table, expected),
    )


def matches(live: LiveTable, state: Table | None, ahead: Collection[Index | Setting] = ()) -> bool:
    """Whether the live table is in a state, as far as that state declares anything.

    An index or a setting of ``ahead`` that is there already, exactly as declared, is no surprise.
    """
    return not diff(overlooking(live, state, ahead), state)


def is_sure(live: LiveTable, state: Table | None, earlier: Table | None) -> bool:
    """Whether a match is beyond doubt in what is other than ``earlier``.

    A setting may be known by half; what an autoscaler has made of the capacity does not tell what it was before; and
    what only the environment gives to new tables may be lacking although nothing differs.
    """
    if live.table is None or state is None or earlier is None:
        return True
    if live.autoscaled and state.setting(SetBilling) != earlier.setting(SetBilling):
        return not diff(replace(live, autoscaled=frozenset()), state)
    changed = (setting for setting in state.settings if setting not in earlier.settings)
    pairs = ((setting, live.table.setting(type(setting)), state.default(type(setting))) for setting in changed)
    return all(
        found is None or (setting.is_sure(found) and (default is None or default.matches(found)))
        for setting, found, default in pairs
    )


def overlooking(live: LiveTable, state: Table | None, ahead: Collection[Index | Setting]) -> LiveTable:
    """The live table without what is ``ahead``, as far as it is there: as in the state, where that says otherwise."""
    if live.table is None or state is None or not ahead:
        return live
    indexes = [known for known in ahead if isinstance(known, Index)]
    wanted = {_shape(state, index) for index in indexes if state.index(index.name) is None}
    table = altered(
        live.table, indexes=[index for index in live.table.indexes if _shape(live.table, index) not in wanted]
    )
    for setting in (known for known in ahead if isinstance(known, Setting)):
        table = setting.overlooked(table, state)
    return replace(live, table=table)


def _shape(table: Table, index: Index) -> tuple[Hashable, ...]:
    """The index as far as it can never change."""
    return (index.name, index.partition_keys, index.sort_keys, table.projection(index))


def _existence(live: LiveTable, expected: Table | None) -> Iterator[Difference]:
    if expected is not None:
        yield _difference(
            DriftCode.TABLE_MISSING, expected.name, expected.name, "a table", "none", CreateTable.of(expected)
        )
    elif live.table is not None:
        # Dropping a table nobody asked for is never offered as a repair.
        yield _difference(DriftCode.TABLE_UNEXPECTED, live.name, live.name, "no table", "one")


def _table_keys(live: Table, expected: Table) -> Iterator[Difference]:
    if live.keys != expected.keys:
        yield _difference(
            DriftCode.TABLE_KEYS, expected.name, expected.name, table_keys_text(expected), table_keys_text(live)
        )


def _indexes(live: LiveTable, table: Table, expected: Table) -> Iterator[Difference]:
    found = {index.name: index for index in table.indexes}
    wanted = {index.name: index for index in expected.indexes}
    for name in sorted(found.keys() | wanted.keys()):
        if name not in found:
            was, again, lost = index_text(wanted[name]), _add(expected, name), Aspect(index=name)
            yield _difference(DriftCode.INDEX_MISSING, expected.name, name, was, "none", again, aspect=lost)
        elif name not in wanted:
            there, drop, extra = index_text(found[name]), DropIndex(expected.name, name), _aspect(found[name])
            yield _difference(DriftCode.INDEX_UNEXPECTED, expected.name, name, "no index", there, drop, aspect=extra)
        else:
            yield from _index_differences(live, table, expected, found[name], wanted[name])


def _index_differences(
    live: LiveTable, table: Table, expected: Table, found: Index, wanted: Index
) -> Iterator[Difference]:
    rebuild = (DropIndex(expected.name, wanted.name), _add(expected, wanted.name))
    if (found.partition_keys, found.sort_keys) != (wanted.partition_keys, wanted.sort_keys):
        was, there = index_keys_text(wanted), index_keys_text(found)
        yield _difference(DriftCode.INDEX_KEYS, expected.name, wanted.name, was, there, *rebuild, aspect=_aspect(found))
    if table.projection(found) != expected.projection(wanted):
        was, there = projection_text(wanted), projection_text(found)
        yield _difference(
            DriftCode.INDEX_PROJECTION, expected.name, wanted.name, was, there, *rebuild, aspect=_aspect(found)
        )
    billing, live_billing = expected.setting(SetBilling), table.setting(SetBilling)
    if billing is None or live_billing is None or billing.mode != live_billing.mode:
        return
    want = billing.index_throughput(wanted.throughput)
    have = live_billing.index_throughput(found.throughput)
    inherits = wanted.throughput is None and expected.default(SetBilling) is not None
    if want != have and not inherits and not (live.emulated and billing.mode == "PAY_PER_REQUEST"):
        adjust = replace(billing, indexes={wanted.name: want})
        yield Difference(
            code=DriftCode.INDEX_THROUGHPUT,
            table=expected.name,
            subject=wanted.name,
            expected=units_text(want),
            found=units_text(have),
            repair=(adjust,),
            setting=billing,
            aspect=Aspect(index=wanted.name, declared=billing, found=live_billing),
        )


def _local_indexes(live: Table, expected: Table) -> Iterator[Difference]:
    found = {index.name: index for index in live.local_indexes}
    wanted = {index.name: index for index in expected.local_indexes}
    for name in sorted(found.keys() | wanted.keys()):
        if _local_shape(live, found.get(name)) != _local_shape(expected, wanted.get(name)):
            yield _difference(
                DriftCode.LOCAL_INDEX,
                expected.name,
                name,
                local_index_text(wanted.get(name)),
                local_index_text(found.get(name)),
            )


def _local_shape(table: Table, index: LocalIndex | None) -> tuple[Hashable, ...] | None:
    return (index.name, index.keys, table.projection(index)) if index is not None else None


def _settings(live: LiveTable, table: Table, expected: Table) -> Iterator[Difference]:
    for setting in compared(table, expected):
        kind = type(setting)
        found = table.setting(kind)
        if kind in live.unreadable or found is None or setting.matches(found):
            continue
        if live.emulated and setting.is_forgotten(found):
            continue
        repair = setting.repair(found, table, expected)
        yield Difference(
            code=DriftCode.of(setting.drift),
            table=expected.name,
            subject=expected.name,
            expected=setting.phrase,
            found=found.phrase,
            repair=(repair,),
            setting=setting,
            aspect=Aspect(declared=setting, found=found),
        )


def compared(live: Table, expected: Table) -> Iterator[Setting]:
    """The settings in which a table must be as expected, by all commands.

    What only the environment gives to new tables is none of them where this table has something else.
    """
    for setting in expected.settings:
        default, found = expected.default(type(setting)), live.setting(type(setting))
        if default is None or found is None or default.matches(found):
            yield setting
        elif (declared := setting.less(default)) is not None:
            yield declared


def _difference(  # noqa: PLR0913 - the members of a Difference
    code: DriftCode,
    table: str,
    subject: str,
    expected: str,
    found: str,
    *repair: Operation,
    aspect: Aspect | None = None,
) -> Difference:
    return Difference(
        code=code, table=table, subject=subject, expected=expected, found=found, repair=repair, aspect=aspect
    )


def _aspect(found: Index) -> Aspect:
    return Aspect(index=found.name, keys=found.keys)


def _add(table: Table, name: str) -> Operation:
    index = next(index for index in table.indexes if index.name == name)
    return AddIndex.of(table.name, index)
