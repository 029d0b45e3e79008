"""What ``resolve`` may record, what it refuses, and what has to be live for it."""

from dataclasses import replace

import pytest

from osem_migrate.errors import ResolutionRefused, TargetUnknown
from osem_migrate.history import History, Record, RecordedState
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable, DropIndex, SetStream
from osem_migrate.operations.put_items import PutItems
from osem_migrate.planning.resolution import AcceptableStates, Decision, Resolution, ResolveContext
from osem_migrate.planning.resolve import decide
from osem_migrate.schema import S, Table
from tests.unit.planning.builders import (
    ENVIRONMENT_AND_FLAGS,
    applied,
    created,
    history,
    migration,
    record,
    told,
)

CREATE = CreateTable("Teams", S("teamId"))
BY_MANAGER = AddIndex("Teams", "managerId-index", S("managerId"))
BY_OWNER = AddIndex("Teams", "ownerId-index", S("ownerId"))
TEAMS, MANAGER, OWNER = migration(1, CREATE), migration(2, BY_MANAGER), migration(3, BY_OWNER)
USERS = migration(4, CreateTable("Users", S("userId")))
SCRIPTS = (TEAMS, MANAGER, OWNER, USERS)
EMPTY = created(CREATE)
APPLIED, REVERTED, ACCEPT = Resolution.APPLIED, Resolution.REVERTED, Resolution.ACCEPT_CHECKSUM
RENAMED = Resolution.RENAMED


def said(version: str, resolution: Resolution, past: History, *scripts: Migration) -> Decision:
    """The decision on these scripts, or on all."""
    return decide(ResolveContext(migrations=scripts or SCRIPTS, history=past), version, resolution)


def failed(of: Migration, *, done: int = 0, doubt: tuple[int, ...] = (), attended: bool = False) -> Record:
    """A migration of which so many operations are done; ``attended`` where a run says that it is at work on it."""
    state = RecordedState.RUNNING if attended else RecordedState.FAILED
    return record(of, state, done, doubt=doubt)


def changed(of: Migration, *operations: CreateTable | AddIndex | SetStream) -> Migration:
    """The same script with other operations."""
    return replace(of, operations=operations)


def indexes(state: Table | None) -> list[str]:
    """Names of the indexes of a state."""
    return [index.name for index in state.indexes] if state is not None else ["no table"]


def the_table(decision: Decision, table: str = "Teams") -> AcceptableStates:
    """How the only table has to be found."""
    assert set(decision.tables) == {table}
    return decision.tables[table]


@pytest.mark.parametrize("version", ["2", "0002", "0002_change"])
def test_a_version_is_a_number_or_a_name(version: str) -> None:
    """As ``--to`` understands it."""
    assert said(version, APPLIED, applied(TEAMS)).migration == "0002_change"


def test_an_unknown_version_is_refused() -> None:
    """The remedy lists the versions of this environment."""
    with pytest.raises(TargetUnknown, match="no migration '77'") as caught:
        said("77", APPLIED, applied(TEAMS))
    assert told(caught.value.advice).endswith(f"osem-migrate status {ENVIRONMENT_AND_FLAGS}")


def test_a_number_of_two_migrations_is_refused() -> None:
    """A script that was renamed after it ran shares its number with its record; the whole name tells them apart."""
    renamed = migration(2, BY_MANAGER, slug="renamed")
    past = applied(TEAMS, MANAGER)
    with pytest.raises(TargetUnknown, match="'2' may be 0002_change or 0002_renamed: give the whole name"):
        said("2", REVERTED, past, TEAMS, renamed)
    assert said("0002_change", REVERTED, past, TEAMS, renamed).script is None
    assert said("0002_renamed", APPLIED, past, TEAMS, renamed).script == renamed


def test_a_reverted_record_without_a_script_is_in_nobodys_way() -> None:
    """Its number belongs to the script of today; by its whole name it is still known."""
    renamed = migration(2, BY_MANAGER, slug="renamed")
    past = history(record(TEAMS), record(MANAGER, RecordedState.REVERTED, 0))
    assert said("2", APPLIED, past, TEAMS, renamed).migration == "0002_renamed"
    assert not said("0002_change", REVERTED, past, TEAMS, renamed).needed


@pytest.mark.parametrize(
    ("resolution", "past"),
    [
        (APPLIED, applied(TEAMS, MANAGER)),
        (REVERTED, applied(TEAMS)),
        (REVERTED, history(record(TEAMS), record(MANAGER, RecordedState.REVERTED, 0))),
        (ACCEPT, applied(TEAMS, MANAGER)),
        (ACCEPT, applied(TEAMS)),
        (ACCEPT, history(record(TEAMS), failed(MANAGER))),
    ],
    ids=["applied", "never recorded", "reverted", "unchanged", "no checksum", "unfinished and unchanged"],
)
def test_what_is_recorded_already_needs_nothing(resolution: Resolution, past: History) -> None:
    """Saying it twice is no mistake."""
    assert not said("2", resolution, past).needed


@pytest.mark.parametrize(
    "past",
    [
        applied(TEAMS),
        history(record(TEAMS), failed(MANAGER, doubt=(0,))),
        history(record(TEAMS), failed(MANAGER, doubt=(0,), attended=True)),
        history(record(TEAMS), record(MANAGER, RecordedState.REVERTED, 0)),
    ],
    ids=["pending", "failed", "interrupted", "reverted"],
)
def test_applied_wants_the_tables_after_it(past: History) -> None:
    """The table of the script, with all that the script declares, and only it."""
    decision = said("2", APPLIED, past)
    assert decision.needed
    assert [indexes(state) for state in the_table(decision).states] == [["managerId-index"]]


@pytest.mark.parametrize(
    "past",
    [
        history(record(TEAMS), failed(MANAGER, doubt=(0,))),
        history(record(TEAMS), failed(MANAGER, doubt=(0,), attended=True)),
        applied(TEAMS, MANAGER),
    ],
    ids=["failed", "interrupted", "applied"],
)
def test_reverted_wants_the_tables_before_it(past: History) -> None:
    """Its own index may not be there, not even as one that is to come."""
    decision = said("2", REVERTED, past)
    assert decision.needed
    assert decision.unknowable is None
    table = the_table(decision)
    assert table.states == (EMPTY,)
    assert [index.name for index in table.ahead] == ["ownerId-index"]


def test_a_reverted_table_is_no_table() -> None:
    """Before the script that creates it there was none."""
    assert the_table(said("4", REVERTED, applied(*SCRIPTS)), "Users").states == (None,)


def test_an_index_of_a_later_script_is_no_surprise() -> None:
    """A run may have folded it in; it is what the next upgrade adopts."""
    assert [index.name for index in the_table(said("2", APPLIED, applied(TEAMS))).ahead] == ["ownerId-index"]


def test_what_another_run_left_in_doubt_may_be_either_way() -> None:
    """A lane that was killed in the same table leaves two states that are both right."""
    stream = migration(3, SetStream("Teams", "NEW_IMAGE"))
    past = history(record(TEAMS), record(stream, RecordedState.FAILED, 0, doubt=(0,)))
    without, with_it = the_table(said("2", APPLIED, past, TEAMS, MANAGER, stream)).states
    assert without is not None
    assert with_it is not None
    assert without.setting(SetStream) is None
    assert with_it.setting(SetStream) == SetStream("Teams", "NEW_IMAGE")


def test_a_migration_is_not_applied_before_what_it_builds_on() -> None:
    """The first that has to be recorded before it is named as the next command."""
    with pytest.raises(ResolutionRefused, match=r"0002_change cannot be applied: .*:5: cannot add index") as caught:
        said("2", APPLIED, History())
    assert told(caught.value.advice).endswith(f"osem-migrate resolve 0001_change --applied {ENVIRONMENT_AND_FLAGS}")


def test_a_migration_is_not_applied_before_what_it_depends_on() -> None:
    """What ``__depends__`` names counts as well."""
    dependent = replace(USERS, depends=(TEAMS.id,))
    with pytest.raises(ResolutionRefused, match="0004_change cannot be applied: 0001_change is not applied"):
        said("4", APPLIED, History(), TEAMS, MANAGER, OWNER, dependent)
    assert said("4", APPLIED, applied(TEAMS), TEAMS, MANAGER, OWNER, dependent).needed


def test_a_script_that_can_never_fit_is_to_be_corrected() -> None:
    """Where nothing older is left to record, the script itself is wrong."""
    twice = migration(2, CREATE)
    with pytest.raises(ResolutionRefused, match="already") as caught:
        said("2", APPLIED, applied(TEAMS), TEAMS, twice)
    assert told(caught.value.advice).startswith("Correct the script")


def test_what_others_build_on_is_not_reverted() -> None:
    """All that would no longer fit are named, and how to reverse them."""
    with pytest.raises(ResolutionRefused, match="0002_change, 0003_change would no longer fit") as caught:
        said("1", REVERTED, applied(*SCRIPTS))
    assert caught.value.details["built_upon_by"] == ["0002_change", "0003_change"]
    assert told(caught.value.advice).endswith(f"osem-migrate downgrade --to 0001_change {ENVIRONMENT_AND_FLAGS}")


def test_what_others_depend_on_is_not_reverted() -> None:
    """An applied migration that names it in ``__depends__`` builds on it."""
    dependent = replace(USERS, depends=(OWNER.id,))
    scripts = (TEAMS, MANAGER, OWNER, dependent)
    with pytest.raises(ResolutionRefused, match="0004_change would no longer fit"):
        said("3", REVERTED, applied(*scripts), *scripts)
    assert said("3", REVERTED, applied(TEAMS, MANAGER, OWNER), *scripts).needed


def test_what_takes_from_later_ones_is_not_applied() -> None:
    """A late script that drops the index which a newer one has dropped already would leave that one without it."""
    drop = DropIndex("Teams", "managerId-index")
    late, newer = migration(3, drop), migration(4, drop)
    with pytest.raises(
        ResolutionRefused, match=r"0003_change cannot be recorded \(applied\): 0004_change would no longer fit"
    ):
        said("3", APPLIED, applied(TEAMS, MANAGER, newer), TEAMS, MANAGER, late, newer)


def test_what_did_not_fit_before_is_no_reason_to_refuse() -> None:
    """A torn history is repaired one migration at a time."""
    past = applied(MANAGER, USERS)  # whose table nobody recorded
    assert said("4", REVERTED, past).needed
    assert said("2", REVERTED, past).needed
    assert said("1", APPLIED, past).needed


def test_without_its_script_a_migration_is_only_given_up_unseen() -> None:
    """Nobody can know what it did; to apply it, or to accept a checksum, the script is needed."""
    past = applied(*SCRIPTS)
    decision = said("4", REVERTED, past, TEAMS, MANAGER, OWNER)
    assert (decision.needed, decision.script, dict(decision.tables)) == (True, None, {})
    assert decision.unknowable is not None
    assert "is gone" in decision.unknowable
    with pytest.raises(ResolutionRefused, match="the script of 0004_change is gone") as caught:
        said("4", ACCEPT, past, TEAMS, MANAGER, OWNER)
    give_up = f"osem-migrate resolve 0004_change --reverted --no-verify {ENVIRONMENT_AND_FLAGS}"
    assert told(caught.value.advice).endswith(give_up)
    with pytest.raises(ResolutionRefused, match="is gone"):
        said("4", APPLIED, history(*past.records.values(), failed(USERS)), TEAMS, MANAGER, OWNER)


def test_a_lost_script_that_others_build_on_is_not_given_up() -> None:
    """The next upgrade could not go on from there."""
    with pytest.raises(ResolutionRefused, match="0002_change, 0003_change would no longer fit") as caught:
        said("1", REVERTED, applied(TEAMS, MANAGER, OWNER), MANAGER, OWNER)
    assert "osem-migrate resolve 0003_change --reverted" in told(caught.value.advice)


def test_a_changed_script_does_not_tell_what_was_before_it() -> None:
    """What it declared when it ran is gone, so its tables cannot confirm that it was reverted."""
    other = changed(MANAGER, AddIndex("Teams", "bossId-index", S("bossId")))
    decision = said("2", REVERTED, applied(TEAMS, MANAGER), TEAMS, other)
    assert decision.unknowable is not None
    assert "was changed" in decision.unknowable


def test_a_changed_script_is_not_applied_twice() -> None:
    """That is a checksum to accept, not a state to change."""
    other = changed(MANAGER, AddIndex("Teams", "bossId-index", S("bossId")))
    with pytest.raises(ResolutionRefused, match="already, but its script was changed") as caught:
        said("2", APPLIED, applied(TEAMS, MANAGER), TEAMS, other)
    assert "osem-migrate resolve 0002_change --accept-checksum" in told(caught.value.advice)


def test_a_checksum_wants_every_table_that_is_sure() -> None:
    """The script may have had another table when it ran; tables of an unfinished migration say nothing."""
    other = changed(MANAGER, AddIndex("Teams", "bossId-index", S("bossId")))
    plans = migration(5, CreateTable("Plans", S("planId")), SetStream("Plans", "NEW_IMAGE"))
    past = history(*applied(TEAMS, MANAGER, USERS).records.values(), failed(plans, done=1))
    decision = said("2", ACCEPT, past, TEAMS, other, USERS, plans)
    assert set(decision.tables) == {"Teams", "Users"}
    assert [indexes(state) for state in decision.tables["Teams"].states] == [["bossId-index"]]


def test_a_changed_script_that_does_not_fit_is_not_accepted() -> None:
    """Neither where it does not fit what comes before it, nor where the later ones do not fit it."""
    past = applied(TEAMS, MANAGER, OWNER)
    with pytest.raises(ResolutionRefused, match="changed script of 0002_change does not fit the others"):
        said("2", ACCEPT, past, TEAMS, changed(MANAGER, AddIndex("Nobody", "x-index", S("x"))), OWNER)
    with pytest.raises(ResolutionRefused, match="0002_change, 0003_change would no longer fit") as caught:
        said("1", ACCEPT, past, changed(TEAMS, CreateTable("Groups", S("id"))), MANAGER, OWNER)
    assert "Restore the script of 0001_change" in told(caught.value.advice)


def test_the_changed_part_of_an_unfinished_script_may_be_accepted() -> None:
    """What is done of it counts as the script is now, what is in doubt may be either way, what was cut off is gone."""
    long = migration(5, CREATE, BY_MANAGER, BY_OWNER, SetStream("Teams", "NEW_IMAGE"))
    short = changed(long, CREATE, replace(BY_MANAGER, partition_key=S("bossId")), BY_OWNER)
    past = history(record(long, RecordedState.FAILED, 4, doubt=(2, 3)))
    table = the_table(said("5", ACCEPT, past, short))
    assert [indexes(state) for state in table.states] == [
        ["managerId-index"],
        ["managerId-index", "ownerId-index"],
    ]
    assert [state.indexes[0].partition_keys for state in table.states if state] == [(S("bossId"),)] * 2


@pytest.mark.parametrize("asked", ["0002_change", "0003_managers", "3"])
@pytest.mark.parametrize(
    ("earlier", "states"),
    [
        (record(MANAGER), [["managerId-index"]]),
        (failed(MANAGER, doubt=(0,)), [[], ["managerId-index"]]),
        (replace(failed(MANAGER, done=1), downgrade_to="1"), [["managerId-index"]]),
    ],
    ids=["applied", "begun", "half reverted"],
)
def test_a_record_follows_its_script(earlier: Record, states: list[list[str]], asked: str) -> None:
    """By whichever of its names; the tables have to be as the record says that they are."""
    renamed = migration(3, BY_MANAGER, slug="managers")
    decision = said(asked, RENAMED, history(record(TEAMS), earlier), TEAMS, renamed)
    assert (decision.migration, decision.renamed_from, decision.earlier) == ("0003_managers", "0002_change", earlier)
    assert decision.needed
    assert [indexes(state) for state in the_table(decision).states] == states


@pytest.mark.parametrize(
    "past", [applied(TEAMS, MANAGER), history(record(TEAMS), failed(MANAGER, doubt=(0,)))], ids=["applied", "begun"]
)
def test_what_has_its_name_already_needs_nothing(past: History) -> None:
    """Saying it twice is no mistake."""
    decision = said("2", RENAMED, past)
    assert (decision.needed, decision.renamed_from) == (False, None)


@pytest.mark.parametrize(
    ("past", "scripts"),
    [
        (applied(TEAMS), (TEAMS, MANAGER)),
        (history(record(TEAMS), record(MANAGER, RecordedState.REVERTED, 0)), (TEAMS, MANAGER)),
        (applied(TEAMS, migration(2, BY_OWNER, slug="old")), (TEAMS, MANAGER)),
        (applied(TEAMS, migration(2, BY_MANAGER, slug="old")), (TEAMS, MANAGER, migration(3, BY_MANAGER))),
        (applied(TEAMS, MANAGER), (TEAMS,)),
    ],
    ids=["never recorded", "reverted", "another content", "two scripts", "no script"],
)
def test_what_was_not_renamed_is_refused(past: History, scripts: tuple[Migration, ...]) -> None:
    """Nobody knows of which record it would be the script."""
    with pytest.raises(ResolutionRefused, match="nothing is recorded under another name") as caught:
        said("0002_change", RENAMED, past, *scripts)
    assert told(caught.value.advice).endswith(f"osem-migrate status {ENVIRONMENT_AND_FLAGS}")


def test_a_number_that_takes_it_from_others_is_refused() -> None:
    """The script that creates a table comes before those that change it."""
    late = migration(9, CREATE, slug="teams")
    with pytest.raises(ResolutionRefused, match="0002_change would no longer fit") as caught:
        said("9", RENAMED, applied(TEAMS, MANAGER), MANAGER, late)
    assert "its old name again, or a number below that of 0002_change" in told(caught.value.advice)


def test_a_number_at_which_it_does_not_fit_is_refused() -> None:
    """Before the script that creates its table."""
    early = migration(0, BY_MANAGER, slug="early")
    with pytest.raises(ResolutionRefused, match="the renamed script of 0000_early does not fit the others"):
        said("0000_early", RENAMED, applied(TEAMS, MANAGER), early, TEAMS)


def test_scripts_that_did_not_fit_before_are_in_nobodys_way() -> None:
    """What a renaming does not make worse is no reason against it."""
    odd, renamed = migration(5, BY_OWNER), migration(3, BY_MANAGER, slug="managers")
    past = applied(TEAMS, MANAGER, OWNER, odd)
    assert said("0003_managers", RENAMED, past, TEAMS, renamed, OWNER, odd).needed


@pytest.mark.parametrize("resolution", [APPLIED, REVERTED])
def test_scripts_that_hold_items_can_be_resolved(resolution: Resolution) -> None:
    """Items have no hash, and nothing here needs one."""
    seed = migration(2, PutItems("Teams", [{"teamId": "t1"}]))
    past = history(record(TEAMS), failed(seed, doubt=(0,)))
    assert said("2", resolution, past, TEAMS, seed).needed
