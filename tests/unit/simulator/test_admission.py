"""Admission: row by row, what a table refuses while something is under way, and what it takes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator.tables import Work
from tests.unit.simulator.world import World, definitions, index, table, throughput

IN_USE = "Attempt to change a resource which is still in use: "
STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
SSE = {"SSESpecification": {"Enabled": True, "SSEType": "KMS"}}
CLASS = {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
UNITS = {"ProvisionedThroughput": throughput(5, 5)}
MAXIMA = {"OnDemandThroughput": {"MaxReadRequestUnits": 100}}
WARM = {"WarmThroughput": {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000}}
PROTECT = {"DeletionProtectionEnabled": True}
ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}


def create(name: str = "b-index", attribute: str = "b", **more: Any) -> dict[str, Any]:
    """An UpdateTable that creates an index."""
    return {
        "AttributeDefinitions": definitions(attribute),
        "GlobalSecondaryIndexUpdates": [{"Create": index(name, attribute, **more)}],
    }


def drop(name: str = "b-index") -> dict[str, Any]:
    """An UpdateTable that deletes an index."""
    return {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}


def update(name: str = "b-index", read: int = 3) -> dict[str, Any]:
    """An UpdateTable that changes the throughput of an index."""
    return {
        "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, "ProvisionedThroughput": throughput(read, 3)}}]
    }


def allocating(world: World) -> None:
    """a-index in resource allocation, beside an ACTIVE b-index."""
    add(world)


def add(world: World) -> None:
    """Begin to add a-index, on a table of either billing mode."""
    provisioned = "BillingModeSummary" not in world.describe()
    more: dict[str, Any] = {"ProvisionedThroughput": throughput()} if provisioned else {}
    world.add_index(**more)


def backfilling(world: World) -> None:
    """a-index backfilling."""
    add(world)
    world.advance(57)


def dying(world: World) -> None:
    """a-index being deleted."""
    add(world)
    world.advance(1100)
    world.call("UpdateTable", TableName="Teams", **drop("a-index"))


def changing(**change: Any) -> Callable[[World], None]:
    """Some other change under way."""
    return lambda world: void(world.call("UpdateTable", TableName="Teams", **change))


def void(_: object) -> None:
    """Nothing."""


def tagging(world: World) -> None:
    """A write of tags, a moment ago."""
    world.call("TagResource", ResourceArn=world.describe()["TableArn"], Tags=[{"Key": "a", "Value": "b"}])


def start(world: World, *, provisioned: bool) -> None:
    """Teams with an ACTIVE b-index."""
    more: dict[str, Any] = {"ProvisionedThroughput": throughput()} if provisioned else {}
    world.create(
        AttributeDefinitions=definitions("pk", "b"), GlobalSecondaryIndexes=[index("b-index", "b", **more)], **more
    )


REFUSED = [
    # GSI CREATING, Backfilling=false (table UPDATING)
    (
        True,
        allocating,
        UNITS,
        f"{IN_USE}Can't change table IOPS when an index is being created. Table: Teams Indexes: [a",
    ),
    (False, allocating, MAXIMA, f"{IN_USE}OnDemandThroughput cannot be updated while index creation is in progress"),
    (False, allocating, STREAM, f"{IN_USE}Can't change stream status when an index is being created"),
    (False, allocating, drop("a-index"), f"{IN_USE}Index creation is in resource allocation phase. Retry deletion"),
    (False, allocating, create("c-index", "c"), "Subscriber limit exceeded: Only 1 online index can be created or"),
    (False, allocating, create("a-index", "a"), "Subscriber limit exceeded: Only 1 online index can be created or"),
    (False, allocating, drop("b-index"), "Subscriber limit exceeded: Only 1 online index can be created or deleted"),
    (True, allocating, update("a-index"), f"{IN_USE}Index is being created but is not backfilling yet."),
    (False, allocating, WARM, "Table is under system maintenance, please try again later"),
    # GSI CREATING, Backfilling=true (table ACTIVE)
    (False, backfilling, create("c-index", "c"), "Subscriber limit exceeded: Only 1 online index can be created"),
    (False, backfilling, drop("b-index"), "Subscriber limit exceeded: Only 1 online index can be created"),
    # GSI DELETING
    (
        True,
        dying,
        ON_DEMAND,
        f"{IN_USE}Can't change table IOPS when an index is being deleted. Table: Teams Indexes: [a",
    ),
    (True, dying, UNITS, f"{IN_USE}Can't change table IOPS when an index is being deleted. Table: Teams Indexes: [a"),
    (False, dying, MAXIMA, f"{IN_USE}OnDemandThroughput cannot be updated while index deletion is in progress"),
    (False, dying, create("a-index", "a"), f"{IN_USE}Index is being deleted. Table: Teams Index: a-index"),
    (False, dying, drop("a-index"), f"{IN_USE}Index is being deleted. Table: Teams Index: a-index"),
    (False, dying, create("c-index", "c"), "Subscriber limit exceeded: Only 1 online index can be created"),
    # IOPS, stream or class change running
    (True, changing(**UNITS), create(name="c-index", attribute="c"), f"{IN_USE}Can't create or delete indexes while"),
    (True, changing(**UNITS), drop(), f"{IN_USE}Can't create or delete indexes while table IOPS are being updated."),
    (True, changing(**UNITS), STREAM, f"{IN_USE}Can't enable or disable stream while table IOPS are being updated"),
    (True, changing(**UNITS), {"ProvisionedThroughput": throughput(9, 9)}, f"{IN_USE}Table IOPS are currently being"),
    (True, changing(**UNITS), ON_DEMAND, f"{IN_USE}Table IOPS are currently being updated. Table: Teams"),
    (True, changing(**ON_DEMAND), MAXIMA, f"{IN_USE}OnDemandThroughput cannot be updated while BillingMode update"),
    (False, changing(**STREAM), create("c-index", "c"), f"{IN_USE}Can't create or delete an index when stream status"),
    (False, changing(**STREAM), CLASS, f"{IN_USE}Can't update table class when stream status is being updated."),
    (False, changing(**STREAM), MAXIMA, f"{IN_USE}OnDemandThroughput cannot be updated while stream status update"),
    (False, changing(**STREAM), STREAM, f"{IN_USE}A stream status change is currently in progress. Table: Teams"),
    (True, changing(**STREAM), UNITS, f"{IN_USE}Can't change table IOPS when stream status is being updated. Table:"),
    (False, changing(**CLASS), create("c-index", "c"), f"{IN_USE}Can't create or delete an index when a table class"),
    (False, changing(**CLASS), CLASS, f"{IN_USE}Can't update table class when a table class update is in progress."),
    (False, changing(**CLASS), STREAM, f"{IN_USE}Can't change stream status when a table class update is in progress"),
    (False, changing(**CLASS), MAXIMA, f"{IN_USE}OnDemandThroughput cannot be updated while TableClass update is in"),
    (False, changing(**SSE), SSE, f"{IN_USE}Server-Side Encryption is still being updated"),
    (True, changing(**update()), update(read=9), f"{IN_USE}Index is being updated. Table: Teams Index: b-index"),
]
TAKEN = [
    # GSI CREATING, Backfilling=false
    (False, allocating, PROTECT),
    (False, allocating, SSE),
    (True, allocating, update()),
    # GSI CREATING, Backfilling=true
    (False, backfilling, drop("a-index")),
    (True, backfilling, UNITS),
    (False, backfilling, PROTECT),
    # GSI DELETING
    (False, dying, PROTECT),
    (False, dying, ON_DEMAND),
    (True, dying, update()),
    # others
    (True, changing(**UNITS), PROTECT),
    (False, changing(**STREAM), PROTECT),
    (False, changing(**STREAM), SSE),
    (False, changing(**STREAM), WARM),
    (False, changing(**CLASS), SSE),
    (False, changing(**SSE), STREAM),
    (False, changing(**SSE), CLASS),
    (False, changing(**SSE), create("c-index", "c")),
    (False, changing(**WARM), create("c-index", "c")),
]
UNDELETABLE = [
    (allocating, f"{IN_USE}Cannot delete table while indexes are being created, updated, or deleted."),
    (backfilling, f"{IN_USE}Cannot delete table while indexes are being created, updated, or deleted."),
    (dying, f"{IN_USE}Cannot delete table while indexes are being created, updated, or deleted."),
    (changing(**STREAM), f"{IN_USE}Cannot delete table while stream is being enabled/disabled."),
    (changing(**CLASS), f"{IN_USE}Table: Teams is in the process of being updated."),
    (changing(**SSE), f"{IN_USE}Table: Teams is in the process of being updated."),
    (changing(**WARM), f"{IN_USE}Table: Teams is in the process of being updated."),
    (tagging, f"{IN_USE}Table tags are being updated: Teams"),
]
CODES = {IN_USE: "ResourceInUseException", "Subscriber": "LimitExceededException", "Table is": "InternalServerError"}


@pytest.mark.parametrize(("provisioned", "begin", "change", "message"), REFUSED)
def test_what_is_refused_meanwhile(
    world: World, *, provisioned: bool, begin: Callable[[World], None], change: dict[str, Any], message: str
) -> None:
    """The table of states: refused, with the text of Q-119, 163, 175, 286, 370, 375, 376 or 458."""
    start(world, provisioned=provisioned)
    begin(world)
    before = world.describe()
    refusal = world.refusal("UpdateTable", TableName="Teams", **change)
    assert refusal.message.startswith(message)
    assert refusal.code == next(code for prefix, code in CODES.items() if message.startswith(prefix))
    assert world.describe() == before


@pytest.mark.parametrize(("provisioned", "begin", "change"), TAKEN)
def test_what_is_taken_meanwhile(
    world: World, *, provisioned: bool, begin: Callable[[World], None], change: dict[str, Any]
) -> None:
    """The table of states: allowed."""
    start(world, provisioned=provisioned)
    begin(world)
    world.call("UpdateTable", TableName="Teams", **change)


@pytest.mark.parametrize(("begin", "message"), UNDELETABLE)
def test_when_a_table_cannot_be_deleted(world: World, begin: Callable[[World], None], message: str) -> None:
    """DeleteTable is refused while anything is under way, even with the table ACTIVE; afterwards it is taken."""
    start(world, provisioned=False)
    begin(world)
    refusal = world.refusal("DeleteTable", TableName="Teams")
    assert (refusal.code, refusal.message) == ("ResourceInUseException", message)
    world.advance(1100)
    world.call("DeleteTable", TableName="Teams")


@pytest.mark.parametrize("begin", [allocating, backfilling])
def test_side_calls_are_taken_while_an_index_is_built(world: World, begin: Callable[[World], None]) -> None:
    """Tags, TTL and PITR in both phases (Q-163, 116)."""
    start(world, provisioned=False)
    begin(world)
    tagging(world)
    world.call("UpdateTimeToLive", TableName="Teams", TimeToLiveSpecification={"Enabled": True, "AttributeName": "t"})
    world.call(
        "UpdateContinuousBackups",
        TableName="Teams",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )


@pytest.mark.parametrize("change", [STREAM, PROTECT, SSE, create()])
def test_a_table_that_is_creating_takes_no_change(world: World, change: dict[str, Any]) -> None:
    """CREATING: Update and Delete are ResourceInUseException (Q-001)."""
    world.call("CreateTable", **table())
    for action, more in (("UpdateTable", change), ("DeleteTable", {})):
        refusal = world.refusal(action, TableName="Teams", **more)
        assert (refusal.code, refusal.message) == ("ResourceInUseException", f"{IN_USE}Table is being created: Teams")


def test_a_table_that_is_deleting_takes_no_change(world: World) -> None:
    """Q-006, Q-008: both are ResourceInUseException, until the table is gone."""
    world.create()
    world.call("DeleteTable", TableName="Teams")
    for action, more in (("UpdateTable", PROTECT), ("DeleteTable", {})):
        refusal = world.refusal(action, TableName="Teams", **more)
        assert (refusal.code, refusal.message) == ("ResourceInUseException", f"{IN_USE}Table is being deleted: Teams")


def test_deletion_protection_protects_the_table_and_not_its_indexes(world: World) -> None:
    """DP on refuses DeleteTable with a ValidationException (Q-017); an index can go (Q-166)."""
    start(world, provisioned=False)
    world.call("UpdateTable", TableName="Teams", **PROTECT)
    refusal = world.refusal("DeleteTable", TableName="Teams")
    assert refusal.code == "ValidationException"
    assert refusal.message.startswith("Resource cannot be deleted as it is currently protected against deletion.")
    world.call("UpdateTable", TableName="Teams", **drop())


def test_silent_work_leaves_the_table_active(world: World) -> None:
    """Q-065, Q-179: encryption and warmth change with TableStatus ACTIVE."""
    start(world, provisioned=False)
    world.call("UpdateTable", TableName="Teams", **SSE)
    world.call("UpdateTable", TableName="Teams", **WARM)
    assert world.describe()["TableStatus"] == "ACTIVE"
    account = world.simulator.account
    assert set(account.tables["Teams"].work) == {Work.ENCRYPTION, Work.WARMTH}
    assert not account.tables["Teams"].settled
