"""Every repair that ``status --write-repair`` writes ends in sync on AWS, and changes nothing where nothing drifted."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import ListOptions, RepairOptions, UpgradeOptions
from osem_migrate.config import Project
from osem_migrate.errors import ConfirmationRequired, ExitCode
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import (
    AddIndex,
    DropIndex,
    DropTable,
    Operation,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.operations.step import calls
from osem_migrate.schema import N, S, Throughput
from tests.doubles.project import write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.doubles.skipping_clock import SkippingClock

HOUR = 3600.0
TEAMS = """operations = [CreateTable("Teams", S("teamId"), indexes=[
    Index("by-manager", S("managerId")), Index("by-season", S("season"), N("at"), projection="KEYS_ONLY"),
], settings=[
    SetStream("Teams", "NEW_IMAGE"), SetTimeToLive("Teams", "expiresAt"), SetPointInTimeRecovery("Teams", True, 7),
    SetTags("Teams", {"Team": "core", "Cost": "1"}), SetDeletionProtection("Teams", False),
    SetTableClass("Teams", "STANDARD"), SetEncryption("Teams", "AWS_OWNED"),
])]"""
PLANS = """operations = [CreateTable("Plans", S("planId"), indexes=[Index("by-x", S("x"))], settings=[
    SetBilling.provisioned("Plans", read=5, write=5, indexes={"by-x": Throughput(2, 2)}),
])]"""
MORE = '[tool.osem-migrate.environments.fresh]\nendpoint_url = "http://127.0.0.1:9"\nlocal = false\n'


class Place:
    """An account in which the scripts are applied.

    Args:
        aws: the simulator.
        project: the scripts.
    """

    def __init__(self, aws: SimulatedAws, project: Project) -> None:
        self.aws, self.project = aws, project
        aws.migrator(project).upgrade()

    def by_hand(self, *changes: Operation) -> None:
        """Somebody changes tables, each change once the one before has settled."""
        migrator = self.aws.migrator(self.project)
        schema = migrator.status().expectation.schema
        gateway = migrator.deployment.gateway
        self.aws.clock.sleep(HOUR)
        for change in changes:
            for step in calls(change.steps(schema)):
                gateway.perform(step, gateway.describe(change.table), guard=lambda: None)
                self.aws.clock.sleep(HOUR)
            schema = change.apply(schema)

    def codes(self, env: str = "dev") -> list[str]:
        """The problems, by code."""
        return sorted(problem.code for problem in self.aws.migrator(self.project, env=env).status().problems)

    def repair(self, *, rebuild: bool = False) -> str | None:
        """Write the repair; its path."""
        migrator = self.aws.migrator(self.project)
        return migrator.write_repair(migrator.status(), RepairOptions(rebuild=rebuild)).path

    def tables(self, env: str) -> list[LiveTable]:
        """Everything that is live."""
        return self.aws.migrator(self.project, env=env).tables(ListOptions(details=True))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Teams and Plans, live."""
    with SkippingClock() as clock:
        aws = SimulatedAws(clock)
        with aws.surroundings():
            yield Place(aws, write_project(tmp_path, {"0001_teams": TEAMS, "0002_plans": PLANS}, TUNNEL + MORE))
        assert aws.simulator.unknown == []


DRIFTS: dict[str, list[Operation]] = {
    "a lost index": [DropIndex("Teams", "by-manager")],
    "two lost indexes": [DropIndex("Teams", "by-manager"), DropIndex("Teams", "by-season")],
    "billing": [SetBilling.provisioned("Teams", read=3, write=3, indexes={"by-season": Throughput(1, 1)})],
    "a maximum": [SetBilling.on_demand("Teams", max_read=100)],
    "capacity": [SetBilling.provisioned("Plans", read=9, write=5, indexes={"by-x": Throughput(2, 8)})],
    "on demand": [SetBilling.on_demand("Plans")],
    "a stream off": [SetStream("Teams", None)],
    "another stream": [SetStream("Teams", "KEYS_ONLY")],
    "time to live off": [SetTimeToLive("Teams", None, enabled=False)],
    "another time to live": [SetTimeToLive("Teams", "removedAt")],
    "recovery off": [SetPointInTimeRecovery("Teams", enabled=False)],
    "tags": [SetTags("Teams", {"Team": "ours", "Cost": None})],
    "protection": [SetDeletionProtection("Teams", enabled=True)],
    "table class": [SetTableClass("Teams", "STANDARD_INFREQUENT_ACCESS")],
    "encryption": [SetEncryption("Teams", "AWS_MANAGED")],
    "much at once": [
        DropIndex("Teams", "by-season"),
        SetBilling.provisioned("Teams", read=3, write=3),
        SetStream("Teams", None),
        SetTags("Teams", {"Team": None}),
        SetBilling.on_demand("Plans"),
    ],
}


DAILY = {"capacity", "another time to live", "much at once"}
IN_TORTURE = pytest.mark.skipif(not os.environ.get("OSEM_TORTURE"), reason="OSEM_TORTURE=1")


def cases(drifts: dict[str, list[Operation]], daily: set[str]) -> list[Any]:
    """A few for every day, and all of them where there is time."""
    return [pytest.param(drift, id=name, marks=() if name in daily else IN_TORTURE) for name, drift in drifts.items()]


@pytest.mark.parametrize("drift", cases(DRIFTS, DAILY))
def test_writing_a_repair_and_upgrading_ends_in_sync(place: Place, drift: list[Operation]) -> None:
    """Whatever was changed, and however many calls it takes to change it back; then there is nothing to repair."""
    place.by_hand(*drift)
    assert place.codes()
    path = place.repair()
    assert path is not None
    assert place.aws.migrator(place.project).upgrade().applied == (Path(path).stem,)
    assert place.codes() == []
    assert place.repair() is None


REBUILDS: dict[str, list[Operation]] = {
    "other keys": [DropIndex("Teams", "by-manager"), AddIndex("Teams", "by-manager", N("managerId"))],
    "another projection": [
        DropIndex("Plans", "by-x"),
        AddIndex("Plans", "by-x", S("x"), projection="KEYS_ONLY", throughput=Throughput(4, 4)),
    ],
    "a lost table": [DropTable("Teams")],
}


@pytest.mark.parametrize("drift", cases(REBUILDS, {"another projection"}))
def test_a_rebuild_ends_in_sync(place: Place, drift: list[Operation]) -> None:
    """It is written only when asked for; where an index is dropped for it, upgrade asks, too."""
    place.by_hand(*drift)
    assert place.repair() is None
    assert place.repair(rebuild=True) is not None
    migrator = place.aws.migrator(place.project)
    if len(drift) > 1:
        with pytest.raises(ConfirmationRequired):
            migrator.upgrade()
    migrator.upgrade(UpgradeOptions(allow_data_loss=True))
    assert place.codes() == []


def test_a_repair_changes_nothing_where_nothing_drifted(place: Place) -> None:
    """A numbered script runs everywhere: in a fresh environment, and where the tables are as declared."""
    place.by_hand(DropIndex("Teams", "by-manager"), SetStream("Teams", None))
    place.aws.migrator(place.project, env="fresh").upgrade()
    before = place.tables("fresh")
    assert place.repair() is not None
    calls = len(place.aws.simulator.calls)
    assert place.aws.migrator(place.project, env="fresh").upgrade().applied == ("0003_repair_teams",)
    assert [call.action for call in place.aws.simulator.calls[calls:] if call.mutates] == []
    assert place.tables("fresh") == before
    assert place.codes("fresh") == []


def test_a_repair_goes_on_where_it_was_cut(place: Place) -> None:
    """Half of it is done by hand, or by a run that ended there: the rest is all that is left."""
    place.by_hand(DropIndex("Teams", "by-manager"), SetStream("Teams", None))
    assert place.repair() is not None
    place.by_hand(SetStream("Teams", "KEYS_ONLY"), SetStream("Teams", "NEW_IMAGE"))
    place.aws.migrator(place.project).upgrade()
    assert place.codes() == []


def test_capacity_that_an_autoscaler_owns_is_no_drift(place: Place) -> None:
    """Until nobody owns it any more."""
    place.by_hand(SetBilling.provisioned("Plans", read=9, write=5, indexes={"by-x": Throughput(2, 8)}))
    assert place.codes() == ["DRIFT_BILLING", "DRIFT_INDEX_THROUGHPUT"]
    scalable = place.aws.simulator.account.scalable
    scalable.add(("table/osem-dev-Plans", "table:ReadCapacityUnits"))
    assert place.codes() == ["DRIFT_INDEX_THROUGHPUT"]
    scalable.add(("table/osem-dev-Plans/index/by-x", "index:WriteCapacityUnits"))
    assert place.codes() == []
    place.aws.simulator.faults.deny("DescribeScalableTargets")
    assert place.codes() == ["DRIFT_BILLING", "DRIFT_INDEX_THROUGHPUT"]


def test_what_is_being_built_is_no_drift(place: Place) -> None:
    """Neither while it is allocated nor while it is filled; an index that nobody declared is drift once it is there."""
    migrator = place.aws.migrator(place.project)
    gateway = migrator.deployment.gateway
    schema = migrator.status().expectation.schema
    (step,) = calls(AddIndex("Plans", "extra", S("extra"), throughput=Throughput(1, 1)).steps(schema))
    gateway.perform(step, gateway.describe("Plans"), guard=lambda: None)
    seen = set()
    while gateway.describe("Plans").busy:
        status = migrator.status()
        if gateway.describe("Plans").busy:
            assert status.exit_code() is ExitCode.OK, status.problems
        seen |= {remark.message for remark in status.remarks}
        place.aws.clock.sleep(20.0)
    assert {"extra is allocating", "extra is backfilling", "Plans is updating"} <= seen
    assert place.codes() == ["DRIFT_INDEX_UNEXPECTED"]


EXTRA = 'operations = [AddIndex("Teams", "extra", S("extra"))]'


def test_one_lost_and_one_undeclared_index(place: Place, tmp_path: Path) -> None:
    """The lost one is repaired by a script, the other declared by the next one: both come through in one upgrade."""
    place.by_hand(DropIndex("Teams", "by-manager"), AddIndex("Teams", "extra", S("extra")))
    assert place.codes() == ["DRIFT_INDEX_MISSING", "DRIFT_INDEX_UNEXPECTED"]
    assert place.repair() is not None
    write_project(tmp_path, {"0004_extra": EXTRA}, TUNNEL + MORE)
    assert place.aws.migrator(place.project).upgrade().applied == ("0003_repair_teams", "0004_extra")
    assert place.codes() == []


def test_the_undeclared_index_is_declared_although_another_is_lost(place: Place, tmp_path: Path) -> None:
    """The lost one is told by dry run and run, is still shown by status, and can be repaired afterwards, or before."""
    place.by_hand(DropIndex("Teams", "by-manager"), AddIndex("Teams", "extra", S("extra")))
    write_project(tmp_path, {"0003_extra": EXTRA}, TUNNEL + MORE)
    told = "osem-dev-Teams: by-manager: expected keys managerId S, projection ALL, found none; it is left as it is"
    migrator = place.aws.migrator(place.project)
    assert [drift.describe() for drift in migrator.preview().drift] == [told]
    result = migrator.upgrade()
    assert result.applied == ("0003_extra",)
    assert [drift.describe() for drift in result.plan.drift] == [told]
    assert place.codes() == ["DRIFT_INDEX_MISSING"]
    assert place.repair() is not None
    place.aws.migrator(place.project).upgrade()
    assert place.codes() == []


def test_an_index_is_rebuilt_on_a_table_that_has_another_billing_than_new_ones(
    aws: SimulatedAws, tmp_path: Path
) -> None:
    """What only new tables get is no drift; the index has what its table is paid by, and nothing else changes."""
    script = 'operations = [CreateTable("Teams", S("id"), indexes=[Index("by-x", S("x")), Index("by-y", S("y"))])]'
    aws.migrator(write_project(tmp_path, {"0001_teams": script}, TUNNEL)).upgrade()
    aws.clock.sleep(HOUR)
    project = write_project(tmp_path, {}, f"{TUNNEL}capacity = {{ read = 5, write = 5 }}\n")
    delete = {"Delete": {"IndexName": "by-x"}}
    aws.simulator.call("UpdateTable", {"TableName": "osem-dev-Teams", "GlobalSecondaryIndexUpdates": [delete]})
    aws.clock.sleep(HOUR)
    migrator = aws.migrator(project)
    assert migrator.write_repair(migrator.status()).path is not None
    aws.migrator(project).upgrade()
    assert aws.migrator(project).status().in_sync
    table = aws.simulator.table("osem-dev-Teams")
    assert table is not None
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_drift_of_an_index_by_hand_leaves_the_capacity_that_only_new_tables_get(
    aws: SimulatedAws, tmp_path: Path
) -> None:
    """The capacity of the index goes back; that of the table is a default, and was never this table's."""
    script = (
        'operations = [CreateTable("Teams", S("id"), indexes=[Index("by-x", S("x"), throughput=Throughput(2, 2))])]'
    )
    capacity = f"{TUNNEL}capacity = {{ read = 9, write = 9 }}\n"
    aws.migrator(write_project(tmp_path, {"0001_teams": script}, capacity)).upgrade()
    aws.clock.sleep(HOUR)
    project = write_project(tmp_path, {}, capacity.replace("9", "5"))
    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 3}
    update = {"Update": {"IndexName": "by-x", "ProvisionedThroughput": units}}
    aws.simulator.call("UpdateTable", {"TableName": "osem-dev-Teams", "GlobalSecondaryIndexUpdates": [update]})
    aws.clock.sleep(HOUR)
    migrator = aws.migrator(project)
    assert [problem.code for problem in migrator.status().problems] == ["DRIFT_INDEX_THROUGHPUT"]
    assert migrator.write_repair(migrator.status()).path is not None
    aws.migrator(project).upgrade()
    assert aws.migrator(project).status().in_sync
    table = aws.simulator.table("osem-dev-Teams")
    assert table is not None
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 9
