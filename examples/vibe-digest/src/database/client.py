"""The table VibeDigest of one environment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import date

from boto3.dynamodb.conditions import Attr, Key

from database.item import DigestItem, key
from osem_migrate.access import DynamoDBClient
from osem_migrate.errors import ConditionFailed

DEFAULT_ENVIRONMENT = "dev"


class VibeDigestClient(DynamoDBClient):
    """Saves and finds the items of the digest.

    Every method raises an AwsError of osem_migrate.errors (Throttled, AccessDenied, ResourceNotFound …), whose
    ``remediation`` says what to do.

    Args:
        env: dev, staging or prod; VIBE_DIGEST_ENV where it is left out, else dev.
        region: where the table is; without it AWS_REGION and the AWS files say so.
        endpoint_url: of DynamoDB Local or LocalStack; without it AWS_ENDPOINT_URL counts.
        profile: of the AWS files.
        validate: test the connection at once.
    """

    def __init__(
        self,
        env: str | None = None,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        profile: str | None = None,
        validate: bool = False,
    ) -> None:
        self.env = env or os.environ.get("VIBE_DIGEST_ENV") or DEFAULT_ENVIRONMENT
        super().__init__(
            f"VibeDigest-{self.env}", region=region, endpoint_url=endpoint_url, profile=profile, validate=validate
        )

    def add_item(self, item: DigestItem) -> bool:
        """Save an item unless there is one with its key already; tell whether it is new."""
        try:
            with self.calling("PutItem"):
                self.table.put_item(Item=item.stored(), ConditionExpression=Attr("item_id").not_exists())
        except ConditionFailed:
            return False
        return True

    def save_item(self, item: DigestItem) -> None:
        """Save an item, in place of one with its key if there is one."""
        with self.calling("PutItem"):
            self.table.put_item(Item=item.stored())

    def save_items(self, items: Iterable[DigestItem]) -> None:
        """Save many items, 25 with a call; of two with the same key the last counts."""
        with self.calling("BatchWriteItem"), self.table.batch_writer(["digest_date", "item_id"]) as batch:
            for item in items:
                batch.put_item(Item=item.stored())

    def find_item(self, day: date, item_id: str) -> DigestItem | None:
        """The item, as it is now; None where there is none."""
        with self.calling("GetItem"):
            found = self.table.get_item(Key=key(day, item_id), ConsistentRead=True).get("Item")
        return DigestItem.read(found) if found is not None else None

    def items_of(self, day: date, *, newest_first: bool = False) -> Iterator[DigestItem]:
        """The items of a day, sorted by their ids; pages are read as they are needed."""
        condition = Key("digest_date").eq(day.isoformat())
        with self.calling("Query"):
            page = self.table.query(KeyConditionExpression=condition, ScanIndexForward=not newest_first)
        yield from map(DigestItem.read, page["Items"])
        while "LastEvaluatedKey" in page:
            with self.calling("Query"):
                page = self.table.query(
                    KeyConditionExpression=condition,
                    ScanIndexForward=not newest_first,
                    ExclusiveStartKey=page["LastEvaluatedKey"],
                )
            yield from map(DigestItem.read, page["Items"])

    def delete_item(self, day: date, item_id: str) -> bool:
        """Delete an item; tell whether there was one."""
        with self.calling("DeleteItem"):
            answer = self.table.delete_item(Key=key(day, item_id), ReturnValues="ALL_OLD")
        return "Attributes" in answer
