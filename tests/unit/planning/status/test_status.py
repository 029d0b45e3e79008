"""Where an environment stands."""

from dataclasses import replace
from typing import Any

import pytest

from osem_migrate.errors import ExitCode
from osem_migrate.history import History, Record, RecordedError, RecordedState, RecordedTable, ShownState, TableEffect
from osem_migrate.live_table import LiveIndex, LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    SetDeletionProtection,
    SetPointInTimeRecovery,
    SetStream,
    SetTags,
)
from osem_migrate.planning.status.status import IGNORABLE, ProblemKind, Severity, Status, assess, expect
from osem_migrate.schema import Index, S
from tests.unit.planning.builders import (
    CALLER,
    ENVIRONMENT_AND_FLAGS,
    applied,
    created,
    history,
    live,
    live_of,
    migration,
    record,
)
from tests.unit.planning.builders import (
    told as as_typed,
)

USERS = migration(1, CreateTable("Users", S("userId")))
TEAMS = migration(2, CreateTable("Teams", S("teamId")))
MANAGERS = migration(3, AddIndex("Teams", "manager-index", S("managerId")))
ALL = (USERS, TEAMS, MANAGERS)


def status(
    migrations: tuple[Migration, ...], past: History, *live_tables: LiveTable, alive: bool = False, whole: bool = True
) -> Status:
    """The status; tables that are not given are as they should be, unless ``whole`` is off."""
    expectation = expect(migrations, past)
    given = {one.name for one in live_tables}
    rest = [live_of(table) for name, table in expectation.schema.tables.items() if whole and name not in given]
    return assess(migrations, past, expectation, [*live_tables, *rest], lock_alive=alive, caller=CALLER)


def told(found: Status) -> list[tuple[str, str, str]]:
    """Code, subject and message of every remark."""
    return [(remark.code, remark.subject, remark.message) for remark in found.remarks]


def states(found: Status) -> list[tuple[str, str]]:
    """Number and shown state of every migration."""
    return [(one.id[:4], one.state.value) for one in found.migrations]


def test_all_is_well() -> None:
    """Everything applied and live: no problem, no note, exit 0."""
    found = status(ALL, applied(*ALL))
    assert states(found) == [("0001", "applied"), ("0002", "applied"), ("0003", "applied")]
    assert (found.problems, found.notes, found.in_sync) == ((), (), True)
    assert found.exit_code() is ExitCode.OK
    assert found.count(ShownState.APPLIED) == 3
    assert found.count(ShownState.PENDING) == 0
    assert [table.name for table in found.tables] == ["Users", "Teams"]
    assert found.migrations[0].summary == "Summary 1."
    assert found.migrations[0].file == "migrations/0001_change.py"
    assert found.migrations[0].record == record(USERS)


def test_before_the_first_upgrade_everything_is_pending() -> None:
    """A history that does not exist yet is an empty one, and no table is expected."""
    found = status(ALL, History())
    assert {one.state for one in found.migrations} == {ShownState.PENDING}
    assert [problem.code for problem in found.problems] == ["MIGRATION_PENDING"] * 3
    assert found.exit_code() is ExitCode.PENDING
    assert found.tables == ()


STATES = [
    (None, False, "pending", "MIGRATION_PENDING", ExitCode.PENDING),
    (record(MANAGERS, RecordedState.REVERTED), False, "reverted", "MIGRATION_REVERTED", ExitCode.PENDING),
    (record(MANAGERS, RecordedState.RUNNING, 0), True, "running", "MIGRATION_RUNNING", ExitCode.PENDING),
    (record(MANAGERS, RecordedState.RUNNING, 0), False, "interrupted", "MIGRATION_INTERRUPTED", ExitCode.HISTORY),
    (record(MANAGERS, RecordedState.FAILED, 0), False, "failed", "MIGRATION_FAILED", ExitCode.HISTORY),
    (record(MANAGERS, RecordedState.FAILED, 0), True, "failed", "MIGRATION_FAILED", ExitCode.HISTORY),
    (record(MANAGERS, checksum="sha256:v1:other"), False, "changed", "MIGRATION_CHANGED", ExitCode.HISTORY),
    (
        record(MANAGERS, RecordedState.RUNNING, 0, started_at=None),
        False,
        "pending",
        "MIGRATION_PENDING",
        ExitCode.PENDING,
    ),
    (
        record(MANAGERS, RecordedState.RUNNING, 0, started_at=None),
        True,
        "pending",
        "MIGRATION_PENDING",
        ExitCode.PENDING,
    ),
    (
        record(MANAGERS, RecordedState.RUNNING, 0, doubt=(0,), left_at=1),
        False,
        "running",
        "MIGRATION_RUNNING",
        ExitCode.PENDING,
    ),
    (
        record(MANAGERS, RecordedState.RUNNING, 1, operation_hashes=("sha256:v1:other",)),
        True,
        "changed",
        "MIGRATION_CHANGED",
        ExitCode.HISTORY,
    ),
]


@pytest.mark.parametrize(("recorded", "alive", "state", "code", "exits"), STATES)
def test_each_state_has_its_code_and_exit(
    recorded: Record | None,
    alive: bool,  # noqa: FBT001 - a table of cases
    state: str,
    code: str,
    exits: ExitCode,
) -> None:
    """One migration that is not simply applied is one problem, with file, remedy and the word that ignores it."""
    past = history(record(USERS), record(TEAMS), *([recorded] if recorded is not None else []))
    found = status(ALL, past, alive=alive)
    assert states(found)[2] == ("0003", state)
    (problem,) = found.problems
    assert (problem.code, problem.state, problem.subject) == (code, state, "0003_change")
    assert problem.kind.exit_code is exits is found.exit_code()
    assert (problem.file, problem.line) == ("migrations/0003_change.py", 5)
    assert ENVIRONMENT_AND_FLAGS in as_typed(problem.advice)
    assert problem.message
    assert (problem.expected, problem.found) == (None, None)
    assert found.exit_code([state]) is ExitCode.OK
    assert state in IGNORABLE


@pytest.mark.parametrize("reverted", [None, record(TEAMS, RecordedState.REVERTED)])
def test_pending_below_the_newest_applied_is_out_of_order(reverted: Record | None) -> None:
    """Only below it: the newest itself is applied, and those above are simply pending."""
    past = history(record(USERS), record(migration(3)), *([reverted] if reverted is not None else []))
    found = status((USERS, TEAMS, migration(3), migration(4)), past)
    assert states(found) == [("0001", "applied"), ("0002", "out_of_order"), ("0003", "applied"), ("0004", "pending")]
    assert [problem.code for problem in found.problems] == ["MIGRATION_OUT_OF_ORDER", "MIGRATION_PENDING"]
    assert found.exit_code() is ExitCode.HISTORY
    assert found.exit_code(["out_of_order"]) is ExitCode.PENDING


def test_an_unfinished_one_below_the_newest_applied_is_unfinished() -> None:
    """It was begun in its turn; what it needs is to be resumed."""
    later = migration(4)
    past = history(record(USERS), record(TEAMS), record(MANAGERS, RecordedState.FAILED, 0), record(later))
    assert states(status((*ALL, later), past))[2:] == [("0003", "failed"), ("0004", "applied")]


@pytest.mark.parametrize("state", [RecordedState.APPLIED, RecordedState.FAILED, RecordedState.RUNNING])
@pytest.mark.parametrize("number", [2, 9])
def test_a_record_without_a_script_is_missing_or_from_the_future(state: RecordedState, number: int) -> None:
    """Only what is applied beyond the newest script is of a newer checkout; no table is compared then."""
    future = number == 9 and state is RecordedState.APPLIED
    shown, code = ("future", "MIGRATION_FUTURE") if future else ("missing", "MIGRATION_MISSING")
    unknown = migration(number, slug="theirs")
    past = history(record(USERS), record(unknown, state), record(MANAGERS))
    by_hand = live(None, name="Users")
    found = status((USERS, MANAGERS), past, by_hand, live_of(expect(ALL, applied(*ALL)).schema.table("Teams")))
    problem = next(one for one in found.problems if one.subject == unknown.id)
    assert (problem.code, problem.state, problem.file) == (code, shown, None)
    assert f"recorded as {state}" in problem.message
    assert {one.kind for one in found.problems} == {ProblemKind.HISTORY}
    assert found.notes == (f"The tables were not compared: {unknown.id} ran here but is not among the scripts.",)
    assert found.exit_code() is ExitCode.HISTORY
    shown_one = next(one for one in found.migrations if one.id == unknown.id)
    assert (shown_one.number, shown_one.summary, shown_one.file) == (number, "", None)


def test_the_newest_script_itself_is_not_the_future() -> None:
    """Beyond means beyond: another script of the newest number is missing."""
    unknown = migration(2, slug="theirs")
    assert states(status((USERS, TEAMS), applied(USERS, TEAMS, unknown)))[1:] == [
        ("0002", "applied"),
        ("0002", "missing"),
    ]
    assert states(status((), applied(USERS))) == [("0001", "future")]


def test_a_reverted_record_without_a_script_is_forgotten() -> None:
    """It left nothing, so it is no problem and no reason not to compare."""
    past = history(record(USERS), record(migration(9), RecordedState.REVERTED))
    found = status((USERS,), past)
    assert states(found) == [("0001", "applied")]
    assert found.in_sync


def test_migrations_are_listed_by_number() -> None:
    """Not by text: 10000 comes after 9999."""
    found = status((migration(9_999), migration(10_000)), applied(migration(9_998), migration(10_001)))
    assert [one.number for one in found.migrations] == [9_998, 9_999, 10_000, 10_001]


def test_drift_is_a_problem_with_both_sides_and_a_remedy() -> None:
    """It names the physical table, and its word for --ignore is drift."""
    teams = expect(ALL, applied(*ALL)).schema.table("Teams")
    found = status(ALL, applied(*ALL), live(replace(teams, indexes=())))
    (problem,) = found.problems
    assert (problem.code, problem.kind, problem.state) == ("DRIFT_INDEX_MISSING", ProblemKind.DRIFT, "drift")
    assert (problem.subject, problem.file) == ("osem-staging-Teams", None)
    assert problem.message == "manager-index: expected keys managerId S, projection ALL, found none"
    assert (problem.expected, problem.found) == ("keys managerId S, projection ALL", "none")
    assert "aws dynamodb update-table" in as_typed(problem.advice)
    assert found.exit_code() is ExitCode.DRIFT
    assert found.exit_code(["drift"]) is ExitCode.OK
    assert not found.in_sync
    assert "drift" in IGNORABLE


def test_a_deleted_table_is_drift() -> None:
    """A table deleted by hand is named, and its remedy creates it whole."""
    found = status(ALL, applied(*ALL), live(None, name="Teams"))
    (problem,) = found.problems
    assert (problem.code, problem.subject) == ("DRIFT_TABLE_MISSING", "osem-staging-Teams")
    assert "manager-index" in as_typed(problem.advice)


def test_the_largest_exit_code_wins() -> None:
    """Pending 3, history 4, drift 5: the worst that is not ignored decides."""
    past = history(record(USERS), record(TEAMS, RecordedState.FAILED, 0))
    found = status(ALL, past, live(None, name="Users"))
    assert {problem.kind for problem in found.problems} == set(ProblemKind) - {ProblemKind.NOTE}
    assert found.exit_code() is ExitCode.DRIFT
    assert found.exit_code({"drift"}) is ExitCode.HISTORY
    assert found.exit_code({"drift", "failed"}) is ExitCode.PENDING
    assert found.exit_code({"drift", "failed", "pending"}) is ExitCode.OK
    assert found.exit_code({"pending", "failed"}) is ExitCode.DRIFT
    assert [kind.exit_code for kind in ProblemKind] == [0, 3, 4, 5]
    assert [kind.severity for kind in ProblemKind] == ["info", "warning", "error", "error"]
    assert {problem.subject: problem.severity for problem in found.problems} == {
        "0002_change": "error",
        "0003_change": "warning",
        "osem-staging-Users": "error",
    }


def test_every_shown_state_but_applied_can_be_ignored() -> None:
    """The words that --ignore takes."""
    assert set(IGNORABLE) == {state.value for state in ShownState} - {"applied"} | {"drift", "newer_tool"}
    assert len(IGNORABLE) == len(set(IGNORABLE))


@pytest.mark.parametrize("state", [RecordedState.RUNNING, RecordedState.FAILED])
@pytest.mark.parametrize("done", [0, 1])
def test_tables_of_an_unfinished_migration_may_be_as_before_or_after_its_operation(
    state: RecordedState, done: int
) -> None:
    """They are between two states, and neither is drift; whatever is in none of them is, as it would stop a run."""
    both = migration(3, AddIndex("Teams", "name-index", S("name")), SetStream("Teams", "NEW_IMAGE"))
    past = history(record(USERS), record(TEAMS), record(both, state, done))
    scripts = (USERS, TEAMS, both)
    users = live_of(created(USERS.operations[0]))  # type: ignore[arg-type]
    steps = [expect(scripts[: 2 + n], applied(*scripts[: 2 + n])).schema.table("Teams") for n in (0, 1)]
    indexed = replace(steps[0], indexes=steps[1].indexes)
    possible = ([steps[0], indexed], [indexed, steps[1]])[done]
    for table in possible:
        found = status(scripts, past, users, live_of(table))
        assert ([problem.subject for problem in found.problems], found.notes) == (["0003_change"], ())
    other = replace(possible[-1], indexes=[Index("name-index", S("other"))])
    expected = ["MIGRATION_FAILED" if state is RecordedState.FAILED else "MIGRATION_INTERRUPTED"]
    found = status(scripts, past, users, live_of(other))
    assert [problem.code for problem in found.problems] == [*expected, "DRIFT_INDEX_KEYS"]
    gone = status(scripts, past, users, live(None, name="Teams"))
    assert [problem.code for problem in gone.problems] == [*expected, "DRIFT_TABLE_MISSING"]


def test_a_table_on_which_a_run_is_at_work_is_not_compared() -> None:
    """What it does meanwhile is nobody's drift."""
    both = migration(3, SetStream("Teams", "NEW_IMAGE"))
    past = history(record(USERS), record(TEAMS), record(both, RecordedState.RUNNING, 0))
    gone = live(None, name="Teams")
    found = status((USERS, TEAMS, both), past, live_of(created(USERS.operations[0])), gone, alive=True)  # type: ignore[arg-type]
    assert [problem.code for problem in found.problems] == ["MIGRATION_RUNNING"]
    assert found.notes == ("osem-staging-Teams was not compared: a migration there is unfinished or was changed.",)


def test_a_table_that_a_downgrade_left_half_way_is_compared_with_its_states() -> None:
    """Of the way back, which may have others than the way there."""
    renamed = migration(3, SetStream("Teams", "NEW_IMAGE"), SetStream("Teams", "KEYS_ONLY"))
    scripts = (USERS, TEAMS, renamed)
    half = record(renamed, RecordedState.FAILED, 2, doubt=(1,), downgrade_to="2")
    users = live_of(created(USERS.operations[0]))  # type: ignore[arg-type]
    teams = expect(scripts, applied(*scripts)).schema.table("Teams")
    cases: list[tuple[Any, list[str]]] = [
        ("KEYS_ONLY", []),
        (None, []),
        ("NEW_IMAGE", []),
        ("OLD_IMAGE", ["DRIFT_SETTING"]),
    ]
    for view, codes in cases:
        found_as = live_of(teams.with_setting(SetStream("Teams", view)))
        found = status(scripts, history(record(USERS), record(TEAMS), half), users, found_as)
        assert [problem.code for problem in found.problems] == ["MIGRATION_FAILED", *codes]


def test_a_table_that_an_unfinished_migration_made_is_shown() -> None:
    """What it completed is live, so it is among the tables to describe, though not compared."""
    begun = migration(1, CreateTable("Users", S("userId")), CreateTable("Teams", S("teamId")))
    expectation = expect((begun,), history(record(begun, RecordedState.FAILED, 1)))
    assert set(expectation.schema.tables) == {"Users"}
    assert expectation.unsure == {"Users", "Teams"}


def test_tables_of_a_changed_migration_are_not_compared() -> None:
    """Repairing a table after a script that is itself wrong would make it worse."""
    edited = migration(3, AddIndex("Teams", "manager-index", S("boss")))
    was = expect(ALL, applied(*ALL)).schema.table("Teams")
    found = status((USERS, TEAMS, edited), applied(*ALL), live_of(was))
    assert [problem.code for problem in found.problems] == ["MIGRATION_CHANGED"]
    assert found.notes == ("osem-staging-Teams was not compared: a migration there is unfinished or was changed.",)


def test_scripts_that_no_longer_fit_together_are_said_and_not_compared() -> None:
    """An edit can remove what a later script builds on; status still answers."""
    edited = migration(2, CreateTable("Groups", S("groupId")))
    found = status((USERS, edited, MANAGERS), applied(*ALL), live(None, name="Users"))
    assert [problem.code for problem in found.problems] == ["MIGRATION_CHANGED"]
    (note,) = found.notes
    assert note.startswith("The tables were not compared: the applied scripts do not fit together (migrations/0003_")


def test_environment_defaults_are_expected_of_every_table() -> None:
    """What new tables get is compared too, whether or not anything can be replayed."""
    defaults = (SetDeletionProtection("anything", enabled=True),)
    expectation = expect(ALL, applied(*ALL), defaults)
    assert expectation.schema.table("Users").setting(SetDeletionProtection) is not None
    assert expect((), applied(USERS), defaults).schema.defaults == defaults


def test_what_has_not_settled_is_a_note() -> None:
    """An index that is building is there already, so it is no drift; people are told."""
    teams = expect(ALL, applied(*ALL)).schema.table("Teams")
    building = {"manager-index": LiveIndex(status="CREATING", backfilling=True)}
    found = status(ALL, applied(*ALL), live_of(teams, status="UPDATING", indexes=building))
    assert found.in_sync
    assert told(found) == [
        ("IN_PROGRESS", "osem-staging-Teams", "manager-index is backfilling"),
        ("IN_PROGRESS", "osem-staging-Teams", "Teams is updating"),
    ]
    assert {remark.severity for remark in found.remarks} == {Severity.INFO}
    assert all(ENVIRONMENT_AND_FLAGS in as_typed(remark.advice) for remark in found.remarks)
    assert found.notes == ()


def test_what_an_interrupted_run_left_building_is_a_note() -> None:
    """A table that is not compared is still told of when it is busy."""
    past = history(record(USERS), record(TEAMS), record(MANAGERS, RecordedState.RUNNING, 0))
    teams = expect(ALL, applied(*ALL)).schema.table("Teams")
    building = {"manager-index": LiveIndex(status="CREATING")}
    found = status(ALL, past, live_of(teams, indexes=building))
    assert told(found) == [("IN_PROGRESS", "osem-staging-Teams", "manager-index is allocating")]
    assert found.notes == ("osem-staging-Teams was not compared: a migration there is unfinished or was changed.",)


def test_an_unreadable_setting_is_one_note() -> None:
    """However many tables declare it; what nobody declared is not mentioned, and none of it is drift."""
    made = tuple(
        migration(
            number,
            CreateTable(
                f"T{number}",
                S("id"),
                indexes=[Index("an-index", S("a"))],
                settings=[
                    SetTags(f"T{number}", {"Team": "core"}),
                    SetPointInTimeRecovery(f"T{number}", enabled=True),
                ],
            ),
        )
        for number in (1, 2)
    )
    lacks = frozenset({SetTags, SetPointInTimeRecovery, SetStream})
    tables = expect(made, applied(*made)).schema.tables.values()
    bare = [replace(table, settings=[s for s in table.settings if type(s) not in lacks]) for table in tables]
    found = status(made, applied(*made), *(live_of(table, unreadable=lacks, emulated=True) for table in bare))
    assert found.in_sync
    assert found.notes == (
        "This local engine does not support point-in-time recovery; it was not compared.",
        "This local engine does not support tags; it was not compared.",
    )


def test_a_script_without_a_file_has_none() -> None:
    """Migrations made in memory have no path to show."""
    made = Migration("0001_made", 1, USERS.operations)
    found = status((made,), History())
    assert (found.migrations[0].file, found.problems[0].file) == (None, None)


def test_a_migration_that_a_run_did_not_come_to_is_simply_pending() -> None:
    """Lanes overtake each other: the newer one is applied, the older one is part of the same run, and not late."""
    waiting = record(TEAMS, RecordedState.RUNNING, 0, started_at=None)
    later = migration(3)
    found = status((USERS, TEAMS, later), history(record(USERS), waiting, record(later)))
    assert states(found) == [("0001", "applied"), ("0002", "pending"), ("0003", "applied")]
    assert found.exit_code() is ExitCode.PENDING


def test_what_nobody_declared_is_a_remark() -> None:
    """Somebody may have wanted it; --strict makes it drift of its own code, with the same remedy."""
    teams = expect(ALL, applied(*ALL)).schema.table("Teams")
    streaming = live_of(teams.with_setting(SetStream("Teams", "NEW_IMAGE")))
    found = status(ALL, applied(*ALL), streaming)
    assert (found.in_sync, found.exit_code()) == (True, ExitCode.OK)
    assert told(found) == [
        ("DRIFT_SETTING_UNDECLARED", "osem-staging-Teams", "stream NEW_IMAGE, which no script declares")
    ]
    (remark,) = found.remarks
    assert (remark.expected, remark.found) == ("stream off", "stream NEW_IMAGE")
    users = live_of(expect(ALL, applied(*ALL)).schema.table("Users"))
    live_tables = (streaming, users)
    strictly = assess(
        ALL, applied(*ALL), expect(ALL, applied(*ALL)), live_tables, lock_alive=False, caller=CALLER, strict=True
    )
    (problem,) = strictly.problems
    assert strictly.remarks == ()
    assert (problem.code, as_typed(problem.advice)) == ("DRIFT_SETTING_UNDECLARED", as_typed(remark.advice))
    assert problem.message == "Teams: expected stream off, found stream NEW_IMAGE"
    assert strictly.exit_code() is ExitCode.DRIFT


def test_a_table_that_nobody_declared_is_drift() -> None:
    """Unless a script that is not applied yet creates it: then it may be adopted, which is told."""
    unknown = live_of(created(CreateTable("Strangers", S("id"))))
    past = applied(USERS)
    found = status((USERS, TEAMS), past, unknown, live_of(created(CreateTable("Teams", S("teamId")))))
    assert [(one.code, one.subject) for one in found.problems] == [
        ("MIGRATION_PENDING", "0002_change"),
        ("DRIFT_TABLE_UNEXPECTED", "osem-staging-Strangers"),
    ]
    assert told(found) == [
        (
            "TABLE_AHEAD",
            "osem-staging-Teams",
            "it exists already; 0002_change, which is not applied yet, creates it",
        )
    ]


def test_a_table_that_went_while_one_looked_is_nothing() -> None:
    """It was listed, and gone when it was described."""
    assert status((USERS, TEAMS), applied(USERS), live(None, name="Teams")).remarks == ()
    assert status((USERS,), applied(USERS), live(None, name="Strangers")).in_sync


def test_what_could_not_be_gathered_is_a_note() -> None:
    """It comes after the reason why nothing was compared."""
    past = applied(USERS, migration(9, slug="theirs"))
    found = assess((USERS,), past, expect((USERS,), past), (), lock_alive=False, caller=CALLER, notes=["no right"])
    assert found.notes == (
        "The tables were not compared: 0009_theirs ran here but is not among the scripts.",
        "no right",
    )


def elsewhere(*tables: str) -> Record:
    """The record of a newer migration, which says what it touches."""
    touched = {name: RecordedTable(effect=TableEffect.CHANGED) for name in tables}
    return record(migration(9, slug="theirs"), tables=touched)


def test_what_a_newer_migration_does_not_touch_is_compared() -> None:
    """A rolled-back release has to see the drift of the tables that are as it knows them; the others are named."""
    past = history(*(record(one) for one in ALL), elsewhere("Users", "Fresh"))
    lost = live(None, name="Teams")
    fresh = live(created(CreateTable("Fresh", S("id"))))
    found = status(ALL, past, lost, live(None, name="Users"), fresh)
    assert [problem.code for problem in found.problems] == ["MIGRATION_FUTURE", "DRIFT_TABLE_MISSING"]
    assert found.exit_code({"future"}) is ExitCode.DRIFT
    why = "were not compared: 0009_theirs ran there, and its script is not here."
    assert found.notes == (f"osem-staging-Users, osem-staging-Fresh {why}",)
    assert status(ALL, past).exit_code({"future"}) is ExitCode.OK


def test_what_a_missing_migration_does_not_touch_is_compared() -> None:
    """The same where it is not newer, as long as the others fit together without it."""
    past = history(record(USERS), replace(elsewhere("Teams"), migration="0002_teams"))
    found = status((USERS, MANAGERS), past, live(None, name="Users"))
    assert [problem.code for problem in found.problems][-1:] == ["DRIFT_TABLE_MISSING"]


def test_a_table_that_was_made_again_by_hand_is_told() -> None:
    """By its TableId, where one was recorded; nothing has drifted."""
    known = {"Users": RecordedTable(effect=TableEffect.CREATED, table_id="one")}
    past = history(record(USERS, tables=known))
    users = live_of(expect((USERS,), past).schema.table("Users"))
    assert told(status((USERS,), past, replace(users, table_id="one"))) == []
    found = status((USERS,), past, replace(users, table_id="two"))
    assert [(code, subject) for code, subject, _ in told(found)] == [("TABLE_REPLACED", "osem-staging-Users")]
    assert found.in_sync
    assert told(status((USERS,), applied(USERS), replace(users, table_id="two"))) == []


def test_a_failed_migration_whose_script_was_deleted_is_missing_with_its_failure() -> None:
    """Nobody has a newer checkout."""
    failed = record(migration(9), RecordedState.FAILED, 0, error=RecordedError(code="X", message="no right"))
    (problem,) = status((USERS,), history(record(USERS), failed)).problems
    assert (problem.state, problem.message) == (
        "missing",
        "recorded as failed after 0 of 1 operations, but its script is gone: no right",
    )


def test_a_renamed_script_is_one_finding_with_the_commands_that_record_it() -> None:
    """Both names are shown, each with the other."""
    old = migration(2, *TEAMS.operations, slug="old")
    found = status((USERS, TEAMS), applied(USERS, old))
    assert [(p.code, p.subject, p.message) for p in found.problems] == [
        ("MIGRATION_PENDING", "0002_change", "renamed: recorded as 0002_old"),
        ("MIGRATION_MISSING", "0002_old", "renamed after it was applied: its script is 0002_change now"),
    ]
    assert len({problem.remedy for problem in found.problems}) == 1
    assert as_typed(found.problems[0].advice).splitlines()[1:] == [
        f"osem-migrate resolve 0002_change --renamed {ENVIRONMENT_AND_FLAGS}",
    ]


def test_a_script_that_was_renamed_half_way_is_found_too() -> None:
    """It went on under the old name only, and does so under the new one once that is recorded."""
    old = migration(2, *TEAMS.operations, slug="old")
    begun = record(old, RecordedState.FAILED, 0, doubt=(0,))
    found = status((USERS, TEAMS), history(record(USERS), begun))
    assert [(p.code, p.subject, p.message) for p in found.problems] == [
        ("MIGRATION_PENDING", "0002_change", "renamed: recorded as 0002_old"),
        ("MIGRATION_MISSING", "0002_old", "renamed after it was begun: its script is 0002_change now"),
    ]
    assert "resolve 0002_change --renamed" in as_typed(found.problems[1].advice)


@pytest.mark.parametrize(
    ("changes", "state", "message"),
    [
        ({"state": RecordedState.FAILED}, "failed", "its downgrade failed with 1 of 1 operations still in place"),
        ({"started_at": None}, "interrupted", "its downgrade was interrupted with 1 of 1 operations still in place"),
        ({}, "interrupted", "its downgrade was interrupted with 1 of 1 operations still in place"),
    ],
)
def test_a_downgrade_that_did_not_finish_names_both_ways(changes: dict[str, Any], state: str, message: str) -> None:
    """Back, as it was meant, and forward; what it did not come to is no less in between."""
    reversing = replace(record(TEAMS, RecordedState.RUNNING, 1, downgrade_to="1"), **changes)
    (problem,) = status((USERS, TEAMS), history(record(USERS), reversing)).problems
    assert (problem.state, problem.message) == (state, message)
    back, forward = as_typed(problem.advice).splitlines()[-2:]
    assert back.endswith(f"with: osem-migrate downgrade --to 1 {ENVIRONMENT_AND_FLAGS}")
    assert forward.endswith(f"with: osem-migrate upgrade {ENVIRONMENT_AND_FLAGS}")
    past = history(record(USERS), replace(reversing, state=RecordedState.RUNNING))
    (running,) = status((USERS, TEAMS), past, alive=True).problems
    assert running.message == "being reversed right now by another run"
