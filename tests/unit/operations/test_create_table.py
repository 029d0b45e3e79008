"""CreateTable: one call for everything it can carry, then one for each setting that it cannot."""

from typing import Any

import pytest

from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropTable,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.schema import B, Index, LocalIndex, N, S, Schema, Table, Throughput
from tests.unit.operations.asking import calls
from tests.unit.operations.service_model import assert_accepted

PLAIN = CreateTable("Teams", S("teamId"))


def test_the_smallest_table() -> None:
    """On-demand, one key, and no empty lists, no tags, no member that nobody asked for."""
    assert calls(PLAIN) == [
        (
            "CreateTable",
            {
                "TableName": "osem-test-Teams",
                "AttributeDefinitions": [{"AttributeName": "teamId", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "teamId", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
    ]


def test_everything_that_one_call_can_carry() -> None:
    """Keys, both kinds of index and six settings travel together; attribute definitions are those of keys alone."""
    create = CreateTable(
        "Teams",
        S("teamId"),
        N("joined"),
        indexes=[Index("g-index", B("digest"), N("joined"), "INCLUDE", ["name"], Throughput(None, 3))],
        local_indexes=[LocalIndex("l-index", S("status"), "KEYS_ONLY")],
        settings=[
            SetBilling.on_demand("Teams", max_read=10),
            SetStream("Teams", "NEW_IMAGE"),
            SetDeletionProtection("Teams", enabled=True),
            SetTags("Teams", {"Team": "core", "Gone": None}),
            SetTableClass("Teams", "STANDARD_INFREQUENT_ACCESS"),
            SetEncryption("Teams", "AWS_MANAGED"),
        ],
    )
    assert calls(create) == [
        (
            "CreateTable",
            {
                "TableName": "osem-test-Teams",
                "AttributeDefinitions": [
                    {"AttributeName": "digest", "AttributeType": "B"},
                    {"AttributeName": "joined", "AttributeType": "N"},
                    {"AttributeName": "status", "AttributeType": "S"},
                    {"AttributeName": "teamId", "AttributeType": "S"},
                ],
                "KeySchema": [
                    {"AttributeName": "teamId", "KeyType": "HASH"},
                    {"AttributeName": "joined", "KeyType": "RANGE"},
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "g-index",
                        "KeySchema": [
                            {"AttributeName": "digest", "KeyType": "HASH"},
                            {"AttributeName": "joined", "KeyType": "RANGE"},
                        ],
                        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"]},
                        "OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 3},
                    }
                ],
                "LocalSecondaryIndexes": [
                    {
                        "IndexName": "l-index",
                        "KeySchema": [
                            {"AttributeName": "teamId", "KeyType": "HASH"},
                            {"AttributeName": "status", "KeyType": "RANGE"},
                        ],
                        "Projection": {"ProjectionType": "KEYS_ONLY"},
                    }
                ],
                "BillingMode": "PAY_PER_REQUEST",
                "OnDemandThroughput": {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": -1},
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
                "DeletionProtectionEnabled": True,
                "Tags": [{"Key": "Team", "Value": "core"}],
                "TableClass": "STANDARD_INFREQUENT_ACCESS",
                "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
            },
        )
    ]


def test_settings_that_create_table_cannot_carry_follow_in_calls_of_their_own() -> None:
    """Each state on the way has what was set so far."""
    time_to_live = SetTimeToLive("Teams", "expiresAt")
    recovery = SetPointInTimeRecovery("Teams", enabled=True, days=7)
    create = CreateTable("Teams", S("teamId"), settings=[time_to_live, recovery])
    steps = create.steps(Schema())
    bare, whole = PLAIN.apply(Schema()).table("Teams"), create.apply(Schema()).table("Teams")
    assert [(step.action, step.after) for step in steps] == [
        ("CreateTable", bare),
        ("UpdateContinuousBackups", bare.with_setting(recovery)),
        ("UpdateTimeToLive", whole),
    ]
    for step in steps:
        assert_accepted(step)


@pytest.mark.parametrize(
    "setting",
    [
        SetTimeToLive("Teams", None, enabled=False),
        SetTimeToLive("Teams", "expiresAt", enabled=False),
        SetPointInTimeRecovery("Teams", enabled=False),
        SetStream("Teams", None),
        SetTags("Teams", {}),
        SetTags("Teams", {"Gone": None}),
        SetBilling.on_demand("Teams"),
    ],
)
def test_a_default_is_declared_without_a_call(setting: Setting) -> None:
    """A new table has AWS's defaults, and DynamoDB refuses to be told to turn off what is off."""
    create = CreateTable("Teams", S("teamId"), settings=[setting])
    assert calls(create) == calls(PLAIN)
    assert create.apply(Schema()).table("Teams").setting(type(setting)) == setting


def test_billing_is_always_declared() -> None:
    """A script that says nothing gets on-demand, and the schema says so."""
    assert PLAIN.apply(Schema()).table("Teams") == Table("Teams", S("teamId"), settings=[SetBilling.on_demand("Teams")])


def test_provisioned_capacity_of_the_table_and_of_every_index() -> None:
    """An index has its own, by either spelling, or else the table's."""
    indexes = [
        Index("a-index", S("a"), throughput=Throughput(1, 2)),
        Index("b-index", S("b")),
        Index("c-index", S("c")),
    ]
    billing = SetBilling.provisioned("Teams", read=5, write=6, indexes={"b-index": Throughput(3, 4)})
    create = CreateTable("Teams", S("teamId"), indexes=indexes, settings=[billing])
    ((_, request),) = calls(create)
    assert request["BillingMode"] == "PROVISIONED"
    assert request["ProvisionedThroughput"] == {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    sent = {index["IndexName"]: index["ProvisionedThroughput"] for index in request["GlobalSecondaryIndexes"]}
    assert sent == {
        "a-index": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
        "b-index": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
        "c-index": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
    }
    table = create.apply(Schema()).table("Teams")
    assert [index.throughput for index in table.indexes] == [Throughput(1, 2), Throughput(3, 4), None]
    assert table.setting(SetBilling) == SetBilling.provisioned("Teams", read=5, write=6)


def test_the_environments_defaults_lie_under_what_the_script_says() -> None:
    """Tags add up, the script's value wins, and a default without a rival is taken."""
    defaults = (
        SetTags("*", {"Environment": "prod", "Team": "unknown"}),
        SetDeletionProtection("*", enabled=True),
        SetPointInTimeRecovery("*", enabled=True),
        SetBilling.provisioned("*", read=1, write=1),
    )
    create = CreateTable(
        "Teams",
        S("teamId"),
        indexes=[Index("a-index", S("a"), throughput=Throughput(7, None))],
        settings=[
            SetTags("Teams", {"Team": "core"}),
            SetPointInTimeRecovery("Teams", enabled=False),
            SetBilling.on_demand("Teams"),
        ],
    )
    steps = create.steps(Schema(defaults=defaults))
    assert [step.method for step in steps] == ["create_table"]
    table = create.apply(Schema(defaults=defaults)).table("Teams")
    assert steps[0].after == table
    assert table.settings == (
        SetBilling.on_demand("Teams"),
        SetDeletionProtection("Teams", enabled=True),
        SetPointInTimeRecovery("Teams", enabled=False),
        SetTags("Teams", {"Environment": "prod", "Team": "core"}),
    )
    assert table.indexes[0].throughput == Throughput(7, None)


def test_reverse_drops_it_and_describe_names_it() -> None:
    """Creating loses nothing."""
    assert PLAIN.reverse(Schema()) == DropTable("Teams")
    assert PLAIN.describe() == "create table Teams"
    assert PLAIN.hazard is None


def test_lists_in_any_order_are_the_same_operation() -> None:
    """The canonical spelling is the table's."""
    indexes = [Index("a-index", S("a")), Index("b-index", S("b"))]
    settings = [SetStream("Teams", "NEW_IMAGE"), SetTags("Teams", {"b": "2", "a": "1"})]
    one = CreateTable("Teams", S("teamId"), indexes=indexes, settings=settings)
    other = CreateTable(
        "Teams",
        S("teamId"),
        indexes=tuple(indexes[::-1]),
        settings=[SetTags("Teams", {"a": "1", "b": "2"}), SetStream("Teams", "NEW_IMAGE")],
    )
    assert one == other


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ([AddIndex("Teams", "a-index", S("a"))], "table 'Teams': an AddIndex is not a setting"),
        (["stream"], "table 'Teams': the text 'stream' is not a setting"),
        ([SetStream("Users", "NEW_IMAGE")], "table 'Teams': its stream setting names table 'Users'"),
        ([SetStream("Teams", "NEW_IMAGE"), SetStream("Teams", None)], "setting 'SetStream' is declared 2 times"),
    ],
)
def test_settings_are_checked(settings: list[Any], complaint: str) -> None:
    """Only settings of this table, each kind once."""
    with pytest.raises(DefinitionError, match=complaint):
        CreateTable("Teams", S("teamId"), settings=settings)


def test_billing_and_indexes_are_checked_together() -> None:
    """Half a capacity and an index that is not there are refused where they are declared."""
    billing = SetBilling.provisioned("Teams", read=1, write=1)
    index = Index("a-index", S("a"), throughput=Throughput(5, None))
    with pytest.raises(DefinitionError, match="index 'a-index' needs both read and write capacity"):
        CreateTable("Teams", S("teamId"), indexes=[index], settings=[billing])
    elsewhere = SetBilling.on_demand("Teams", indexes={"x-index": Throughput(1, 1)})
    with pytest.raises(InapplicableOperation, match="table 'Teams' has no index 'x-index'"):
        CreateTable("Teams", S("teamId"), settings=[elsewhere])


def test_a_table_is_created_once() -> None:
    """A second creation of the same name does not apply."""
    with pytest.raises(InapplicableOperation, match="table 'Teams' exists already at this point"):
        PLAIN.apply(PLAIN.apply(Schema()))
