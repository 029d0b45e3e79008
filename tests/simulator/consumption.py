"""Consumption: the units that a call uses up of a table and of each of its indexes.

The rules are those of the developer guide (D CapacityUnitCalculations, LSI.ThroughputConsiderations,
GSI.ThroughputConsiderations); DynamoDB Local agrees with them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulator.tables import Table
from tests.simulator.values import Item, item_size
from tests.simulator.views import View, written_views

Parameters = Mapping[str, Any]

READ_BYTES = 4096
WRITE_BYTES = 1024
TRANSACTED = 2
"""How often a transaction reads or writes each item."""


@dataclass(slots=True)
class Consumption:
    """Units used up of one table: of the table itself, and of local and global indexes by name."""

    table: str
    base: float = 0.0
    local: dict[str, float] = field(default_factory=dict)
    indexes: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """All of them together."""
        return self.base + sum(self.local.values()) + sum(self.indexes.values())

    @property
    def of_table(self) -> float:
        """What counts against the table's own capacity, as local indexes do."""
        return self.base + sum(self.local.values())

    def add(self, other: "Consumption") -> None:
        """Count those of another part of the call, too."""
        self.base += other.base
        for mine, theirs in ((self.local, other.local), (self.indexes, other.indexes)):
            for name, units in theirs.items():
                mine[name] = mine.get(name, 0.0) + units

    def scaled(self, times: int) -> "Consumption":
        """So many times that of the table itself; for reads by key, which touch no index."""
        return Consumption(self.table, times * self.base)

    def shown(self, *, detailed: bool) -> dict[str, Any]:
        """ConsumedCapacity: the total, or an index that took nothing left out."""
        answer: dict[str, Any] = {"TableName": self.table, "CapacityUnits": self.total}
        if detailed:
            answer["Table"] = {"CapacityUnits": self.base}
            for member, units in (("LocalSecondaryIndexes", self.local), ("GlobalSecondaryIndexes", self.indexes)):
                if units:
                    answer[member] = {name: {"CapacityUnits": amount} for name, amount in units.items()}
        return answer


def read_units(size: int, *, consistent: bool) -> float:
    """Units of a read of that many bytes; half of them where it need not be consistent. Nothing found costs, too."""
    return _blocks(size, READ_BYTES) * (1.0 if consistent else 0.5)


def read(view: View, units: float) -> Consumption:
    """What a read of a table or an index consumes."""
    if view.index is not None:
        return Consumption(view.table.name, indexes={view.index.name: units})
    if view.local is not None:
        return Consumption(view.table.name, local={view.local: units})
    return Consumption(view.table.name, units)


def written(table: Table, before: Item | None, after: Item | None, *, times: int = 1) -> Consumption:
    """What a write consumes: the larger of the item before and after, and what changes in each index."""
    consumed = Consumption(table.name, times * _write_units(before, after))
    for view in written_views(table):
        units = times * _entry_units(view, view.entry(before), view.entry(after))
        if units:
            (consumed.local if view.local is not None else consumed.indexes)[str(view.name)] = units
    return consumed


def refused_write(table: Table, before: Item | None, *, times: int = 1) -> Consumption:
    """A failed condition costs as well: the item that was looked at (D WorkingWithItems.ConditionalUpdate)."""
    return Consumption(table.name, times * _write_units(before, None))


def report(parameters: Parameters, consumed: Consumption) -> dict[str, Any]:
    """ConsumedCapacity of a call on one table; nothing unless it was asked for."""
    asked = parameters.get("ReturnConsumedCapacity", "NONE")
    return {} if asked == "NONE" else {"ConsumedCapacity": consumed.shown(detailed=asked == "INDEXES")}


def report_all(parameters: Parameters, consumed: Iterable[Consumption]) -> dict[str, Any]:
    """ConsumedCapacity of a call on several tables, added up by table."""
    asked = parameters.get("ReturnConsumedCapacity", "NONE")
    if asked == "NONE":
        return {}
    total: dict[str, Consumption] = {}
    for part in consumed:
        total.setdefault(part.table, Consumption(part.table)).add(part)
    return {"ConsumedCapacity": [part.shown(detailed=asked == "INDEXES") for part in total.values()]}


def _write_units(before: Item | None, after: Item | None) -> float:
    return float(_blocks(max(item_size(before or {}), item_size(after or {})), WRITE_BYTES))


def _entry_units(view: View, before: Item | None, after: Item | None) -> float:
    """An entry that comes, goes or changes is one write; one whose key changes goes and comes."""
    if before == after:
        return 0.0
    moves = before is not None and after is not None and any(before[name] != after[name] for name in view.own_names)
    return _write_units(before, None) + _write_units(None, after) if moves else _write_units(before, after)


def _blocks(size: int, block: int) -> int:
    return max(1, -(-size // block))
