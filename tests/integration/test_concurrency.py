"""Upgrades that meet: each migration is applied once, whoever is killed, paused or has a wrong clock."""

import os
import random
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from osem_migrate.config import Project
from osem_migrate.errors import ExitCode
from osem_migrate.history import RecordedState
from tests.doubles.contender import Contender, Told
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS, Watched, own_project, write_project
from tests.engines.engine import Engine

TORTURE = bool(os.environ.get("OSEM_TORTURE"))
CONTENDERS, ROUNDS = (8, 20) if TORTURE else (3, 2)
PACE = 5.0 if TORTURE else 8.0  # a lease of 4 or 2.5 seconds, ten heartbeats long
LEASE = 20.0
SEED = int(os.environ.get("OSEM_TORTURE_SEED", "1"))
SMALL = {
    "0001_teams": TEAMS,
    "0002_users": 'operations = [CreateTable("Users", S("userId"))]',
    "0003_by_manager": BY_MANAGER,
    "0004_by_mail": 'operations = [AddIndex("Users", "mail-index", S("mail"))]',
}


@pytest.fixture
def on_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """DynamoDB Local, found through the environment variables that every AWS SDK knows."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    return engine


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two tables with an index each; in torture six with eight."""
    return own_project(tmp_path) if TORTURE else write_project(tmp_path, SMALL)


def _check_applied_once(project: Project, contenders: list[Contender], outcome: str | None = None) -> None:
    """The schema is as declared, each migration was recorded as applied once, and no call was made twice.

    With an outcome, only calls that ended so count.
    """
    migrator = Watched(project).migrator
    assert migrator.status().exit_code() is ExitCode.OK
    names = [migration.id for migration in migrator.scripts.migrations]
    log = migrator.history()
    assert Counter(event.migration for event in log if event.what == "applied") == Counter(names)
    assert {event.what for event in log} <= {"started", "applied"}
    records = migrator.deployment.history.read().records
    assert sorted(records) == names
    for record in records.values():
        assert (record.state, record.done, record.doubt) == (RecordedState.APPLIED, (0,), ())
    asked = (mutation for contender in contenders for mutation in contender.mutations(outcome))
    made = Counter(mutation for mutation in asked if mutation[1] != HISTORY)
    assert [mutation for mutation, count in made.items() if count > 1] == []


@pytest.mark.slow
@pytest.mark.parametrize("number", range(ROUNDS))
def test_simultaneous_upgrades_with_random_kills(number: int, project: Project, on_engine: Engine) -> None:
    """Whoever survives exits 0 or 6; what the killed left is finished by another, and nothing is done twice."""
    chance = random.Random(SEED * 1000 + number)  # noqa: S311 - repeatable, not secret
    # Each child dies at a call of its own choice; at least one contender lives and waits as long as it takes.
    deaths = [chance.randrange(2, 60 if TORTURE else 30) for _ in range(chance.randrange(1, CONTENDERS))]
    live_tables: dict[int, int] = {}

    def kill(contender: Contender, _told: Told) -> None:
        if len(contender.told) >= live_tables.get(contender.pid, 1_000_000):
            contender.kill()

    with ExitStack() as stack:
        contenders = []
        for place in range(CONTENDERS):
            contender = stack.enter_context(
                Contender.start(
                    project,
                    on_engine.environ(),
                    pace=PACE,
                    hours_off=chance.uniform(-24, 24),
                    lock_timeout=5.0 if place == CONTENDERS - 1 and TORTURE else 3600.0,
                    on_told=kill,
                )
            )
            if place < len(deaths):
                live_tables[contender.pid] = deaths[place]
            contenders.append(contender)
        codes = [contender.wait() for contender in contenders]
    survivors = codes[len(deaths) :]
    failures = [contender.told[-1] for contender in contenders]
    assert set(codes[: len(deaths)]) <= {-9, 0, 6}, failures
    assert set(survivors) <= {0, 6}, failures
    if 0 not in codes:
        assert Watched(project).migrator.upgrade().applied
    _check_applied_once(project, contenders)


def _begun_since(moment: float, contender: Contender) -> list[Told]:
    """The changes that it asked for after a moment; those in flight when it was paused are told of later."""
    return [told for told in contender.told if told["what"] == "mutation" and told["at"] >= moment]


@pytest.mark.slow
def test_a_paused_holder_changes_nothing_once_it_was_replaced(project: Project, on_engine: Engine) -> None:
    """Stopped beyond its lease and woken, it makes no further change, says who took over, and exits 2."""
    with Contender.start(project, on_engine.environ(), pace=PACE, pauses_after=2) as holder:
        holder.wait_for("finished", 2)
        with Contender.start(project, on_engine.environ(), pace=PACE, pauses_after=1) as heir:
            # Both stand still, so that the lock still names the heir when the holder wakes.
            heir.wait_for("finished")
            woken = time.time()
            holder.resume()
            code = holder.wait()
            heir.resume()
            assert heir.wait() == ExitCode.OK
    assert code == ExitCode.PARTIAL
    assert _begun_since(woken, holder) == []
    assert "the upgrade lock was taken over by " in holder.told[-1]["message"]
    assert f"(pid {heir.pid})" in holder.told[-1]["message"]
    # A request that was on its way out when the holder was paused arrives when it wakes; DynamoDB refuses the second.
    _check_applied_once(project, [holder, heir], "ok")


@pytest.mark.slow
def test_a_paused_holder_that_wakes_too_late(tmp_path: Path, on_engine: Engine) -> None:
    """Woken when the heir is done and gone, it still changes nothing."""
    project = write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    with Contender.start(project, on_engine.environ(), pace=PACE, pauses_after=1) as holder:
        holder.wait_for("finished")
        with Contender.start(project, on_engine.environ(), pace=PACE) as heir:
            assert heir.wait() == ExitCode.OK
        history = Watched(project).migrator.history()
        woken = time.time()
        holder.resume()
        assert holder.wait() == ExitCode.PARTIAL
    assert _begun_since(woken, holder) == []
    assert holder.told[-1]["code"] == "PARTIALLY_APPLIED"
    assert "the upgrade lock was " in holder.told[-1]["message"]
    assert Watched(project).migrator.history() == history


@pytest.mark.slow
@pytest.mark.parametrize(
    "hours",
    [pytest.param((0.0, 6.0), id="contender ahead"), pytest.param((6.0, -6.0), id="contender behind")],
)
def test_clocks_hours_apart_change_nothing(hours: tuple[float, float], tmp_path: Path, on_engine: Engine) -> None:
    """A live holder is left alone, and a dead one replaced after one lease, whatever time of day either reads."""
    project = write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    environ = on_engine.environ()
    with Contender.start(project, environ, pace=PACE, hours_off=hours[0], pauses_after=1) as holder:
        holder.wait_for("finished")
        with Contender.start(project, environ, pace=PACE, hours_off=hours[1], lock_timeout=LEASE / 2) as impatient:
            assert impatient.wait() == ExitCode.LOCKED
        assert impatient.mutations() == []
        holder.kill()
        with Contender.start(project, environ, pace=PACE, hours_off=hours[1]) as heir:
            assert heir.wait() == ExitCode.OK
    waits = [told["waited"] for told in heir.told if told["what"] == "waiting"]
    assert LEASE - 2 < max(waits) < LEASE + 5
    assert heir.mutations("ok") == [] or heir.mutations("ok") == [("UpdateTable", "osem-dev-Teams", "managerId-index")]
    assert Watched(project).migrator.status().exit_code() is ExitCode.OK
