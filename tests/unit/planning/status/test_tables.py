"""What has settled and differs is drift; what is on its way is told, and never drift."""

from dataclasses import replace

import pytest

from osem_migrate.live_table import UNUSABLE, LiveIndex, LiveTable
from osem_migrate.operations import (
    CreateTable,
    SetBilling,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTimeToLive,
)
from osem_migrate.planning.status.tables import drift, remarks
from osem_migrate.schema import Index, N, S, Table
from tests.unit.planning.builders import CALLER, MANAGED_KEY, created, live, live_of
from tests.unit.planning.builders import told as as_typed

INDEX = Index("by-manager", S("managerId"))
TEAMS = created(
    CreateTable(
        "Teams",
        S("teamId"),
        indexes=[INDEX],
        settings=[
            SetStream("Teams", "NEW_IMAGE"),
            SetTimeToLive("Teams", "expiresAt"),
            SetEncryption("Teams", "AWS_OWNED"),
        ],
    )
)
BARE = replace(TEAMS, indexes=())


def codes(found: LiveTable, expected: Table | None = TEAMS, *, strict: bool = False) -> list[str]:
    """The codes of all drift."""
    return [problem.code for problem in drift(found, expected, CALLER, strict=strict)]


def told(found: LiveTable, expected: Table | None = TEAMS, *, strict: bool = False) -> list[str]:
    """Codes and messages of all remarks."""
    return [f"{one.code} {one.message}" for one in remarks(found, expected, CALLER, strict=strict)]


@pytest.mark.parametrize(("status", "expected"), [("CREATING", TEAMS), ("CREATING", None), ("DELETING", None)])
def test_a_table_that_comes_or_goes_is_in_progress(status: str, expected: Table | None) -> None:
    """However little of it is as declared by now, and whether or not anybody declared it."""
    found = live(replace(BARE, partition_key=N("id")), status=status)
    assert codes(found, expected, strict=True) == []
    assert told(found, expected) == [f"IN_PROGRESS Teams is {status.lower()}"]


@pytest.mark.parametrize(
    ("index", "phase"),
    [
        (LiveIndex(status="CREATING"), "allocating"),
        (LiveIndex(status="CREATING", backfilling=True), "backfilling"),
        (LiveIndex(status="ACTIVE", backfilling=True), "backfilling"),
        (LiveIndex(status="UPDATING"), "updating"),
    ],
)
def test_an_index_that_is_not_ready_is_in_progress(index: LiveIndex, phase: str) -> None:
    """Declared, declared otherwise or not at all; once it is ready, it is compared."""
    for known in (INDEX, replace(INDEX, projection="KEYS_ONLY"), Index("extra", S("x"))):
        found = live_of(replace(TEAMS, indexes=[*{INDEX.name: INDEX, known.name: known}.values()]))
        building = replace(found, indexes={known.name: index})
        assert codes(building) == []
        assert told(building) == [f"IN_PROGRESS {known.name} is {phase}"]
    assert codes(replace(building, indexes={"extra": LiveIndex(status="ACTIVE")})) == ["DRIFT_INDEX_UNEXPECTED"]


def test_a_declared_table_that_is_being_deleted_is_gone() -> None:
    """It does not come back by itself; in seconds it is missing, and until then nobody can use it."""
    (problem,) = drift(live_of(TEAMS, status="DELETING"), TEAMS, CALLER, strict=False)
    assert (problem.code, problem.message) == (
        "DRIFT_TABLE_MISSING",
        "Teams: expected a table, found one that is being deleted",
    )
    assert "create-table" in problem.remedy
    assert told(live_of(TEAMS, status="DELETING")) == ["IN_PROGRESS Teams is deleting"]


def test_a_declared_index_that_is_being_deleted_is_gone() -> None:
    """One that nobody declared may go, and is no drift while it does."""
    going = live_of(TEAMS, indexes={INDEX.name: LiveIndex(status="DELETING")})
    (problem,) = drift(going, TEAMS, CALLER, strict=False)
    assert problem.code == "DRIFT_INDEX_MISSING"
    assert problem.message.endswith("found one that is being deleted")
    assert '"Create":{"IndexName":"by-manager"' in problem.remedy
    assert codes(going, BARE) == []
    assert told(going, BARE) == ["IN_PROGRESS by-manager is deleting"]


def test_a_setting_on_its_way_is_in_progress() -> None:
    """A time to live that is being turned on, a key that is being changed."""
    found = live(TEAMS.with_setting(SetTimeToLive("Teams", "expiresAt")), changing=("time to live",))
    assert codes(found) == []
    assert told(found) == ["IN_PROGRESS time to live is changing"]
    other = live(TEAMS.with_setting(SetEncryption("Teams", MANAGED_KEY)), changing=("encryption",))
    assert codes(other) == []


def test_a_declared_setting_on_its_way_out_is_drift() -> None:
    """A time to live that is being turned off shows that it will be off."""
    found = live(TEAMS.with_setting(SetTimeToLive.default("Teams")), changing=("time to live",))
    assert codes(found) == ["DRIFT_SETTING"]
    assert codes(replace(found, changing=("encryption",))) == ["DRIFT_SETTING"]


def test_while_a_table_is_updating_its_description_may_be_behind() -> None:
    """So its billing and settings are not compared; keys, indexes and what has a description of its own are."""
    changed = TEAMS.with_setting(SetStream("Teams", None)).with_setting(
        SetBilling.provisioned("Teams", read=1, write=1)
    )
    assert codes(live(changed, status="UPDATING")) == []
    assert codes(live(changed)) == ["DRIFT_BILLING", "DRIFT_SETTING"]
    gone = BARE.with_setting(SetTimeToLive("Teams", "other"))
    assert codes(live(gone, status="UPDATING")) == ["DRIFT_INDEX_MISSING", "DRIFT_SETTING"]


@pytest.mark.parametrize("status", sorted(UNUSABLE))
def test_a_table_that_aws_put_out_of_use_is_drift(status: str) -> None:
    """It is not on its way anywhere, so nothing waits for it; it is compared as ever."""
    found = live_of(TEAMS, status=status)
    assert found.busy == {}
    (problem,) = drift(found, TEAMS, CALLER, strict=False)
    assert (problem.code, problem.expected, problem.found) == ("DRIFT_TABLE_STATUS", "ACTIVE", status)
    assert problem.message == f"Teams: expected status ACTIVE, found {status}"
    assert "describe-table" in as_typed(problem.advice)
    assert codes(live_of(BARE, status=status)) == ["DRIFT_TABLE_STATUS", "DRIFT_INDEX_MISSING"]


def test_strict_turns_remarks_into_drift() -> None:
    """What nobody declared is one or the other."""
    found = live_of(TEAMS.with_setting(SetPointInTimeRecovery("Teams", enabled=True)))
    assert (codes(found), told(found)) == (
        [],
        ["DRIFT_SETTING_UNDECLARED point-in-time recovery 35 days, which no script declares"],
    )
    assert (codes(found, strict=True), told(found, strict=True)) == (["DRIFT_SETTING_UNDECLARED"], [])
