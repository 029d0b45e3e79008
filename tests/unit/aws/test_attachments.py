"""What AWS keeps beside a table, asked only as far as it answers."""

from typing import Any
from unittest import mock

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


def refusal(code: str) -> ClientError:
    """What botocore raises."""
    metadata = {"HTTPStatusCode": 400, "RetryAttempts": 0}
    return ClientError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": metadata}, "Any")  # type: ignore[typeddict-item]


def test_no_policy_is_no_refusal() -> None:
    """AWS answers with an error where there is none."""
    client = mock.Mock(**{f"{name}.side_effect": [answer] for name, answer in ANSWERS.items()})
    client.get_resource_policy.side_effect = refusal("PolicyNotFoundException")
    attachments = Attachments(client)
    assert attachments.of("osem-dev-Teams", "arn") == NOUNS[:2]
    assert attachments.refused == {}


def test_a_refusal_is_kept_and_the_question_not_repeated() -> None:
    """A role lacks a permission for all tables alike, and whoever asked wants to know what is not known."""
    client = mock.Mock(**{f"{name}.side_effect": refusal("AccessDeniedException") for name in ANSWERS})
    attachments = Attachments(client)
    assert [attachments.of("osem-dev-Teams", "arn", ["by-x"]) for _ in range(2)] == [(), ()]
    assert tuple(attachments.refused) == NOUNS
    assert all(getattr(client, name).call_count == 1 for name in ANSWERS)


def test_each_index_has_insights_of_its_own() -> None:
    """Asked for, and named."""
    client = mock.Mock()
    client.describe_contributor_insights.side_effect = lambda **asked: {
        "ContributorInsightsStatus": "ENABLED" if asked.get("IndexName") == "by-x" else "DISABLED"
    }
    client.get_resource_policy.return_value = client.describe_kinesis_streaming_destination.return_value = {}
    assert Attachments(client).of("osem-dev-Teams", "arn", ["by-x", "by-y"]) == ("contributor insights of index by-x",)
