"""What was seen of the lock, and the condition under which it may be cleared."""

from dataclasses import replace
from typing import Any

import pytest

from osem_migrate.aws import history_items
from osem_migrate.aws.lock_snapshot import LockSnapshot
from osem_migrate.history import Holder
from tests.doubles.typed import typed
from tests.unit.aws.test_history_items import HOLDER

KEY = {"scope": "osem", "item": "lock"}


def lock_item(holder: Holder = HOLDER, **changes: object) -> dict[str, Any]:
    """The lock's item of a holder, with attributes that somebody changed."""
    return history_items.serialize({**KEY, **history_items.holder_values(holder), "fence": holder.fence, **changes})


def conditions(clearing: dict[str, Any]) -> set[str]:
    """The terms of the condition, spelled out."""
    return set(clearing["ConditionExpression"].replace("#", "").split(" AND "))


@pytest.mark.parametrize("item", [{}, history_items.serialize(KEY), history_items.serialize({**KEY, "fence": 4})])
def test_a_lock_without_an_owner_is_free(item: dict[str, Any]) -> None:
    """Before the first run, and after each."""
    assert LockSnapshot.of(item).is_free


def test_a_holder_is_seen_with_its_fence() -> None:
    """Nothing is unreadable about it."""
    seen = LockSnapshot.of(lock_item())
    assert (seen.holder, seen.fence, seen.unreadable, seen.is_free) == (HOLDER, HOLDER.fence, None, False)


@pytest.mark.parametrize(
    "item",
    [
        {"owner": {"S": "x"}},
        {**lock_item(), "pid": {"S": "four"}},
        {**lock_item(), "fence": {"S": "x"}},
        {**lock_item(), "heartbeat": {"M": {}}},
        {"fence": {"S": "x"}},
    ],
    ids=["half", "no number", "no fence", "a map", "free, but without a number"],
)
def test_what_nobody_can_read_is_no_error_yet(item: dict[str, Any]) -> None:
    """It can be shown, and cleared; who asks what it says is told what to do."""
    seen = LockSnapshot.of(item)
    assert (seen.holder, seen.fence, seen.is_free) == (None, None, False)
    assert seen.unreadable is not None
    assert "unlock --force" in typed(seen.unreadable)


def test_exactly_what_was_seen_is_cleared() -> None:
    """Every attribute has to be as it was, the heartbeat among them; what was not there must not be there."""
    clearing = LockSnapshot.of(lock_item(replace(HOLDER, run_url=None))).clearing(still=True, fence=9)
    names = {"owner", "host", "pid", "identity", "lease_ms", "heartbeat", "acquired_at", "fence"}
    assert conditions(clearing) == {*(f"{name} = :{name}" for name in names), "attribute_not_exists(run_url)"}
    assert clearing["ExpressionAttributeValues"][":heartbeat"] == {"N": "12"}


def test_by_force_the_heart_may_beat_on() -> None:
    """Owner and fence say who it is; the fence that can be read stays."""
    clearing = LockSnapshot.of(lock_item()).clearing(still=False, fence=9)
    assert conditions(clearing) == {"owner = :owner", "fence = :fence"}
    assert "SET" not in clearing["UpdateExpression"]
    assert set(clearing["ExpressionAttributeValues"]) == {":owner", ":fence"}


def test_a_fence_that_nobody_can_read_is_replaced() -> None:
    """Even by force nothing but what was seen is cleared."""
    clearing = LockSnapshot.of({**lock_item(), "fence": {"S": "x"}}).clearing(still=False, fence=1_795_253_687)
    assert {"heartbeat = :heartbeat", "fence = :fence"} <= conditions(clearing)
    assert clearing["UpdateExpression"].endswith("SET #fence = :new")
    assert clearing["ExpressionAttributeValues"][":new"] == {"N": "1795253687"}
