"""The calls that write items, one at a time or in batches."""

from collections.abc import Mapping
from typing import Any

from tests.simulator import writes
from tests.simulator.account import Account
from tests.simulator.consumption import report, report_all, write_units
from tests.simulator.errors import constraint, refused
from tests.simulator.values import comparable
from tests.simulator.writes import Write

Parameters = Mapping[str, Any]

MAX_BATCH_WRITE = 25


def put_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """PutItem."""
    return _make(account, writes.put(account, parameters), parameters)


def update_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """UpdateItem."""
    return _make(account, writes.update(account, parameters), parameters)


def delete_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DeleteItem."""
    return _make(account, writes.delete(account, parameters), parameters)


def batch_write_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """BatchWriteItem; everything is processed."""
    planned = []
    for name, requests in parameters["RequestItems"].items():
        for request in requests:
            action, content = next(iter(request.items()))
            plan = writes.put if action == "PutRequest" else writes.delete
            planned.append(plan(account, {"TableName": name, **content}))
    if not 1 <= len(planned) <= MAX_BATCH_WRITE:
        raise constraint(len(planned), "requestItems", f"have length less than or equal to {MAX_BATCH_WRITE}")
    if len({(write.table.name, comparable({"M": write.key})) for write in planned}) < len(planned):
        raise refused("Provided list of item keys contains duplicates")
    for write in planned:
        write.make(account)
    units = ((write.table.name, write_units(write.before, write.after)) for write in planned)
    return {"UnprocessedItems": {}, **report_all(parameters, units)}


def _make(account: Account, write: Write, parameters: Parameters) -> dict[str, Any]:
    write.check()
    write.make(account)
    shown = _returned(write, parameters.get("ReturnValues", "NONE"))
    answer: dict[str, Any] = {"Attributes": shown} if shown else {}
    return answer | report(parameters, write.table.name, write_units(write.before, write.after))


def _returned(write: Write, wanted: str) -> dict[str, Any]:
    if wanted == "NONE":
        return {}
    item = write.before if wanted.endswith("_OLD") else write.after
    if wanted.startswith("UPDATED"):
        return {name: value for name, value in (item or {}).items() if name in write.touched}
    return dict(item or {})
