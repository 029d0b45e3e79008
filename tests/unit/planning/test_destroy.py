"""Managed: only what the history has built is ours, and what was only begun is ours where it is as we made it."""

from dataclasses import replace

import pytest

from osem_migrate.errors import MigrationChanged, MigrationMissing
from osem_migrate.history import History, RecordedState
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import AddIndex, CreateTable, DropTable, SetBilling
from osem_migrate.planning.destroy import managed
from osem_migrate.schema import Index, S, Schema, Table
from tests.unit.planning.builders import applied, created, history, migration, record

CREATE = CreateTable("Teams", S("teamId"))
TEAMS = migration(1, CREATE)
BY_CITY = migration(2, AddIndex("Teams", "by-city", S("city")))
PLANS = migration(3, CreateTable("Plans", S("planId")))
NO_PLANS = migration(4, DropTable("Plans"))
RUNNING, FAILED, REVERTED = RecordedState.RUNNING, RecordedState.FAILED, RecordedState.REVERTED


def live(table: Table | None, name: str = "Teams") -> LiveTable:
    """The table as it is."""
    return LiveTable(
        name=name, physical_name=f"shop-dev-{name}", table=table, status=None if table is None else "ACTIVE"
    )


def foreign(**changes: object) -> Table:
    """A table of that name that somebody made."""
    return replace(created(CREATE), **changes)  # type: ignore[arg-type]


def test_what_was_applied_is_ours() -> None:
    """Whatever became of the table since: it bears the name that the scripts gave it."""
    ours = managed((TEAMS, BY_CITY, PLANS), applied(TEAMS, BY_CITY, PLANS))
    assert ours.candidates == ours.built == {"Teams", "Plans"}
    assert ours.owns(live(foreign(partition_key=S("somethingElse"))))
    assert not ours.owns(live(None))
    assert not ours.owns(live(created(CREATE), "Users"))


@pytest.mark.parametrize("past", [History(), history(record(TEAMS, REVERTED, 0))], ids=["pending", "reverted"])
def test_what_is_not_there_by_the_history_is_not(past: History) -> None:
    """A table that is there all the same belongs to somebody else."""
    ours = managed((TEAMS,), past)
    assert ours.candidates == set()
    assert not ours.owns(live(created(CREATE)))


def test_what_was_dropped_is_not() -> None:
    """A script took the table away again."""
    assert managed((PLANS, NO_PLANS), applied(PLANS, NO_PLANS)).candidates == set()


@pytest.mark.parametrize("state", [RUNNING, FAILED])
def test_what_was_begun_is_ours_as_we_made_it(state: RecordedState) -> None:
    """In any state on the way; in any other, the run stopped at what somebody else had made."""
    ours = managed((TEAMS,), history(record(TEAMS, state, 0, doubt=(0,))))
    assert (sorted(ours.built), sorted(ours.candidates)) == ([], ["Teams"])
    assert ours.owns(live(created(CREATE)))
    assert not ours.owns(live(foreign(partition_key=S("somethingElse"))))
    assert not ours.owns(live(foreign(indexes=[Index("by-city", S("city"))])))
    assert not ours.owns(live(foreign(settings=[SetBilling.provisioned("Teams", read=1, write=1)])))


def test_an_index_that_was_folded_in_is_no_surprise() -> None:
    """The run may have let CreateTable bring the index of a later script along."""
    ours = managed((TEAMS, BY_CITY), history(record(TEAMS, RUNNING, 0, doubt=(0,)), record(BY_CITY, RUNNING, 0)))
    assert ours.owns(live(foreign(indexes=[Index("by-city", S("city"))])))
    assert not ours.owns(live(foreign(indexes=[Index("by-city", S("town"))])))


def test_a_downgrade_that_has_begun_to_drop_it_leaves_it_ours() -> None:
    """It was recorded as live, so it is ours whatever it looks like."""
    ours = managed((TEAMS,), history(record(TEAMS, RUNNING, 1, doubt=(0,))))
    assert ours.built == {"Teams"}


def test_a_downgrade_that_has_begun_to_create_it_again() -> None:
    """Taking a drop back creates the table anew: ours, as far as it is as it was."""
    ours = managed((PLANS, NO_PLANS), history(record(PLANS), record(NO_PLANS, RUNNING, 1, doubt=(0,))))
    (create,) = PLANS.operations
    assert (sorted(ours.built), sorted(ours.candidates)) == ([], ["Plans"])
    plans = create.apply(Schema()).table("Plans")
    assert ours.owns(live(plans, "Plans"))
    assert not ours.owns(live(replace(plans, partition_key=S("id")), "Plans"))


def test_scripts_that_are_not_what_was_applied_say_nothing() -> None:
    """What a script that is gone or was edited has built cannot be known."""
    with pytest.raises(MigrationMissing):
        managed((TEAMS,), applied(TEAMS, PLANS))
    with pytest.raises(MigrationChanged):
        managed((migration(1, CreateTable("Others", S("id"))),), applied(TEAMS))
