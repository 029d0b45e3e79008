"""Replay in memory."""

from dataclasses import replace

import pytest

from osem_migrate.errors import ScriptOperationInapplicable
from osem_migrate.history import RecordedState
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable, DropTable, SetDeletionProtection
from osem_migrate.planning.replay import apply, operations_done, replay, replay_recorded
from osem_migrate.schema import N, S, Schema
from tests.unit.planning.builders import history, migration, record

TEAMS = migration(1, CreateTable("Teams", S("teamId")), AddIndex("Teams", "manager-index", S("managerId")))


def test_replay_builds_the_schema_in_the_order_given() -> None:
    """A table dropped and created again is what it was last created as."""
    again = migration(2, DropTable("Teams"), CreateTable("Teams", N("number")))
    schema = replay([TEAMS, again], Schema())
    assert schema.table("Teams").partition_key == N("number")
    assert schema.table("Teams").indexes == ()
    assert replay([], schema) is schema


def test_replay_gives_new_tables_the_environments_defaults() -> None:
    """The schema's defaults go with it."""
    protected = SetDeletionProtection("anything", enabled=True)
    schema = replay([TEAMS], Schema(defaults=(protected,)))
    assert schema.table("Teams").setting(SetDeletionProtection) == SetDeletionProtection("Teams", enabled=True)


@pytest.mark.parametrize(
    ("state", "done", "live"),
    [
        (RecordedState.APPLIED, 2, 2),
        (RecordedState.RUNNING, 1, 1),
        (RecordedState.FAILED, 0, 0),
        (RecordedState.FAILED, 1, 1),
        (RecordedState.REVERTED, 2, 0),
    ],
)
def test_the_history_says_how_much_of_a_migration_is_live(state: RecordedState, done: int, live: int) -> None:
    """Applied ones whole, unfinished ones as far as they came, reverted ones not at all."""
    records = history(record(TEAMS, state, done)).records
    assert operations_done(TEAMS, records) == set(range(live))
    schema = replay_recorded([TEAMS], records, Schema())
    assert sum(1 + len(table.indexes) for table in schema.tables.values()) == live


def test_lanes_leave_gaps() -> None:
    """What is live are the positions that are recorded, less those that were begun and never recorded as finished."""
    both = migration(2, CreateTable("Users", S("userId")), CreateTable("Plans", S("planId")), DropTable("Teams"))
    records = history(record(TEAMS), record(both, RecordedState.FAILED, done=0)).records
    ahead = {**records, both.id: replace(records[both.id], done=(1,), doubt=(0,))}
    assert operations_done(both, ahead) == {1}
    assert set(replay_recorded([TEAMS, both], ahead, Schema()).tables) == {"Teams", "Plans"}
    # A downgrade that was stopped while it reversed an operation: live by the record, but not surely.
    reversing = {**records, both.id: replace(records[both.id], done=(0, 1), doubt=(1,))}
    assert operations_done(both, reversing) == {0}


def test_a_script_that_was_shortened_since_can_still_be_replayed() -> None:
    """Status has to say that it was changed, so it must not stumble over what is gone."""
    whole = migration(1, *TEAMS.operations, DropTable("Teams"))
    records = history(record(whole, RecordedState.FAILED, done=3)).records
    assert operations_done(TEAMS, records) == {0, 1}
    assert set(replay_recorded([TEAMS], records, Schema()).tables) == {"Teams"}


def test_a_migration_without_a_record_is_not_live() -> None:
    """What nobody recorded has not run."""
    assert operations_done(TEAMS, {}) == frozenset()
    assert replay_recorded([TEAMS], {}, Schema()) == Schema()


def test_an_operation_that_does_not_fit_is_reported_where_it_stands() -> None:
    """File and line of the operation, what it is, why it does not fit, and the facts for machines."""
    lost = migration(7, CreateTable("Teams", S("teamId")), AddIndex("Team", "manager-index", S("managerId")))
    with pytest.raises(ScriptOperationInapplicable) as raised:
        replay([lost], Schema())
    assert raised.value.message == (
        "migrations/0007_change.py:6: cannot add index manager-index to Team: "
        "table 'Team' does not exist at this point; did you mean 'Teams'?"
    )
    assert raised.value.details == {"file": "migrations/0007_change.py", "line": 6, "table": "Team"}


def test_a_limit_that_only_the_schema_shows_is_reported_where_it_stands() -> None:
    """A type that contradicts another key of the table is the script's mistake, with its line."""
    clash = migration(2, AddIndex("Teams", "clash-index", N("managerId")))
    with pytest.raises(ScriptOperationInapplicable, match=r"0002_change\.py:5: cannot add index .* used as") as raised:
        replay([TEAMS, clash], Schema())
    assert raised.value.details["attribute"] == "managerId"


def test_a_migration_without_a_file_is_named_by_its_id() -> None:
    """Migrations made in memory have neither file nor line."""
    made = Migration("0003_made", 3, (DropTable("Nobody"),))
    with pytest.raises(ScriptOperationInapplicable, match=r"^0003_made: cannot drop table Nobody: "):
        apply(made.operations[0], Schema(), made, 0)
