"""moto's transactions as the embedded engine has them: they copy little, and one that is refused changes nothing."""

from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from moto.dynamodb.models.dynamo_type import Item

from tests.engines.engine import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEMS = 40


@pytest.fixture(params=[("id",), ("id", "n")], ids=["partition key", "partition and sort key"])
def client(request: pytest.FixtureRequest, moto_server: str) -> "DynamoDBClient":
    """A table T whose items have a set and a map."""
    key = list(zip(request.param, ("HASH", "RANGE"), strict=False))
    client = Engine(moto_server).client()
    client.create_table(
        TableName="T",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in key],  # type: ignore[typeddict-item]
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "SN"[name == "n"]} for name, _ in key],  # type: ignore[typeddict-item]
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(ITEMS):
        item = {"id": {"S": "t" if len(key) > 1 else f"t{number}"}, "n": {"N": str(number)}}
        client.put_item(TableName="T", Item={**item, "tags": {"SS": ["a"]}, "m": {"M": {"x": {"S": "old"}}}})
    return client


def _key(client: "DynamoDBClient", number: int) -> dict[str, Any]:
    names = [one["AttributeName"] for one in client.describe_table(TableName="T")["Table"]["KeySchema"]]
    if len(names) == 1:
        return {"id": {"S": f"t{number}"}}
    return {"id": {"S": "t"}, "n": {"N": str(number)}}


def _transact(client: "DynamoDBClient", condition: str) -> None:
    update: Any = {
        "TableName": "T",
        "Key": _key(client, 1),
        "UpdateExpression": "SET m.x = :new ADD tags :tags",
        "ExpressionAttributeValues": {":new": {"S": "new"}, ":tags": {"SS": ["b"]}},
    }
    check: Any = {"TableName": "T", "Key": _key(client, 2), "ConditionExpression": condition}
    client.transact_write_items(TransactItems=[{"Update": update}, {"ConditionCheck": check}])


def test_a_refused_transaction_changes_nothing(client: "DynamoDBClient") -> None:
    """Neither within a value of an item nor beside it; one that is not refused changes what it names."""
    before = client.scan(TableName="T")["Items"]
    with pytest.raises(client.exceptions.TransactionCanceledException):
        _transact(client, "attribute_not_exists(id)")
    assert client.scan(TableName="T")["Items"] == before
    _transact(client, "attribute_exists(id)")
    changed = [(old, new) for old, new in zip(before, client.scan(TableName="T")["Items"], strict=True) if old != new]
    (one,) = changed
    assert one[1] == {**one[0], "tags": {"SS": ["a", "b"]}, "m": {"M": {"x": {"S": "new"}}}}


def test_a_transaction_copies_what_it_changes(client: "DynamoDBClient") -> None:
    """And not the table, once for each of its actions: the history of a table's passes has hundreds of items."""
    with mock.patch.object(Item, "__deepcopy__", autospec=True, side_effect=Item.__deepcopy__) as copied:
        _transact(client, "attribute_exists(id)")
    assert 0 < copied.call_count < ITEMS / 4
