"""Reasons: why each action of a transaction let it be cancelled (M TransactionCanceledException)."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulator.errors import SimulatedError

Reason = Mapping[str, Any]

MAX_ACTIONS = 100
MULTIPLE = "Transaction request cannot include multiple operations on one item"
ONGOING = "Transaction is ongoing for the item"
CLEAN: Reason = {"Code": "None"}
CONFLICT: Reason = {"Code": "TransactionConflict", "Message": ONGOING}


def check_reasons(reasons: Sequence[Reason]) -> None:
    """Raise TransactionCanceledException unless all of them are clean; they are in the order of the actions."""
    codes = [reason["Code"] for reason in reasons]
    if set(codes) == {"None"}:
        return
    text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
    raise SimulatedError("TransactionCanceledException", text, details={"CancellationReasons": list(reasons)})
