"""Executor: carries a Plan out, records every operation, and can be stopped and run again at any point."""

from collections.abc import Callable
from dataclasses import replace

from osem_migrate.actor import Actor
from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.aws.lock import Lease
from osem_migrate.clock import Clock
from osem_migrate.errors import Interrupted, LockLost, OsemMigrateError, PartialError
from osem_migrate.events import MigrationFinished, MigrationStarted, OperationFinished, RunEvent, RunFailed
from osem_migrate.history import Event, History, Record, RecordedError, RecordedState
from osem_migrate.performer import Performer
from osem_migrate.planning.plan import Plan, PlannedMigration, PlannedOperation


class Executor:
    """Runs migrations one after the other under a lease.

    Args:
        performer: brings the operations about.
        history: where every operation is recorded.
        lease: the lock under which records are written.
        actor: who applies.
        clock: time of day for records, monotonic time for durations.
        physical_name: gives the physical name of a logical one.
        resume: the command that continues after a failure.
        on_event: told everything that happens.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        *,
        performer: Performer,
        history: HistoryTable,
        lease: Lease,
        actor: Actor,
        clock: Clock,
        physical_name: Callable[[str], str],
        resume: str,
        on_event: Callable[[RunEvent], None],
    ) -> None:
        self._performer = performer
        self._history = history
        self._lease = lease
        self._actor = actor
        self._clock = clock
        self._physical_name = physical_name
        self._resume = resume
        self._tell = on_event

    def run(self, plan: Plan, history: History) -> tuple[str, ...]:
        """Apply the plan and give the ids of what was applied, in order.

        Raises:
            PartialError: something was changed before it stopped; running again continues.
            Interrupted: Ctrl-C or SIGTERM stopped it before anything was changed.
            OsemMigrateError: the cause itself, when nothing was changed.
        """
        applied: list[str] = []
        for planned in plan.migrations:
            try:
                self._apply(planned, history.records.get(planned.migration.id))
            except KeyboardInterrupt as stop:
                # The record stays "running"; without a live lock it shows as interrupted.
                raise self._failed(applied, Interrupted.by(stop, resume=self._resume)) from None
            except OsemMigrateError as cause:
                raise self._failed(applied, cause) from cause.__cause__
            applied.append(planned.migration.id)
        return tuple(applied)

    def _failed(self, applied: list[str], cause: OsemMigrateError) -> OsemMigrateError:
        self._tell(RunFailed(cause))
        if applied or self._performer.mutated:
            return PartialError(tuple(applied), cause, resume=self._resume)
        return cause

    def _apply(self, planned: PlannedMigration, earlier: Record | None) -> None:
        started = self._clock.monotonic()
        self._tell(MigrationStarted(planned))
        record = self._begin(planned, earlier)
        try:
            for operation in planned.operations:
                record = self._operate(operation, record)
        except LockLost:
            # Whoever has the lock now writes the history.
            raise
        except OsemMigrateError as cause:
            self._record_failure(record, cause)
            raise
        self._tell(MigrationFinished(planned, self._clock.monotonic() - started))

    def _begin(self, planned: PlannedMigration, earlier: Record | None) -> Record:
        """The intent: from here on every operation that is not recorded as done is in doubt."""
        now = self._clock.milliseconds()
        migration = planned.migration
        record = Record(
            migration=migration.id,
            state=RecordedState.RUNNING,
            checksum=migration.checksum,
            operations_total=len(migration.operations),
            operations_done=planned.already_done,
            operation_hashes=migration.operation_hashes,
            started_at=now,
            finished_at=None,
            applied_by=self._actor.identity,
            tool_version=self._actor.tool_version,
            fence=self._lease.holder.fence,
            created_at=earlier.created_at if earlier is not None else now,
            updated_at=now,
            created_by=earlier.created_by if earlier is not None else self._actor.identity,
        )
        if not planned.operations:
            # An earlier run did everything but record the end.
            return self._write("applied", replace(record, state=RecordedState.APPLIED, finished_at=now))
        return self._write("resumed" if planned.already_done else "started", record)

    def _operate(self, operation: PlannedOperation, record: Record) -> Record:
        started = self._clock.monotonic()
        performed = self._performer.perform(operation)
        record = replace(record, operations_done=operation.position + 1)
        if record.operations_done == record.operations_total:
            record = replace(record, state=RecordedState.APPLIED, finished_at=self._clock.milliseconds())
        detail = operation.operation.describe() + (f" ({performed.note})" if performed.note else "")
        record = self._write("applied" if record.is_applied else "advanced", record, detail)
        self._tell(
            OperationFinished(
                operation,
                self._physical_name(operation.table),
                performed.adopted,
                self._clock.monotonic() - started,
                performed.note,
            )
        )
        return record

    def _record_failure(self, record: Record, cause: OsemMigrateError) -> None:
        failed = replace(
            record,
            state=RecordedState.FAILED,
            finished_at=self._clock.milliseconds(),
            error=RecordedError(code=cause.code, message=cause.message),
        )
        try:
            self._write("failed", failed, f"{cause.code}: {cause.message}")
        except OsemMigrateError:
            # The record stays "running", which shows as interrupted; the cause is what the user must hear of.
            return

    def _write(self, what: str, record: Record, detail: str = "") -> Record:
        record = replace(record, updated_at=self._clock.milliseconds())
        event = Event(
            at=record.updated_at, what=what, migration=record.migration, by=self._actor.identity, detail=detail
        )
        self._history.write(self._lease, event, record)
        return record
