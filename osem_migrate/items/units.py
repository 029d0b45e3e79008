"""Units: what a write of an item takes, of its table and of each of its global indexes, by DynamoDB's rules.

The rules are those of the developer guide, "DynamoDB read and write operations" and "Provisioned throughput
considerations for global secondary indexes": a unit for each begun KB of the larger of the item before and after it; an
entry of an index is written where it is otherwise afterwards, and deleted and put where its key is. What is done in a
transaction takes twice as much.
"""

import math

from osem_migrate.items.size import index_entry
from osem_migrate.items.values import Item
from osem_migrate.items.work import ItemWrite
from osem_migrate.schema import Index, LocalIndex, Table
from osem_migrate.schema.item_size import item_size

WRITE_BYTES = 1024
"""Of a write unit."""
READ_BYTES = 4096
"""Of a unit of a read that sees every write of before; any other read takes half a unit for as much."""
TRANSACTION = 2


def write_units(write: ItemWrite, table: Table) -> dict[str | None, int]:
    """Units of the table, with its local indexes, by None; and of each global index, by its name, that is written."""
    times = TRANSACTION if write.checks else 1
    found: dict[str | None, int] = {None: times * (_units(_largest(write.before, write.after)) + len(write.checks))}
    for index in table.all_indexes:
        units = times * _entry_units(write, table, index)
        name = index.name if isinstance(index, Index) else None
        if units:
            found[name] = found.get(name, 0) + units
    return found


def _entry_units(write: ItemWrite, table: Table, index: Index | LocalIndex) -> int:
    before, after = (_entry(item, table, index) for item in (write.before, write.after))
    if before == after:
        return 0
    if before is None or after is None:
        return _units(_largest(before, after))
    keys = [key.name for key in index.keys]
    if any(before[name] != after[name] for name in keys):
        return _units(item_size(before)) + _units(item_size(after))
    return _units(_largest(before, after))


def _entry(item: Item | None, table: Table, index: Index | LocalIndex) -> Item | None:
    return index_entry(item, table, index) if item is not None else None


def _largest(*items: Item | None) -> int:
    return max((item_size(item) for item in items if item is not None), default=0)


def _units(size: int) -> int:
    return max(1, math.ceil(size / WRITE_BYTES))
