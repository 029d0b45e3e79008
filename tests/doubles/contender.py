"""A contender: ``upgrade`` as a process of its own on a quick clock, telling of all that it does, that a test may kill.

The clock's pace shortens the lease of 20 seconds to what a test can wait for; its time of day may be hours off.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from osem_migrate import UpgradeOptions
from osem_migrate.aws.api_calls import ApiCall
from osem_migrate.clock import Clock
from osem_migrate.config import Project
from osem_migrate.errors import ExitCode, LockLost, OsemMigrateError
from osem_migrate.events import LockWaiting, OperationFinished, RunStarted, StepPerformed
from osem_migrate.migrator import Migrator
from tests.doubles.project import MUTATIONS
from tests.doubles.warm import WARM

PATIENCE = 120.0

Told = dict[str, Any]


class Contender:
    """A process that upgrades ``dev``, seen by the test that started it.

    Attributes:
        told: everything it has said so far, one mapping a call or event, in order.
    """

    def __init__(
        self, process: ForkServerProcess, said: Connection, on_told: Callable[["Contender", Told], None]
    ) -> None:
        self.told: list[Told] = []
        self._process = process
        self._said = said
        self._on_told = on_told
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @classmethod
    @contextmanager
    def start(
        cls,
        project: Project,
        environ: dict[str, str],
        *,
        pace: float,
        hours_off: float = 0.0,
        lock_timeout: float = 3600.0,
        pauses_after: int = 0,
        on_told: Callable[["Contender", Told], None] = lambda _contender, _told: None,
    ) -> Iterator["Contender"]:
        """Start one, and leave nothing of it behind.

        Args:
            project: what it applies.
            environ: how it reaches the engine.
            pace: seconds on its clock in one real second.
            hours_off: how wrong its time of day is.
            lock_timeout: how long it waits for the lock, on its clock.
            pauses_after: how many operations it finishes before it stops itself, the heartbeat
                too; 0 for never.
            on_told: called in a thread of its own for everything that it says.
        """
        words = [str(project.root), f"--pace={pace}", f"--hours-off={hours_off}", f"--lock-timeout={lock_timeout}"]
        words.append(f"--pauses-after={pauses_after}")
        said, stdout = WARM.Pipe(duplex=False)
        process = WARM.Process(target=_contend, args=(words, {**os.environ, **environ}, stdout))
        process.start()
        stdout.close()
        contender = cls(process, said, on_told)
        try:
            yield contender
        finally:
            process.kill()
            process.join()
            contender._reader.join()
            said.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    def kill(self) -> None:
        """``kill -9``."""
        self._process.kill()

    def resume(self) -> None:
        """Let it go on as if nothing had happened."""
        os.kill(self.pid, signal.SIGCONT)

    def wait(self) -> int:
        """Its exit code, negative when a signal ended it; by then all that it said is told."""
        self._process.join(PATIENCE)
        self._reader.join(PATIENCE)
        assert self._process.exitcode is not None, f"it does not end; it said {self.told}"
        return self._process.exitcode

    def wait_for(self, what: str, times: int = 1) -> None:
        """Return once it has told of that so often."""
        until = time.monotonic() + PATIENCE
        while sum(told["what"] == what for told in self.told) < times:
            if time.monotonic() > until or (self._process.exitcode is not None and not self._reader.is_alive()):
                raise AssertionError(f"{what} did not come; it said {self.told}")
            time.sleep(0.01)

    def mutations(self, outcome: str | None = None) -> list[tuple[str, str, str]]:
        """Each control-plane call as action, table and index; all of them, or those that ended in one way."""
        return [
            (told["action"], told["table"], told["index"])
            for told in self.told
            if told["what"] == "mutation" and outcome in {None, told["outcome"]}
        ]

    def failure(self) -> Told:
        """The error that it ended with."""
        return next(told for told in reversed(self.told) if told["what"] == "failed")

    def _read(self) -> None:
        with open(self._said.fileno(), encoding="utf-8", closefd=False) as lines:
            for line in lines:
                # A killed process may leave half a line.
                if line.endswith("\n"):
                    self.told.append(json.loads(line))
                    self._on_told(self, self.told[-1])


def _contend(words: list[str], environ: dict[str, str], stdout: Connection) -> None:
    """What the process does."""
    os.environ.clear()
    os.environ.update(environ)
    os.dup2(stdout.fileno(), sys.stdout.fileno())
    sys.exit(main(words))


def _tell(what: str, **facts: object) -> None:
    # One write a line, so that lines of different threads never mix.
    os.write(sys.stdout.fileno(), f"{json.dumps({'what': what, **facts})}\n".encode())


def _tell_event(event: object) -> None:
    match event:
        case RunStarted():
            _tell("started")
        case StepPerformed():
            _tell("performed")
        case OperationFinished():
            _tell("finished", migration=event.operation.migration.id, adopted=event.adopted)
        case LockWaiting():
            _tell("waiting", pid=event.holder.pid, waited=event.waited)


class _Pausing:
    """Tells of events, and stops the process after some of them, surer than any signal from outside."""

    def __init__(self, after: int) -> None:
        self._left = after

    def tell(self, event: object) -> None:
        """Called by the lanes."""
        _tell_event(event)
        if isinstance(event, OperationFinished):
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGSTOP)


class _Mutations:
    """Which index the UpdateTable of each thread is about; the calls that the tool tells of say only the table."""

    def __init__(self) -> None:
        self._local = threading.local()

    def ask(self, params: dict[str, Any], **_: object) -> None:
        """Before a call."""
        updates = [change for update in params.get("GlobalSecondaryIndexUpdates", ()) for change in update.values()]
        self._local.index = updates[0]["IndexName"] if updates else ""

    def tell(self, call: ApiCall) -> None:
        """After it."""
        action = call.action.removeprefix("dynamodb:")
        if call.outcome == LockLost.__name__:
            _tell("withheld", action=action)  # the guard stopped it before it left the process
        elif action in MUTATIONS:
            at = call.started_at.timestamp()
            _tell("mutation", at=at, action=action, table=call.table, index=self._local.index, outcome=call.outcome)
        else:
            _tell("call", action=action)


def main(words: list[str]) -> int:
    """Upgrade as the command line does, with its exit codes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pace", type=float, required=True)
    parser.add_argument("--hours-off", type=float, required=True)
    parser.add_argument("--lock-timeout", type=float, required=True)
    parser.add_argument("--pauses-after", type=int, required=True)
    asked = parser.parse_args(words)
    off = timedelta(hours=asked.hours_off)
    mutations = _Mutations()
    migrator = Migrator.open(
        "dev",
        project=Project.find(asked.folder, environ={}),
        on_event=_Pausing(asked.pauses_after).tell,
        on_call=mutations.tell,
        clock=replace(Clock.at_pace(asked.pace), now=lambda: datetime.now(UTC) + off),
    )
    migrator.session.dynamodb().meta.events.register("provide-client-params.dynamodb", mutations.ask)
    try:
        applied = migrator.upgrade(UpgradeOptions(lock_timeout=asked.lock_timeout)).applied
    except OsemMigrateError as error:
        _tell("failed", code=error.code, message=error.message)
        return error.exit_code
    _tell("done", applied=list(applied))
    return ExitCode.OK
