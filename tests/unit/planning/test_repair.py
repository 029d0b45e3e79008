"""What a script can repair, and what it leaves alone."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from osem_migrate.history import History, RecordedState
from osem_migrate.live_table import LiveIndex, LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    SetBilling,
    SetStream,
    SetTags,
)
from osem_migrate.planning.drift import diff
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.diff import matches
from osem_migrate.planning.repair import RepairPlan, plan_repair
from osem_migrate.planning.status.status import Status, assess, expect
from osem_migrate.schema import Index, N, S, Schema, Table, Throughput
from tests.unit.planning.builders import CALLER, applied, created, history, live, live_of, migration, record
from tests.unit.planning.drifts import Drift, drifts

BY_MANAGER = Index("by-manager", S("managerId"))
CREATE = CreateTable("Teams", S("teamId"), indexes=[BY_MANAGER], settings=[SetStream("Teams", "NEW_IMAGE")])
TEAMS = migration(1, CREATE)
DECLARED = created(CREATE)
BARE = replace(DECLARED, indexes=())


def status_of(
    *live_tables: LiveTable, scripts: tuple[Migration, ...] = (TEAMS,), past: History | None = None
) -> Status:
    """The status of these live tables."""
    past = past or applied(*scripts)
    return assess(scripts, past, expect(scripts, past), live_tables, lock_alive=False, caller=CALLER)


def planned(found: LiveTable, *, rebuild: bool = False, scripts: tuple[Migration, ...] = (TEAMS,)) -> RepairPlan:
    """The repair of one live table."""
    return plan_repair(status_of(found, scripts=scripts), scripts, rebuild=rebuild)


def drift_of(plan: RepairPlan) -> list[object]:
    """What the one RepairTable undoes."""
    (operation,) = plan.operations
    assert plan.left_out == ()
    return list(operation.drift)


def test_nothing_to_repair() -> None:
    """A table as declared, or with something on that nobody declared, needs no script."""
    assert planned(live_of(DECLARED)) == RepairPlan()
    assert plan_repair(status_of(live_of(DECLARED)), (TEAMS,), rebuild=True) == RepairPlan()


def test_each_table_that_drifted_has_one_operation() -> None:
    """Everything that was done to it is in there; the title names the tables."""
    users = migration(2, CreateTable("Users", S("userId"), settings=[SetTags("Users", {"Team": "core", "Env": "dev"})]))
    scripts = (TEAMS, users)
    off = live(BARE.with_setting(SetStream("Teams", None)))
    retagged = live(created(users.operations[0]).with_setting(SetTags("Users", {"Team": "ours", "Other": "x"})))  # type: ignore[arg-type]
    plan = plan_repair(status_of(off, retagged, scripts=scripts), scripts)
    assert [list(operation.drift) for operation in plan.operations] == [
        [DropIndex("Teams", "by-manager"), SetStream("Teams", None)],
        [SetTags("Users", {"Env": None, "Team": "ours"})],
    ]
    assert plan.title == "Repair Teams and Users"
    assert planned(off).title == "Repair Teams"


def test_billing_names_what_each_index_has() -> None:
    """Capacity of the table and of its indexes is one concern; a lost index has none."""
    billing = SetBilling("Teams", "PROVISIONED", Throughput(5, 5))
    create = CreateTable("Teams", S("teamId"), indexes=[BY_MANAGER, Index("x-index", S("x"))], settings=[billing])
    found = replace(created(create), indexes=[replace(BY_MANAGER, throughput=Throughput(7, 7))])
    assert drift_of(planned(live(found), scripts=(migration(1, create),))) == [
        DropIndex("Teams", "x-index"),
        replace(billing, indexes={"by-manager": Throughput(7, 7)}),
    ]


@pytest.mark.parametrize(
    ("found", "drift", "code"),
    [
        (
            live(replace(DECLARED, indexes=[Index("by-manager", N("managerId"))])),
            [DropIndex("Teams", "by-manager"), AddIndex("Teams", "by-manager", N("managerId"))],
            "DRIFT_INDEX_KEYS",
        ),
        (
            live(replace(DECLARED, indexes=[replace(BY_MANAGER, projection="KEYS_ONLY")])),
            [
                DropIndex("Teams", "by-manager"),
                AddIndex("Teams", "by-manager", S("managerId"), projection="KEYS_ONLY"),
            ],
            "DRIFT_INDEX_PROJECTION",
        ),
        (live(None, name="Teams"), [DropTable("Teams")], "DRIFT_TABLE_MISSING"),
    ],
)
def test_what_has_to_be_made_anew_waits_for_rebuild(found: LiveTable, drift: list[object], code: str) -> None:
    """An index that queries use, or a table that may still be restored, is not rebuilt unasked."""
    plan = planned(found)
    assert plan.operations == ()
    assert plan.left_out == (("osem-staging-Teams", plan.left_out[0][1]),)
    assert plan.left_out[0][1].startswith(code)
    assert plan.left_out[0][1].endswith("needs a rebuild, which was not asked for")
    assert drift_of(planned(found, rebuild=True)) == drift


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (replace(BARE, indexes=[BY_MANAGER, Index("extra", S("x"))]), "DRIFT_INDEX_UNEXPECTED"),
        (replace(BARE, indexes=[Index("extra", S("x"))]), "DRIFT_INDEX_UNEXPECTED"),
        (replace(DECLARED, partition_key=N("teamId")), "DRIFT_TABLE_KEYS"),
    ],
)
def test_what_is_somebodys_or_cannot_change_is_left_out(found: Table, code: str) -> None:
    """With everything else of the table, which upgrade would not touch as it is."""
    for rebuild in (False, True):
        plan = planned(live(found), rebuild=rebuild)
        assert plan.operations == ()
        ((table, reason),) = plan.left_out
        assert (table, reason.partition(" ")[0]) == ("osem-staging-Teams", code)
        assert reason.endswith("cannot be undone by a script")
    assert not DriftCode.of(code).is_repairable


def test_an_unexpected_table_is_left_out() -> None:
    """It is somebody's."""
    ((table, reason),) = planned(live_of(created(CreateTable("Others", S("id")))), rebuild=True).left_out
    assert table == "osem-staging-Others"
    assert reason.startswith("DRIFT_TABLE_UNEXPECTED")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (live(BARE, status="ARCHIVED"), "its status is ARCHIVED"),
        (live(BARE, changing=("stream",)), "it is still changing (stream is changing)"),
        (
            live(replace(BARE, indexes=[Index("extra", S("x"))]), indexes={"extra": LiveIndex(status="CREATING")}),
            "it is still changing (extra is allocating)",
        ),
    ],
)
def test_a_table_that_is_not_at_rest_is_left_out(found: LiveTable, reason: str) -> None:
    """Whatever would be written now may be untrue in a minute."""
    assert planned(found).left_out == (("osem-staging-Teams", reason),)


def test_a_pending_script_on_the_table_comes_first() -> None:
    """It would meet the drift before the repair has its turn; a pending script on another table is no matter."""
    later = migration(2, AddIndex("Teams", "x-index", S("x")))
    other = migration(3, CreateTable("Users", S("id")))
    past = applied(TEAMS)
    status = status_of(live(BARE), scripts=(TEAMS, later), past=past)
    assert plan_repair(status, (TEAMS, later)).left_out == (
        ("osem-staging-Teams", "0002_change is pending and runs before a new script, but fails on the drift"),
    )
    assert len(plan_repair(status_of(live(BARE), scripts=(TEAMS, other), past=past), (TEAMS, other)).operations) == 1


@pytest.mark.parametrize("what", ["changed", "out of order"])
def test_nothing_is_written_that_upgrade_would_refuse(what: str) -> None:
    """A history that contradicts the scripts comes first."""
    users = migration(2, CreateTable("Users", S("id")))
    newest = migration(3, CreateTable("Plans", S("id")))
    recorded = [record(users, checksum="sha256:v1:other")] if what == "changed" else []
    past = history(record(TEAMS), *recorded, record(newest))
    scripts = (TEAMS, users, newest)
    plan = plan_repair(status_of(live(BARE), scripts=scripts, past=past), scripts)
    assert plan.left_out == (("osem-staging-Teams", f"upgrade refuses to run while 0002_change is {what}"),)


def test_a_failed_migration_of_another_table_is_no_obstacle() -> None:
    """Upgrade resumes it."""
    users = migration(2, CreateTable("Users", S("id")))
    past = history(record(TEAMS), record(users, RecordedState.FAILED, 0))
    scripts = (TEAMS, users)
    assert len(plan_repair(status_of(live(BARE), scripts=scripts, past=past), scripts).operations) == 1


@given(drift=drifts())
@settings(max_examples=60)
def test_every_repair_leads_from_what_is_live_to_what_is_declared(drift: Drift) -> None:
    """For any table and any one change of it; what cannot be repaired is left out with its code."""
    expected = drift.expected
    create = CreateTable(
        expected.name,
        expected.partition_key,
        expected.sort_key,
        expected.indexes,
        expected.local_indexes,
        expected.settings,
    )
    found = live(drift.live, name=expected.name) if drift.live is None else live(drift.live)
    scripts = (migration(1, create),)
    plan = plan_repair(status_of(found, scripts=scripts), scripts, rebuild=True)
    assert bool(plan.operations) == DriftCode.of(drift.code).is_repairable, plan.left_out
    if not plan.operations:
        assert plan.left_out[0][1].startswith(drift.code)
        return
    (repair,) = plan.operations
    schema = Schema({expected.name: expected})
    assert matches(found, repair.start(schema))
    steps = repair.steps(schema)
    assert steps
    assert diff.diff(live_of(steps[-1].after), expected) == ()  # type: ignore[arg-type]
