"""Consumption: the developer guide's rules of read and write units, by table and by index."""

from typing import Any

import pytest

from tests.unit.simulator.world import World, definitions, index, keys

Item = dict[str, Any]
KEY: Item = {"pk": {"S": "p"}, "sk": {"S": "s"}}
ENTRY: Item = {"g": {"S": "1"}, "h": {"S": "1"}, "shown": {"S": "x"}, "l": {"S": "l"}}
LOCAL = {"IndexName": "l-index", "KeySchema": keys("pk", "l"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
INCLUDED = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["shown"]}


@pytest.fixture
def items(world: World) -> World:
    """Items, with a global index of two keys that includes ``shown``, and a local one of keys alone."""
    world.create(
        "Items",
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=definitions("pk", "sk", "g", "h", "l"),
        GlobalSecondaryIndexes=[index("g-index", KeySchema=keys("g", "h"), Projection=INCLUDED)],
        LocalSecondaryIndexes=[LOCAL],
    )
    return world


def put(world: World, told: str = "INDEXES", **attributes: Any) -> Item:
    """ConsumedCapacity of a PutItem."""
    request = {"TableName": "Items", "Item": {**KEY, **attributes}, "ReturnConsumedCapacity": told}
    consumed: Item = world.call("PutItem", **request)["ConsumedCapacity"]
    return consumed


def by_index(consumed: Item) -> tuple[float, float, float]:
    """Units of the table, the global index and the local one."""
    parts = (consumed.get("GlobalSecondaryIndexes", {}), consumed.get("LocalSecondaryIndexes", {}))
    indexes = [sum(part["CapacityUnits"] for part in of.values()) for of in parts]
    assert consumed["CapacityUnits"] == consumed["Table"]["CapacityUnits"] + sum(indexes)
    return consumed["Table"]["CapacityUnits"], indexes[0], indexes[1]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({}, (1, 0, 0)),
        ({"other": {"S": "x"}}, (1, 0, 0)),
        ({"shown": {"S": "y"}}, (1, 1, 0)),
        ({"g": {"S": "2"}}, (1, 2, 0)),
        ({"h": {"S": "2"}}, (1, 2, 0)),
        ({"l": {"S": "2"}}, (1, 0, 2)),
        ({"g": None}, (1, 1, 0)),
        ({"g": None, "l": None}, (1, 1, 1)),
        ({"other": {"S": "x" * 1024}}, (2, 0, 0)),
        ({"shown": {"S": "x" * 1024}}, (2, 2, 0)),
        ({"g": {"S": "2" * 1020}}, (2, 3, 0)),
    ],
)
def test_an_index_costs_by_what_changes_in_it(items: World, after: Item, expected: tuple[float, ...]) -> None:
    """A new entry 1, a changed key 2, a changed projected attribute 1, one that goes 1, else 0 (D GSI, LSI)."""
    assert by_index(put(items, **ENTRY)) == (1, 1, 1)
    changed = {name: value for name, value in {**ENTRY, **after}.items() if value is not None}
    assert by_index(put(items, **changed)) == expected


def test_an_item_with_half_a_key_is_in_no_index(items: World) -> None:
    """A sparse index takes nothing for what it does not hold."""
    assert by_index(put(items, g={"S": "1"})) == (1, 0, 0)
    assert by_index(put(items, h={"S": "1"})) == (1, 0, 0)


def test_the_larger_of_before_and_after_counts(items: World) -> None:
    """An update or a delete costs at least what it replaces, and one that is refused what it looked at."""
    assert put(items, "TOTAL", other={"S": "x" * 3000}) == {"TableName": "Items", "CapacityUnits": 3.0}
    assert by_index(put(items)) == (3, 0, 0)
    put(items, other={"S": "x" * 3000})
    request = {"TableName": "Items", "Key": KEY, "ReturnConsumedCapacity": "INDEXES"}
    assert by_index(items.call("DeleteItem", **request)["ConsumedCapacity"]) == (3, 0, 0)
    assert by_index(items.call("DeleteItem", **request)["ConsumedCapacity"]) == (1, 0, 0)


def test_reads_round_up_to_4_kb(items: World) -> None:
    """Half as much unless consistent; what is not there costs, too; an index is counted for itself."""
    put(items, **ENTRY, other={"S": "x" * 4096})
    request = {"TableName": "Items", "Key": KEY, "ReturnConsumedCapacity": "INDEXES"}
    for more, units in (({}, 1.0), ({"ConsistentRead": True}, 2.0), ({"Key": {**KEY, "sk": {"S": "-"}}}, 0.5)):
        assert items.call("GetItem", **{**request, **more})["ConsumedCapacity"]["Table"] == {"CapacityUnits": units}
    told = {"TableName": "Items", "IndexName": "g-index", "ReturnConsumedCapacity": "INDEXES"}
    assert items.call("Scan", **told)["ConsumedCapacity"] == {
        "TableName": "Items",
        "CapacityUnits": 0.5,
        "Table": {"CapacityUnits": 0.0},
        "GlobalSecondaryIndexes": {"g-index": {"CapacityUnits": 0.5}},
    }
    local = items.call("Scan", **{**told, "IndexName": "l-index"})["ConsumedCapacity"]
    assert local["LocalSecondaryIndexes"] == {"l-index": {"CapacityUnits": 0.5}}


def test_a_page_is_rounded_once_and_before_its_filter(items: World) -> None:
    """Ten small items make one unit, whether a filter lets them through or not."""
    for number in range(10):
        items.call("PutItem", TableName="Items", Item={**KEY, "sk": {"S": str(number)}})
    filtered = {"FilterExpression": "attribute_exists(nothing)", "Limit": 4, "ReturnConsumedCapacity": "TOTAL"}
    page = items.call("Scan", TableName="Items", ConsistentRead=True, **filtered)
    assert (page["Count"], page["ScannedCount"], page["ConsumedCapacity"]["CapacityUnits"]) == (0, 4, 1.0)
    assert "LastEvaluatedKey" in page


def test_transactions_cost_twice_and_batches_add_up(items: World) -> None:
    """Two units for each write and each read of a transaction; a table's parts are one entry."""
    told = {"ReturnConsumedCapacity": "INDEXES"}
    actions = [{"Put": {"TableName": "Items", "Item": {**KEY, **ENTRY}}}]
    actions.append({"ConditionCheck": {"TableName": "Items", "Key": {**KEY, "sk": {"S": "-"}}, **_absent("pk")}})
    (consumed,) = items.call("TransactWriteItems", TransactItems=actions, **told)["ConsumedCapacity"]
    assert by_index(consumed) == (4, 2, 2)
    gets = [{"Get": {"TableName": "Items", "Key": KEY}}]
    (read,) = items.call("TransactGetItems", TransactItems=gets, **told)["ConsumedCapacity"]
    assert by_index(read) == (2, 0, 0)
    requests = [{"PutRequest": {"Item": {**KEY, "g": {"S": "9"}, "h": {"S": "1"}}}}]
    requests.append({"DeleteRequest": {"Key": {**KEY, "sk": {"S": "-"}}}})
    (batch,) = items.call("BatchWriteItem", RequestItems={"Items": requests}, **told)["ConsumedCapacity"]
    assert by_index(batch) == (2, 2, 1)
    both = {"Items": {"Keys": [KEY, {**KEY, "sk": {"S": "-"}}]}}
    (got,) = items.call("BatchGetItem", RequestItems=both, **told)["ConsumedCapacity"]
    assert by_index(got) == (1, 0, 0)


def test_a_repeated_transaction_only_reads(items: World) -> None:
    """The same token again is charged for reading what was written (D transaction-apis)."""
    actions = [{"Put": {"TableName": "Items", "Item": KEY}}]
    request = {"TransactItems": actions, "ClientRequestToken": "token", "ReturnConsumedCapacity": "TOTAL"}
    units = [items.call("TransactWriteItems", **request)["ConsumedCapacity"][0]["CapacityUnits"] for _ in range(2)]
    assert units == [2.0, 1.0]


def test_an_index_costs_from_when_it_is_backfilled(items: World) -> None:
    """One in allocation takes no writes; one that is being filled does, and one that is deleted no more."""
    items.add_index("o-index", "other", "Items")
    assert by_index(put(items, other={"S": "1"})) == (1, 0, 0)
    items.advance(60)
    assert by_index(put(items, other={"S": "2"})) == (1, 2, 0)


def _absent(name: str) -> Item:
    return {"ConditionExpression": f"attribute_not_exists({name})"}
