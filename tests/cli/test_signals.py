"""Ctrl-C and SIGTERM: the first ends a run between two calls, the second at once, and the next run goes on."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from osem_migrate.cli.signals import Listener, stop_on_signal
from osem_migrate.errors import ExitCode, Interrupted, Termination
from tests.cli.command_line import Project, Run, Tables
from tests.cli.process import PROGRAM, Running, running

PATIENCE = 60.0
SIGNALS = [(signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143)]


@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_the_first_signal_only_asks(
    number: signal.Signals, name: str, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """The block goes on; whoever looks at the stop hears which signal, which exit code and how to go on."""
    with stop_on_signal("osem-migrate upgrade --env dev") as stop:
        assert not stop.is_requested
        os.kill(os.getpid(), number)
        assert stop.is_requested
        with pytest.raises(Interrupted, match=f"stopped by {name}") as caught:
            stop.check()
    assert caught.value.exit_code == code
    assert caught.value.remediation == "Continue with: osem-migrate upgrade --env dev"
    assert "Stopping after the call in flight; once more leaves at once." in capfd.readouterr().err


def test_the_handlers_before_come_back() -> None:
    """After the run, also a failed one, signals mean what they meant."""
    before = [signal.getsignal(number) for number, _, _ in SIGNALS]

    def fail() -> None:
        with stop_on_signal("again"):
            assert [signal.getsignal(number) for number, _, _ in SIGNALS] != before
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [signal.getsignal(number) for number, _, _ in SIGNALS] == before


def test_a_wait_hears_the_signal() -> None:
    """A lane that sleeps between two looks wakes at once."""
    with stop_on_signal("again") as stop:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        with pytest.raises(Interrupted) as caught:
            stop.sleep(PATIENCE)
    assert caught.value.exit_code is ExitCode.TERMINATED


_DEAF = """
import os, signal, sys, threading
from osem_migrate.cli.signals import stop_on_signal
with stop_on_signal("again"):
    for number in map(int, sys.argv[1:]):
        os.kill(os.getpid(), number)
    threading.Event().wait()
"""


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ((signal.SIGINT, signal.SIGINT), 130),
        ((signal.SIGTERM, signal.SIGTERM), 143),
        ((signal.SIGINT, signal.SIGTERM), 143),
    ],
)
def test_the_second_signal_leaves_at_once(numbers: tuple[int, ...], code: int) -> None:
    """Whatever the run is at; the exit code is that of the second one."""
    words = [str(int(number)) for number in numbers]
    done = subprocess.run([sys.executable, "-c", _DEAF, *words], capture_output=True, check=False, timeout=PATIENCE)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


class _Gate(ThreadingHTTPServer):
    """Stands before an engine, and holds the CreateTable of one table until it is opened.

    Attributes:
        arrived: set once that call is here.
        opened: set to let it pass.
    """

    def __init__(self, behind: str, table: str) -> None:
        self.behind = behind
        self.table = table
        self.arrived = threading.Event()
        self.opened = threading.Event()
        super().__init__(("127.0.0.1", 0), _Passing)


class _Passing(BaseHTTPRequestHandler):
    """Hands every request on, and the answer back."""

    def do_POST(self) -> None:
        gate = self.server
        assert isinstance(gate, _Gate)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["X-Amz-Target"].endswith(".CreateTable") and f'"{gate.table}"'.encode() in body:
            gate.arrived.set()
            gate.opened.wait(PATIENCE)
        headers = {name: text for name, text in self.headers.items() if name.lower() not in {"host", "content-length"}}
        request = urllib.request.Request(gate.behind, body, headers)  # noqa: S310 - loopback
        try:
            answer = urllib.request.urlopen(request, timeout=PATIENCE)  # noqa: S310 - loopback
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            text = answer.read()
            self.send_response(answer.status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        try:
            self.wfile.write(text)
        except BrokenPipeError:
            # The one who asked has left.
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        """Keep the test's stderr to the command."""


@pytest.fixture
def gate(tables: Tables) -> Iterator[_Gate]:
    """A gate before the test's engine, for the table Teams."""
    with _Gate(tables.endpoint_url, "shop-dev-Teams") as gate:
        thread = threading.Thread(target=gate.serve_forever, daemon=True)
        thread.start()
        yield gate
        gate.opened.set()
        gate.shutdown()
        thread.join()


def _upgrading(gate: _Gate, *words: str) -> AbstractContextManager[Running]:
    return running("upgrade", *words, environ={"AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{gate.server_port}"})


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_the_call_in_flight_is_finished_and_recorded(
    *, number: signal.Signals, name: str, code: int, gate: _Gate, run: Run, tables: Tables
) -> None:
    """CreateTable is on its way: its result is recorded, the lock released, what was done and the way on named."""
    with _upgrading(gate) as upgrade:
        assert gate.arrived.wait(PATIENCE)
        upgrade.send_signal(number)
        upgrade.wait_for("Stopping after the call in flight")
        assert not upgrade.has_ended
        assert "owner" in tables.lock()
        gate.opened.set()
        said = upgrade.wait()
    assert (said.code, said.out) == (code, "")
    assert re.search(rf"✗ PARTIALLY_APPLIED: .*then: stopped by {name}", said.err)
    assert "hint: Continue with: osem-migrate upgrade --env dev" in said.err
    assert "Traceback" not in said.err
    assert "owner" not in tables.lock()
    assert "shop-dev-Teams" in tables.names()
    events = run("history", "--json").document["data"]["events"]
    assert "0002_add_manager_id_index_to_teams" not in {event["migration"] for event in events}
    again = run("upgrade")
    assert again.code == 0
    assert run("status").code == 0


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_the_second_signal_leaves_its_document(number: signal.Signals, name: str, code: int, gate: _Gate) -> None:
    """Whoever asked for JSON gets one document, whatever happens, with the command that goes on."""
    with _upgrading(gate, "--json") as upgrade:
        assert gate.arrived.wait(PATIENCE)
        upgrade.send_signal(number)
        upgrade.wait_for("Stopping after the call in flight")
        upgrade.send_signal(number)
        said = upgrade.wait()
    document = said.document
    assert (said.code, document["success"], document["command"]) == (code, False, "upgrade")
    assert document["error"]["code"] == "INTERRUPTED"
    assert document["error"]["message"] == f"stopped by {name}"
    assert document["error"]["remediation"] == "Continue with: osem-migrate upgrade --env dev"


_BARRIER = """
import os, sys
class Barrier:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ.get("BARRIER"):
            sys.meta_path.remove(self)
            os.write(2, b"at the barrier\\n")
            os.read(0, 1)
sys.meta_path.insert(0, Barrier())
"""


@pytest.mark.usefixtures("project", "tables")
@pytest.mark.parametrize("barrier", ["click", "botocore"], ids=["before click", "in a command"])
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(("number", "code"), [(number, code) for number, _, code in SIGNALS])
def test_signals_while_a_command_starts(*, number: int, code: int, barrier: str, times: int, tmp_path: Path) -> None:
    """However often, and however early: the exit code that shells expect, one document, and no traceback."""
    (tmp_path / "sitecustomize.py").write_text(_BARRIER)
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "BARRIER": barrier}
    with subprocess.Popen(
        [PROGRAM, "status", "--json"],
        env=environ,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as starting:
        assert starting.stderr is not None
        assert starting.stderr.readline() == "at the barrier\n"
        for _ in range(times):
            starting.send_signal(number)
        out, err = starting.communicate("go\n", timeout=PATIENCE)
    assert (starting.returncode, err.strip()) == (code, "")
    assert json.loads(out)["error"]["code"] == "INTERRUPTED"


def test_what_is_being_told_is_told_to_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    """A signal that comes while the command says how it ended changes nothing any more."""
    listener = Listener()
    before = [signal.getsignal(number) for number, _, _ in SIGNALS]
    try:
        listener.install()
        listener.begin(lambda _interrupted: b"last words")
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        listener.tell()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Termination):
            listener.begin(lambda _interrupted: b"", [signal.SIGTERM])
    finally:
        for (number, _, _), handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
    assert capfd.readouterr().out == ""


def test_the_second_signal_leaves_a_run_that_the_next_one_finishes(
    gate: _Gate, project: Project, run: Run, tables: Tables
) -> None:
    """Gone in the middle of a call, with the lock in its hands: the next run takes over and ends the work."""
    with _upgrading(gate) as upgrade:
        assert gate.arrived.wait(PATIENCE)
        upgrade.send_signal(signal.SIGTERM)
        upgrade.wait_for("Stopping after the call in flight")
        upgrade.send_signal(signal.SIGTERM)
        assert upgrade.wait().code == 143
    assert "owner" in tables.lock()
    assert "shop-dev-Teams" not in tables.names()
    # As if the lease of 20 seconds were a shorter one.
    tables.hold_lock(lease_ms=200)
    assert run("upgrade").code == 0
    assert run("status").code == 0
    applied = [e["migration"] for e in run("history", "--json").document["data"]["events"] if e["what"] == "applied"]
    assert sorted(applied) == sorted(set(applied))
    assert len(applied) == 3
