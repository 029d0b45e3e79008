"""Adoption: what a first run does about tables that are there already, decided from what they look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import Setting
from osem_migrate.planning.drift.diff import Difference, diff, matches, overlooking
from osem_migrate.planning.drift.doubt import doubts
from osem_migrate.planning.drift.foreseen import foresee
from osem_migrate.planning.plan import Lane, Plan, PlannedMigration, PlannedOperation


@dataclass(frozen=True, slots=True)
class TableMismatch:
    """A live table that the plan cannot take over, and how it differs from what the plan makes, or goes on from."""

    live: LiveTable
    differences: tuple[Difference, ...]


def possible_tables(plan: Plan) -> Mapping[str, frozenset[type[Setting]]]:
    """The tables that may be there before a first run, each with the settings that its lane ever declares.

    Empty for every other run: what is there then is there by the history.
    """
    if not plan.is_first:
        return {}
    return {lane.table: _declared(lane) for lane in plan.lanes}


def find_mismatches(plan: Plan, live_tables: Sequence[LiveTable]) -> tuple[TableMismatch, ...]:
    """Of the tables that are there, those that match the plan at no point, or that stop it where it goes on."""
    lanes = {lane.table: lane for lane in plan.lanes}
    left = without_live_operations(plan, live_tables)
    found = [(live, _mismatch(lanes[live.name], left, live)) for live in live_tables]
    return tuple(TableMismatch(live, differences) for live, differences in found if differences)


def without_live_operations(plan: Plan, live_tables: Sequence[LiveTable]) -> Plan:
    """The same plan without the operations that are live already: they are done, as if an earlier run had done them.

    What no description shows is still to be done, on the table as it is. On a table that is still moving nothing is
    taken for granted; the run waits for it, operation by operation.
    """
    lanes = {lane.table: lane for lane in plan.lanes}
    live: dict[tuple[str, int], PlannedOperation] = {}
    for table in live_tables:
        operations = lanes[table.name].operations[: 0 if table.busy else _reached(lanes[table.name], table) or 0]
        live |= {operation.key: operations[-1] for operation in operations}
    return replace(plan, migrations=tuple(_remaining(planned, live) for planned in plan.migrations))


def _remaining(planned: PlannedMigration, live: Mapping[tuple[str, int], PlannedOperation]) -> PlannedMigration:
    """The operations of a migration that are left; ``live`` has the last live one of its lane for each that is live."""
    adopted = {last.table for last in live.values()}
    remaining = [
        # What would have come with the creation of its table takes a call of its own where nothing is created.
        replace(operation, folded=operation.folded and operation.table not in adopted)
        if operation.key not in live
        else operation.on(live[operation.key].after)
        for operation in planned.operations
        if operation.key not in live or not operation.is_described
    ]
    return replace(planned, operations=tuple(remaining))


def _mismatch(lane: Lane, left: Plan, live: LiveTable) -> tuple[Difference, ...]:
    """Why the table cannot be taken over; ``left`` is the plan without what is live already."""
    if _reached(lane, live) is None:
        return _nearest(lane, live)
    present = [live] if live.table is not None else []
    return tuple(drift.difference for drift in foresee(left, present) if drift.stops is not None)


def _reached(lane: Lane, live: LiveTable) -> int | None:
    """How many operations of the lane are live; None where the table is there, but as it is after none of them."""
    if live.table is None:
        return 0
    counts = range(len(lane.operations), 0, -1)
    return next((count for count in counts if _is_after(lane.operations[count - 1], live)), None)


def _is_after(operation: PlannedOperation, live: LiveTable) -> bool:
    return matches(live, operation.after, operation.ahead) and not any(doubts(live, operation.after))


def _nearest(lane: Lane, live: LiveTable) -> tuple[Difference, ...]:
    """The fewest differences from any point of the lane; of equally near points, from the latest."""
    points = [operation for operation in reversed(lane.operations) if operation.after is not None]
    return min((_differences(live, point) for point in points), key=len)


def _differences(live: LiveTable, point: PlannedOperation) -> tuple[Difference, ...]:
    return (*diff(overlooking(live, point.after, point.ahead), point.after), *doubts(live, point.after))


def _declared(lane: Lane) -> frozenset[type[Setting]]:
    tables = [operation.after for operation in lane.operations if operation.after is not None]
    return frozenset(type(setting) for table in tables for setting in table.settings)
