"""``local`` and ``--env local``: the embedded engine, up between commands."""

import os
import socket
from collections.abc import Iterator

import pytest

from osem_migrate.local import loopback
from tests.cli.command_line import PYPROJECT, Project, Run
from tests.engines.ports import free_port


@pytest.fixture
def port(project: Project, run: Run) -> Iterator[int]:
    """A port of the project's own, and no engine left behind."""
    port = free_port()
    project.configure(f"{PYPROJECT}\n[tool.osem-migrate.local]\nport = {port}\n")
    yield port
    run("local", "stop")


def test_upgrade_and_status_see_the_same_data(port: int, project: Project, run: Run) -> None:
    """The engine starts by itself, without credentials, and stays up until it is stopped."""
    assert run("status", "--env", "local").code == 3
    assert run("upgrade", "--env", "local").code == 0
    said = run("status", "--env", "local")
    assert said.code == 0
    assert f"local (http://127.0.0.1:{port}) is in sync" in said.out
    assert run("local", "stop").out == "✓ Stopped moto.\n"
    assert run("status", "--env", "local").code == 3


def test_start_status_stop(port: int, run: Run) -> None:
    """Each says what is, and saying it twice is no error."""
    assert run("local", "status").out.startswith("ℹ No engine is running.")  # noqa: RUF001 - our own sign
    started = run("local", "start")
    assert (started.code, started.err) == (0, "")
    assert started.out.startswith(f"✓ moto listens on http://127.0.0.1:{port} (pid ")
    assert run("local", "start").out == started.out
    assert run("local", "status").out == started.out
    assert run("local", "stop").code == 0
    assert run("local", "stop").out == "ℹ No engine was running.\n"  # noqa: RUF001 - our own sign


def test_as_data(port: int, project: Project, run: Run) -> None:
    """--json says where the engine is, but not how the tool proves that it is its own."""
    assert run("local", "status", "--json").document["data"] == {"running": False, "engine": None}
    started = run("local", "start", "--json", "--engine", "moto").document["data"]
    engine = started["engine"]
    assert engine.keys() == {"kind", "pid", "port", "endpoint_url", "log", "data", "started_at"}
    assert (started["running"], engine["kind"], engine["port"]) == (True, "moto", port)
    os.kill(engine["pid"], 0)
    assert run("local", "status", "--json").document["data"] == started
    assert run("local", "stop", "--json").document["data"] == {"stopped": True, "engine": engine}
    assert run("local", "stop", "--json").document["data"] == {"stopped": False, "engine": None}


def test_another_engine_than_the_one_that_runs(port: int, run: Run) -> None:
    """What runs already is named before anything is replaced."""
    run("local", "start")
    said = run("local", "start", "--port", str(port + 1 if port < 65_535 else port - 1))
    assert said.code == 1
    assert f"moto is running already on port {port}" in said.err
    assert "hint: Stop it with: osem-migrate local stop" in said.err


def test_a_usual_port_that_is_taken_is_told_at_once(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever command starts the engine says so on stderr; an application may be pointed at the usual port."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        monkeypatch.setattr(loopback, "DEFAULT_PORT", taken)
        try:
            said = run("status", "--env", "local")
            assert (
                f"port {taken} is taken by another program, so the local engine listens on http://127.0.0.1:"
                in said.err
            )
            assert "taken" not in run("status", "--env", "local").err
            run("local", "stop")
            said = run("local", "start")
            assert f"Port {taken} is taken by another program" in said.err
            assert f":{taken} " not in said.out
            run("local", "stop")
            assert run("status", "--env", "local", "-q").err == ""
        finally:
            run("local", "stop")
