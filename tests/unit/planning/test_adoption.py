"""Adoption: what is live already on a first run is taken for done, and what the scripts never make is named."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.history import History
from osem_migrate.live_table import LiveIndex
from osem_migrate.operations import AddIndex, CreateTable, DropIndex, DropTable, Operation, SetBilling, SetTimeToLive
from osem_migrate.planning.adoption import find_mismatches, possible_tables, without_live_operations
from osem_migrate.planning.fold import fold
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import S, Table
from tests import strategies
from tests.unit.planning.builders import applied, live, live_of, migration

TEAMS = CreateTable("Teams", S("teamId"))
BY_MANAGER = AddIndex("Teams", "managerId-index", S("managerId"))
PROVISIONED = SetBilling.provisioned("Teams", read=1, write=2)


def plan_of(*operations: Operation) -> Plan:
    """A first run of one script an operation."""
    return make_plan([migration(number, one) for number, one in enumerate(operations, 1)], History())


def after(plan: Plan, count: int) -> Table:
    """The only table once so many operations are done."""
    table = plan.operations[count - 1].after
    assert table is not None
    return table


def left(plan: Plan) -> list[Operation]:
    """What remains to be carried out."""
    return [planned.operation for planned in plan.operations]


def test_only_a_first_run_looks_for_tables_that_are_there_already() -> None:
    """Where anything was ever recorded, no table is looked at; else each table of the plan, with what it declares."""
    plan = plan_of(TEAMS, SetTimeToLive("Teams", "expiresAt"), CreateTable("Users", S("userId")))
    assert possible_tables(plan) == {"Teams": {SetBilling, SetTimeToLive}, "Users": {SetBilling}}
    one = migration(1, TEAMS)
    assert possible_tables(make_plan([one, migration(2, BY_MANAGER)], applied(one))) == {}


@given(st.data(), strategies.operation_sequences())
def test_a_table_at_any_point_of_its_lane_is_adopted(data: st.DataObject, operations: tuple[Operation, ...]) -> None:
    """What was done up to there is done for good; what comes behind it remains, in order."""
    plan = plan_of(*operations)
    points = [(lane, n) for lane in plan.lanes for n, one in enumerate(lane.operations, 1) if one.after is not None]
    if not points:
        return
    lane, count = data.draw(st.sampled_from(points))
    state = lane.operations[count - 1].after
    assert state is not None
    found = live_of(state)
    assert find_mismatches(plan, [found]) == ()
    remaining = [one.key for one in without_live_operations(plan, [found]).operations if one.table == lane.table]
    keys = [one.key for one in lane.operations]
    assert len(remaining) <= len(keys) - count
    assert remaining == keys[len(keys) - len(remaining) :]


def test_the_latest_point_counts() -> None:
    """Even where no single operation would recognise the table, and where something was added and dropped again."""
    plan = plan_of(TEAMS, BY_MANAGER, PROVISIONED, DropIndex("Teams", "managerId-index"))
    adopted = without_live_operations(plan, [live_of(after(plan, 4))])
    assert left(adopted) == []
    assert len(adopted.migrations) == 4
    assert {planned.already_done for planned in adopted.migrations} == {1}
    assert left(without_live_operations(plan, [live_of(after(plan, 2))])) == left(plan)[2:]


def test_a_second_incarnation_is_recognised() -> None:
    """Dropped and made anew by the scripts: the table that is there is the second one."""
    plan = plan_of(TEAMS, DropTable("Teams"), CreateTable("Teams", S("id")))
    assert left(without_live_operations(plan, [live_of(after(plan, 3))])) == []
    assert left(without_live_operations(plan, [live_of(after(plan, 1))])) == left(plan)[1:]


def test_an_index_that_is_ahead_is_no_surprise() -> None:
    """Somebody made a later index by hand: the table is adopted up to there, and the index in its turn."""
    plan = plan_of(TEAMS, PROVISIONED, BY_MANAGER)
    found = live_of(replace(after(plan, 1), indexes=[BY_MANAGER.index]))
    assert find_mismatches(plan, [found]) == ()
    assert left(without_live_operations(plan, [found])) == [PROVISIONED, BY_MANAGER]


def test_a_table_that_is_not_there_is_made() -> None:
    """Nothing of its lane is done, even if its last operation drops it."""
    plan = plan_of(TEAMS, DropTable("Teams"))
    gone = live(None, name="Teams")
    assert find_mismatches(plan, [gone]) == ()
    assert left(without_live_operations(plan, [gone])) == left(plan)


def test_a_table_that_still_moves_is_left_to_the_run() -> None:
    """It waits, operation by operation."""
    plan = plan_of(TEAMS, BY_MANAGER)
    found = live_of(after(plan, 2), indexes={"managerId-index": LiveIndex(status="CREATING", backfilling=True)})
    assert find_mismatches(plan, [found]) == ()
    assert left(without_live_operations(plan, [found])) == left(plan)


def test_a_misfit_is_told_from_the_nearest_point() -> None:
    """One difference from the end, and more from everywhere else: that one is named."""
    plan = plan_of(TEAMS, BY_MANAGER, PROVISIONED)
    strange = replace(after(plan, 3), indexes=[*after(plan, 3).indexes, AddIndex("Teams", "x-index", S("x")).index])
    (misfit,) = find_mismatches(plan, [live_of(strange)])
    assert misfit.live.physical_name == "osem-staging-Teams"
    assert [difference.code for difference in misfit.differences] == ["DRIFT_INDEX_UNEXPECTED"]


def test_what_was_to_come_with_its_table_takes_its_own_call() -> None:
    """Folding is over once there is no CreateTable to fold into; other tables are folded as before."""
    users, by_mail = CreateTable("Users", S("userId")), AddIndex("Users", "mail-index", S("mail"))
    plan = fold(plan_of(TEAMS, BY_MANAGER, users, by_mail))
    adopted = without_live_operations(plan, [live_of(after(plan, 1)), live(None, name="Users")])
    assert {one.operation: one.folded for one in adopted.operations} == {
        BY_MANAGER: False,
        users: False,
        by_mail: True,
    }
