"""Permissions, tried: each by a request that shows whether it is granted and that can have no effect.

DynamoDB authorises a call before it looks whether the table is there and whether a condition holds. So a change is
asked for on a table of a name that nobody has, and a write of an item under a condition that never holds: who may not
is told AccessDenied, and who may is told that there is no such thing.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from osem_migrate.aws import history_items
from osem_migrate.aws.failures.classify import REFUSALS, translate
from osem_migrate.errors import AccessDenied, AwsError, ConditionFailed, ResourceNotFound

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NOBODY = "Doctor"
_RANDOM_BYTES = 5  # in letters, with _NOBODY before them, as long as the name of the history table: it surely fits


class TrialAnswer(StrEnum):
    """What a trial shows. Some actions cannot be tried without a chance of doing what they do."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Trial:
    """One action, what it was tried on (a physical table name, or None), and what came of it."""

    action: str
    table: str | None
    answer: TrialAnswer
    error: AwsError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTarget:
    """Where permissions are tried.

    Attributes:
        table: physical name of a table of the environment, for questions; it need not exist.
        absent: physical name of a table that nobody has, for changes; None where permissions name each table, so that
            only a table that somebody has would show whether they suffice.
        history: physical name of the history table, for items.
        scope: the application, the partition key of all items there.
        arn: gives the ARN of a table of a physical name.
    """

    table: str
    absent: str | None
    history: str
    scope: str
    arn: Callable[[str], str]

    @property
    def key(self) -> dict[str, Any]:
        """The key of an item that nobody has."""
        return history_items.serialize(
            {history_items.PARTITION_KEY: self.scope, history_items.SORT_KEY: f"doctor#{secrets.token_hex(16)}"}
        )

    @property
    def never(self) -> dict[str, Any]:
        """A condition that such an item never fulfils."""
        return {
            "TableName": self.history,
            "ConditionExpression": "attribute_exists(#scope)",
            "ExpressionAttributeNames": {"#scope": history_items.PARTITION_KEY},
        }


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    parameters: Callable[[TrialTarget], Mapping[str, Any]]
    table: Callable[[TrialTarget], str | None]
    changes: bool = False


def absent_name(physical_name: Callable[[str], str]) -> str:
    """The physical name of a table that nobody has."""
    return physical_name(f"{_NOBODY}{secrets.token_hex(_RANDOM_BYTES)}")


class Permissions:
    """Tries actions on a target, with the client of an environment."""

    def __init__(self, client: "DynamoDBClient", target: TrialTarget) -> None:
        self._client = client
        self._target = target

    def attempt(self, action: str) -> Trial:
        """Whether the IAM action is granted; NOT_TRIED where only doing it would tell."""
        request = _REQUESTS.get(action)
        if request is None or (request.changes and self._target.absent is None):
            return Trial(action, None, TrialAnswer.NOT_TRIED)
        table = request.table(self._target)
        try:
            getattr(self._client, request.method)(**request.parameters(self._target))
        except REFUSALS as refusal:
            error = translate(refusal, action=action, resource=table)
            return Trial(action, table, _answer(error), error)
        return Trial(action, table, TrialAnswer.ALLOWED)


def _answer(error: AwsError) -> TrialAnswer:
    if isinstance(error, AccessDenied):
        return TrialAnswer.DENIED
    # A refusal of any other kind, validation among them, may have come before it was asked who is calling.
    return TrialAnswer.ALLOWED if isinstance(error, ResourceNotFound | ConditionFailed) else TrialAnswer.UNKNOWN


def _question(method: str) -> _Request:
    return _Request(method, lambda target: {"TableName": target.table}, lambda target: target.table)


def _change(method: str, **parameters: Any) -> _Request:
    return _Request(
        method, lambda target: {"TableName": target.absent, **parameters}, lambda target: target.absent, changes=True
    )


def _tagging(method: str, **parameters: Any) -> _Request:
    return _Request(
        method,
        lambda target: {"ResourceArn": target.arn(str(target.absent)), **parameters},
        lambda target: target.absent,
        changes=True,
    )


def _item(method: str, parameters: Callable[[TrialTarget], Mapping[str, Any]]) -> _Request:
    return _Request(method, parameters, lambda target: target.history)


def _query(target: TrialTarget) -> Mapping[str, Any]:
    return {
        "TableName": target.history,
        "KeyConditionExpression": "#scope = :scope",
        "ExpressionAttributeNames": {"#scope": history_items.PARTITION_KEY},
        "ExpressionAttributeValues": history_items.serialize({":scope": target.scope}),
        "Limit": 1,
    }


# CreateTable is not among them: whatever it is asked, it either is refused before anybody is asked who is calling, or
# might create the table. Nor is DeleteItem, which is allowed for items of some partitions only: where there is no table
# yet, no item is of any of them, and a refusal would show nothing.
_REQUESTS: Mapping[str, _Request] = {
    "dynamodb:ListTables": _Request("list_tables", lambda _: {"Limit": 1}, lambda _: None),
    "dynamodb:DescribeTable": _question("describe_table"),
    "dynamodb:DescribeTimeToLive": _question("describe_time_to_live"),
    "dynamodb:DescribeContinuousBackups": _question("describe_continuous_backups"),
    "dynamodb:ListTagsOfResource": _Request(
        "list_tags_of_resource", lambda target: {"ResourceArn": target.arn(target.table)}, lambda target: target.table
    ),
    "dynamodb:GetItem": _item("get_item", lambda target: {"TableName": target.history, "Key": target.key}),
    "dynamodb:Query": _item("query", _query),
    "dynamodb:Scan": _item("scan", lambda target: {"TableName": target.history, "Limit": 1}),
    "dynamodb:PutItem": _item("put_item", lambda target: {"Item": target.key, **target.never}),
    "dynamodb:UpdateItem": _item("update_item", lambda target: {"Key": target.key, **target.never}),
    "dynamodb:ConditionCheckItem": _item(
        "transact_write_items",
        lambda target: {"TransactItems": [{"ConditionCheck": {"Key": target.key, **target.never}}]},
    ),
    "dynamodb:UpdateTable": _change("update_table", DeletionProtectionEnabled=True),
    "dynamodb:DeleteTable": _change("delete_table"),
    "dynamodb:UpdateTimeToLive": _change(
        "update_time_to_live", TimeToLiveSpecification={"Enabled": False, "AttributeName": "doctor"}
    ),
    "dynamodb:UpdateContinuousBackups": _change(
        "update_continuous_backups", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    ),
    "dynamodb:TagResource": _tagging("tag_resource", Tags=[{"Key": "doctor", "Value": "doctor"}]),
    "dynamodb:UntagResource": _tagging("untag_resource", TagKeys=["doctor"]),
}
