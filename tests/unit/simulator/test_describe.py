"""DescribeTable: exactly the members that AWS shows, and its noise."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from tests.unit.simulator.world import World, definitions, index, keys, table, throughput

MODEL = boto3.client(
    "dynamodb", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
).meta.service_model

TYPES = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "timestamp": float,
    "double": float,
    "structure": dict,
}


def possible_tables(shape: Shape | None, value: Any, path: str = "") -> Iterator[str]:
    """Members of an answer that botocore's model does not have, or has with another type."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        yield from (f"{path}.{name} is unknown" for name in value.keys() - shape.members.keys())
        for name in value.keys() & shape.members.keys():
            yield from possible_tables(shape.members[name], value[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for member in value:
            yield from possible_tables(shape.member, member, f"{path}[]")
    elif isinstance(shape, MapShape):
        for name, member in value.items():
            yield from possible_tables(shape.value, member, f"{path}.{name}")
    elif shape is not None and not isinstance(value, TYPES[shape.type_name]):
        yield f"{path} is {value!r}, not {shape.type_name}"
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{path} is {value!r}, not one of {shape.enum}"


def check(action: str, answer: Any) -> None:
    """An answer has only members of the model, and no null or empty list where AWS leaves a member out."""
    assert list(possible_tables(MODEL.operation_model(action).output_shape, answer)) == []


def everything() -> dict[str, Any]:
    """A table with one of all."""
    units = throughput(5, 5)
    return table(
        "Everything",
        ProvisionedThroughput=units,
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=definitions("sk", "pk", "a", n="N"),
        GlobalSecondaryIndexes=[
            index(
                "z-index",
                "n",
                ProvisionedThroughput=units,
                Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["z", "m"]},
            ),
            index(ProvisionedThroughput=units),
        ],
        LocalSecondaryIndexes=[
            {"IndexName": "l-index", "KeySchema": keys("pk", "a"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "k", "Value": "v"}],
    )


def test_every_answer_fits_the_model(world: World) -> None:
    """Every response has only members, types and values that botocore knows."""
    check("CreateTable", world.call("CreateTable", **everything()))
    world.advance(30)
    arn = world.describe("Everything")["TableArn"]
    ttl = {"Enabled": True, "AttributeName": "t"}
    pitr = {"PointInTimeRecoveryEnabled": True}
    item = {"pk": {"S": "1"}, "sk": {"S": "1"}}
    get = {"Get": {"TableName": "Everything", "Key": item}}
    query = {
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "1"}},
        "Limit": 1,
        "ReturnConsumedCapacity": "TOTAL",
    }
    for action, parameters in (
        ("DescribeTable", {"TableName": "Everything"}),
        ("UpdateTable", {"TableName": "Everything", "TableClass": "STANDARD"}),
        ("ListTables", {}),
        ("DescribeLimits", {}),
        ("TagResource", {"ResourceArn": arn, "Tags": [{"Key": "k2", "Value": "v"}]}),
        ("ListTagsOfResource", {"ResourceArn": arn}),
        ("UpdateTimeToLive", {"TableName": "Everything", "TimeToLiveSpecification": ttl}),
        ("DescribeTimeToLive", {"TableName": "Everything"}),
        ("UpdateContinuousBackups", {"TableName": "Everything", "PointInTimeRecoverySpecification": pitr}),
        ("DescribeContinuousBackups", {"TableName": "Everything"}),
        ("PutItem", {"TableName": "Everything", "Item": item, "ReturnConsumedCapacity": "TOTAL"}),
        ("GetItem", {"TableName": "Everything", "Key": item, "ReturnConsumedCapacity": "TOTAL"}),
        ("Query", {"TableName": "Everything", **query}),
        ("Scan", {"TableName": "Everything", "ReturnConsumedCapacity": "TOTAL"}),
        ("BatchGetItem", {"RequestItems": {"Everything": {"Keys": [item]}}}),
        ("BatchWriteItem", {"RequestItems": {"Everything": [{"PutRequest": {"Item": item}}]}}),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "Everything", "Item": item}}]}),
        ("TransactGetItems", {"TransactItems": [get]}),
        ("UpdateItem", {"TableName": "Everything", "Key": item, "ReturnValues": "ALL_NEW"}),
        ("DeleteItem", {"TableName": "Everything", "Key": item, "ReturnValues": "ALL_OLD"}),
    ):
        check(action, world.simulator.call(action, parameters))


def test_attributes_and_included_names_are_sorted_and_indexes_are_not(world: World) -> None:
    """DescribeTable sorts AttributeDefinitions and NonKeyAttributes; index lists keep their order (Q-125)."""
    world.call("CreateTable", **everything())
    described = world.describe("Everything")
    assert [definition["AttributeName"] for definition in described["AttributeDefinitions"]] == ["a", "n", "pk", "sk"]
    assert [found["IndexName"] for found in described["GlobalSecondaryIndexes"]] == ["z-index", "a-index"]
    assert described["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"] == ["m", "z"]


def test_the_noise_of_an_on_demand_table(world: World) -> None:
    """Zeros, warmth, when it was switched; and nothing of what it has not (Q-028, 033, 134)."""
    created = world.call("CreateTable", **table(GlobalSecondaryIndexes=[index(attribute="pk")]))["TableDescription"]
    assert "WarmThroughput" not in created
    assert "WarmThroughput" not in created["GlobalSecondaryIndexes"][0]
    assert created["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    world.advance(30)
    described = world.describe()
    zeros = {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    warm = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE"}
    assert described["ProvisionedThroughput"] == zeros
    assert described["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] == zeros
    assert described["WarmThroughput"] == described["GlobalSecondaryIndexes"][0]["WarmThroughput"] == warm
    assert "LastUpdateToPayPerRequestDateTime" in described["BillingModeSummary"]
    assert described["GlobalSecondaryIndexes"][0]["IndexArn"] == f"{described['TableArn']}/index/a-index"
    assert described["DeletionProtectionEnabled"] is False
    absent = {"Replicas", "StreamSpecification", "LatestStreamArn", "SSEDescription", "TableClassSummary"}
    absent |= {"OnDemandThroughput", "LocalSecondaryIndexes", "GlobalTableVersion", "RestoreSummary"}
    assert not absent & described.keys()


def test_a_table_that_was_always_provisioned_has_no_billing_summary(world: World) -> None:
    """Q-028: BillingModeSummary is absent."""
    world.create(ProvisionedThroughput=throughput())
    assert "BillingModeSummary" not in world.describe()


def test_counters_are_refreshed_every_six_hours(world: World) -> None:
    """ItemCount/size refresh ~6-hourly; until then they are what they were."""
    world.create(AttributeDefinitions=definitions("pk", "a"), GlobalSecondaryIndexes=[index()])
    world.call("PutItem", TableName="Teams", Item={"pk": {"S": "1"}, "a": {"S": "x"}})
    world.call("PutItem", TableName="Teams", Item={"pk": {"S": "2"}})
    assert world.describe()["ItemCount"] == 0
    world.advance(21_600)
    described = world.describe()
    assert (described["ItemCount"], described["GlobalSecondaryIndexes"][0]["ItemCount"]) == (2, 1)
    assert described["TableSizeBytes"] == 8
    world.call("DeleteTable", TableName="Teams")
    world.advance(50_000)


def test_a_stranger_in_an_answer_is_noticed() -> None:
    """The check of this file works."""
    shape = MODEL.operation_model("DescribeTable").output_shape
    for answer in ({"Tables": 1}, {"Table": 1}, {"Table": {"ItemCount": "1"}}, {"Table": {"TableStatus": "X"}}):
        assert list(possible_tables(shape, answer))


@pytest.mark.parametrize("billing", ["on demand", "provisioned"])
def test_a_description_is_the_readers_own(world: World, billing: str) -> None:
    """What a caller does to an answer does nothing to the table."""
    more: dict[str, Any] = {} if billing == "on demand" else {"ProvisionedThroughput": throughput()}
    world.create(**more)
    world.describe()["KeySchema"][0]["AttributeName"] = "changed"
    assert world.describe()["KeySchema"] == keys()
