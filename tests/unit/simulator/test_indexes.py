"""Indexes: the phases of a build, the one slot of a table, and what goes with a deleted index."""

import pytest

from tests.simulator import Durations
from tests.unit.simulator.world import World, definitions, index, keys, table, throughput

SLOT = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"


def test_an_added_index_allocates_backfills_and_is_active(world: World) -> None:
    """UPDATING for 24 to 56 s, then ACTIVE and Backfilling until 468 to 539 s or about 1,000 s; then no Backfilling."""
    world.create()
    answered = world.add_index()["TableDescription"]
    assert answered["TableStatus"] == "UPDATING"
    assert answered["GlobalSecondaryIndexes"][0]["Backfilling"] is False
    allocation = Durations().draw("index_allocation", "Teams", "a-index")
    build = Durations().draw("index_build", "Teams", "a-index")
    seen = []
    for seconds in (allocation - 1, 2, build - allocation - 2, 2):
        world.advance(seconds)
        found = world.index()
        seen.append((world.describe()["TableStatus"], found["IndexStatus"], found.get("Backfilling")))
    assert seen == [
        ("UPDATING", "CREATING", False),
        ("ACTIVE", "CREATING", True),
        ("ACTIVE", "CREATING", True),
        ("ACTIVE", "ACTIVE", None),
    ]
    assert "Backfilling" not in world.index()


def test_tables_build_side_by_side(world: World) -> None:
    """The limit is per table."""
    world.create()
    world.create("Users")
    for name in ("Teams", "Users"):
        world.add_index(table=name)
    assert {world.describe(name)["TableStatus"] for name in ("Teams", "Users")} == {"UPDATING"}


def test_a_build_is_cancelled_by_deleting_the_index_and_leaves_nothing(world: World) -> None:
    """Delete the index once Backfilling=true; gone in about 5 s, and never comes back; its attribute goes too."""
    world.create()
    world.add_index()
    world.advance(57)
    deleting = world.call(
        "UpdateTable", TableName="Teams", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "a-index"}}]
    )["TableDescription"]
    assert (deleting["TableStatus"], deleting["GlobalSecondaryIndexes"][0]["IndexStatus"]) == ("UPDATING", "DELETING")
    assert "Backfilling" not in deleting["GlobalSecondaryIndexes"][0]
    world.advance(5.2)
    for seconds in (0, 2000):
        world.advance(seconds)
        described = world.describe()
        assert "GlobalSecondaryIndexes" not in described
        assert described["AttributeDefinitions"] == definitions("pk")
        assert described["TableStatus"] == "ACTIVE"


def test_an_index_that_is_deleted_just_before_it_is_built_does_not_come_back(world: World) -> None:
    """The end of the build finds it DELETING, and leaves it so."""
    world.create()
    world.add_index()
    world.advance(Durations().draw("index_build", "Teams", "a-index") - 1)
    world.call("UpdateTable", TableName="Teams", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "a-index"}}])
    world.advance(2)
    assert world.index()["IndexStatus"] == "DELETING"


def test_an_attribute_that_another_key_uses_stays(world: World) -> None:
    """GSI deletion prunes unused attributes, and only those (Q-151)."""
    world.create(
        AttributeDefinitions=definitions("pk", "a"), GlobalSecondaryIndexes=[index("one", "a"), index("two", "a")]
    )
    world.call("UpdateTable", TableName="Teams", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "one"}}])
    world.advance(10)
    assert world.describe()["AttributeDefinitions"] == definitions("a", "pk")


def test_the_same_name_can_be_built_again_once_it_is_gone(world: World) -> None:
    """Delete, wait until gone, create."""
    world.create(AttributeDefinitions=definitions("pk", "a"), GlobalSecondaryIndexes=[index()])
    world.call("UpdateTable", TableName="Teams", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "a-index"}}])
    world.advance(6)
    world.add_index(attribute="b")
    assert world.index()["KeySchema"] == keys("b")


def test_only_the_new_attributes_are_needed_and_others_are_ignored(world: World) -> None:
    """UpdateTable needs only the new index's attributes (Q-162)."""
    world.create()
    world.call(
        "UpdateTable",
        TableName="Teams",
        AttributeDefinitions=definitions("a", "stale"),
        GlobalSecondaryIndexUpdates=[{"Create": index()}],
    )
    assert world.describe()["AttributeDefinitions"] == definitions("a", "pk")


UPDATES = [
    ([], "ValidationException", "At least one of ProvisionedThroughput"),
    (
        [{}],
        "ValidationException",
        "One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update",
    ),
    ([{"Create": index("x-1", "x")}, {"Create": index("x-2", "x")}], "LimitExceededException", SLOT),
    ([{"Create": index("x-1", "x")}, {"Delete": {"IndexName": "a-index"}}], "LimitExceededException", SLOT),
    ([{"Delete": {"IndexName": "a-index"}}, {"Delete": {"IndexName": "b-index"}}], "LimitExceededException", SLOT),
    (
        [{"Create": index("x-1", "x"), "Delete": {"IndexName": "a-index"}}],
        "ValidationException",
        "One or more parameter values were invalid: Only one global secondary index action is allowed per",
    ),
    (
        [{"Delete": {"IndexName": "a-index"}}, {"Create": index()}],
        "ValidationException",
        "One or more parameter values were invalid: Only one global secondary index update per index is allowed",
    ),
    ([{"Create": index()}], "ValidationException", "Attempting to create an index which already exists"),
    ([{"Create": index("l-index")}], "ValidationException", "Attempting to create an index which already exists"),
    (
        [{"Create": index("x-1", "y")}],
        "ValidationException",
        "One or more parameter values were invalid: Some index key",
    ),
    ([{"Create": index("x", "x")}], "ValidationException", "1 validation error detected: Value 'x'"),
    (
        [{"Create": index("x-1", "x", ProvisionedThroughput=throughput())}],
        "ValidationException",
        "One or more parameter values were invalid: ProvisionedThroughput should not be specified for index: x-1",
    ),
    (
        [{"Delete": {"IndexName": "gone"}}],
        "ResourceNotFoundException",
        "Requested resource not found: Index gone for table T",
    ),
    (
        [{"Update": {"IndexName": "gone", "ProvisionedThroughput": throughput()}}],
        "ResourceNotFoundException",
        "Requested r",
    ),
    (
        [{"Delete": {"IndexName": "l-index"}}],
        "ValidationException",
        "Cannot delete an index that is not a GlobalSecondary",
    ),
    (
        [{"Update": {"IndexName": "l-index"}}],
        "ValidationException",
        "Cannot update an index that is not a GlobalSecondary",
    ),
    (
        [{"Update": {"IndexName": "a-index", "ProvisionedThroughput": throughput()}}],
        "ValidationException",
        "One or more parameter values were invalid: The only Updates for index: a-index when TableThroughputMode is",
    ),
]


@pytest.mark.parametrize(("updates", "code", "message"), UPDATES)
def test_updates_that_are_refused(world: World, updates: list[dict[str, object]], code: str, message: str) -> None:
    """One index per call and table, and the rules of Q-159, 160, 161, 162; nothing is applied."""
    local = {"IndexName": "l-index", "KeySchema": keys("pk", "a"), "Projection": {"ProjectionType": "ALL"}}
    world.create(
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=definitions("pk", "sk", "a", "b"),
        GlobalSecondaryIndexes=[index(), index("b-index", "b")],
        LocalSecondaryIndexes=[local],
    )
    before = world.describe()
    refusal = world.refusal(
        "UpdateTable",
        TableName="Teams",
        AttributeDefinitions=definitions("x", "a"),
        GlobalSecondaryIndexUpdates=updates,
    )
    assert (refusal.code, refusal.message[: len(message)]) == (code, message)
    assert world.describe() == before


def test_an_index_needs_the_types_of_its_keys(world: World) -> None:
    """Q-162: a Create without AttributeDefinitions is refused."""
    world.create()
    refusal = world.refusal("UpdateTable", TableName="Teams", GlobalSecondaryIndexUpdates=[{"Create": index()}])
    assert refusal.message.endswith("AttributeDefinitions is not specified for index: a-index")


def test_the_type_of_a_key_in_use_cannot_change(world: World) -> None:
    """One attribute, one type."""
    world.create()
    refusal = world.refusal(
        "UpdateTable",
        TableName="Teams",
        AttributeDefinitions=definitions(pk="N"),
        GlobalSecondaryIndexUpdates=[{"Create": index("a-index", "pk")}],
    )
    assert refusal.code == "ValidationException"


def test_the_21st_index_exceeds_a_quota(world: World) -> None:
    """20 GSIs; via UpdateTable it is a LimitExceededException (Q-169)."""
    world.create(GlobalSecondaryIndexes=[index(f"i{number:02}", "pk") for number in range(20)])
    refusal = world.refusal(
        "UpdateTable",
        TableName="Teams",
        AttributeDefinitions=definitions("a"),
        GlobalSecondaryIndexUpdates=[{"Create": index()}],
    )
    assert refusal.code == "LimitExceededException"
    assert refusal.message == (
        "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20"
    )


def test_a_provisioned_table_wants_provisioned_indexes(world: World) -> None:
    """Q-152: both units must be given."""
    world.create(ProvisionedThroughput=throughput())
    refusal = world.refusal(
        "UpdateTable",
        TableName="Teams",
        AttributeDefinitions=definitions("a"),
        GlobalSecondaryIndexUpdates=[{"Create": index()}],
    )
    assert refusal.message.endswith(
        "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: a-index"
    )


def test_several_throughputs_change_in_one_call_with_the_table_active(world: World) -> None:
    """Several GSI Updates are accepted; each index is UPDATING 2 to 4 s, and shows the old values meanwhile."""
    units = throughput()
    world.create(
        ProvisionedThroughput=units,
        GlobalSecondaryIndexes=[index(f"{n}-index", "pk", ProvisionedThroughput=units) for n in "ab"],
    )
    updates = [{"Update": {"IndexName": f"{n}-index", "ProvisionedThroughput": throughput(2, 2)}} for n in "ab"]
    world.call("UpdateTable", TableName="Teams", GlobalSecondaryIndexUpdates=updates)
    assert world.describe()["TableStatus"] == "ACTIVE"
    assert world.index()["IndexStatus"] == "UPDATING"
    assert world.index()["ProvisionedThroughput"]["ReadCapacityUnits"] == 1
    world.advance(4.1)
    assert world.index()["IndexStatus"] == "ACTIVE"
    assert world.index()["ProvisionedThroughput"]["ReadCapacityUnits"] == 2


def test_an_index_can_be_created_while_another_throughput_changes_in_the_same_call(world: World) -> None:
    """GSI create + throughput Update of other GSIs is accepted (Q-174)."""
    units = throughput()
    world.create(
        ProvisionedThroughput=units, GlobalSecondaryIndexes=[index("b-index", "pk", ProvisionedThroughput=units)]
    )
    world.call(
        "UpdateTable",
        TableName="Teams",
        AttributeDefinitions=definitions("a"),
        GlobalSecondaryIndexUpdates=[
            {"Create": index(ProvisionedThroughput=units)},
            {"Update": {"IndexName": "b-index", "ProvisionedThroughput": throughput(2, 2)}},
        ],
    )
    assert (world.index()["IndexStatus"], world.index("b-index")["IndexStatus"]) == ("CREATING", "UPDATING")


def test_maxima_of_an_index_change_on_their_own(world: World) -> None:
    """Q-135: IndexStatus UPDATING, table ACTIVE, the new values at once."""
    world.create(GlobalSecondaryIndexes=[index(attribute="pk")])
    updates = [{"Update": {"IndexName": "a-index", "OnDemandThroughput": {"MaxReadRequestUnits": 50}}}]
    world.call("UpdateTable", TableName="Teams", GlobalSecondaryIndexUpdates=updates)
    assert world.index()["OnDemandThroughput"] == {"MaxReadRequestUnits": 50}
    assert (world.describe()["TableStatus"], world.index()["IndexStatus"]) == ("ACTIVE", "UPDATING")


def test_creation_and_deletion_of_tables_leave_no_index_behind(world: World) -> None:
    """A new incarnation knows nothing of the old one's work."""
    world.call("CreateTable", **table(GlobalSecondaryIndexes=[index(attribute="pk")]))
    world.until("ACTIVE")
    world.call("DeleteTable", TableName="Teams")
    world.advance(7)
    world.create()
    assert "GlobalSecondaryIndexes" not in world.describe()
