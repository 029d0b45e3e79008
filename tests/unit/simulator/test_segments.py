"""Segments: what each part of a parallel scan sees, and where it can begin."""

from typing import Any

import pytest

from tests.unit.simulator.world import World, definitions, index, keys

Item = dict[str, Any]
COUNT = 60


@pytest.fixture
def teams(world: World) -> World:
    """Sixty items of thirty partitions, half of them in the index."""
    world.create(
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=definitions("pk", "a", sk="N"),
        GlobalSecondaryIndexes=[index()],
    )
    for number in range(COUNT):
        more = {"a": {"S": f"a{number}"}} if number % 2 == 0 else {}
        world.call("PutItem", TableName="Teams", Item={**key(number), **more})
    return world


def key(number: int) -> Item:
    """Of an item."""
    return {"pk": {"S": f"p{number % 30}"}, "sk": {"N": str(number)}}


def scan(world: World, segment: int, segments: int, **more: Any) -> Item:
    """A page of a segment."""
    return world.call("Scan", TableName="Teams", Segment=segment, TotalSegments=segments, **more)


def of(answer: Item) -> set[int]:
    """The numbers of the items."""
    return {int(item["sk"]["N"]) for item in answer["Items"]}


@pytest.mark.parametrize("more", [{}, {"IndexName": "a-index"}])
@pytest.mark.parametrize("segments", [1, 2, 7, 1000])
def test_segments_are_all_there_is_and_share_nothing(teams: World, segments: int, more: Item) -> None:
    """Whatever their number; and a partition is never in two of them."""
    found = [of(scan(teams, segment, segments, **more)) for segment in range(segments)]
    assert sum(map(len, found)) == len(set().union(*found)) == (COUNT // 2 if more else COUNT)
    if not more:
        assert all((number + 30) % COUNT in numbers for numbers in found for number in numbers)


def test_an_item_stays_in_its_segment(teams: World) -> None:
    """By its partition key alone, whatever comes and goes beside it."""
    before = of(scan(teams, 2, 5))
    for number in range(0, COUNT, 3):
        teams.call("DeleteItem", TableName="Teams", Key=key(number))
    teams.call("PutItem", TableName="Teams", Item={"pk": {"S": "another"}, "sk": {"N": "99"}})
    assert of(scan(teams, 2, 5)) - {99} == {number for number in before if number % 3}


@pytest.mark.parametrize("more", [{}, {"IndexName": "a-index"}])
@pytest.mark.parametrize("stays", [True, False])
def test_a_scan_begins_after_any_key_of_its_segment(teams: World, more: Item, *, stays: bool) -> None:
    """Also after one whose item is gone: each item is seen once, item by item."""
    everything = of(scan(teams, 1, 3, **more))
    seen: list[int] = []
    start: Item = {}
    for _ in range(COUNT):
        page = scan(teams, 1, 3, Limit=1, **more, **start)
        seen += of(page)
        if "LastEvaluatedKey" not in page:
            break
        last = page["LastEvaluatedKey"]
        start = {"ExclusiveStartKey": last}
        if not stays:
            teams.call("DeleteItem", TableName="Teams", Key={name: last[name] for name in ("pk", "sk")})
    assert sorted(seen) == sorted(everything)


def test_a_key_of_another_segment(teams: World) -> None:
    """Refused, with the text that the suite of mhart/dynalite recorded."""
    (other, *_) = of(scan(teams, 1, 2))
    refusal = teams.refusal("Scan", TableName="Teams", Segment=0, TotalSegments=2, ExclusiveStartKey=key(other))
    assert refusal.code == "ValidationException"
    assert refusal.message == (
        "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
        "Segment. TotalSegments: 2 Segment: 0"
    )


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"Segment": 0}, "The TotalSegments parameter is required but was not present"),
        ({"TotalSegments": 2}, "The Segment parameter is required but was not present"),
        ({"Segment": 2, "TotalSegments": 2}, "Segment: 2 is not less than TotalSegments: 2"),
        ({"Segment": 0, "TotalSegments": 1_000_001}, "Member must have value less than or equal to 1000000"),
        ({"ExclusiveStartKey": {"pk": {"S": "1"}}}, "The provided starting key is invalid: The provided key element"),
        ({"ExclusiveStartKey": {**key(1), "x": {"S": "1"}}}, "The provided starting key is invalid"),
        ({"ExclusiveStartKey": {**key(1), "sk": {"S": "1"}}}, "The provided starting key is invalid"),
        ({"IndexName": "a-index", "ExclusiveStartKey": key(1)}, "The provided starting key is invalid"),
    ],
)
def test_scans_that_cannot_begin(teams: World, request_: Item, message: str) -> None:
    """Segment and TotalSegments come together; a start key has exactly the keys, of their types."""
    refusal = teams.refusal("Scan", TableName="Teams", **request_)
    assert refusal.code == "ValidationException"
    assert message in refusal.message


@pytest.mark.parametrize(("start", "found"), [(key(1), {31}), (key(2), None), ({"pk": {"S": "p1"}}, None)])
def test_a_query_begins_within_its_bounds(teams: World, start: Item, found: set[int] | None) -> None:
    """A start key of another partition is refused."""
    request = {
        "TableName": "Teams",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "p1"}},
        "ExclusiveStartKey": start,
    }
    if found is not None:
        assert of(teams.call("Query", **request)) == found
    else:
        assert teams.refusal("Query", **request).message.startswith("The provided starting key is ")
