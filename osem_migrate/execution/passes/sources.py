"""Sources: where the items of a segment come from, from a cursor on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from osem_migrate.aws.pass_calls import PassCalls
from osem_migrate.execution.passes.page_size import PageSize
from osem_migrate.items.keys import key_of
from osem_migrate.items.pages import Starts
from osem_migrate.items.values import Item
from osem_migrate.operations.item_pass import Pass
from osem_migrate.pass_state import Cursor

_POSITION = "position"


@dataclass(frozen=True, slots=True)
class SourcePage:
    """Items with the cursor behind each of them; how many others were looked at, and the cursor behind all of them.

    ``items`` are gone through once.
    """

    items: Iterable[tuple[Item, Cursor]]
    others: int
    end: Cursor | None


class Source(Protocol):
    """Items in an order that stays."""

    def pages(self, number: int, cursor: Cursor | None) -> Iterator[SourcePage]:
        """The pages of a segment, from behind a cursor on."""
        ...


class ScannedItems:
    """The items of a table; a cursor may be the key of any item of the segment.

    Args:
        step: the pass.
        calls: scans.
        segments: in how many.
        consistent: whether every write of before is to be seen.
        size: how many items one page may look at.
    """

    def __init__(self, step: Pass, calls: PassCalls, *, segments: int, consistent: bool, size: PageSize) -> None:
        self._step = step
        self._calls = calls
        self._segments = segments
        self._consistent = consistent
        self._size = size

    def pages(self, number: int, cursor: Cursor | None) -> Iterator[SourcePage]:
        """By Scan, with the condition of the work as its filter."""
        start, starts = cursor, Starts()
        while True:
            page = self._read(number, start)
            start = page.end
            yield page
            if start is None:
                return
            if starts.repeat(start):
                raise self._calls.endless(self._step.table)
            del page  # no two of them in memory

    def _read(self, number: int, start: Cursor | None) -> SourcePage:
        page = self._calls.scan(
            self._step.table,
            segment=number,
            segments=self._segments,
            start=start,
            limit=self._size.limit(),
            where=self._step.work.where,
            consistent=self._consistent,
        )
        self._size.learn(page.scanned, page.units)
        items = ((item, key_of(item, self._step.after)) for item in page.items)
        return SourcePage(items, page.scanned - len(page.items), page.following)


class GivenItems:
    """The items that the script holds, in its order."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items

    def pages(self, number: int, cursor: Cursor | None) -> Iterator[SourcePage]:
        """All of them in one page."""
        del number
        done = int(cursor[_POSITION]["N"]) if cursor is not None else 0
        rest = enumerate(self._items[done:], done + 1)
        yield SourcePage(((item, {_POSITION: {"N": str(position)}}) for position, item in rest), 0, None)
