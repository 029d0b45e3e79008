"""Events: what a run tells its one callback while it goes on. Values only; times are seconds.

Lanes run side by side, but events come one at a time: a callback need not be safe to call from several threads. It is
called in the thread that has something to tell, so that thread goes on only when it returns.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from osem_migrate.errors import OsemMigrateError
from osem_migrate.history import Holder
from osem_migrate.operations.step import Step
from osem_migrate.pass_state import PassOrder, Said
from osem_migrate.planning.plan import Plan, PlanDrift, PlannedMigration, PlannedOperation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EngineStarted:
    """The embedded engine was started; ``instead_of`` is the port that it would have if no other program had that."""

    kind: str
    endpoint_url: str
    instead_of: int | None


@dataclass(frozen=True, slots=True)
class LockWaiting:
    """Somebody else holds the lock; told every time it was looked at."""

    holder: Holder
    waited: float


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The lock is ours and the plan is final."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class TableAdopted:
    """A first run found a table as these operations make it; they are recorded as done, and not carried out."""

    physical_name: str
    operations: tuple[PlannedOperation, ...]


@dataclass(frozen=True, slots=True)
class DriftNoticed:
    """A table of the plan differs from what its scripts declare; told once of each difference."""

    drift: PlanDrift


@dataclass(frozen=True, slots=True)
class MigrationStarted:
    """A migration begins, or goes on where an earlier run left it."""

    migration: PlannedMigration


@dataclass(frozen=True, slots=True)
class OperationStarted:
    """An operation begins."""

    operation: PlannedOperation
    physical_name: str


@dataclass(frozen=True, slots=True)
class StepPerformed:
    """DynamoDB has taken up a step."""

    step: Step
    physical_name: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A table, an index or a setting has not settled yet, or DynamoDB wants us to wait.

    ``waited`` is how long this run has waited for it, ``elapsed`` how long it is since the operation began on AWS,
    which may have been in an earlier run.
    """

    operation: PlannedOperation
    physical_name: str
    subject: str
    phase: str
    waited: float
    elapsed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PassProgress:
    """How far a pass over items has come, in this run and in earlier ones; told with every checkpoint.

    Attributes:
        scan: 0 for the pass itself, from 1 on for a scan that looks if anything is left to change.
        examined: items that were looked at, by all scans.
        changed: items that were written; after a kill, some are not counted.
        failed: items that were set aside.
        waited: seconds, of this run.
        bytes_examined: about how many bytes this scan has looked at; None where nobody knows how large the table is.
        size_bytes: TableSizeBytes, which may be six hours old.
        read: units a second that were read lately.
        written: units a second that were written lately.
        left: seconds until this scan is over; None where nobody can tell.
        paused: who paused it; None while it goes on.
    """

    operation: PlannedOperation
    physical_name: str
    scan: int
    examined: int
    changed: int
    failed: int
    waited: float
    bytes_examined: int | None
    size_bytes: int | None
    read: float
    written: float
    left: float | None
    paused: Said | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassSteered:
    """A pass over items obeys an order from now on.

    Attributes:
        order: what was ordered.
        said: by whom, and when.
        rate: units a second, of an order that sets them.
    """

    operation: PlannedOperation
    physical_name: str
    order: PassOrder
    said: Said
    rate: int | None


@dataclass(frozen=True, slots=True)
class OperationFinished:
    """An operation is live and recorded; ``adopted`` when it was there before this run asked for anything."""

    operation: PlannedOperation
    physical_name: str
    adopted: bool
    duration: float
    note: str | None = None


@dataclass(frozen=True, slots=True)
class OperationFailed:
    """An operation stopped; those of other lanes still end what they are at."""

    operation: PlannedOperation
    physical_name: str
    error: OsemMigrateError


@dataclass(frozen=True, slots=True)
class MigrationFinished:
    """Every operation of a migration is live, and the history says so."""

    migration: PlannedMigration
    duration: float


@dataclass(frozen=True, slots=True)
class TableLeaving:
    """A table that is being destroyed is still there."""

    physical_name: str
    phase: str
    waited: float


@dataclass(frozen=True, slots=True)
class TableDropped:
    """A table that was to be destroyed is gone."""

    physical_name: str
    duration: float


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The run stopped; what was applied stays applied."""

    error: OsemMigrateError


RunEvent = (
    EngineStarted
    | LockWaiting
    | RunStarted
    | TableAdopted
    | DriftNoticed
    | MigrationStarted
    | OperationStarted
    | StepPerformed
    | Waiting
    | PassProgress
    | PassSteered
    | OperationFinished
    | OperationFailed
    | MigrationFinished
    | TableLeaving
    | TableDropped
    | RunFailed
)


def one_at_a_time(callback: Callable[[T], None]) -> Callable[[T], None]:
    """The callback, called by one thread at a time; one that causes another call of itself is no reason to wait."""
    lock = threading.RLock()

    def call(told: T) -> None:
        with lock:
            callback(told)

    return call
