"""A probe in a process of its own: signals leave nothing, and what kill -9 leaves is removed by the next one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import VerifyOptions
from osem_migrate.clock import SYSTEM_CLOCK, Clock
from osem_migrate.deployment.connection import Connection
from osem_migrate.migrator import Migrator
from osem_migrate.planning.probe import MARKER
from tests.cli.process import Running, running
from tests.doubles.project import HISTORY, write_project
from tests.doubles.simulated_aws import CREDENTIALS
from tests.simulator import Durations, Hook, ScaledClock, Simulator, SimulatorServer, exactly, serve
from tests.simulator.clock import VirtualClock

PATIENCE = 60.0
BOTH = """operations = [
    CreateTable("Teams", S("teamId"), indexes=[Index("owner-index", S("owner"))]),
    CreateTable("Users", S("userId"), indexes=[Index("mail-index", S("mail"))]),
]"""
NEVER = Durations(create_table=exactly(0.0), create_table_with_indexes=exactly(0.0), index_lag=exactly(100_000.0))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatorServer]:
    """An account whose indexes never show what is written."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with serve(Simulator(clock=ScaledClock(1.0), durations=NEVER)) as server:
        yield server
        assert server.simulator.unknown == []


@pytest.fixture
def folder(server: SimulatorServer, tmp_path: Path) -> Path:
    """A project whose two tables are live there."""
    _migrator(server, tmp_path, SYSTEM_CLOCK).upgrade()
    return tmp_path


def _migrator(server: SimulatorServer, folder: Path, clock: Clock) -> Migrator:
    project = write_project(folder, {"0001_both": BOTH})
    return Migrator.open(project=project, connection=Connection(endpoint_url=server.endpoint_url), clock=clock)


def _items(server: SimulatorServer) -> list[dict[str, Any]]:
    """What is in the tables of the application."""
    tables = server.simulator.account.tables
    return [item for name in ("Teams", "Users") for item in tables[f"osem-dev-{name}"].items.rows.values()]


@contextmanager
def _probing(server: SimulatorServer, folder: Path) -> Iterator[Running]:
    """A probe that has written its samples and waits for the indexes."""
    queries = threading.Semaphore(0)
    looked = Hook(after=lambda _: queries.release())
    server.faults.plan(looked, action="Query", where=lambda call: call.table != HISTORY, times=None)
    with chdir(folder), running("verify", "--probe", "--endpoint-url", server.endpoint_url) as process:
        for _ in range(4):
            assert queries.acquire(timeout=PATIENCE)
        assert len([item for item in _items(server) if MARKER in item]) == 2
        yield process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing(number: int, code: int, server: SimulatorServer, folder: Path) -> None:
    """The samples of both tables are removed; the exit code is the signal's, and the hint probes again."""
    with _probing(server, folder) as process:
        process.send_signal(number)
        said = process.wait()
    assert said.code == code
    assert _items(server) == []
    assert f"Continue with: osem-migrate verify --probe --env dev --endpoint-url {server.endpoint_url}" in said.err


def test_what_kill_9_leaves_is_removed_by_the_next_probe(server: SimulatorServer, folder: Path) -> None:
    """It is waited for no longer than a probe may take, and then taken over."""
    with _probing(server, folder) as process:
        process.send_signal(signal.SIGKILL)
        assert process.wait().code == -signal.SIGKILL
    assert len(_items(server)) == 2
    server.faults.clear()
    found = _migrator(server, folder, VirtualClock().clock).verify(VerifyOptions(probe=True))
    assert [check.name for table in found.tables for check in table.checks if not check.passed] == [
        "probe index owner-index",
        "probe index mail-index",
    ]
    assert _items(server) == []
