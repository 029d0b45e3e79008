"""The command line where people and CI meet it: signals while it works, and a real terminal."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from osem_migrate.cli.main import run as run_words
from tests.cli.command_line import PROGRAM, Project, Result, Run, create_project
from tests.engines.dynamodb_local import required
from tests.engines.engine import Engine

INDEXES = 6
PATIENCE = 60.0


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose upgrade takes seconds on DynamoDB Local: every index takes part of one."""
    project = create_project(tmp_path / "project")
    for number in range(INDEXES):
        name = f"key{number}-index"
        project.script(f"{number + 4:04}_add_index", f'AddIndex("Teams", "{name}", partition_key=S("key{number}"))')
    monkeypatch.chdir(project.folder)
    return project


@pytest.fixture
def run(project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, before and after the one that is stopped."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)

    def run_once(*words: str) -> Result:
        capsys.readouterr()
        code = run_words(list(words))
        said = capsys.readouterr()
        return Result(code, said.out, said.err)

    return run_once


def _start_upgrade(engine: Engine, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [PROGRAM, "upgrade", *words],
        env={**os.environ, **engine.environ()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _lock(engine: Engine) -> set[str]:
    key = {"scope": {"S": "shop"}, "item": {"S": "lock"}}
    item = engine.client().get_item(TableName="shop-dev-SchemaMigrations", Key=key, ConsistentRead=True)["Item"]
    return set(item)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_an_upgrade_that_the_next_one_finishes(
    *, number: signal.Signals, code: int, project: Project, engine: Engine, run: Run
) -> None:
    """Ctrl-C and SIGTERM: the shell's exit code, the lock released, the way on named, and nothing done twice."""
    with _start_upgrade(engine) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if "0002_add_manager_id_index_to_teams" in line:
                break
        running.send_signal(number)
        told = running.stderr.read()
        assert running.wait(PATIENCE) == code
        assert running.stdout is not None
        assert running.stdout.read() == ""
    assert "✗ PARTIALLY_APPLIED: " in told
    assert "hint: Continue with: osem-migrate upgrade --env dev" in told
    assert "Traceback" not in told
    assert "owner" not in _lock(engine)
    assert run("status").code in {3, 4}
    again = run("upgrade")
    assert again.code == 0
    assert "0001_create_teams" not in again.err
    assert run("status").code == 0


def test_sigterm_while_waiting_for_the_lock(project: Project, engine: Engine, run: Run) -> None:
    """Stopped before anything was changed: still 143, and the other's lock is left alone."""
    assert run("upgrade", "--to", "1").code == 0
    engine.client().update_item(
        TableName="shop-dev-SchemaMigrations",
        Key={"scope": {"S": "shop"}, "item": {"S": "lock"}},
        UpdateExpression="SET #o = :o, host = :o, pid = :n, #i = :o, lease_ms = :n, heartbeat = :n, acquired_at = :n",
        ExpressionAttributeNames={"#o": "owner", "#i": "identity"},
        ExpressionAttributeValues={":o": {"S": "other"}, ":n": {"N": "900000"}},
    )
    with _start_upgrade(engine) as running:
        assert running.stderr is not None
        assert "waiting for the upgrade lock" in running.stderr.readline()
        running.send_signal(signal.SIGTERM)
        told = running.stderr.read()
        assert running.wait(PATIENCE) == 143
    assert "✗ INTERRUPTED: stopped by SIGTERM" in told
    assert "owner" in _lock(engine)


@dataclass(frozen=True)
class Terminal:
    """A shell in a terminal of 100 columns, inside a tmux server of its own.

    Args:
        server: how that server is called.
        record: everything the terminal was ever sent.
    """

    server: tuple[str, ...]
    record: Path

    def type(self, *keys: str) -> None:
        """Send keys: text, or names such as Enter and C-c."""
        subprocess.run([*self.server, "send-keys", *keys], check=True)

    def wait_for(self, pattern: str) -> str:
        """The screen, once the pattern is somewhere on it."""
        until = time.monotonic() + PATIENCE
        while True:
            command = [*self.server, "capture-pane", "-p"]
            screen = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            if re.search(pattern, screen):
                return screen
            if time.monotonic() > until:
                pytest.fail(f"{pattern!r} did not appear:\n{screen}")
            time.sleep(0.05)


@pytest.fixture
def terminal(project: Project, engine: Engine, tmp_path: Path) -> Iterator[Terminal]:
    """A terminal in the project's folder."""
    if shutil.which("tmux") is None:
        if required():
            pytest.fail("CI requires tmux")
        pytest.skip("there is no tmux")
    server = ("tmux", "-L", f"osem-migrate-{uuid.uuid4().hex}", "-f", os.devnull, "-u")
    outer = {"TMUX", "TERM", "COLUMNS", "LINES"}  # of whatever terminal, or worker, runs the tests
    environ = {name: text for name, text in os.environ.items() if name not in outer}
    environ |= {**engine.environ(), "PS1": "$ ", "LC_ALL": "C.UTF-8", "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    subprocess.run([*server, "new-session", "-d", "-x", "100", "-y", "40", "/bin/sh"], env=environ, check=True)
    record = tmp_path / "record"
    subprocess.run([*server, "pipe-pane", f"cat > {shlex.quote(str(record))}"], check=True)
    yield Terminal(server, record)
    subprocess.run([*server, "kill-server"], check=True)


@pytest.mark.slow
def test_a_terminal_shows_a_live_line_and_takes_it_away(terminal: Terminal) -> None:
    """While an index builds: phase, elapsed time and usual range in one line; afterwards only what was done."""
    terminal.type("osem-migrate upgrade; echo code $?", "Enter")
    screen = terminal.wait_for(r"(?m)^code 0$")
    shown = click.unstyle(terminal.record.read_text(encoding="utf-8"))
    live = r" 00\d\d add index (\S+) to Teams  \1 allocating[^\n]*, \d\.\d s, usually 8 to 17 mi"
    assert re.search(live, shown)
    assert "usually 8 to 17 mi" not in screen.partition("on AWS.")[2]
    assert re.search(r"(?m)^✓ 0009_add_index: add index key5-index to Teams \([\d.]+ s\)$", screen)
    assert re.search(r"(?m)^✓ 9 migrations applied to dev", screen)


def test_ctrl_c_on_a_terminal_leaves_it_clean(terminal: Terminal) -> None:
    """Ctrl-C at the live line: the line goes, the way on is named, and the shell is as before."""
    terminal.type("osem-migrate upgrade; echo code $?", "Enter")
    terminal.wait_for(r"(?m)^✓ 0002_add_manager_id_index_to_teams")
    terminal.type("C-c")
    screen = terminal.wait_for(r"(?m)^code 130$")
    assert "usually 8 to 17 mi" not in screen.partition("on AWS.")[2]
    assert "hint: Continue with: osem-migrate upgrade --env dev" in screen
    terminal.type("echo hello", "Enter")
    terminal.wait_for(r"(?m)^hello$")
