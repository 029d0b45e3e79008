"""Transactions: all or nothing, the same token twice is one, and each reason says what it found."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulator import writes
from tests.simulator.account import Account
from tests.simulator.consumption import TRANSACTED, read_units, report_all, write_units
from tests.simulator.errors import SimulatedError, constraint, refused
from tests.simulator.reads import pick
from tests.simulator.values import comparable, item_size
from tests.simulator.writes import Write

Parameters = Mapping[str, Any]

MAX_ACTIONS = 100
TOKEN_SECONDS = 600
ACTIONS = {"Put": writes.put, "Update": writes.update, "Delete": writes.delete, "ConditionCheck": writes.check}
CLEAN = {"Code": "None"}


def transact_write_items(account: Account, parameters: Parameters) -> dict[str, Any]:
    """TransactWriteItems."""
    items = parameters["TransactItems"]
    if not 1 <= len(items) <= MAX_ACTIONS:
        raise constraint(items, "transactItems", f"have length less than or equal to {MAX_ACTIONS}")
    token, request = parameters.get("ClientRequestToken"), json.dumps(items, sort_keys=True)
    if token is not None and _is_repeated(account, token, request):
        return {}
    planned = [_plan(account, item) for item in items]
    if len({(write.table.name, comparable({"M": write.key})) for write in planned}) < len(planned):
        raise refused("Transaction request cannot include multiple operations on one item")
    reasons = [CLEAN if write.holds else write.failure(as_reason=True) for write in planned]
    _check_reasons(reasons)
    for write in planned:
        write.make(account)
    if token is not None:
        account.tokens[token] = (request, account.now)
    units = ((write.table.name, TRANSACTED * write_units(write.before, write.after)) for write in planned)
    return report_all(parameters, units)


def transact_get_items(account: Account, parameters: Parameters) -> dict[str, Any]:
    """TransactGetItems."""
    items = parameters["TransactItems"]
    if not 1 <= len(items) <= MAX_ACTIONS:
        raise constraint(items, "transactItems", f"have length less than or equal to {MAX_ACTIONS}")
    responses, units = [], []
    for request in (item["Get"] for item in items):
        table = writes.find_table(account, request)
        item = pick(table, request["Key"], request)
        responses.append({"Item": item} if item is not None else {})
        units.append((table.name, TRANSACTED * read_units(item_size(item or {}), consistent=True)))
    return {"Responses": responses, **report_all(parameters, units)}


def _plan(account: Account, item: Parameters) -> Write:
    if len(item) != 1:
        raise refused("TransactItems can only contain one of Check, Put, Update or Delete")
    action, request = next(iter(item.items()))
    return ACTIONS[action](account, request)


def _is_repeated(account: Account, token: str, request: str) -> bool:
    """Whether that very transaction was made within ten minutes; another one of that token is refused."""
    account.tokens = {
        known: (asked, at) for known, (asked, at) in account.tokens.items() if account.now - at < TOKEN_SECONDS
    }
    if token not in account.tokens:
        return False
    if account.tokens[token][0] != request:
        raise SimulatedError(
            "IdempotentParameterMismatchException",
            "The request uses the same client token as a previous, but non-identical request.",
        )
    return True


def _check_reasons(reasons: Sequence[Mapping[str, Any]]) -> None:
    codes = [reason["Code"] for reason in reasons]
    if set(codes) == {"None"}:
        return
    text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
    raise SimulatedError("TransactionCanceledException", text, details={"CancellationReasons": list(reasons)})
