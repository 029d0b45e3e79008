"""Transactions that write: all or nothing, the same token twice is one, and each reason says what it found."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulator import writes
from tests.simulator.account import Account
from tests.simulator.consumption import TRANSACTED, Consumption, read_units, report_all
from tests.simulator.errors import ItemRefused, SimulatedError, constraint, refused
from tests.simulator.reasons import MAX_ACTIONS, MULTIPLE, Reason, check_reasons
from tests.simulator.values import item_size
from tests.simulator.writes import Write

Parameters = Mapping[str, Any]

TOKEN_SECONDS = 600
ACTIONS = {"Put": writes.put, "Update": writes.update, "Delete": writes.delete, "ConditionCheck": writes.check}


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A transaction that is prepared: its items are held, until ``commit`` writes them and gives the answer."""

    commit: Callable[[], dict[str, Any]]


def transact_write_items(account: Account, parameters: Parameters) -> dict[str, Any] | UnderWay:
    """TransactWriteItems; what is under way is committed by the simulator, once others have had their chance."""
    items = parameters["TransactItems"]
    if not 1 <= len(items) <= MAX_ACTIONS:
        raise constraint(items, "transactItems", f"have length less than or equal to {MAX_ACTIONS}")
    token, request = parameters.get("ClientRequestToken"), json.dumps(items, sort_keys=True)
    if token is not None and _is_repeated(account, token, request):
        return report_all(parameters, (_reread(account, item) for item in items))
    planned = [_plan(account, item) for item in items]
    made = [write for write in planned if isinstance(write, Write)]
    if len({(write.table.name, write.table.items.key(write.key)) for write in made}) < len(made):
        raise refused(MULTIPLE)
    reasons = [write.reason(account, TRANSACTED) if isinstance(write, Write) else write for write in planned]
    check_reasons(reasons)
    held = account.holds.hold((write.table, write.key) for write in made)

    def commit() -> dict[str, Any]:
        account.holds.release(held)
        consumed = [write.consumed(TRANSACTED) for write in made]
        for write in made:
            write.make(account)
        if token is not None:
            account.tokens[token] = (request, account.now)
        return report_all(parameters, consumed)

    return UnderWay(commit)


def _plan(account: Account, item: Parameters) -> Write | Reason:
    """The write of one action, or the reason that the item itself gives against it."""
    if len(item) != 1:
        raise refused("TransactItems can only contain one of Check, Put, Update or Delete")
    action, request = next(iter(item.items()))
    try:
        return ACTIONS[action](account, request)
    except ItemRefused as refusal:
        return {"Code": "ValidationError", "Message": refusal.message}


def _reread(account: Account, item: Parameters) -> Consumption:
    """A repeated transaction only reads what it wrote (D transaction-apis)."""
    request = next(iter(item.values()))
    table = writes.find_table(account, request)
    found = table.items.get(request.get("Key") or request["Item"])
    return Consumption(table.name, read_units(item_size(found or {}), consistent=True))


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
