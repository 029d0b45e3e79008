"""The simulator's data plane, call by call beside DynamoDB Local's: same answers, same codes, same reasons."""

from typing import Any

import pytest

from tests.doubles.both_engines import Both, Request, Step
from tests.engines.engine import Engine
from tests.unit.simulator.world import definitions, index, keys, table

NOISE = frozenset({"ConsumedCapacity"})

LOCAL_INDEX = {
    "IndexName": "l-index",
    "KeySchema": keys("scope", "n"),
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["shown"]},
}
TABLE = table(
    "History",
    KeySchema=keys("scope", "item"),
    AttributeDefinitions=definitions("scope", "item", "owner", n="N"),
    GlobalSecondaryIndexes=[
        index("owner-index", "owner", KeySchema=keys("owner", "n")),
        index("keys-index", "owner", Projection={"ProjectionType": "KEYS_ONLY"}),
    ],
    LocalSecondaryIndexes=[LOCAL_INDEX],
)
KEY = {"scope": {"S": "app"}, "item": {"S": "lock"}}
SHOW = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def S(text: str) -> Request:  # noqa: N802 - as DynamoDB writes it
    """A string."""
    return {"S": text}


def N(number: object) -> Request:  # noqa: N802 - as DynamoDB writes it
    """A number."""
    return {"N": str(number)}


def key(item: str) -> Request:
    """A key."""
    return {"scope": {"S": "app"}, "item": {"S": item}}


def put(item: str, **more: Any) -> Request:
    """A PutItem."""
    return {"Item": {**key(item), **more}}


def update(expression: str, item: str = "lock", condition: str | None = None, **values: Any) -> Request:
    """An UpdateItem that shows everything; ``owner`` is always a placeholder, if it is named at all."""
    request: Request = {"Key": key(item), "UpdateExpression": expression, "ReturnValues": "ALL_NEW"}
    if condition:
        request |= {"ConditionExpression": condition, **SHOW}
    if values:
        request["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    if "#owner" in expression + (condition or ""):
        request["ExpressionAttributeNames"] = {"#owner": "owner"}
    return request


def query(condition: str, *, names: Request | None = None, more: Request | None = None, **values: Any) -> Request:
    """A Query."""
    request: Request = {
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        **(more or {}),
    }
    return request | ({"ExpressionAttributeNames": names} if names else {})


FREE = "attribute_not_exists(#owner) AND (attribute_not_exists(fence) OR fence = :seen)"
MINE = "#owner = :owner AND fence = :fence"
SCOPE = {"#s": "scope"}

LOCK: list[Step] = [
    ("UpdateItem", update("SET #owner = :o, fence = :f REMOVE run_url", condition=FREE, o=S("me"), f=N(1), seen=N(0))),
    ("UpdateItem", update("SET #owner = :o, fence = :f", condition=FREE, o=S("you"), f=N(2), seen=N(1))),
    ("UpdateItem", update("SET heartbeat = heartbeat + :one", condition=MINE, one=N(1), owner=S("me"), fence=N(1))),
    ("UpdateItem", update("SET heartbeat = :one", condition=MINE, one=N(1), owner=S("me"), fence=N("1.0"))),
    ("UpdateItem", update("SET heartbeat = heartbeat + :one", condition=MINE, one=N(1), owner=S("me"), fence=N(1))),
    ("UpdateItem", update("SET heartbeat = heartbeat + :one", condition=MINE, one=N(1), owner=S("you"), fence=N(1))),
    ("GetItem", {"Key": KEY, "ConsistentRead": True}),
    ("UpdateItem", update("REMOVE #owner, heartbeat", condition=MINE, owner=S("me"), fence=N(1))),
    ("GetItem", {"Key": KEY, "ProjectionExpression": "fence"}),
]
ITEMS: list[Step] = [
    *(("PutItem", put(f"m#{n}", n=N(n), owner=S("ab"[n % 2]), shown=S("s"), hidden=S("h"))) for n in (3, 1, 10, 2)),
    ("PutItem", put("m#x", tags={"SS": ["x"]}, l={"L": [N(1), {"M": {"k": S("v")}}]}, b={"B": "aGVsbG8="})),
    ("PutItem", put("m#1", n=N(1), again={"BOOL": True}) | {"ReturnValues": "ALL_OLD"}),
    ("PutItem", put("m#1") | {"ConditionExpression": "attribute_not_exists(#s)", "ExpressionAttributeNames": SCOPE}),
    ("Query", query("#s = :s AND #i BETWEEN :a AND :b", names=SCOPE | {"#i": "item"}, s=S("app"), a=S("l"), b=S("m~"))),
    ("Query", query("#s = :s AND begins_with(#i, :p)", names=SCOPE | {"#i": "item"}, s=S("app"), p=S("m#1"))),
    ("Query", query("#s = :s", names=SCOPE, s=S("app"), more={"Limit": 2, "ScanIndexForward": False})),
    ("Query", query("#s = :s", names=SCOPE, s=S("app"), more={"Limit": 2, "ExclusiveStartKey": key("m#10")})),
    ("Query", query("#s = :s", names=SCOPE, s=S("none"))),
    ("Query", query("#o = :o AND n > :n", names={"#o": "owner"}, o=S("b"), n=N(2), more={"IndexName": "owner-index"})),
    ("Query", query("#o = :o", names={"#o": "owner"}, o=S("a"), more={"IndexName": "keys-index"})),
    ("Query", query("#s = :s AND n < :n", names=SCOPE, s=S("app"), n=N(9), more={"IndexName": "l-index"})),
    ("Query", query("#s = :s", names=SCOPE, s=S("app"), f=N(2), more={"FilterExpression": "n >= :f"})),
    ("Query", query("#s = :s", names=SCOPE, s=S("app"), more={"Select": "COUNT"})),
    ("Query", query("#i = :i", names={"#i": "item"}, i=S("lock"))),
    ("Query", query("#s = :s", names=SCOPE, s=N(1))),
    ("Query", query("#s = :s", names=SCOPE, s=S("app"), more={"IndexName": "none"})),
    (
        "Query",
        query("#o = :o", names={"#o": "owner"}, o=S("a"), more={"IndexName": "keys-index", "ConsistentRead": True}),
    ),
    ("Scan", {"FilterExpression": "contains(tags, :x)", "ExpressionAttributeValues": {":x": S("x")}}),
    ("Scan", {"IndexName": "owner-index", "Select": "COUNT"}),
    ("Scan", {"ProjectionExpression": "l[1].k, n"}),
    ("GetItem", {"Key": key("m#x"), "ProjectionExpression": "l[0], l[1].k"}),
    ("GetItem", {"Key": key("nothing")}),
    ("GetItem", {"Key": {"scope": S("app")}}),
    ("DeleteItem", {"Key": key("m#10"), "ReturnValues": "ALL_OLD"}),
    ("DeleteItem", {"Key": key("m#10")}),
    (
        "DeleteItem",
        {"Key": key("m#2"), "ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": N(9)}, **SHOW},
    ),
    ("BatchGetItem", {"RequestItems": {"History": {"Keys": [key("m#1"), key("gone")]}}}),
]
UPDATES: list[Step] = [
    ("UpdateItem", update("SET n = :n, l = :l, m = :m", "u", n=N(5), l={"L": [N(1)]}, m={"M": {"k": N(1)}})),
    ("UpdateItem", update("SET l = list_append(l, :l), n = n - :n", "u", l={"L": [N(2)]}, n=N(7))),
    ("UpdateItem", update("SET l[0] = :x, m.k = m.k + :one, m.j = :x", "u", x=S("x"), one=N(1))),
    ("UpdateItem", update("SET x = if_not_exists(x, :zero) + :one ADD c :one", "u", zero=N(0), one=N(1))),
    ("UpdateItem", update("SET x = if_not_exists(x, :zero) + :one ADD c :one", "u", zero=N(0), one=N(1))),
    ("UpdateItem", update("ADD tags :t", "u", t={"SS": ["a", "b"]})),
    ("UpdateItem", update("DELETE tags :t REMOVE l[0], m.k", "u", t={"SS": ["a"]})),
    ("UpdateItem", update("DELETE tags :t", "u", t={"SS": ["b"]})),
    ("UpdateItem", {**update("SET n = :n", "u", n=N(1)), "ReturnValues": "UPDATED_OLD"}),
    ("UpdateItem", {**update("SET n = :n", "u", n=N(2)), "ReturnValues": "UPDATED_NEW"}),
    ("UpdateItem", {"Key": key("empty"), "ReturnValues": "ALL_NEW"}),
    ("UpdateItem", update("SET x = y + :one", "u", one=N(1))),
    ("UpdateItem", update("SET l = l + :one", "u", one=N(1))),
    ("UpdateItem", update("SET a.b = :one", "u", one=N(1))),
    ("UpdateItem", update("SET n = :n, n = :n", "u", n=N(1))),
    ("UpdateItem", update("SET n = :n", "u", n=N(1), unused=N(2))),
    ("UpdateItem", update("SET n = :n", "u")),
    ("UpdateItem", update("SET n :n", "u", n=N(1))),
    ("UpdateItem", update("SET n = :n", "u", n=S("violates the index"))),
    ("PutItem", {"Item": {"scope": S("app")}}),
    ("PutItem", {"Item": {"scope": N(1), "item": S("x")}}),
    ("PutItem", {"Item": {"scope": S(""), "item": S("x")}}),
    ("PutItem", put("c") | {"ConditionExpression": "n >", "ExpressionAttributeValues": {":n": N(1)}}),
]


def _action(kind: str, item: str, **more: Any) -> Request:
    """An action of a transaction on History."""
    return {kind: {"TableName": "History", **({"Key": key(item)} if kind != "Put" else put(item)), **more}}


HELD = {
    "ConditionExpression": "#owner = :o",
    "ExpressionAttributeNames": {"#owner": "owner"},
    "ExpressionAttributeValues": {":o": S("me")},
}
TRANSACTIONS: list[Step] = [
    ("PutItem", put("lock", owner=S("me"))),
    ("TransactWriteItems", {"TransactItems": [_action("ConditionCheck", "lock", **HELD), _action("Put", "m#1")]}),
    (
        "TransactWriteItems",
        {
            "TransactItems": [
                _action("Put", "m#2"),
                _action("Update", "c", UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": N(1)}),
                _action("Delete", "m#1"),
            ],
            "ClientRequestToken": "one-token",
        },
    ),
    (
        "TransactWriteItems",
        {
            "TransactItems": [
                _action("Put", "m#2"),
                _action("Update", "c", UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": N(1)}),
                _action("Delete", "m#1"),
            ],
            "ClientRequestToken": "one-token",
        },
    ),
    ("TransactWriteItems", {"TransactItems": [_action("Put", "other")], "ClientRequestToken": "one-token"}),
    ("PutItem", put("lock", owner=S("you"))),
    (
        "TransactWriteItems",
        {"TransactItems": [_action("Put", "m#3"), _action("ConditionCheck", "lock", **HELD, **SHOW)]},
    ),
    ("TransactWriteItems", {"TransactItems": [_action("ConditionCheck", "lock", **HELD), _action("Put", "m#3")]}),
    ("TransactWriteItems", {"TransactItems": [_action("Put", "m#3"), _action("Delete", "m#3")]}),
    ("TransactGetItems", {"TransactItems": [_action("Get", "lock"), _action("Get", "m#3")]}),
    ("Query", query("#s = :s", names=SCOPE, s=S("app"))),
]


@pytest.mark.parametrize(
    "steps", [LOCK, ITEMS, UPDATES, TRANSACTIONS], ids=["lock", "items", "updates", "transactions"]
)
def test_the_same_calls_have_the_same_outcomes(engine: Engine, steps: list[Step]) -> None:
    """Answers and refusals agree, step by step; texts are each engine's own."""
    both = Both(engine.client(), TABLE, NOISE)
    for number, (action, request) in enumerate(steps):
        ours, theirs = both.call(action, request)
        assert ours == theirs, f"step {number}: {action} {request}"
    assert both.simulator.unknown == []
