"""How much a script may declare: what is recorded of it is one item of the history table, and DynamoDB bounds items."""

from collections.abc import Iterator, Sequence

from osem_migrate.operations import Operation

MOST = 400 * 1024
"""Bytes that an item may have."""

_APART = 20_000  # who and when, why it failed, and how far the operations under way have come: of 256 lanes at the most
_OPERATION = 90  # its hash, and its position among those that are done or in doubt
_TABLE = 70  # beside its name: what becomes of it, and its TableId


def find_beyond(operations: Sequence[Operation]) -> int | None:
    """The position of the first operation for which the record of the script has no room; None where all have it."""
    room = MOST - _APART
    for position, need in enumerate(_needs(operations)):
        room -= need
        if room < 0:
            return position
    return None


def _needs(operations: Sequence[Operation]) -> Iterator[int]:
    """Bytes that each operation takes in the record."""
    named: set[str] = set()
    for operation in operations:
        yield _OPERATION + (0 if operation.table in named else len(operation.table.encode()) + _TABLE)
        named.add(operation.table)
