"""Foreseen: what differs of the tables of a plan, and which of its migrations will stop at it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import Setting
from osem_migrate.planning.drift.concerned import Deviation, as_live, nearest
from osem_migrate.planning.drift.settled import settled
from osem_migrate.planning.plan import Lane, Plan, PlanDrift


def tables_to_look_at(plan: Plan) -> dict[str, frozenset[type[Setting]]]:
    """The tables that should be there before the plan, each with the settings that it declares of them.

    None in a first run, which takes over only what is exactly as the scripts make it.
    """
    if plan.is_first:
        return {}
    return {lane.table: _declared(lane) for lane in plan.lanes if lane.operations[0].declared is not None}


def foresee(plan: Plan, live_tables: Sequence[LiveTable]) -> tuple[PlanDrift, ...]:
    """Every difference, once; what is still on its way is none."""
    lanes = {lane.table: lane for lane in plan.lanes}
    found: dict[tuple[str, ...], PlanDrift] = {}
    for live in live_tables:
        for drift in _along(lanes[live.name], live) if live.name in lanes else ():
            if drift.stops is not None or drift.identity not in found:
                found[drift.identity] = drift
    return tuple(found.values())


def table_after(plan: Plan, live: LiveTable) -> LiveTable:
    """The table as it will be after the plan, or where an operation stops at it."""
    lanes = (lane for lane in plan.lanes if lane.table == live.name)
    return next((seen for lane in lanes for seen, _ in reversed(_course(lane, live))), live)


def _along(lane: Lane, live: LiveTable) -> Iterator[PlanDrift]:
    for (_, where), planned in zip(_course(lane, live), lane.operations, strict=False):
        yield from (PlanDrift(live.physical_name, one) for one in settled(live, where.left))
        stops = planned.migration.id
        yield from (PlanDrift(live.physical_name, one, stops) for one in settled(live, where.stopping))


def _course(lane: Lane, live: LiveTable) -> list[tuple[LiveTable, Deviation]]:
    """What each operation leaves, and meets of what the ones before it leave, up to the first that stops."""
    course: list[tuple[LiveTable, Deviation]] = []
    seen = live
    for planned in lane.operations:
        where = nearest(planned, seen)
        if not where.stopping:
            table = seen.table or planned.after
            seen = replace(seen, table=planned.after and table and as_live(planned.after, table, where.left))
        course.append((seen, where))
        if where.stopping:
            break
    return course


def _declared(lane: Lane) -> frozenset[type[Setting]]:
    states = (state for planned in lane.operations for state in planned.states if state is not None)
    return frozenset(type(setting) for state in states for setting in state.settings)
