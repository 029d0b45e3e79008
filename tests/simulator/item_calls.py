"""The calls that write items, one at a time or in batches."""

from collections.abc import Mapping
from typing import Any

from tests.simulator import writes
from tests.simulator.account import Account
from tests.simulator.consumption import Consumption, report, report_all
from tests.simulator.errors import SimulatedError, refused
from tests.simulator.writes import Write

Parameters = Mapping[str, Any]

MAX_BATCH_WRITE = 25


def put_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """PutItem."""
    _check_returned(parameters)
    return _make(account, writes.put(account, parameters), parameters)


def update_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """UpdateItem."""
    return _make(account, writes.update(account, parameters), parameters)


def delete_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DeleteItem."""
    _check_returned(parameters)
    return _make(account, writes.delete(account, parameters), parameters)


def batch_write_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """BatchWriteItem: what is throttled or held by a transaction comes back unprocessed; all of it is a refusal.

    That a held item comes back is *inferred*: the call's own errors (M) have no TransactionConflictException.
    """
    asked = [(name, request) for name, requests in parameters["RequestItems"].items() for request in requests]
    if len(asked) > MAX_BATCH_WRITE:
        raise refused("Too many items requested for the BatchWriteItem call")
    if not asked:
        raise refused("BatchWriteItem cannot have a null or no requests set")
    planned = [_plan(account, name, request) for name, request in asked]
    if len({(write.table.name, write.table.items.key(write.key)) for write in planned}) < len(planned):
        raise refused("Provided list of item keys contains duplicates")
    consumed: list[Consumption] = []
    left: dict[str, list[Any]] = {}
    refusals: list[SimulatedError] = []
    for write, (name, request) in zip(planned, asked, strict=True):
        try:
            write.check(account)
        except SimulatedError as refusal:
            refusals.append(refusal)
            left.setdefault(name, []).append(request)
            continue
        consumed.append(write.consumed())
        write.make(account)
    throttled = [refusal for refusal in refusals if refusal.code != "TransactionConflictException"]
    if throttled and not consumed:
        raise throttled[0]
    return {"UnprocessedItems": left, **report_all(parameters, consumed)}


def _plan(account: Account, name: str, request: Parameters) -> Write:
    action, content = next(iter(request.items()))
    plan = writes.put if action == "PutRequest" else writes.delete
    return plan(account, {"TableName": name, **content})


def _make(account: Account, write: Write, parameters: Parameters) -> dict[str, Any]:
    write.check(account)
    consumed = write.consumed()
    write.make(account)
    shown = _returned(write, parameters.get("ReturnValues", "NONE"))
    answer: dict[str, Any] = {"Attributes": shown} if shown else {}
    return answer | report(parameters, consumed)


def _check_returned(parameters: Parameters) -> None:
    if parameters.get("ReturnValues", "NONE") not in {"NONE", "ALL_OLD"}:
        raise refused("ReturnValues can only be ALL_OLD or NONE")


def _returned(write: Write, wanted: str) -> dict[str, Any]:
    if wanted == "NONE":
        return {}
    item = write.before if wanted.endswith("_OLD") else write.after
    if wanted.startswith("UPDATED"):
        return {name: value for name, value in (item or {}).items() if name in write.touched}
    return dict(item or {})
