"""Executor: carries a Plan out in lanes, and can be stopped and run again at any point."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from osem_migrate.clock import Clock
from osem_migrate.errors import DriftFound, LockLost, OsemMigrateError, PartialError
from osem_migrate.events import (
    MigrationFinished,
    MigrationStarted,
    OperationFailed,
    OperationFinished,
    RunEvent,
    RunFailed,
)
from osem_migrate.execution.reconciler import Reconciler
from osem_migrate.execution.recorder import Recorder
from osem_migrate.execution.scheduler import Task, run_tasks
from osem_migrate.history import History
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.planning.plan import Plan, PlannedMigration, PlannedOperation
from osem_migrate.stop import Stop

WIDEST = 256  # lanes at once; each is a thread that mostly waits


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a run did.

    Attributes:
        finished: ids of the migrations that it carried to their end, in script order.
        in_progress: ids of those that DynamoDB is still working on, where the run did not wait.
        at_passes: ids of the others of which a pass over items is next, to which such a run does not come.
    """

    finished: tuple[str, ...]
    in_progress: tuple[str, ...] = ()
    at_passes: tuple[str, ...] = ()


class Executor:
    """Runs the lanes of a plan side by side, the operations of each in order.

    Args:
        performer: brings the operations about.
        recorder: where intents and results are recorded.
        clock: monotonic time for durations.
        physical_name: gives the physical name of a logical one.
        stop: the request to end between two calls.
        resume: the command that continues after a failure.
        on_event: told everything that happens, from all lanes.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        *,
        reconciler: Reconciler,
        recorder: Recorder,
        clock: Clock,
        physical_name: Callable[[str], str],
        stop: Stop,
        resume: str,
        on_event: Callable[[RunEvent], None],
    ) -> None:
        self._reconciler = reconciler
        self._recorder = recorder
        self._clock = clock
        self._physical_name = physical_name
        self._stop = stop
        self._resume = resume
        self._tell = on_event
        self._started: dict[str, float] = {}
        self._goes_on = True
        self._changed = threading.Event()  # set once anything took effect, in any lane

    def run(self, plan: Plan, history: History, only: Collection[tuple[str, int]] | None = None) -> RunOutcome:
        """Carry the plan out, or no more of it than the operations with the keys in ``only``.

        Raises:
            PartialError: something was changed before it stopped; running again continues.
            Interrupted: it was asked to stop before anything was changed.
            OsemMigrateError: the cause itself, when nothing was changed.
        """
        self._goes_on = only is None
        finished: set[str] = set()
        held: set[str] = set()
        waits = plan.predecessors
        keys = {operation.key for operation in plan.operations if only is None or operation.key in only}
        tasks = [
            Task(operation.key, waits[operation.key] & keys, self._action(planned, operation, finished, held))
            for planned in plan.migrations
            for operation in planned.operations
            if operation.key in keys
        ]
        try:
            self._recorder.announce(plan, history.records, only)
            finished |= {planned.migration.id for planned in plan.migrations if not planned.operations}
            run_tasks(tasks, width=min(WIDEST, len(plan.lanes)), stop=self._stop)
        except OsemMigrateError as cause:
            self._tell(RunFailed(cause))
            applied = _in_order(plan, finished)
            if applied or self._changed.is_set():
                raise PartialError(applied, cause, resume=self._resume, done=plan.direction.done) from cause.__cause__
            raise
        return RunOutcome(_in_order(plan, finished), _in_order(plan, held))

    def _action(
        self, migration: PlannedMigration, operation: PlannedOperation, finished: set[str], held: set[str]
    ) -> Callable[[], bool]:
        def act() -> bool:
            self._stop.check()
            started = self._clock.monotonic()
            ours, resumed = self._recorder.is_begun(operation), self._recorder.is_resumed(operation)
            if self._recorder.begin(operation):
                self._tell(MigrationStarted(migration))
            begun = self._started.setdefault(operation.migration.id, started)
            if not self._operate(operation, started, finished, held, ours=ours, resumed=resumed):
                return False
            if operation.migration.id in finished:
                self._tell(MigrationFinished(migration, self._clock.monotonic() - begun))
            return True

        return act

    def _operate(  # noqa: PLR0913 - what an earlier run left of it, in two words
        self,
        operation: PlannedOperation,
        started: float,
        finished: set[str],
        held: set[str],
        *,
        ours: bool,
        resumed: bool,
    ) -> bool:
        """Perform and record one operation; False where it is left under way, or where nothing is under way.

        ``ours`` says that an earlier run began it, in either direction; ``resumed``, that this one goes on with that.
        """
        progress = self._recorder.progress(operation)
        save = partial(self._recorder.save, operation)
        attempt = self._reconciler.reconcile(operation, progress, save, resumed=resumed)
        if attempt.changed:
            self._changed.set()
        error = attempt.error
        if error is None and attempt.result is not None and attempt.result.doubt is not None and not ours:
            error = self._unknown(operation, attempt.result.doubt)
        if error is not None:
            # After a lost lock, whoever has it now writes the history.
            if not isinstance(error, LockLost) and not self._stop.is_requested:
                self._recorder.fail(operation, error, refused=attempt.error is None)
            self._tell(OperationFailed(operation, self._physical_name(operation.table), error))
            raise error
        performed = attempt.result
        if attempt.idle:
            self._recorder.release(operation, untouched=attempt.untouched and not (ours and attempt.hidden))
            return False
        if performed is None:
            held.add(operation.migration.id)
            self._recorder.leave(operation)
            return False
        if self._recorder.finish(operation, performed.note, performed.table_id, goes_on=self._goes_on):
            finished.add(operation.migration.id)
        self._tell(
            OperationFinished(
                operation,
                self._physical_name(operation.table),
                performed.adopted,
                self._clock.monotonic() - started,
                performed.note,
            )
        )
        return True

    def _unknown(self, operation: PlannedOperation, doubt: Difference) -> DriftFound:
        """A table that somebody else made, and that may be otherwise than declared in what nobody tells."""
        name = self._physical_name(operation.table)
        return DriftFound(
            f"cannot take over {name}, which exists already: {doubt.describe()}",
            table=name,
            migration=operation.migration.id,
            differences=[doubt.document(name)],
        )


def _in_order(plan: Plan, ids: set[str]) -> tuple[str, ...]:
    return tuple(planned.migration.id for planned in plan.migrations if planned.migration.id in ids)
