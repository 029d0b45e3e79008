"""The data plane: one item, many, queries and scans."""

from typing import Any

import pytest

from tests.simulator import Durations, exactly
from tests.unit.simulator.world import World, definitions, index, keys

Item = dict[str, Any]


def item(pk: str, sk: int, **more: Any) -> Item:
    """An item of Teams."""
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}, **more}


@pytest.fixture
def teams(world: World) -> World:
    """Teams, with a sort key and an index on ``a`` of type S."""
    local = {
        "IndexName": "l-index",
        "KeySchema": keys("pk", "n"),
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["shown"]},
    }
    world.create(
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=definitions("pk", "a", sk="N", n="N"),
        GlobalSecondaryIndexes=[index()],
        LocalSecondaryIndexes=[local],
    )
    return world


def fill(world: World, count: int = 10) -> None:
    """Items 0, 1, 2 … of partition p, the even ones in the index."""
    for number in range(count):
        more = {"a": {"S": "x"}} if number % 2 == 0 else {}
        world.call("PutItem", TableName="Teams", Item=item("p", number, n={"N": str(-number)}, **more))


def query(world: World, **more: Any) -> Item:
    """Query of partition p."""
    request: dict[str, Any] = {
        "TableName": "Teams",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "p"}},
    }
    return world.call("Query", **{**request, **more})


def numbers(answer: Item) -> list[int]:
    """The sort keys of an answer."""
    return [int(found["sk"]["N"]) for found in answer["Items"]]


@pytest.mark.parametrize("state", ["none", "creating", "deleting"])
def test_a_table_that_is_not_there_yet_or_any_more(world: World, state: str) -> None:
    """The data plane finds a table only when it is ACTIVE or UPDATING."""
    if state == "creating":
        world.call(
            "CreateTable",
            TableName="Teams",
            KeySchema=keys(),
            AttributeDefinitions=definitions("pk"),
            BillingMode="PAY_PER_REQUEST",
        )
    if state == "deleting":
        world.create()
        world.call("DeleteTable", TableName="Teams")
    for action, more in (("GetItem", {"Key": {"pk": {"S": "1"}}}), ("PutItem", {"Item": {"pk": {"S": "1"}}})):
        refusal = world.refusal(action, TableName="Teams", **more)
        assert (refusal.code, refusal.message) == ("ResourceNotFoundException", "Requested resource not found")


def test_a_building_index_cannot_be_queried(teams: World) -> None:
    """Query fails ValidationException while the index builds; afterwards the items of before are in it."""
    teams.call("PutItem", TableName="Teams", Item=item("p", 1, b={"S": "y"}))
    teams.call("PutItem", TableName="Teams", Item=item("p", 2, b={"N": "5"}))
    teams.add_index("b-index", "b")
    request = {
        "TableName": "Teams",
        "IndexName": "b-index",
        "KeyConditionExpression": "b = :b",
        "ExpressionAttributeValues": {":b": {"S": "y"}},
    }
    for seconds in (0, 60):
        teams.advance(seconds)
        refusal = teams.refusal("Query", **request)
        assert refusal.code == "ValidationException"
        assert refusal.message == "Cannot read from backfilling global secondary index: b-index"
    teams.call("PutItem", TableName="Teams", Item=item("p", 3, b={"N": "5"}))
    teams.advance(1100)
    assert numbers(teams.call("Query", **request)) == [1]
    assert teams.call("Scan", TableName="Teams", IndexName="b-index")["Count"] == 1


def test_a_built_index_rejects_writes_that_violate_it(teams: World) -> None:
    """After the build, writes carrying a violating key are rejected."""
    wrong = teams.refusal("PutItem", TableName="Teams", Item=item("p", 1, a={"N": "1"}))
    assert "Type mismatch for Index Key a Expected: S Actual: N IndexName: a-index" in wrong.message
    empty = teams.refusal("PutItem", TableName="Teams", Item=item("p", 1, a={"S": ""}))
    assert "IndexName: a-index, IndexKey: a" in empty.message
    update = teams.refusal(
        "UpdateItem",
        TableName="Teams",
        Key=item("p", 1),
        UpdateExpression="SET a = :a",
        ExpressionAttributeValues={":a": {"N": "1"}},
    )
    assert update.code == "ValidationException"


def test_an_index_that_is_gone_or_never_was(teams: World) -> None:
    """DELETING is gone, to a query."""
    assert (
        "does not have the specified index: none" in teams.refusal("Scan", TableName="Teams", IndexName="none").message
    )
    teams.call("UpdateTable", TableName="Teams", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "a-index"}}])
    assert teams.refusal("Scan", TableName="Teams", IndexName="a-index").code == "ValidationException"


def test_queries_are_sorted_both_ways_and_paged(teams: World) -> None:
    """Numbers sort as numbers; a LastEvaluatedKey leads on, and the pages make the whole."""
    fill(teams, 12)
    assert numbers(query(teams)) == list(range(12))
    assert numbers(query(teams, ScanIndexForward=False)) == list(range(11, -1, -1))
    for forward in (True, False):
        found: list[int] = []
        start: dict[str, Any] = {}
        while True:
            page = query(teams, Limit=5, ScanIndexForward=forward, **start)
            found += numbers(page)
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        assert found == sorted(range(12), reverse=not forward)


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("sk = :a", {":a": 3}, [3]),
        ("sk < :a", {":a": 3}, [0, 1, 2]),
        ("sk <= :a", {":a": 3}, [0, 1, 2, 3]),
        ("sk > :a", {":a": 8}, [9]),
        ("sk >= :a", {":a": 8}, [8, 9]),
        ("sk BETWEEN :a AND :b", {":a": 2, ":b": 4}, [2, 3, 4]),
        ("(sk BETWEEN :a AND :b)", {":a": 2, ":b": 4}, [2, 3, 4]),
    ],
)
def test_sort_key_conditions(teams: World, condition: str, values: dict[str, int], expected: list[int]) -> None:
    """Every operator of a key condition."""
    fill(teams)
    found = query(
        teams,
        KeyConditionExpression=f"#p = :p and {condition}",
        ExpressionAttributeNames={"#p": "pk"},
        ExpressionAttributeValues={":p": {"S": "p"}, **{name: {"N": str(n)} for name, n in values.items()}},
    )
    assert numbers(found) == expected


def test_an_index_is_sparse_and_its_pages_carry_all_keys(teams: World) -> None:
    """Only items with the key are in it; a start key names index key and table key."""
    fill(teams)
    request = {
        "IndexName": "a-index",
        "KeyConditionExpression": "a = :a",
        "ExpressionAttributeValues": {":a": {"S": "x"}},
        "Limit": 2,
    }
    page = query(teams, **request)
    assert page["LastEvaluatedKey"].keys() == {"a", "pk", "sk"}
    rest = query(teams, **request | {"Limit": 9, "ExclusiveStartKey": page["LastEvaluatedKey"]})
    assert sorted(numbers(page) + numbers(rest)) == [0, 2, 4, 6, 8]
    assert teams.refusal("Query", TableName="Teams", ConsistentRead=True, **request).code == "ValidationException"


def test_a_local_index_shows_what_it_projects(teams: World) -> None:
    """Keys and included attributes, in the order of its own sort key."""
    fill(teams, 3)
    teams.call("PutItem", TableName="Teams", Item=item("p", 9, n={"N": "9"}, shown={"S": "s"}, hidden={"S": "h"}))
    answer = query(teams, IndexName="l-index", ConsistentRead=True)
    assert numbers(answer) == [2, 1, 0, 9]
    assert answer["Items"][-1].keys() == {"pk", "sk", "n", "shown"}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("sk = :p", "Query condition missed key schema element: pk"),
        ("pk > :p", "Query key condition not supported"),
        ("pk = :p AND n = :p", "Query condition missed key schema element: sk"),
        ("pk = :p AND sk = :p", "Condition parameter type does not match schema type"),
        ("pk <> :p", "Invalid KeyConditionExpression: Invalid operator"),
        ("contains(pk, :p)", "Invalid KeyConditionExpression: Invalid operator"),
        ("pk = :p OR sk = :p", "Invalid KeyConditionExpression: Syntax error"),
    ],
)
def test_key_conditions_that_cannot_be(teams: World, condition: str, message: str) -> None:
    """The partition key with ``=``, and the sort key with one term."""
    refusal = teams.refusal(
        "Query",
        TableName="Teams",
        KeyConditionExpression=condition,
        ExpressionAttributeValues={":p": {"S": "p"}},
    )
    assert refusal.code == "ValidationException"
    assert message in refusal.message


def test_a_query_needs_a_key_condition(teams: World) -> None:
    """And a limit of at least one."""
    assert teams.refusal("Query", TableName="Teams").code == "ValidationException"
    assert teams.refusal("Scan", TableName="Teams", Limit=0).code == "ValidationException"


def test_scans_see_every_item_once_in_segments_and_pages(teams: World) -> None:
    """The segments of a parallel scan are disjoint and complete."""
    for number in range(40):
        teams.call("PutItem", TableName="Teams", Item=item(f"p{number}", number))
    found: list[int] = []
    for segment in range(3):
        start: dict[str, Any] = {}
        while True:
            request = {"TableName": "Teams", "Segment": segment, "TotalSegments": 3, "Limit": 4}
            page = teams.call("Scan", **request, **start)
            found += numbers(page)
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert sorted(found) == list(range(40))
    assert found != sorted(found)
    assert teams.refusal("Scan", TableName="Teams", Segment=3, TotalSegments=3).code == "ValidationException"


def test_a_page_ends_at_a_megabyte(teams: World) -> None:
    """1 MB pages, without any limit."""
    for number in range(4):
        teams.call("PutItem", TableName="Teams", Item=item("p", number, b={"S": "x" * 390_000}))
        teams.advance(1)
    page = query(teams)
    assert numbers(page) == [0, 1, 2]
    assert page["LastEvaluatedKey"] == item("p", 2)


def test_filters_count_what_they_drop(teams: World) -> None:
    """ScannedCount is before the filter, Count after; COUNT leaves the items out; projections keep documents."""
    fill(teams)
    answer = query(
        teams,
        FilterExpression="attribute_exists(a)",
        ProjectionExpression="sk",
        ReturnConsumedCapacity="TOTAL",
        ConsistentRead=True,
    )
    assert (answer["Count"], answer["ScannedCount"]) == (5, 10)
    assert answer["Items"][0] == {"sk": {"N": "0"}}
    assert answer["ConsumedCapacity"] == {"TableName": "Teams", "CapacityUnits": 1.0}
    assert "Items" not in teams.call("Scan", TableName="Teams", Select="COUNT")


def test_items_come_and_go(teams: World) -> None:
    """Put, get, update, delete; equal numbers are one key; what was returned is what was asked for."""
    teams.call("PutItem", TableName="Teams", Item=item("p", 1, v={"S": "old"}))
    put = teams.call("PutItem", TableName="Teams", Item={**item("p", 1), "sk": {"N": "1.0"}}, ReturnValues="ALL_OLD")
    assert put["Attributes"]["v"] == {"S": "old"}
    assert teams.call("GetItem", TableName="Teams", Key=item("p", 1))["Item"]["sk"] == {"N": "1"}
    updated = teams.call(
        "UpdateItem",
        TableName="Teams",
        Key=item("p", 1),
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"S": "new"}},
        ReturnValues="UPDATED_NEW",
    )
    assert updated["Attributes"] == {"v": {"S": "new"}}
    deleted = teams.call("DeleteItem", TableName="Teams", Key=item("p", 1), ReturnValues="ALL_OLD")
    assert deleted["Attributes"]["v"] == {"S": "new"}
    assert teams.call("GetItem", TableName="Teams", Key=item("p", 1)) == {}
    teams.call("DeleteItem", TableName="Teams", Key=item("p", 1))


def test_a_read_is_the_readers_own(teams: World) -> None:
    """What is done to an item that was put, or read, does nothing to the table."""
    mine = item("p", 1, m={"M": {"x": {"S": "1"}}})
    teams.call("PutItem", TableName="Teams", Item=mine)
    mine["m"]["M"]["x"] = {"S": "2"}
    assert teams.call("GetItem", TableName="Teams", Key=item("p", 1))["Item"]["m"]["M"]["x"] == {"S": "1"}


@pytest.mark.parametrize(
    ("action", "more", "message"),
    [
        ("PutItem", {"Item": {"pk": {"S": "1"}}}, "Missing the key sk in the item"),
        ("PutItem", {"Item": {"pk": {"N": "1"}, "sk": {"N": "1"}}}, "Type mismatch for key pk expected: S actual: N"),
        ("PutItem", {"Item": item("", 1)}, "cannot contain an empty string value. Key: pk"),
        ("PutItem", {"Item": item("p", 1, b={"S": "x" * 410_000})}, "Item size has exceeded the maximum allowed size"),
        ("GetItem", {"Key": {"pk": {"S": "1"}}}, "The provided key element does not match the schema"),
        ("DeleteItem", {"Key": {"pk": {"S": "1"}, "sk": {"S": "1"}}}, "The provided key element does not match"),
        ("UpdateItem", {"Key": item("p", 1), "UpdateExpression": "REMOVE sk"}, "Cannot update attribute sk. This"),
    ],
)
def test_items_that_do_not_fit_are_refused(teams: World, action: str, more: Item, message: str) -> None:
    """Keys must be there, typed, and not empty; items have at most 400 KB."""
    refusal = teams.refusal(action, TableName="Teams", **more)
    assert refusal.code == "ValidationException"
    assert message in refusal.message


def test_a_failed_condition_shows_the_item_if_asked(teams: World) -> None:
    """ReturnValuesOnConditionCheckFailure=ALL_OLD returns the holder in ``Item``."""
    teams.call("PutItem", TableName="Teams", Item=item("p", 1, owner={"S": "me"}))
    request: dict[str, Any] = {
        "TableName": "Teams",
        "Key": item("p", 1),
        "UpdateExpression": "SET #o = :o",
        "ConditionExpression": "attribute_not_exists(#o)",
        "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {":o": {"S": "you"}},
    }
    plain = teams.refusal("UpdateItem", **request)
    assert (plain.code, plain.message, plain.details) == (
        "ConditionalCheckFailedException",
        "The conditional request failed",
        {},
    )
    shown = teams.refusal("UpdateItem", **request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert shown.details["Item"]["owner"] == {"S": "me"}
    other = {**request, "Key": item("p", 2), "ConditionExpression": "attribute_exists(#o)"}
    absent = teams.refusal("UpdateItem", **other, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert absent.details == {}


def test_batches_write_and_read(teams: World) -> None:
    """25 writes and 100 reads at a time, never the same item twice."""
    puts = [{"PutRequest": {"Item": item("p", number)}} for number in range(25)]
    assert teams.call("BatchWriteItem", RequestItems={"Teams": puts}) == {"UnprocessedItems": {}}
    found = teams.call("BatchGetItem", RequestItems={"Teams": {"Keys": [item("p", 1), item("p", 99)]}})
    assert found["Responses"]["Teams"] == [item("p", 1)]
    teams.call("BatchWriteItem", RequestItems={"Teams": [{"DeleteRequest": {"Key": item("p", 1)}}]})
    assert teams.call("Scan", TableName="Teams")["Count"] == 24
    too_many = [*puts, {"PutRequest": {"Item": item("p", 77)}}]
    assert teams.refusal("BatchWriteItem", RequestItems={"Teams": too_many}).code == "ValidationException"
    twice = teams.refusal("BatchWriteItem", RequestItems={"Teams": [puts[0], puts[0]]})
    assert twice.message == "Provided list of item keys contains duplicates"
    many = {"Teams": {"Keys": [item("p", number) for number in range(101)]}}
    assert teams.refusal("BatchGetItem", RequestItems=many).code == "ValidationException"


def test_writes_consume(teams: World) -> None:
    """One unit a kilobyte, as AWS counts."""
    answer = teams.call(
        "PutItem", TableName="Teams", Item=item("p", 1, b={"S": "x" * 2500}), ReturnConsumedCapacity="TOTAL"
    )
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 3.0


def test_calls_on_several_tables_consume_by_table(teams: World) -> None:
    """A batch adds up; a transaction counts twice."""
    puts = [{"PutRequest": {"Item": item("p", number)}} for number in range(3)]
    told = {"ReturnConsumedCapacity": "TOTAL"}
    batch = teams.call("BatchWriteItem", RequestItems={"Teams": puts}, **told)
    assert batch["ConsumedCapacity"] == [{"TableName": "Teams", "CapacityUnits": 3.0}]
    put = {"Put": {"TableName": "Teams", "Item": item("p", 1)}}
    transaction = teams.call("TransactWriteItems", TransactItems=[put], **told)
    assert transaction["ConsumedCapacity"] == [{"TableName": "Teams", "CapacityUnits": 2.0}]
    found = teams.call("BatchGetItem", RequestItems={"Teams": {"Keys": [item("p", 1), item("p", 2)]}}, **told)
    assert found["ConsumedCapacity"] == [{"TableName": "Teams", "CapacityUnits": 1.0}]


def test_a_sort_key_may_be_matched_by_its_beginning(world: World) -> None:
    """begins_with in a key condition."""
    world.create(KeySchema=keys("pk", "sk"), AttributeDefinitions=definitions("pk", "sk"))
    for name in ("event#1", "event#2", "lock"):
        world.call("PutItem", TableName="Teams", Item={"pk": {"S": "p"}, "sk": {"S": name}})
    values = {":p": {"S": "p"}, ":b": {"S": "event#"}}
    answer = query(world, KeyConditionExpression="pk = :p AND begins_with(sk, :b)", ExpressionAttributeValues=values)
    assert [found["sk"]["S"] for found in answer["Items"]] == ["event#1", "event#2"]


def test_global_indexes_follow_with_a_delay_where_a_test_asks_for_one() -> None:
    """A write, a change and a deletion reach a global index later than the table and its local indexes."""
    world = World(Durations(index_lag=exactly(2.0)))
    world.create(
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=definitions("pk", "a", sk="N", n="N"),
        GlobalSecondaryIndexes=[index()],
        LocalSecondaryIndexes=[
            {"IndexName": "l-index", "KeySchema": keys("pk", "n"), "Projection": {"ProjectionType": "ALL"}}
        ],
    )

    def seen() -> tuple[int, int]:
        by_a: Item = {"KeyConditionExpression": "a = :p", "ExpressionAttributeValues": {":p": {"S": "x"}}}
        return query(world, IndexName="l-index")["Count"], query(world, IndexName="a-index", **by_a)["Count"]

    world.call("PutItem", TableName="Teams", Item=item("p", 1, a={"S": "x"}, n={"N": "1"}))
    assert seen() == (1, 0)
    world.advance(2.0)
    assert seen() == (1, 1)
    world.call("DeleteItem", TableName="Teams", Key=item("p", 1))
    assert seen() == (0, 1)
    world.advance(2.0)
    assert seen() == (0, 0)
