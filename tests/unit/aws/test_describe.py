"""A description becomes the same value whatever its order, its defaults and its volatile members."""

import copy
import random
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from osem_migrate.aws.describe import Describer
from osem_migrate.aws.optional_reads import OptionalReads
from osem_migrate.errors import AccessDenied, OperationUnsupported, Throttled
from osem_migrate.live_table import UNUSABLE, LiveTable
from osem_migrate.operations import (
    SETTINGS,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.operations.step import Description
from osem_migrate.schema import B, Index, LocalIndex, N, S, Throughput

NAME = "osem-dev-Teams"
ARN = f"arn:aws:dynamodb:eu-west-1:123456789012:table/{NAME}"
KMS_KEY = "arn:aws:kms:eu-west-1:123456789012:key/0b0c9a4e"


def index(name: str, *keys: tuple[str, str], projection: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A global index as DescribeTable shows it."""
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": attribute, "KeyType": kind} for attribute, kind in keys],
        "Projection": projection or {"ProjectionType": "ALL"},
        "IndexStatus": "ACTIVE",
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 1, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "IndexSizeBytes": 10,
        "ItemCount": 2,
        "IndexArn": f"{ARN}/index/{name}",
        "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"},
        **more,
    }


INCLUDE = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["season", "planName"]}
MULTI = (("tenant", "HASH"), ("team", "HASH"), ("status", "RANGE"), ("createdAt", "RANGE"))


def table(**changes: Any) -> dict[str, Any]:
    """An on-demand table as AWS describes it, noise included; a change to None leaves the member out."""
    description: dict[str, Any] = {
        "TableName": NAME,
        "TableStatus": "ACTIVE",
        "TableArn": ARN,
        "TableId": "5c1e0000-0000-0000-0000-000000000001",
        "CreationDateTime": datetime(2026, 11, 21, 9, 0, 0, 123000, tzinfo=UTC),
        "AttributeDefinitions": [
            {"AttributeName": "createdAt", "AttributeType": "N"},
            {"AttributeName": "digest", "AttributeType": "B"},
            {"AttributeName": "status", "AttributeType": "S"},
            {"AttributeName": "team", "AttributeType": "S"},
            {"AttributeName": "tenant", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "team", "KeyType": "HASH"},
            {"AttributeName": "createdAt", "KeyType": "RANGE"},
        ],
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 1, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "TableSizeBytes": 1234,
        "ItemCount": 7,
        "DeletionProtectionEnabled": False,
        "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"},
        "GlobalSecondaryIndexes": [
            index("status-index", ("status", "HASH"), projection=INCLUDE),
            index("multi-index", *MULTI),
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "digest-index",
                "KeySchema": [
                    {"AttributeName": "team", "KeyType": "HASH"},
                    {"AttributeName": "digest", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
                "IndexArn": f"{ARN}/index/digest-index",
                "ItemCount": 7,
                "IndexSizeBytes": 0,
            }
        ],
    }
    return {name: value for name, value in (description | changes).items() if value is not None}


class Conversation:
    """A client that gives the stubbed answers, in order."""

    def __init__(self) -> None:
        self.client = boto3.client(
            "dynamodb", region_name="eu-west-1", aws_access_key_id="AKIAFAKE", aws_secret_access_key="fake"
        )
        self.stub = Stubber(self.client)
        self.paused: list[float] = []

    def describe(self, *kinds: Any, emulated: bool = False, optional: OptionalReads | None = None) -> LiveTable:
        """Describe Teams; every stubbed answer must be used."""
        with self.stub:
            live = Describer(
                self.client, lambda name: f"osem-dev-{name}", emulated=emulated, sleep=self.paused.append
            ).describe("Teams", kinds, optional=optional)
        self.stub.assert_no_pending_responses()
        return live

    def shows(self, description: dict[str, Any]) -> "Conversation":
        self.stub.add_response("describe_table", {"Table": description}, {"TableName": NAME})
        return self


def read(description: dict[str, Any], *, emulated: bool = False) -> LiveTable:
    """The Live of one DescribeTable response."""
    return Conversation().shows(description).describe(emulated=emulated)


def test_a_table_is_read_with_its_keys_and_indexes() -> None:
    """Types, multi-attribute keys in their order, projections and local indexes all arrive in the value."""
    found = read(table()).table
    assert found is not None
    assert (found.partition_key, found.sort_key) == (S("team"), N("createdAt"))
    assert found.index("multi-index") == Index(
        "multi-index", (S("tenant"), S("team")), (S("status"), N("createdAt")), "ALL"
    )
    assert found.index("status-index") == Index("status-index", S("status"), None, "INCLUDE", ["planName", "season"])
    assert found.local_indexes == (LocalIndex("digest-index", B("digest"), "KEYS_ONLY"),)


def test_what_people_see_is_read_too() -> None:
    """Status, counts, size and birth are beside the value, not in it."""
    live = read(table())
    assert (live.name, live.physical_name, live.status, live.arn) == ("Teams", NAME, "ACTIVE", ARN)
    assert (live.items, live.size_bytes) == (7, 1234)
    assert live.created_at == 1_795_251_600_123
    assert live.indexes["status-index"].items == 2
    assert live.busy == {}


@pytest.mark.parametrize("seed", range(5))
def test_order_does_not_matter(seed: int) -> None:
    """AttributeDefinitions, indexes and NonKeyAttributes in any order give an equal table."""
    shuffled = copy.deepcopy(table())
    chance = random.Random(seed)  # noqa: S311 a shuffle of a test
    for member in ("AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        chance.shuffle(shuffled[member])
    for described in shuffled["GlobalSecondaryIndexes"]:
        chance.shuffle(described["Projection"].get("NonKeyAttributes", []))
    assert read(shuffled).table == read(table()).table


def test_the_order_within_a_multi_attribute_key_does_matter() -> None:
    """The same attributes in another order are another index."""
    swapped = table(
        GlobalSecondaryIndexes=[index("multi-index", MULTI[1], MULTI[0], *MULTI[2:])], LocalSecondaryIndexes=None
    )
    straight = table(GlobalSecondaryIndexes=[index("multi-index", *MULTI)], LocalSecondaryIndexes=None)
    assert read(swapped).table != read(straight).table


def test_volatile_members_do_not_matter() -> None:
    """Counts, sizes, ids, dates and warm throughput are no part of the schema."""
    later = table(
        TableId="another",
        ItemCount=10**6,
        TableSizeBytes=1,
        WarmThroughput={"Status": "UPDATING"},
        CreationDateTime=datetime(2020, 1, 1, tzinfo=UTC),
        LatestStreamLabel="2026-11-21T00:00:00.000",
        Replicas=[],
    )
    assert read(later).table == read(table()).table


@pytest.mark.parametrize(
    ("explicit", "absent"),
    [
        ({"TableClassSummary": {"TableClass": "STANDARD"}}, {}),
        ({"StreamSpecification": {"StreamEnabled": False}}, {}),
        ({"SSEDescription": {"Status": "DISABLED"}}, {}),
        ({"DeletionProtectionEnabled": False}, {"DeletionProtectionEnabled": None}),
        ({"OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}}, {}),
        (
            {"GlobalSecondaryIndexes": [], "LocalSecondaryIndexes": []},
            {"GlobalSecondaryIndexes": None, "LocalSecondaryIndexes": None},
        ),
    ],
    ids=["class", "stream", "encryption", "protection", "maximum", "indexes"],
)
def test_absent_means_the_default_on_aws(explicit: dict[str, Any], absent: dict[str, Any]) -> None:
    """AWS leaves out what was never set, and a table where it was set and reset is the same."""
    assert read(table(**explicit)).table == read(table(**absent)).table


def test_an_absent_setting_has_its_default_on_aws() -> None:
    """Class, encryption, stream and protection are known without anybody having set them."""
    live = read(table())
    assert live.table is not None
    assert live.unreadable == frozenset()
    for kind in (SetTableClass, SetEncryption, SetStream, SetDeletionProtection):
        assert live.table.setting(kind) == kind.default("Teams")


def test_an_absent_setting_is_unreadable_on_a_local_engine() -> None:
    """A local engine that ignores a setting shows nothing, which says nothing."""
    live = read(table(), emulated=True)
    assert live.table is not None
    assert {SetTableClass, SetEncryption} == live.unreadable
    assert live.table.setting(SetEncryption) is None
    assert live.table.setting(SetStream) == SetStream.default("Teams")


def test_settings_that_are_set_are_read() -> None:
    """What DescribeTable shows of each setting arrives as that setting."""
    live = read(
        table(
            TableClassSummary={"TableClass": "STANDARD_INFREQUENT_ACCESS"},
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            SSEDescription={"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": KMS_KEY},
            DeletionProtectionEnabled=True,
        )
    )
    assert live.table is not None
    assert live.table.setting(SetTableClass) == SetTableClass("Teams", "STANDARD_INFREQUENT_ACCESS")
    assert live.table.setting(SetStream) == SetStream("Teams", "NEW_IMAGE")
    assert live.table.setting(SetEncryption) == SetEncryption("Teams", KMS_KEY)
    assert live.table.setting(SetDeletionProtection) == SetDeletionProtection("Teams", enabled=True)


@pytest.mark.parametrize("summary", [None, {"BillingMode": "PROVISIONED"}])
def test_provisioned_throughput_is_read(summary: dict[str, str] | None) -> None:
    """A table that was always provisioned has no BillingModeSummary; table and indexes have their capacity."""
    units = {"NumberOfDecreasesToday": 3, "ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    own = {"NumberOfDecreasesToday": 1, "ReadCapacityUnits": 1, "WriteCapacityUnits": 2}
    live = read(
        table(
            BillingModeSummary=summary,
            ProvisionedThroughput=units,
            GlobalSecondaryIndexes=[index("status-index", ("status", "HASH"), ProvisionedThroughput=own)],
        )
    )
    assert live.table is not None
    assert live.table.setting(SetBilling) == SetBilling.provisioned("Teams", read=5, write=6)
    assert live.table.indexes[0].throughput == Throughput(1, 2)


def test_on_demand_maxima_are_read() -> None:
    """Of table and index, and -1 stands for no maximum."""
    maxima = {"MaxReadRequestUnits": 40, "MaxWriteRequestUnits": -1}
    live = read(
        table(
            OnDemandThroughput=maxima,
            GlobalSecondaryIndexes=[index("status-index", ("status", "HASH"), OnDemandThroughput=maxima)],
        )
    )
    assert live.table is not None
    assert live.table.setting(SetBilling) == SetBilling.on_demand("Teams", max_read=40)
    assert live.table.indexes[0].throughput == Throughput(40, None)


@pytest.mark.parametrize(
    ("changes", "busy"),
    [
        ({"TableStatus": "CREATING"}, {"Teams": "creating"}),
        ({"TableStatus": "UPDATING"}, {"Teams": "updating"}),
        ({"TableStatus": "DELETING"}, {"Teams": "deleting"}),
        (
            {
                "GlobalSecondaryIndexes": [
                    index("s-index", ("status", "HASH"), IndexStatus="CREATING", Backfilling=False)
                ]
            },
            {"s-index": "allocating"},
        ),
        (
            {
                "GlobalSecondaryIndexes": [
                    index("s-index", ("status", "HASH"), IndexStatus="CREATING", Backfilling=True)
                ]
            },
            {"s-index": "backfilling"},
        ),
        (
            {"GlobalSecondaryIndexes": [index("s-index", ("status", "HASH"), IndexStatus="ACTIVE", Backfilling=True)]},
            {"s-index": "backfilling"},
        ),
        (
            {"GlobalSecondaryIndexes": [index("s-index", ("status", "HASH"), IndexStatus="DELETING")]},
            {"s-index": "deleting"},
        ),
        (
            {"GlobalSecondaryIndexes": [index("s-index", ("status", "HASH"), IndexStatus="UPDATING")]},
            {"s-index": "updating"},
        ),
        ({"SSEDescription": {"Status": "ENABLING", "SSEType": "KMS"}}, {"encryption": "changing"}),
        ({"SSEDescription": {"Status": "DISABLING"}}, {"encryption": "changing"}),
        ({"SSEDescription": {"Status": "UPDATING", "KMSMasterKeyArn": KMS_KEY}}, {"encryption": "changing"}),
        ({"SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": KMS_KEY}}, {}),
    ],
)
def test_ready_means_the_table_and_every_index_and_encryption(changes: dict[str, Any], busy: dict[str, str]) -> None:
    """An ACTIVE table with an index CREATING or backfilling is not ready, nor is one whose key is on its way."""
    assert read(table(**changes)).busy == busy


def test_a_missing_table_is_no_error() -> None:
    """Nothing is there, which is an answer; settings are not asked for."""
    conversation = Conversation()
    conversation.stub.add_client_error("describe_table", "ResourceNotFoundException", "Requested resource not found")
    live = conversation.describe(*SETTINGS)
    assert (live.table, live.status, live.busy, live.arn) == (None, None, {}, None)


def test_only_the_settings_asked_for_take_calls() -> None:
    """Without kinds there is one call, and what it does not show is neither known nor unreadable."""
    live = Conversation().shows(table()).describe(SetStream, SetBilling)
    assert live.table is not None
    assert live.table.setting(SetTags) is None
    assert live.table.setting(SetTimeToLive) is None


def test_settings_with_calls_of_their_own_are_read() -> None:
    """Time to live, recovery and tags are asked for once each."""
    conversation = Conversation().shows(table())
    conversation.stub.add_response(
        "describe_continuous_backups",
        {
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 7},
            }
        },
    )
    conversation.stub.add_response(
        "describe_time_to_live",
        {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}},
    )
    conversation.stub.add_response("list_tags_of_resource", {"Tags": [{"Key": "Env", "Value": "dev"}]})
    live = conversation.describe(SetTags, SetTimeToLive, SetPointInTimeRecovery)
    assert live.table is not None
    assert live.table.setting(SetPointInTimeRecovery) == SetPointInTimeRecovery("Teams", enabled=True, days=7)
    assert live.table.setting(SetTimeToLive) == SetTimeToLive("Teams", "expiresAt")
    assert live.table.setting(SetTags) == SetTags("Teams", {"Env": "dev"})
    assert live.busy == {}


def test_tags_are_read_page_by_page() -> None:
    """ListTagsOfResource gives ten at a time; the ARN names the table."""
    conversation = Conversation().shows(table())
    for number, token in enumerate(["1", "2", None]):
        more = {"NextToken": token} if token else {}
        asked = {"ResourceArn": ARN} | ({"NextToken": str(number)} if number else {})
        conversation.stub.add_response(
            "list_tags_of_resource", {"Tags": [{"Key": f"k{number}", "Value": "v"}], **more}, asked
        )
    live = conversation.describe(SetTags)
    assert live.table is not None
    assert live.table.setting(SetTags) == SetTags("Teams", {"k0": "v", "k1": "v", "k2": "v"})


@pytest.mark.parametrize("status", ["ENABLING", "DISABLING"])
def test_a_time_to_live_on_its_way_is_busy(status: str) -> None:
    """The setting has not settled although the table is ACTIVE."""
    conversation = Conversation().shows(table())
    conversation.stub.add_response(
        "describe_time_to_live", {"TimeToLiveDescription": {"TimeToLiveStatus": status, "AttributeName": "expiresAt"}}
    )
    assert conversation.describe(SetTimeToLive).busy == {"time to live": "changing"}


@pytest.mark.parametrize("status", ["CREATING", "DELETING"])
def test_the_sides_of_a_table_on_its_way_are_not_asked_for(status: str) -> None:
    """To every call but DescribeTable such a table may not exist: its settings are on their way, not an error."""
    live = Conversation().shows(table(TableStatus=status)).describe(SetTags, SetTimeToLive)
    assert live.busy == {"Teams": status.lower(), "tags": "changing", "time to live": "changing"}


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "TableNotFoundException"])
def test_a_side_that_lags_behind_an_active_table_is_on_its_way(code: str) -> None:
    """A second after a table has become ACTIVE, its backups may still say that there is no such table."""
    conversation = Conversation().shows(table())
    conversation.stub.add_client_error("describe_continuous_backups", code, "Table not found")
    live = conversation.describe(SetPointInTimeRecovery)
    assert live.table is not None
    assert live.table.setting(SetPointInTimeRecovery) is None
    assert live.busy == {"point-in-time recovery": "changing"}


@pytest.mark.parametrize("status", sorted(UNUSABLE))
def test_the_sides_of_a_table_out_of_use_are_not_asked_for(status: str) -> None:
    """They could not be told; and as no waiting helps, nothing about it is on its way."""
    live = Conversation().shows(table(TableStatus=status)).describe(SetTags, optional=OptionalReads((SetTimeToLive,)))
    assert (live.status, live.busy) == (status, {})


def test_a_live_table_may_have_more_indexes_than_can_be_declared() -> None:
    """AWS raises that quota on request, and then describes them all."""
    live = read(table(GlobalSecondaryIndexes=[index(f"i{n}-index", ("status", "HASH")) for n in range(21)]))
    assert live.table is not None
    assert len(live.table.indexes) == 21


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "ResourceNotFoundException"])
def test_what_only_optional_reads_ask_for_may_be_refused(code: str) -> None:
    """The rest is told, nothing is waited for, and nothing counts as on its way."""
    conversation = Conversation().shows(table())
    conversation.stub.add_client_error("describe_time_to_live", code, "no")
    optional = OptionalReads((SetTimeToLive,))
    live = conversation.describe(SetStream, optional=optional)
    assert live.table is not None
    assert (live.table.setting(SetTimeToLive), live.busy, conversation.paused) == (None, {}, [])
    assert bool(optional.refused) is (code != "ResourceNotFoundException")


def test_what_was_declared_is_asked_for_whatever_optional_reads_were_told() -> None:
    """A refusal there is none here."""
    optional = OptionalReads((SetTimeToLive,))
    optional.refuse(Description.TIME_TO_LIVE, AccessDenied("no right"))
    conversation = Conversation().shows(table())
    conversation.stub.add_response(
        "describe_time_to_live",
        {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}},
    )
    live = conversation.describe(SetTimeToLive, optional=optional)
    assert live.table is not None
    assert live.table.setting(SetTimeToLive) == SetTimeToLive("Teams", "expiresAt")


def test_an_unknown_call_is_unreadable_on_a_local_engine() -> None:
    """DynamoDB Local has no tags: that is no error there, and no statement about tags either."""
    conversation = Conversation().shows(table())
    conversation.stub.add_client_error("list_tags_of_resource", "UnknownOperationException", "not supported")
    live = conversation.describe(SetTags, emulated=True)
    assert SetTags in live.unreadable
    assert live.busy == {}


def test_an_unknown_call_is_an_error_on_aws() -> None:
    """AWS knows every call we make, so this is somebody else answering."""
    conversation = Conversation().shows(table())
    conversation.stub.add_client_error("list_tags_of_resource", "UnknownOperationException", "unknown")
    with pytest.raises(OperationUnsupported):
        conversation.describe(SetTags)


def test_an_endpoint_that_cannot_describe_a_table_is_no_local_engine() -> None:
    """Without DescribeTable there is nothing to work with, emulated or not."""
    conversation = Conversation()
    conversation.stub.add_client_error("describe_table", "UnknownOperationException", "unknown")
    with pytest.raises(OperationUnsupported):
        conversation.describe(emulated=True)


def test_a_denied_call_says_which() -> None:
    """A missing permission becomes AccessDenied, which names action and table."""
    conversation = Conversation().shows(table())
    conversation.stub.add_client_error("describe_time_to_live", "AccessDeniedException", "no")
    with pytest.raises(AccessDenied) as caught:
        conversation.describe(SetTimeToLive)
    assert caught.value.details["action"] == "dynamodb:DescribeTimeToLive"
    assert caught.value.details["resource"] == NAME


def throttled(times: int) -> Conversation:
    """DescribeTimeToLive is throttled so often, the SDK's own attempts not counted, and then answered."""
    conversation = Conversation().shows(table())
    for _ in range(times):
        conversation.stub.add_client_error("describe_time_to_live", "ThrottlingException", "Rate exceeded")
    return conversation


def test_a_throttled_question_is_asked_again() -> None:
    """A few looks in a row are enough for AWS to throttle them (Q-403): reading goes slower, and does not fail."""
    conversation = throttled(3)
    described = {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}}
    conversation.stub.add_response("describe_time_to_live", described, {"TableName": NAME})
    live = conversation.describe(SetTimeToLive)
    assert live.table is not None
    assert live.table.setting(SetTimeToLive) == SetTimeToLive("Teams", "expiresAt")
    assert conversation.paused == [2.0, 4.0, 8.0]


def test_a_question_that_stays_throttled_is_an_error() -> None:
    """Some time or other somebody has to hear of it."""
    conversation = throttled(4)
    with pytest.raises(Throttled):
        conversation.describe(SetTimeToLive)


def test_a_type_that_an_emulator_forgot_does_not_break_the_reading() -> None:
    """Moto replaces AttributeDefinitions at each UpdateTable; a key without its type is read as a string."""
    live = read(table(AttributeDefinitions=[{"AttributeName": "createdAt", "AttributeType": "N"}]), emulated=True)
    assert live.table is not None
    assert live.table.keys == (S("team"), N("createdAt"))


def test_what_no_operation_declares_is_named() -> None:
    """Members beyond those that are declared, filled in or counted; an empty one says nothing."""
    assert read(table()).beyond == ()
    strange = {"VectorIndexes": [], "Replicas": [{"RegionName": "eu-west-2"}], "GlobalTableVersion": "2019.11.21"}
    assert read(table(**strange)).beyond == ("GlobalTableVersion", "Replicas")
