"""LiveSchema: live tables as a schema that scripts can lead to."""

from collections.abc import Sequence
from dataclasses import dataclass

from osem_migrate.errors import DefinitionError
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SetBilling, Setting
from osem_migrate.planning.drift.autoscaled import overlooking_capacity
from osem_migrate.schema import Index, Schema, Table
from osem_migrate.schema.value import altered, checked


@dataclass(frozen=True, slots=True)
class LiveSchema:
    """The tables that are live, as far as the scripts declare any of that name, and the names of those they do not."""

    schema: Schema
    undeclared: tuple[str, ...]
    notes: tuple[str, ...]


def live_schema(tables: Sequence[LiveTable], scripts: Schema) -> LiveSchema:
    """What is live, as declarations.

    What cannot be told, what an autoscaler owns and what belongs to others, such as their tags, is as in the scripts;
    so is a table that no script could declare as it is, which a note then names.
    """
    found: dict[str, Table] = {}
    notes: list[str] = []
    for live in tables:
        declared = scripts.tables.get(live.name)
        if live.table is None or declared is None:
            continue
        try:
            found[live.name] = checked(_as_declared(live, declared))
        except DefinitionError as refused:
            found[live.name] = declared
            notes.append(f"{live.physical_name} is left out: no script can declare it ({refused.message}).")
        if live.beyond:
            notes.append(f"{live.physical_name}: no script can declare {', '.join(live.beyond)}.")
    undeclared = (one.physical_name for one in tables if one.table is not None and one.name not in scripts.tables)
    return LiveSchema(Schema(found), tuple(undeclared), tuple(notes))


def _as_declared(live: LiveTable, declared: Table) -> Table:
    table = overlooking_capacity(live, declared).table or declared
    kinds = {type(setting) for setting in declared.settings}
    undeclared = (one for one in table.settings if type(one) not in kinds and type(one).is_watched)
    settings = (*(_setting(live, table, setting, declared) for setting in declared.settings), *undeclared)
    billing = SetBilling.of(declared)
    # A local engine forgets what an index may use at most, as it does of the table.
    forgetful = live.emulated and billing.is_forgotten(SetBilling.of(table))
    indexes = [_index(index, declared) for index in table.indexes] if forgetful else table.indexes
    return altered(table, settings=settings, indexes=indexes, defaults=())


def _setting(live: LiveTable, table: Table, setting: Setting, declared: Table) -> Setting:
    """The declared setting where it is live, or may be, else what is live in its place."""
    found = table.setting(type(setting))
    if found is None or type(setting) in live.unreadable or setting.matches(found):
        return setting
    if live.emulated and setting.is_forgotten(found):
        return setting
    return setting.as_changed_to(found).on(declared).setting(type(setting)) or setting


def _index(index: Index, declared: Table) -> Index:
    known = declared.index(index.name)
    return altered(index, throughput=known.throughput) if known is not None else index
