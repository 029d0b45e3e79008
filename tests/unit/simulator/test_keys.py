"""Keys and values: what cannot be stored, with AWS's texts."""

from typing import Any

import pytest

from tests.unit.simulator.world import World, definitions, index, keys

Item = dict[str, Any]
KEY: Item = {"pk": {"S": "p"}, "sk": {"S": "s"}}
VIOLATIONS = [
    ("g", {"N": "1"}, "Type mismatch for Index Key g Expected: S Actual: N IndexName: g-index", "unsupported type"),
    ("g", {"S": ""}, "empty string value. IndexName: g-index, IndexKey: g", "empty string value."),
    ("g", {"S": "x" * 2049}, "Size of hashkey has exceeded the maximum size limit of2048 bytes", "allowed size limits"),
    ("b", {"B": ""}, "empty binary value. IndexName: g-index, IndexKey: b", "empty binary value."),
    ("b", {"B": "AAAA" * 342}, "Aggregated size of all range keys has exceeded the size limit of 1024", "size limits"),
    ("l", {"N": "1"}, "Type mismatch for Index Key l Expected: S Actual: N IndexName: l-index", "unsupported type"),
]


@pytest.fixture
def items(world: World) -> World:
    """Items, with a global and a local index."""
    local = {"IndexName": "l-index", "KeySchema": keys("pk", "l"), "Projection": {"ProjectionType": "ALL"}}
    world.create(
        "Items",
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=definitions("pk", "sk", "g", "l", b="B"),
        GlobalSecondaryIndexes=[index("g-index", KeySchema=keys("g", "b"))],
        LocalSecondaryIndexes=[local],
    )
    return world


@pytest.mark.parametrize(("name", "value", "put", "update"), VIOLATIONS)
def test_a_write_cannot_violate_a_key_of_an_index(items: World, name: str, value: Item, put: str, update: str) -> None:
    """Each has its text in a put and another in an update (M; DynamoDB Local); other updates go through."""
    refusal = items.refusal("PutItem", TableName="Items", Item={**KEY, name: value})
    assert refusal.code == "ValidationException"
    assert put in refusal.message
    request = {"TableName": "Items", "Key": KEY, "UpdateExpression": "SET #n = :v"}
    request |= {"ExpressionAttributeNames": {"#n": name}, "ExpressionAttributeValues": {":v": value}}
    refusal = items.refusal("UpdateItem", **request)
    assert refusal.code == "ValidationException"
    assert update in refusal.message
    cancelled = items.refusal("TransactWriteItems", TransactItems=[{"Update": request}])
    assert cancelled.details["CancellationReasons"] == [{"Code": "ValidationError", "Message": refusal.message}]


def test_an_old_violation_is_no_matter_to_other_updates(items: World) -> None:
    """An index that was built around an item leaves it updatable, but for that attribute."""
    items.call("PutItem", TableName="Items", Item={**KEY, "o": {"N": "1"}})
    items.add_index("o-index", "o", "Items")
    items.advance(1200)
    request = {"TableName": "Items", "Key": KEY, "ExpressionAttributeValues": {":v": {"N": "2"}}}
    items.call("UpdateItem", **request, UpdateExpression="SET more = :v")
    assert items.refusal("UpdateItem", **request, UpdateExpression="SET o = :v").code == "ValidationException"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ({"pk": {"S": ""}}, "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"),
        ({"pk": {"S": "x" * 2049}}, "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
        ({"sk": {"S": "ä" * 513}}, "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
        ({"pk": {"N": "1"}}, "match the schema"),
    ],
)
def test_keys_of_a_table(items: World, key: Item, text: str) -> None:
    """Not empty, not too long, of their types; the same for reads and writes."""
    for action in ("GetItem", "DeleteItem"):
        assert text in items.refusal(action, TableName="Items", Key={**KEY, **key}).message
    written = items.refusal("PutItem", TableName="Items", Item={**KEY, **key})
    assert (text if "schema" not in text else "Type mismatch for key pk expected: S actual: N") in written.message


@pytest.mark.parametrize("room", [0, 1])
def test_an_item_has_400_kb(items: World, room: int) -> None:
    """To the byte, names included; a put and an update say it differently."""
    names = len("pk" + "p" + "sk" + "s" + "v")
    value = {"S": "x" * (400 * 1024 - names + room)}
    if not room:
        items.call("PutItem", TableName="Items", Item={**KEY, "v": value})
        return
    put = items.refusal("PutItem", TableName="Items", Item={**KEY, "v": value})
    assert put.message == "Item size has exceeded the maximum allowed size"
    request = {"TableName": "Items", "Key": KEY, "UpdateExpression": "SET v = :v"}
    update = items.refusal("UpdateItem", **request, ExpressionAttributeValues={":v": value})
    assert update.message == "Item size to update has exceeded the maximum allowed size"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"N": "1" * 39}, "Attempting to store more than 38 significant digits in a Number"),
        ({"N": "1E126"}, "Number overflow."),
        ({"N": "1E-131"}, "Number underflow."),
        ({"N": "seven"}, "The parameter cannot be converted to a numeric value: seven"),
        ({"N": "NaN"}, "The parameter cannot be converted to a numeric value: NaN"),
        ({"SS": []}, "An string set  may not be empty"),
        ({"SS": ["a", "a"]}, "Input collection [a, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"NULL": False}, "Null attribute value types must have the value of true"),
        ({"L": [{"M": {"deep": {"BS": []}}}]}, "Binary sets should not be empty"),
    ],
)
def test_values_that_cannot_be_stored(items: World, value: Item, text: str) -> None:
    """At any depth; a placeholder's refusal names it."""
    assert text in items.refusal("PutItem", TableName="Items", Item={**KEY, "v": value}).message
    request = {"TableName": "Items", "Key": KEY, "UpdateExpression": "SET v = :v"}
    refusal = items.refusal("UpdateItem", **request, ExpressionAttributeValues={":v": value})
    assert refusal.message.startswith("ExpressionAttributeValues contains invalid value: ")
    assert text in refusal.message
    assert refusal.message.endswith(" for key :v")


def test_values_can_be_nested_32_deep(items: World) -> None:
    """And no deeper (D Constraints)."""
    value: Item = {"S": "deep"}
    for _ in range(32):
        value = {"L": [value]}
    items.call("PutItem", TableName="Items", Item={**KEY, "v": value})
    refusal = items.refusal("PutItem", TableName="Items", Item={**KEY, "v": {"L": [value]}})
    assert refusal.message == "Nesting Levels have exceeded supported limits"


def test_numbers_have_38_digits_and_one_spelling(items: World) -> None:
    """Nothing is rounded, neither what is stored nor what is computed; what does not fit is refused."""
    nines = "9" * 38
    written = {"v": {"N": nines}, "w": {"N": "-1.50"}, "x": {"N": "0E5"}, "ns": {"NS": ["1.0", "2"]}}
    items.call("PutItem", TableName="Items", Item={**KEY, **written})
    stored = items.call("GetItem", TableName="Items", Key=KEY)["Item"]
    assert stored == {**KEY, "v": {"N": nines}, "w": {"N": "-1.5"}, "x": {"N": "0"}, "ns": {"NS": ["1", "2"]}}
    request = {"TableName": "Items", "Key": KEY, "UpdateExpression": "SET v = v - :n", "ReturnValues": "UPDATED_NEW"}
    less = items.call("UpdateItem", **request, ExpressionAttributeValues={":n": {"N": "1"}})
    assert less["Attributes"] == {"v": {"N": nines[:-1] + "8"}}
    refusal = items.refusal("UpdateItem", **request, ExpressionAttributeValues={":n": {"N": "0.1"}})
    assert "38 significant digits" in refusal.message
    top = {"N": "9.9E125"}
    overflow = {**request, "UpdateExpression": "SET v = :n + :n"}
    assert "overflow" in items.refusal("UpdateItem", **overflow, ExpressionAttributeValues={":n": top}).message


@pytest.mark.parametrize(
    ("action", "request_", "text"),
    [
        ("PutItem", {"TableName": "Items", "Item": KEY, "ReturnValues": "ALL_NEW"}, "can only be ALL_OLD or NONE"),
        ("BatchWriteItem", {"RequestItems": {"Items": [{"DeleteRequest": {"Key": KEY}}] * 26}}, "Too many items"),
        ("BatchWriteItem", {"RequestItems": {"Items": [{"DeleteRequest": {"Key": KEY}}] * 2}}, "contains duplicates"),
        ("BatchWriteItem", {"RequestItems": {}}, "null or no requests set"),
        ("BatchGetItem", {"RequestItems": {"Items": {"Keys": [KEY, KEY]}}}, "contains duplicates"),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "Items", "Key": KEY}}] * 2}, "multiple operat"),
    ],
)
def test_requests_that_ask_for_too_much(items: World, action: str, request_: Item, text: str) -> None:
    """Counts and duplicates of batches and transactions, and what a put can return."""
    refusal = items.refusal(action, **request_)
    assert refusal.code == "ValidationException"
    assert text in refusal.message
