"""Lookup: what a function asks other tables, and what it then knows of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from osem_migrate.advice import did_you_mean
from osem_migrate.errors import ItemFunctionFailed
from osem_migrate.items.change import canonical_item
from osem_migrate.items.recording import RecordingItem, looked_at
from osem_migrate.items.values import Item, ValueRefused, encode_item
from osem_migrate.schema import Index, Table

Fetch = Callable[[str, str | None, Item], Sequence[Item]]
"""Reads the items of a key: logical name of the table, name of its index or None for its own key, and the key.

Of a table's own key there is one item or none, read consistently. Whoever reads may keep what it has read.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a function looked up by the own key of a table; ``item`` is None where there was none."""

    table: Table
    key: Item
    item: Item | None
    recording: RecordingItem | None = field(repr=False, compare=False)

    @property
    def looked_at(self) -> frozenset[str]:
        """The attributes of it that the function looked at."""
        return looked_at(self.recording) if self.recording is not None else frozenset()


class Lookup:
    """What a function is given as ``lookup``: ``lookup("Users", userId=item["userId"])``, an item or None.

    The same key gives the same item again, within one item that the function is run for.

    Args:
        tables: the tables that the operation names in ``lookups``, by logical name.
        fetch: reads them.
        indexes: whether the key may be that of an index. What was found there no condition can guard.
    """

    def __init__(self, tables: Mapping[str, Table], fetch: Fetch, *, indexes: bool) -> None:
        self._tables = tables
        self._fetch = fetch
        self._indexes = indexes
        self._found: dict[str, Found] = {}
        self._failure: BaseException | None = None

    def __call__(self, table: str, /, **key: Any) -> RecordingItem | None:
        """The item of a full key of the table, or None; raises ItemFunctionFailed for what is no such key."""
        declared = self._tables.get(table)
        if declared is None:
            near = did_you_mean(str(table), self._tables.keys())
            raise ItemFunctionFailed(f"{table!r} is not among the lookups of the operation{near}", table=str(table))
        try:
            wanted = encode_item(key)
        except ValueRefused as refused:
            raise ItemFunctionFailed(f"the key to look up in {table} is refused: {refused}", table=table) from None
        index = self._index(declared, wanted)
        name = repr((table, index.name if index is not None else None, canonical_item(wanted)))
        if name not in self._found:
            self._found[name] = self._look_up(declared, index, wanted)
        return self._found[name].recording

    @property
    def found(self) -> tuple[Found, ...]:
        """What was looked up so far."""
        return tuple(self._found.values())

    def check(self) -> None:
        """Raise what kept a table from being read, whatever the function made of it: that is no fault of an item."""
        if self._failure is not None:
            raise self._failure

    def _index(self, table: Table, key: Item) -> Index | None:
        """The index whose key it is; None for the table's own."""
        given = {(name, kind) for name, value in key.items() for kind in value}
        if given == {(one.name, one.type) for one in table.keys}:
            return None
        for index in table.indexes if self._indexes else ():
            if given == {(one.name, one.type) for one in index.keys}:
                return index
        keys = " or ".join((table.keys_text, *(index.keys_text for index in table.indexes if self._indexes)))
        asked = ", ".join(f"{name} {kind}" for name, kind in sorted(given)) or "nothing"
        raise ItemFunctionFailed(
            f"{table.name} is looked up by its full key ({keys}), not by {asked}", table=table.name
        )

    def _look_up(self, table: Table, index: Index | None, key: Item) -> Found:
        try:
            items = self._fetch(table.name, index.name if index is not None else None, key)
        except ItemFunctionFailed:
            raise
        except BaseException as failure:
            self._failure = failure
            raise
        if len(items) > 1:
            where = f"index {index.name} of {table.name}" if index is not None else table.name
            raise ItemFunctionFailed(f"{len(items)} items have the key that was looked up in {where}", table=table.name)
        item = items[0] if items else None
        return Found(table, key, item, RecordingItem(item) if item is not None else None)
