"""The facade: one engine for each state folder, started, asked after and stopped."""

import os
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from pathlib import Path

from osem_migrate.clock import iso
from osem_migrate.errors import LocalEngineError, LocalEngineNotStarted
from osem_migrate.local import loopback
from osem_migrate.local.dynamodb_local import DynamoDbLocal
from osem_migrate.local.folder import StateFolder
from osem_migrate.local.listening import listens
from osem_migrate.local.moto import Moto
from osem_migrate.local.process import Process, environment_of_engine
from osem_migrate.local.state import EngineKind, EngineState

INTERVAL = 0.02
ANSWER_TIMEOUT = 1.0
LOG_LINES = 15


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """The engine of one state folder; every command that names the folder means the same one.

    Args:
        state_folder: where its state, lock, log and data live; created by the first ``start``.
        kind: which program ``start`` starts.
        port: the TCP port; ``None`` takes 4610, or any free one when another program has that.
        dynamodb_local_folder: holds ``DynamoDBLocal.jar``; needed for that kind only.
        java: name on the PATH, or path, of the Java program.
        start_timeout: seconds until an engine that does not answer is given up.
        stop_timeout: seconds until an engine that does not end is killed.
        clock: monotonic seconds.
        sleep: waits the seconds it is given.
        now: the time of day.
    """

    state_folder: Path
    _: KW_ONLY
    kind: EngineKind = EngineKind.MOTO
    port: int | None = None
    dynamodb_local_folder: Path | None = None
    java: str = "java"
    start_timeout: float = 30.0
    stop_timeout: float = 5.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = _now

    def status(self) -> EngineState | None:
        """The engine that runs, of whatever kind, or ``None``; starts and writes nothing.

        Raises:
            LocalEngineError: the recorded state may not be read.
        """
        state = self._folder.read()
        return state if state is not None and _process(state).is_alive() else None

    def start(self) -> EngineState:
        """The engine that runs, or a new one, once it answers.

        Raises:
            LocalEngineMissing: its software is not installed.
            LocalEngineNotStarted: the port is taken, it ended at once or did not answer in time.
            LocalEngineError: another kind, or another port than the one asked for, runs already, or the state folder is
                not writable.
        """
        with self._locked():
            running = self.status()
            if running is None:
                return self._start()
            self._check_wanted(running)
            self._wait(running)
            return running

    def stop(self) -> EngineState | None:
        """End the engine and return what ran once it is gone; ``None`` when nothing did.

        Raises:
            LocalEngineError: it cannot be ended, or the state folder is not writable.
        """
        if not self.state_folder.exists():
            return None
        with self._locked():
            running = self.status()
            if running is not None:
                self._end(running)
            self._folder.clear()
            return running

    @property
    def _folder(self) -> StateFolder:
        return StateFolder(self.state_folder.absolute())

    def _locked(self) -> AbstractContextManager[None]:
        patience = self.start_timeout + 2 * self.stop_timeout
        return self._folder.locked(patience=patience, clock=self.clock, sleep=self.sleep)

    def _engine(self, kind: EngineKind, token: str) -> Moto | DynamoDbLocal:
        if kind is EngineKind.MOTO:
            return Moto(token)
        return DynamoDbLocal(self.dynamodb_local_folder, self.java, self._folder.data(kind))

    def _check_wanted(self, running: EngineState) -> None:
        if running.kind is not self.kind:
            difference = f"{running.kind} is running already, but {self.kind} was requested"
        elif self.port not in {None, running.port}:
            difference = f"{running.kind} is running already on port {running.port}, but port {self.port} was requested"
        else:
            return
        raise LocalEngineError(difference, endpoint_url=running.endpoint_url, pid=running.pid)

    def _start(self) -> EngineState:
        engine = self._engine(self.kind, secrets.token_hex(16))
        engine.require()
        state = self._launch(engine)
        try:
            self._folder.write(state)
            self._wait(state)
        except BaseException:
            # Ctrl-C included: an engine that nobody was told about would run for ever.
            self._end(state)
            self._folder.clear()
            raise
        return state

    def _launch(self, engine: Moto | DynamoDbLocal) -> EngineState:
        if engine.data is not None:
            self._folder.create(engine.data)
        log = self._folder.log(engine.kind)
        wanted = loopback.DEFAULT_PORT if self.port is None else self.port
        with loopback.listen(self.port) as listener:
            port: int = listener.getsockname()[1]
            command, inherited = engine.command(listener), engine.inherited(listener)
            if not inherited:
                listener.close()
            environment = {**environment_of_engine(os.environ), **engine.environment}
            process = Process.start(command, log=log, environment=environment, keep=inherited)
        return EngineState(
            kind=engine.kind,
            pid=process.pid,
            birth=process.birth,
            token=engine.token if isinstance(engine, Moto) else "",
            folder=self._folder.identity,
            port=port,
            instead_of=None if port == wanted else wanted,
            endpoint_url=f"http://{loopback.HOST}:{port}",
            log=log,
            data=engine.data,
            started_at=iso(self.now()),
        )

    def _wait(self, state: EngineState) -> None:
        engine, process = self._engine(state.kind, state.token), _process(state)
        deadline = self.clock() + self.start_timeout
        while process.is_alive():
            answer = loopback.ask(state.port, engine.identity_path, timeout=ANSWER_TIMEOUT)
            if engine.recognises(answer) and listens(state.pid, state.port):
                return
            if self.clock() > deadline:
                raise _not_started(f"{state.kind} did not answer on {state.endpoint_url} in time", state)
            self.sleep(INTERVAL)
        raise engine.diagnose(_text(state.log)) or _not_started(f"{state.kind} exited at once", state)

    def _end(self, state: EngineState) -> None:
        _process(state).end(patience=self.stop_timeout, clock=self.clock, sleep=self.sleep)


def _process(state: EngineState) -> Process:
    return Process(state.pid, state.birth)


def _text(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")
    except OSError as reason:
        return f"({log} cannot be read: {reason.strerror})"


def _not_started(what: str, state: EngineState) -> LocalEngineNotStarted:
    last = "\n".join(_text(state.log).splitlines()[-LOG_LINES:])
    said = f"; the end of {state.log}:\n{last}" if last.strip() else f"; {state.log} is empty"
    return LocalEngineNotStarted(what + said, log=str(state.log), port=state.port)
