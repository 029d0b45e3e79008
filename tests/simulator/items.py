"""Items of one table: kept by key, found by key, by index or all of them, a page at a time."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulator.values import Item, comparable, item_size, order

PAGE_BYTES = 1_000_000

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What one read came across: its items before any filter, and the last one if there may be more."""

    items: tuple[Item, ...]
    last: Item | None


class Items:
    """The items of a table; whoever calls has checked their keys.

    Args:
        key_names: partition key, then sort key if there is one.
    """

    def __init__(self, key_names: tuple[str, ...]) -> None:
        self.key_names = key_names
        self.rows: dict[Key, Item] = {}

    def get(self, key: Mapping[str, Any]) -> Item | None:
        """The item of a key, or None."""
        return self.rows.get(self._key(key))

    def put(self, item: Item) -> None:
        """Keep an item in place of any of the same key."""
        self.rows[self._key(item)] = item

    def delete(self, key: Mapping[str, Any]) -> None:
        """Forget the item of a key, if there is one."""
        self.rows.pop(self._key(key), None)

    def rows_with(self, names: Iterable[str]) -> list[Item]:
        """The items that have all these attributes: what an index of these keys holds."""
        wanted = tuple(names)
        return [item for item in self.rows.values() if all(name in item for name in wanted)]

    def size(self, rows: Iterable[Item] | None = None) -> int:
        """Bytes of these items, or of all."""
        return sum(item_size(item) for item in (self.rows.values() if rows is None else rows))

    def query(
        self, rows: Iterable[Item], sort_names: tuple[str, ...], start: Item | None, limit: int | None, *, forward: bool
    ) -> Page:
        """A page of ``rows`` in the order of their sort keys, then of their own keys."""

        def position(item: Item) -> Key:
            keys = [order(item[name]) for name in sort_names]
            return (*keys, *(self._place(item, name) for name in self.key_names))

        return _page(rows, position, start, limit, forward=forward)

    def scan(self, rows: Iterable[Item], segment: int, segments: int, start: Item | None, limit: int | None) -> Page:
        """A page of one segment in the order of AWS, which is none that anybody could rely on."""
        mine = (item for item in rows if int(self._hash(item)[:8], 16) % segments == segment)

        def position(item: Item) -> Key:
            return (self._hash(item), *(order(item[name]) for name in self.key_names[1:]))

        return _page(mine, position, start, limit, forward=True)

    def _key(self, item: Mapping[str, Any]) -> Key:
        return tuple(comparable(item[name]) for name in self.key_names)

    def _place(self, item: Item, name: str) -> str:
        return repr(comparable(item[name]))

    def _hash(self, item: Item) -> str:
        return hashlib.sha256(self._place(item, self.key_names[0]).encode()).hexdigest()


def _page(
    rows: Iterable[Item], position: Callable[[Item], Key], start: Item | None, limit: int | None, *, forward: bool
) -> Page:
    ordered = sorted(rows, key=position, reverse=not forward)
    if start is not None:
        begin = position(start)
        ordered = [item for item in ordered if (position(item) > begin if forward else position(item) < begin)]
    taken: list[Item] = []
    used = 0
    for item in ordered:
        if len(taken) == limit or used >= PAGE_BYTES:
            return Page(tuple(taken), taken[-1])
        taken.append(item)
        used += item_size(item)
    # AWS, too, gives a last key where the limit fell on the last item.
    return Page(tuple(taken), taken[-1] if limit is not None and len(taken) == limit else None)
