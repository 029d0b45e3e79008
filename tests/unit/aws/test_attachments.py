"""What AWS keeps beside a table, asked only as far as it answers."""

from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError

from osem_migrate.aws.attachments import Attachments

ANSWERS: dict[str, Any] = {
    "describe_contributor_insights": {"ContributorInsightsStatus": "ENABLED"},
    "describe_kinesis_streaming_destination": {"KinesisDataStreamDestinations": [{"DestinationStatus": "ACTIVE"}]},
    "get_resource_policy": {"Policy": "{}"},
}
NOUNS = ("contributor insights", "a Kinesis stream of its changes", "a resource policy")


def found(answers: dict[str, Any]) -> tuple[str, ...]:
    """What a client with these answers shows; an error is raised."""
    client = mock.Mock(**{f"{name}.side_effect": [answer] for name, answer in answers.items()})
    return Attachments(client).of("osem-dev-Teams", "arn:aws:dynamodb:eu-west-1:123456789012:table/osem-dev-Teams")


def test_each_is_told() -> None:
    """In words for people; what is off, or was never set, is nothing."""
    assert found(ANSWERS) == NOUNS
    off: dict[str, Any] = {
        "describe_contributor_insights": {"ContributorInsightsStatus": "DISABLED"},
        "describe_kinesis_streaming_destination": {
            "KinesisDataStreamDestinations": [{"DestinationStatus": "DISABLED"}]
        },
        "get_resource_policy": {},
    }
    assert found(off) == ()
    assert found({**off, "describe_kinesis_streaming_destination": {"TableName": "osem-dev-Teams"}}) == ()


@pytest.mark.parametrize("code", ["AccessDeniedException", "PolicyNotFoundException", "UnknownOperationException"])
def test_a_refusal_is_silent(code: str) -> None:
    """For want of a permission, or because there is none."""
    metadata = {"HTTPStatusCode": 400, "RetryAttempts": 0}
    refusal = ClientError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": metadata}, "Any")  # type: ignore[typeddict-item]
    assert found(dict.fromkeys(ANSWERS, refusal)) == ()
    assert found({**ANSWERS, "get_resource_policy": refusal}) == NOUNS[:2]
