"""PassTable: the state of one pass, in the history table.

No write of it checks the lock item, as those of the history do: the segments would cancel each other and the heartbeat.
Each is a conditional write of the item itself, which carries the fence. Several checkpoints may be one transaction, and
an item that a segment sets aside is written in one with the checkpoint behind it: what cannot move the cursor any more
cannot set anything aside, either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from osem_migrate.aws import pass_items
from osem_migrate.aws.conditional import refused
from osem_migrate.aws.failures.classify import door
from osem_migrate.aws.history_items import PARTITION_KEY, PASS_PREFIX, SORT_KEY, serialize, sort_key
from osem_migrate.aws.paging import QUERY, Page
from osem_migrate.aws.pass_orders import PassOrders
from osem_migrate.errors import ConditionFailed
from osem_migrate.pass_state import (
    Checkpoint,
    Generation,
    PassKey,
    PassState,
    SegmentState,
    SetAside,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from osem_migrate.schema.item import Item


TOGETHER = 25
"""Checkpoints in one transaction; DynamoDB takes a hundred actions, and 4 MB, of which a cursor may have 3 KB."""
_FAILED = "ConditionalCheckFailed"


class PassTable:
    """The items of one pass.

    Args:
        client: boto3's client.
        table: physical name of the history table.
        scope: the application.
        key: which pass.
        sleep: waits seconds between attempts at a write that collided.

    Attributes:
        orders: what people ask of it.
    """

    def __init__(
        self, client: "DynamoDBClient", table: str, scope: str, key: PassKey, *, sleep: Callable[[float], object]
    ) -> None:
        self._client = client
        self._table = table
        self._scope = scope
        self._key = key
        self._sleep = sleep
        self.orders = PassOrders(client, table, scope, key)

    def newest(self) -> int:
        """The number of the newest generation; 0 where there is none."""
        with door(QUERY.action, self._table):
            found = self._client.query(**self._query(PASS_PREFIX), ScanIndexForward=False, Limit=1)["Items"]
        return int(found[0]["item"]["S"].removeprefix(PASS_PREFIX).partition("#")[0]) if found else 0

    def read(self, number: int) -> PassState | None:
        """A generation with all that belongs to it, by a consistent query; None where it was never begun."""
        parameters = self._query(pass_items.generation_key(number))

        def ask(begin: Mapping[str, Any]) -> Page:
            with door(QUERY.action, self._table):
                return self._client.query(**parameters, **begin)

        pages = QUERY.pages(ask, client=self._client, resource=self._table)
        items = [item for page in pages for item in page["Items"]]
        segments = [pass_items.read_segment(item) for item in items if pass_items.is_segment(item)]
        failures = tuple(pass_items.read_failure(item) for item in items if pass_items.is_failure(item))
        own = [item for item in items if sort_key(item) == pass_items.generation_key(number)]
        if not own:
            return None
        known = {(segment.scan, segment.number): segment for segment in segments}
        control: Mapping[str, Any] = next(filter(pass_items.is_control, items), {})
        return PassState(
            generation=pass_items.read_generation(own[0]),
            segments=known,
            failures=failures,
            control=pass_items.read_control(control),
            report=pass_items.read_report(control),
        )

    def begin(self, generation: Generation) -> bool:
        """Write a generation; False where one of that number is there already, as after a lost answer, and stays."""
        key = self._item_key(pass_items.generation_key(generation.number))
        try:
            with door("dynamodb:PutItem", self._table):
                self._client.put_item(
                    TableName=self._table,
                    Item={**key, **pass_items.generation_item(generation)},
                    ConditionExpression="attribute_not_exists(#item)",
                    ExpressionAttributeNames={"#item": SORT_KEY},
                )
        except ConditionFailed:
            return False
        return True

    def raise_fence(self, generation: int, seen: SegmentState, *, fence: int) -> bool:
        """Let nobody write a segment any more who held the lock before; False where it has moved on since it was seen.

        Its old worker finds out with its next checkpoint.
        """
        raised = replace(seen, fence=fence, worker=None, checkpoint=seen.checkpoint + 1)
        return self.write(generation, [Checkpoint(seen, raised)])

    def write(self, generation: int, checkpoints: Sequence[Checkpoint], *, failure: SetAside | None = None) -> bool:
        """Checkpoints of several segments, all or none; False where one is not as it was seen: somebody else has it.

        Where a refusal shows one of our own checkpoints, the answer to it was lost; those that it did not keep from
        being written are written then.

        Args:
            generation: its number.
            checkpoints: ``TOGETHER`` at most.
            failure: an item to set aside, which is recorded if the checkpoints are.
        """
        updates = [self._checkpoint(generation, one) for one in checkpoints]
        if len(updates) == 1 and failure is None:
            refusal = self._refused("update_item", **updates[0])
        else:
            actions: list[dict[str, Any]] = [{"Update": update} for update in updates]
            if failure is not None:
                actions += [{"Put": {"TableName": self._table, "Item": self._failure_item(generation, failure)}}]
            refusal = self._refused("transact_write_items", TransactItems=actions)
        if refusal is None:
            return True
        left = list[Checkpoint]()
        for found, one in zip(_found(refusal, len(updates)), checkpoints, strict=True):
            if found is None:
                left.append(one)
            elif not found or pass_items.read_segment(found) != one.segment:
                return False
        if not left or len(left) == len(checkpoints):
            return not left
        # What is set aside is recorded with the first of them.
        return self.write(generation, left, failure=failure if left[0] is checkpoints[0] else None)

    def replace_failure(self, generation: int, seen: SetAside, failure: SetAside | None) -> SetAside | None:
        """Write what became of an item that was set aside: that it fails still, or, by None, that it has been handled.

        Only what was seen is written over; gives what is recorded from then on, which is not ``failure`` where somebody
        was faster.
        """
        condition = {
            "TableName": self._table,
            "ConditionExpression": "#fence = :fence AND #at = :at",
            "ExpressionAttributeNames": {"#fence": "fence", "#at": "at"},
            "ExpressionAttributeValues": serialize({":fence": seen.fence, ":at": seen.at}),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if failure is None:
            key = self._item_key(pass_items.failure_key(generation, seen.key))
            refusal = self._refused("delete_item", Key=key, **condition)
        else:
            refusal = self._refused("put_item", Item=self._failure_item(generation, failure), **condition)
        if refusal is None:
            return failure
        (found,) = _found(refusal, 1)
        return pass_items.read_failure(found) if found else None

    def _checkpoint(self, generation: int, checkpoint: Checkpoint) -> dict[str, Any]:
        seen, segment = checkpoint.seen, checkpoint.segment
        values = pass_items.segment_values(segment)
        names = ("worker", "cursor")
        gone = [f"#{name}" for name in names if name not in values]
        sets = ", ".join(f"#{name} = :{name}" for name in values)
        condition, expected = "attribute_not_exists(#checkpoint)", dict[str, int]()
        if seen.checkpoint > 0:
            condition = "#fence = :seen_fence AND #checkpoint = :seen_checkpoint"
            expected = {":seen_fence": seen.fence, ":seen_checkpoint": seen.checkpoint}
        return {
            "TableName": self._table,
            "Key": self._item_key(pass_items.segment_key(generation, segment)),
            "UpdateExpression": f"SET {sets}" + (f" REMOVE {', '.join(gone)}" if gone else ""),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in {*values, *names}},
            "ExpressionAttributeValues": {
                **{f":{name}": value for name, value in values.items()},
                **serialize(expected),
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _failure_item(self, generation: int, failure: SetAside) -> dict[str, Any]:
        key = self._item_key(pass_items.failure_key(generation, failure.key))
        return {**key, **pass_items.failure_item(failure)}

    def _refused(self, method: str, **parameters: Any) -> Exception | None:
        return refused(
            lambda: getattr(self._client, method)(**parameters),
            action=f"dynamodb:{''.join(part.capitalize() for part in method.split('_'))}",
            resource=self._table,
            sleep=self._sleep,
        )

    def _item_key(self, sort: str) -> dict[str, Any]:
        return pass_items.key_item(self._scope, self._key, sort)

    def _query(self, prefix: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "#scope = :scope AND begins_with(#item, :prefix)",
            "ExpressionAttributeNames": {"#scope": PARTITION_KEY, "#item": SORT_KEY},
            "ExpressionAttributeValues": serialize(
                {":scope": pass_items.partition(self._scope, self._key), ":prefix": prefix}
            ),
        }


def _found(refusal: Exception, count: int) -> "list[Item | None]":
    """Of the first actions, the items that failed their conditions, empty where there is none; None for the others."""
    response: Mapping[str, Any] = getattr(refusal, "response", {})
    reasons: Sequence[Mapping[str, Any]] = response.get("CancellationReasons", ())
    if len(reasons) < count:
        reasons = [response] * count  # one write, or an engine that gives no reasons
    return [reason.get("Item", {}) if reason.get("Code", _FAILED) == _FAILED else None for reason in reasons[:count]]
