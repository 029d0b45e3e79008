"""CreateTable and DeleteTable: how long they take, what they refuse, what is left of a table."""

from typing import Any

import pytest

from tests.unit.simulator.world import World, definitions, index, keys, table, throughput

LOCAL = {
    "IndexName": "l-index",
    "KeySchema": keys("pk", "a"),
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


def test_a_plain_table_takes_2_to_6_seconds(world: World) -> None:
    """CREATING 2 to 6 s plain."""
    world.call("CreateTable", **table())
    assert world.describe()["TableStatus"] == "CREATING"
    assert 1.9 < world.until("ACTIVE") < 6.2


def test_inline_indexes_take_14_to_22_seconds_and_are_active_all_at_once(world: World) -> None:
    """Inline in CreateTable 14 to 22 s even with 20 GSIs; Backfilling is absent throughout (Q-138)."""
    indexes = [index(f"i{number:02}", f"a{number}") for number in range(20)]
    attributes = definitions("pk", *(f"a{number}" for number in range(20)))
    world.call("CreateTable", **table(AttributeDefinitions=attributes, GlobalSecondaryIndexes=indexes))
    world.advance(13.9)
    described = world.describe()
    assert {i["IndexStatus"] for i in described["GlobalSecondaryIndexes"]} == {"CREATING"}
    assert not [i for i in described["GlobalSecondaryIndexes"] if "Backfilling" in i]
    assert world.until("ACTIVE") < 8.2


def test_many_indexed_tables_are_created_side_by_side(world: World) -> None:
    """One indexed table CREATING at a time is not enforced (Q-388)."""
    for number in range(5):
        request = table(f"T-{number}", AttributeDefinitions=definitions("pk", "a"), GlobalSecondaryIndexes=[index()])
        world.call("CreateTable", **request)
    world.advance(22)
    assert {world.describe(f"T-{number}")["TableStatus"] for number in range(5)} == {"ACTIVE"}


def test_a_deleted_table_is_gone_after_4_to_6_seconds_and_its_name_is_free(world: World) -> None:
    """Delete→404 4 to 6 s; name reusable at once, with new TableId; the ARN stays (Q-009, Q-013)."""
    world.create()
    before = world.describe()
    assert world.call("DeleteTable", TableName="Teams")["TableDescription"]["TableStatus"] == "DELETING"
    assert world.call("ListTables")["TableNames"] == ["Teams"]
    world.advance(3.9)
    assert world.describe()["TableStatus"] == "DELETING"
    world.advance(2.2)
    gone = world.refusal("DescribeTable", TableName="Teams")
    assert (gone.code, gone.message) == (
        "ResourceNotFoundException",
        "Requested resource not found: Table: Teams not found",
    )
    world.create()
    after = world.describe()
    assert after["TableArn"] == before["TableArn"]
    assert after["TableId"] != before["TableId"]


@pytest.mark.parametrize(
    ("seconds", "delete", "message"),
    [
        (0, False, "Attempt to change a resource which is still in use: Table is being created: Teams"),
        (30, False, "Table already exists: Teams"),
        (30, True, "Table already exists: Teams"),
    ],
)
def test_a_second_create_is_refused_in_every_state(world: World, seconds: float, *, delete: bool, message: str) -> None:
    """Q-005: ResourceInUseException, with another text while CREATING."""
    world.call("CreateTable", **table())
    world.advance(seconds)
    if delete:
        world.call("DeleteTable", TableName="Teams")
    refusal = world.refusal("CreateTable", **table())
    assert (refusal.code, refusal.message) == ("ResourceInUseException", message)


def test_a_table_name_may_be_an_arn(world: World) -> None:
    """Q-011: TableName accepts the table ARN; the answer shows the bare name."""
    world.create()
    assert world.describe(world.describe()["TableArn"])["TableName"] == "Teams"


PREFIX = "One or more parameter values were invalid: "
INVALID = [
    ({"TableName": "ab"}, "1 validation error detected: Value 'ab' at 'tableName'"),
    ({"TableName": "a" * 256}, "1 validation error detected: Value 'aaa"),
    ({"TableName": "a b"}, "1 validation error detected: Value 'a b' at 'tableName'"),
    ({"AttributeDefinitions": definitions("pk", "x")}, PREFIX + "Number of attributes in KeySchema does not exactly"),
    ({"AttributeDefinitions": definitions("x")}, PREFIX + "Some index key attributes are not defined"),
    ({"AttributeDefinitions": [*definitions("pk"), *definitions(pk="N")]}, "Attribute Name is duplicated: pk"),
    ({"AttributeDefinitions": definitions(pk="X")}, "1 validation error detected: Value 'X'"),
    (
        {"AttributeDefinitions": definitions("pk", "a", "x"), "GlobalSecondaryIndexes": [index()]},
        PREFIX + "Some AttributeDefinitions are not used.",
    ),
    ({"KeySchema": [{"AttributeName": "pk", "KeyType": "RANGE"}]}, "Invalid KeySchema: The first KeySchemaElement"),
    (
        {"KeySchema": [*keys(), *keys("a")], "AttributeDefinitions": definitions("pk", "a")},
        "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
    ),
    ({"KeySchema": keys("pk", "pk")}, "Both the Hash Key and the Range Key element"),
    ({"KeySchema": [*keys("pk", "a"), *keys("b")], "AttributeDefinitions": definitions("pk", "a", "b")}, "1 valid"),
    ({"GlobalSecondaryIndexes": []}, PREFIX + "List of GlobalSecondaryIndexes is empty"),
    ({"LocalSecondaryIndexes": []}, PREFIX + "List of LocalSecondaryIndexes is empty"),
    ({"GlobalSecondaryIndexes": [index(attribute="pk"), index(attribute="pk")]}, PREFIX + "Duplicate index name"),
    (
        {"GlobalSecondaryIndexes": [index(f"i{number:02}", "pk") for number in range(21)]},
        PREFIX + "GlobalSecondaryIndex count exceeds the per-table limit of 20",
    ),
    (
        {"LocalSecondaryIndexes": [{**LOCAL, "IndexName": f"l-{n}", "KeySchema": keys("pk", "pk")} for n in range(6)]},
        PREFIX + "Number of LocalSecondaryIndexes exceeds per-table limit of 5",
    ),
    (
        {"LocalSecondaryIndexes": [LOCAL], "AttributeDefinitions": definitions("pk", "a")},
        PREFIX + "Table KeySchema does not have a range key",
    ),
    ({"ProvisionedThroughput": throughput(), "BillingMode": "PAY_PER_REQUEST"}, PREFIX + "Neither ReadCapacityUnits"),
    ({"BillingMode": "PROVISIONED"}, PREFIX + "ReadCapacityUnits and WriteCapacityUnits must both be specified"),
    ({"BillingMode": "FREE"}, "1 validation error detected: Value 'FREE' at 'billingMode'"),
    ({"ProvisionedThroughput": {"ReadCapacityUnits": 1}}, "1 validation error detected: Value null"),
    ({"ProvisionedThroughput": throughput(0, 1)}, "1 validation error detected: Value '0'"),
    (
        {"BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput(), "OnDemandThroughput": {"Max": 1}},
        PREFIX + "MaxReadRequestUnits for OnDemandThroughput cannot be specified",
    ),
    (
        {"GlobalSecondaryIndexes": [index(attribute="pk", ProvisionedThroughput=throughput())]},
        PREFIX + "ProvisionedThroughput should not be specified for index: a-index",
    ),
    (
        {"ProvisionedThroughput": throughput(), "GlobalSecondaryIndexes": [index(attribute="pk")]},
        PREFIX + "ProvisionedThroughput is not specified for index: a-index",
    ),
    ({"TableClass": "GLACIER"}, "Invalid table-class parameter provided."),
    ({"StreamSpecification": {"StreamEnabled": True}}, PREFIX + "Table is being created with a stream enabled"),
    (
        {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
        PREFIX + "Table is being created with a stream disabled",
    ),
    ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "Tag Key cannot be prefixed with aws:, Key: aws:x"),
    ({"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]}, "Number of Tags exceed the current limit"),
]


@pytest.mark.parametrize(("more", "message"), INVALID)
def test_a_request_that_makes_no_sense_is_refused_and_creates_nothing(
    world: World, more: dict[str, Any], message: str
) -> None:
    """Shape rules and quotas, with the texts of Q-107, 110, 123 to 129 and 442."""
    refusal = world.refusal("CreateTable", **table(**more))
    assert refusal.code == "ValidationException"
    assert refusal.message.startswith(message)
    assert world.call("ListTables")["TableNames"] == []


def test_validation_comes_before_existence(world: World) -> None:
    """Q-005: an invalid request for a name that is taken is a ValidationException."""
    world.create()
    assert world.refusal("CreateTable", **table(KeySchema=keys("other"))).code == "ValidationException"


def test_the_2501st_table_is_refused(world: World) -> None:
    """2,500 tables a region."""
    world.simulator.account.tables.update({f"T{number}": None for number in range(2500)})  # type: ignore[misc]
    assert world.refusal("CreateTable", **table()).code == "LimitExceededException"


@pytest.mark.parametrize(
    ("projection", "message"),
    [
        (None, "1 validation error detected: Value null"),
        ({}, PREFIX + "Unknown ProjectionType: null"),
        ({"ProjectionType": "INCLUDE"}, PREFIX + "ProjectionType is INCLUDE, but NonKeyAttributes is not"),
        ({"ProjectionType": "ALL", "NonKeyAttributes": ["x"]}, PREFIX + "ProjectionType is ALL, but NonKeyAttributes"),
        ({"ProjectionType": "INCLUDE", "NonKeyAttributes": []}, "1 validation error detected: Value '[]'"),
        ({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "x"]}, PREFIX + "Duplicate element in NonKey"),
        ({"ProjectionType": "INCLUDE", "NonKeyAttributes": [str(n) for n in range(21)]}, "1 validation error"),
    ],
)
def test_projections_follow_their_rules(world: World, projection: object, message: str) -> None:
    """Q-126: INCLUDE needs 1 to 20 NonKeyAttributes, ALL and KEYS_ONLY forbid them."""
    refusal = world.refusal(
        "CreateTable", **table(GlobalSecondaryIndexes=[index(attribute="pk", Projection=projection)])
    )
    assert refusal.message.startswith(message)


def test_a_hundred_included_attributes_are_the_most(world: World) -> None:
    """INCLUDE attributes 20 per index, 100 per table."""
    include = {"ProjectionType": "INCLUDE", "NonKeyAttributes": [str(number) for number in range(20)]}
    indexes = [index(f"i{number:02}", "pk", Projection=include) for number in range(6)]
    assert world.refusal("CreateTable", **table(GlobalSecondaryIndexes=indexes)).code == "ValidationException"


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ([*keys("a"), *keys("b"), *keys("c"), *keys("d"), *keys("e")], "The KeySchema exceeds the maximum allowed"),
        ([*keys("a", "b"), *keys("c")], "All HASH key attributes must precede RANGE"),
        ([*keys("a"), *keys("a")], "The KeySchema contains multiple key attributes with the same name"),
        ([{"AttributeName": "a", "KeyType": "RANGE"}], "Invalid KeySchema: The first KeySchemaElement"),
    ],
)
def test_an_index_key_has_up_to_four_and_four(world: World, schema: list[dict[str, str]], message: str) -> None:
    """GSI keys up to 4 HASH then 4 RANGE (Q-123)."""
    attributes = definitions("pk", *{element["AttributeName"]: None for element in schema})
    request = table(AttributeDefinitions=attributes, GlobalSecondaryIndexes=[index(KeySchema=schema)])
    assert message in world.refusal("CreateTable", **request).message


def test_a_local_index_shares_the_partition_key(world: World) -> None:
    """Q-129: same leading hash key, and a range key."""
    request = table(KeySchema=keys("pk", "sk"), AttributeDefinitions=definitions("pk", "sk", "a"))
    other = {**request, "LocalSecondaryIndexes": [{**LOCAL, "KeySchema": keys("a", "sk")}]}
    assert "does not have the same leading hash key" in world.refusal("CreateTable", **other).message
    bare = {**request, "LocalSecondaryIndexes": [{**LOCAL, "KeySchema": keys("a")}]}
    assert "does not have a range key" in world.refusal("CreateTable", **bare).message
    world.call("CreateTable", **request, LocalSecondaryIndexes=[LOCAL])


def test_a_table_may_have_eight_index_key_attributes(world: World) -> None:
    """Q-123: four and four are accepted, and echoed in their order."""
    names = "abcdefgh"
    schema = [*(k for n in names[:4] for k in keys(n)), *({"AttributeName": n, "KeyType": "RANGE"} for n in names[4:])]
    request = table(AttributeDefinitions=definitions("pk", *names), GlobalSecondaryIndexes=[index(KeySchema=schema)])
    world.call("CreateTable", **request)
    assert world.index()["KeySchema"] == schema
