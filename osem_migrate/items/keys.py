"""Keys of an item: its own, and what would violate the keys of an index.

An item that lacks a key attribute of an index is not in it, which is fine. One that has it with another type, empty or
too long is left out while the index is built, and refused by every write from then on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from osem_migrate.errors import ItemKeyInvalid
from osem_migrate.items.values import AttributeValue, Item
from osem_migrate.schema import Index, Key, LocalIndex, Table
from osem_migrate.schema.item_size import value_size

LONGEST_PARTITION_KEY = 2048  # bytes
LONGEST_SORT_KEY = 1024  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyViolation:
    """Why a value cannot be in the key of an index; ``text`` says it in a sentence."""

    index: str
    attribute: str
    text: str


def key_of(item: Item, table: Table) -> dict[str, AttributeValue]:
    """The key attributes of the table."""
    return {key.name: item[key.name] for key in table.keys}


def own_key_fault(item: Item, table: Table) -> str | None:
    """Why the item cannot be in the table, by its key; None where it can."""
    for key, longest in zip(table.keys, (LONGEST_PARTITION_KEY, LONGEST_SORT_KEY), strict=False):
        fault = _fault(item.get(key.name), key, longest) if key.name in item else "is missing"
        if fault is not None:
            return f"{key.name} {fault}"
    return None


def violations(item: Item, table: Table, indexes: Iterable[Index | LocalIndex]) -> tuple[KeyViolation, ...]:
    """What the item has that cannot be in the key of one of the indexes."""
    return tuple(violation for index in indexes for violation in _violations(item, table, index))


def check_keys(item: Item, table: Table, indexes: Iterable[Index | LocalIndex]) -> None:
    """Raise ItemKeyInvalid where the item violates the key of one of the indexes."""
    found = violations(item, table, indexes)
    if found:
        raise ItemKeyInvalid(
            "the item does not fit the keys",
            parts=(violation.text for violation in found),
            table=table.name,
            index=found[0].index,
            attribute=found[0].attribute,
        )


def _violations(item: Item, table: Table, index: Index | LocalIndex) -> Iterator[KeyViolation]:
    partition, sort = table.index_keys(index)
    for keys, longest in ((partition, LONGEST_PARTITION_KEY), (sort, LONGEST_SORT_KEY)):
        for key in keys:
            fault = _fault(item.get(key.name), key, longest)
            if fault is not None:
                text = f"{key.name} {fault}, in index {index.name}"
                yield KeyViolation(index=index.name, attribute=key.name, text=text)


def _fault(value: AttributeValue | None, key: Key, longest: int) -> str | None:
    if value is None:
        return None
    ((kind, content),) = value.items()
    if kind != key.type:
        return f"has the type {kind} where {key.type} is the type of the key"
    if kind != "N" and not content:
        return "is empty"
    size = value_size(value)
    return f"has {size:,} bytes where {longest:,} are allowed" if size > longest else None
