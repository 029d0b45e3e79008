"""What an import leaves behind is said, all of it: the scripts alone would make another table elsewhere."""

from pathlib import Path
from typing import Any

import pytest

from osem_migrate import ImportOptions
from tests.doubles.project import write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.simulator import Deny

NAME = "osem-dev-Orders"
INDEX = {
    "IndexName": "by-x",
    "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
TABLE = {
    "TableName": NAME,
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "x")],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
ON_DEMAND = {**TABLE, "BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": [INDEX]}
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
PROVISIONED: dict[str, Any] = {
    **TABLE,
    "ProvisionedThroughput": UNITS,
    "GlobalSecondaryIndexes": [{**INDEX, "ProvisionedThroughput": UNITS}],
}
WARM = {"ReadUnitsPerSecond": 40_000, "WriteUnitsPerSecond": 9_000}


def warnings(aws: SimulatedAws, folder: Path) -> tuple[str, ...]:
    """What an import of everything says."""
    aws.clock.sleep(60)
    return aws.migrator(write_project(folder, {}, TUNNEL)).plan_import(ImportOptions()).warnings


@pytest.mark.parametrize("request_", [ON_DEMAND, PROVISIONED], ids=["on demand", "provisioned"])
def test_a_table_that_a_script_says_all_of_takes_no_warning(
    request_: dict[str, object], aws: SimulatedAws, tmp_path: Path
) -> None:
    """What AWS shows of every table is nothing that was lost."""
    aws.simulator.call("CreateTable", request_)
    assert warnings(aws, tmp_path) == ()


def test_each_thing_that_no_script_declares_is_named(aws: SimulatedAws, tmp_path: Path) -> None:
    """On the table and on its index."""
    index: dict[str, Any] = {**INDEX, "ProvisionedThroughput": UNITS}
    index["WarmThroughput"] = {**WARM, "WriteUnitsPerSecond": 5}
    aws.simulator.call("CreateTable", {**PROVISIONED, "GlobalSecondaryIndexes": [index], "WarmThroughput": WARM})
    account = aws.simulator.account
    account.scalable.add((f"table/{NAME}/index/by-x", "index:ReadCapacityUnits"))
    account.insights = {NAME, f"{NAME}/by-x"}
    account.streaming, account.policies = {NAME}, {NAME: "{}"}
    (warning,) = warnings(aws, tmp_path)
    assert warning == (
        f"{NAME}: no script can declare warm throughput of 40000 reads and 9000 writes a second, "
        "warm throughput of 40000 reads and 5 writes a second of index by-x, contributor insights, "
        "contributor insights of index by-x, a Kinesis stream of its changes, a resource policy, "
        "autoscaling of its capacity; a table made by its script comes without."
    )


@pytest.mark.parametrize(
    ("action", "noun"),
    [
        ("DescribeContributorInsights", "contributor insights"),
        ("DescribeKinesisStreamingDestination", "a Kinesis stream of its changes"),
        ("GetResourcePolicy", "a resource policy"),
        ("DescribeScalableTargets", "autoscaling of its capacity"),
    ],
)
def test_what_nobody_tells_is_said_to_be_unknown(action: str, noun: str, aws: SimulatedAws, tmp_path: Path) -> None:
    """Silence would pass for a no; once for all tables."""
    for name in (NAME, "osem-dev-Teams"):
        aws.simulator.call("CreateTable", {**PROVISIONED, "TableName": name})
    aws.simulator.faults.plan(Deny(), action=action, times=None)
    (warning,) = warnings(aws, tmp_path)
    assert warning.startswith(f"Whether a table has {noun} was not found out: ")
    assert "not authorized to perform" in warning
