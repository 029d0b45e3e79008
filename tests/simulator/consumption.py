"""Consumption: the units that reads and writes use up, where a request asks to be told."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tests.simulator.values import Item, item_size

Parameters = Mapping[str, Any]

READ_BYTES = 4096
WRITE_BYTES = 1024
TRANSACTED = 2


def read_units(size: int, *, consistent: bool) -> float:
    """Units of a read of that many bytes; half of them where it need not be consistent."""
    return max(1, -(-size // READ_BYTES)) * (1.0 if consistent else 0.5)


def write_units(before: Item | None, after: Item | None) -> float:
    """Units of a write: the larger of the item before and after counts."""
    return float(max(1, -(-max(item_size(before or {}), item_size(after or {})) // WRITE_BYTES)))


def report(parameters: Parameters, table: str, units: float) -> dict[str, Any]:
    """ConsumedCapacity of a call on one table; nothing unless it was asked for."""
    if not _is_asked(parameters):
        return {}
    return {"ConsumedCapacity": {"TableName": table, "CapacityUnits": units}}


def report_all(parameters: Parameters, units: Iterable[tuple[str, float]]) -> dict[str, Any]:
    """ConsumedCapacity of a call on several tables, added up by table."""
    if not _is_asked(parameters):
        return {}
    total: Counter[str] = Counter()
    for table, amount in units:
        total[table] += amount  # type: ignore[assignment] # a Counter counts halves as well
    return {"ConsumedCapacity": [{"TableName": table, "CapacityUnits": amount} for table, amount in total.items()]}


def _is_asked(parameters: Parameters) -> bool:
    return bool(parameters.get("ReturnConsumedCapacity", "NONE") != "NONE")
