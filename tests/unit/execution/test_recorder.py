"""The history stays exact however the lanes interleave, and every write holds only under the lock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given, settings
from hypothesis import strategies as st

from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.deployment.actor import Actor
from osem_migrate.errors import DriftFound, EndpointUnreachable, LockLost
from osem_migrate.execution.recorder import Recorder
from osem_migrate.history import History, Record, RecordedError, RecordedState
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable
from osem_migrate.planning.downgrade import make_downgrade
from osem_migrate.planning.plan import Direction, Plan, PlannedOperation
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import S
from tests.doubles.history import FENCE, HistoryInMemory, lease
from tests.simulator.clock import VirtualClock
from tests.unit.planning.builders import applied, history, migration, record

BOTH = migration(1, CreateTable("Users", S("userId")), CreateTable("Teams", S("teamId")))
INDEXES = migration(2, AddIndex("Users", "mail-index", S("mail")), AddIndex("Teams", "manager-index", S("managerId")))
PLANS = migration(3, CreateTable("Plans", S("planId")), AddIndex("Teams", "name-index", S("name")))
ALL = (BOTH, INDEXES, PLANS)


class World:
    """A recorder before a history in memory; ``plan`` is what it was told to announce."""

    def __init__(
        self,
        *migrations: Migration,
        past: History | None = None,
        direction: Direction = Direction.UPGRADE,
        clock: VirtualClock | None = None,
    ) -> None:
        past = past or History()
        self.clock = clock or VirtualClock()
        self.history = HistoryInMemory(past)
        self.recorder = Recorder(
            history=self.history.table,
            lease=lease(),
            actor=Actor("ada", "0.1.0"),
            clock=self.clock.clock,
            direction=direction,
        )
        down = direction is Direction.DOWNGRADE
        self.plan: Plan = make_downgrade(migrations, past, "0") if down else make_plan(migrations, past)
        self.past = past

    def announced(self) -> "World":
        self.recorder.announce(self.plan, self.past.records)
        return self

    def operation(self, number: int, position: int) -> PlannedOperation:
        """The operation at a position of the migration of that number."""
        return next(o for o in self.plan.operations if (o.migration.number, o.position) == (number, position))

    def of(self, number: int) -> Record:
        """What is recorded of a migration."""
        return next(one for one in self.history.records.values() if one.number == number)


def progress(one: Record) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """State, what is live and what is in doubt."""
    return one.state.value, one.done, one.doubt


def test_the_whole_plan_is_announced_in_one_transaction() -> None:
    """Not begun, nothing live, nothing in doubt, under our fence; and no news for the log."""
    world = World(*ALL).announced()
    assert len(world.history.transactions) == 1
    assert [progress(world.of(number)) for number in (1, 2, 3)] == [("running", (), ())] * 3
    assert {(one.started_at, one.fence, one.created_by) for one in world.history.records.values()} == {
        (None, FENCE, "ada")
    }
    assert world.history.log == []


def test_lanes_overtake_each_other_and_each_record_stays_exact() -> None:
    """The Teams lane is two scripts ahead of the Users lane."""
    world = World(*ALL).announced()
    tell = world.recorder
    assert tell.begin(world.operation(1, 0)) is True
    assert tell.begin(world.operation(1, 1)) is False, "the migration has begun already"
    assert tell.finish(world.operation(1, 1), None) is False
    assert tell.begin(world.operation(2, 1)) is True
    assert tell.finish(world.operation(2, 1), None) is False
    assert progress(world.of(1)) == ("running", (1,), (0,))
    assert progress(world.of(2)) == ("running", (1,), ())
    assert tell.finish(world.operation(1, 0), "it was there already") is True
    assert progress(world.of(1)) == ("applied", (0, 1), ())
    assert progress(world.of(3)) == ("running", (), ())
    assert world.of(3).started_at is None
    assert [(event.what, event.migration[:4] if event.migration else "") for event in world.history.log] == [
        *(("started", "0001"), ("started", "0001"), ("advanced", "0001")),
        *(("started", "0002"), ("advanced", "0002"), ("applied", "0001")),
    ]
    assert world.history.log[-1].detail == "create table Users (it was there already)"


def test_each_step_is_one_transaction_of_the_record_and_its_event() -> None:
    """They stand or fall together, and nobody else's record is touched."""
    world = World(*ALL).announced()
    world.recorder.begin(world.operation(1, 0))
    world.recorder.finish(world.operation(1, 0), None)
    for entries in world.history.transactions[1:]:
        ((event, one),) = entries
        assert event is not None
        assert (event.migration, event.at, event.by) == (one.migration, one.updated_at, "ada")


def test_times_are_those_of_the_migration() -> None:
    """It began with its first operation and ended with its last, whatever came in between."""
    world = World(BOTH).announced()
    born = world.of(1).created_at
    for position in (1, 0):
        world.clock.sleep(10)
        world.recorder.begin(world.operation(1, position))
        world.clock.sleep(10)
        world.recorder.finish(world.operation(1, position), None)
    one = world.of(1)
    assert one.started_at is not None
    assert one.finished_at is not None
    assert (one.started_at - born, one.finished_at - born, one.updated_at - born) == (10_000, 40_000, 40_000)
    assert one.created_at == born


@settings(max_examples=60)
@given(st.data(), st.sampled_from(Direction))
def test_the_records_are_exact_whatever_the_order(data: st.DataObject, direction: Direction) -> None:
    """Any interleaving of begins and finishes: each record says at every moment what its own operations say."""
    past = applied(*ALL) if direction is Direction.DOWNGRADE else History()
    world = World(*ALL, past=past, direction=direction).announced()
    waiting, begun, finished = list(world.plan.operations), list[PlannedOperation](), set[tuple[str, int]]()
    while waiting or begun:
        if waiting and (not begun or data.draw(st.booleans())):
            operation = waiting.pop(data.draw(st.integers(0, len(waiting) - 1)))
            world.recorder.begin(operation)
            begun.append(operation)
        else:
            operation = begun.pop(data.draw(st.integers(0, len(begun) - 1)))
            last = world.recorder.finish(operation, None)
            finished.add(operation.key)
            assert last == all((operation.migration.id, position) in finished for position in (0, 1))
        for one in ALL:
            shown = world.history.records[one.id]
            over = {position for position in (0, 1) if (one.id, position) in finished}
            live = {0, 1} - over if direction is Direction.DOWNGRADE else over
            doubt = {operation.position for operation in begun if operation.migration == one}
            assert (set(shown.done), set(shown.doubt)) == (live, doubt)
            assert shown.is_unfinished == (len(over) < 2)
    ended = RecordedState.REVERTED if direction is Direction.DOWNGRADE else RecordedState.APPLIED
    assert {one.state for one in world.history.records.values()} == {ended}


def test_lanes_that_tell_at_once_write_one_after_the_other() -> None:
    """Sixty lanes of one migration: no transaction meets another, and none overwrites what another has said."""
    wide = migration(1, *(CreateTable(f"T{number}", S("id")) for number in range(60)))
    world = World(wide).announced()

    def lane(operation: PlannedOperation) -> tuple[bool, bool]:
        return world.recorder.begin(operation), world.recorder.finish(operation, None)

    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lane, world.plan.operations))
    assert sum(first for first, _ in told) == 1
    assert sum(last for _, last in told) == 1
    assert progress(world.of(1)) == ("applied", tuple(range(60)), ())
    assert len(world.history.transactions) == 1 + 2 * 60


def test_what_an_earlier_run_left_is_taken_over() -> None:
    """What is live stays so, what was in doubt still is, and who began it, and when, stays on the record."""
    was = record(BOTH, RecordedState.FAILED, started_at=5, created_at=4, created_by="bob", left_at=6)
    past = history(replace(was, done=(1,), doubt=(0,)))
    world = World(BOTH, past=past).announced()
    one = world.of(1)
    assert progress(one) == ("running", (1,), (0,))
    assert (one.started_at, one.created_at, one.created_by) == (5, 4, "bob")
    assert (one.applied_by, one.error, one.finished_at, one.left_at) == ("ada", None, None, None)
    assert world.recorder.begin(world.operation(1, 0)) is False, "it was begun by the run before"
    assert world.recorder.finish(world.operation(1, 0), None) is True


def test_a_reverted_migration_begins_anew() -> None:
    """Of its former life only its birth is left."""
    was = record(BOTH, RecordedState.REVERTED, 0, started_at=5, created_at=4, created_by="bob", doubt=(1,))
    one = World(BOTH, past=history(was)).announced().of(1)
    assert progress(one) == ("running", (), ())
    assert (one.started_at, one.created_at, one.created_by) == (None, 4, "bob")


def test_doubt_about_what_the_script_no_longer_declares_ends() -> None:
    """An operation that was begun and then taken out of the script is nobody's any more."""
    was = record(BOTH, RecordedState.FAILED, 0, doubt=(0, 1))
    shorter = replace(BOTH, operations=BOTH.operations[:1])
    world = World(shorter, past=history(was)).announced()
    assert progress(world.of(1)) == ("running", (), (0,))
    world.recorder.begin(world.operation(1, 0))
    world.recorder.finish(world.operation(1, 0), None)
    assert progress(world.of(1)) == ("applied", (0,), ())


@pytest.mark.parametrize("only", [0, 1])
def test_an_operation_that_was_moved_stays_failed_until_it_goes_on(only: int) -> None:
    """Others were put in before it: a run that comes to these alone leaves its error where it stands by now."""
    error = RecordedError(code="ITEMS_FAILED", message="1 item", position=0)
    was = record(BOTH, RecordedState.FAILED, 0, doubt=(0,), error=error)
    world = World(replace(BOTH, operations=(PLANS.operations[0], *BOTH.operations)), past=history(was))
    world.recorder.announce(world.plan, world.past.records, {(BOTH.id, only)})
    one = world.of(1)
    assert progress(one) == ("failed" if only == 0 else "running", (), (1,))
    assert one.error == (replace(error, position=1) if only == 0 else None)


def test_a_migration_of_which_only_the_end_is_missing_ends_with_the_announcement() -> None:
    """And the log says so."""
    past = history(record(BOTH, RecordedState.RUNNING, 2))
    world = World(BOTH, past=past).announced()
    assert progress(world.of(1)) == ("applied", (0, 1), ())
    assert world.of(1).finished_at is not None
    assert [(event.what, event.migration) for event in world.history.log] == [("applied", BOTH.id)]


def test_what_is_left_under_way_stays_in_doubt() -> None:
    """The record says since when nobody waits; whoever goes on with it waits again."""
    world = World(BOTH).announced()
    world.recorder.begin(world.operation(1, 0))
    world.clock.sleep(3)
    world.recorder.leave(world.operation(1, 0))
    one = world.of(1)
    assert progress(one) == ("running", (), (0,))
    assert one.left_at == one.updated_at
    assert not one.is_attended
    assert world.history.log[-1].what == "left in progress"
    world.recorder.begin(world.operation(1, 1))
    assert world.of(1).left_at is None


def test_a_failure_is_recorded_with_its_cause_and_stays_in_doubt() -> None:
    """The lanes beside it still record what they finish; the state stays failed."""
    world = World(BOTH).announced()
    world.recorder.begin(world.operation(1, 0))
    world.recorder.begin(world.operation(1, 1))
    world.recorder.fail(world.operation(1, 0), DriftFound("it differs", parts=["a", "b"]))
    world.recorder.finish(world.operation(1, 1), None)
    one = world.of(1)
    assert progress(one) == ("failed", (1,), (0,))
    assert one.error is not None
    assert (one.error.code, one.error.message) == ("DRIFT_FOUND", "it differs: a; b")
    assert one.error.parts == ("a", "b")
    assert [event.parts for event in world.history.log] == [(), (), ("a", "b"), ()]
    assert [event.what for event in world.history.log] == ["started", "started", "failed", "advanced"]


@pytest.mark.parametrize("trouble", [EndpointUnreachable("no route"), LockLost("taken over by bob")])
def test_a_failure_that_cannot_be_recorded_hides_no_cause(trouble: Exception) -> None:
    """The record stays "running", which shows as interrupted."""
    world = World(BOTH).announced()
    world.recorder.begin(world.operation(1, 0))
    world.history.faults = [trouble]
    world.recorder.fail(world.operation(1, 0), DriftFound("it differs"))
    assert progress(world.of(1)) == ("running", (), (0,))


@pytest.mark.parametrize("tell", ["announce", "begin", "finish", "leave"])
def test_a_lost_lock_is_raised_and_nothing_is_remembered(tell: str) -> None:
    """What was not written is not built upon: the next write does not smuggle it in."""
    world = World(BOTH)
    if tell != "announce":
        world.announced().recorder.begin(world.operation(1, 0))
    before = dict(world.history.records)
    world.history.faults = [LockLost("taken over by bob")]
    acts: dict[str, Callable[[], object]] = {
        "announce": world.announced,
        "begin": lambda: world.recorder.begin(world.operation(1, 1)),
        "finish": lambda: world.recorder.finish(world.operation(1, 0), None),
        "leave": lambda: world.recorder.leave(world.operation(1, 0)),
    }
    with pytest.raises(LockLost, match="bob"):
        acts[tell]()
    assert world.history.records == before
    if tell != "announce":
        world.recorder.fail(world.operation(1, 0), DriftFound("it differs"))
        assert (world.of(1).done, world.of(1).doubt, world.of(1).left_at) == ((), (0,), None)


def test_a_plan_of_120_migrations_is_announced_in_transactions_that_dynamodb_takes() -> None:
    """At most 100 actions each, the check of the lock among them."""
    client = boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="A", aws_secret_access_key="a")
    sizes: list[int] = []
    client.meta.events.register(
        "before-parameter-build.dynamodb.TransactWriteItems",
        lambda params, **_: sizes.append(len(params["TransactItems"])),
    )
    held = lease()
    held.condition = lambda: {  # type: ignore[method-assign]
        "ConditionCheck": {"TableName": "h", "Key": {"scope": {"S": "osem"}}, "ConditionExpression": "fence = :f"}
    }
    clock = VirtualClock()
    recorder = Recorder(
        history=HistoryTable(client, "h", "osem", clock.clock),
        lease=held,
        actor=Actor("ada", "0.1.0"),
        clock=clock.clock,
        direction=Direction.UPGRADE,
    )
    plan = make_plan([migration(number) for number in range(1, 121)], History())
    with Stubber(client) as stub:
        for _ in range(2):
            stub.add_response("transact_write_items", {})
        recorder.announce(plan, {})
        stub.assert_no_pending_responses()
    assert max(sizes) <= 100
    assert sum(sizes) == 120 + 2
