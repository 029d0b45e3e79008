"""Throughput: durations, echoes, refusals of what would not change, and rations."""

import pytest

from tests.unit.simulator.world import World, index, throughput

PREFIX = "One or more parameter values were invalid: "


def provision(world: World, read: int, write: int) -> None:
    """Change the table's throughput and wait for it."""
    world.call("UpdateTable", TableName="Teams", ProvisionedThroughput=throughput(read, write))
    world.advance(2.1)


def test_a_change_shows_when_it_is_done(world: World) -> None:
    """UpdateTable responses echo old values: re-describe (Q-165, Q-060)."""
    world.create(ProvisionedThroughput=throughput())
    answer = world.call("UpdateTable", TableName="Teams", ProvisionedThroughput=throughput(5, 5))["TableDescription"]
    assert (answer["TableStatus"], answer["ProvisionedThroughput"]["ReadCapacityUnits"]) == ("UPDATING", 1)
    world.advance(2.1)
    described = world.describe()
    assert (described["TableStatus"], described["ProvisionedThroughput"]["ReadCapacityUnits"]) == ("ACTIVE", 5)
    assert "LastIncreaseDateTime" in described["ProvisionedThroughput"]


def test_the_same_throughput_again_is_refused(world: World) -> None:
    """Identical PT re-send is ValidationException (Q-164); a change of one unit alone is taken."""
    world.create(ProvisionedThroughput=throughput(2, 2))
    refusal = world.refusal("UpdateTable", TableName="Teams", ProvisionedThroughput=throughput(2, 2))
    assert refusal.code == "ValidationException"
    assert refusal.message.startswith("The provisioned throughput for the table will not change.")
    provision(world, 2, 3)


def test_the_same_throughput_of_an_index_is_refused(world: World) -> None:
    """Q-164: for an index, too."""
    units = throughput(2, 2)
    world.create(
        ProvisionedThroughput=units, GlobalSecondaryIndexes=[index(attribute="pk", ProvisionedThroughput=units)]
    )
    updates = [{"Update": {"IndexName": "a-index", "ProvisionedThroughput": units}}]
    refusal = world.refusal("UpdateTable", TableName="Teams", GlobalSecondaryIndexUpdates=updates)
    assert refusal.message.startswith("The provisioned throughput for the index a-index will not change.")


@pytest.mark.parametrize("more", [{}, {"BillingMode": "PAY_PER_REQUEST"}])
def test_an_on_demand_table_has_no_units(world: World, more: dict[str, str]) -> None:
    """Q-128: on demand excludes units."""
    world.create()
    refusal = world.refusal("UpdateTable", TableName="Teams", ProvisionedThroughput=throughput(), **more)
    assert refusal.message.startswith(PREFIX + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified")


def test_a_provisioned_table_has_no_maxima(world: World) -> None:
    """Q-128: on-demand throughput is for on-demand tables."""
    world.create(ProvisionedThroughput=throughput())
    refusal = world.refusal("UpdateTable", TableName="Teams", OnDemandThroughput={"MaxReadRequestUnits": 5})
    assert refusal.message.startswith(PREFIX + "MaxReadRequestUnits for OnDemandThroughput cannot be specified")


def test_maxima_merge_and_are_cleared_by_minus_one(world: World) -> None:
    """Q-178: member by member, at once; absent when there are none."""
    world.create(OnDemandThroughput={"MaxReadRequestUnits": 7})
    world.call("UpdateTable", TableName="Teams", OnDemandThroughput={"MaxWriteRequestUnits": 9})
    assert world.describe()["OnDemandThroughput"] == {"MaxReadRequestUnits": 7, "MaxWriteRequestUnits": 9}
    cleared = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
    world.call("UpdateTable", TableName="Teams", OnDemandThroughput=cleared)
    assert "OnDemandThroughput" not in world.describe()
    refusal = world.refusal("UpdateTable", TableName="Teams", OnDemandThroughput={"MaxReadRequestUnits": 0})
    assert refusal.message.endswith("is outside of valid range")


def test_four_decreases_a_day_then_one_an_hour(world: World) -> None:
    """PT decreases: 4/UTC day, then about hourly (Q-184); the day after they are free again."""
    world.create(ProvisionedThroughput=throughput(100, 100))
    for read in range(90, 86, -1):
        provision(world, read, 100)
    refusal = world.refusal("UpdateTable", TableName="Teams", ProvisionedThroughput=throughput(50, 100))
    assert refusal.code == "LimitExceededException"
    assert refusal.message.startswith("Subscriber limit exceeded: Provisioned throughput decreases are limited within")
    assert world.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 4
    provision(world, 200, 100)
    world.advance(3600)
    provision(world, 50, 100)
    world.advance(86_400)
    assert world.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    provision(world, 40, 100)


def test_a_first_switch_to_on_demand_takes_minutes_and_shows_its_mode_at_once(world: World) -> None:
    """Billing switch: 60 to 170 s first time (Q-064, Q-183); a table that was on demand before is back in 5 s."""
    world.create(ProvisionedThroughput=throughput())
    world.call("UpdateTable", TableName="Teams", BillingMode="PAY_PER_REQUEST")
    described = world.describe()
    assert (described["TableStatus"], described["BillingModeSummary"]) == (
        "UPDATING",
        {"BillingMode": "PAY_PER_REQUEST"},
    )
    assert 127 < world.until("ACTIVE") < 171
    assert world.describe()["WarmThroughput"]["ReadUnitsPerSecond"] == 12_000
    world.call("UpdateTable", TableName="Teams", BillingMode="PROVISIONED", ProvisionedThroughput=throughput())
    assert 59 < world.until("ACTIVE") < 99
    world.call("UpdateTable", TableName="Teams", BillingMode="PAY_PER_REQUEST")
    assert world.until("ACTIVE") < 5.3


def test_turning_back_in_the_middle_of_a_switch_is_swallowed(world: World) -> None:
    """Q-452: 200, and the table ends PROVISIONED."""
    world.create()
    world.call("UpdateTable", TableName="Teams", BillingMode="PROVISIONED", ProvisionedThroughput=throughput())
    world.call("UpdateTable", TableName="Teams", BillingMode="PAY_PER_REQUEST")
    world.until("ACTIVE")
    assert world.describe()["BillingModeSummary"]["BillingMode"] == "PROVISIONED"


def test_warmth_rises_in_minutes_and_never_falls(world: World) -> None:
    """WarmThroughput never decreases; raise takes 4.5 to 8.5 min (Q-179)."""
    world.create()
    warm = {"ReadUnitsPerSecond": 13_000}
    answer = world.call("UpdateTable", TableName="Teams", WarmThroughput=warm)["TableDescription"]
    assert answer["WarmThroughput"] == {
        "ReadUnitsPerSecond": 12_000,
        "WriteUnitsPerSecond": 4_000,
        "Status": "UPDATING",
    }
    assert answer["TableStatus"] == "ACTIVE"
    world.advance(269)
    assert world.describe()["WarmThroughput"]["Status"] == "UPDATING"
    world.advance(245)
    assert world.describe()["WarmThroughput"] == {
        "ReadUnitsPerSecond": 13_000,
        "WriteUnitsPerSecond": 4_000,
        "Status": "ACTIVE",
    }
    refusal = world.refusal("UpdateTable", TableName="Teams", WarmThroughput={"ReadUnitsPerSecond": 12_000})
    assert refusal.message.endswith("decreasing WarmThroughput is not supported")


def test_a_provisioned_table_is_as_warm_as_it_ever_was(world: World) -> None:
    """Q-134: the high-water mark of what was provisioned."""
    world.create(ProvisionedThroughput=throughput(5, 5))
    provision(world, 9, 5)
    provision(world, 1, 1)
    assert world.describe()["WarmThroughput"]["ReadUnitsPerSecond"] == 9
