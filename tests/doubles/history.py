"""A history table in memory, which keeps every transaction, and a lease that says whom it belongs to."""

import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from osem_migrate.history import History, LogEntry, Record

if TYPE_CHECKING:
    from osem_migrate.aws.history_table import HistoryTable
    from osem_migrate.aws.lock import Lease

FENCE = 7

Entries = list[tuple[LogEntry | None, Record]]


def lease() -> "Lease":
    """A lock that is held for good."""
    return cast(
        "Lease", SimpleNamespace(holder=SimpleNamespace(fence=FENCE), check=lambda: None, check_age=lambda: None)
    )


class HistoryInMemory:
    """Records and transactions, one writer at a time.

    Attributes:
        records: the newest record of each migration.
        transactions: the entries of every write, in order.
        faults: what the next writes raise, before they write anything; None where they go well.
    """

    def __init__(self, history: History | None = None) -> None:
        self.records: dict[str, Record] = dict(history.records) if history is not None else {}
        self.transactions: list[Entries] = []
        self.faults: list[Exception | None] = []
        self._busy = threading.Lock()

    def write(self, lease: "Lease", entries: Sequence[tuple[LogEntry | None, Record]]) -> None:
        """One transaction; two at once would cancel each other."""
        assert self._busy.acquire(blocking=False), "two transactions at once"
        try:
            fault = self.faults.pop(0) if self.faults else None
            if fault is not None:
                raise fault
            assert all(record.fence == lease.holder.fence for _, record in entries)
            self.transactions.append(list(entries))
            self.records |= {record.migration: record for _, record in entries}
        finally:
            self._busy.release()

    def read(self) -> History:
        """What the next run finds."""
        return History(records=dict(self.records), exists=True)

    @property
    def log(self) -> list[LogEntry]:
        """Every event, oldest first."""
        return [event for entries in self.transactions for event, _ in entries if event is not None]

    @property
    def table(self) -> "HistoryTable":
        """What the code under test is given."""
        return cast("HistoryTable", self)
