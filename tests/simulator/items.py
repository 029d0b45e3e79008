"""Items of one table: kept by key, in the order of a scan, and found by key, by index or all of them, page by page."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulator.hashing import position, start_of
from tests.simulator.values import Item, comparable, item_size, order

PAGE_BYTES = 1024 * 1024

Key = tuple[Any, ...]
Place = tuple[Any, ...]
"""Where an item is in a scan: the hash of its partition key, then its sort key, then its partition key."""


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
        self._places: list[tuple[Place, Key]] = []

    def get(self, key: Mapping[str, Any]) -> Item | None:
        """The item of a key, or None."""
        return self.rows.get(self.key(key))

    def put(self, item: Item) -> None:
        """Keep an item in place of any of the same key."""
        key = self.key(item)
        if key not in self.rows:
            insort(self._places, (self.place(item), key))
        self.rows[key] = item

    def delete(self, key: Mapping[str, Any]) -> None:
        """Forget the item of a key, if there is one."""
        if self.rows.pop(self.key(key), None) is not None:
            del self._places[bisect_left(self._places, (self.place(key),))]

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

        def sort_key(item: Item) -> Key:
            keys = [order(item[name]) for name in sort_names]
            return (*keys, *(repr(comparable(item[name])) for name in self.key_names))

        ordered = sorted(rows, key=sort_key, reverse=not forward)
        return page_of(after(ordered, sort_key, start, forward=forward), limit)

    def scan(self, segment: int, segments: int, start: Item | None, limit: int | None) -> Page:
        """A page of one segment in the order of AWS, which is none that anybody could rely on."""
        first: Place = (start_of(segment, segments),)
        begin = bisect_left(self._places, (first,))
        if start is not None:
            begin = max(begin, bisect_right(self._places, self.place(start), key=lambda placed: placed[0]))
        end = bisect_left(self._places, ((start_of(segment + 1, segments),),))
        return page_of((self.rows[self._places[at][1]] for at in range(begin, end)), limit)

    def key(self, item: Mapping[str, Any]) -> Key:
        """What an item is known by."""
        return tuple(comparable(item[name]) for name in self.key_names)

    def place(self, item: Mapping[str, Any]) -> Place:
        """Where an item of that key is in a scan, whether there is one or not."""
        return (
            position([item[self.key_names[0]]]),
            *(order(item[name]) for name in self.key_names[1:]),
            repr(comparable(item[self.key_names[0]])),
        )


def after(
    ordered: Sequence[Item], place: Callable[[Item], Key], start: Item | None, *, forward: bool = True
) -> Sequence[Item]:
    """What follows a start key, which need not be there any more."""
    if start is None:
        return ordered
    begin = place(start)
    return [item for item in ordered if (place(item) > begin if forward else place(item) < begin)]


def page_of(ordered: Iterable[Item], limit: int | None) -> Page:
    """The first items up to the limit, or until a megabyte is full."""
    taken: list[Item] = []
    used = 0
    for item in ordered:
        if len(taken) == limit or used >= PAGE_BYTES:
            return Page(tuple(taken), taken[-1])
        taken.append(item)
        used += item_size(item)
    # AWS, too, gives a last key where the limit fell on the last item.
    return Page(tuple(taken), taken[-1] if limit is not None and len(taken) == limit else None)
