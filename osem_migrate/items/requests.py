"""Requests: what DynamoDB is asked for to write an item, on condition that it is as it was scanned.

Each is a dict of the call's members without TableName. No write overwrites what somebody else has written meanwhile
of what a function has looked at, and none brings an item back that is gone. Key attributes cannot change, so they need
no condition. A condition holds so much and no more: then ConditionTooLarge is raised.
"""

from collections.abc import Collection
from typing import Any

from osem_migrate.errors import ConditionTooLarge
from osem_migrate.items.change import ItemChange
from osem_migrate.items.keys import key_of
from osem_migrate.items.placeholders import Placeholders
from osem_migrate.items.values import Item
from osem_migrate.items.where import Where
from osem_migrate.schema import Table

MAX_CONDITIONS = 140  # with an AND between each, of the 300 operators that DynamoDB takes
MAX_OPERATORS = 300
LONGEST_CONDITION = 4000  # bytes, of the 4,096 that DynamoDB takes


def update_request(
    before: Item, change: ItemChange, looked_at: Collection[str], table: Table, where: Where | None
) -> dict[str, Any]:
    """UpdateItem, where the item is there, and is as ``before`` in all that is changed or was looked at."""
    placeholders = Placeholders()
    sets = ", ".join(f"{placeholders.name(n)} = {placeholders.value(v)}" for n, v in sorted(change.set.items()))
    removes = ", ".join(placeholders.name(name) for name in sorted(change.remove))
    condition = _as_it_was(before, {*looked_at, *change.names}, table, where, placeholders)
    clauses = [f"SET {sets}" if sets else "", f"REMOVE {removes}" if removes else ""]
    return {
        "Key": key_of(before, table),
        "UpdateExpression": " ".join(filter(None, clauses)),
        "ConditionExpression": condition,
        **placeholders.members(),
    }


def delete_request(before: Item, looked_at: Collection[str], table: Table, where: Where | None) -> dict[str, Any]:
    """DeleteItem, or the Delete of a transaction, where the item is as ``before`` in all that was looked at."""
    return {"Key": key_of(before, table), **_conditional(before, looked_at, table, where)}


def put_request(item: Item, table: Table) -> dict[str, Any]:
    """PutItem, where there is no item of this key."""
    return {"Item": dict(item), **_absent(table)}


def check_request(key: Item, found: Item | None, looked_at: Collection[str], table: Table) -> dict[str, Any]:
    """The ConditionCheck of a transaction: the item is as it was looked up, or missing where it was missing."""
    return {"Key": dict(key), **(_absent(table) if found is None else _conditional(found, looked_at, table, None))}


def _absent(table: Table) -> dict[str, Any]:
    placeholders = Placeholders()
    condition = f"attribute_not_exists({placeholders.name(table.partition_key.name)})"
    return {"ConditionExpression": condition, **placeholders.members()}


def _conditional(before: Item, looked_at: Collection[str], table: Table, where: Where | None) -> dict[str, Any]:
    placeholders = Placeholders()
    condition = _as_it_was(before, looked_at, table, where, placeholders)
    return {"ConditionExpression": condition, **placeholders.members()}


def _as_it_was(
    before: Item, names: Collection[str], table: Table, where: Where | None, placeholders: Placeholders
) -> str:
    """The condition that the item is there, that all of these attributes are as before, and that ``where`` holds."""
    keys = {key.name for key in table.keys}
    parts = [f"attribute_exists({placeholders.name(table.partition_key.name)})"]
    for name in sorted(set(names) - keys):
        shown = placeholders.name(name)
        there = name in before
        parts.append(f"{shown} = {placeholders.value(before[name])}" if there else f"attribute_not_exists({shown})")
    count, operators = len(parts), 2 * len(parts) - 1
    if where is not None:
        parts.append(f"({where.render(placeholders)})")
        operators += 1 + where.operators
    condition = " AND ".join(parts)
    if count > MAX_CONDITIONS or operators > MAX_OPERATORS or len(condition.encode()) > LONGEST_CONDITION:
        raise ConditionTooLarge(
            f"{count - 1} attributes were looked at or changed, which is more than one condition holds",
            table=table.name,
            limit=MAX_CONDITIONS,
        )
    return condition
