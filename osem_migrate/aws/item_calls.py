"""Probe: the calls that write one marked item, read it back and remove it; nobody else's item is ever touched."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from osem_migrate.aws.failures.classify import door
from osem_migrate.aws.paging import QUERY, Page
from osem_migrate.errors import AccessDenied, AwsError, ConditionFailed, RequestInvalid, ResourceNotFound
from osem_migrate.schema.item import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_OUTRIGHT = (AccessDenied, RequestInvalid, ResourceNotFound)


def was_never_applied(refusal: AwsError) -> bool:
    """Whether a write had no effect for sure: refused outright, and not after an attempt whose answer was lost."""
    if not isinstance(refusal, _OUTRIGHT) or not isinstance(refusal.__cause__, ClientError):
        return False
    return not refusal.__cause__.response["ResponseMetadata"].get("RetryAttempts")


class Probe:
    """Reads and writes single items of any table; errors of AWS are raised as ours.

    Args:
        client: boto3's client, safe to use from several threads.
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    def put(self, table: str, item: Item, *, marker: str, key: str, instead_of: str | None = None) -> bool:
        """Write an item where there is none, or in place of one with that marker; False where another is in the way.

        Args:
            table: the physical name.
            item: with all its attributes.
            marker: the marking attribute.
            key: the attribute of the partition key, which every item has.
            instead_of: what the marker of the only item that may be replaced says; None replaces nothing.
        """
        name = key if instead_of is None else marker
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#name)" if instead_of is None else "#name = :old",
            "ExpressionAttributeNames": {"#name": name},
        }
        if instead_of is not None:
            condition["ExpressionAttributeValues"] = {":old": {"S": instead_of}}
        try:
            with door("dynamodb:PutItem", table):
                self._client.put_item(TableName=table, Item=item, **condition)
        except ConditionFailed:
            return False
        return True

    def get(self, table: str, key: Item) -> Item | None:
        """The item of a key as of right now, or None."""
        with door("dynamodb:GetItem", table):
            return self._client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")

    def find(self, table: str, index: str, condition: Item, key: Item, *, consistent: bool) -> Item | None:
        """The item of a key as an index shows it, by its whole key in the index; None while it does not show it.

        Args:
            table: the physical name.
            index: its index.
            condition: every key attribute of the index with its value.
            key: the item's key in the table, which every index shows.
            consistent: ask for what is written by now; global indexes refuse that.
        """
        parameters: dict[str, Any] = {
            "TableName": table,
            "IndexName": index,
            "ConsistentRead": consistent,
            "KeyConditionExpression": " AND ".join(f"#k{place} = :v{place}" for place in range(len(condition))),
            "ExpressionAttributeNames": {f"#k{place}": name for place, name in enumerate(condition)},
            "ExpressionAttributeValues": {f":v{place}": value for place, value in enumerate(condition.values())},
        }

        def ask(begin: Mapping[str, Any]) -> Page:
            with door(QUERY.action, table):
                return self._client.query(**parameters, **begin)

        for page in QUERY.pages(ask, client=self._client, resource=table):
            for item in page["Items"]:
                if all(item.get(name) == value for name, value in key.items()):
                    return item  # type: ignore[no-any-return]
        return None

    def delete(self, table: str, key: Item, *, marker: str, run: str) -> bool:
        """Remove the item that this run wrote; False where it is gone, or somebody else's, which is left as it is."""
        try:
            with door("dynamodb:DeleteItem", table):
                self._client.delete_item(
                    TableName=table,
                    Key=key,
                    ConditionExpression="#marker = :run",
                    ExpressionAttributeNames={"#marker": marker},
                    ExpressionAttributeValues={":run": {"S": run}},
                )
        except ConditionFailed:
            return False
        return True
