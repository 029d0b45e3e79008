"""Attachments: what AWS keeps beside a table and no operation declares, one question each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from osem_migrate.aws.failures.classify import door
from osem_migrate.errors import AwsError, ResourceNotFound

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ON = frozenset({"ENABLED", "ENABLING", "ACTIVE"})


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked about: the noun for people, the client's method, its parameters, and what a yes looks like."""

    noun: str
    method: str
    parameters: Mapping[str, Any]
    is_yes: Callable[[Mapping[str, Any]], bool]
    of: str = ""

    @property
    def action(self) -> str:
        """``dynamodb:GetResourcePolicy``."""
        return f"dynamodb:{''.join(part.capitalize() for part in self.method.split('_'))}"


class Attachments:
    """Finds them; what AWS refuses to tell, such as for want of a permission, is asked once and then left.

    Args:
        client: boto3's client.

    Attributes:
        refused: the first refusal of each kind of question, by what was asked about.
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client: Any = client
        self.refused: dict[str, AwsError] = {}

    def of(self, table: str, arn: str | None, indexes: Iterable[str] = ()) -> tuple[str, ...]:
        """What the table of that physical name and its indexes have, in words for people."""
        return tuple(question.noun + question.of for question in _questions(table, arn, indexes) if self._ask(question))

    def _ask(self, question: _Question) -> bool:
        if question.noun in self.refused:
            return False
        try:
            with door(question.action, question.parameters.get("TableName")):
                return question.is_yes(getattr(self._client, question.method)(**question.parameters))
        except ResourceNotFound:
            return False  # AWS's way to say that there is no policy
        except AwsError as refusal:
            self.refused[question.noun] = refusal
            return False


def _questions(table: str, arn: str | None, indexes: Iterable[str]) -> Iterator[_Question]:
    named = {"TableName": table}
    insights = ("contributor insights", "describe_contributor_insights")
    yield _Question(*insights, named, _has_insights)
    for index in indexes:
        yield _Question(*insights, {**named, "IndexName": index}, _has_insights, of=f" of index {index}")
    yield _Question("a Kinesis stream of its changes", "describe_kinesis_streaming_destination", named, _streams)
    yield _Question("a resource policy", "get_resource_policy", {"ResourceArn": arn}, _has_policy)


def _has_insights(answer: Mapping[str, Any]) -> bool:
    return answer.get("ContributorInsightsStatus") in _ON


def _streams(answer: Mapping[str, Any]) -> bool:
    return any(one.get("DestinationStatus") in _ON for one in answer.get("KinesisDataStreamDestinations", ()))


def _has_policy(answer: Mapping[str, Any]) -> bool:
    return bool(answer.get("Policy"))
