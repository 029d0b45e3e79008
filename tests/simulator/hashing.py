"""Hashing: where a partition key lies among the partitions of a table, and among the segments of a scan."""

import hashlib
from collections.abc import Iterable

from tests.simulator.values import Value, kind, order

SPACE = 1 << 64


def position(values: Iterable[Value]) -> int:
    """The place of a partition key of one attribute or of several, the same for ever."""
    digest = hashlib.sha256()
    for value in values:
        name = kind(value)
        # A number has one place, however it is spelled.
        digest.update(f"{name}:{order(value).normalize() if name == 'N' else value[name]};".encode())
    return int.from_bytes(digest.digest()[:8])


def share(at: int, parts: int) -> int:
    """Which of so many equal parts of all places one is in, from 0."""
    return at * parts // SPACE


def start_of(part: int, parts: int) -> int:
    """The first place of a part."""
    return -(-part * SPACE // parts)
