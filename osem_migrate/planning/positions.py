"""Positions: where the operations of a record stand in its script by now, which may be edited where it has not run."""

from osem_migrate.history import Record
from osem_migrate.migration import Migration


def now_at(record: Record, migration: Migration) -> dict[int, int]:
    """The position that each recorded operation has now, by the one that it had.

    One that was moved, as others were put in before it, is known by its hash. One that is nowhere was edited where it
    stands, unless what stands there now is another one that was moved.
    """
    now = migration.operation_hashes
    found: dict[int, int] = {}
    for position, then in enumerate(record.operation_hashes):
        if then in now and now[position : position + 1] != (then,):
            found[position] = now.index(then)
        elif position < len(now) and (now[position] == then or now[position] not in record.operation_hashes):
            found[position] = position
    return found
