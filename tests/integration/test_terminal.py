"""The command line where CI meets it: signals while it works, on pipes; test_screen.py has the terminal."""

import signal
from pathlib import Path

import pytest

from osem_migrate.cli.main import run as run_words
from tests.cli.command_line import Project, Result, Run, create_project
from tests.cli.process import running
from tests.engines.engine import Engine

INDEXES = 6


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
    with running("upgrade") as upgrade:
        upgrade.wait_for("0002_add_manager_id_index_to_teams")
        upgrade.send_signal(number)
        said = upgrade.wait()
    assert (said.code, said.out) == (code, "")
    assert "✗ PARTIALLY_APPLIED: " in said.err
    assert "hint: Continue with: osem-migrate upgrade --env dev" in said.err
    assert "Traceback" not in said.err
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
    with running("upgrade") as upgrade:
        upgrade.wait_for("waiting for the upgrade lock")
        upgrade.send_signal(signal.SIGTERM)
        said = upgrade.wait()
    assert said.code == 143
    assert "✗ INTERRUPTED: stopped by SIGTERM" in said.err
    assert "owner" in _lock(engine)
