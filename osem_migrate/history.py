"""What the history table says: the Record of each migration, and the Holder of the lock. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from osem_migrate.clock import iso_of
from osem_migrate.errors import HistoryUnreadable

if TYPE_CHECKING:
    from osem_migrate.details import HolderDocument


LOCK = "lock"
"""What the lock is called where it is told of."""


class RecordedState(StrEnum):
    """The states that are written."""

    RUNNING = "running"
    APPLIED = "applied"
    FAILED = "failed"
    REVERTED = "reverted"


class ShownState(StrEnum):
    """The states that people and CI see: the recorded ones, and those that only a comparison shows."""

    APPLIED = "applied"
    PENDING = "pending"
    RUNNING = "running"
    FAILED = "failed"
    REVERTED = "reverted"
    INTERRUPTED = "interrupted"
    OUT_OF_ORDER = "out_of_order"
    MISSING = "missing"
    CHANGED = "changed"
    FUTURE = "future"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedError:
    """Why a migration failed.

    Attributes:
        code: of the error.
        message: of the error.
        parts: the things with which the message ends, where it lists any.
        position: of the operation that failed; None in the records of versions that did not write it.
    """

    code: str
    message: str
    parts: tuple[str, ...] = ()
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an operation in doubt has come, as far as no description shows it.

    Attributes:
        step: how many of its steps are done.
        cursor: where the next one goes on, in words of its own; None at its beginning.
        begun_at: when it began on AWS, Unix milliseconds; None in the records of versions that did not write it.
    """

    step: int = 0
    cursor: str | None = None
    begun_at: int | None = None


NO_PROGRESS = Progress()


class TableEffect(StrEnum):
    """What a migration, as a whole, does to a table."""

    CREATED = "created"
    CHANGED = "changed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTable:
    """What a migration does to one table, and the TableId of the one that it made or took over, where that is known."""

    effect: TableEffect
    table_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the history table says of one migration. Timestamps are Unix milliseconds.

    Attributes:
        done: positions of the operations that are live. Lanes run side by side, so these need not be the first ones.
        doubt: positions of the operations that were begun, in either direction, and not recorded as finished.
        started_at: None for a migration that is part of a run which has not come to it yet.
        progress: how far operations in doubt have come, as far as no description shows it, by position.
        left_at: when a run left it under way on purpose, without waiting; None while one waits.
        tables: what it does to each table, by logical name; None in the records of versions that did not write it.
        downgrade_to: the target of the downgrade that began to reverse it; None where an upgrade was at work on it.
    """

    migration: str
    state: RecordedState
    checksum: str
    operations_total: int
    done: tuple[int, ...]
    doubt: tuple[int, ...] = ()
    operation_hashes: tuple[str, ...]
    started_at: int | None
    finished_at: int | None
    applied_by: str
    tool_version: str
    fence: int
    created_at: int
    updated_at: int
    created_by: str
    progress: Mapping[int, Progress] = field(default_factory=dict)
    left_at: int | None = None
    error: RecordedError | None = None
    tables: Mapping[str, RecordedTable] | None = None
    downgrade_to: str | None = None

    @property
    def number(self) -> int:
        """The leading number of the migration's id."""
        return int(self.migration.partition("_")[0])

    @property
    def operations_done(self) -> int:
        """How many operations are live."""
        return len(self.done)

    @property
    def is_applied(self) -> bool:
        """Whether every operation of it is live."""
        return self.state is RecordedState.APPLIED

    def live(self, operations: int) -> frozenset[int]:
        """Positions of what is surely live of a script with so many operations; what it has lost since is left out."""
        every = frozenset(range(operations))
        if self.is_applied:
            return every
        return every & frozenset(self.done) - frozenset(self.doubt) if self.is_unfinished else frozenset()

    def begun(self, operations: int) -> frozenset[int]:
        """Positions of what was begun, in either direction, and may be live or not."""
        return frozenset(range(operations)) & frozenset(self.doubt) if self.is_unfinished else frozenset()

    @property
    def is_within_pass(self) -> bool:
        """Whether a pass over items was begun and is not over: nothing else goes on from a cursor."""
        return self.is_unfinished and any(progress.cursor is not None for progress in self.progress.values())

    @property
    def is_attended(self) -> bool:
        """Whether a run says that it is at work on it."""
        return self.state is RecordedState.RUNNING and self.started_at is not None and self.left_at is None

    @property
    def is_unfinished(self) -> bool:
        """Whether it was begun and neither finished nor reverted."""
        return self.state in {RecordedState.RUNNING, RecordedState.FAILED}

    @property
    def is_being_reversed(self) -> bool:
        """Whether a downgrade began to reverse it, or was about to, and did not finish."""
        return self.is_unfinished and self.downgrade_to is not None

    @property
    def may_be_live(self) -> bool:
        """Whether anything of it may be live: not where it was reverted, nor where a run never came to it."""
        return self.is_applied or (self.is_unfinished and bool(self.done or self.doubt or self.started_at is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the lock. ``lease_ms`` is how long it counts without a heartbeat; ``run_url`` is the CI run, if any."""

    owner: str
    host: str
    pid: int
    identity: str
    run_url: str | None
    fence: int
    lease_ms: int
    heartbeat: int
    acquired_at: int

    def document(self) -> "HolderDocument":
        """As data, for machines."""
        return {
            "identity": self.identity,
            "host": self.host,
            "pid": self.pid,
            "run_url": self.run_url,
            "acquired_at": iso_of(self.acquired_at),
            "fence": self.fence,
            "heartbeat": self.heartbeat,
            "lease_ms": self.lease_ms,
        }

    def describe(self) -> str:
        """``arn:aws:iam::…:user/ada on build-7 (pid 4711, https://ci.example/run/1)``."""
        where = f"pid {self.pid}" + (f", {self.run_url}" if self.run_url else "")
        return f"{self.identity} on {self.host} ({where})"


@dataclass(frozen=True, kw_only=True)
class History:
    """All records by migration id, and the lock's holder; empty where nothing was ever recorded.

    ``unreadable`` is which records this version cannot read, by migration id, each with the reason, and
    ``unreadable_lock`` why it cannot read the lock.
    """

    records: Mapping[str, Record] = field(default_factory=dict)
    holder: Holder | None = None
    exists: bool = False
    unreadable: Mapping[str, HistoryUnreadable] = field(default_factory=dict)
    unreadable_lock: HistoryUnreadable | None = None

    def is_applied(self, migration: str) -> bool:
        """Whether the history says that the migration is live."""
        record = self.records.get(migration)
        return record is not None and record.is_applied

    @property
    def tables(self) -> frozenset[str]:
        """Logical names of all tables that a record names; those of versions that recorded none are missing."""
        return frozenset(name for record in self.records.values() for name in record.tables or ())

    def table_ids(self, table: str) -> frozenset[str]:
        """Every TableId that was recorded of a table; empty where none was, as by versions that recorded none."""
        return frozenset(self._ids.get(table, ()))

    @cached_property
    def _ids(self) -> Mapping[str, set[str]]:
        """By table, once for all: a long history is not to be read through again for each of many tables."""
        found: dict[str, set[str]] = {}
        for record in self.records.values():
            for name, table in (record.tables or {}).items():
                if table.table_id is not None:
                    found.setdefault(name, set()).add(table.table_id)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One entry of the append-only log.

    ``at`` is Unix milliseconds; ``parts`` are the things with which the detail ends, where it lists any; ``reason`` is
    why, where somebody said so.
    """

    at: int
    what: str
    migration: str | None
    by: str
    detail: str = ""
    reason: str | None = None
    parts: tuple[str, ...] = ()
