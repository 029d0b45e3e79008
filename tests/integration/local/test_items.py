"""Writes, conditions and sizes of items, as DynamoDB Local understands them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings

from osem_migrate.errors import ItemOversized
from osem_migrate.items.change import difference, item_hash
from osem_migrate.items.placeholders import Placeholders
from osem_migrate.items.requests import check_request, delete_request, put_request, update_request
from osem_migrate.items.size import check_size
from osem_migrate.items.values import Item, encode, encode_item
from osem_migrate.items.where import Where
from osem_migrate.schema.item_size import MAX_ITEM_BYTES, item_size
from tests.engines.engine import Engine
from tests.unit.items.generated import USERS, conditions, items, matchable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"id": {"S": "1"}}
bounded = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def client(engine: Engine) -> Iterator["DynamoDBClient"]:
    """With a table Users, and a table Notes that has a local index."""
    client = engine.client()
    client.create_table(
        TableName="Users",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield client
    client.close()


def _found(client: "DynamoDBClient", table: str = "Users") -> Item | None:
    return client.get_item(TableName=table, Key=KEY, ConsistentRead=True).get("Item")


def _is_refused(failure: ClientError) -> bool:
    return failure.response["Error"]["Code"] == "ConditionalCheckFailedException"


@bounded
@given(before=items, after=items)
def test_the_difference_makes_the_one_item_the_other(client: "DynamoDBClient", before: Item, after: Item) -> None:
    """apply(difference(a, b), a) is b, for every type and name, and what was written meanwhile is not overwritten."""
    client.put_item(TableName="Users", Item=dict(before))
    change = difference(before, after)
    assert item_hash(change.apply(before)) == item_hash(after)
    if not change:
        assert item_hash(before) == item_hash(after)
        return
    request = update_request(before, change, before.keys(), USERS, None)
    client.update_item(TableName="Users", **request)
    written = _found(client)
    assert written is not None
    assert item_hash(written) == item_hash(after)
    with pytest.raises(ClientError) as refused:
        client.update_item(TableName="Users", **request)
    assert _is_refused(refused.value)
    with pytest.raises(ClientError) as refused:
        client.delete_item(TableName="Users", **delete_request(before, {*before, *after}, USERS, None))
    assert _is_refused(refused.value)
    client.delete_item(TableName="Users", **delete_request(after, after.keys(), USERS, None))
    with pytest.raises(ClientError) as refused:  # gone, and so it stays
        client.update_item(TableName="Users", **request)
    assert _is_refused(refused.value)
    assert _found(client) is None


@bounded
@given(item=matchable, text=conditions)
def test_a_condition_is_understood_as_dynamodb_does(client: "DynamoDBClient", item: Item, text: str) -> None:
    """In memory, as a filter and as a condition it says the same; what DynamoDB refuses as invalid is not compared."""
    client.put_item(TableName="Users", Item=dict(item))
    where, placeholders = Where.parse(text), Placeholders()
    expression = where.render(placeholders)
    try:
        found = client.query(
            TableName="Users",
            KeyConditionExpression="id = :own",
            FilterExpression=expression,
            **{
                **placeholders.members(),
                "ExpressionAttributeValues": {
                    **placeholders.members().get("ExpressionAttributeValues", {}),
                    ":own": {"S": "1"},
                },
            },
        )["Items"]
    except ClientError as refused:
        assert refused.response["Error"]["Code"] == "ValidationException", text  # noqa: PT017 - others say nothing of it
        return
    assert bool(found) == where.holds(item), text


def test_a_put_never_overwrites_and_a_check_holds_what_was_looked_up(client: "DynamoDBClient") -> None:
    """A second put is refused; a transaction fails where an item that was missing is there, or has changed."""
    item = encode_item({"id": "1", "n": 1})
    client.put_item(TableName="Users", **put_request(item, USERS))
    with pytest.raises(ClientError) as refused:
        client.put_item(TableName="Users", **put_request(encode_item({"id": "1", "n": 2}), USERS))
    assert _is_refused(refused.value)
    other = encode_item({"id": "2"})
    for found, looked_at, passes in (
        (item, ("n", "gone"), True),
        (None, (), False),
        ({**item, "n": {"N": "2"}}, ("n",), False),
    ):
        check = {"TableName": "Users", **check_request(KEY, found, looked_at, USERS)}
        actions: Any = [{"Put": {"TableName": "Users", "Item": other}}, {"ConditionCheck": check}]
        if passes:
            client.transact_write_items(TransactItems=actions)
            continue
        with pytest.raises(ClientError) as cancelled:
            client.transact_write_items(TransactItems=actions)
        assert cancelled.value.response["Error"]["Code"] == "TransactionCanceledException"


@pytest.mark.parametrize(
    "value",
    ["x", "größe", b"123", True, None, [], {}, [1, "a", []], {"a": {"b": None}}, {"a", "bb"}, {1, 22, 333}, {b"x"}]
    + [
        Decimal(text)
        for text in ("0", "1", "-1", "12", "123", "-123", "1E+20", "1E-20", "100", "0.5", "10.01", "9" * 38)
    ],
)
def test_a_size_is_where_dynamodb_draws_the_line(client: "DynamoDBClient", value: object) -> None:
    """An item of just 400 KB by our count is stored, and one byte more is refused, with every type in it."""
    item = {**KEY, "v": encode(value), "p": {"S": ""}}
    fill = MAX_ITEM_BYTES - item_size(item)
    client.put_item(TableName="Users", Item={**item, "p": {"S": "x" * fill}})
    larger = {**item, "p": {"S": "x" * (fill + 1)}}
    with pytest.raises(ClientError) as refused:
        client.put_item(TableName="Users", Item=larger)
    assert "size" in refused.value.response["Error"]["Message"]
    with pytest.raises(ItemOversized):
        check_size(larger, USERS)
