"""The executor records every intent, every result and every end, so that a run can stop anywhere and go on."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from osem_migrate.deployment.actor import Actor
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
from osem_migrate.execution.executor import Executor, RunOutcome
from osem_migrate.execution.reconciler import Attempt, Reconciled, Reconciler
from osem_migrate.execution.recorder import Recorder
from osem_migrate.history import History, LogEntry, Progress, Record, RecordedState
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable, Operation
from osem_migrate.planning.downgrade import make_downgrade
from osem_migrate.planning.plan import Direction, PlannedOperation
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import S
from osem_migrate.stop import Stop
from tests.simulator.clock import VirtualClock

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
    depends=("0001_users",),
)
PLANS = Migration("0003_plans", 3, (CreateTable("Plans", S("planId")),))
ADA = "arn:aws:iam::123456789012:user/ada"
RESUME = "osem-migrate upgrade --env dev"

Behaviour = Callable[[], Reconciled | None]


def performed() -> Reconciled:
    """It was done."""
    return Reconciled(adopted=False)


def adopted() -> Reconciled:
    """It was there already."""
    return Reconciled(adopted=True, note="it was there already")


def left() -> None:
    """It was begun, or is under way, and nobody waits."""


def raising(exception: BaseException) -> Behaviour:
    """It fails like this."""

    def behave() -> Reconciled:
        raise exception

    return behave


@dataclass
class World:
    """An executor whose operations behave as told, and a history table that is a list.

    ``write_faults`` says what happens in the write that comes after so many entries of ``order``.
    """

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    clock: VirtualClock = field(default_factory=VirtualClock)
    written: list[tuple[str, Record, str]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    events: list[RunEvent] = field(default_factory=list)
    write_faults: dict[int, Callable[[], object]] = field(default_factory=dict)
    stop: Stop = field(default_factory=Stop)
    direction: Direction = Direction.UPGRADE

    def reconcile(self, planned: PlannedOperation, _progress: Progress, _save: object, *, resumed: bool) -> Attempt:
        del resumed
        name = planned.operation.describe()
        try:
            self.stop.check()
            self.order.append(name)
            self.clock.sleep(10)
            result = self.behaviours.get(name, performed)()
        except OsemMigrateError as error:
            return Attempt(error=error)
        return Attempt(result=result, changed=result is not None and not result.adopted)

    def write(self, lease: Any, entries: Sequence[tuple[LogEntry | None, Record]]) -> None:
        self.write_faults.get(len(self.order), lambda: None)()
        for event, record in entries:
            assert lease.holder.fence == record.fence
            assert event is None or (event.at, event.migration) == (record.updated_at, record.migration)
            self.written.append((event.what if event else "", record, event.detail if event else ""))
        self.order += [event.what for event, _ in entries if event is not None] or ["announced"]

    def carry_out(self, *migrations: Migration, history: History | None = None) -> RunOutcome:
        known = history or History()
        lease = SimpleNamespace(holder=SimpleNamespace(fence=7))
        recorder = Recorder(
            history=cast("HistoryTable", self),
            lease=cast("Lease", lease),
            actor=Actor(ADA, "0.1.0"),
            clock=self.clock.clock,
            direction=self.direction,
        )
        executor = Executor(
            reconciler=cast("Reconciler", self),
            recorder=recorder,
            clock=self.clock.clock,
            physical_name=lambda name: f"osem-dev-{name}",
            stop=self.stop,
            resume=RESUME,
            on_event=self.events.append,
        )
        if self.direction is Direction.DOWNGRADE:
            return executor.run(make_downgrade(migrations, known, "0"), known)
        return executor.run(make_plan(migrations, known), known)

    def run(self, *migrations: Migration, history: History | None = None) -> tuple[str, ...]:
        return self.carry_out(*migrations, history=history).finished

    def fails(
        self, error: type[BaseException], *migrations: Migration, history: History | None = None
    ) -> BaseException:
        with pytest.raises(error) as caught:
            self.run(*migrations, history=history)
        return caught.value

    def interrupted(self, by: KeyboardInterrupt) -> Behaviour:
        """Somebody presses Ctrl-C, or sends SIGTERM, and whoever is waiting hears it."""

        def behave() -> None:
            self.stop.request(Interrupted.by(by))
            self.stop.check()

        return behave

    @property
    def records(self) -> dict[str, Record]:
        """The last record of each migration, as the next run would read them."""
        return {record.migration: record for _, record, _ in self.written}


def behaving(operation: Operation, behaviour: Behaviour) -> World:
    """A world in which one operation behaves like this."""
    return World(behaviours={operation.describe(): behaviour})


def test_the_intent_is_recorded_before_anything_is_done() -> None:
    """The whole plan is announced first; then each operation's intent stands before it, and its result after it."""
    world = World()
    assert world.run(USERS, TEAMS) == ("0001_users", "0002_teams")
    assert world.order == [
        "announced",
        *("started", "create table Users", "applied"),
        *("started", "create table Teams", "advanced"),
        *("started", "add index managerId-index to Teams", "advanced"),
        *("started", "add index seasonId-index to Teams", "applied"),
    ]


def test_the_records_say_exactly_how_far_it_is() -> None:
    """State, what is live, what is in doubt, times, fence, actor and hashes of every record on the way."""
    world = World()
    world.run(TEAMS)
    records = [record for _, record, _ in world.written]
    assert [(record.state.value, record.done, record.doubt) for record in records] == [
        ("running", (), ()),
        ("running", (), (0,)),
        ("running", (0,), ()),
        ("running", (0,), (1,)),
        ("running", (0, 1), ()),
        ("running", (0, 1), (2,)),
        ("applied", (0, 1, 2), ()),
    ]
    began = records[0].created_at
    assert [record.updated_at - began for record in records] == [0, 0, 10_000, 10_000, 20_000, 20_000, 30_000]
    assert [record.started_at for record in records] == [None, *[began] * 6]
    assert [record.finished_at for record in records] == [*[None] * 6, began + 30_000]
    for record in records:
        assert (record.checksum, record.operation_hashes) == (TEAMS.checksum, TEAMS.operation_hashes)
        assert (record.operations_total, record.fence, record.tool_version) == (3, 7, "0.1.0")
        assert (record.applied_by, record.created_by, record.created_at) == (ADA, ADA, began)
        assert (record.error, record.left_at) == (None, None)


def test_the_log_says_what_was_done() -> None:
    """Each entry carries the operation in words, and that it was adopted; announcing is no news."""
    world = behaving(TEAMS.operations[1], adopted)
    world.run(TEAMS)
    assert [(what, detail) for what, _, detail in world.written if what] == [
        ("started", "create table Teams"),
        ("advanced", "create table Teams"),
        ("started", "add index managerId-index to Teams"),
        ("advanced", "add index managerId-index to Teams (it was there already)"),
        ("started", "add index seasonId-index to Teams"),
        ("applied", "add index seasonId-index to Teams"),
    ]


def test_tables_are_changed_side_by_side() -> None:
    """Lanes do not wait for each other, and each migration is recorded when its own operations are done."""
    meeting = threading.Barrier(3, timeout=10)

    def meet() -> Reconciled:
        meeting.wait()
        return performed()

    independent = replace(TEAMS, depends=())
    creations = (USERS.operations[0], TEAMS.operations[0], PLANS.operations[0])
    world = World(behaviours={operation.describe(): meet for operation in creations})
    assert world.run(USERS, independent, PLANS) == ("0001_users", "0002_teams", "0003_plans")
    assert {record.state for record in world.records.values()} == {RecordedState.APPLIED}
    assert world.records["0002_teams"].done == (0, 1, 2)
    finished = [event for event in world.events if isinstance(event, MigrationFinished)]
    assert {event.migration.migration.id for event in finished} == {"0001_users", "0002_teams", "0003_plans"}
    assert len(finished) == 3


def test_a_failure_leaves_the_other_lanes_to_finish_what_they_are_at() -> None:
    """What is under way in another table comes to its end and is recorded; nothing new begins there."""
    failed = threading.Event()

    def fail() -> Reconciled:
        failed.set()
        raise DriftFound("it differs")

    def slow() -> Reconciled:
        assert failed.wait(10)
        return performed()

    world = World(behaviours={USERS.operations[0].describe(): fail, TEAMS.operations[0].describe(): slow})
    error = world.fails(PartialError, USERS, replace(TEAMS, depends=()))
    assert isinstance(error, PartialError)
    assert isinstance(error.cause, DriftFound)
    teams = world.records["0002_teams"]
    assert (teams.state, teams.done, teams.doubt) == (RecordedState.RUNNING, (0,), ())
    assert world.records["0001_users"].state is RecordedState.FAILED
    assert "add index managerId-index to Teams" not in world.order


def test_what_is_left_under_way_is_recorded_so() -> None:
    """Nobody waits: it stays in doubt, says since when it is left, and what comes after it waits for a later run."""
    world = behaving(TEAMS.operations[1], left)
    outcome = world.carry_out(USERS, TEAMS)
    assert outcome == RunOutcome(finished=("0001_users",), in_progress=("0002_teams",))
    record = world.records["0002_teams"]
    assert (record.state, record.done, record.doubt) == (RecordedState.RUNNING, (0,), (1,))
    assert record.left_at is not None
    assert not record.is_attended
    assert world.order[-1] == "left in progress"
    again = World()
    assert again.run(USERS, TEAMS, history=History(records=world.records, exists=True)) == ("0002_teams",)
    assert again.records["0002_teams"].left_at is None


def test_a_downgrade_ends_in_reverted_records() -> None:
    """From the newest to the oldest operation of a table; what is gone is no longer listed as live."""
    up = World()
    up.run(USERS, TEAMS)
    down = World(direction=Direction.DOWNGRADE)
    history = History(records=up.records, exists=True)
    assert set(down.run(USERS, TEAMS, history=history)) == {"0001_users", "0002_teams"}
    teams = [record for _, record, _ in down.written if record.migration == "0002_teams"]
    assert [(record.state.value, record.done, record.doubt) for record in teams] == [
        ("running", (0, 1, 2), ()),
        ("running", (0, 1, 2), (2,)),
        ("running", (0, 1), ()),
        ("running", (0, 1), (1,)),
        ("running", (0,), ()),
        ("running", (0,), (0,)),
        ("reverted", (), ()),
    ]
    assert down.records["0001_users"].state is RecordedState.REVERTED
    assert down.records["0001_users"].created_at == up.records["0001_users"].created_at


def test_a_stopped_downgrade_can_be_undone_or_finished() -> None:
    """What is in doubt is done again by an upgrade, and undone by another downgrade."""
    up = World()
    up.run(TEAMS)
    reverse = "drop index managerId-index from Teams"
    down = World(direction=Direction.DOWNGRADE)
    down.behaviours[reverse] = down.interrupted(KeyboardInterrupt())
    down.fails(PartialError, TEAMS, history=History(records=up.records, exists=True))
    record = down.records["0002_teams"]
    assert (record.state, record.done, record.doubt) == (RecordedState.RUNNING, (0, 1), (1,))
    stopped = History(records=down.records, exists=True)
    forward = World()
    assert forward.run(TEAMS, history=stopped) == ("0002_teams",)
    assert [entry for entry in forward.order if " " in entry] == [o.describe() for o in TEAMS.operations[1:]]
    back = World(direction=Direction.DOWNGRADE)
    assert back.run(TEAMS, history=stopped) == ("0002_teams",)
    assert [entry for entry in back.order if " " in entry] == [reverse, "drop table Teams"]
    assert back.records["0002_teams"].done == ()


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
    assert (record.state, record.done, record.doubt) == (RecordedState.FAILED, (0,), (1,))
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
    assert RESUME in error.advice
    assert DriftFound.remedy in error.advice
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
def test_a_stopped_run_leaves_a_record_that_can_be_resumed(stop: KeyboardInterrupt, code: ExitCode) -> None:
    """The record stays "running" with what was done, and the exit code is the shell's for that signal."""
    world = World()
    world.behaviours[TEAMS.operations[1].describe()] = world.interrupted(stop)
    error = world.fails(PartialError, TEAMS)
    assert isinstance(error, PartialError)
    assert error.exit_code is code
    assert RESUME in error.remediation
    record = world.records["0002_teams"]
    assert (record.state, record.done, record.doubt) == (RecordedState.RUNNING, (0,), (1,))
    assert world.order[-1] == "add index managerId-index to Teams"


@pytest.mark.parametrize(
    ("stop", "code"), [(KeyboardInterrupt(), ExitCode.INTERRUPTED), (Termination(), ExitCode.TERMINATED)]
)
def test_a_run_stopped_before_it_changed_anything_is_interrupted(stop: KeyboardInterrupt, code: ExitCode) -> None:
    """Nothing is partial yet."""
    world = World()
    world.behaviours[USERS.operations[0].describe()] = world.interrupted(stop)
    error = world.fails(Interrupted, USERS)
    assert isinstance(error, Interrupted)
    assert error.exit_code is code


@pytest.mark.parametrize("write", [4, 6], ids=["the intent", "an operation"])
def test_a_run_stopped_while_it_writes_is_partial(write: int) -> None:
    """Ctrl-C comes at any time, also in the middle of a record: the record is written, and nothing follows it."""
    world = World()
    world.write_faults[write] = lambda: world.stop.request(Interrupted.by(KeyboardInterrupt()))
    error = world.fails(PartialError, USERS, TEAMS)
    assert isinstance(error, PartialError)
    assert (error.applied, error.exit_code) == (("0001_users",), ExitCode.INTERRUPTED)
    assert len(world.order) == write + 1


def test_a_run_stopped_before_it_began_does_nothing() -> None:
    """The plan may be announced already; no operation is begun."""
    world = World()
    world.stop.request(Interrupted.by(Termination()))
    error = world.fails(Interrupted, USERS, TEAMS)
    assert isinstance(error, Interrupted)
    assert error.exit_code is ExitCode.TERMINATED
    assert world.order == ["announced"]
    assert {record.started_at for record in world.records.values()} == {None}


def test_after_the_lock_is_lost_nothing_is_written() -> None:
    """Whoever has the lock now writes the history; our last record stays as it is."""
    world = behaving(TEAMS.operations[1], raising(LockLost("taken over")))
    error = world.fails(PartialError, TEAMS)
    assert world.order[-1] == "add index managerId-index to Teams"
    assert isinstance(error, PartialError)
    assert isinstance(error.cause, LockLost)


def test_a_lock_lost_before_the_first_change_is_exit_code_6() -> None:
    """Nothing was changed, so the error is the lock's own."""
    error = World(write_faults={0: raising(LockLost("taken over"))}).fails(LockLost, USERS)
    assert isinstance(error, LockLost)
    assert error.exit_code is ExitCode.LOCKED


def test_a_failure_that_cannot_be_recorded_keeps_its_cause() -> None:
    """The network is gone: the record stays "running", and the user hears of the first error, not of the second."""
    world = behaving(TEAMS.operations[1], raising(DriftFound("it differs")))
    world.write_faults[6] = raising(EndpointUnreachable("no route"))
    error = world.fails(PartialError, TEAMS)
    assert isinstance(error, PartialError)
    assert isinstance(error.cause, DriftFound)
    assert world.records["0002_teams"].state is RecordedState.RUNNING


def test_a_record_that_cannot_be_written_stops_the_run() -> None:
    """What is not recorded must not be built upon."""
    world = World(write_faults={6: raising(EndpointUnreachable("no route"))})
    error = world.fails(PartialError, USERS, TEAMS)
    assert isinstance(error, PartialError)
    assert error.applied == ("0001_users",)
    assert world.order[-1] == "create table Teams"


@pytest.mark.parametrize("stopped_at", [0, 1, 2])
@pytest.mark.parametrize("ctrl_c", [True, False])
def test_the_next_run_does_what_is_left_and_nothing_else(stopped_at: int, *, ctrl_c: bool) -> None:
    """After any interruption the operations of both runs together are each done once, in order."""
    first = World()
    stops = first.interrupted(KeyboardInterrupt()) if ctrl_c else raising(DriftFound("it differs"))
    first.behaviours[TEAMS.operations[stopped_at].describe()] = stops
    first.fails(OsemMigrateError, TEAMS)
    second = World()
    assert second.run(TEAMS, history=History(records=first.records, exists=True)) == ("0002_teams",)
    rest = [operation.describe() for operation in TEAMS.operations[stopped_at:]]
    assert [entry for entry in second.order if " " in entry] == rest
    record = second.records["0002_teams"]
    assert (record.state, record.done, record.doubt) == (RecordedState.APPLIED, (0, 1, 2), ())
    assert record.error is None


def test_a_resumed_record_keeps_its_birth() -> None:
    """Who began it, and when, is not overwritten by who finished it."""
    first = behaving(TEAMS.operations[1], raising(DriftFound("it differs")))
    first.fails(PartialError, TEAMS)
    second = World(clock=VirtualClock(seconds=5000))
    second.run(TEAMS, history=History(records=first.records, exists=True))
    began, ended = first.records["0002_teams"], second.records["0002_teams"]
    assert (ended.created_at, ended.created_by) == (began.created_at, began.created_by)
    assert ended.started_at == began.started_at is not None
    assert ended.updated_at > began.updated_at


def test_a_migration_whose_end_alone_is_missing_is_recorded_as_applied() -> None:
    """The rest of the script was removed after its first operation failed: there is nothing left to do but say so."""
    first = behaving(TEAMS.operations[1], raising(DriftFound("it differs")))
    first.fails(PartialError, TEAMS)
    shorter = replace(TEAMS, operations=TEAMS.operations[:1])
    second = World()
    assert second.run(shorter, history=History(records=first.records, exists=True)) == ("0002_teams",)
    assert second.order == ["applied"]
    record = second.records["0002_teams"]
    assert (record.state, record.done, record.doubt) == (RecordedState.APPLIED, (0,), ())
    assert record.operations_total == 1
    assert record.finished_at is not None


def test_an_end_that_could_not_be_recorded_is_not_claimed() -> None:
    """Whoever took the lock over will record it."""
    first = behaving(TEAMS.operations[1], raising(DriftFound("it differs")))
    first.fails(PartialError, TEAMS)
    shorter = replace(TEAMS, operations=TEAMS.operations[:1])
    second = World(write_faults={0: raising(LockLost("taken over"))})
    second.fails(LockLost, shorter, history=History(records=first.records, exists=True))


def test_an_empty_plan_writes_nothing() -> None:
    """What is in sync stays untouched."""
    world = World()
    assert world.run() == ()
    assert world.written == []
