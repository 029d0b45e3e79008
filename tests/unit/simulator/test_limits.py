"""Limits: who is throttled, and who never is."""

from contextlib import suppress

import pytest

from tests.simulator import Limiter, Rate, SimulatedError, Simulator, VirtualClock
from tests.simulator.limits import TOO_FAST
from tests.unit.simulator.world import World, table


def outcomes(world: World, count: int, action: str, **parameters: object) -> list[str]:
    """The outcomes of ``count`` calls at once; ``{}`` in a text parameter is the number of the call."""
    for number in range(count):
        request = {
            name: value.format(number) if isinstance(value, str) else value for name, value in parameters.items()
        }
        with suppress(SimulatedError):
            world.simulator.call(action, request)
    return [call.outcome for call in world.simulator.calls[-count:]]


def tables(world: World) -> None:
    """Ten tables, created without haste."""
    for number in range(10):
        world.create(f"T-{number}")


def test_simultaneous_mutations_are_throttled(world: World) -> None:
    """Control plane: 3 to 5 of 10 simultaneous mutations throttled (Q-434); one retry a second later suffices."""
    tables(world)
    first = outcomes(world, 10, "DeleteTable", TableName="T-{}")
    assert first.count("ThrottlingException") in {3, 4, 5}
    world.advance(2)
    left = [number for number, outcome in enumerate(first) if outcome == "ThrottlingException"]
    for number in left:
        world.call("DeleteTable", TableName=f"T-{number}")


def test_changes_of_tables_are_throttled_like_deletions(world: World) -> None:
    """Q-434: UpdateTable that starts work, and tags."""
    tables(world)
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    changed = outcomes(world, 10, "UpdateTable", TableName="T-{}", StreamSpecification=stream)
    assert changed.count("ThrottlingException") in {3, 4, 5}
    world.advance(10)
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/T-{}"
    tagged = outcomes(world, 10, "TagResource", ResourceArn=arn, Tags=[{"Key": "k", "Value": "v"}])
    assert tagged.count("ThrottlingException") in {3, 4, 5}


def test_what_starts_no_work_is_never_throttled(world: World) -> None:
    """Q-434: deletion protection, time to live, no-ops and reads are exempt at ten at once."""
    tables(world)
    ttl = {"Enabled": True, "AttributeName": "t"}
    everything = (
        outcomes(world, 10, "UpdateTable", TableName="T-{}", DeletionProtectionEnabled=True)
        + outcomes(world, 10, "UpdateTable", TableName="T-{}", BillingMode="PAY_PER_REQUEST")
        + outcomes(world, 10, "UpdateTimeToLive", TableName="T-{}", TimeToLiveSpecification=ttl)
        + outcomes(world, 40, "DescribeTable", TableName="T-0")
    )
    assert set(everything) == {"ok"}


def test_a_throttled_call_is_not_applied() -> None:
    """The refusal comes before the change."""
    clock = VirtualClock()
    simulator = Simulator(clock=clock, limiter=Limiter(clock.now, Rate(burst=0, per_second=0)))
    with pytest.raises(SimulatedError, match=TOO_FAST):
        simulator.call("CreateTable", table())
    assert simulator.table("Teams") is None
    assert not simulator.calls[0].applied


def test_the_limit_can_be_lifted() -> None:
    """For tests that are about something else."""
    clock = VirtualClock()
    simulator = Simulator(clock=clock, limiter=Limiter(clock.now, None))
    for number in range(50):
        simulator.call("CreateTable", table(f"T-{number}"))


def test_reads_of_time_to_live_are_throttled_by_connection(world: World) -> None:
    """Describe throttles after ~4 rapid calls; a fresh connection never (Q-403)."""
    world.create()
    simulator = world.simulator

    def read(connection: object) -> str:
        try:
            simulator.call("DescribeTimeToLive", {"TableName": "Teams"}, connection=connection)
        except SimulatedError as refusal:
            return refusal.message
        return "ok"

    assert [read("one") for _ in range(6)] == ["ok"] * 4 + ["Rate exceeded"] * 2
    assert read("two") == "ok"
    world.advance(2.1)
    assert read("one") == "ok"
