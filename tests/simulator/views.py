"""Views: a table and its indexes, each with the keys that it is read by and what it holds of an item."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulator.tables import Index, Table
from tests.simulator.values import Item, kind, size

MAX_HASH_BYTES = 2048
MAX_RANGE_BYTES = 1024


@dataclass(frozen=True, slots=True)
class View:
    """A table or an index, as something to read from.

    Attributes:
        table: the table, whatever is read.
        hash_names, range_names: its key attributes.
        shown: the attributes that it holds; None for all.
        local: the name, of a local index.
        index: of a global one.
    """

    table: Table
    hash_names: tuple[str, ...]
    range_names: tuple[str, ...]
    shown: frozenset[str] | None = None
    local: str | None = None
    index: Index | None = None

    @property
    def name(self) -> str | None:
        """Of the index; None for the table."""
        return self.index.name if self.index is not None else self.local

    @property
    def own_names(self) -> tuple[str, ...]:
        """Its own key attributes."""
        return self.hash_names + self.range_names

    @property
    def key_names(self) -> tuple[str, ...]:
        """What a LastEvaluatedKey carries: its own key attributes, and the table's."""
        return tuple(dict.fromkeys((*self.own_names, *self.table.key_names)))

    def entry(self, item: Item | None) -> Item | None:
        """What it holds of an item; None where a key attribute is absent, or cannot be one."""
        if item is None or not all(name in item and self.fits(name, item[name]) for name in self.own_names):
            return None
        return item if self.shown is None else {name: item[name] for name in item if name in self.shown}

    def fits(self, name: str, value: Mapping[str, Any]) -> bool:
        """Whether a value can be that key attribute: of its type, not empty, and not too long."""
        expected = self.table.attributes[name]
        return kind(value) == expected and value[expected] != "" and not self.is_too_long(name, value)

    def is_too_long(self, name: str, value: Mapping[str, Any]) -> bool:
        """2,048 bytes of a partition key, 1,024 of a sort key (D Constraints)."""
        return size(value) > (MAX_HASH_BYTES if name in self.hash_names else MAX_RANGE_BYTES)


def table_view(table: Table) -> View:
    """All of a table."""
    return View(table, table.key_names[:1], table.key_names[1:])


def local_views(table: Table) -> Iterator[View]:
    """Its local indexes."""
    for local in table.local_indexes:
        hashes, ranges = _keys(local["KeySchema"])
        shown = _shown(table, local["Projection"], hashes + ranges)
        yield View(table, hashes, ranges, shown, local=local["IndexName"])


def global_view(table: Table, index: Index) -> View:
    """A global index."""
    hashes, ranges = _keys(index.key_schema)
    return View(table, hashes, ranges, _shown(table, index.projection, hashes + ranges), index=index)


def written_views(table: Table) -> Iterator[View]:
    """The indexes that a write to the table reaches: a global one from when it is backfilled until it is deleted."""
    yield from local_views(table)
    for index in table.indexes.values():
        if index.status in {"ACTIVE", "UPDATING"} or index.backfilling:
            yield global_view(table, index)


def _keys(schema: Sequence[Mapping[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    hashes = tuple(element["AttributeName"] for element in schema if element["KeyType"] == "HASH")
    return hashes, tuple(element["AttributeName"] for element in schema if element["KeyType"] == "RANGE")


def _shown(table: Table, projection: Mapping[str, Any], keys: tuple[str, ...]) -> frozenset[str] | None:
    if projection["ProjectionType"] == "ALL":
        return None
    return frozenset((*keys, *table.key_names, *projection.get("NonKeyAttributes", ())))
