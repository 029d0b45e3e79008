"""What somebody did by hand before a script declares it: known, as far as the plan says so."""

from pathlib import Path

import pytest

from osem_migrate import UpgradeOptions
from osem_migrate.errors import DriftFound
from osem_migrate.events import DriftNoticed, OperationFinished, RunEvent
from tests.doubles.project import write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws

NAME = "osem-dev-Teams"
CREATED = """operations = [
    CreateTable("Teams", S("id"), settings=[
        SetBilling.provisioned("Teams", read=5, write=5), SetStream("Teams", "NEW_IMAGE"),
    ]),
]"""
ON_DEMAND, OLD_IMAGE = 'SetBilling.on_demand("Teams")', 'SetStream("Teams", "OLD_IMAGE")'
HOUR = 3600.0


def change(aws: SimulatedAws, **request: object) -> None:
    """Somebody changes the table by hand, and waits."""
    aws.simulator.call("UpdateTable", {"TableName": NAME, **request})
    aws.clock.sleep(HOUR)


def stream(aws: SimulatedAws, view: str) -> None:
    """Somebody gives the table another stream."""
    change(aws, StreamSpecification={"StreamEnabled": False})
    change(aws, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})


@pytest.mark.parametrize("declared", [(ON_DEMAND, OLD_IMAGE), (OLD_IMAGE, ON_DEMAND)])
def test_a_script_declares_what_was_done_by_hand(declared: tuple[str, str], aws: SimulatedAws, tmp_path: Path) -> None:
    """Two settings at once, in whichever order, as the guide advises; nothing is asked of AWS again."""
    aws.migrator(write_project(tmp_path, {"0001_teams": CREATED}, TUNNEL)).upgrade()
    change(aws, BillingMode="PAY_PER_REQUEST")
    stream(aws, "OLD_IMAGE")
    aws.simulator.calls.clear()
    migrator = aws.migrator(write_project(tmp_path, {"0002_declared": f"operations = [{', '.join(declared)}]"}, TUNNEL))
    plan = migrator.plan()
    assert migrator.upgrade(UpgradeOptions(plan=plan)).applied == ("0002_declared",)
    assert migrator.status().in_sync
    assert not [call for call in aws.simulator.calls if call.action == "UpdateTable" and call.table == NAME]


def test_what_no_script_declares_is_drift_as_ever(aws: SimulatedAws, tmp_path: Path) -> None:
    """Another view than the one that is ahead."""
    aws.migrator(write_project(tmp_path, {"0001_teams": CREATED}, TUNNEL)).upgrade()
    change(aws, BillingMode="PAY_PER_REQUEST")
    stream(aws, "KEYS_ONLY")
    migrator = aws.migrator(
        write_project(tmp_path, {"0002_declared": f"operations = [{ON_DEMAND}, {OLD_IMAGE}]"}, TUNNEL)
    )
    with pytest.raises(DriftFound, match="stream"):
        migrator.upgrade(UpgradeOptions(plan=migrator.plan()))


def test_there_and_back_is_still_carried_out(aws: SimulatedAws, tmp_path: Path) -> None:
    """Off and on again makes a new stream: that the table is already as it will be is no reason to skip it."""
    aws.migrator(write_project(tmp_path, {"0001_teams": CREATED}, TUNNEL)).upgrade()
    table = aws.simulator.table(NAME)
    assert table is not None
    before = table["LatestStreamArn"]
    aws.clock.sleep(HOUR)
    renewed = 'operations = [SetStream("Teams", None), SetStream("Teams", "NEW_IMAGE")]'
    migrator = aws.migrator(write_project(tmp_path, {"0002_renewed": renewed}, TUNNEL))
    migrator.upgrade(UpgradeOptions(plan=migrator.plan()))
    table = aws.simulator.table(NAME)
    assert table is not None
    assert table["LatestStreamArn"] != before


def test_billing_that_is_ahead_is_known_with_the_capacity_of_its_indexes(aws: SimulatedAws, tmp_path: Path) -> None:
    """Somebody has switched the table and given an index its own capacity; both are declared behind another setting."""
    indexed = """operations = [CreateTable("Teams", S("id"), indexes=[Index("by-x", S("x"))])]"""
    aws.migrator(write_project(tmp_path, {"0001_teams": indexed}, TUNNEL)).upgrade()
    aws.clock.sleep(HOUR)
    capacity = [{"ReadCapacityUnits": units, "WriteCapacityUnits": units} for units in (7, 3)]
    update = {"Update": {"IndexName": "by-x", "ProvisionedThroughput": capacity[1]}}
    change(aws, BillingMode="PROVISIONED", ProvisionedThroughput=capacity[0], GlobalSecondaryIndexUpdates=[update])
    billing = 'SetBilling.provisioned("Teams", read=7, write=7, indexes={"by-x": Throughput(3, 3)})'
    declared = f'operations = [SetStream("Teams", "NEW_IMAGE"), AddIndex("Teams", "by-y", S("y")), {billing}]'
    events: list[RunEvent] = []
    migrator = aws.migrator(write_project(tmp_path, {"0002_declared": declared}, TUNNEL), events.append)
    assert migrator.preview().drift == ()
    assert migrator.upgrade().applied == ("0002_declared",)
    assert migrator.status().in_sync
    notes = [event.note for event in events if isinstance(event, OperationFinished)]
    assert notes == [None, None, "it was there already"]
    assert not [event for event in events if isinstance(event, DriftNoticed)]


def test_capacity_of_an_index_that_is_not_ahead_is_drift_of_it_alone(aws: SimulatedAws, tmp_path: Path) -> None:
    """Of the billing that is ahead, the table's is known; the index has other capacity than the script will say."""
    created = CREATED.replace('S("id"), ', 'S("id"), indexes=[Index("by-x", S("x"))], ')
    aws.migrator(write_project(tmp_path, {"0001_teams": created}, TUNNEL)).upgrade()
    aws.clock.sleep(HOUR)
    units = {"ReadCapacityUnits": 9, "WriteCapacityUnits": 9}
    update = {"Update": {"IndexName": "by-x", "ProvisionedThroughput": units}}
    change(aws, ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 7})
    change(aws, GlobalSecondaryIndexUpdates=[update])
    billing = 'SetBilling.provisioned("Teams", read=7, write=7)'
    declared = f'operations = [SetTableClass("Teams", "STANDARD_INFREQUENT_ACCESS"), {billing}]'
    migrator = aws.migrator(write_project(tmp_path, {"0002_declared": declared}, TUNNEL))
    assert [(one.difference.code, one.stops) for one in migrator.preview().drift] == [
        ("DRIFT_INDEX_THROUGHPUT", "0002_declared")
    ]
