"""Generated item calls, on the simulator and on DynamoDB Local: the same answers, units and refusals."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.doubles.both_engines import Both, Request, Step
from tests.engines.engine import Engine
from tests.unit.simulator.world import definitions, index, keys, table

TABLE = table(
    "Items",
    KeySchema=keys("pk", "sk"),
    AttributeDefinitions=definitions("pk", "sk", "g", "l", n="N"),
    GlobalSecondaryIndexes=[
        # With one key each: Local counts a write of an index for an item that had, and has, but half of its key.
        index("g-index", "g"),
        index("n-index", "n", Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["p"]}),
        index("k-index", "g", Projection={"ProjectionType": "KEYS_ONLY"}),
    ],
    LocalSecondaryIndexes=[
        {"IndexName": "l-index", "KeySchema": keys("pk", "l"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
    ],
)

# Few names and values, so that calls meet the same items, indexes move, and types go wrong.
words = st.sampled_from(["", "a", "b", "x" * 700])
numbers = st.sampled_from(["0", "1", "-2.5", "1E3", "0.10", "9" * 38])
scalars: SearchStrategy[Request] = st.one_of(
    words.map(lambda text: {"S": text}),
    numbers.map(lambda number: {"N": number}),
    st.booleans().map(lambda truth: {"BOOL": truth}),
    st.just({"NULL": True}),
    st.sampled_from([{"SS": ["a"]}, {"SS": ["b", "a"]}, {"NS": ["1", "2"]}]),
)
values = scalars | st.lists(scalars, max_size=2).map(lambda members: {"L": members})
values |= st.dictionaries(st.sampled_from("uv"), scalars, max_size=2).map(lambda members: {"M": members})
names = st.sampled_from(["g", "n", "l", "p", "q"])
item_keys = st.sampled_from([{"pk": {"S": "p"}, "sk": {"S": sk}} for sk in "123"])
fitting = {"g": words.filter(bool).map(lambda text: {"S": text}), "l": st.just({"S": "m"})}
fitting["n"] = numbers.map(lambda number: {"N": number})


@st.composite
def contents(draw: st.DrawFn) -> Request:
    """Attributes that mostly fit the indexes, and sometimes cannot."""
    chosen = draw(st.sets(names, max_size=4))
    anything = draw(st.integers(0, 9)) == 0
    return {name: draw(values if anything or name not in fitting else fitting[name]) for name in sorted(chosen)}


paths = st.sampled_from(["#p", "#q", "#g", "#n", "#q.#u", "#q[0]", "#q[1]", "#p.#u"])
operands = st.sampled_from([":v", ":w"])
sources = st.one_of(
    operands,
    paths,
    st.builds("{} + {}".format, paths | operands, operands),
    st.builds("if_not_exists({}, {})".format, paths, operands),
    st.builds("list_append({}, {})".format, paths | operands, operands),
)
clauses = st.one_of(
    st.builds("SET {} = {}".format, paths, sources),
    st.builds("REMOVE {}".format, paths),
    st.builds("ADD {} {}".format, paths, operands),
    st.builds("DELETE {} {}".format, paths, operands),
    st.builds("SET {} = {} REMOVE {}".format, paths, sources, paths),
    st.builds("REMOVE {}, {}".format, paths, paths),
)
tests = st.one_of(
    st.builds("{} {} {}".format, paths, st.sampled_from(["=", "<>", "<", ">="]), paths | operands),
    st.builds("{}({})".format, st.sampled_from(["attribute_exists", "attribute_not_exists"]), paths),
    st.builds("{}({}, {})".format, st.sampled_from(["begins_with", "contains"]), paths, operands),
    st.builds("attribute_type({}, :t)".format, paths),
    st.builds("{} BETWEEN {} AND {}".format, paths, operands, operands),
    st.builds("{} IN ({}, {})".format, paths, operands, paths),
    st.builds("size({}) > :one".format, paths),
)
conditions = st.recursive(
    tests,
    lambda parts: (
        st.builds("NOT {}".format, parts) | st.builds("({} {} {})".format, parts, st.sampled_from(["AND", "OR"]), parts)
    ),
    max_leaves=3,
)


@st.composite
def expressed(draw: st.DrawFn, *members: str) -> Request:
    """These expressions, with the names and values that they use."""
    request: Request = {}
    for member in members:
        request[member] = draw(clauses if member == "UpdateExpression" else conditions)
    text = " ".join(request.values())
    given_names = {"#" + name: name for name in "pqgnu" if "#" + name in text}
    constants = {":t": draw(st.sampled_from([{"S": "S"}, {"S": "L"}])), ":one": {"N": "1"}}
    known = {":v": draw(values), ":w": draw(values), **constants}
    given_values = {name: value for name, value in known.items() if name in text}
    if given_names:
        request["ExpressionAttributeNames"] = given_names
    if given_values:
        request["ExpressionAttributeValues"] = given_values
    return request


COUNTED = {"TableName": "Items", "ReturnConsumedCapacity": "INDEXES"}
SHOWN = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
conditioned: SearchStrategy[Request] = st.just({}) | expressed("ConditionExpression").map(
    lambda request: request | SHOWN
)
puts = st.builds(
    lambda key, more, condition: ("PutItem", {**COUNTED, "Item": key | more, **condition, "ReturnValues": "ALL_OLD"}),
    item_keys,
    contents(),
    conditioned,
)
updates = st.builds(
    lambda key, expressions, returned: ("UpdateItem", {**COUNTED, "Key": key, **expressions, "ReturnValues": returned}),
    item_keys,
    expressed("UpdateExpression") | expressed("UpdateExpression", "ConditionExpression").map(lambda r: r | SHOWN),
    st.sampled_from(["ALL_NEW", "ALL_OLD"]),
)
deletes = st.builds(
    lambda key, condition: ("DeleteItem", {**COUNTED, "Key": key, **condition, "ReturnValues": "ALL_OLD"}),
    item_keys,
    conditioned,
)
gets = st.builds(lambda key: ("GetItem", {**COUNTED, "Key": key, "ConsistentRead": True}), item_keys)


def _transaction(actions: dict[str, Request]) -> Step:
    # Without its units: Local counts a delete of nothing once, where the developer guide counts all of it twice.
    return "TransactWriteItems", {"TransactItems": list(actions.values())}


def _action(step: Step) -> Request:
    left_out = {"ReturnConsumedCapacity", "ReturnValues"}
    return {step[0].removesuffix("Item"): {name: v for name, v in step[1].items() if name not in left_out}}


transactions = st.dictionaries(st.sampled_from("123"), puts | deletes, min_size=1, max_size=3).map(
    lambda steps: _transaction(
        {sk: _action((action, _moved(request, sk))) for sk, (action, request) in sorted(steps.items())}
    )
)


def _moved(request: Request, sk: str) -> Request:
    where = "Item" if "Item" in request else "Key"
    return request | {where: request[where] | {"sk": {"S": sk}}}


key_conditions = st.sampled_from(["pk = :p", "pk = :p AND sk > :s", "pk = :p AND sk >= :s"])
queries = st.builds(
    lambda condition, limit, forward, start: (
        "Query",
        {
            "TableName": "Items",
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {":p": {"S": "p"}} | ({":s": {"S": "1"}} if ":s" in condition else {}),
            "FilterExpression": "attribute_exists(q)",
            "ScanIndexForward": forward,
            # Not where a limit may end at the very end of a range: DynamoDB Local alone knows that nothing can follow.
            **({"Limit": limit} if limit and (forward or ">=" not in condition) else {}),
            # Only without a range: of a key beyond it the engines do not say the same.
            **({"ExclusiveStartKey": start} if start and ":s" not in condition else {}),
        },
    ),
    key_conditions,
    st.integers(0, 3),
    st.booleans(),
    st.none() | item_keys,
)
counts = st.sampled_from(["g-index", "n-index", "k-index", "l-index"]).map(
    lambda name: ("Scan", {"TableName": "Items", "IndexName": name, "Select": "COUNT"})
)
reads = gets | queries | counts
steps: SearchStrategy[list[Step]] = st.lists(puts | updates | updates | deletes | reads | transactions, max_size=8)


@pytest.fixture(scope="module")
def both(dynamodb_local: str) -> Both:
    """The same table on either."""
    return Both(Engine(dynamodb_local).client(), TABLE)


@given(steps=steps)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_generated_item_calls_agree(both: Both, steps: list[Step]) -> None:
    """Whatever is called in whatever order: answers, consumed units by index, codes and reasons are the same."""
    both.empty({"pk": {"S": "p"}, "sk": {"S": sk}} for sk in "123")
    for action, request in steps:
        ours, theirs = both.call(action, request)
        assert ours == theirs, f"{action} {request}"
    assert both.simulator.unknown == []
