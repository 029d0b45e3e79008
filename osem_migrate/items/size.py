"""Sizes of items, by the rules of the DynamoDB developer guide, "DynamoDB item sizes and formats". A forecast.

AWS calls the size of numbers approximate, so at the limit the service has the last word.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from osem_migrate.errors import ItemOversized
from osem_migrate.items.values import AttributeValue, Item
from osem_migrate.schema import Table

LARGEST_ITEM = 400 * 1024  # bytes

_CONTAINER = 3  # bytes of a list or a map, whatever is in it
_ELEMENT = 1  # bytes more for each element of one
_INDEX_ENTRY = 100  # bytes that an entry of a local index takes beside what is in it


def item_size(item: Item) -> int:
    """Bytes of an item: names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(stored: AttributeValue) -> int:
    """Bytes of one attribute value, without the name."""
    ((kind, value),) = stored.items()
    return _SIZES[kind](value)


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
    if size > LARGEST_ITEM:
        with_indexes = " with its entries in local indexes" if table.local_indexes else ""
        raise ItemOversized(
            f"the item would have {size:,} bytes{with_indexes}; DynamoDB stores {LARGEST_ITEM:,}",
            table=table.name,
            limit=LARGEST_ITEM,
        )


def _projected(item: Item, table: Table, sort_key: str, projection: tuple[str, tuple[str, ...]]) -> Item:
    kind, include = projection
    if kind == "ALL":
        return item
    names = {*(key.name for key in table.keys), sort_key, *include}
    return {name: value for name, value in item.items() if name in names}


def _number_size(text: str) -> int:
    """A byte for two digits, one more, and one for the sign; zeros at either end take none."""
    sign, digits, _ = Decimal(text).as_tuple()
    significant = "".join(map(str, digits)).strip("0")
    return (len(significant) + 1) // 2 + 1 + (sign if significant else 0)


_SIZES: Mapping[str, Callable[[Any], int]] = {
    "S": lambda text: len(text.encode()),
    "N": _number_size,
    "B": len,
    "BOOL": lambda _value: 1,
    "NULL": lambda _value: 1,
    "L": lambda parts: _CONTAINER + sum(_ELEMENT + value_size(part) for part in parts),
    "M": lambda parts: _CONTAINER + sum(_ELEMENT + len(n.encode()) + value_size(part) for n, part in parts.items()),
    "SS": lambda parts: sum(len(part.encode()) for part in parts),
    "NS": lambda parts: sum(map(_number_size, parts)),
    "BS": lambda parts: sum(map(len, parts)),
}
