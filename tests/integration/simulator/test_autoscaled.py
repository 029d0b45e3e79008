"""Capacity that an autoscaler owns: no command takes for drift what another takes for right."""

from pathlib import Path

import pytest

from osem_migrate import StampOptions
from osem_migrate.config import Project
from osem_migrate.errors import AdoptionMismatch, DriftFound
from tests.doubles.project import write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws

NAME = "osem-dev-Teams"
CREATED = 'operations = [CreateTable("Teams", S("id"), settings=[SetBilling.provisioned("Teams", read=5, write=5)])]'
INDEXED = 'operations = [AddIndex("Teams", "by-x", S("x"))]'
RESIZED = 'operations = [SetBilling.provisioned("Teams", read=7, write=5)]'


def project(folder: Path, *scripts: str) -> Project:
    """These scripts in their order."""
    return write_project(folder, {f"{n:04}_change": script for n, script in enumerate(scripts, 1)}, TUNNEL)


def scale(aws: SimulatedAws, read: int, *, registered: bool = True) -> None:
    """What an autoscaler does of a busy afternoon."""
    if registered:
        aws.simulator.account.scalable.add((f"table/{NAME}", "table:ReadCapacityUnits"))
    throughput = {"ReadCapacityUnits": read, "WriteCapacityUnits": 5}
    aws.simulator.call("UpdateTable", {"TableName": NAME, "ProvisionedThroughput": throughput})
    aws.clock.sleep(60.0)


def capacity(aws: SimulatedAws) -> int:
    """The read units that the table has."""
    table = aws.simulator.table(NAME)
    assert table is not None
    return int(table["ProvisionedThroughput"]["ReadCapacityUnits"])


def test_an_operation_on_the_table_goes_through(aws: SimulatedAws, tmp_path: Path) -> None:
    """As status says that all is well, so does upgrade; what is nobody's is drift for both."""
    aws.migrator(project(tmp_path, CREATED)).upgrade()
    scale(aws, 50, registered=False)
    changed = project(tmp_path, CREATED, INDEXED)
    with pytest.raises(DriftFound, match="found billing provisioned, 50 read"):
        aws.migrator(changed).upgrade()
    scale(aws, 60)
    assert aws.migrator(changed).upgrade().applied == ("0002_change",)
    assert aws.migrator(changed).status().in_sync
    assert capacity(aws) == 60


def test_what_a_script_declares_is_asked_for_whatever_the_autoscaler_made_of_it(
    aws: SimulatedAws, tmp_path: Path
) -> None:
    """The capacity that is live is no proof that somebody asked for it."""
    aws.migrator(project(tmp_path, CREATED)).upgrade()
    scale(aws, 50)
    aws.migrator(project(tmp_path, CREATED, RESIZED)).upgrade()
    assert capacity(aws) == 7


def test_a_first_run_and_stamp_take_the_table_as_it_is(aws: SimulatedAws, tmp_path: Path) -> None:
    """By the same comparison, where the application is new to this tool."""
    scripts = project(tmp_path, CREATED)
    request = {
        "TableName": NAME,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 50, "WriteCapacityUnits": 5},
    }
    aws.simulator.call("CreateTable", request)
    aws.clock.sleep(60.0)
    with pytest.raises(AdoptionMismatch, match="found billing provisioned, 50 read"):
        aws.migrator(scripts).stamp(StampOptions("1"))
    aws.simulator.account.scalable.add((f"table/{NAME}", "table:ReadCapacityUnits"))
    assert not aws.migrator(scripts).preview().operations
    assert aws.migrator(scripts).stamp(StampOptions("1")).recorded == ("0001_change",)
    assert aws.migrator(scripts).status().in_sync
