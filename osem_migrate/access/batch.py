"""Batches: many items with one request, and again those that DynamoDB leaves unprocessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from osem_migrate.access.values import decoded
from osem_migrate.errors import AwsError, BatchIncomplete, Throttled, ValueInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from osem_migrate.access.attempts import Operation
    from osem_migrate.access.codec import Codec, Values
    from osem_migrate.schema.item import Item

T = TypeVar("T")

MOST_WRITTEN = 25
MOST_READ = 100
"""With one request (the API references of BatchWriteItem and BatchGetItem)."""


def put_batch(operation: Operation, codec: Codec, items: Sequence[Values]) -> None:
    """Write items; see ``Repository.batch_put``."""
    stored = [codec.item(values) for values in items]
    keys = [_hashable(codec, item) for item in stored]
    if len(set(keys)) < len(keys):
        raise ValueInvalid(f"{codec.entity.name}: two items of a batch have the same key", table=operation.table)
    waiting = dict(zip(keys, zip(items, stored, strict=True), strict=True))

    def send(chunk: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        puts = [{"PutRequest": {"Item": waiting[key][1]}} for key in chunk]
        answer = operation.call("BatchWriteItem", RequestItems={operation.table: puts}, ReturnConsumedCapacity="TOTAL")
        left: list[dict[str, Any]] = answer.get("UnprocessedItems", {}).get(operation.table, [])
        unprocessed = [_hashable(codec, put["PutRequest"]["Item"]) for put in left]
        for key in set(chunk) - set(unprocessed):
            del waiting[key]
        return unprocessed

    try:
        for chunk in _chunks(keys, MOST_WRITTEN):
            _until_done(operation, chunk, send, "dynamodb:BatchWriteItem")
    except AwsError as error:
        written = len(items) - len(waiting)
        if not written:
            raise
        unwritten = [values for values, _ in waiting.values()]
        raise BatchIncomplete(operation.table, written, unwritten, error) from error


def get_batch(
    operation: Operation, codec: Codec, keys: Sequence[Values], *, consistent: bool
) -> list[dict[str, Any] | None]:
    """Read items; see ``Repository.batch_get``."""
    stored = [codec.key_alone(values) for values in keys]
    wanted = {_hashable(codec, key): key for key in stored}
    found: dict[tuple[Any, ...], Item] = {}

    def send(chunk: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        asked = {"Keys": [wanted[key] for key in chunk], "ConsistentRead": consistent}
        answer = operation.call("BatchGetItem", RequestItems={operation.table: asked}, ReturnConsumedCapacity="TOTAL")
        for item in answer["Responses"].get(operation.table, []):
            found[_hashable(codec, item)] = item
        left = answer.get("UnprocessedKeys", {}).get(operation.table, {}).get("Keys", [])
        return [_hashable(codec, key) for key in left]

    for chunk in _chunks(list(wanted), MOST_READ):
        _until_done(operation, chunk, send, "dynamodb:BatchGetItem")
    items = (found.get(_hashable(codec, key)) for key in stored)
    return [codec.values(item) if item is not None else None for item in items]


def _until_done(
    operation: Operation,
    chunk: list[tuple[Any, ...]],
    send: Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]],
    action: str,
) -> None:
    """Send a chunk, and what is left of it, with growing pauses while nothing of it gets through."""
    attempt = 0
    while left := send(chunk):
        attempt = attempt + 1 if len(left) >= len(chunk) else 1
        if attempt >= operation.retries.attempts:
            raise Throttled(
                f"{action} on {operation.table} leaves {len(left)} items unprocessed",
                remediation="Wait, and call it again; or give the table more capacity.",
                action=action,
                table=operation.table,
            )
        operation.wait(attempt, "unprocessed items")
        chunk = left


def _hashable(codec: Codec, item: Item) -> tuple[Any, ...]:
    """The key of an item as a value; a number has many spellings."""
    return tuple(decoded(item[rule.key.name]) for rule in codec.entity.rules)


def _chunks(listed: list[T], size: int) -> Iterator[list[T]]:
    return (listed[start : start + size] for start in range(0, len(listed), size))
