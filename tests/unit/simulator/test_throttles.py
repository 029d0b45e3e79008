"""Throttles: who is refused what, with which reason; and how that ends."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator import SimulatedError, Throttles
from tests.unit.simulator.world import World, definitions, index, table, throughput

Request = dict[str, Any]
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Teams"


def item(number: int, size: int = 0, **more: Any) -> Request:
    """An item of a partition of its own."""
    return {"pk": {"S": f"p{number}"}, "x": {"S": "x" * size}, **more}


def world_of(burst_seconds: float = 1.0, account: dict[str, int] | None = None, **more: Any) -> World:
    """Teams with no more burst than that."""
    world = World()
    limits = {} if account is None else {"account": account}
    world.simulator.account.throttles = Throttles(world.clock.now, burst_seconds=burst_seconds, **limits)
    world.call("CreateTable", **table(**more))
    world.advance(30)
    return world


def until_refused(call: Callable[[int], object], most: int = 5000) -> tuple[int, SimulatedError]:
    """How many calls were taken, and the refusal of the next."""
    for number in range(most):
        try:
            call(number)
        except SimulatedError as refusal:
            return number, refusal
    raise AssertionError("nothing was refused")


def reason(refusal: SimulatedError) -> tuple[str, str, str]:
    """Code, reason and resource; each exception spells the member as the service model does."""
    member = "throttlingReasons" if refusal.code == "ThrottlingException" else "ThrottlingReasons"
    (found,) = refusal.details[member]
    return refusal.code, found["reason"], found["resource"]


def put(world: World, **more: Any) -> Callable[[int], object]:
    """PutItem of another item each time."""
    return lambda number: world.call("PutItem", TableName="Teams", Item=item(number, **more))


def test_a_provisioned_table_takes_what_is_provisioned() -> None:
    """Ten units a second, and no more before time has passed; a large write runs into debt."""
    world = world_of(ProvisionedThroughput=throughput(10, 10))
    taken, refusal = until_refused(put(world))
    assert taken == 10
    assert reason(refusal) == (
        "ProvisionedThroughputExceededException",
        "TableWriteProvisionedThroughputExceeded",
        ARN,
    )
    assert refusal.message.startswith("The level of configured provisioned throughput for the table was exceeded.")
    world.advance(1)
    assert until_refused(put(world))[0] == 10
    world.advance(1)
    put(world, size=30 * 1024)(0)
    world.advance(2)
    assert until_refused(put(world))[0] == 0
    world.advance(1)
    assert until_refused(put(world))[0] > 0


def test_unused_capacity_is_kept_for_five_minutes() -> None:
    """Burst: 300 seconds' worth, as AWS documents it."""
    world = world_of(300.0, ProvisionedThroughput=throughput(1, 1))
    assert until_refused(put(world))[0] == 300


def test_an_index_holds_up_the_writes_of_its_table() -> None:
    """Back-pressure: the index is named, nothing is written, and what is not in it goes through."""
    world = world_of(
        AttributeDefinitions=definitions("pk", "a"),
        ProvisionedThroughput=throughput(10, 100),
        GlobalSecondaryIndexes=[index(ProvisionedThroughput=throughput(10, 3))],
    )
    taken, refusal = until_refused(put(world, a={"S": "one"}))
    assert taken == 3
    code = "ProvisionedThroughputExceededException"
    assert reason(refusal) == (code, "IndexWriteProvisionedThroughputExceeded", f"{ARN}/index/a-index")
    assert "one or more global secondary indexes of the table was exceeded" in refusal.message
    assert len(world.simulator.account.tables["Teams"].items.rows) == 3
    put(world)(99)


def test_an_on_demand_maximum() -> None:
    """MaxWriteRequestUnits and MaxReadRequestUnits are ThrottlingExceptions."""
    world = world_of(OnDemandThroughput={"MaxReadRequestUnits": 2, "MaxWriteRequestUnits": 5})
    taken, refusal = until_refused(put(world))
    assert taken == 5
    assert reason(refusal) == ("ThrottlingException", "TableWriteMaxOnDemandThroughputExceeded", ARN)
    assert refusal.message == "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
    taken, refusal = until_refused(lambda _: world.call("GetItem", TableName="Teams", Key={"pk": {"S": "p1"}}))
    assert (taken, reason(refusal)[1]) == (4, "TableReadMaxOnDemandThroughputExceeded")


def test_the_quota_of_the_account() -> None:
    """RequestLimitExceeded, where a table on demand is asked for more than the account's quota."""
    world = world_of(account={"Read": 100, "Write": 4})
    taken, refusal = until_refused(put(world))
    assert (taken, reason(refusal)) == (4, ("RequestLimitExceeded", "TableWriteAccountLimitExceeded", ARN))
    assert refusal.message.startswith("Throughput exceeds the current throughput limit for your account.")


def test_one_partition_takes_a_thousand_units() -> None:
    """A hot key is refused while the table has capacity left for others; also of an index."""
    world = world_of()
    hot = put(world, size=99 * 1024)
    taken, refusal = until_refused(lambda _: hot(1))
    assert taken == 10
    assert reason(refusal) == ("ThrottlingException", "TableWriteKeyRangeThroughputExceeded", ARN)
    assert "check if you have a hot key" in refusal.message
    assert any(_is_taken(hot, number) for number in range(2, 12))
    world.advance(1)
    hot(1)


def test_one_partition_of_an_index() -> None:
    """All entries under one key are one partition, whatever the partitions of the table."""
    world = world_of(AttributeDefinitions=definitions("pk", "a"), GlobalSecondaryIndexes=[index()])
    _, refusal = until_refused(put(world, a={"S": "same"}))
    assert reason(refusal)[1:] == ("IndexWriteKeyRangeThroughputExceeded", f"{ARN}/index/a-index")
    assert refusal.message.startswith("Throughput exceeds the current capacity for one or more global secondary")


def test_a_partition_takes_three_thousand_reads() -> None:
    """Of one key, by Query as by GetItem."""
    world = world_of()
    put(world, size=390 * 1024)(1)
    query = {
        "TableName": "Teams",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "p1"}},
        "ConsistentRead": True,
    }
    taken, refusal = until_refused(lambda _: world.call("Query", **query))
    assert (taken, reason(refusal)[1]) == (31, "TableReadKeyRangeThroughputExceeded")


def test_a_refused_condition_costs_as_well() -> None:
    """A failed conditional write takes write units."""
    world = world_of(ProvisionedThroughput=throughput(10, 3))
    put(world)(1)
    condition = {"ConditionExpression": "attribute_not_exists(pk)"}

    def again(_: int) -> None:
        refusal = world.refusal("PutItem", TableName="Teams", Item=item(1), **condition)
        if refusal.code != "ConditionalCheckFailedException":
            raise refusal

    assert until_refused(again)[0] == 2


def test_batches_leave_unprocessed_what_is_throttled() -> None:
    """The rest is done; a batch of which nothing can be done is refused."""
    world = world_of(ProvisionedThroughput=throughput(2, 3))
    requests = [{"PutRequest": {"Item": item(number)}} for number in range(5)]
    answer = world.call("BatchWriteItem", RequestItems={"Teams": requests}, ReturnConsumedCapacity="TOTAL")
    assert answer["UnprocessedItems"] == {"Teams": requests[3:]}
    assert answer["ConsumedCapacity"] == [{"TableName": "Teams", "CapacityUnits": 3.0}]
    refusal = world.refusal("BatchWriteItem", RequestItems=answer["UnprocessedItems"])
    assert reason(refusal)[1] == "TableWriteProvisionedThroughputExceeded"
    wanted: Request = {"Keys": [{"pk": {"S": f"p{number}"}} for number in range(3)], "ConsistentRead": True}
    read = world.call("BatchGetItem", RequestItems={"Teams": wanted})
    assert [found["pk"]["S"] for found in read["Responses"]["Teams"]] == ["p0", "p1"]
    assert read["UnprocessedKeys"] == {"Teams": {"Keys": wanted["Keys"][2:], "ConsistentRead": True}}
    refusal = world.refusal("BatchGetItem", RequestItems=read["UnprocessedKeys"])
    assert reason(refusal)[1] == "TableReadProvisionedThroughputExceeded"


def test_a_batch_reads_16_mb() -> None:
    """What is more comes back unprocessed, and is no throttling."""
    world = world_of()
    for number in range(44):
        put(world, size=399 * 1024)(number)
        world.advance(1)
    wanted = [{"pk": {"S": f"p{number}"}} for number in range(44)]
    answer = world.call("BatchGetItem", RequestItems={"Teams": {"Keys": wanted}})
    assert len(answer["Responses"]["Teams"]) == 42
    assert answer["UnprocessedKeys"] == {"Teams": {"Keys": wanted[42:]}}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"ProvisionedThroughput": throughput(1, 1)}, "ProvisionedThroughputExceeded"),
        ({"OnDemandThroughput": {"MaxReadRequestUnits": 1, "MaxWriteRequestUnits": 1}}, "ThrottlingError"),
    ],
)
def test_a_throttled_transaction_is_cancelled(more: Request, code: str) -> None:
    """With the reason at the action that there was nothing left for; nothing is written (M)."""
    world = world_of(**more)
    actions = [{"Put": {"TableName": "Teams", "Item": item(number)}} for number in range(2)]
    refusal = world.refusal("TransactWriteItems", TransactItems=actions)
    assert refusal.code == "TransactionCanceledException"
    assert [found["Code"] for found in refusal.details["CancellationReasons"]] == ["None", code]
    assert not world.simulator.account.tables["Teams"].items.rows
    gets = [{"Get": {"TableName": "Teams", "Key": {"pk": {"S": f"p{number}"}}}} for number in range(2)]
    refusal = world.refusal("TransactGetItems", TransactItems=gets)
    assert [found["Code"] for found in refusal.details["CancellationReasons"]] == ["None", code]


def test_more_capacity_is_there_once_it_is_provisioned() -> None:
    """UpdateTable helps as soon as it is done."""
    world = world_of(ProvisionedThroughput=throughput(5, 1))
    until_refused(put(world))
    world.call("UpdateTable", TableName="Teams", ProvisionedThroughput=throughput(5, 50))
    world.advance(5)
    assert until_refused(put(world))[0] == 50


def _is_taken(call: Callable[[int], object], number: int) -> bool:
    try:
        call(number)
    except SimulatedError:
        return False
    return True
