"""A downgrade takes everything above its target back, the last operation first, and knows all of it beforehand."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osem_migrate.errors import (
    InapplicableOperation,
    MigrationChanged,
    MigrationMissing,
    ScriptOperationInapplicable,
    ScriptOperationIrreversible,
    TargetUnknown,
)
from osem_migrate.history import History, RecordedState
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable, Operation, SetStream, SetTags
from osem_migrate.operations.step import Step
from osem_migrate.operations.update_items import UpdateItems
from osem_migrate.planning.downgrade import BEFORE_FIRST, make_downgrade, target_of
from osem_migrate.planning.drift.diff import matches
from osem_migrate.planning.fold import fold
from osem_migrate.planning.plan import Direction, Plan
from osem_migrate.planning.replay import replay
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import S, Schema
from tests.doubles.aws_cli_calls import Account
from tests.doubles.typed import typed
from tests.unit.operations.service_model import assert_accepted
from tests.unit.planning.builders import applied, history, live, migration, record
from tests.unit.planning.test_laws import scripts

USERS = migration(1, CreateTable("Users", S("userId")))
TEAMS = migration(2, CreateTable("Teams", S("teamId")), AddIndex("Teams", "manager-index", S("managerId")))
MORE = migration(3, AddIndex("Users", "mail-index", S("mail")), SetTags("Teams", {"Team": "core"}))
ALL = (USERS, TEAMS, MORE)


def told(plan: Plan) -> list[str]:
    """What it would do, in order."""
    return [planned.operation.describe() for planned in plan.operations]


def test_steps_count_from_the_newest_of_which_anything_is_live() -> None:
    """What is pending or reverted is no step, and a migration that is half reversed is one."""
    assert [target_of(ALL, applied(*ALL), steps) for steps in (1, 2, 3)] == [TEAMS.id, USERS.id, BEFORE_FIRST]
    assert target_of(ALL, applied(USERS, TEAMS), 1) == USERS.id
    half = history(record(USERS), record(TEAMS, RecordedState.FAILED, 1))
    assert target_of(ALL, half, 1) == USERS.id


@pytest.mark.parametrize(("past", "there"), [(applied(USERS), "only 1 can be"), (History(), "none is applied")])
def test_more_steps_than_there_are_is_a_mistake(past: History, there: str) -> None:
    """Nobody who counts wrong drops everything."""
    with pytest.raises(TargetUnknown, match=f"2 migrations cannot be reversed: {there}"):
        target_of(ALL, past, 2)
    with pytest.raises(TargetUnknown, match=r"^1 migration cannot be reversed: none is applied"):
        target_of(ALL, History(), 1)


def test_everything_above_the_target_is_taken_back() -> None:
    """The newest migration first, and in each the last operation first; the target itself stays."""
    plan = make_downgrade(ALL, applied(*ALL), "1")
    assert told(plan) == [
        "set tags -Team of Teams",
        "drop index mail-index from Users",
        "drop index manager-index from Teams",
        "drop table Teams",
    ]
    assert [planned.migration for planned in plan.migrations] == [MORE, TEAMS]
    assert [(planned.migration.number, planned.position) for planned in plan.operations] == [
        (3, 1),
        (3, 0),
        (2, 1),
        (2, 0),
    ]
    assert plan.direction is Direction.DOWNGRADE
    assert set(plan.before.tables) == {"Users", "Teams"}
    assert plan.after == replay([USERS], Schema())
    assert not plan.creates_history


@pytest.mark.parametrize("target", ["2", "0002", "0002_change"])
def test_a_target_is_a_number_or_an_id(target: str) -> None:
    """As for upgrade."""
    assert [planned.migration for planned in make_downgrade(ALL, applied(*ALL), target).migrations] == [MORE]


def test_nothing_is_before_the_first_migration() -> None:
    """Target 0 takes everything back; no table is left."""
    plan = make_downgrade(ALL, applied(*ALL), BEFORE_FIRST)
    assert len(plan.operations) == 5
    assert plan.after == Schema()


@pytest.mark.parametrize("past", [History(), applied(USERS), history(record(TEAMS, RecordedState.REVERTED))])
def test_there_may_be_nothing_to_take_back(past: History) -> None:
    """Never applied, applied no further than the target, or taken back already."""
    plan = make_downgrade(ALL, past, "1")
    assert plan.is_empty
    assert plan.before == plan.after


def test_what_is_lost_is_said_beforehand() -> None:
    """Dropping a table loses its items; tags lose nothing."""
    assert len(make_downgrade(ALL, applied(*ALL), "1").hazards) == 3
    only_tags = replace(MORE, operations=MORE.operations[1:])
    assert make_downgrade((USERS, TEAMS, only_tags), applied(USERS, TEAMS, only_tags), "2").hazards == ()


@pytest.mark.parametrize("target", ["4", "0003_other", "x", ""])
def test_an_unknown_target_is_an_error(target: str) -> None:
    """Before anything is planned."""
    with pytest.raises(TargetUnknown):
        make_downgrade(ALL, applied(*ALL), target)


def test_what_was_changed_or_is_gone_cannot_be_taken_back() -> None:
    """Only what was applied can be reversed, and only as it was, wherever the target is."""
    edited = migration(3, AddIndex("Users", "mail-index", S("email")))
    with pytest.raises(MigrationChanged):
        make_downgrade((USERS, TEAMS, edited), applied(*ALL), "1")
    with pytest.raises(MigrationMissing):
        make_downgrade((USERS, TEAMS), applied(*ALL), "1")


@dataclass(frozen=True)
class Forget(Operation):
    """An operation that nobody can take back."""

    table: str = "Users"

    def apply(self, schema: Schema) -> Schema:
        return schema

    def steps(self, before: Schema) -> tuple[Step, ...]:
        del before
        return ()

    def reverse(self, before: Schema) -> Operation:
        raise InapplicableOperation(f"cannot take this back: {len(before.tables)} tables")

    def describe(self) -> str:
        return "forget"


def test_an_irreversible_operation_stops_before_anything_is_changed() -> None:
    """It makes no plan at all, and is named by file and line; below the target it does not matter."""
    forgets = migration(4, Forget())
    with pytest.raises(ScriptOperationInapplicable, match="cannot take this back") as caught:
        make_downgrade((*ALL, forgets), applied(*ALL, forgets), "1")
    assert caught.value.message.startswith("migrations/0004_change.py:5: cannot reverse 'forget': ")
    assert caught.value.details == {"file": "migrations/0004_change.py", "line": 5}
    later = migration(5, SetStream("Users", "NEW_IMAGE"))
    plan = make_downgrade((*ALL, forgets, later), applied(*ALL, forgets, later), "4")
    assert [planned.migration for planned in plan.migrations] == [later]


def forget(item: object) -> None:
    """A change that nothing takes back."""
    del item


def test_an_operation_without_a_way_back_has_a_code_of_its_own() -> None:
    """The operation, file and line are named, and what to do: an undo, which no checksum is over, or a mark."""
    forgets = migration(4, UpdateItems("Users", forget))
    with pytest.raises(ScriptOperationIrreversible) as caught:
        make_downgrade((*ALL, forgets), applied(*ALL, forgets), "1")
    assert caught.value.message == (
        "migrations/0004_change.py:5: nothing takes this back: update items of Users with forget"
    )
    assert "resolve 0004_change --reverted" in typed(caught.value)
    undone = migration(4, UpdateItems("Users", forget, undo=forget))
    plan = make_downgrade((*ALL, undone), applied(*ALL, forgets), "3")
    assert told(plan) == ["update items of Users with forget"]


@pytest.mark.parametrize("state", [RecordedState.RUNNING, RecordedState.FAILED])
@pytest.mark.parametrize(
    ("done", "doubt", "positions"),
    [
        ((), (), []),
        ((0,), (), [0]),
        ((0,), (1,), [1, 0]),
        ((), (0,), [0]),
        ((0, 1), (1,), [1, 0]),
        ((0, 1), (), [1, 0]),
    ],
)
def test_an_unfinished_migration_is_taken_back_as_far_as_it_came(
    state: RecordedState, done: tuple[int, ...], doubt: tuple[int, ...], positions: list[int]
) -> None:
    """What was begun, in either direction, is reversed too: if it turns out not to be live, there is nothing to do."""
    past = history(record(USERS), replace(record(TEAMS, state), done=done, doubt=doubt))
    plan = make_downgrade(ALL, past, "1")
    assert [planned.position for planned in plan.operations] == positions
    assert plan.after == replay([USERS], Schema())


def test_doubt_about_what_the_script_no_longer_declares_is_nobodys() -> None:
    """An operation that was begun and then taken out of the script cannot be reversed by it."""
    shorter = replace(TEAMS, operations=TEAMS.operations[:1])
    past = history(record(USERS), replace(record(TEAMS, RecordedState.FAILED, 1), doubt=(1,)))
    assert told(make_downgrade((USERS, shorter), past, "1")) == ["drop table Teams"]


def test_what_was_never_begun_is_not_taken_back() -> None:
    """Announced by a run that did not come to it: nothing of it is live."""
    waiting = replace(record(MORE, RecordedState.RUNNING, 0), started_at=None)
    plan = make_downgrade(ALL, history(record(USERS), record(TEAMS), waiting), "1")
    assert [planned.migration for planned in plan.migrations] == [TEAMS]


def test_what_stays_below_the_target_unfinished_stays_as_it_is() -> None:
    """Its completed part is live afterwards, too."""
    past = history(record(USERS), replace(record(TEAMS, RecordedState.FAILED, 1)), record(MORE))
    below = make_downgrade(ALL, past, "2")
    assert below.after.table("Teams").indexes == ()
    assert below.before.table("Teams").setting(SetTags) is not None


def test_inside_a_lane_nothing_overlaps_and_scripts_do_not_wait_for_what_they_depend_on() -> None:
    """``__depends__`` says what must be there; on the way down only the order of each table counts."""
    dependent = replace(MORE, depends=("0001_change",))
    waits = make_downgrade((USERS, TEAMS, dependent), applied(USERS, TEAMS, dependent), "0").predecessors
    assert waits == {
        ("0003_change", 1): frozenset(),
        ("0003_change", 0): frozenset(),
        ("0002_change", 1): {("0003_change", 1)},
        ("0002_change", 0): {("0002_change", 1)},
        ("0001_change", 0): {("0003_change", 0)},
    }


@settings(max_examples=30)
@given(st.data(), scripts())
def test_up_and_down_again_is_the_schema_of_the_target(data: st.DataObject, migrations: tuple[Migration, ...]) -> None:
    """Every reverse applies where the one before it ended, DynamoDB would take its calls, and nothing is left over."""
    target = data.draw(st.integers(0, len(migrations)))
    plan = make_downgrade(migrations, applied(*migrations), str(target))
    assert plan.before == replay(migrations, Schema())
    assert plan.after == replay(migrations[:target], Schema())
    schema = plan.before
    for planned in plan.operations:
        for step in planned.steps:
            assert_accepted(step)
        schema = planned.operation.apply(schema)
        # Where it ends is where it should: what was never declared before may be AWS's default now.
        assert matches(live(schema.tables.get(planned.table), name=planned.table), planned.after)
        assert matches(live(planned.states[-1], name=planned.table), planned.after)
    assert schema.tables.keys() == plan.after.tables.keys()
    for name, table in plan.after.tables.items():
        assert matches(live(schema.table(name)), table)
    for lane in plan.lanes:
        for one, following in zip(lane.operations, lane.operations[1:], strict=False):
            assert one.after == following.before


@settings(max_examples=30)
@given(st.data(), scripts())
def test_after_a_downgrade_the_upgrade_is_the_same_again(
    data: st.DataObject, migrations: tuple[Migration, ...]
) -> None:
    """Reverted is as if it had never run."""
    target = data.draw(st.integers(0, len(migrations)))
    reverted = [record(one, RecordedState.REVERTED, 0) for one in migrations[target:]]
    past = history(*(record(one) for one in migrations[:target]), *reverted)
    assert make_downgrade(migrations, past, str(target)).is_empty
    again, first = make_plan(migrations, past), make_plan(migrations, applied(*migrations[:target]))
    assert again.operations == first.operations


@pytest.mark.parametrize("target", ["0", "1", "2"])
def test_carried_out_it_leaves_the_tables_of_the_target(target: str) -> None:
    """On an account in memory: the same tables as an upgrade to that target alone makes."""
    account, other = Account(), Account()
    account.carry_out(make_plan(ALL, History()))
    account.carry_out(make_downgrade(ALL, account.past, target))
    if target != BEFORE_FIRST:
        other.carry_out(make_plan(ALL, History(), target=target))
    assert account.tables() == other.tables()
    states = [one.state.value for _, one in sorted(account.history.records.items())]
    assert states == ["applied"] * int(target) + ["reverted"] * (3 - int(target))
    account.carry_out(make_plan(ALL, account.past))
    assert {one.state for one in account.history.records.values()} == {RecordedState.APPLIED}


@pytest.mark.parametrize("begun", [True, False])
def test_an_upgrade_that_was_killed_can_be_taken_back(*, begun: bool) -> None:
    """Its last operation is in doubt: whether the index is there or not, both ends are the table's."""
    account = Account()
    plan = make_plan(ALL, History(), target="2")
    for planned in plan.operations if begun else plan.operations[:-1]:
        for step in planned.calls:
            getattr(account.aws.client, step.method)(**step.call(f"osem-dev-{step.table}"))
            account.aws.settle()
    killed = replace(record(TEAMS, RecordedState.RUNNING, 1), doubt=(1,))
    account.history.records = dict(history(record(USERS), killed).records)
    account.carry_out(make_downgrade(ALL, account.past, "1"))
    assert set(account.tables()) == {"osem-dev-Users"}
    assert account.history.records[TEAMS.id].state is RecordedState.REVERTED


def test_an_index_that_came_folded_before_its_turn_is_no_surprise() -> None:
    """Killed right after the folded CreateTable: the index is there though the history knows nothing of it."""
    account = Account()
    (create,) = fold(make_plan((TEAMS,), History())).steps
    account.aws.client.create_table(**create.call("osem-dev-Teams"))
    killed = replace(record(TEAMS, RecordedState.RUNNING, 0), doubt=(0,))
    account.history.records = dict(history(killed).records)
    account.carry_out(make_downgrade((TEAMS,), account.past, BEFORE_FIRST))
    assert account.tables() == {}
    assert account.history.records[TEAMS.id].state is RecordedState.REVERTED
