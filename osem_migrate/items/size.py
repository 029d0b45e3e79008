"""Sizes of items, by the rules of the DynamoDB developer guide, "DynamoDB item sizes and formats". A forecast.

AWS calls the size of numbers approximate, so at the limit the service has the last word.
"""

from osem_migrate.errors import ItemOversized
from osem_migrate.items.values import Item
from osem_migrate.schema import Index, LocalIndex, Table
from osem_migrate.schema.item_size import MAX_ITEM_BYTES, item_size

_INDEX_ENTRY = 100  # bytes that an entry of a local index takes beside what is in it


def stored_size(item: Item, table: Table) -> int:
    """Bytes that count against the limit: of the item, and of its entries in the local indexes of the table."""
    return item_size(item) + sum(
        _INDEX_ENTRY + item_size(entry)
        for entry in (index_entry(item, table, index) for index in table.local_indexes)
        if entry is not None
    )


def index_entry(item: Item, table: Table, index: Index | LocalIndex) -> Item | None:
    """What an index holds of an item; None where it holds nothing."""
    keys = {key.name for key in index.keys}
    if not keys <= item.keys():
        return None
    kind, include = table.projection(index)
    if kind == "ALL":
        return item
    names = {*(key.name for key in table.keys), *keys, *include}
    return {name: value for name, value in item.items() if name in names}


def check_size(item: Item, table: Table) -> None:
    """Raise ItemOversized where DynamoDB would not store the item."""
    size = stored_size(item, table)
    if size > MAX_ITEM_BYTES:
        with_indexes = " with its entries in local indexes" if table.local_indexes else ""
        raise ItemOversized(
            f"the item would have {size:,} bytes{with_indexes}; DynamoDB stores {MAX_ITEM_BYTES:,}",
            table=table.name,
            limit=MAX_ITEM_BYTES,
        )
