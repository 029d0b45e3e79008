"""The requests of a repository that are more than a call: writes with a condition, updates, and pages of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from osem_migrate.access.attempts import is_unmet
from osem_migrate.access.cursor import ANEW
from osem_migrate.errors import AnswerEndless, AwsError, ConditionFailed, QueryInvalid, RequestInvalid
from osem_migrate.items.pages import Starts

if TYPE_CHECKING:
    from collections.abc import Callable

    from osem_migrate.access.attempts import Operation
    from osem_migrate.access.conditions import Expectation
    from osem_migrate.schema.item import Item

_TOO_LARGE = "Item size"
"""In DynamoDB's text about an item of more than 400 KB, which an update may make of a smaller one."""
_STARTING_KEY = "starting key"
"""In DynamoDB's text about a key to start after that lies outside of the query."""
_MOST_READ = 1000


def write(
    operation: Operation,
    action: str,
    request: dict[str, Any],
    expectation: Expectation,
    is_done: Callable[[Item | None], bool],
) -> dict[str, Any]:
    """The answer to a write; where a request that got no answer has written it already, ``Attributes`` is the item.

    Args:
        operation: that it is part of.
        action: PutItem, UpdateItem or DeleteItem.
        request: its parameters.
        expectation: what its condition says.
        is_done: whether the item that is there is what this write makes of it.

    Raises:
        ConditionNotMet: the item that is there is another.
        ItemTooLarge: an update would make the item larger than 400 KB.
        AwsError: AWS refused.
    """
    try:
        return operation.call(action, **request)
    except ConditionFailed as refused:
        if not is_unmet(refused):
            raise
        found = _item_of(refused)
        if operation.lost and is_done(found):
            return {"Attributes": found}
        raise expectation.not_met(found, operation.table) from refused
    except RequestInvalid as refused:
        if _TOO_LARGE in refused.message:
            raise expectation.codec.too_large() from refused
        raise


def updating(request: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The request with an UpdateExpression that sets attributes, and removes those that are None."""
    names, values = {**request.get("ExpressionAttributeNames", {})}, {**request.get("ExpressionAttributeValues", {})}
    settings, removals = [], []
    for position, (name, value) in enumerate(changes.items()):
        names[f"#s{position}"] = name
        if value is None:
            removals.append(f"#s{position}")
        else:
            values[f":s{position}"] = value
            settings.append(f"#s{position} = :s{position}")
    clauses = [f"{verb} {', '.join(parts)}" for verb, parts in (("SET", settings), ("REMOVE", removals)) if parts]
    request = {**request, "UpdateExpression": " ".join(clauses), "ReturnValues": "ALL_NEW"}
    request["ExpressionAttributeNames"] = names
    return {**request, "ExpressionAttributeValues": values} if values else request


def read(
    operation: Operation, request: dict[str, Any], is_meant: Callable[[Item], bool], limit: int | None
) -> tuple[list[Item], Item | None]:
    """Items of a query, and the one to go on after; None where there are no more.

    Args:
        operation: that it is part of.
        request: the parameters of the Query.
        is_meant: which of the items that it finds count.
        limit: how many of those to find, with as many requests as it takes; None for those of one request.

    Raises:
        QueryInvalid: the key to start after lies outside of the query.
        AwsError: AWS refused.
    """
    found: list[Item] = []
    request, asking, starts = {**request}, limit, Starts()
    while True:
        if asking is not None:
            request["Limit"] = asking
        try:
            answer = operation.call("Query", **request)
        except RequestInvalid as refused:
            if _STARTING_KEY in refused.message:
                raise QueryInvalid(
                    "the cursor is of a query with other conditions", remediation=ANEW, table=operation.table
                ) from refused
            raise
        last: Item | None = answer.get("LastEvaluatedKey")
        for position, item in enumerate(answer["Items"], start=1):
            if is_meant(item):
                found.append(item)
                if len(found) == limit:
                    return found, item if last is not None or position < len(answer["Items"]) else None
        if last is None or asking is None:
            return found, last
        if starts.repeat(last):
            raise endless(operation.table)
        request["ExclusiveStartKey"] = last
        asking = min(asking * 2, _MOST_READ)  # of those that were read, few were meant


def endless(table: str) -> AnswerEndless:
    """The error of a query whose pages lead in a circle."""
    action = "dynamodb:Query"
    what = f"{action} on {table} got pages without an end: LastEvaluatedKey repeats"
    return AnswerEndless(what, action=action, resource=table)


def _item_of(refused: AwsError) -> Item | None:
    """The item that did not meet a condition, which DynamoDB sends with its refusal."""
    response: dict[str, Any] = getattr(refused.__cause__, "response", {})
    return response.get("Item")
