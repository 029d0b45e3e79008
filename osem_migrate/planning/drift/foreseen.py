"""Foreseen: what differs of the tables of a plan, what stops at it, and what is live already."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SetBilling, Setting
from osem_migrate.planning.drift.concerned import Deviation, fitted, nearest
from osem_migrate.planning.drift.located import steps_done
from osem_migrate.planning.drift.settled import settled
from osem_migrate.planning.plan import Lane, Plan, PlanDrift, PlannedOperation
from osem_migrate.schema import Index, Table, Throughput
from osem_migrate.schema.value import altered


@dataclass(frozen=True, slots=True, kw_only=True)
class _Met:
    """An operation, how the table that it finds deviates, how many of its steps are done, and the table afterwards."""

    planned: PlannedOperation
    where: Deviation
    done: int
    left: LiveTable


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


def steps_found(plan: Plan, live_tables: Sequence[LiveTable]) -> Mapping[tuple[str, int], int]:
    """How many steps of an operation, by its key, are done already, so that nobody is asked for them.

    Of a table that is still changing nothing is said: a run waits for it first.
    """
    lanes = {lane.table: lane for lane in plan.lanes}
    quiet = (live for live in live_tables if live.name in lanes and not live.busy)
    course = (met for live in quiet for met in _course(lanes[live.name], live))
    return {met.planned.key: met.done for met in course if met.done}


def table_after(plan: Plan, live: LiveTable) -> LiveTable:
    """The table as it will be after the plan, or where an operation stops at it."""
    lanes = (lane for lane in plan.lanes if lane.table == live.name)
    return next((met.left for lane in lanes for met in reversed(_course(lane, live))), live)


def _along(lane: Lane, live: LiveTable) -> Iterator[PlanDrift]:
    for met in _course(lane, live):
        yield from (PlanDrift(live.physical_name, one) for one in settled(live, met.where.left))
        stops = met.planned.migration.id
        yield from (PlanDrift(live.physical_name, one, stops) for one in settled(live, met.where.stopping))


def _course(lane: Lane, live: LiveTable) -> list[_Met]:
    """What each operation meets of what the ones before it leave, up to the first that stops."""
    course: list[_Met] = []
    found = live
    for planned in lane.operations:
        where = nearest(planned, found)
        done = 0 if where.stopping else _done(planned, found)
        idle = where.stopping or (planned.steps and done == len(planned.steps))
        left = found if idle else replace(found, table=_changed(planned, found.table))
        course.append(_Met(planned=planned, where=where, done=done, left=left))
        if where.stopping:
            break
        found = left
    return course


def _changed(planned: PlannedOperation, live: Table | None) -> Table | None:
    """The table as it is live, but for what the operation changes of it."""
    before, after = planned.before, planned.after
    if before is None or after is None or live is None:
        return after
    table = live
    for setting in after.settings:
        if before.setting(type(setting)) != setting:
            alone = setting.on(altered(table, indexes=())).setting(type(setting))
            table = table.with_setting(alone if alone is not None else setting)
    own = {name for state in (before, after) for name in _paid(state)}
    other = {name for name in own if _paid(before).get(name) != _paid(after).get(name)}
    kept = [index for index in table.indexes if index.name not in other]
    made = [index for index in after.indexes if index.name in other]
    return altered(table, indexes=[*kept, *made]) if other else table


def _paid(table: Table) -> dict[str, tuple[Index, Throughput | None]]:
    """The indexes by name, each with the throughput that it has of its own or by its table."""
    billing = table.setting(SetBilling) or SetBilling.default(table.name)
    return {index.name: (index, billing.index_throughput(index.throughput)) for index in table.indexes}


def _done(planned: PlannedOperation, live: LiveTable) -> int:
    """How many of its steps nobody is asked for, as far as all that it changes was seen."""
    own = fitted(planned, live)
    done = steps_done(own, live)
    if done is None or not _sees(own, live.table):
        return 0
    return max(0, len(planned.steps) - (len(own.steps) - done))


def _sees(planned: PlannedOperation, live: Table | None) -> bool:
    """Whether every setting that it changes was read: the role may not be allowed to, or be asked to slow down."""
    before, after = planned.before, planned.after
    if before is None or after is None or live is None:
        return True
    changed = (setting for setting in after.settings if setting not in before.settings)
    return all(live.setting(type(setting)) is not None for setting in changed)


def _declared(lane: Lane) -> frozenset[type[Setting]]:
    states = (state for planned in lane.operations for state in planned.states if state is not None)
    return frozenset(type(setting) for state in states for setting in state.settings)
