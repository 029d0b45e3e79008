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
    RepairTable,
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


def repair_of(plan: RepairPlan) -> tuple[list[object], list[object]]:
    """What the one RepairTable leads to, and what it says was found."""
    (operation,) = plan.operations
    assert plan.left_out == ()
    return list(operation.to), list(operation.found)


def test_nothing_to_repair() -> None:
    """A table as declared, or with something on that nobody declared, needs no script."""
    assert planned(live_of(DECLARED)) == RepairPlan()
    assert plan_repair(status_of(live_of(DECLARED)), (TEAMS,), rebuild=True) == RepairPlan()


def test_each_table_that_drifted_has_one_operation() -> None:
    """It says what will be and what was found instead, and the plan says it in words; the title names the tables."""
    users = migration(2, CreateTable("Users", S("userId"), settings=[SetTags("Users", {"Team": "core", "Env": "dev"})]))
    scripts = (TEAMS, users)
    off = live(BARE.with_setting(SetStream("Teams", None)))
    retagged = live(created(users.operations[0]).with_setting(SetTags("Users", {"Team": "ours", "Other": "x"})))  # type: ignore[arg-type]
    plan = plan_repair(status_of(off, retagged, scripts=scripts), scripts)
    assert plan.operations == (
        RepairTable(
            "Teams",
            to=[AddIndex.of("Teams", BY_MANAGER), SetStream("Teams", "NEW_IMAGE")],
            found=[SetStream("Teams", None)],
        ),
        RepairTable(
            "Users",
            to=[SetTags("Users", {"Env": "dev", "Team": "core"})],
            found=[SetTags("Users", {"Env": None, "Team": "ours"})],
        ),
    )
    assert [[change.line() for change in changes] for changes in plan.changes.values()] == [
        ["+ index by-manager  managerId S, ALL", "~ stream off → NEW_IMAGE"],
        ["+ tags Env=dev", "~ tags Team=ours → Team=core"],
    ]
    assert plan.title == "Repair Teams and Users"
    assert planned(off).title == "Repair Teams"


def test_billing_names_what_each_index_has() -> None:
    """Capacity of the table and of its indexes is one concern; a lost index has none."""
    billing = SetBilling("Teams", "PROVISIONED", Throughput(5, 5))
    create = CreateTable("Teams", S("teamId"), indexes=[BY_MANAGER, Index("x-index", S("x"))], settings=[billing])
    found = replace(created(create), indexes=[replace(BY_MANAGER, throughput=Throughput(7, 7))])
    assert repair_of(planned(live(found), scripts=(migration(1, create),))) == (
        [AddIndex("Teams", "x-index", S("x")), replace(billing, indexes={"by-manager": None})],
        [replace(billing, indexes={"by-manager": Throughput(7, 7)})],
    )


def test_capacity_of_the_environment_is_said_by_no_script() -> None:
    """Where pyproject.toml gives it, only the evidence is in the script: another environment gives another."""
    given = SetBilling("any", "PROVISIONED", Throughput(5, 5))
    create = CreateTable("Teams", S("teamId"), indexes=[replace(BY_MANAGER, throughput=Throughput(3, 3))])
    script = migration(1, create)
    past = applied(script)
    declared = create.apply(Schema(defaults=(given,))).table("Teams")
    other = live(replace(declared, indexes=[replace(BY_MANAGER, throughput=Throughput(7, 7))]))
    status = assess((script,), past, expect((script,), past, (given,)), [other], lock_alive=False, caller=CALLER)
    assert repair_of(plan_repair(status, (script,))) == (
        [],
        [SetBilling("Teams", "PROVISIONED", Throughput(5, 5), {"by-manager": Throughput(7, 7)})],
    )


@pytest.mark.parametrize(
    ("found", "evidence", "code"),
    [
        (
            live(replace(DECLARED, indexes=[Index("by-manager", N("managerId"))])),
            [Index("by-manager", N("managerId"))],
            "DRIFT_INDEX_KEYS",
        ),
        (
            live(replace(DECLARED, indexes=[replace(BY_MANAGER, projection="KEYS_ONLY")])),
            [replace(BY_MANAGER, projection="KEYS_ONLY")],
            "DRIFT_INDEX_PROJECTION",
        ),
        (live(None, name="Teams"), [], "DRIFT_TABLE_MISSING"),
    ],
)
def test_what_has_to_be_made_anew_waits_for_rebuild(found: LiveTable, evidence: list[object], code: str) -> None:
    """An index that queries use, or a table that may still be restored, is not rebuilt unasked."""
    plan = planned(found)
    assert plan.operations == ()
    assert plan.left_out == (("osem-staging-Teams", plan.left_out[0][1]),)
    assert plan.left_out[0][1].startswith(code)
    assert plan.left_out[0][1].endswith("needs a rebuild, which was not asked for")
    to = AddIndex.of("Teams", BY_MANAGER) if evidence else CREATE
    assert repair_of(planned(found, rebuild=True)) == ([to], evidence)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (replace(BARE, indexes=[BY_MANAGER, Index("extra", S("x"))]), "DRIFT_INDEX_UNEXPECTED"),
        (replace(DECLARED, partition_key=N("teamId")), "DRIFT_TABLE_KEYS"),
        (replace(BARE, partition_key=N("teamId")), "DRIFT_TABLE_KEYS"),
    ],
)
def test_what_is_somebodys_or_cannot_change_is_left_out(found: Table, code: str) -> None:
    """With all that is wrong with a table of other keys, which is another table."""
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


def test_a_lost_index_is_repaired_beside_one_of_somebodys() -> None:
    """Each by itself: what a script can mend is mended, and why the other is not is said."""
    plan = planned(live(replace(BARE, indexes=[Index("extra", S("x"))])))
    assert [list(operation.to) for operation in plan.operations] == [[AddIndex.of("Teams", BY_MANAGER)]]
    reason = "DRIFT_INDEX_UNEXPECTED of extra cannot be undone by a script"
    assert plan.left_out == (("osem-staging-Teams", reason),)


def test_a_repair_that_what_is_left_would_stop_is_not_written() -> None:
    """Back to provisioned billing, every index gets capacity: not one that is another than the declared one."""
    billing = SetBilling("Teams", "PROVISIONED", Throughput(5, 5))
    create = CreateTable("Teams", S("teamId"), indexes=[Index("extra", S("x"))], settings=[billing])
    switched = replace(created(create).with_setting(SetBilling("Teams")), indexes=[Index("extra", S("y"))])
    plan = planned(live(switched), scripts=(migration(1, create),))
    assert (plan.operations, [reason.partition(" ")[0] for _, reason in plan.left_out]) == ((), ["DRIFT_INDEX_KEYS"])


def test_billing_is_repaired_beside_an_index_of_somebodys() -> None:
    """It gets the capacity of its table, without which AWS does not switch; nothing else is done to it."""
    create = CreateTable("Teams", S("teamId"), settings=[SetBilling("Teams", "PROVISIONED", Throughput(5, 5))])
    switched = replace(created(create).with_setting(SetBilling("Teams")), indexes=[Index("extra", S("x"))])
    plan = planned(live(switched), scripts=(migration(1, create),))
    assert [[type(change) for change in operation.to] for operation in plan.operations] == [[SetBilling]]
    assert [reason.partition(" ")[0] for _, reason in plan.left_out] == ["DRIFT_INDEX_UNEXPECTED"]


def test_a_pending_script_on_the_table_comes_first() -> None:
    """Where it would stop at the drift, no repair has its turn; any other is no matter, on the table or elsewhere."""
    later = migration(2, AddIndex("Teams", "by-manager-2", S("managerId")), SetStream("Teams", "KEYS_ONLY"))
    other = migration(3, CreateTable("Users", S("id")))
    past, streamed = applied(TEAMS), BARE.with_setting(SetStream("Teams", "OLD_IMAGE"))
    status = status_of(live(streamed), scripts=(TEAMS, later), past=past)
    assert plan_repair(status, (TEAMS, later)).left_out == (
        ("osem-staging-Teams", "0002_change is pending and runs before a new script, but fails on the drift"),
    )
    for scripts in ((TEAMS, later), (TEAMS, other)):
        plan = plan_repair(status_of(live(BARE), scripts=scripts, past=past), scripts)
        assert repair_of(plan) == ([AddIndex.of("Teams", BY_MANAGER)], [])


def test_what_a_pending_script_declares_needs_no_repair() -> None:
    """It is found there; what is lost beside it is repaired on the table as it is by then."""
    later = migration(2, AddIndex("Teams", "extra", S("x")))
    status = status_of(
        live(replace(BARE, indexes=[Index("extra", S("x"))])), scripts=(TEAMS, later), past=applied(TEAMS)
    )
    assert repair_of(plan_repair(status, (TEAMS, later))) == ([AddIndex.of("Teams", BY_MANAGER)], [])


def test_a_pending_script_that_does_not_fit_is_said() -> None:
    """It comes before any repair, and upgrade refuses it."""
    wrong = migration(2, DropIndex("Teams", "never-there"))
    status = status_of(live(BARE), scripts=(TEAMS, wrong), past=applied(TEAMS))
    ((_, reason),) = plan_repair(status, (TEAMS, wrong)).left_out
    assert reason.startswith("what is pending runs before a new script, but cannot be planned (")


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
@settings(max_examples=40)
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
