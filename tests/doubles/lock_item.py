"""The one item of a lock, behind a real boto3 client, with the faults that a network adds.

Conditions are understood as far as the lock writes them: terms joined by AND, each an equality, an
``attribute_not_exists``, or two of these in brackets with OR.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from osem_migrate.aws import history_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = history_items.serialize({"scope": "osem", "item": "lock"})


class LockItem:
    """GetItem and UpdateItem on one item.

    Attributes:
        updates: how many writes have been tried.
        repeat_updates: how many writes are sent twice, as the SDK does when a response is lost; the second answer
            counts.
        before_update: called before each write reaches the item; ``before_read`` before each read.
    """

    def __init__(self) -> None:
        self.updates = 0
        self.repeat_updates = 0
        self.before_update: Callable[[], object] = lambda: None
        self.before_read: Callable[[], object] = lambda: None
        self._item: dict[str, Any] = {}
        self._refusals: list[str] = []
        self._faults: list[Exception] = []
        self.client = self._connect()

    @property
    def values(self) -> dict[str, Any]:
        """The item in plain values."""
        return history_items.deserialize(self._item)

    def put(self, item: dict[str, Any]) -> None:
        self._item = {**KEY, **item}

    def set(self, **values: object) -> None:
        self._item |= history_items.serialize(values)

    def refuse(self, code: str) -> None:
        """Refuse the next write with a code."""
        self._refusals.append(code)

    def fail(self, exception: Exception) -> None:
        """Let the network end the next write."""
        self._faults.append(exception)

    def assert_owner(self, owner: str) -> None:
        assert self.values.get("owner") == owner

    def _connect(self) -> "DynamoDBClient":
        client: DynamoDBClient = boto3.client(
            "dynamodb",
            region_name="eu-west-1",
            aws_access_key_id="AKIAFAKE",
            aws_secret_access_key="fake",
            config=Config(retries={"total_max_attempts": 1}),
        )
        events: Any = client.meta.events  # the stubs do not know that a handler may answer the call
        events.register("before-parameter-build.dynamodb", self._note)
        events.register("before-call.dynamodb.GetItem", self._get)
        events.register("before-call.dynamodb.UpdateItem", self._update)
        return client

    def _note(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["fake_parameters"] = params

    def _get(self, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        assert context["fake_parameters"]["ConsistentRead"] is True
        self.before_read()
        return _answer({"Item": dict(self._item)} if self._item else {})

    def _update(self, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        answer = self._write(context["fake_parameters"])
        if self.repeat_updates:
            self.repeat_updates -= 1
            answer = self._write(context["fake_parameters"])
        return answer

    def _write(self, parameters: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        self.updates += 1
        self.before_update()
        if self._faults:
            raise self._faults.pop(0)
        if self._refusals:
            return _answer({"Error": {"Code": self._refusals.pop(0), "Message": "Transaction is ongoing"}}, 400)
        names, values = parameters["ExpressionAttributeNames"], parameters["ExpressionAttributeValues"]
        if not _holds(_spell(parameters["ConditionExpression"], names), values, self._item):
            refusal: dict[str, Any] = {
                "Error": {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"}
            }
            if parameters.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                refusal["Item"] = dict(self._item)
            return _answer(refusal, 400)
        self._item = {**parameters["Key"], **self._item}
        self._assign(_spell(parameters["UpdateExpression"], names), values)
        return _answer({})

    def _assign(self, expression: str, values: dict[str, Any]) -> None:
        assignments, *removals = expression.replace("SET ", "").split("REMOVE ")
        for assignment in filter(None, (part.strip() for part in assignments.split(","))):
            name, _, value = assignment.partition(" = ")
            if " + " in value:
                plus = int(values[value.rpartition(" + ")[2]]["N"])
                self._item[name] = {"N": str(int(self._item[name]["N"]) + plus)}
            else:
                self._item[name] = values[value]
        for name in (part.strip() for removal in removals for part in removal.split(",")):
            self._item.pop(name, None)


def _spell(expression: str, names: dict[str, str]) -> str:
    for alias in sorted(names, key=len, reverse=True):
        expression = expression.replace(alias, names[alias])
    return expression


def _holds(condition: str, values: dict[str, Any], item: dict[str, Any]) -> bool:
    if condition.startswith("(") and " OR " in condition:
        return any(_holds(part, values, item) for part in condition[1:-1].split(" OR "))
    if " AND " in condition:
        return all(_holds(part, values, item) for part in condition.split(" AND "))
    if condition.startswith("attribute_not_exists("):
        return condition[len("attribute_not_exists(") : -1] not in item
    name, _, value = condition.partition(" = ")
    return bool(item.get(name) == values[value])


def _answer(body: dict[str, Any], status: int = 200) -> tuple[Any, dict[str, Any]]:
    return SimpleNamespace(status_code=status), {**body, "ResponseMetadata": {"HTTPStatusCode": status}}
