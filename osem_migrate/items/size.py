"""Sizes of items, by the rules of the DynamoDB developer guide, "DynamoDB item sizes and formats". A forecast.

AWS calls the size of numbers approximate, so at the limit the service has the last word.
"""

from osem_migrate.errors import ItemOversized
from osem_migrate.items.values import Item
from osem_migrate.schema import Table
from osem_migrate.schema.item_size import MAX_ITEM_BYTES, item_size

_INDEX_ENTRY = 100  # bytes that an entry of a local index takes beside what is in it


def stored_size(item: Item, table: Table) -> int:
    """Bytes that count against the limit: of the item, and of its entries in the local indexes of the table."""
    return item_size(item) + sum(
        _INDEX_ENTRY + item_size(_projected(item, table, index.sort_key.name, table.projection(index)))
        for index in table.local_indexes
        if index.sort_key.name in item
    )


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


def _projected(item: Item, table: Table, sort_key: str, projection: tuple[str, tuple[str, ...]]) -> Item:
    kind, include = projection
    if kind == "ALL":
        return item
    names = {*(key.name for key in table.keys), sort_key, *include}
    return {name: value for name, value in item.items() if name in names}
