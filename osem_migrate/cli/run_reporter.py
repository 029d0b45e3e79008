"""RunReporter: tells people on stderr, and the log file, what a run does while it goes on."""

import json
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from osem_migrate.aws.session import ApiCall
from osem_migrate.cli import output, pass_text, terminal
from osem_migrate.clock import iso
from osem_migrate.errors import Interrupted, OsemMigrateError, UsageError
from osem_migrate.events import (
    DriftNoticed,
    EngineStarted,
    LockWaiting,
    MigrationFinished,
    MigrationStarted,
    OperationFailed,
    OperationFinished,
    OperationStarted,
    PassProgress,
    PassSteered,
    RunEvent,
    RunFailed,
    RunStarted,
    StepPerformed,
    TableAdopted,
    TableDropped,
    TableLeaving,
    Waiting,
)
from osem_migrate.planning.fold import saving

if TYPE_CHECKING:
    from osem_migrate.cli.progress import RunProgress
    from osem_migrate.planning.plan import PlanDrift

REMINDER_SECONDS = 30.0  # between two lines about the same wait, where there is no live line


class RunReporter:
    """Listens to a run's events and calls; ``verbosity`` -1 says nothing, 1 shows every operation and call.

    On a terminal live rows show what is in work; elsewhere a line tells now and again what takes long.
    """

    def __init__(self, *, verbosity: int, log_file: Path | None) -> None:
        self._verbosity = verbosity
        self._log = _open(log_file) if log_file is not None else None
        self._progress = _progress() if verbosity >= 0 and terminal.can_show_rows() else None
        # Reentrant: telling that the log is full happens while writing to it.
        self._lock = threading.RLock()
        self._reminded: dict[str, float] = {}

    def close(self) -> None:
        """Take the live rows away and close the log file."""
        self.finished()
        if self._log is not None:
            with suppress(OSError):
                self._log.close()

    def finished(self) -> None:
        """The run is over, well or not: the live rows go."""
        terminal.end_rows()

    def failed(self, error: OsemMigrateError) -> None:
        """How the command ended, when it did not end well."""
        self.finished()
        self._write(datetime.now(UTC), "command failed", code=error.code, message=error.message)

    def call(self, call: ApiCall) -> None:
        """One API call that has ended, in any thread."""
        with self._lock:
            self._call(call)

    def event(self, event: RunEvent) -> None:
        """One event of the run, from any lane."""
        with self._lock:
            self._event(event)

    def _call(self, call: ApiCall) -> None:
        milliseconds = round(call.duration * 1000)
        self._write(
            call.started_at,
            "call",
            action=call.action,
            table=call.table,
            duration_ms=milliseconds,
            attempts=call.attempts,
            outcome=call.outcome,
        )
        if self._verbosity > 0:
            retried = f", {call.attempts} attempts" if call.attempts > 1 else ""
            self._detail(
                call.started_at, f"{call.action} {call.table or '-'}: {call.outcome} in {milliseconds} ms{retried}"
            )

    def _event(self, event: RunEvent) -> None:
        now = datetime.now(UTC)
        match event:
            case OperationStarted():
                self._write(now, "operation started", **_operation(event))
                self._begin(event)
            case StepPerformed():
                self._write(now, "step performed", action=event.step.action, table=event.physical_name)
            case Waiting():
                self._wait(event)
            case OperationFinished():
                self._finish(now, event)
            case OperationFailed():
                self._fail(now, event)
            case MigrationStarted():
                self._write(now, "migration started", migration=event.migration.migration.id)
            case MigrationFinished():
                milliseconds = round(event.duration * 1000)
                self._write(now, "migration finished", migration=event.migration.migration.id, duration_ms=milliseconds)
            case RunFailed():
                self._write(now, "run failed", code=event.error.code, message=event.error.message)
                self.finished()
            case RunStarted():
                self._write(now, "run started", migrations=len(event.plan.migrations), calls=len(event.plan.steps))
                self._announce(event)
            case _:
                self._aside(now, event)

    def _aside(
        self,
        now: datetime,
        event: EngineStarted
        | LockWaiting
        | TableAdopted
        | DriftNoticed
        | PassProgress
        | PassSteered
        | TableDropped
        | TableLeaving,
    ) -> None:
        """What happens beside the operations of a plan."""
        match event:
            case EngineStarted():
                self._write(now, "engine started", kind=event.kind, endpoint_url=event.endpoint_url)
                if event.instead_of is not None and self._verbosity >= 0:
                    taken = f"port {event.instead_of} is taken by another program"
                    self._say("warning", f"{taken}, so the local engine listens on {event.endpoint_url}")
            case LockWaiting():
                self._remind("lock", f"waiting for the upgrade lock, held by {event.holder.describe()}", event.waited)
            case TableAdopted():
                self._adopted(now, event)
            case DriftNoticed():
                self._notice(now, event.drift)
            case PassProgress():
                self._pass(now, event)
            case PassSteered():
                self._steered(now, event)
            case TableDropped():
                self._dropped(now, event)
            case TableLeaving():
                self._remind(event.physical_name, f"{event.physical_name}: {event.phase}", event.waited)

    def _announce(self, event: RunStarted) -> None:
        plan = event.plan
        if self._progress is not None:
            self._progress.start(plan)
            terminal.show_rows(self._progress.rows)
        if self._verbosity >= 0 and plan.steps:
            what = f"{output.counted(len(plan.migrations), 'migration')}, {output.counted(len(plan.steps), 'call')}"
            spared = saving(plan)
            folded = f"; with --fold {output.span(spared.plan.estimate)}" if spared is not None else ""
            self._say("info", f"{what}: {output.usual(plan.estimate)} on AWS{folded}.")
        for warning in plan.warnings if self._verbosity >= 0 else ():
            self._say("warning", warning)

    def _adopted(self, now: datetime, event: TableAdopted) -> None:
        last = event.operations[-1].migration.id
        self._write(now, "table adopted", table=event.physical_name, operations=len(event.operations), up_to=last)
        if self._verbosity >= 0:
            self._say("done", f"{event.physical_name} exists already and matches the scripts up to {last}: adopted.")

    def _notice(self, now: datetime, drift: "PlanDrift") -> None:
        difference = drift.difference
        message = difference.describe()
        self._write(now, "drift", table=drift.physical_name, code=difference.code, message=message, stops=drift.stops)
        if self._verbosity >= 0:
            self._say("warning", f"{difference.code} {drift.describe()}")

    def _begin(self, event: OperationStarted) -> None:
        planned = event.operation
        if self._progress is not None:
            self._progress.begin(planned)
        if self._verbosity > 0:
            self._detail(datetime.now(UTC), f"{planned.migration.id}: {planned.operation.describe()}: started")

    def _wait(self, event: Waiting) -> None:
        if self._progress is not None:
            self._progress.wait(event.operation, event.subject, event.phase, waited=event.waited, elapsed=event.elapsed)
        else:
            what = f"{event.physical_name}: {event.subject} is {event.phase}"
            self._remind(f"{event.physical_name}/{event.subject}", what, event.waited, event.elapsed)

    def _pass(self, now: datetime, event: PassProgress) -> None:
        counts = {"examined": event.examined, "changed": event.changed, "failed": event.failed}
        migration = event.operation.migration.id
        self._write(
            now,
            "pass",
            migration=migration,
            table=event.physical_name,
            scan=event.scan,
            **counts,
            bytes_examined=event.bytes_examined,
            table_size_bytes=event.size_bytes,
            read_units_per_second=round(event.read, 1),
            written_units_per_second=round(event.written, 1),
            seconds_left=round(event.left) if event.left is not None else None,
            paused=event.paused is not None,
        )
        if self._progress is not None:
            self._progress.goes_on(event.operation, pass_text.brief(event), left=event.left)
        else:
            self._remind(f"{event.physical_name}/{migration}", pass_text.line(event), event.waited)

    def _steered(self, now: datetime, event: PassSteered) -> None:
        migration = event.operation.migration.id
        facts = {"order": event.order.value, "by": event.said.by, "rate": event.rate}
        self._write(now, "pass steered", migration=migration, table=event.physical_name, **facts)
        if self._verbosity >= 0:
            self._say("info", pass_text.steered(event))

    def _finish(self, now: datetime, event: OperationFinished) -> None:
        planned = event.operation
        how = "adopted" if event.adopted else "performed"
        milliseconds = round(event.duration * 1000)
        self._write(now, "operation finished", **_operation(event), how=how, note=event.note, duration_ms=milliseconds)
        if self._progress is not None:
            self._progress.end(planned)
        if self._verbosity >= 0:
            aside = f": {event.note}" if event.note else ""
            took = output.dim(f"({output.duration(event.duration)})")
            self._say("done", f"{planned.migration.id}: {planned.operation.describe()}{aside} {took}")

    def _fail(self, now: datetime, event: OperationFailed) -> None:
        error = event.error
        self._write(now, "operation failed", **_operation(event), code=error.code, message=error.message)
        if self._progress is not None:
            self._progress.fail(event.operation, "stopped" if isinstance(error, Interrupted) else "failed")

    def _dropped(self, now: datetime, event: TableDropped) -> None:
        self._write(now, "table dropped", table=event.physical_name, duration_ms=round(event.duration * 1000))
        if self._verbosity >= 0:
            self._say("done", f"{event.physical_name}: dropped {output.dim(f'({output.duration(event.duration)})')}")

    def _remind(self, key: str, text: str, waited: float, elapsed: float | None = None) -> None:
        """A line about a wait: not at once, because most waits are short, and then only now and again.

        ``elapsed`` is how long it is since what is waited for began, where that is longer.
        """
        last = self._reminded.get(key, 0.0)
        if waited < last:
            last = self._reminded[key] = 0.0
        if self._verbosity >= 0 and waited - last >= (REMINDER_SECONDS if last else 1.0):
            self._reminded[key] = waited
            self._say("info", f"{text} ({output.duration(elapsed if elapsed is not None else waited)} so far)")

    def _say(self, kind: str, text: str) -> None:
        with self._lock:
            output.line(kind, text, err=True)

    def _detail(self, at: datetime, text: str) -> None:
        self._say("info", output.dim(f"{iso(at)} {text}"))

    def _write(self, at: datetime, event: str, **facts: Any) -> None:
        if self._log is None:
            return
        entry = {
            "timestamp": iso(at),
            "event": event,
            **{name: fact for name, fact in facts.items() if fact is not None},
        }
        line = output.without_passwords(json.dumps(entry, ensure_ascii=False))
        with self._lock:
            try:
                self._log.write(f"{line}\n")
            except OSError as refused:
                # Not worth stopping a run half-way for.
                log, self._log = self._log, None
                with suppress(OSError):
                    log.close()
                self._say("warning", f"the log file {log.name} ends here: {refused.strerror}")


def _progress() -> "RunProgress":
    # rich takes long to import, and only a run on a terminal needs it.
    from osem_migrate.cli.progress import RunProgress

    return RunProgress()


def _operation(event: OperationStarted | OperationFinished | OperationFailed) -> dict[str, Any]:
    planned = event.operation
    return {
        "migration": planned.migration.id,
        "operation": planned.operation.describe(),
        "table": event.physical_name,
    }


def _open(path: Path) -> TextIO:
    try:
        # Line-buffered, so that a killed run leaves every line that it wrote.
        return path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1)
    except OSError as refused:
        raise UsageError(
            f"the log file {path} cannot be written: {refused.strerror}",
            remediation="Name another with --log-file FILE",
        ) from refused
