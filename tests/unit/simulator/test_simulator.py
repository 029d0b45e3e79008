"""Simulator: the log, what it does not know, permissions, and faults without a network."""

from typing import Any

import pytest

from tests.simulator import (
    INTERNAL,
    Call,
    ConnectionCut,
    Deny,
    Drop,
    Expire,
    Fail,
    Hang,
    Hook,
    LoseResponse,
    SimulatedError,
    Simulator,
    VirtualClock,
)
from tests.simulator.errors import BROKEN, UNKNOWN
from tests.unit.simulator.world import World, definitions, table

DESCRIBE = {"TableName": "Teams"}


def outcomes(world: World) -> list[str]:
    """What became of every call."""
    return [call.outcome for call in world.simulator.calls]


def test_every_call_is_logged_without_what_it_carried(world: World) -> None:
    """Number, action, table, the members' names, simulated time and outcome."""
    world.advance(5)
    world.call("CreateTable", **table())
    world.refusal("DeleteTable", TableName="Teams")
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Teams"
    world.refusal("TagResource", ResourceArn=arn, Tags=[{"Key": "k", "Value": "v"}])
    world.refusal("TransactWriteItems", TransactItems=[{"Put": {"TableName": "Teams", "Item": {}}}])
    world.call("BatchGetItem", RequestItems={})
    members = ("AttributeDefinitions", "BillingMode", "KeySchema", "TableName")
    assert world.simulator.calls == [
        Call(1, "CreateTable", "Teams", members, world.clock.now(), "ok"),
        Call(2, "DeleteTable", "Teams", ("TableName",), world.clock.now(), "ResourceInUseException"),
        Call(3, "TagResource", "Teams", ("ResourceArn", "Tags"), world.clock.now(), "ResourceNotFoundException"),
        Call(4, "TransactWriteItems", "Teams", ("TransactItems",), world.clock.now(), "ResourceNotFoundException"),
        Call(5, "BatchGetItem", None, ("RequestItems",), world.clock.now(), "ok"),
    ]
    assert [call.mutates for call in world.simulator.calls] == [True, True, True, False, False]
    assert [call.applied for call in world.simulator.calls] == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("CreateBackup", {"TableName": "Teams", "BackupName": "b"}),
        ("CreateTable", table(VectorIndexes=[])),
        ("UpdateTable", {"TableName": "Teams", "ReplicaUpdates": []}),
        ("PutItem", {"TableName": "Teams", "Item": {}, "Expected": {}}),
        ("BatchGetItem", {"RequestItems": {"Teams": {"Keys": [], "AttributesToGet": ["a"]}}}),
    ],
)
def test_what_it_does_not_know_it_refuses_loudly(action: str, parameters: dict[str, Any]) -> None:
    """A call or member that was ignored in silence would make a test lie."""
    simulator = Simulator(clock=VirtualClock())
    with pytest.raises(SimulatedError) as caught:
        simulator.call(action, parameters)
    assert caught.value.code == UNKNOWN == simulator.calls[0].outcome
    assert len(simulator.unknown) == 1


def test_a_warm_update_of_an_index_is_not_known(world: World) -> None:
    """It would otherwise be taken and do nothing."""
    world.create(
        GlobalSecondaryIndexes=[
            {"IndexName": "a-index", "KeySchema": table()["KeySchema"], "Projection": {"ProjectionType": "ALL"}}
        ]
    )
    updates = [{"Update": {"IndexName": "a-index", "WarmThroughput": {"ReadUnitsPerSecond": 20_000}}}]
    assert world.refusal("UpdateTable", TableName="Teams", GlobalSecondaryIndexUpdates=updates).code == UNKNOWN
    world.simulator.unknown.clear()


def test_its_own_defects_are_loud_too() -> None:
    """A request that botocore would never let pass ends as a defect, not as an answer."""
    simulator = Simulator(clock=VirtualClock())
    with pytest.raises(SimulatedError) as caught:
        simulator.call("CreateTable", {"TableName": "Teams", "AttributeDefinitions": [{}], "KeySchema": []})
    assert caught.value.code == BROKEN
    assert "KeyError" in simulator.unknown[0]


def test_a_member_that_must_be_there(world: World) -> None:
    """The generic validator, as AWS's."""
    refusal = world.refusal("CreateTable", TableName="Teams", AttributeDefinitions=definitions("pk"))
    assert refusal.message.startswith("1 validation error detected: Value null at 'keySchema'")


def test_tests_can_look_without_leaving_a_trace(world: World) -> None:
    """``table`` is DescribeTable without the log."""
    assert world.simulator.table("Teams") is None
    world.create()
    logged = len(world.simulator.calls)
    found = world.simulator.table("Teams")
    assert found is not None
    assert found["TableStatus"] == "ACTIVE"
    assert len(world.simulator.calls) == logged


def test_a_dropped_call_is_not_applied(world: World) -> None:
    """The connection is cut before."""
    world.simulator.faults.plan(Drop(), action="CreateTable")
    with pytest.raises(ConnectionCut) as caught:
        world.call("CreateTable", **table())
    assert not caught.value.applied
    assert world.simulator.table("Teams") is None
    world.call("CreateTable", **table())
    assert outcomes(world) == ["cut, not applied", "ok"]


def test_a_lost_response_was_applied(world: World) -> None:
    """The connection is cut after; the retry meets its own success."""
    world.simulator.faults.plan(LoseResponse(), action="CreateTable")
    with pytest.raises(ConnectionCut) as caught:
        world.call("CreateTable", **table())
    assert caught.value.applied
    assert world.simulator.calls[0].applied
    assert world.refusal("CreateTable", **table()).code == "ResourceInUseException"


def test_a_refusal_can_be_lost_as_well(world: World) -> None:
    """Then nothing was applied, and the log says so."""
    world.simulator.faults.plan(LoseResponse())
    with pytest.raises(ConnectionCut) as caught:
        world.call("DescribeTable", **DESCRIBE)
    assert not caught.value.applied


def test_an_error_once(world: World) -> None:
    """Any code, any status, as often as wanted."""
    planned = world.simulator.faults.plan(INTERNAL, action={"ListTables", "DescribeLimits"}, times=2)
    assert world.refusal("ListTables").status == 500
    assert world.refusal("DescribeLimits").code == "InternalServerError"
    world.call("ListTables")
    assert planned.struck == [1, 2]


def test_faults_are_aimed(world: World) -> None:
    """By number, action, table, predicate, and from the nth such call on."""
    plan = world.simulator.faults.plan
    world.create("A-1")
    world.create("B-1")
    plan(Fail("ByNumber"), number=4)
    plan(Fail("ByTable"), table="B-1")
    plan(Fail("ByPredicate"), where=lambda call: "Limit" in call.members)
    plan(Fail("ByTurn"), action="DescribeTable", table="A-1", nth=3, times=None)
    codes = []
    requests: list[tuple[str, dict[str, Any]]] = [
        ("ListTables", {}),
        ("ListTables", {}),
        ("DescribeTable", {"TableName": "B-1"}),
        ("ListTables", {"Limit": 1}),
        *[("DescribeTable", {"TableName": "A-1"})] * 4,
    ]
    for action, parameters in requests:
        try:
            world.simulator.call(action, parameters)
            codes.append("ok")
        except SimulatedError as refusal:
            codes.append(refusal.code)
    assert codes == ["ok", "ByNumber", "ByTable", "ByPredicate", "ok", "ok", "ByTurn", "ByTurn"]
    world.simulator.faults.clear()
    world.describe("A-1")


def test_a_hang_takes_real_seconds_and_then_goes_on() -> None:
    """The call is applied and answered, late."""
    slept: list[float] = []
    simulator = Simulator(clock=VirtualClock(), sleep=slept.append)
    simulator.faults.plan(Hang(7.5), action="ListTables")
    assert simulator.call("ListTables", {}) == {"TableNames": []}
    assert slept == [7.5]


def test_an_expired_token_stays_expired_for_its_key(world: World) -> None:
    """From the call on; another access key, from a fresh session, is fine; STS has another code."""
    world.simulator.faults.plan(Expire(), number=2)
    world.call("ListTables")
    for _ in range(2):
        refusal = world.refusal("ListTables")
        assert (refusal.code, refusal.message) == (
            "ExpiredTokenException",
            "The security token included in the request is expired",
        )
    assert world.refusal("GetCallerIdentity").code == "ExpiredToken"
    world.simulator.call("ListTables", {}, access_key="FRESH")
    world.simulator.faults.expire("FRESH")
    with pytest.raises(SimulatedError):
        world.simulator.call("ListTables", {}, access_key="FRESH")


def test_denied_actions_name_user_action_and_resource(world: World) -> None:
    """AccessDeniedException with AWS's sentence; GetCallerIdentity cannot be denied."""
    world.simulator.faults.deny("CreateTable", "ListTables", "GetCallerIdentity")
    refusal = world.refusal("CreateTable", **table())
    assert refusal.code == "AccessDeniedException"
    assert refusal.message == (
        "User: arn:aws:iam::123456789012:user/simulated is not authorized to perform: dynamodb:CreateTable "
        "on resource: arn:aws:dynamodb:us-east-1:123456789012:table/Teams "
        "because no identity-based policy allows the dynamodb:CreateTable action"
    )
    assert "on resource: * because" in world.refusal("ListTables").message
    assert world.call("GetCallerIdentity")["Account"] == "123456789012"


def test_denial_can_begin_at_a_call(world: World) -> None:
    """Of that call's own action, or of others."""
    world.simulator.faults.plan(Deny(), action="ListTables", nth=2)
    world.simulator.faults.plan(Deny(frozenset({"DescribeLimits"})), action="DescribeTable")
    world.call("ListTables")
    world.call("DescribeLimits")
    world.refusal("DescribeTable", **DESCRIBE)
    assert world.refusal("ListTables").code == world.refusal("DescribeLimits").code == "AccessDeniedException"
    assert world.refusal("ListTables").code == "AccessDeniedException"


def test_a_transaction_is_authorised_through_its_parts(world: World) -> None:
    """PutItem, UpdateItem, DeleteItem and ConditionCheckItem; sending Tags needs TagResource."""
    world.create()
    world.simulator.faults.deny("ConditionCheckItem", "TagResource")
    check = {"TableName": "Teams", "Key": {"pk": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    refusal = world.refusal("TransactWriteItems", TransactItems=[{"ConditionCheck": check}])
    assert "dynamodb:ConditionCheckItem" in refusal.message
    world.call("TransactWriteItems", TransactItems=[{"Put": {"TableName": "Teams", "Item": {"pk": {"S": "1"}}}}])
    assert "dynamodb:TagResource" in world.refusal("CreateTable", **table("Users", Tags=[])).message


def test_hooks_run_before_and_after_a_call_is_applied(world: World) -> None:
    """To kill a child at a boundary; the hook sees the state of its side."""
    seen: list[tuple[str, object]] = []
    simulator = world.simulator
    hook = Hook(
        before=lambda call: seen.append((call.action, simulator.table("Teams"))),
        after=lambda call: seen.append((call.action, (simulator.table("Teams") or {}).get("TableStatus"))),
    )
    simulator.faults.plan(hook, action="CreateTable")
    world.call("CreateTable", **table())
    assert seen == [("CreateTable", None), ("CreateTable", "CREATING")]


def test_a_client_killed_before_its_call_changes_nothing_with_a_drop(world: World) -> None:
    """The hook comes first, then the cut."""
    seen: list[int] = []
    for fault in (Drop(), Hook(before=lambda call: seen.append(call.number))):
        world.simulator.faults.plan(fault, number=1)
    with pytest.raises(ConnectionCut):
        world.call("CreateTable", **table())
    assert seen == [1]
    assert world.simulator.table("Teams") is None
