"""SetEncryption."""

from typing import Any

import pytest

from osem_migrate.errors import DefinitionError
from osem_migrate.operations import SetEncryption
from osem_migrate.schema import S, Table
from osem_migrate.schema.value import altered
from tests.unit.operations.asking import calls

TEAMS = Table("Teams", S("teamId"))
ARN = "arn:aws:kms:us-east-1:123456789012:key/0b0c9a4e-1d4b-4a0e-9a57-5b8f3f5b0001"
OWNED = SetEncryption("Teams", "AWS_OWNED")
MANAGED = SetEncryption("Teams", "AWS_MANAGED")
OWN = SetEncryption("Teams", ARN)


@pytest.mark.parametrize(
    ("setting", "before", "specification"),
    [
        (OWNED, MANAGED.on(TEAMS), {"Enabled": False}),
        (MANAGED, TEAMS, {"Enabled": True, "SSEType": "KMS"}),
        (MANAGED, OWN.on(TEAMS), {"Enabled": True, "SSEType": "KMS"}),
        (OWN, TEAMS, {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": ARN}),
    ],
)
def test_the_request_carries_nothing_else(setting: SetEncryption, before: Table, specification: dict[str, Any]) -> None:
    """DynamoDB refuses encryption beside anything else; the managed key is the one that is not named."""
    assert calls(setting, before) == [
        ("UpdateTable", {"TableName": "osem-test-Teams", "SSESpecification": specification})
    ]


@pytest.mark.parametrize(
    ("described", "setting"),
    [
        ({}, None),
        ({"SSEDescription": {"Status": "DISABLED"}}, None),
        ({"SSEDescription": {"Status": "DISABLING", "SSEType": "KMS", "KMSMasterKeyArn": ARN}}, None),
        ({"SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": ARN}}, OWN),
        ({"SSEDescription": {"Status": "UPDATING", "SSEType": "KMS", "KMSMasterKeyArn": ARN}}, OWN),
        ({"SSEDescription": {"Status": "ENABLED", "SSEType": "KMS"}}, MANAGED),
    ],
)
def test_read(described: dict[str, Any], setting: SetEncryption | None) -> None:
    """No description and a disabled one mean the key that AWS owns, which only AWS may conclude."""
    assert SetEncryption.read("Teams", {"Table": described}) == setting


def test_the_managed_key_shows_as_an_arn() -> None:
    """Only KMS can tell the managed key's ARN from your own; until it has, any key may be it, and nothing is sure."""
    assert MANAGED.matches(OWN)
    assert MANAGED.matches(MANAGED)
    assert not MANAGED.matches(OWNED)
    assert not OWN.matches(MANAGED)
    assert not OWN.matches(SetEncryption("Teams", ARN.replace("0001", "0002")))
    assert not OWNED.matches(OWN)
    assert not MANAGED.is_sure(OWN)
    assert MANAGED.is_sure(MANAGED)
    assert MANAGED.is_sure(OWNED)
    assert OWN.is_sure(OWN)
    ours, theirs = altered(OWN, manager="CUSTOMER"), altered(OWN, manager="AWS")
    assert (MANAGED.matches(ours), MANAGED.is_sure(ours)) == (False, True)
    assert (MANAGED.matches(theirs), MANAGED.is_sure(theirs)) == (True, True)
    assert OWN.matches(theirs)  # as import writes it where KMS was not asked


@pytest.mark.parametrize("key", ["", "alias/aws/dynamodb", "0b0c9a4e", "arn:aws:kms:us-east-1:123456789012:alias/mine"])
def test_a_key_is_named_the_way_dynamodb_shows_it(key: str) -> None:
    """Aliases and ids could never be compared with DescribeTable."""
    with pytest.raises(
        DefinitionError, match="table 'Teams': encryption takes AWS_OWNED, AWS_MANAGED or the ARN"
    ) as raised:
        SetEncryption("Teams", key)
    assert raised.value.details == {"table": "Teams"}


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_keys_of_every_partition(partition: str) -> None:
    """Other partitions and multi-region keys have ARNs too."""
    arn = f"arn:{partition}:kms:eu-west-1:123456789012:key/mrk-1234"
    assert SetEncryption("Teams", arn).describe() == f"set encryption of Teams to {arn}"


def test_describe() -> None:
    """The key."""
    assert OWNED.describe() == "set encryption of Teams to AWS_OWNED"
