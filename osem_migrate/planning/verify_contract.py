"""Verification against a contract: whether a live table is what one kind of item needs, point by point."""

from collections.abc import Collection
from dataclasses import replace

from osem_migrate.live_table import LiveTable
from osem_migrate.planning.verify import Checklist, check_table
from osem_migrate.schema import Table
from osem_migrate.schema.value import altered


def check_entity(live: LiveTable, contracted: Table, entity: str | None, indexes: Collection[str]) -> Checklist:
    """Keys and their types, status, and the indexes that hold such items, with their keys and projections.

    Args:
        live: the table.
        contracted: the same as the contract has it; it says nothing of settings, and they are not checked.
        entity: the kind of item; None where the table has but one.
        indexes: the names of those in which items of that kind are.
    """
    needed = altered(
        contracted,
        indexes=tuple(index for index in contracted.indexes if index.name in indexes),
        settings=(),
        defaults=(),
    )
    return replace(check_table(_within(live, indexes), needed), entity=entity)


def beyond(live: LiveTable, contracted: Table) -> tuple[str, ...]:
    """Notes on indexes of the live table that the contract does not have; they break nothing."""
    known = {index.name for index in contracted.indexes}
    found = live.table.all_indexes if live.table is not None else ()
    return tuple(f"the contract has no index {index.name}" for index in found if index.name not in known)


def _within(live: LiveTable, indexes: Collection[str]) -> LiveTable:
    """The table with those indexes alone."""
    if live.table is None:
        return live
    kept = tuple(index for index in live.table.indexes if index.name in indexes)
    return replace(live, table=altered(live.table, indexes=kept, local_indexes=()))
