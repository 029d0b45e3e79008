"""The executor records the intent, every operation and every end, so that a run can stop anywhere and go on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from osem_migrate.actor import Actor
from osem_migrate.errors import (
    DriftFound,
    EndpointUnreachable,
    ExitCode,
    Interrupted,
    LockLost,
    OsemMigrateError,
    PartialError,
    Termination,
)
from osem_migrate.events import MigrationFinished, MigrationStarted, OperationFinished, RunEvent, RunFailed
from osem_migrate.executor import Executor
from osem_migrate.history import Event, History, Record, RecordedState
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable, Operation
from osem_migrate.performer import Performed, Performer
from osem_migrate.planning.plan import PlannedOperation, make_plan
from osem_migrate.schema import S
from tests.doubles.clock import FakeClock

if TYPE_CHECKING:
    from osem_migrate.aws.history_table import HistoryTable
    from osem_migrate.aws.lock import Lease

USERS = Migration("0001_users", 1, (CreateTable("Users", S("userId")),))
TEAMS = Migration(
    "0002_teams",
    2,
    (
        CreateTable("Teams", S("teamId")),
        AddIndex("Teams", "managerId-index", S("managerId")),
        AddIndex("Teams", "seasonId-index", S("seasonId")),
    ),
)
ADA = "arn:aws:iam::123456789012:user/ada"
RESUME = "osem-migrate upgrade --env dev"

Behaviour = Callable[[], Performed]


def performed() -> Performed:
    """It was done."""
    return Performed(adopted=False)


def adopted() -> Performed:
    """It was there already."""
    return Performed(adopted=True, note="it was there already")


def raising(exception: BaseException) -> Behaviour:
    """It fails like this."""

    def behave() -> Performed:
        raise exception

    return behave


@dataclass
class World:
    """An executor whose operations behave as told, and a history table that is a list."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    written: list[tuple[str, Record, str]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    events: list[RunEvent] = field(default_factory=list)
    write_faults: dict[int, BaseException] = field(default_factory=dict)
    mutated: bool = False

    def perform(self, planned: PlannedOperation) -> Performed:
        name = planned.operation.describe()
        self.order.append(name)
        self.clock.sleep(10)
        result = self.behaviours.get(name, performed)()
        self.mutated = self.mutated or not result.adopted
        return result

    def write(self, lease: Any, event: Event, record: Record) -> None:
        assert lease.holder.fence == record.fence
        assert event.at == record.updated_at
        assert event.migration == record.migration
        fault = self.write_faults.get(len(self.order))
        if fault is not None:
            raise fault
        self.order.append(event.what)
        self.written.append((event.what, record, event.detail))

    def run(self, *migrations: Migration, history: History | None = None) -> tuple[str, ...]:
        known = history or History()
        plan = make_plan(migrations, known)
        lease = SimpleNamespace(holder=SimpleNamespace(fence=7))
        executor = Executor(
            performer=cast("Performer", self),
            history=cast("HistoryTable", self),
            lease=cast("Lease", lease),
            actor=Actor(ADA, "0.1.0"),
            clock=self.clock.clock,
            physical_name=lambda name: f"osem-dev-{name}",
            resume=RESUME,
            on_event=self.events.append,
        )
        return executor.run(plan, known)

    def fails(
        self, error: type[BaseException], *migrations: Migration, history: History | None = None
    ) -> BaseException:
        with pytest.raises(error) as caught:
            self.run(*migrations, history=history)
        return caught.value

    @property
    def records(self) -> dict[str, Record]:
        """The last record of each migration, as the next run would read them."""
        return {record.migration: record for _, record, _ in self.written}


def behaving(operation: Operation, behaviour: Behaviour) -> World:
    """A world in which one operation behaves like this."""
    return World(behaviours={operation.describe(): behaviour})


def test_the_intent_is_recorded_before_anything_is_done() -> None:
    """The first write stands before the first operation, and each operation is recorded before the next begins."""
    world = World()
    assert world.run(USERS, TEAMS) == ("0001_users", "0002_teams")
    assert world.order == [
        "started",
        "create table Users",
        "applied",
        "started",
        "create table Teams",
        "advanced",
        "add index managerId-index to Teams",
        "advanced",
        "add index seasonId-index to Teams",
        "applied",
    ]


def test_the_records_say_exactly_how_far_it_is() -> None:
    """State, operations done, times, fence, actor and hashes of every record on the way."""
    world = World()
    world.run(TEAMS)
    records = [record for _, record, _ in world.written]
    assert [(record.state.value, record.operations_done) for record in records] == [
        ("running", 0),
        ("running", 1),
        ("running", 2),
        ("applied", 3),
    ]
    began = records[0].started_at
    assert [record.updated_at - began for record in records] == [0, 10_000, 20_000, 30_000]
    assert [record.finished_at for record in records] == [None, None, None, began + 30_000]
    for record in records:
        assert (record.checksum, record.operation_hashes) == (TEAMS.checksum, TEAMS.operation_hashes)
        assert (record.operations_total, record.fence, record.tool_version) == (3, 7, "0.1.0")
        assert (record.applied_by, record.created_by, record.created_at) == (ADA, ADA, began)
        assert record.error is None


def test_the_log_says_what_was_done() -> None:
    """Each entry carries the operation in words, and that it was adopted."""
    world = behaving(TEAMS.operations[1], adopted)
    world.run(TEAMS)
    assert [(what, detail) for what, _, detail in world.written] == [
        ("started", ""),
        ("advanced", "create table Teams"),
        ("advanced", "add index managerId-index to Teams (it was there already)"),
        ("applied", "add index seasonId-index to Teams"),
    ]


def test_everything_is_told() -> None:
    """Beginnings and ends come with durations, physical names and whether a thing was adopted."""
    world = behaving(USERS.operations[0], adopted)
    world.run(USERS)
    started, finished, end = world.events
    assert isinstance(started, MigrationStarted)
    assert isinstance(finished, OperationFinished)
    assert (finished.physical_name, finished.adopted, finished.duration) == ("osem-dev-Users", True, 10)
    assert isinstance(end, MigrationFinished)
    assert end.duration == 10


def test_a_failure_is_recorded_with_its_code_and_what_was_done() -> None:
    """The next run, and people, see where it stopped and why."""
    world = behaving(TEAMS.operations[1], raising(DriftFound("it differs")))
    world.fails(PartialError, USERS, TEAMS)
    what, record, detail = world.written[-1]
    assert (what, detail) == ("failed", "DRIFT_FOUND: it differs")
    assert (record.state, record.operations_done) == (RecordedState.FAILED, 1)
    assert record.error is not None
    assert (record.error.code, record.error.message) == ("DRIFT_FOUND", "it differs")
    assert record.finished_at is not None


def test_nothing_changed_is_the_cause_itself() -> None:
    """Exit code 1 means that no table was touched; 2 would be a lie."""
    world = behaving(USERS.operations[0], raising(DriftFound("it differs")))
    error = world.fails(OsemMigrateError, USERS, TEAMS)
    assert isinstance(error, DriftFound)
    assert error.exit_code is ExitCode.ERROR


def test_something_changed_is_a_partial_error_that_can_be_resumed() -> None:
    """It names what was applied, the cause, and the command that goes on."""
    world = behaving(TEAMS.operations[0], raising(DriftFound("it differs")))
    error = world.fails(PartialError, USERS, TEAMS)
    assert isinstance(error, PartialError)
    assert (error.applied, error.exit_code) == (("0001_users",), ExitCode.PARTIAL)
    assert isinstance(error.cause, DriftFound)
    assert RESUME in error.remediation
    assert DriftFound.remedy in error.remediation
    assert isinstance(world.events[-1], RunFailed)
    assert world.events[-1].error is error.cause


def test_a_change_within_the_first_migration_is_partial_too() -> None:
    """The table was made, the index was not: no migration is applied, yet something was changed."""
    error = behaving(TEAMS.operations[1], raising(DriftFound("it differs"))).fails(PartialError, TEAMS)
    assert isinstance(error, PartialError)
    assert error.applied == ()


@pytest.mark.parametrize(
    ("stop", "code"), [(KeyboardInterrupt(), ExitCode.INTERRUPTED), (Termination(), ExitCode.TERMINATED)]
)
def test_a_stopped_run_leaves_a_record_that_can_be_resumed(stop: BaseException, code: ExitCode) -> None:
    """The record stays "running" with what was done, and the exit code is the shell's for that signal."""
    world = behaving(TEAMS.operations[1], raising(stop))
    error = world.fails(PartialError, TEAMS)
    assert isinstance(error, PartialError)
    assert error.exit_code is code
    assert RESUME in error.remediation
    record = world.records["0002_teams"]
    assert (record.state, record.operations_done) == (RecordedState.RUNNING, 1)
    assert world.order[-1] == "add index managerId-index to Teams"


@pytest.mark.parametrize(
    ("stop", "code"), [(KeyboardInterrupt(), ExitCode.INTERRUPTED), (Termination(), ExitCode.TERMINATED)]
)
def test_a_run_stopped_before_it_changed_anything_is_interrupted(stop: BaseException, code: ExitCode) -> None:
    """Nothing is partial yet."""
    error = behaving(USERS.operations[0], raising(stop)).fails(Interrupted, USERS)
    assert isinstance(error, Interrupted)
    assert error.exit_code is code


@pytest.mark.parametrize("write", [3, 5], ids=["the intent", "an operation"])
def test_a_run_stopped_while_it_writes_is_partial(write: int) -> None:
    """Ctrl-C comes at any time, also in the middle of a record; what was applied before is named."""
    world = World(write_faults={write: KeyboardInterrupt()})
    error = world.fails(PartialError, USERS, TEAMS)
    assert isinstance(error, PartialError)
    assert (error.applied, error.exit_code) == (("0001_users",), ExitCode.INTERRUPTED)


def test_after_the_lock_is_lost_nothing_is_written() -> None:
    """Whoever has the lock now writes the history; our last record stays as it is."""
    world = behaving(TEAMS.operations[1], raising(LockLost("taken over")))
    error = world.fails(PartialError, TEAMS)
    assert world.order[-1] == "add index managerId-index to Teams"
    assert isinstance(error, PartialError)
    assert isinstance(error.cause, LockLost)


def test_a_lock_lost_before_the_first_change_is_exit_code_6() -> None:
    """Nothing was changed, so the error is the lock's own."""
    error = World(write_faults={0: LockLost("taken over")}).fails(LockLost, USERS)
    assert isinstance(error, LockLost)
    assert error.exit_code is ExitCode.LOCKED


def test_a_failure_that_cannot_be_recorded_keeps_its_cause() -> None:
    """The network is gone: the record stays "running", and the user hears of the first error, not of the second."""
    world = behaving(TEAMS.operations[1], raising(DriftFound("it differs")))
    world.write_faults[4] = EndpointUnreachable("no route")
    error = world.fails(PartialError, TEAMS)
    assert isinstance(error, PartialError)
    assert isinstance(error.cause, DriftFound)
    assert world.records["0002_teams"].state is RecordedState.RUNNING


def test_a_record_that_cannot_be_written_stops_the_run() -> None:
    """What is not recorded must not be built upon."""
    world = World(write_faults={5: EndpointUnreachable("no route")})
    error = world.fails(PartialError, USERS, TEAMS)
    assert isinstance(error, PartialError)
    assert error.applied == ("0001_users",)
    assert world.order[-1] == "create table Teams"


@pytest.mark.parametrize("stopped_at", [0, 1, 2])
@pytest.mark.parametrize("stop", [KeyboardInterrupt(), DriftFound("it differs")])
def test_the_next_run_does_what_is_left_and_nothing_else(stopped_at: int, stop: BaseException) -> None:
    """After any interruption the operations of both runs together are each done once, in order."""
    first = behaving(TEAMS.operations[stopped_at], raising(stop))
    first.fails(OsemMigrateError, TEAMS)
    second = World()
    assert second.run(TEAMS, history=History(records=first.records, exists=True)) == ("0002_teams",)
    left = [operation.describe() for operation in TEAMS.operations[stopped_at:]]
    assert [entry for entry in second.order if " " in entry] == left
    assert second.order[0] == ("resumed" if stopped_at else "started")
    record = second.records["0002_teams"]
    assert (record.state, record.operations_done, record.error) == (RecordedState.APPLIED, 3, None)


def test_a_resumed_record_keeps_its_birth() -> None:
    """Who began it, and when, is not overwritten by who finished it."""
    first = behaving(TEAMS.operations[1], raising(KeyboardInterrupt()))
    first.fails(PartialError, TEAMS)
    second = World(clock=FakeClock(seconds=5000))
    second.run(TEAMS, history=History(records=first.records, exists=True))
    began, ended = first.records["0002_teams"], second.records["0002_teams"]
    assert (ended.created_at, ended.created_by) == (began.created_at, began.created_by)
    assert ended.started_at > began.started_at


def test_a_migration_whose_end_alone_is_missing_is_recorded_as_applied() -> None:
    """The rest of the script was removed after its first operation failed: there is nothing left to do but say so."""
    first = behaving(TEAMS.operations[1], raising(DriftFound("it differs")))
    first.fails(PartialError, TEAMS)
    shorter = Migration(TEAMS.id, TEAMS.number, TEAMS.operations[:1])
    second = World()
    assert second.run(shorter, history=History(records=first.records, exists=True)) == ("0002_teams",)
    assert second.order == ["applied"]
    record = second.records["0002_teams"]
    assert (record.state, record.operations_done, record.operations_total) == (RecordedState.APPLIED, 1, 1)
    assert record.finished_at is not None


def test_an_empty_plan_writes_nothing() -> None:
    """What is in sync stays untouched."""
    world = World()
    assert world.run() == ()
    assert world.order == []
