"""Attachments: what AWS keeps beside a table and no operation declares; asked only as far as AWS answers."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from osem_migrate.aws.failures.classify import door
from osem_migrate.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ON = frozenset({"ENABLED", "ENABLING", "ACTIVE"})


class Attachments:
    """Finds them by one question each; a refusal, such as for want of a permission, counts as nothing found.

    Args:
        client: boto3's client.
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client: Any = client

    def of(self, table: str, arn: str | None) -> tuple[str, ...]:
        """What the table of that physical name has, in words for people."""
        named = {"TableName": table}
        questions: list[tuple[str, str, Mapping[str, Any], Callable[[Any], bool]]] = [
            ("contributor insights", "describe_contributor_insights", named, _has_insights),
            ("a Kinesis stream of its changes", "describe_kinesis_streaming_destination", named, _streams),
            (
                "a resource policy",
                "get_resource_policy",
                {"ResourceArn": arn},
                lambda answer: bool(answer.get("Policy")),
            ),
        ]
        found = []
        for noun, method, parameters, has in questions:
            action = "".join(part.capitalize() for part in method.split("_"))
            with suppress(AwsError), door(f"dynamodb:{action}", table):
                if has(getattr(self._client, method)(**parameters)):
                    found.append(noun)
        return tuple(found)


def _has_insights(answer: Mapping[str, Any]) -> bool:
    return answer.get("ContributorInsightsStatus") in _ON


def _streams(answer: Mapping[str, Any]) -> bool:
    return any(one.get("DestinationStatus") in _ON for one in answer.get("KinesisDataStreamDestinations", ()))
