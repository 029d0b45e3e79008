"""Transactions: all or nothing, with the reasons in place, and the same token twice is one."""

from typing import Any

import pytest

from tests.unit.simulator.world import World

Action = dict[str, Any]


def put(pk: str, **more: Any) -> Action:
    """A Put into Teams."""
    return {"Put": {"TableName": "Teams", "Item": {"pk": {"S": pk}}, **more}}


def check(pk: str, owner: str, **more: Any) -> Action:
    """A ConditionCheck on the owner."""
    request = {
        "TableName": "Teams",
        "Key": {"pk": {"S": pk}},
        "ConditionExpression": "#o = :o",
        "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {":o": {"S": owner}},
        **more,
    }
    return {"ConditionCheck": request}


def count(world: World) -> int:
    """Items in Teams."""
    return int(world.call("Scan", TableName="Teams")["Count"])


@pytest.fixture
def locked(world: World) -> World:
    """Teams with a lock item that ``me`` owns."""
    world.create()
    world.call("PutItem", TableName="Teams", Item={"pk": {"S": "lock"}, "owner": {"S": "me"}})
    return world


def test_a_transaction_that_holds_is_made_whole(locked: World) -> None:
    """History writes: ConditionCheck + Put, Update, Delete together."""
    locked.call("PutItem", TableName="Teams", Item={"pk": {"S": "old"}})
    update = {
        "TableName": "Teams",
        "Key": {"pk": {"S": "u"}},
        "UpdateExpression": "SET n = :n",
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    }
    actions = [check("lock", "me"), put("one"), {"Update": update}]
    actions.append({"Delete": {"TableName": "Teams", "Key": {"pk": {"S": "old"}}}})
    assert locked.call("TransactWriteItems", TransactItems=actions) == {}
    gets = [{"Get": {"TableName": "Teams", "Key": {"pk": {"S": pk}}}} for pk in ("lock", "one", "u", "old")]
    found = locked.call("TransactGetItems", TransactItems=gets)["Responses"]
    assert [answer.get("Item", {}).get("pk", {}).get("S") for answer in found] == ["lock", "one", "u", None]


def test_a_failed_condition_cancels_everything_and_says_which(locked: World) -> None:
    """Inspect CancellationReasons (Code string "None" when clean); the Item with ALL_OLD."""
    actions = [
        put("one"),
        check("lock", "you", ReturnValuesOnConditionCheckFailure="ALL_OLD"),
        put("lock2", ConditionExpression="attribute_exists(pk)", ReturnValuesOnConditionCheckFailure="ALL_OLD"),
    ]
    refusal = locked.refusal("TransactWriteItems", TransactItems=actions)
    assert refusal.code == "TransactionCanceledException"
    assert refusal.message == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, ConditionalCheckFailed, ConditionalCheckFailed]"
    )
    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    assert refusal.details["CancellationReasons"] == [
        {"Code": "None"},
        {**failed, "Item": {"pk": {"S": "lock"}, "owner": {"S": "me"}}},
        failed,
    ]
    assert count(locked) == 1


def test_the_same_token_twice_writes_once(locked: World) -> None:
    """ClientRequestToken valid 10 min; another request of that token is a mismatch."""
    adding = {
        "TableName": "Teams",
        "Key": {"pk": {"S": "n"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    request = {"TransactItems": [{"Update": adding}], "ClientRequestToken": "token"}
    for _ in range(3):
        locked.call("TransactWriteItems", **request)
    other = locked.refusal("TransactWriteItems", TransactItems=[put("x")], ClientRequestToken="token")
    assert other.code == "IdempotentParameterMismatchException"
    key = {"pk": {"S": "n"}}
    assert locked.call("GetItem", TableName="Teams", Key=key)["Item"]["n"] == {"N": "1"}
    locked.advance(601)
    locked.call("TransactWriteItems", **request)
    assert locked.call("GetItem", TableName="Teams", Key=key)["Item"]["n"] == {"N": "2"}


def test_a_cancelled_transaction_leaves_its_token_free(locked: World) -> None:
    """A retry may succeed later."""
    request = {"TransactItems": [check("lock", "you"), put("x")], "ClientRequestToken": "token"}
    locked.refusal("TransactWriteItems", **request)
    locked.call("PutItem", TableName="Teams", Item={"pk": {"S": "lock"}, "owner": {"S": "you"}})
    locked.call("TransactWriteItems", **request)
    assert count(locked) == 2


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([put("a"), put("a")], "Transaction request cannot include multiple operations on one item"),
        ([{**put("a"), **check("lock", "me")}], "TransactItems can only contain one of"),
        ([], "1 validation error detected"),
        ([put(str(number)) for number in range(101)], "1 validation error detected"),
    ],
)
def test_transactions_that_make_no_sense(locked: World, actions: list[Action], message: str) -> None:
    """100 actions; no two actions on one item."""
    refusal = locked.refusal("TransactWriteItems", TransactItems=actions)
    assert refusal.code == "ValidationException"
    assert refusal.message.startswith(message)
    assert count(locked) == 1


def test_reads_have_a_limit_and_a_projection(locked: World) -> None:
    """TransactGetItems follows the same rules."""
    get = {"TableName": "Teams", "Key": {"pk": {"S": "lock"}}, "ProjectionExpression": "pk"}
    answer = locked.call("TransactGetItems", TransactItems=[{"Get": get}])
    assert answer["Responses"] == [{"Item": {"pk": {"S": "lock"}}}]
    assert locked.refusal("TransactGetItems", TransactItems=[]).code == "ValidationException"
