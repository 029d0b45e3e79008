"""What an upgrade would do."""

from dataclasses import replace

import pytest

from osem_migrate.errors import (
    MigrationChanged,
    MigrationFuture,
    MigrationMissing,
    MigrationOutOfOrder,
    ScriptOperationInapplicable,
    TargetUnknown,
)
from osem_migrate.history import History, RecordedError, RecordedState
from osem_migrate.migration import Migration
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    SetDeletionProtection,
    SetStream,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.operations.estimate import Estimate
from osem_migrate.operations.update_items import UpdateItems
from osem_migrate.planning.history_check import find_version
from osem_migrate.planning.plan import Direction, Plan
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Index, S, Schema
from tests.doubles.typed import typed
from tests.unit.planning.builders import applied, history, migration, record

USERS = migration(1, CreateTable("Users", S("userId")))
TEAMS = migration(2, CreateTable("Teams", S("teamId")))
MANAGERS = migration(3, AddIndex("Teams", "manager-index", S("managerId")))
BOTH = migration(4, AddIndex("Teams", "name-index", S("name")), AddIndex("Users", "mail-index", S("mail")))
ALL = (USERS, TEAMS, MANAGERS, BOTH)


def ids(plan: Plan) -> list[str]:
    """Ids of the planned migrations, shortened to their numbers."""
    return [planned.migration.id[:4] for planned in plan.migrations]


def test_everything_is_pending_where_nothing_was_recorded() -> None:
    """All scripts in order, from an empty schema to the whole one, and the history table comes first."""
    plan = make_plan(ALL, History())
    assert ids(plan) == ["0001", "0002", "0003", "0004"]
    assert plan.before == Schema()
    assert {name: len(table.indexes) for name, table in plan.after.tables.items()} == {"Users": 1, "Teams": 2}
    assert [step.method for step in plan.calls] == ["create_table"] * 2 + ["update_table"] * 3
    assert [planned.already_done for planned in plan.migrations] == [0, 0, 0, 0]
    assert plan.creates_history
    assert not plan.is_empty


def test_nothing_is_pending_where_all_is_applied() -> None:
    """A second upgrade plans nothing, not even the history table."""
    plan = make_plan(ALL, applied(*ALL))
    assert plan.is_empty
    assert (plan.operations, plan.steps, plan.lanes, plan.hazards) == ((), (), (), ())
    assert plan.before == plan.after
    assert not plan.creates_history
    assert not make_plan((), History()).creates_history


def test_pending_is_what_has_no_applied_record() -> None:
    """Only what is recorded as applied counts, whatever number is the newest; reverted ones are pending again."""
    assert ids(make_plan(ALL, applied(USERS, TEAMS))) == ["0003", "0004"]
    reverted = history(record(USERS), record(TEAMS), record(MANAGERS, RecordedState.REVERTED))
    plan = make_plan(ALL, reverted)
    assert ids(plan) == ["0003", "0004"]
    assert plan.before.table("Teams").indexes == ()
    gap = history(record(USERS), record(TEAMS), record(BOTH))
    assert ids(make_plan(ALL, gap, allow_out_of_order=True)) == ["0003"]


def test_a_reverted_migration_may_be_edited() -> None:
    """What is no longer live binds nobody to how it was declared."""
    edited = migration(3, AddIndex("Teams", "boss-index", S("bossId")))
    past = history(record(USERS), record(TEAMS), record(MANAGERS, RecordedState.REVERTED))
    assert ids(make_plan((USERS, TEAMS, edited), past)) == ["0003"]


@pytest.mark.parametrize("target", ["2", "02", "0002", "0002_change"])
def test_a_target_is_a_number_or_an_id(target: str) -> None:
    """Everything up to the target and the target itself is planned."""
    assert find_version(ALL, target) is TEAMS
    plan = make_plan(ALL, History(), target=target)
    assert ids(plan) == ["0001", "0002"]
    assert set(plan.after.tables) == {"Users", "Teams"}


def test_a_target_behind_what_is_applied_plans_nothing() -> None:
    """Upgrade only goes forward; the tables stay what the whole history made of them."""
    plan = make_plan(ALL, applied(*ALL[:3]), target="1")
    assert plan.is_empty
    assert plan.after.table("Teams").index("manager-index") is not None


@pytest.mark.parametrize("target", ["5", "0", "-1", "0002_", "change", "", "²"])
def test_an_unknown_target_is_an_error(target: str) -> None:
    """It is named, and so is the way to find the right one."""
    with pytest.raises(TargetUnknown) as raised:
        make_plan(ALL, History(), target=target)
    assert raised.value.details == {"version": target}
    assert repr(target) in raised.value.message
    assert "osem-migrate status" in typed(raised.value)


def test_an_edited_script_stops_the_plan() -> None:
    """An applied script whose declarations changed is named with its file and both checksums."""
    edited = migration(2, CreateTable("Teams", S("id")))
    with pytest.raises(MigrationChanged) as raised:
        make_plan((USERS, edited), applied(USERS, TEAMS))
    assert raised.value.message == "migrations/0002_change.py was changed after it was applied"
    assert raised.value.details == {
        "migration": "0002_change",
        "file": "migrations/0002_change.py",
        "recorded": TEAMS.checksum,
        "found": edited.checksum,
    }


def test_the_earliest_contradiction_is_the_one_that_is_reported() -> None:
    """By number, not by text: the ten-thousandth script comes after the two-thousandth."""
    late, early = migration(10_000), migration(2_000)
    with pytest.raises(MigrationMissing) as raised:
        make_plan((migration(20_000),), applied(late, early))
    assert raised.value.details["migration"] == "2000_change"


@pytest.mark.parametrize("state", [RecordedState.APPLIED, RecordedState.FAILED, RecordedState.RUNNING])
def test_a_script_that_ran_and_is_gone_stops_the_plan(state: RecordedState) -> None:
    """Without it nobody knows what the tables look like."""
    with pytest.raises(MigrationMissing) as raised:
        make_plan((USERS, migration(3)), history(record(USERS), record(TEAMS, state)))
    assert raised.value.message == f"0002_change is recorded as {state}, but its script is not in the folder"
    assert raised.value.details == {"migration": "0002_change"}


def test_what_only_a_newer_checkout_has_is_noted_where_nothing_is_pending() -> None:
    """A release that was rolled back has nothing to do, and must not falsify what the newer one recorded."""
    newer = migration(9, slug="theirs")
    plan = make_plan((USERS, TEAMS), applied(USERS, TEAMS, newer))
    assert (plan.is_empty, plan.future) == (True, ("0009_theirs",))
    assert make_plan((USERS, TEAMS), applied(USERS, TEAMS)).future == ()
    edited = migration(2, CreateTable("Teams", S("other")))
    with pytest.raises(MigrationChanged):
        make_plan((USERS, edited), applied(USERS, TEAMS, newer))


def test_what_is_pending_beside_a_newer_checkout_stops_the_plan() -> None:
    """What it builds on may not be there any more; up to a version of which nothing is pending all is well."""
    past = applied(USERS, migration(9, slug="theirs"))
    with pytest.raises(MigrationFuture) as raised:
        make_plan((USERS, TEAMS), past)
    assert raised.value.details == {"migration": "0009_theirs", "future": ["0009_theirs"], "pending": [TEAMS.id]}
    assert make_plan((USERS, TEAMS), past, target="1").future == ("0009_theirs",)


def test_what_failed_and_is_gone_is_never_of_a_newer_checkout() -> None:
    """Somebody deleted the script after it had failed, and its failure is what has to be told."""
    failed = record(migration(9), RecordedState.FAILED, 0, error=RecordedError(code="X", message="no right"))
    with pytest.raises(
        MigrationMissing, match="recorded as failed, but its script is not in the folder: no right"
    ) as raised:
        make_plan((USERS,), history(record(USERS), failed))
    assert type(raised.value) is MigrationMissing


def test_what_no_run_came_to_is_forgotten_with_its_script() -> None:
    """It was only announced, so nothing of it is live."""
    announced = record(migration(9), RecordedState.RUNNING, 0, started_at=None)
    assert make_plan((USERS,), history(record(USERS), announced)).is_empty


@pytest.mark.parametrize("number", [1, 7])
def test_a_renamed_script_is_named(number: int) -> None:
    """Also where its number has changed; two scripts that declare the same are not told apart."""
    old, new = migration(2, *TEAMS.operations, slug="old"), migration(number, *TEAMS.operations, slug="new")
    with pytest.raises(MigrationMissing) as one:
        make_plan((new,), applied(old))
    assert one.value.message == f"0002_old is recorded as applied, but its script is {new.id} now"
    assert one.value.details["renamed_to"] == new.id
    with pytest.raises(MigrationMissing) as other:
        make_plan((new, migration(8, *TEAMS.operations)), applied(old))
    assert "renamed_to" not in other.value.details


def test_a_plan_names_the_downgrade_that_it_takes_back() -> None:
    """It goes forward where somebody was on the way back."""
    reversing = record(TEAMS, RecordedState.FAILED, 1, downgrade_to="1")
    assert make_plan((USERS, TEAMS), history(record(USERS), reversing)).abandons == "1"
    assert make_plan((USERS, TEAMS), history(record(USERS), record(TEAMS, RecordedState.FAILED, 1))).abandons is None


def test_a_reverted_script_may_go() -> None:
    """It left nothing behind."""
    assert ids(make_plan((USERS,), history(record(TEAMS, RecordedState.REVERTED)))) == ["0001"]


def test_a_late_script_stops_the_plan() -> None:
    """A pending script below the newest applied one is named, with the number it is below."""
    with pytest.raises(MigrationOutOfOrder) as raised:
        make_plan(ALL, applied(USERS, MANAGERS))
    assert raised.value.message == "migrations/0002_change.py is pending, but migration 0003 is applied already"
    assert raised.value.details == {"migration": "0002_change", "newest_applied": 3}


def test_the_next_script_is_not_late() -> None:
    """The one after the newest applied one is simply pending, and so is a late one beyond the target."""
    assert ids(make_plan(ALL, applied(USERS, TEAMS, MANAGERS))) == ["0004"]
    assert make_plan(ALL, applied(USERS, TEAMS, BOTH), target="2").is_empty


def test_late_scripts_run_on_top_of_what_is_applied() -> None:
    """When they are allowed, the applied ones are replayed first, whatever their numbers."""
    early = migration(1, SetTags("Teams", {"Team": "core"}))
    with pytest.raises(ScriptOperationInapplicable):
        make_plan((early, TEAMS), History())
    plan = make_plan((early, TEAMS), applied(TEAMS), allow_out_of_order=True)
    assert ids(plan) == ["0001"]
    assert plan.operations[0].before == plan.before.table("Teams")
    tags = plan.after.table("Teams").setting(SetTags)
    assert tags == SetTags("Teams", {"Team": "core"})


@pytest.mark.parametrize("state", [RecordedState.RUNNING, RecordedState.FAILED])
def test_an_unfinished_migration_resumes_behind_what_is_done(state: RecordedState) -> None:
    """Completed operations are not planned again, but the tables they made are where the plan begins."""
    plan = make_plan(ALL, history(record(USERS), record(TEAMS), record(MANAGERS), record(BOTH, state, 1)))
    (planned,) = plan.operations
    assert (planned.position, planned.operation) == (1, BOTH.operations[1])
    assert plan.migrations[0].already_done == 1
    assert plan.before.table("Teams").index("name-index") is not None
    assert plan.before.table("Users").index("mail-index") is None


def test_an_unfinished_migration_of_which_all_is_done_is_still_to_be_recorded() -> None:
    """It is planned without operations, so that its end is recorded."""
    plan = make_plan((USERS,), history(record(USERS, RecordedState.RUNNING, 1)))
    assert ids(plan) == ["0001"]
    assert not plan.is_empty
    assert plan.operations == ()


def test_an_unfinished_migration_is_never_late() -> None:
    """It was begun in its turn, so it resumes though a later one is applied."""
    plan = make_plan(
        ALL, history(record(USERS), record(TEAMS), record(MANAGERS, RecordedState.FAILED, 0), record(BOTH))
    )
    assert ids(plan) == ["0003"]


def test_what_an_unfinished_migration_did_is_live_for_those_before_it() -> None:
    """A script that joins below it begins at the tables as they are, not as they were."""
    joins = migration(3, SetStream("Teams", "NEW_IMAGE"))
    begun = migration(4, AddIndex("Teams", "name-index", S("name")), AddIndex("Users", "mail-index", S("mail")))
    past = history(record(USERS), record(TEAMS), record(begun, RecordedState.FAILED, 1))
    plan = make_plan((USERS, TEAMS, joins, begun), past)
    assert ids(plan) == ["0003", "0004"]
    first = plan.operations[0]
    assert first.before is not None
    assert first.before.index("name-index") is not None
    only = make_plan((USERS, TEAMS, joins, begun), past, target="3")
    assert only.after.table("Teams").index("name-index") is not None


def test_the_completed_part_of_an_unfinished_migration_binds() -> None:
    """An operation that ran may not be edited; the ones after it may, and so may their number."""
    past = history(record(USERS), record(TEAMS), record(BOTH, RecordedState.FAILED, 1))
    done, other = BOTH.operations
    edited = AddIndex("Teams", "name-index", S("title"))
    with pytest.raises(MigrationChanged, match=r"0004_change\.py was changed after part of it was applied"):
        make_plan((USERS, TEAMS, migration(4, edited, other)), past)
    with pytest.raises(MigrationChanged):
        make_plan((USERS, TEAMS, migration(4, other, done)), past)
    for rest in ((), (AddIndex("Users", "name-index", S("name")),), (other, SetStream("Users", "NEW_IMAGE"))):
        plan = make_plan((USERS, TEAMS, migration(4, done, *rest)), past)
        assert tuple(planned.operation for planned in plan.operations) == rest
        assert [planned.position for planned in plan.operations] == list(range(1, len(rest) + 1))


def test_a_failed_migration_of_which_nothing_is_done_may_be_edited() -> None:
    """Nothing of it is live, so correcting it is the way on."""
    corrected = migration(2, CreateTable("Teams", S("id")))
    past = history(record(USERS), record(TEAMS, RecordedState.FAILED, 0))
    assert ids(make_plan((USERS, corrected), past)) == ["0002"]


def test_a_removed_operation_that_had_run_is_a_change() -> None:
    """A script that is shorter than what was done of it was changed."""
    shorter = migration(4, BOTH.operations[0])
    with pytest.raises(MigrationChanged):
        make_plan((USERS, TEAMS, shorter), history(record(USERS), record(TEAMS), record(BOTH, RecordedState.FAILED, 2)))


def test_every_operation_knows_the_table_before_and_after_it() -> None:
    """One operation of several steps has a state after each of them; a dropped table ends in none."""
    moves = migration(3, SetTimeToLive("Teams", "deleteAt"), DropTable("Users"))
    teams = migration(2, CreateTable("Teams", S("teamId"), settings=[SetTimeToLive("Teams", "expiresAt")]))
    create_users, create_teams, move, drop = make_plan((USERS, teams, moves), History()).operations
    assert (create_users.before, create_users.states[0]) == (None, None)
    assert [state.setting(SetTimeToLive) if state else None for state in create_teams.states] == [
        None,
        None,
        SetTimeToLive("Teams", "expiresAt"),
    ]
    assert move.states[0] == create_teams.after
    middle = move.states[1]
    assert middle is not None
    assert middle.setting(SetTimeToLive) == SetTimeToLive("Teams", "expiresAt", enabled=False)
    assert move.states[2] == move.after
    assert drop.states == (create_users.after, None)
    assert drop.after is None


def test_lanes_are_tables_in_the_order_of_their_first_operation() -> None:
    """Operations of one script go to the lanes of their tables."""
    lanes = make_plan(ALL, applied(USERS)).lanes
    assert [(lane.table, [planned.operation.describe() for planned in lane.operations]) for lane in lanes] == [
        ("Teams", ["create table Teams", "add index manager-index to Teams", "add index name-index to Teams"]),
        ("Users", ["add index mail-index to Users"]),
    ]


def test_hazards_are_said_before_they_happen() -> None:
    """One sentence for every operation still to do that loses something; none for those already done."""
    loses = migration(4, DropIndex("Teams", "manager-index"), DropTable("Users"))
    past = applied(USERS, TEAMS, MANAGERS)
    plan = make_plan((USERS, TEAMS, MANAGERS, loses), past)
    assert tuple(hazard.text for hazard in plan.hazards) == (
        "queries on index manager-index of Teams fail until it is built again",
        "every item of table Users is lost",
    )
    begun = replace(past, records={**past.records, loses.id: record(loses, RecordedState.FAILED, 1)})
    assert make_plan((USERS, TEAMS, MANAGERS, loses), begun).hazards == plan.hazards[1:]
    assert make_plan(ALL, History()).hazards == ()


def test_new_tables_get_the_environments_defaults() -> None:
    """They are in the table, and in the call that creates it."""
    protected = SetDeletionProtection("anything", enabled=True)
    plan = make_plan((USERS,), History(), defaults=(protected,))
    assert plan.after.table("Users").setting(SetDeletionProtection) == SetDeletionProtection("Users", enabled=True)
    assert plan.calls[0].parameters["DeletionProtectionEnabled"] is True


def test_an_operation_that_does_not_fit_is_reported_with_file_and_line() -> None:
    """Before anything is planned, wherever it stands in the script."""
    wrong = migration(3, SetStream("Teams", "NEW_IMAGE"), AddIndex("Tems", "an-index", S("a")))
    with pytest.raises(ScriptOperationInapplicable) as raised:
        make_plan((USERS, TEAMS, wrong), History())
    assert raised.value.message.startswith("migrations/0003_change.py:6: cannot add index an-index to Tems: ")
    assert (raised.value.details["file"], raised.value.details["line"]) == ("migrations/0003_change.py", 6)


def test_the_line_of_a_resumed_operation_is_its_own() -> None:
    """Positions count from the beginning of the script, not from where the run resumes."""
    wrong = migration(3, SetStream("Teams", "NEW_IMAGE"), AddIndex("Tems", "an-index", S("a")))
    past = history(record(USERS), record(TEAMS), record(wrong, RecordedState.FAILED, 1))
    with pytest.raises(ScriptOperationInapplicable) as raised:
        make_plan((USERS, TEAMS, wrong), past)
    assert raised.value.details["line"] == 6


def test_scripts_made_in_memory_are_named_by_their_id() -> None:
    """A migration without a file is named all the same."""
    made, later = Migration("0001_made", 1, USERS.operations), Migration("0002_late", 2, TEAMS.operations)
    with pytest.raises(MigrationOutOfOrder, match=r"^0001_made is pending"):
        make_plan((made, later), applied(later))
    with pytest.raises(MigrationChanged, match=r"^0001_made was changed"):
        make_plan((made,), history(record(made, checksum="sha256:v1:other")))


def test_an_operation_waits_for_the_one_before_it_in_its_lane() -> None:
    """And for nothing else: tables are changed side by side, whatever script they stand in."""
    assert make_plan(ALL, History()).predecessors == {
        ("0001_change", 0): frozenset(),
        ("0002_change", 0): frozenset(),
        ("0003_change", 0): {("0002_change", 0)},
        ("0004_change", 0): {("0003_change", 0)},
        ("0004_change", 1): {("0001_change", 0)},
    }


def test_an_operation_waits_for_all_that_its_script_depends_on() -> None:
    """Every operation of the other script that is still to do; what is applied already is not waited for."""
    depends = replace(migration(5), depends=("0004_change", "0001_change"))
    waits = make_plan((*ALL, depends), History()).predecessors
    assert waits["0005_change", 0] == {("0004_change", 0), ("0004_change", 1), ("0001_change", 0)}
    rest = make_plan((*ALL, depends), applied(USERS, TEAMS, MANAGERS)).predecessors
    assert rest["0005_change", 0] == {("0004_change", 0), ("0004_change", 1)}


def test_the_estimate_is_that_of_the_slowest_table() -> None:
    """Tables take their time side by side; what waits in one of them adds up."""
    plan = make_plan(ALL, History())
    assert plan.estimate == Estimate(2 + 2 * 468, 6 + 2 * 1000)
    assert make_plan(ALL, History(), target="2").estimate == Estimate(2, 6)
    assert make_plan((), History()).estimate == Estimate(0, 0)


def test_an_operation_knows_the_indexes_that_come_later() -> None:
    """Those that later operations add to its table, and not what it has or makes itself."""
    ahead = {
        planned.key: [known.name for known in planned.ahead if isinstance(known, Index)]
        for planned in make_plan(ALL, History()).operations
    }
    assert {key: sorted(names) for key, names in ahead.items()} == {
        ("0001_change", 0): ["mail-index"],
        ("0002_change", 0): ["manager-index", "name-index"],
        ("0003_change", 0): ["name-index"],
        ("0004_change", 0): [],
        ("0004_change", 1): [],
    }


def test_what_a_later_incarnation_of_a_table_gets_is_not_ahead() -> None:
    """The table is dropped and made anew in between."""
    anew = (migration(5, DropTable("Teams")), migration(6, CreateTable("Teams", S("id"))))
    later = migration(7, AddIndex("Teams", "late-index", S("late")))
    operations = {
        planned.key[0][:4]: planned for planned in make_plan((TEAMS, MANAGERS, *anew, later), History()).operations
    }
    assert {
        number: [known.name for known in planned.ahead if isinstance(known, Index)]
        for number, planned in operations.items()
    } == {
        "0002": ["manager-index"],
        "0003": [],
        "0005": [],
        "0006": ["late-index"],
        "0007": [],
    }


def test_an_index_that_is_built_again_is_not_ahead_of_its_own_removal() -> None:
    """While it is there, it is the table's own; once it is dropped, it may be back already."""
    again = (migration(4, DropIndex("Teams", "manager-index")), migration(5, *MANAGERS.operations))
    operations = {p.key[0][:4]: p for p in make_plan((TEAMS, MANAGERS, *again), History()).operations}
    assert "manager-index" not in [known.name for known in operations["0004"].ahead if isinstance(known, Index)]
    assert operations["0005"].ahead == ()


def test_operations_that_lanes_left_out_are_planned_at_their_place() -> None:
    """Not the first ones but the missing ones are left, and what is in doubt among them."""
    three = migration(
        4,
        AddIndex("Teams", "name-index", S("name")),
        AddIndex("Users", "mail-index", S("mail")),
        AddIndex("Users", "city-index", S("city")),
    )
    begun = replace(record(three, RecordedState.RUNNING), done=(1, 2), doubt=(2,))
    plan = make_plan((USERS, TEAMS, three), history(record(USERS), record(TEAMS), begun))
    assert [planned.position for planned in plan.operations] == [0, 2]
    assert plan.before.table("Users").index("mail-index") is not None
    assert plan.migrations[0].already_done == 1


def test_directions_say_what_is_live_and_when_it_ends() -> None:
    """Upgrading makes operations live until all are; downgrading takes them away until none is."""
    up, down = Direction.UPGRADE, Direction.DOWNGRADE
    assert (up.live(BOTH, {1}), down.live(BOTH, {1})) == ((0,), (1,))
    assert (up.live(BOTH, ()), down.live(BOTH, ())) == ((0, 1), ())
    assert (up.after((1,), 0), down.after((0, 1), 0)) == ((0, 1), (1,))
    assert (up.after((0,), 0), down.after((1,), 0)) == ((0,), (1,))
    some, whole, none = (replace(record(BOTH, RecordedState.RUNNING), done=done) for done in ((1,), (0, 1), ()))
    assert [up.ended(one) for one in (some, whole, none)] == [None, RecordedState.APPLIED, None]
    assert [down.ended(one) for one in (some, whole, none)] == [None, None, RecordedState.REVERTED]


def test_the_estimate_waits_for_what_a_script_depends_on() -> None:
    """An index whose script depends on one of another table begins when that one is built."""
    mails = replace(migration(4, AddIndex("Users", "mail-index", S("mail"))), depends=(MANAGERS.id,))
    beside = make_plan((USERS, TEAMS, MANAGERS, replace(mails, depends=())), History()).estimate
    behind = make_plan((USERS, TEAMS, MANAGERS, mails), History()).estimate
    assert (behind.low - beside.low, behind.high - beside.high) == (468, 1000)


def look(item: object, lookup: object) -> None:
    """A change that looks something up."""
    del item, lookup


def test_an_operation_that_reads_other_tables_is_in_their_lanes_too() -> None:
    """It waits for what was done to them, and what is done to them later waits for it."""
    scripts = [
        migration(1, CreateTable("Users", S("id")), CreateTable("Teams", S("id"))),
        migration(2, UpdateItems("Users", look, lookups=["Teams"]), AddIndex("Teams", "by-a", S("a"))),
        migration(3, AddIndex("Users", "by-a", S("a"))),
    ]
    waits = make_plan(scripts, History()).predecessors
    first, second, third = (script.id for script in scripts)
    assert waits[(second, 0)] == {(first, 0), (first, 1)}
    assert waits[(second, 1)] == {(second, 0)}
    assert waits[(third, 0)] == {(second, 0)}


def test_items_are_changed_whatever_was_adopted() -> None:
    """What is in a table no description shows, so a table that is as declared is changed all the same."""
    script = migration(1, CreateTable("Users", S("id")), UpdateItems("Users", forget), CHECKED)
    plan = make_plan([script], History())
    update, index = plan.operations[1:]
    assert (update.is_described, index.is_described) == (False, True)
    assert index.on(index.after).steps == ()
    assert [step.action for step in update.on(index.after).steps] == ["UpdateItems"]


CHECKED = AddIndex("Users", "by-a", S("a"), check_items=True)


def forget(item: object) -> None:
    """A change."""
    del item
