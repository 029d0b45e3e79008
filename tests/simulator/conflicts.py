"""Conflicts: the items that transactions under way hold, and what happens to whoever writes one of them meanwhile."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.simulator.errors import SimulatedError
from tests.simulator.reasons import ONGOING
from tests.simulator.tables import Table

Key = Mapping[str, Any]


class Holds:
    """The items that are part of a transaction under way, of whatever table."""

    def __init__(self) -> None:
        self._held: set[tuple[str, Any]] = set()

    def has(self, table: Table, key: Key) -> bool:
        """Whether a transaction is under way for that item, whether it is there or not."""
        return (table.table_id, table.items.key(key)) in self._held

    def check(self, table: Table, key: Key) -> None:
        """Raise TransactionConflictException if there is one."""
        if self.has(table, key):
            raise SimulatedError("TransactionConflictException", ONGOING)

    def hold(self, items: Iterable[tuple[Table, Key]]) -> frozenset[tuple[str, Any]]:
        """Hold these items; what is given is for ``release``."""
        held = frozenset((table.table_id, table.items.key(key)) for table, key in items)
        self._held |= held
        return held

    def release(self, held: frozenset[tuple[str, Any]]) -> None:
        """Let them be written again."""
        self._held -= held

    @contextmanager
    def holding(self, *items: tuple[Table, Key]) -> Iterator[None]:
        """Hold them for as long as the block runs."""
        held = self.hold(items)
        try:
            yield
        finally:
            self.release(held)
