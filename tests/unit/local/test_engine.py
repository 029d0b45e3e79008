"""The facade believes only what it can verify, and leaves nothing behind when a start fails.

A small Python program stands for the engine here; tests/integration/local runs the real ones.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from osem_migrate.errors import LocalEngineError, LocalEngineMissing, LocalEngineNotStarted
from osem_migrate.local import EngineKind, EngineState, LocalEngine, loopback, moto
from osem_migrate.local.listening import listens
from osem_migrate.local.process import birth_of
from tests.doubles.typed import typed
from tests.engines.ports import free_port

ANSWERS = """
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
while True:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + sys.argv[3].encode())
"""
SILENT = "import time; print('thinking', flush=True); time.sleep(600)"
ENDS = "import sys; print('first'); sys.exit('the last words')"


class Program:
    def __init__(self, path: Path) -> None:
        self.path = path

    def does(self, code: str) -> None:
        self.path.write_text(code)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """What is run in moto's place; it answers like an engine until told otherwise."""
    program = Program(tmp_path / "program.py")
    program.does(ANSWERS)
    monkeypatch.setattr(moto, "PROGRAM", program.path)
    return program


@pytest.fixture
def engine(program: Program, tmp_path: Path) -> Iterator[LocalEngine]:
    """An engine of its own folder and port; the stand-in is ended afterwards."""
    engine = LocalEngine(tmp_path / ".state", port=free_port())
    yield engine
    replace(engine, stop_timeout=0.1).stop()


def _recorded(engine: LocalEngine) -> Path:
    return engine.state_folder / "engine.json"


def _pretend(engine: LocalEngine, state: EngineState) -> None:
    _recorded(engine).write_text(json.dumps(state.as_dict()))


def test_a_question_writes_nothing(tmp_path: Path) -> None:
    """Asking after an engine, or stopping one that never ran, does not create the state folder."""
    engine = LocalEngine(tmp_path / ".state")
    assert engine.status() is None
    assert engine.stop() is None
    assert not engine.state_folder.exists()


def test_a_started_engine_is_known_until_stopped(engine: LocalEngine) -> None:
    """Start, status and a second start speak of one process; stop ends it and the next stop finds nothing."""
    state = engine.start()
    assert state.endpoint_url == f"http://127.0.0.1:{engine.port}"
    assert state.started_at.endswith("Z")
    assert engine.status() == state
    assert LocalEngine(engine.state_folder).start() == state
    assert engine.stop() == state
    assert engine.status() is None
    assert engine.stop() is None
    assert not _recorded(engine).exists()


def test_an_engine_that_was_killed_is_replaced(engine: LocalEngine) -> None:
    """After a kill behind its back nothing runs, and the next start starts another."""
    first = engine.start()
    os.kill(first.pid, signal.SIGKILL)
    _wait_until_gone(engine)
    second = engine.start()
    assert second.pid != first.pid
    assert engine.status() == second


def _wait_until_gone(engine: LocalEngine) -> None:
    deadline = time.monotonic() + 20
    while engine.status() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert engine.status() is None


def test_a_recycled_pid_is_neither_believed_nor_ended(engine: LocalEngine) -> None:
    """When another program got the engine's number, it is left alone and the state is cleared away."""
    state = engine.start()
    engine.stop()
    other = subprocess.Popen([sys.executable, "-c", SILENT], stdout=subprocess.DEVNULL)
    try:
        _pretend(engine, replace(state, pid=other.pid))
        assert engine.status() is None
        assert engine.stop() is None
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
    assert not _recorded(engine).exists()


def test_a_corrupt_state_is_stale(engine: LocalEngine) -> None:
    """Nonsense in engine.json means that nothing runs; start writes it anew."""
    engine.state_folder.mkdir()
    _recorded(engine).write_text('{"pid": ')
    assert engine.status() is None
    state = engine.start()
    assert engine.status() == state


def test_stop_clears_a_corrupt_state(engine: LocalEngine) -> None:
    """Nonsense in engine.json is gone after a stop."""
    engine.state_folder.mkdir()
    _recorded(engine).write_text("nonsense")
    assert engine.stop() is None
    assert not _recorded(engine).exists()


@pytest.mark.parametrize(
    ("change", "difference"),
    [({"kind": EngineKind.DYNAMODB_LOCAL}, "dynamodb-local was requested"), ({"port": 1}, "port 1 was requested")],
)
def test_another_engine_than_the_running_one_is_refused(
    change: dict[str, Any], difference: str, engine: LocalEngine
) -> None:
    """Whoever asks for another kind or port is told to stop the running engine first, which goes on."""
    state = engine.start()
    with pytest.raises(LocalEngineError, match=difference) as caught:
        LocalEngine(engine.state_folder, **change).start()
    assert "osem-migrate local stop" in typed(caught.value)
    assert engine.status() == state


def test_a_port_that_another_program_has_is_refused(engine: LocalEngine) -> None:
    """An explicit port is used or refused, never replaced; nothing is recorded."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", engine.port or 0))
        other.listen()
        with pytest.raises(LocalEngineNotStarted, match=f"port {engine.port} "):
            engine.start()
    assert engine.status() is None


def test_an_engine_that_ends_at_once_is_quoted(engine: LocalEngine, program: Program) -> None:
    """The error shows the end of the log, comes long before the timeout and leaves no state."""
    program.does(ENDS)
    with pytest.raises(LocalEngineNotStarted, match=r"exited at once; the end of .*moto\.log:\nfirst\nthe last words"):
        engine.start()
    assert not _recorded(engine).exists()


def test_an_engine_that_stays_silent_is_ended(engine: LocalEngine, program: Program) -> None:
    """After the timeout the process is gone, nothing is recorded, and the error shows the log."""
    program.does(SILENT)
    pids: list[int] = []

    def note(_seconds: float) -> None:
        pids.append(json.loads(_recorded(engine).read_text())["pid"])
        time.sleep(0.01)

    with pytest.raises(LocalEngineNotStarted, match="did not answer"):
        replace(engine, start_timeout=1.5, stop_timeout=0.1, sleep=note).start()
    assert birth_of(pids[0]) is None
    assert not _recorded(engine).exists()


def test_ctrl_c_while_it_starts_leaves_no_engine(engine: LocalEngine, program: Program) -> None:
    """An engine whose start was interrupted is ended, not forgotten."""
    program.does(SILENT)
    pids: list[int] = []

    def interrupt(_seconds: float) -> None:
        if not pids:
            pids.append(json.loads(_recorded(engine).read_text())["pid"])
            raise KeyboardInterrupt
        time.sleep(0.01)

    with pytest.raises(KeyboardInterrupt):
        replace(engine, sleep=interrupt).start()
    assert birth_of(pids[0]) is None
    assert not _recorded(engine).exists()


def test_another_server_on_the_port_is_not_believed(engine: LocalEngine, program: Program) -> None:
    """An answer without this start's token does not count as ready."""
    program.does(ANSWERS.replace("sys.argv[3].encode()", "b'something else'"))
    with pytest.raises(LocalEngineNotStarted, match="did not answer"):
        replace(engine, start_timeout=0.5).start()


def test_missing_software_leaves_no_state(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is recorded when there is nothing to run."""
    monkeypatch.setattr(moto, "PACKAGES", ("no_such_package",))
    with pytest.raises(LocalEngineMissing):
        engine.start()
    assert engine.status() is None


def test_a_state_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The error names the path, before anything is started."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalEngineError, match=str(tmp_path / "file" / ".state")):
        LocalEngine(tmp_path / "file" / ".state").start()


def test_importing_costs_neither_moto_nor_the_sdk() -> None:
    """The package loads without moto, boto3, Flask or http.client."""
    script = (
        "import sys, osem_migrate.local;"
        "print(sorted({'boto3', 'botocore', 'moto', 'flask', 'werkzeug', 'http.client'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_copy_of_the_folder_has_no_engine(engine: LocalEngine, tmp_path: Path) -> None:
    """A project that was copied while its engine ran would work on the tables of the other project."""
    state = engine.start()
    shutil.copytree(engine.state_folder, tmp_path / "copy")
    copy = LocalEngine(tmp_path / "copy")
    assert copy.status() is None
    assert copy.stop() is None
    assert engine.status() == state
    other = copy.start()
    assert (other.pid, other.port) != (state.pid, state.port)
    copy.stop()
    assert engine.status() == state


def test_a_folder_that_was_moved_keeps_its_engine(engine: LocalEngine, tmp_path: Path) -> None:
    """It is the same project, and its engine can still be asked after and stopped."""
    state = engine.start()
    engine.state_folder.rename(tmp_path / "moved")
    moved = LocalEngine(tmp_path / "moved")
    assert moved.status() == state
    assert moved.stop() == state
    assert birth_of(state.pid) is None


def test_an_answer_on_the_port_is_believed_of_its_own_process_only(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB Local opens its port late, and another one may have it by then: that one is not ours."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert listens(os.getpid(), port)
        assert not listens(os.getppid(), port)
    assert not listens(os.getpid(), port)
    monkeypatch.setattr("osem_migrate.local.engine.listens", lambda _pid, _port: False)
    with pytest.raises(LocalEngineNotStarted, match="did not answer"):
        replace(engine, start_timeout=0.5, stop_timeout=0.1).start()


def test_a_system_that_does_not_tell_who_listens_is_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """MacOS has no such tables; there the recorded process has to do as proof."""
    monkeypatch.setattr("osem_migrate.local.listening.PROC", tmp_path)
    assert listens(os.getpid(), 4610)


def test_a_port_that_is_not_the_usual_one_is_recorded_with_it(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever pointed an application at the usual port has to hear that another program has it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        monkeypatch.setattr(loopback, "DEFAULT_PORT", taken)
        engine = LocalEngine(tmp_path / ".state")
        state = engine.start()
        engine.stop()
    assert state.instead_of == taken
    assert state.port != taken
