"""Laws that hold for every table, every plan and every history."""

import codeop
import copy
import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osem_migrate.errors import (
    ExitCode,
    HistoryError,
    MigrationChanged,
    MigrationFuture,
    MigrationMissing,
    MigrationOutOfOrder,
)
from osem_migrate.history import History, Record, RecordedState, ShownState
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import Operation
from osem_migrate.operations.step import RESOURCE_ARN, TABLE_NAME, Call
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.diff import diff, matches
from osem_migrate.planning.replay import replay
from osem_migrate.planning.status.remedy import remedy
from osem_migrate.planning.status.status import IGNORABLE, ProblemKind, assess, expect
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Schema, Table
from tests import strategies
from tests.unit.operations.service_model import assert_accepted
from tests.unit.planning.builders import CALLER, applied, history, live, live_of, migration, record, told
from tests.unit.planning.drifts import Drift, drifts, undeclared

SOME = 25  # examples of the laws over whole folders of scripts, which are slow to draw


@st.composite
def scripts(draw: st.DrawFn) -> tuple[Migration, ...]:
    """A folder of scripts that fit together, of one to three operations each."""
    waiting = list(draw(strategies.operation_sequences(max_size=5)))
    made: list[Migration] = []
    while waiting:
        size = draw(st.integers(1, 3))
        made.append(migration(len(made) + 1, *waiting[:size]))
        waiting = waiting[size:]
    return tuple(made)


@st.composite
def progress(draw: st.DrawFn, migrations: Sequence[Migration]) -> tuple[History, int]:
    """How far an upgrade may have come: the history it left, and the number of operations that are done."""
    done = draw(st.integers(0, sum(len(one.operations) for one in migrations)))
    records, left = [], done
    for one in migrations:
        count = len(one.operations)
        if left >= count:
            records.append(record(one))
        elif left or draw(st.booleans()):
            state = draw(st.sampled_from((RecordedState.RUNNING, RecordedState.FAILED)))
            records.append(record(one, state, left))
        left -= count
        if left < 0:
            break
    return history(*records), done


def fold(operations: Sequence[Operation]) -> Schema:
    """The schema after these operations."""
    schema = Schema()
    for operation in operations:
        schema = operation.apply(schema)
    return schema


@given(st.data(), strategies.tables())
def test_a_table_as_declared_has_no_differences(data: st.DataObject, table: Table) -> None:
    """Neither what AWS resolves of a declaration nor what nobody declared is ever drift."""
    assert diff(live(data.draw(undeclared(table))), table) == ()
    assert matches(live_of(table, emulated=True), table)


@given(drifts())
def test_one_change_by_hand_is_one_difference(drift: Drift) -> None:
    """Each change of the live side is found, by its code and subject, and nothing beside it."""
    found = diff(live(drift.live, name=drift.expected.name), drift.expected)
    assert [(one.code, one.table, one.subject) for one in found] == [(drift.code, drift.expected.name, drift.subject)]
    assert found[0].expected != found[0].found
    assert found[0].subject in found[0].describe()


@given(drifts())
def test_a_repair_repairs(drift: Drift) -> None:
    """The repair, applied to the live table, leaves no difference; only what a new table would repair has none."""
    hurt = live(drift.live, name=drift.expected.name)
    (difference,) = diff(hurt, drift.expected)
    if difference.code in {DriftCode.TABLE_KEYS, DriftCode.LOCAL_INDEX}:
        assert difference.repair == ()
        return
    schema = Schema({drift.expected.name: drift.live} if drift.live is not None else {})
    last_step = None
    for operation in difference.repair:
        for last_step in operation.steps(schema):
            assert_accepted(last_step)
        schema = operation.apply(schema)
    assert matches(replace(hurt, table=schema.table(drift.expected.name)), drift.expected)
    assert last_step is not None
    assert matches(replace(hurt, table=last_step.after), drift.expected)


@given(strategies.tables("Teams"), st.none() | strategies.tables("Teams"))
def test_every_difference_has_a_remedy_to_type(expected: Table, found: Table | None) -> None:
    """However far a table is off, the remedy is advice and whole commands that DynamoDB would take."""
    off = live(found, name="Teams")
    for difference in diff(off, expected):
        advice, *lines = told(remedy(difference, off, CALLER)).splitlines()
        commands = [line for line in lines if not line.startswith("(")]
        assert advice
        assert commands
        for command in _without_declaration(commands):
            _assert_runs(command, off)


def _without_declaration(lines: list[str]) -> Iterator[str]:
    """The commands; the line, or lines, that would declare an index are Python."""
    declaration = ""
    for line in lines:
        if declaration or line.startswith("AddIndex("):
            declaration += line
            declaration = "" if codeop.compile_command(declaration, symbol="eval") else declaration
        else:
            yield line
    assert declaration == ""


def _assert_runs(command: str, off: LiveTable) -> None:
    words = shlex.split(command)
    if words[0] == "osem-migrate":
        assert words[2:] == ["--env", "staging", "--region", "eu-west-1"]
        return
    assert words[:2] == ["aws", "dynamodb"]
    assert words[3] == "--cli-input-json"
    assert words[5:] == list(CALLER.aws_flags)
    request = json.loads(words[4])
    by = RESOURCE_ARN if RESOURCE_ARN in request else TABLE_NAME
    name = request.pop(by)
    assert name == (off.arn if by == RESOURCE_ARN else off.physical_name)
    step = Call(
        table=off.name, method=words[2].replace("-", "_"), parameters=request, after=None, named_by=by, subject=off.name
    )
    assert_accepted(step, name)


@settings(max_examples=SOME)
@given(scripts())
def test_a_plan_leads_from_table_to_table_without_a_gap(migrations: tuple[Migration, ...]) -> None:
    """Lanes share out the operations; inside one each begins where the one before ended, and its states do too."""
    plan = make_plan(migrations, History())
    assert plan.before == Schema()
    assert plan.after == replay(migrations, Schema())
    assert [planned.operation for planned in plan.operations] == [o for one in migrations for o in one.operations]
    for lane in plan.lanes:
        table = plan.before.tables.get(lane.table)
        for planned in lane.operations:
            assert planned.table == lane.table
            # What nobody declared must be off where DynamoDB turns it on only from there.
            assert planned.before == (planned.operation.start(Schema({table.name: table})) if table else None)
            assert planned.states[0] == (planned.before if planned.steps else planned.after)
            assert planned.states[-1] == planned.after
            assert len(planned.states) == len(planned.steps) + 1
            table = planned.after
        assert table == plan.after.tables.get(lane.table)
        assert lane.operations == tuple(planned for planned in plan.operations if planned.table == lane.table)
    assert [lane.table for lane in plan.lanes] == list(dict.fromkeys(planned.table for planned in plan.operations))


@settings(max_examples=SOME)
@given(st.data(), scripts())
def test_running_again_finishes_the_work(data: st.DataObject, migrations: tuple[Migration, ...]) -> None:
    """Wherever a run stopped, the next plan is exactly the rest of the first one."""
    whole = make_plan(migrations, History())
    past, done = data.draw(progress(migrations))
    rest = make_plan(migrations, past)
    assert rest.operations == whole.operations[done:]
    assert rest.before == fold([planned.operation for planned in whole.operations[:done]])
    assert rest.after == whole.after
    for planned in rest.migrations:
        assert planned.already_done + len(planned.operations) == len(planned.migration.operations)


@settings(max_examples=SOME)
@given(st.data(), scripts())
def test_a_target_splits_a_plan_in_two(data: st.DataObject, migrations: tuple[Migration, ...]) -> None:
    """Up to the target, and from there on, is the same as all at once; the first part sees less ahead of it."""
    whole = make_plan(migrations, History())
    count = data.draw(st.integers(0, len(migrations)))
    first = make_plan(migrations, History(), target=str(count)) if count else None
    second = make_plan(migrations, applied(*migrations[:count]))
    parts = (first.operations if first else ()) + second.operations
    assert [replace(one, ahead=()) for one in parts] == [replace(one, ahead=()) for one in whole.operations]


RECORDS = st.sampled_from(["none", "applied", "edited", "failed", "running", "reverted"])


@given(st.lists(RECORDS, min_size=1, max_size=6), st.sampled_from([None, "missing", "future"]), st.booleans())
def test_status_and_plan_agree(states: list[str], lost: str | None, alive: bool) -> None:  # noqa: FBT001 - drawn
    """What status calls a problem of the history stops the plan with the same problem; the rest is what is planned."""
    migrations = tuple(migration(number, slug="ours") for number in range(2, len(states) + 2))
    past = history(*(found for one, state in zip(migrations, states, strict=True) for found in _records(one, state)))
    if lost is not None:
        unknown = record(migration({"missing": 1, "future": 99}[lost], slug="theirs"))
        past = replace(past, records={**past.records, unknown.migration: unknown})
    status = assess(migrations, past, expect(migrations, past), [], lock_alive=alive, caller=CALLER)
    shown = {one.state for one in status.migrations}
    stops: list[tuple[ShownState, type[HistoryError]]] = [
        (ShownState.CHANGED, MigrationChanged),
        (ShownState.MISSING, MigrationMissing),
        (ShownState.OUT_OF_ORDER, MigrationOutOfOrder),
    ]
    waiting = shown - {ShownState.APPLIED, ShownState.FUTURE}
    stops += [(ShownState.FUTURE, MigrationFuture)] if waiting else []
    reasons = tuple(error for state, error in stops if state in shown)
    if reasons:
        with pytest.raises(reasons):
            make_plan(migrations, past)
        return
    todo = [one.id for one in status.migrations if one.state not in {ShownState.APPLIED, ShownState.FUTURE}]
    assert (ShownState.FUTURE in shown) == bool(make_plan(migrations, past).future)
    assert [planned.migration.id for planned in make_plan(migrations, past).migrations] == todo
    assert status.exit_code() == max((p.kind.exit_code for p in status.problems), default=ExitCode.OK)
    assert status.in_sync == (status.exit_code() is ExitCode.OK)


def _records(one: Migration, state: str) -> list[Record]:
    match state:
        case "none":
            return []
        case "edited":
            return [record(one, checksum="sha256:v1:other")]
        case "failed" | "running":
            return [record(one, RecordedState(state), 0)]
        case _:
            return [record(one, RecordedState(state))]


@settings(max_examples=SOME)
@given(st.data(), scripts())
def test_what_is_applied_and_live_is_in_sync(data: st.DataObject, migrations: tuple[Migration, ...]) -> None:
    """After an upgrade that finished, status finds nothing."""
    past = applied(*migrations)
    expectation = expect(migrations, past)
    live_tables = [live(data.draw(undeclared(table))) for table in expectation.schema.tables.values()]
    status = assess(migrations, past, expectation, live_tables, lock_alive=False, caller=CALLER)
    assert status.in_sync
    assert status.notes == ()
    assert status.count(ShownState.APPLIED) == len(migrations)


@settings(max_examples=SOME)
@given(st.data(), scripts())
def test_planning_is_pure(data: st.DataObject, migrations: tuple[Migration, ...]) -> None:
    """The same question has the same answer, and asking it changes nothing."""
    past, _ = data.draw(progress(migrations))
    expectation = expect(migrations, past)
    live_tables = [live(data.draw(strategies.tables(name))) for name in expectation.schema.tables]
    untouched = copy.deepcopy((migrations, past, live_tables, expectation))

    def ask() -> object:
        plan = make_plan(migrations, past)
        status = assess(migrations, past, expect(migrations, past), live_tables, lock_alive=False, caller=CALLER)
        return plan, plan.lanes, plan.hazards, plan.estimate, status

    assert ask() == ask()
    assert (migrations, past, live_tables, expectation) == untouched


@settings(max_examples=SOME)
@given(strategies.tables("Teams"), strategies.tables("Teams"), st.sets(st.sampled_from(IGNORABLE)))
def test_the_exit_code_is_the_largest_that_is_not_ignored(expected: Table, found: Table, ignored: set[str]) -> None:
    """Ignoring a state takes its problems out of the exit code, and nothing else out of it."""
    (missing,) = diff(live(None, name="Teams"), expected)
    done, waiting = migration(1, *missing.repair), migration(2)
    past = applied(done)
    status = assess(
        (done, waiting), past, expect((done, waiting), past), [live(found)], lock_alive=False, caller=CALLER
    )
    drifted = any(problem.kind is ProblemKind.DRIFT for problem in status.problems)
    if drifted and "drift" not in ignored:
        assert status.exit_code(ignored) is ExitCode.DRIFT
    elif "pending" not in ignored:
        assert status.exit_code(ignored) is ExitCode.PENDING
    else:
        assert status.exit_code(ignored) is ExitCode.OK


@given(strategies.schemas(), st.data())
def test_an_operation_is_concerned_by_all_that_it_changes(schema: Schema, data: st.DataObject) -> None:
    """Else it could be taken for done where it is not."""
    operation = data.draw(strategies.operations(schema))
    if operation.table not in schema.tables or operation.drops_table:
        return
    before = schema.table(operation.table)
    for step in operation.steps(schema):
        assert step.after is not None
        for state, other in ((before, step.after), (step.after, before)):
            for difference in diff(live_of(state), other):
                assert difference.aspect is None or operation.is_concerned(difference.aspect, before), difference
