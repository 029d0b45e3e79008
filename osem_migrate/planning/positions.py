"""Positions: where the operations of a record stand in its script by now, which may be edited where it has not run."""

from collections.abc import Sequence

from osem_migrate.history import Record
from osem_migrate.migration import Migration


def now_at(record: Record, migration: Migration) -> dict[int, int]:
    """The position that each recorded operation has now, by the one that it had; no two have the same.

    One that was moved, as others were put in before it, is known by its hash; of equal ones, those before and behind
    what was edited stay beside each other, and the others keep their order. One that is nowhere was edited where it
    stands, unless what stands there now is another one that was moved.
    """
    before, now = record.operation_hashes, migration.operation_hashes
    found = _same(before, now)
    moved = dict[str, list[int]]()
    for position in sorted({*range(len(now))} - {*found.values()}):
        moved.setdefault(now[position], []).append(position)
    for position, then in enumerate(before):
        if position not in found and moved.get(then):
            found[position] = moved[then].pop(0)
    taken = {*found.values()}
    edited = {position: position for position in range(min(len(before), len(now))) if position not in taken}
    return edited | found


def _same(before: Sequence[str], now: Sequence[str]) -> dict[int, int]:
    """What stands before the first and behind the last difference."""
    least = min(len(before), len(now))
    first = next((place for place in range(least) if before[place] != now[place]), least)
    last = next((place for place in range(least - first) if before[-1 - place] != now[-1 - place]), least - first)
    ends = {len(before) - 1 - place: len(now) - 1 - place for place in range(last)}
    return {place: place for place in range(first)} | ends
