"""AddIndex: one UpdateTable with one Create."""

from dataclasses import replace
from typing import Any

import pytest

from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.migration import operation_hash
from osem_migrate.operations import AddIndex, DropIndex, SetBilling
from osem_migrate.operations.step import calls as steps_as_calls
from osem_migrate.schema import B, Index, LocalIndex, N, S, Table, Throughput
from tests.unit.operations.asking import calls, schema_of
from tests.unit.operations.service_model import assert_accepted

TEAMS = Table("Teams", S("teamId"), settings=[SetBilling.on_demand("Teams")])
BY_MANAGER = AddIndex("Teams", "managerId-index", S("managerId"))


def test_apply_adds_the_index() -> None:
    """The table has the index afterwards, in its place in the order."""
    after = AddIndex("Teams", "a-index", S("a")).apply(BY_MANAGER.apply(schema_of(TEAMS))).table("Teams")
    assert after.indexes == (Index("a-index", S("a")), Index("managerId-index", S("managerId")))


def test_the_request_creates_one_index_with_all_attribute_definitions() -> None:
    """The definitions are those of the whole table after the change, older indexes included."""
    with_one = AddIndex("Teams", "a-index", N("rank")).apply(schema_of(TEAMS)).table("Teams")
    assert calls(BY_MANAGER, with_one) == [
        (
            "UpdateTable",
            {
                "TableName": "osem-test-Teams",
                "AttributeDefinitions": [
                    {"AttributeName": "managerId", "AttributeType": "S"},
                    {"AttributeName": "rank", "AttributeType": "N"},
                    {"AttributeName": "teamId", "AttributeType": "S"},
                ],
                "GlobalSecondaryIndexUpdates": [
                    {
                        "Create": {
                            "IndexName": "managerId-index",
                            "KeySchema": [{"AttributeName": "managerId", "KeyType": "HASH"}],
                            "Projection": {"ProjectionType": "ALL"},
                        }
                    }
                ],
            },
        )
    ]


def test_several_keys_keep_their_order_and_include_is_sorted() -> None:
    """HASH elements come before RANGE elements, each as declared."""
    index = AddIndex(
        "Teams", "wide-index", (S("z"), N("a")), (B("y"), S("b")), projection="INCLUDE", include=["name", "at"]
    )
    ((_, request),) = calls(index, TEAMS)
    create = request["GlobalSecondaryIndexUpdates"][0]["Create"]
    assert [(key["AttributeName"], key["KeyType"]) for key in create["KeySchema"]] == [
        ("z", "HASH"),
        ("a", "HASH"),
        ("y", "RANGE"),
        ("b", "RANGE"),
    ]
    assert create["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["at", "name"]}


def test_keys_only_sends_no_attributes() -> None:
    """DynamoDB refuses NonKeyAttributes beside KEYS_ONLY, even an empty list."""
    ((_, request),) = calls(AddIndex("Teams", "k-index", S("k"), projection="KEYS_ONLY"), TEAMS)
    assert request["GlobalSecondaryIndexUpdates"][0]["Create"]["Projection"] == {"ProjectionType": "KEYS_ONLY"}


@pytest.mark.parametrize(
    ("billing", "throughput", "sent"),
    [
        (None, None, {}),
        (SetBilling.on_demand("Teams", max_read=9), None, {}),
        (
            SetBilling.on_demand("Teams"),
            Throughput(None, 7),
            {"OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 7}},
        ),
        (
            SetBilling.provisioned("Teams", read=5, write=6),
            None,
            {"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}},
        ),
        (
            SetBilling.provisioned("Teams", read=5, write=6),
            Throughput(1, 2),
            {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}},
        ),
    ],
)
def test_throughput_follows_the_billing(
    billing: SetBilling | None, throughput: Throughput | None, sent: dict[str, Any]
) -> None:
    """A provisioned index must have capacity, the table's if none of its own; an on-demand one may have a maximum."""
    table = Table("Teams", S("teamId"), settings=[billing] if billing else [])
    ((_, request),) = calls(AddIndex("Teams", "a-index", S("a"), throughput=throughput), table)
    create = request["GlobalSecondaryIndexUpdates"][0]["Create"]
    assert {name: member for name, member in create.items() if name.endswith("Throughput")} == sent


def test_the_step_is_about_the_index() -> None:
    """People see the index at work, in the table's lane."""
    (step,) = steps_as_calls(BY_MANAGER.steps(schema_of(TEAMS)))
    assert (step.table, step.subject, step.method) == ("Teams", "managerId-index", "update_table")
    assert step.after == BY_MANAGER.apply(schema_of(TEAMS)).table("Teams")


def test_items_are_checked_before_it_where_that_is_asked_for() -> None:
    """A pass that only looks, which no checksum is over; the call is the same, and the way back as well."""
    checked = replace(BY_MANAGER, check_items=True)
    before = schema_of(TEAMS)
    check, call = checked.steps(before)
    assert (check.action, check.after, check.is_described, check.is_precaution) == ("CheckItems", TEAMS, False, True)
    assert check.call("x") == {"TableName": "x", "indexes": ["managerId-index"]}
    assert (call,) == BY_MANAGER.steps(before)
    assert operation_hash(checked) == operation_hash(BY_MANAGER)
    assert (checked.describe(), checked.added_index) == (BY_MANAGER.describe(), BY_MANAGER.added_index)
    assert checked.reverse(before) == BY_MANAGER.reverse(before)


def test_reverse_drops_it() -> None:
    """Nothing but the name is needed."""
    assert BY_MANAGER.reverse(schema_of(TEAMS)) == DropIndex("Teams", "managerId-index")


def test_describe() -> None:
    """Imperative, with both names."""
    assert BY_MANAGER.describe() == "add index managerId-index to Teams"


def test_the_spelling_is_canonical() -> None:
    """Two ways of writing one index are one operation."""
    one = AddIndex("Teams", "a-index", (S("a"),), (), "INCLUDE", ["y", "x"], Throughput(None, None))
    assert one == AddIndex("Teams", "a-index", S("a"), projection="INCLUDE", include=("x", "y"))


@pytest.mark.parametrize(
    "construct",
    [
        lambda: AddIndex("Teams", "ab", S("a")),
        lambda: AddIndex("Teams", "a-index", ()),
        lambda: AddIndex("Teams", "a-index", S("a"), include=["x"]),
    ],
)
def test_an_impossible_index_is_refused_when_it_is_declared(construct: Any) -> None:
    """The index checks itself before any table is known."""
    with pytest.raises(DefinitionError, match="index '"):
        construct()


@pytest.mark.parametrize(
    "more", [{"indexes": [Index("a-index", S("b"))]}, {"local_indexes": [LocalIndex("a-index", S("c"))]}]
)
def test_a_name_that_is_taken_does_not_apply(more: dict[str, Any]) -> None:
    """A local index takes a name as well as a global one."""
    table = Table("Teams", S("teamId"), S("joined"), **more)
    with pytest.raises(InapplicableOperation, match="'Teams' has an index 'a-index' already") as raised:
        AddIndex("Teams", "a-index", S("a")).apply(schema_of(table))
    assert raised.value.details == {"table": "Teams", "index": "a-index"}


def test_what_the_table_forbids_is_refused() -> None:
    """A type that contradicts a key."""
    with pytest.raises(DefinitionError, match="'teamId' is used as S and as N"):
        AddIndex("Teams", "a-index", N("teamId")).apply(schema_of(TEAMS))


@pytest.mark.parametrize(
    ("include", "sent"),
    [
        (["name"], {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"]}),
        (["teamId", "name"], {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"]}),
        (["a", "name", "teamId"], {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"]}),
        (["teamId"], {"ProjectionType": "KEYS_ONLY"}),
        (["a", "teamId"], {"ProjectionType": "KEYS_ONLY"}),
    ],
)
def test_keys_that_a_script_includes_are_projected_anyway(include: list[str], sent: dict[str, Any]) -> None:
    """A script may name them, as many an example does; what is sent is what the index comes to project."""
    operation = AddIndex("Teams", "a-index", S("a"), projection="INCLUDE", include=include)
    (step,) = steps_as_calls(operation.steps(schema_of(TEAMS)))
    (update,) = step.parameters["GlobalSecondaryIndexUpdates"]
    assert update["Create"]["Projection"] == sent
    assert_accepted(step)
    assert operation.include == tuple(sorted(include))  # as it was written: that is what the checksum is over


def test_half_a_capacity_does_not_suit_a_provisioned_table() -> None:
    """Only a maximum may leave a side open."""
    table = Table("Teams", S("teamId"), settings=[SetBilling.provisioned("Teams", read=1, write=1)])
    with pytest.raises(DefinitionError, match="index 'a-index' needs both read and write capacity"):
        AddIndex("Teams", "a-index", S("a"), throughput=Throughput(5, None)).apply(schema_of(table))
