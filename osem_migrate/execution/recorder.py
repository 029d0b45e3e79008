"""Recorder: keeps the history exact while lanes interleave, one record a migration, every write under the lock."""

import threading
from collections.abc import Collection, Mapping
from dataclasses import replace

from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.aws.lock import Lease
from osem_migrate.clock import Clock
from osem_migrate.deployment.actor import Actor
from osem_migrate.deployment.records import record_of
from osem_migrate.errors import OsemMigrateError
from osem_migrate.history import (
    NO_PROGRESS,
    LogEntry,
    Progress,
    Record,
    RecordedError,
    RecordedState,
    RecordedTable,
)
from osem_migrate.migration import Migration
from osem_migrate.planning.ownership import recorded_tables
from osem_migrate.planning.plan import Direction, Plan, PlannedMigration, PlannedOperation
from osem_migrate.planning.positions import now_at
from osem_migrate.planning.unwaited import valid_progress


class Recorder:
    """Writes what the lanes tell it, in the order in which they tell it; safe to call from all of them.

    Args:
        history: the table.
        lease: the lock under which every write holds.
        actor: who applies.
        clock: time of day.
        direction: whether finished operations are live from then on, or gone.
    """

    def __init__(
        self, *, history: HistoryTable, lease: Lease, actor: Actor, clock: Clock, direction: Direction
    ) -> None:
        self._history = history
        self._lease = lease
        self._actor = actor
        self._clock = clock
        self._direction = direction
        self._records: dict[str, Record] = {}
        # Transactions that meet at the lock item would cancel each other, so they are sent one after the other.
        self._writing = threading.Lock()

    def announce(
        self, plan: Plan, earlier: Mapping[str, Record], only: Collection[tuple[str, int]] | None = None
    ) -> None:
        """Record every migration of the plan before the first call.

        Lanes overtake each other, so a killed run may leave an older migration behind a newer one; that it was part of
        the run is what tells it from a script that came late. Where no more than the operations with the keys in
        ``only`` are carried out, a migration stays failed of which another one has.
        """
        known = [(planned, earlier.get(planned.migration.id)) for planned in plan.migrations]
        records = [self._record(planned, left, plan) for planned, left in known]
        if only is not None:
            records = [
                _still_failed(record, left, planned.migration, only)
                for record, (planned, left) in zip(records, known, strict=True)
            ]
        with self._writing:
            self._put([(self._ended(record), record) for record in records])

    def begin(self, operation: PlannedOperation) -> bool:
        """The intent, before an operation touches anything; True for the first of its migration."""
        with self._writing:
            record = self._records[operation.migration.id]
            first = record.started_at is None
            started = self._clock.milliseconds() if record.started_at is None else record.started_at
            doubt = tuple(sorted({*record.doubt, operation.position}))
            known = record.progress.get(operation.position, NO_PROGRESS)
            if known.begun_at is None:
                known = replace(known, begun_at=self._clock.milliseconds())
            progress = {**record.progress, operation.position: known}
            begun = replace(record, started_at=started, doubt=doubt, progress=progress, left_at=None)
            self._put([(self._entry("started", record, operation.operation.describe()), begun)])
        return first

    def finish(
        self, operation: PlannedOperation, note: str | None, table_id: str | None = None, *, goes_on: bool = True
    ) -> bool:
        """The result, once an operation has settled; True for the last of its migration.

        ``table_id`` is kept where the operation may have made the table. Where the run does not go on with the next
        one, as it only waits, the migration is left as it is.
        """
        with self._writing:
            record = self._records[operation.migration.id]
            doubt = tuple(position for position in record.doubt if position != operation.position)
            record = replace(
                record,
                doubt=doubt,
                done=self._direction.after(record.done, operation.position),
                progress=_without(record.progress, operation.position),
                tables=_identified(record.tables, operation, table_id),
            )
            ended = self._direction.ended(record)
            if ended is not None:
                record = replace(record, state=ended, finished_at=self._clock.milliseconds(), error=None)
            elif not goes_on:
                record = replace(record, left_at=self._clock.milliseconds())
            detail = operation.operation.describe() + (f" ({note})" if note else "")
            what = ended.value if ended is not None else "advanced"
            self._put([(self._entry(what, record, detail), record)])
        return ended is not None

    def is_begun(self, operation: PlannedOperation) -> bool:
        """Whether an earlier run began the operation: what is there of it is its own."""
        with self._writing:
            return operation.position in self._records[operation.migration.id].doubt

    def is_resumed(self, operation: PlannedOperation) -> bool:
        """Whether an earlier run began it in the same direction, so that this one goes on with it."""
        return self.is_begun(operation) and self.progress(operation).begun_at is not None

    def progress(self, operation: PlannedOperation) -> Progress:
        """How far an operation in doubt has come, as far as no description shows it."""
        with self._writing:
            return self._records[operation.migration.id].progress.get(operation.position, NO_PROGRESS)

    def save(self, operation: PlannedOperation, progress: Progress) -> None:
        """How far an operation has come; nothing worth an entry of the log."""
        with self._writing:
            record = self._records[operation.migration.id]
            self._put([(None, replace(record, progress={**record.progress, operation.position: progress}))])

    def note(self, operation: PlannedOperation, what: str, detail: str, by: str | None = None) -> None:
        """An entry of the log that changes no record; by whoever applies, where nobody else is named."""
        with self._writing:
            entry = self._entry(what, self._records[operation.migration.id], detail)
            self._history.note(self._lease, replace(entry, by=by or entry.by))

    def leave(self, operation: PlannedOperation) -> None:
        """An operation that DynamoDB goes on with while nobody waits; it stays in doubt."""
        with self._writing:
            left = replace(self._records[operation.migration.id], left_at=self._clock.milliseconds())
            self._put([(self._entry("left in progress", left, operation.operation.describe()), left)])

    def release(self, operation: PlannedOperation, *, untouched: bool) -> None:
        """An operation that was begun once and of which nothing is under way; it is in doubt only where part is done.

        Either way ``upgrade`` goes on with it, and there is nothing to wait for.
        """
        with self._writing:
            record = self._records[operation.migration.id]
            doubt = tuple(position for position in record.doubt if not untouched or position != operation.position)
            left = self._clock.milliseconds() if not doubt else None
            progress = _without(record.progress, operation.position) if untouched else record.progress
            detail = f"{operation.operation.describe()}: nothing is under way"
            released = replace(record, doubt=doubt, progress=progress, left_at=left)
            self._put([(self._entry("waited", record, detail), released)])

    def fail(self, operation: PlannedOperation, cause: OsemMigrateError, *, refused: bool = False) -> None:
        """Why an operation stopped; it stays in doubt, unless it ``refused`` to take up what somebody else has made."""
        with self._writing:
            record = self._records[operation.migration.id]
            doubt = tuple(position for position in record.doubt if not refused or position != operation.position)
            code, message, parts = cause.code, cause.message, cause.parts
            failed = replace(
                record,
                doubt=doubt,
                state=RecordedState.FAILED,
                finished_at=self._clock.milliseconds(),
                error=RecordedError(
                    code=cause.code, message=cause.message, parts=cause.parts, position=operation.position
                ),
            )
            try:
                entry = self._entry("failed", failed, f"{code}: {message}")
                self._put([(replace(entry, parts=parts), failed)])
            except OsemMigrateError:
                # The record stays "running", which shows as interrupted; the cause is what the user must hear of.
                return

    def _record(self, planned: PlannedMigration, earlier: Record | None, plan: Plan) -> Record:
        now = self._clock.milliseconds()
        migration = planned.migration
        remaining = {operation.position for operation in planned.operations}
        left = earlier if earlier is not None and earlier.is_unfinished else None
        doubt = {now for then, now in now_at(left, migration).items() if then in left.doubt} if left is not None else ()
        record = replace(
            record_of(
                migration,
                earlier,
                self._actor,
                now,
                state=RecordedState.RUNNING,
                done=self._direction.live(migration, remaining),
                fence=self._lease.holder.fence,
            ),
            doubt=tuple(sorted(remaining.intersection(doubt))),
            progress=valid_progress(earlier, migration, remaining, plan.direction),
            started_at=left.started_at if left is not None else None,
            tables=recorded_tables(migration, plan.table_ids, earlier),
            downgrade_to=plan.target,
        )
        ended = self._direction.ended(record)
        # An earlier run may have done everything but record the end.
        return record if ended is None else replace(record, state=ended, finished_at=now, doubt=())

    def _ended(self, record: Record) -> LogEntry | None:
        """The log's entry of a migration that has ended before anything was done; None for the others."""
        return None if record.is_unfinished else self._entry(record.state.value, record, "everything was done already")

    def _entry(self, what: str, record: Record, detail: str) -> LogEntry:
        by = self._actor.identity
        return LogEntry(at=self._clock.milliseconds(), what=what, migration=record.migration, by=by, detail=detail)

    def _put(self, entries: list[tuple[LogEntry | None, Record]]) -> None:
        now = self._clock.milliseconds()
        stamped = [(entry, replace(record, updated_at=now)) for entry, record in entries]
        self._history.write(self._lease, stamped)
        self._records |= {record.migration: record for _, record in stamped}


def _identified(
    tables: Mapping[str, RecordedTable] | None, operation: PlannedOperation, table_id: str | None
) -> Mapping[str, RecordedTable] | None:
    """The tables of a record, with the TableId of the one that an operation has made."""
    if tables is None or table_id is None or all(step.method != "create_table" for step in operation.calls):
        return tables
    return {**tables, operation.table: replace(tables[operation.table], table_id=table_id)}


def _without(progress: Mapping[int, Progress], position: int) -> dict[int, Progress]:
    return {at: known for at, known in progress.items() if at != position}


def _still_failed(
    record: Record, earlier: Record | None, migration: Migration, only: Collection[tuple[str, int]]
) -> Record:
    """With the error of an earlier run, where none of these operations is what has failed then, and may go on."""
    if earlier is None or earlier.error is None or earlier.is_being_reversed is not record.is_being_reversed:
        return record
    error, failed = earlier.error, {*record.doubt}
    if error.position is not None:
        error = replace(error, position=now_at(earlier, migration).get(error.position))
        failed &= {error.position}
    if all((record.migration, position) in only for position in failed):
        return record
    return replace(record, state=RecordedState.FAILED, finished_at=earlier.finished_at, error=error)
