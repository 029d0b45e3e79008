"""A process is told from every other, outlives its starter, and ends when it is asked to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from osem_migrate.errors import LocalEngineError
from osem_migrate.local import process
from osem_migrate.local.process import Process, birth_of, environment_of_engine

WAIT = "import time; print('ready', flush=True); time.sleep(600)"
FIRST_THREAD_ENDS = f"""
import ctypes, threading
threading.Thread(target=lambda: exec({WAIT!r})).start()
ctypes.CDLL(None).pthread_exit(None)
"""
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAIT}"


class Children:
    def __init__(self, folder: Path) -> None:
        self.log = folder / "child.log"
        self.started: list[Process] = []

    def start(self, code: str) -> Process:
        """A Python process that runs ``code``."""
        child = Process.start([sys.executable, "-c", code], log=self.log, environment={"MARK": "here"})
        self.started.append(child)
        return child

    def ready(self, code: str) -> Process:
        """The same, once it has printed something."""
        child = self.start(code)
        deadline = time.monotonic() + 20
        while not self.log.read_text() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self.log.read_text()
        return child


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    """Starts stand-ins for an engine, and ends what is left of them."""
    children = Children(tmp_path)
    yield children
    for child in children.started:
        _end(child)


def _end(child: Process, patience: float = 5) -> None:
    child.end(patience=patience, clock=time.monotonic, sleep=time.sleep)


def test_a_process_lives_until_it_is_ended(children: Children) -> None:
    """It is alive once started, gone when ``end`` returns, and ending it again is fine."""
    child = children.start(WAIT)
    assert child.is_alive()
    _end(child)
    assert not child.is_alive()
    assert birth_of(child.pid) is None
    _end(child)


def test_a_recycled_pid_is_somebody_else(children: Children) -> None:
    """A process with the recorded pid and another start is not taken for ours, and not ended."""
    child = children.start(WAIT)
    former = Process(child.pid, child.birth + "0")
    assert not former.is_alive()
    _end(former)
    assert child.is_alive()


def test_a_process_without_a_known_start_is_never_ours() -> None:
    """An empty recorded start matches nobody, not even a pid that nobody has."""
    assert not Process(2**22 + 1, "").is_alive()


def test_an_ended_child_is_gone(children: Children) -> None:
    """A child that nobody waited for is not alive, though the system still lists it."""
    child = children.ready("print('done')")
    deadline = time.monotonic() + 20
    while child.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not child.is_alive()


def test_a_zombie_has_no_birth() -> None:
    """A process that ended and whose parent has not asked yet counts as gone."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert birth_of(child.pid) is None
    child.wait()


@pytest.mark.skipif(not process.BOOT.exists(), reason="ps does not tell how many threads are left")
def test_a_process_whose_first_thread_alone_ended_is_alive(children: Children) -> None:
    """What it has open, its port above all, is taken until its last thread is gone."""
    child = children.ready(FIRST_THREAD_ENDS)
    deadline = time.monotonic() + 20
    while _state(child) != "Z" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _state(child) == "Z"
    assert child.is_alive()
    _end(child)
    assert not child.is_alive()


def _state(child: Process) -> str:
    return (process.PROC / str(child.pid) / "stat").read_text().rpartition(")")[2].split()[0]


def test_a_stubborn_process_is_killed(children: Children) -> None:
    """Whoever ignores SIGTERM is killed after the patience is over."""
    child = children.ready(STUBBORN)
    _end(child, patience=0.1)
    assert not child.is_alive()


def test_a_process_that_cannot_be_ended_is_an_error(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    """When even SIGKILL does nothing, the error says what to type."""
    child = children.start(WAIT)
    ticks = iter(range(0, 1000, 5))
    with monkeypatch.context() as patch:
        patch.setattr("os.kill", lambda _pid, _number: None)
        with pytest.raises(LocalEngineError) as caught:
            child.end(patience=5, clock=lambda: float(next(ticks)), sleep=lambda _seconds: None)
    assert f"kill -9 {child.pid}" in caught.value.remediation


def test_another_users_process_is_an_error(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that somebody else started is left to them, and the error says so."""

    def refuse(_pid: int, _number: int) -> None:
        raise PermissionError

    child = children.start(WAIT)
    with monkeypatch.context() as patch:
        patch.setattr("os.kill", refuse)
        with pytest.raises(LocalEngineError, match="another user"):
            _end(child)


def test_a_process_is_detached(children: Children) -> None:
    """It leads its own session, so that Ctrl-C in the terminal never reaches it."""
    child = children.start(WAIT)
    assert os.getsid(child.pid) == child.pid != os.getsid(0)


def test_a_process_writes_its_log_and_reads_nothing(children: Children) -> None:
    """Both outputs go to the log, the log starts empty, and there is no input and no foreign environment."""
    children.log.write_text("of the last start\n")
    code = "import os, sys; print([sys.stdin.read()], file=sys.stderr); print(os.environ['MARK'], 'PATH' in os.environ)"
    child = children.start(code)
    deadline = time.monotonic() + 20
    while child.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sorted(children.log.read_text().splitlines()) == ["['']", "here False"]


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """The error names the program and the log, whichever was refused."""
    with pytest.raises(LocalEngineError, match=r"/nowhere/java .*engine\.log"):
        Process.start(["/nowhere/java"], log=tmp_path / "engine.log", environment={})


def test_birth_tells_processes_apart_without_proc(children: Children) -> None:
    """Where there is no /proc, ps answers the same question: the start of a live process, and nothing of others."""
    child = children.start(WAIT)
    assert process._birth_from_ps(child.pid)
    assert process._birth_from_ps(child.pid) == process._birth_from_ps(child.pid)
    _end(child)
    assert process._birth_from_ps(child.pid) is None


def test_an_engine_learns_no_secret() -> None:
    """Credentials, tokens and proxies stay out; what finds programs and speaks the language stays in."""
    surroundings = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "PYTHONPATH": "/lib",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_PROFILE": "prod",
        "AWS_CONFIG_FILE": "/home/me/.aws/config",
        "GITHUB_TOKEN": "ghp",
        "HTTPS_PROXY": "http://proxy",
    }
    assert environment_of_engine(surroundings) == {
        "PATH": "/bin",
        "LC_ALL": "C",
        "PYTHONPATH": "/lib",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_a_signal_between_look_and_kill_is_harmless(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends just before it is signalled is simply gone."""
    child = children.start(WAIT)
    kill = os.kill

    def late(pid: int, _number: int) -> None:
        kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise ProcessLookupError

    with monkeypatch.context() as patch:
        patch.setattr("os.kill", late)
        _end(child)
    assert not child.is_alive()
