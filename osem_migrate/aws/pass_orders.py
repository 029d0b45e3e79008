"""PassOrders: what people ask of one pass, and what its run tells of itself, by one item of the history table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from osem_migrate.aws import pass_items
from osem_migrate.aws.failures.classify import door
from osem_migrate.pass_state import PassControl, PassKey, PassOrder, PassReport, Said

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class PassOrders:
    """Of one pass; written outside the lock.

    Args:
        client: boto3's client.
        table: physical name of the history table.
        scope: the application.
        key: which pass.
    """

    def __init__(self, client: "DynamoDBClient", table: str, scope: str, key: PassKey) -> None:
        self._client = client
        self._table = table
        self._scope = scope
        self._key = key

    def give(self, generation: int, order: PassOrder, said: Said, *, rate: int | None = None) -> None:
        """Write what somebody asks of the pass, outside the lock; it takes notice of it within seconds."""
        self._set_control(generation, pass_items.order_values(order, said, rate=rate))

    def exchange(self, generation: int, report: PassReport) -> PassControl:
        """Tell what the run is at, and hear what it is asked, by one write.

        Raises:
            ConditionFailed: a run that took the lock later has reported already.
        """
        values = pass_items.report_values(report)
        condition = "attribute_not_exists(#fence) OR #fence <= :fence"
        return self._set_control(generation, values, ConditionExpression=condition)

    def _set_control(self, generation: int, values: Mapping[str, Any], **more: Any) -> PassControl:
        key = pass_items.key_item(self._scope, self._key, pass_items.control_key(generation))
        with door("dynamodb:UpdateItem", self._table):
            answer = self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
                ReturnValues="ALL_NEW",
                **more,
            )
        return pass_items.read_control(answer["Attributes"])
