"""ItemRate: units a second are kept, of the table and of each index, and halved where DynamoDB throttles."""

import pytest

from osem_migrate.aws.item_rate import ItemRate, Side
from tests.simulator.clock import VirtualClock

SECONDS = 60


def rate(clock: VirtualClock, **limits: float | None) -> ItemRate:
    """One whose table has ``table`` units a second, and whose indexes the others."""
    return ItemRate(clock.clock, lambda _side, index: limits.get(index or "table"))


def taken(clock: VirtualClock, sending: ItemRate, **consumed: float) -> float:
    """How many units of the table are taken within a minute by whoever never rests."""
    began, units = clock.monotonic(), 0.0
    answer = {
        "Table": {"CapacityUnits": consumed["table"]},
        "LocalSecondaryIndexes": {"local": {"CapacityUnits": consumed.get("local", 0.0)}},
        "GlobalSecondaryIndexes": {
            name: {"CapacityUnits": amount} for name, amount in consumed.items() if name not in {"table", "local"}
        },
    }
    while clock.monotonic() - began < SECONDS:
        sending.wait(Side.WRITE)
        sending.took(Side.WRITE, answer)
        units += consumed["table"]
    return units / SECONDS


@pytest.mark.parametrize("size", [0.5, 1, 7, 128])
def test_a_rate_is_kept_whatever_one_request_takes(size: float) -> None:
    """Within five percent of 100 units a second, and one request."""
    clock = VirtualClock()
    assert taken(clock, rate(clock, table=100.0), table=size) == pytest.approx(100, abs=5 + size / SECONDS)


def test_local_indexes_are_of_the_table() -> None:
    """They have no capacity of their own."""
    clock = VirtualClock()
    assert taken(clock, rate(clock, table=100.0), table=1, local=1) == pytest.approx(50, rel=0.05)


def test_the_slowest_index_decides() -> None:
    """Each is held against its own rate; one that is not touched holds up nobody."""
    clock = VirtualClock()
    sending = rate(clock, table=100.0, slow=10.0, idle=0.001)
    assert taken(clock, sending, table=1, slow=1) == pytest.approx(10, rel=0.1)


def test_sides_do_not_wait_for_each_other() -> None:
    """Reading goes on while writing is in debt."""
    clock = VirtualClock()
    sending = rate(clock, table=1.0)
    sending.took(Side.WRITE, {"CapacityUnits": 1000.0})
    began = clock.monotonic()
    sending.wait(Side.READ)
    assert clock.monotonic() == began
    sending.wait(Side.WRITE)
    assert clock.monotonic() - began == pytest.approx(1000, rel=0.01)


def test_without_a_limit_nobody_waits() -> None:
    """Nor is there a rate to tell of."""
    clock = VirtualClock()
    sending = rate(clock)
    sending.took(Side.READ, {"CapacityUnits": 1e9})
    sending.throttled(Side.READ, frozenset())
    sending.wait(Side.READ)
    assert sending.now(Side.READ) is None


def test_throttled_it_is_half_as_fast_and_then_faster_again() -> None:
    """Refusals within a second are one; what is named is slowed down, and nothing else; never down to nothing."""
    clock = VirtualClock()
    sending = rate(clock, table=100.0, slow=10.0)
    for _ in range(3):
        sending.throttled(Side.WRITE, frozenset())
    assert sending.now(Side.WRITE) == 50
    sending.throttled(Side.WRITE, frozenset({"slow"}))
    assert sending.now(Side.WRITE) == 50
    for _ in range(20):
        clock.sleep(1.0)
        sending.throttled(Side.WRITE, frozenset())
    assert 1 <= (sending.now(Side.WRITE) or 0) < 25
    clock.sleep(20.0)
    sending.wait(Side.WRITE)
    assert sending.now(Side.WRITE) == 100


def test_another_rate_counts_at_once() -> None:
    """For who waits already, too: what is owed stays owed, and is paid off at the new rate; units are counted on."""
    clock = VirtualClock()
    sending = rate(clock, table=1.0)
    sending.took(Side.WRITE, {"CapacityUnits": 1000.0})
    sending.took(Side.READ, {"CapacityUnits": 5.0})
    sending.limit_to(lambda _side, _index: 100.0)
    began = clock.monotonic()
    sending.wait(Side.WRITE)
    assert clock.monotonic() - began == pytest.approx(10, rel=0.01)
    assert (sending.now(Side.WRITE), sending.taken(Side.WRITE), sending.taken(Side.READ)) == (100, 1000, 5)
    sending.limit_to(lambda _side, _index: None)
    assert sending.now(Side.WRITE) is None
