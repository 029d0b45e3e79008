"""RunReporter: tells people on stderr, and the log file, what a run does while it goes on."""

import json
import os
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from osem_migrate.aws.session import ApiCall
from osem_migrate.cli import output
from osem_migrate.errors import OsemMigrateError, UsageError
from osem_migrate.events import (
    EngineStarted,
    LockWaiting,
    MigrationFinished,
    MigrationStarted,
    OperationFinished,
    OperationStarted,
    RunEvent,
    RunFailed,
    RunStarted,
    StepPerformed,
    TableAdopted,
    TableDropped,
    TableLeaving,
    Waiting,
)
from osem_migrate.planning.estimate import estimate_all

if TYPE_CHECKING:
    from osem_migrate.cli.progress import LiveLines

REMINDER_SECONDS = 30.0  # between two lines about the same wait, where there is no live line


class RunReporter:
    """Listens to a run's events and calls; ``verbosity`` -1 says nothing, 1 shows every operation and call.

    On a terminal a live line for each table and index shows phase and elapsed time; elsewhere there are plain lines.
    """

    def __init__(self, *, verbosity: int, log_file: Path | None) -> None:
        self._verbosity = verbosity
        self._log = _open(log_file) if log_file is not None else None
        self._shows_lines = verbosity >= 0 and _is_terminal()
        self._live: LiveLines | None = None
        # Reentrant: telling that the log is full happens while writing to it.
        self._lock = threading.RLock()
        self._reminded: dict[str, float] = {}

    def close(self) -> None:
        """Take the live lines away and close the log file."""
        self._end_live()
        if self._log is not None:
            with suppress(OSError):
                self._log.close()

    def failed(self, error: OsemMigrateError) -> None:
        """How the command ended, when it did not end well."""
        self._end_live()
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
            case MigrationStarted():
                self._write(now, "migration started", migration=event.migration.migration.id)
            case MigrationFinished():
                milliseconds = round(event.duration * 1000)
                self._write(now, "migration finished", migration=event.migration.migration.id, duration_ms=milliseconds)
            case RunFailed():
                self._write(now, "run failed", code=event.error.code, message=event.error.message)
                self._end_live()
            case RunStarted():
                self._write(now, "run started", migrations=len(event.plan.migrations), calls=len(event.plan.steps))
                self._announce(event)
            case _:
                self._aside(now, event)

    def _aside(
        self, now: datetime, event: EngineStarted | LockWaiting | TableAdopted | TableDropped | TableLeaving
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
            case TableDropped():
                self._dropped(now, event)
            case TableLeaving():
                self._remind(event.physical_name, f"{event.physical_name}: {event.phase}", event.waited)

    def _announce(self, event: RunStarted) -> None:
        plan = event.plan
        if self._verbosity >= 0 and plan.steps:
            what = f"{output.counted(len(plan.migrations), 'migration')}, {output.counted(len(plan.steps), 'call')}"
            self._say("info", f"{what}: {output.usual(plan.estimate)} on AWS.")

    def _adopted(self, now: datetime, event: TableAdopted) -> None:
        last = event.operations[-1].migration.id
        self._write(now, "table adopted", table=event.physical_name, operations=len(event.operations), up_to=last)
        if self._verbosity >= 0:
            self._say("done", f"{event.physical_name} exists already and matches the scripts up to {last}: adopted.")

    def _begin(self, event: OperationStarted) -> None:
        planned = event.operation
        if self._shows_lines:
            self._live = self._live or _live_lines()
            text = f"{planned.migration.number:04} {planned.operation.describe()}"
            self._live.begin(planned.table, text, estimate_all(planned.steps))
        elif self._verbosity > 0:
            self._detail(datetime.now(UTC), f"{planned.migration.id}: {planned.operation.describe()}: started")

    def _wait(self, event: Waiting) -> None:
        if self._live is not None:
            self._live.phase(event.operation.table, event.subject, event.phase, event.waited)
        else:
            what = f"{event.physical_name}: {event.subject} is {event.phase}"
            self._remind(f"{event.physical_name}/{event.subject}", what, event.waited)

    def _finish(self, now: datetime, event: OperationFinished) -> None:
        planned = event.operation
        how = "adopted" if event.adopted else "performed"
        milliseconds = round(event.duration * 1000)
        self._write(now, "operation finished", **_operation(event), how=how, note=event.note, duration_ms=milliseconds)
        if self._live is not None:
            self._live.end(planned.table)
        if self._verbosity >= 0:
            aside = f": {event.note}" if event.note else ""
            took = output.dim(f"({output.duration(event.duration)})")
            self._say("done", f"{planned.migration.id}: {planned.operation.describe()}{aside} {took}")

    def _dropped(self, now: datetime, event: TableDropped) -> None:
        self._write(now, "table dropped", table=event.physical_name, duration_ms=round(event.duration * 1000))
        if self._verbosity >= 0:
            self._say("done", f"{event.physical_name}: dropped {output.dim(f'({output.duration(event.duration)})')}")

    def _remind(self, key: str, text: str, waited: float) -> None:
        """A line about a wait: not at once, because most waits are short, and then only now and again."""
        last = self._reminded.get(key, 0.0)
        if waited < last:
            last = self._reminded[key] = 0.0
        if self._verbosity >= 0 and waited - last >= (REMINDER_SECONDS if last else 1.0):
            self._reminded[key] = waited
            self._say("info", f"{text} ({output.duration(waited)} so far)")

    def _say(self, kind: str, text: str) -> None:
        with self._lock:
            if self._live is not None:
                self._live.above(lambda: output.line(kind, text, err=True))
            else:
                output.line(kind, text, err=True)

    def _detail(self, at: datetime, text: str) -> None:
        self._say("info", output.dim(f"{_iso(at)} {text}"))

    def _end_live(self) -> None:
        if self._live is not None:
            self._live.close()

    def _write(self, at: datetime, event: str, **facts: Any) -> None:
        if self._log is None:
            return
        entry = {
            "timestamp": _iso(at),
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


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _live_lines() -> "LiveLines":
    # rich takes long to import, and only a run on a terminal needs it.
    from osem_migrate.cli.progress import LiveLines

    return LiveLines()


def _operation(event: OperationStarted | OperationFinished) -> dict[str, Any]:
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


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
