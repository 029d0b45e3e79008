"""Folding changes the calls and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osem_migrate.history import History, RecordedState
from osem_migrate.migration import Migration
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    SetTableClass,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.operations.step import Call
from osem_migrate.planning.downgrade import make_downgrade
from osem_migrate.planning.fold import fold, saving
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Index, S, Schema
from tests import strategies
from tests.doubles.aws_cli_calls import Account
from tests.unit.operations.service_model import assert_accepted
from tests.unit.planning.builders import applied, history, migration, record
from tests.unit.planning.test_laws import scripts

TEAMS = CreateTable("Teams", S("teamId"))
BY_MANAGER = AddIndex("Teams", "managerId-index", S("managerId"))
BY_SEASON = AddIndex("Teams", "seasonId-index", S("seasonId"))
BY_OWNER = AddIndex("Teams", "ownerId-index", S("ownerId"))
USERS = CreateTable("Users", S("userId"))


def planned(*operations: Operation, past: History | None = None) -> Plan:
    """A plan of one script an operation."""
    return make_plan([migration(number, one) for number, one in enumerate(operations, 1)], past or History())


def requests(plan: Plan) -> list[tuple[str, list[str]]]:
    """Every call with its table, and the indexes that CreateTable brings along."""
    return [(f"{step.action} {step.table}", inline(step)) for step in plan.calls]


def inline(step: Call) -> list[str]:
    """Names of the indexes inside CreateTable."""
    return [index["IndexName"] for index in step.parameters.get("GlobalSecondaryIndexes", ())]


def test_indexes_of_a_new_table_are_created_with_it() -> None:
    """One call instead of four, across scripts, and in each lane for itself."""
    plan = fold(planned(TEAMS, USERS, BY_MANAGER, BY_SEASON, BY_OWNER))
    assert requests(plan) == [
        ("CreateTable Teams", ["managerId-index", "ownerId-index", "seasonId-index"]),
        ("CreateTable Users", []),
    ]
    assert [operation.folded for operation in plan.operations] == [False, False, True, True, True]
    assert plan.estimate.high < 60


def test_indexes_that_were_declared_inline_stay() -> None:
    """All of them are in the one call, and their attributes are defined once."""
    create = CreateTable("Teams", S("teamId"), indexes=[Index("old-index", S("managerId"))])
    (step,) = fold(planned(create, BY_MANAGER)).calls
    assert inline(step) == ["managerId-index", "old-index"]
    assert [one["AttributeName"] for one in step.parameters["AttributeDefinitions"]] == ["managerId", "teamId"]
    assert_accepted(step)


@pytest.mark.parametrize(
    "between",
    [SetTags("Teams", {"Team": "core"}), SetTimeToLive("Teams", "expiresAt"), DropIndex("Teams", "managerId-index")],
    ids=lambda operation: type(operation).__name__,
)
def test_nothing_is_folded_across_anything_else(between: Operation) -> None:
    """Whatever stands between may read or write the table; what comes before it is folded all the same."""
    plan = fold(planned(TEAMS, BY_MANAGER, between, BY_SEASON))
    assert requests(plan)[0] == ("CreateTable Teams", ["managerId-index"])
    assert [operation.folded for operation in plan.operations] == [False, True, False, False]


@pytest.mark.parametrize("state", [RecordedState.APPLIED, RecordedState.RUNNING])
def test_indexes_of_a_table_that_is_there_are_not_folded(state: RecordedState) -> None:
    """It was created by an earlier run, or by the part of a script that is done."""
    both = migration(1, TEAMS, BY_MANAGER)
    past = applied(migration(1, TEAMS)) if state is RecordedState.APPLIED else history(record(both, state, 1))
    scripts_now = [migration(1, TEAMS), migration(2, BY_MANAGER)] if state is RecordedState.APPLIED else [both]
    plan = make_plan(scripts_now, past)
    assert fold(plan) == plan
    assert saving(plan) is None


def test_a_table_that_is_made_anew_is_not_folded() -> None:
    """A lane that begins with anything but the creation of its table stays as it is, the second incarnation too."""
    plan = planned(TEAMS, BY_MANAGER, DropTable("Teams"), TEAMS, BY_SEASON)
    assert requests(fold(plan)) == [
        ("CreateTable Teams", ["managerId-index"]),
        ("DeleteTable Teams", []),
        ("CreateTable Teams", []),
        ("UpdateTable Teams", []),
    ]


def test_settings_of_the_new_table_follow_the_folded_creation() -> None:
    """Steps of its own that the creation needs are left as they were."""
    create = CreateTable("Teams", S("teamId"), settings=[SetTimeToLive("Teams", "expiresAt")])
    assert requests(fold(planned(create, BY_MANAGER))) == [
        ("CreateTable Teams", ["managerId-index"]),
        ("UpdateTimeToLive Teams", []),
    ]


def test_a_lone_creation_and_an_empty_plan_stay_as_they_are() -> None:
    """There is nothing to move."""
    for plan in (planned(TEAMS), planned(), planned(TEAMS, USERS)):
        assert fold(plan) == plan
        assert saving(plan) is None


def test_how_much_folding_would_save_is_known() -> None:
    """The dry run says so, whether or not it is asked for."""
    plan = planned(TEAMS, BY_MANAGER, BY_SEASON)
    spared = saving(plan)
    assert spared is not None
    assert (spared.indexes, spared.plan) == (2, fold(plan))
    assert saving(fold(plan)) is None


@settings(max_examples=25)
@given(scripts())
def test_folding_changes_nothing_but_the_calls(migrations: tuple[Migration, ...]) -> None:
    """Every operation keeps its place, its table before and after it, and its part in the history."""
    plan = make_plan(migrations, History())
    folded = fold(plan)
    assert fold(folded) == folded
    assert (folded.before, folded.after, folded.predecessors) == (plan.before, plan.after, plan.predecessors)
    for one, same in zip(plan.operations, folded.operations, strict=True):
        assert (same.key, same.operation, same.before, same.after, same.ahead, same.states) == (
            *(one.key, one.operation),
            *(one.before, one.after, one.ahead, one.states),
        )
    spared = saving(plan)
    assert len(folded.steps) == len(plan.steps) - (spared.indexes if spared is not None else 0)
    assert folded.estimate.high <= plan.estimate.high
    for step in folded.steps:
        assert_accepted(step)


NAMES = ("Users", "Teams")
TYPES: strategies.Types = dict.fromkeys(strategies.ATTRIBUTES, "S")


@st.composite
def journeys(draw: st.DrawFn) -> tuple[Migration, ...]:
    """Scripts of what the control plane in memory knows: tables, indexes, tags, classes, and drops of all of them."""
    schema, made = Schema(), list[Migration]()
    for number in range(1, draw(st.integers(1, 5)) + 1):
        operations = []
        for _ in range(draw(st.integers(1, 3))):
            operation = draw(_operation(schema))
            schema = operation.apply(schema)
            operations.append(operation)
        made.append(migration(number, *operations))
    return tuple(made)


@st.composite
def _operation(draw: st.DrawFn, schema: Schema) -> Operation:
    name = draw(st.sampled_from(NAMES))
    table = schema.tables.get(name)
    if table is None:
        named = st.lists(st.sampled_from(strategies.INDEX_NAMES), max_size=2, unique=True)
        inline_ = [draw(strategies.indexes(index, TYPES, {"id"})) for index in draw(named)]
        live_tables = [SetTimeToLive(name, "expiresAt")] if draw(st.booleans()) else []
        return CreateTable(name, S("id"), indexes=inline_, settings=live_tables)
    free: list[str] = [index for index in strategies.INDEX_NAMES if table.index(index) is None]
    kinds: list[st.SearchStrategy[Operation]] = [
        st.just(DropTable(name)),
        st.builds(SetTags, st.just(name), st.dictionaries(st.sampled_from(("Team", "Env")), st.sampled_from("ab"))),
        st.builds(SetTableClass, st.just(name), st.sampled_from(("STANDARD", "STANDARD_INFREQUENT_ACCESS"))),
        *(st.just(DropIndex(name, index.name)) for index in table.indexes),
    ]
    if len(free) > 0 and draw(st.integers(0, 3)) > 0:
        index = draw(strategies.indexes(draw(st.sampled_from(free)), TYPES, {"id"}))
        return AddIndex(name, index.name, index.partition_key, index.sort_key, index.projection, index.include)
    return draw(st.one_of(kinds))


@settings(max_examples=10)
@given(st.data(), journeys())
def test_folded_and_unfolded_end_alike(data: st.DataObject, migrations: tuple[Migration, ...]) -> None:
    """Carried out on one account each, from wherever an earlier run stopped: the same tables, the same records."""
    target = str(data.draw(st.integers(1, len(migrations))))
    unfolded, folded = Account(), Account()
    for account, first in ((unfolded, data.draw(st.booleans())), (folded, True)):
        part = make_plan(migrations, account.past, target=target)
        account.carry_out(fold(part) if first else part)
        rest = make_plan(migrations, account.past)
        account.carry_out(fold(rest) if account is folded else rest)
    assert folded.recorded() == unfolded.recorded()
    assert {state for state, *_ in folded.recorded().values()} == {RecordedState.APPLIED}
    assert folded.tables() == unfolded.tables()
    assert len(folded.aws.mutations()) <= len(unfolded.aws.mutations())
    assert make_plan(migrations, folded.past).is_empty


@settings(max_examples=5)
@given(journeys())
def test_what_was_stopped_folded_goes_on_unfolded(migrations: tuple[Migration, ...]) -> None:
    """A table that was created with all its indexes is gone on with by a run that does not fold, and the other way."""
    account, other = Account(), Account()
    other.carry_out(make_plan(migrations, History()))
    first = fold(make_plan(migrations, History()))
    for step in first.calls[:1]:
        # Killed after the first call, before anything was recorded.
        getattr(account.aws.client, step.method)(**step.call(f"osem-dev-{step.table}"))
    account.carry_out(make_plan(migrations, History()))
    assert account.tables() == other.tables()
    assert account.recorded() == other.recorded()


def test_a_downgrade_has_no_fold_to_offer() -> None:
    """It may create a table again and add its index, but there is no option for it there."""
    past = [migration(1, TEAMS, BY_MANAGER), migration(2, DropIndex("Teams", BY_MANAGER.name), DropTable("Teams"))]
    plan = make_downgrade(past, applied(*past), "1")
    assert [planned.operation.describe() for planned in plan.operations] == [TEAMS.describe(), BY_MANAGER.describe()]
    assert saving(plan) is None
