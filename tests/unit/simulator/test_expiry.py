"""Expiry: items past their time to live stay for a while, and then are gone."""

from typing import Any

import pytest

from tests.simulator import Durations, exactly
from tests.unit.simulator.world import World, definitions, index

LAG = 600.0
KEY = {"pk": {"S": "1"}}


@pytest.fixture
def sessions() -> World:
    """Sessions with an index, whose items expire at ``until``."""
    world = World(Durations(expiry_lag=exactly(LAG)))
    world.create("Sessions", AttributeDefinitions=definitions("pk", "a"), GlobalSecondaryIndexes=[index()])
    specification = {"AttributeName": "until", "Enabled": True}
    world.call("UpdateTimeToLive", TableName="Sessions", TimeToLiveSpecification=specification)
    world.advance(5)
    return world


def put(world: World, seconds: float, **more: Any) -> None:
    """Item 1, to expire in so many seconds."""
    until = {"N": str(int(world.clock.now() + seconds))}
    world.call("PutItem", TableName="Sessions", Item={**KEY, "a": {"S": "x"}, "until": until, **more})


def is_there(world: World) -> bool:
    """Whether item 1 can be read."""
    found = "Item" in world.call("GetItem", TableName="Sessions", Key=KEY)
    assert world.call("Scan", TableName="Sessions", IndexName="a-index")["Count"] == int(found)
    return found


def test_an_expired_item_is_read_until_it_is_deleted(sessions: World) -> None:
    """Never exactly at its time, but some time later, from the indexes as well (D howitworks-ttl)."""
    put(sessions, 100)
    sessions.advance(101)
    assert is_there(sessions)
    sessions.advance(LAG - 10)
    assert is_there(sessions)
    sessions.advance(20)
    assert not is_there(sessions)


def test_an_item_that_was_expired_when_it_was_written(sessions: World) -> None:
    """The lag counts from then on."""
    put(sessions, -1000)
    assert is_there(sessions)
    sessions.advance(LAG + 1)
    assert not is_there(sessions)


@pytest.mark.parametrize(
    "until", [{"S": "100"}, {"N": "100"}, {"NULL": True}, {"N": "1e100"}], ids=["S", "past", "null", "far"]
)
def test_what_never_expires(sessions: World, until: dict[str, Any]) -> None:
    """Another type than N, or more than five years ago (D time-to-live-ttl-before-you-start)."""
    put(sessions, 0, until=until)
    sessions.advance(10 * LAG)
    assert is_there(sessions)


def test_an_item_that_lives_longer_meanwhile(sessions: World) -> None:
    """The service looks at the item as it is when it comes to it."""
    put(sessions, 100)
    sessions.advance(LAG)
    put(sessions, 10_000)
    sessions.advance(LAG + 1000)
    assert is_there(sessions)
    sessions.advance(10_000)
    assert not is_there(sessions)


def test_only_while_it_is_enabled(world: World) -> None:
    """Enabled later, it takes what is there; disabled, it takes nothing any more."""
    world.create("Sessions", AttributeDefinitions=definitions("pk", "a"), GlobalSecondaryIndexes=[index()])
    put(world, -10)
    world.advance(1_000_000)
    assert is_there(world)
    _switch(world, enabled=True)
    assert not is_there(world)
    put(world, 4 * 86_400)
    _switch(world, enabled=False)
    world.advance(9 * 86_400)
    assert is_there(world)


def _switch(world: World, *, enabled: bool) -> None:
    """Time to live on or off, three days ago."""
    specification = {"AttributeName": "until", "Enabled": enabled}
    world.call("UpdateTimeToLive", TableName="Sessions", TimeToLiveSpecification=specification)
    world.advance(3 * 86_400)


def test_a_transaction_keeps_its_items(sessions: World) -> None:
    """What is part of one is deleted afterwards."""
    put(sessions, 1)
    with sessions.simulator.transaction_on("Sessions", KEY):
        sessions.advance(LAG + 2)
        assert is_there(sessions)
    sessions.advance(LAG + 2)
    assert not is_there(sessions)


def test_counters_lag_behind(sessions: World) -> None:
    """ItemCount and TableSizeBytes are refreshed every six hours, an item's expiry included."""
    put(sessions, 30_000)
    assert sessions.describe("Sessions")["ItemCount"] == 0
    sessions.advance(21_600)
    assert sessions.describe("Sessions")["ItemCount"] == 1
    assert sessions.describe("Sessions")["TableSizeBytes"] > 0
    sessions.advance(10_000)
    assert not is_there(sessions)
    assert sessions.describe("Sessions")["ItemCount"] == 1
