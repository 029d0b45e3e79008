"""A whole upgrade: six tables and eight indexes, by boto3 alone, an hour of AWS in seconds."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import boto3

from tests.simulator import ScaledClock, Simulator, serve
from tests.unit.simulator.world import definitions, index, table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCALE = 2400.0
TABLES = {
    "osem-dev-Users": [],
    "osem-dev-Teams": ["managerId"],
    "osem-dev-AssessmentPlans": ["teamId", "status"],
    "osem-dev-Assessments": ["planId", "teamMemberId"],
    "osem-dev-AssessmentReports": ["planId", "teamMemberId"],
    "osem-dev-ConfigVersions": ["isActive"],
}


def _settle(client: "DynamoDBClient", name: str) -> None:
    """Wait as one has to: for the table, and for each of its indexes."""
    while True:
        described = client.describe_table(TableName=name)["Table"]
        statuses = {index["IndexStatus"] for index in described.get("GlobalSecondaryIndexes", ())}
        if described["TableStatus"] == "ACTIVE" and statuses <= {"ACTIVE"}:
            return
        time.sleep(0.005)


def _build(client: "DynamoDBClient", name: str) -> None:
    client.create_table(**table(name))
    _settle(client, name)
    for attribute in TABLES[name]:
        client.update_table(
            TableName=name,
            AttributeDefinitions=definitions(attribute),  # type: ignore[arg-type]
            GlobalSecondaryIndexUpdates=[{"Create": index(f"{attribute}-index", attribute)}],  # type: ignore[typeddict-item]
        )
        _settle(client, name)


def test_osem_takes_as_long_as_its_longest_table() -> None:
    """Lanes side by side: never faster than the longest chain of durations, and nothing is refused."""
    clock = ScaledClock(SCALE)
    simulator = Simulator(clock=clock)
    draw = simulator.durations.draw
    chains = {
        name: draw("create_table", name) + sum(draw("index_build", name, f"{a}-index") for a in attributes)
        for name, attributes in TABLES.items()
    }
    with serve(simulator) as server:
        session = boto3.session.Session(aws_access_key_id="AKIA", aws_secret_access_key="s", region_name="us-east-1")
        client = session.client("dynamodb", endpoint_url=server.endpoint_url)
        began = clock.now()
        with ThreadPoolExecutor(len(TABLES)) as pool:
            list(pool.map(lambda name: _build(client, name), TABLES))
        took = clock.now() - began
    assert took >= max(chains.values())
    assert simulator.unknown == []
    for name, attributes in TABLES.items():
        found = simulator.table(name)
        assert found is not None
        assert [i["IndexName"] for i in found.get("GlobalSecondaryIndexes", ())] == [f"{a}-index" for a in attributes]
    mutations = [call for call in simulator.calls if call.mutates]
    assert len(mutations) == 14
    assert {call.outcome for call in mutations} == {"ok"}
