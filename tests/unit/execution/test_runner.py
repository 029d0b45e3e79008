"""The runner takes the lock only for work, makes sure under it that the plan holds, and lets go whatever happens."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from osem_migrate.advice import command
from osem_migrate.aws import poller
from osem_migrate.aws.gateway import Gateway
from osem_migrate.aws.lock import LEASE_SECONDS, Lease, Lock
from osem_migrate.aws.region import RegionChoice
from osem_migrate.aws.session import Identity, Session
from osem_migrate.deployment.actor import Actor
from osem_migrate.deployment.connection import Connection
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import (
    ConfirmationRequired,
    CredentialsMissing,
    DriftFound,
    Interrupted,
    LockHeld,
    PartialError,
)
from osem_migrate.events import LockWaiting, RunEvent, RunStarted
from osem_migrate.execution.executor import RunOutcome
from osem_migrate.execution.operation_run import Pace
from osem_migrate.execution.runner import RunOptions, run
from osem_migrate.history import History, Holder, RecordedState
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable, DropTable, SetDeletionProtection
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import S
from osem_migrate.stop import Stop
from tests.doubles.control_plane import ControlPlane
from tests.doubles.history import HistoryInMemory
from tests.doubles.project import HISTORY, write_project
from tests.doubles.typed import typed
from tests.simulator import Hook
from tests.simulator.clock import VirtualClock
from tests.unit.planning.builders import applied, migration

if TYPE_CHECKING:
    from osem_migrate.aws.history_table import HistoryTable

TEAMS = migration(1, CreateTable("Teams", S("teamId")))
BY_MANAGER = migration(2, AddIndex("Teams", "managerId-index", S("managerId")))
GONE = migration(3, DropTable("Teams"))
ME = Identity("1", "arn:aws:iam::1:user/ada")
NAME = "osem-dev-Teams"


class FakeLock:
    """A lock that is free, or held by somebody; ``order`` is what happened to it."""

    def __init__(self, held_by: Holder | None = None) -> None:
        self.order: list[str] = []
        self.held_by = held_by
        self.asked: tuple[Holder, float] | None = None
        self.meanwhile: Callable[[], object] = lambda: None

    def acquire(self, me: Holder, *, timeout: float, on_wait: Callable[[Holder, float], None]) -> Lease:
        self.asked = me, timeout
        if self.held_by is not None:
            on_wait(self.held_by, 1.5)
            raise LockHeld("another run holds the upgrade lock")
        self.order.append("acquired")
        self.meanwhile()
        lease = SimpleNamespace(
            holder=replace(me, fence=7),
            start=lambda _check_stop: self.order.append("beating"),
            check=lambda: None,
            check_age=lambda: None,
            release=lambda: self.order.append("released"),
        )
        return cast("Lease", lease)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(RunOptions):
    """Those of a command."""

    def resume(self, *more: str) -> str:
        return command("upgrade", *more)


class World:
    """A runner on a control plane in memory, with a history of its own."""

    def __init__(
        self, tmp_path: Path, *migrations: Migration, past: History | None = None, emulated: bool = False
    ) -> None:
        self.clock = VirtualClock()
        self.stop = Stop(self.clock.clock)
        self.aws = ControlPlane(self.clock)
        self.history = HistoryInMemory(past)
        self.exists = past is not None
        self.created: list[dict[str, str]] = []
        self.lock = FakeLock()
        self.events: list[RunEvent] = []
        self.identified = 0
        self.migrations = migrations
        environment = write_project(
            tmp_path, {}, "[tool.osem-migrate.environments.dev]\nmutations_in_flight = 2\ntags = { Env = 'dev' }\n"
        ).environment("dev")
        history = SimpleNamespace(write=self.history.write, create=self.create, look=self.history.read)
        session = SimpleNamespace(
            local=False,
            identity=lambda: self.identify(),  # noqa: PLW0108 - a test replaces it
            region=RegionChoice("us-east-1", "default"),
            endpoint_url=None,
            profile=None,
        )
        deployment = Deployment(
            environment,
            cast("Session", session),
            connection=Connection(),
            tool_version="0.1.0",
            clock=self.clock.clock,
            tell=self.events.append,
        )
        deployment.gateway = Gateway(
            self.aws.client, environment.physical_name, emulated=emulated, sleep=self.clock.sleep
        )
        deployment.history = cast("HistoryTable", history)
        deployment.lock = cast("Lock", self.lock)
        self.deployment = deployment

    def create(self, tags: dict[str, str]) -> None:
        """The history table, which takes its seconds like any other."""
        self.created.append(tags)
        self.exists = True
        self.aws.client.create_table(
            TableName=HISTORY,
            AttributeDefinitions=[{"AttributeName": "scope", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "scope", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def plan(self) -> tuple[Plan, History]:
        """What is pending now."""
        past = replace(self.history.read(), exists=self.exists)
        return make_plan(self.migrations, past), past

    def identify(self) -> Identity:
        self.identified += 1
        return ME

    def run(self, make: Callable[[], tuple[Plan, History]] | None = None, **terms: Any) -> tuple[Plan, RunOutcome]:
        given: dict[str, Any] = {
            "stop": self.stop,
        }
        return run(self.deployment, make or self.plan, Options(**{**given, **terms}))

    def having(self, *, protected: bool) -> "World":
        """With the table there, protected or not."""
        for step in make_plan([TEAMS], History()).calls:
            getattr(self.aws.client, step.method)(**{**step.call(NAME), "DeletionProtectionEnabled": protected})
        self.aws.settle()
        self.aws.calls.clear()
        return self


def test_nothing_to_do_takes_no_lock(tmp_path: Path) -> None:
    """No call, no write, no identity: a run that finds everything applied leaves no trace."""
    world = World(tmp_path, TEAMS, past=applied(TEAMS))
    plan, outcome = world.run()
    assert plan.is_empty
    assert outcome == RunOutcome(())
    assert (world.lock.order, world.aws.calls, world.history.transactions, world.identified) == ([], [], [], 0)
    assert (world.created, world.events) == ([], [])


def test_work_is_done_under_the_lock(tmp_path: Path) -> None:
    """Taken as who we are, kept beating, let go at the end; the history says what was done."""
    world = World(tmp_path, TEAMS, BY_MANAGER, past=History(exists=True))
    plan, outcome = world.run(lock_timeout=17.0)
    assert outcome.finished == (TEAMS.id, BY_MANAGER.id)
    assert world.lock.order == ["acquired", "beating", "released"]
    assert world.lock.asked is not None
    me, timeout = world.lock.asked
    assert (me.identity, me.lease_ms, timeout) == (ME.arn, LEASE_SECONDS * 1000, 17.0)
    assert world.aws.mutations() == ["CreateTable", "UpdateTable"]
    assert [event.plan for event in world.events if isinstance(event, RunStarted)] == [plan]
    assert world.created == []


def test_the_history_table_is_created_first_and_waited_for(tmp_path: Path) -> None:
    """With the environment's tags, before the lock, which is an item of it."""
    world = World(tmp_path, TEAMS)
    ready: list[str] = []
    world.lock.meanwhile = lambda: ready.append(world.aws.tables[HISTORY].description["TableStatus"])
    world.run()
    assert world.created == [{"Env": "dev"}]
    assert ready == ["ACTIVE"]


@pytest.mark.parametrize(("emulated", "first"), [(True, poller.SHORTEST_LOCALLY), (False, poller.SHORTEST)])
def test_a_local_engine_is_asked_in_milliseconds(tmp_path: Path, first: float, *, emulated: bool) -> None:
    """AWS is not: nothing settles there within a second."""
    world = World(tmp_path, TEAMS, past=History(exists=True), emulated=emulated)
    world.run()
    assert world.clock.slept[0] == pytest.approx(first, rel=0.11)


def test_the_plan_is_made_again_under_the_lock(tmp_path: Path) -> None:
    """What was pending may have been done by the run that we waited for: then nothing is done twice."""
    world = World(tmp_path, TEAMS, past=History(exists=True))
    world.lock.meanwhile = lambda: world.history.records.update(applied(TEAMS).records)
    plan, outcome = world.run()
    assert plan.is_empty
    assert outcome == RunOutcome(())
    assert world.aws.mutations() == []
    assert world.lock.order == ["acquired", "beating", "released"]


def test_credentials_are_checked_before_the_first_write(tmp_path: Path) -> None:
    """Without an identity not even the history table is created."""
    world = World(tmp_path, TEAMS)

    def nobody() -> Identity:
        raise CredentialsMissing("none")

    world.identify = nobody  # type: ignore[method-assign]
    with pytest.raises(CredentialsMissing):
        world.run()
    assert (world.created, world.lock.order, world.aws.calls) == ([], [], [])


def test_data_is_lost_only_after_a_yes(tmp_path: Path) -> None:
    """Before the lock, before the identity; confirmed, it runs."""
    world = World(tmp_path, TEAMS, GONE, past=applied(TEAMS)).having(protected=False)
    with pytest.raises(ConfirmationRequired, match="every item of table Teams is lost") as caught:
        world.run()
    assert caught.value.details["hazards"] == ["every item of table Teams is lost"]
    assert (world.lock.order, world.aws.calls, world.identified) == ([], [], 0)
    assert world.run(allow_data_loss=True)[1].finished == (GONE.id,)
    assert world.aws.tables == {}


def test_a_hazard_that_appears_under_the_lock_is_confirmed_too(tmp_path: Path) -> None:
    """What it would destroy now, nobody has agreed to; the lock is let go."""
    others = migration(2, CreateTable("Users", S("userId")))
    world = World(tmp_path, TEAMS, others, past=applied(TEAMS)).having(protected=False)

    def pull() -> None:
        world.migrations = (TEAMS, others, GONE)

    world.lock.meanwhile = pull
    with pytest.raises(ConfirmationRequired):
        world.run()
    assert world.aws.mutations() == []
    assert world.lock.order[-1] == "released"


def test_a_plan_that_turns_the_protection_off_first_may_drop(tmp_path: Path) -> None:
    """As the remedy says, by a script; the table is dropped once it is unprotected."""
    off = migration(2, SetDeletionProtection("Teams", enabled=False))
    on = migration(1, CreateTable("Teams", S("teamId"), settings=[SetDeletionProtection("Teams", enabled=True)]))
    world = World(tmp_path, on, off, GONE, past=applied(on)).having(protected=True)
    assert world.run(allow_data_loss=True)[1].finished == (off.id, GONE.id)
    assert world.aws.mutations() == ["UpdateTable", "DeleteTable"]


def test_a_failure_lets_the_lock_go(tmp_path: Path) -> None:
    """The next run need not wait for a lease to pass."""
    world = World(tmp_path, BY_MANAGER, past=History(exists=True))
    world.migrations = (TEAMS, BY_MANAGER)
    world.history.records.update(applied(TEAMS).records)
    with pytest.raises(DriftFound):
        world.run()
    assert world.lock.order[-1] == "released"
    assert world.history.records[BY_MANAGER.id].state is RecordedState.FAILED


def test_the_holder_is_told_to_those_who_wait(tmp_path: Path) -> None:
    """With the seconds waited so far; at the timeout it is an error, and nothing was touched."""
    world = World(tmp_path, TEAMS, past=History(exists=True))
    bob = Actor("bob", "0.1.0").as_holder(lease_ms=20_000, acquired_at=1, environ={})
    world.lock.held_by = bob
    with pytest.raises(LockHeld):
        world.run()
    assert world.events == [LockWaiting(bob, 1.5)]
    assert world.aws.mutations() == []


def test_a_request_to_stop_ends_the_wait_for_the_lock(tmp_path: Path) -> None:
    """Ctrl-C while another run is at it: nothing to finish, nothing to release."""
    world = World(tmp_path, TEAMS, past=History(exists=True))
    world.lock.held_by = Actor("bob", "0.1.0").as_holder(lease_ms=20_000, acquired_at=1, environ={})
    world.stop.request(Interrupted("stopped by Ctrl-C"))
    with pytest.raises(Interrupted):
        world.run()
    assert world.events == []


def test_a_stop_names_the_command_that_resumes(tmp_path: Path) -> None:
    """Stopped in the middle of a wait: what was done is recorded, and the lock is let go."""
    world = World(tmp_path, TEAMS, BY_MANAGER, past=History(exists=True))
    world.aws.meanwhile("UpdateTable", lambda: world.stop.request(Interrupted("stopped by Ctrl-C")))
    with pytest.raises(PartialError, match="stopped by Ctrl-C") as caught:
        world.run()
    assert caught.value.applied == (TEAMS.id,)
    assert "osem-migrate upgrade --env dev" in typed(caught.value)
    assert world.lock.order[-1] == "released"
    assert world.history.records[BY_MANAGER.id].doubt == (0,)


def test_without_waiting_each_lane_begins_its_next_step(tmp_path: Path) -> None:
    """One call a table; the history says what DynamoDB is left at, and a later run picks it up."""
    users = migration(2, CreateTable("Users", S("userId")))
    world = World(tmp_path, TEAMS, users, past=History(exists=True))
    outcome = world.run(pace=Pace.NO_WAIT)[1]
    assert outcome == RunOutcome(finished=(), in_progress=(TEAMS.id, users.id))
    assert world.aws.mutations() == ["CreateTable", "CreateTable"]
    assert {one.left_at is not None for one in world.history.records.values()} == {True}
    assert world.run(pace=Pace.WAIT_ONLY)[1].finished == (TEAMS.id, users.id)
    assert world.aws.mutations() == ["CreateTable", "CreateTable"]


def test_no_more_mutations_are_in_flight_than_configured(tmp_path: Path) -> None:
    """Two, by pyproject.toml: however many lanes there are, a third call waits for the answer to one of them."""
    scripts = [migration(number, CreateTable(f"T{number}", S("id"))) for number in range(1, 5)]
    world = World(tmp_path, *scripts, past=applied())
    three, met = threading.Barrier(3), threading.Event()

    def meet(_call: object) -> None:
        with suppress(threading.BrokenBarrierError):
            three.wait(0.5)
            met.set()

    world.aws.simulator.faults.plan(Hook(before=meet), action="CreateTable", times=None)
    _, outcome = world.run()
    assert (len(outcome.finished), met.is_set()) == (4, False)
