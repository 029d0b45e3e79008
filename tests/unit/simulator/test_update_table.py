"""UpdateTable: one concern per call, and the reads beside it."""

from typing import Any

import pytest

from tests.unit.simulator.test_admission import (
    CLASS,
    MAXIMA,
    ON_DEMAND,
    PROTECT,
    SSE,
    STREAM,
    UNITS,
    WARM,
    create,
    drop,
)
from tests.unit.simulator.world import World, definitions, index, throughput

PREFIX = "One or more parameter values were invalid: "
SSE_ALONE = PREFIX + "Server-Side Encryption modification must be the only operation in the request"
CLASS_ALONE = PREFIX + "TableClass modification must be the only operation in the request"
PROTECT_ALONE = PREFIX + "DeletionProtection modification must be the only operation in the request"
WARM_ALONE = PREFIX + "WarmThroughput must be the only operation in the request"
MAXIMA_ALONE = PREFIX + "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"
PROVISION = {"BillingMode": "PROVISIONED", **UNITS}

COMBINATIONS = [
    (PROTECT | STREAM, PROTECT_ALONE),
    (PROTECT | ON_DEMAND, PROTECT_ALONE),
    (PROTECT | SSE, SSE_ALONE),
    (PROTECT | CLASS, CLASS_ALONE),
    (PROTECT | WARM, PROTECT_ALONE),
    (PROTECT | create(), PROTECT_ALONE),
    (SSE | CLASS, SSE_ALONE),
    (SSE | create(), SSE_ALONE),
    (CLASS | create(), CLASS_ALONE),
    (WARM | STREAM, WARM_ALONE),
    (WARM | create(), PREFIX + "Create global secondary index cannot be specified when updating WarmThroughput"),
    (STREAM | MAXIMA, MAXIMA_ALONE),
    (UNITS | create(), PREFIX + "You cannot create or delete index while updating table IOPS"),
    (UNITS | drop(), PREFIX + "You cannot create or delete index while updating table IOPS"),
    (STREAM | create(), PREFIX + "You cannot create or delete index while changing stream status"),
    (STREAM | UNITS, PREFIX + "You cannot modify stream status while updating table IOPS"),
    (STREAM | PROVISION, PREFIX + "You cannot modify stream status while updating table IOPS"),
    (PROTECT | {"GlobalSecondaryIndexUpdates": []}, PREFIX + "List of GlobalSecondaryIndexUpdates is empty"),
]


@pytest.mark.parametrize(("change", "message"), COMBINATIONS)
def test_concerns_that_cannot_share_a_call(world: World, change: dict[str, Any], message: str) -> None:
    """Combining changes: ValidationException, nothing applied (Q-174, 382, 433)."""
    world.create(ProvisionedThroughput=throughput())
    before = world.describe()
    refusal = world.refusal("UpdateTable", TableName="Teams", **change)
    assert (refusal.code, refusal.message) == ("ValidationException", message)
    assert world.describe() == before


def test_combination_rules_come_before_existence(world: World) -> None:
    """Q-070: request validation runs before the existence check."""
    assert world.refusal("UpdateTable", TableName="Gone", **(PROTECT | SSE)).code == "ValidationException"
    assert world.refusal("UpdateTable", TableName="Gone", **PROTECT).code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "change", [ON_DEMAND | STREAM, ON_DEMAND | MAXIMA, ON_DEMAND | create()], ids=["stream", "maxima", "index"]
)
def test_what_a_switch_to_on_demand_can_carry(world: World, change: dict[str, Any]) -> None:
    """BillingMode=PAY_PER_REQUEST + ODT, + stream, or + a GSI create are accepted, both applied."""
    world.create(ProvisionedThroughput=throughput())
    world.call("UpdateTable", TableName="Teams", **change)
    world.advance(1100)
    described = world.describe()
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    shown = {"StreamSpecification", "OnDemandThroughput", "GlobalSecondaryIndexes"} & described.keys()
    assert len(shown) == 1


def test_a_call_with_one_bad_part_applies_nothing(world: World) -> None:
    """Q-380: rejected multi-member calls are atomic."""
    world.create(ProvisionedThroughput=throughput())
    bad = {"StreamSpecification": {"StreamEnabled": False}}
    before = world.describe()
    world.refusal("UpdateTable", TableName="Teams", **(ON_DEMAND | bad))
    assert world.describe() == before


@pytest.mark.parametrize(
    "change", [{}, {"AttributeDefinitions": definitions("x")}, {"GlobalSecondaryIndexUpdates": []}]
)
def test_a_call_without_a_change_is_refused(world: World, change: dict[str, Any]) -> None:
    """Q-015, Q-359: an empty list of index updates counts as nothing."""
    world.create()
    assert world.refusal("UpdateTable", TableName="Teams", **change).message.startswith("At least one of Provisioned")


@pytest.mark.parametrize("member", ["WarmThroughput", "OnDemandThroughput"])
def test_an_empty_throughput_is_a_500_alone_and_nothing_beside_others(world: World, member: str) -> None:
    """Q-448, Q-456: never send ``{}``."""
    world.create()
    refusal = world.refusal("UpdateTable", TableName="Teams", **{member: {}})
    assert (refusal.code, refusal.message, refusal.status) == ("InternalFailure", "", 500)
    world.call("UpdateTable", TableName="Teams", **{member: {}}, **PROTECT)


def test_the_same_mode_again_is_taken_and_answers_with_a_lie(world: World) -> None:
    """Q-057, Q-177: BillingMode=PAY_PER_REQUEST re-sent is 200 and UPDATING, although nothing happens."""
    world.create()
    answer = world.call("UpdateTable", TableName="Teams", **ON_DEMAND)
    assert answer["TableDescription"]["TableStatus"] == "UPDATING"
    assert world.describe()["TableStatus"] == "ACTIVE"


def test_tables_are_listed_in_the_order_of_bytes_and_in_pages(world: World) -> None:
    """Q-012, Q-379, Q-400: upper case first; the last page has no LastEvaluatedTableName; at most 100."""
    for name in ("beta", "Alpha", "alpha"):
        world.create(name)
    page = world.call("ListTables", Limit=2)
    assert page == {"TableNames": ["Alpha", "alpha"], "LastEvaluatedTableName": "alpha"}
    assert world.call("ListTables", ExclusiveStartTableName="alpha", Limit=2) == {"TableNames": ["beta"]}
    for limit in (0, 101):
        assert world.refusal("ListTables", Limit=limit).code == "ValidationException"


def test_limits_are_described(world: World) -> None:
    """Q-131: quotas, not headroom."""
    assert world.call("DescribeLimits")["TableMaxReadCapacityUnits"] == 40_000


def test_a_table_name_is_needed(world: World) -> None:
    """The generic validator speaks first."""
    for name in ("DescribeTable", "UpdateTable"):
        assert world.refusal(name).message.startswith("1 validation error detected: Value null at 'tableName'")
    assert "greater than or equal to 1" in world.refusal("DescribeTable", TableName="").message


def test_a_mode_switch_needs_the_throughput_of_every_index(world: World) -> None:
    """To PROVISIONED must carry table PT and PT for every GSI (Q-152)."""
    world.create(GlobalSecondaryIndexes=[index(attribute="pk")])
    provision = {"TableName": "Teams", "BillingMode": "PROVISIONED"}
    assert world.refusal("UpdateTable", **provision).message.endswith(
        "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
    )
    assert world.refusal("UpdateTable", **provision, **UNITS).message.endswith("must be specified for index: a-index")
    updates = [{"Update": {"IndexName": "a-index", "ProvisionedThroughput": throughput(2, 2)}}]
    world.call("UpdateTable", **provision, **UNITS, GlobalSecondaryIndexUpdates=updates)
    assert world.describe()["TableStatus"] == "UPDATING"
    world.advance(59)
    assert world.describe()["TableStatus"] == "UPDATING"
    world.advance(40)
    assert world.describe()["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert world.index()["ProvisionedThroughput"]["ReadCapacityUnits"] == 2
