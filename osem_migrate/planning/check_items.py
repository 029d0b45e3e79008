"""Check items: let every index that a plan adds to a table with items be preceded by a look at these items."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from osem_migrate.history import Record
from osem_migrate.planning.plan import Plan, PlannedOperation
from osem_migrate.planning.positions import now_at
from osem_migrate.planning.replay import plan_steps
from osem_migrate.schema import Schema

NOTHING_TO_CHECK = "no index is added to a table that has items, so no items are checked"


def checking_items(plan: Plan) -> Plan:
    """The same plan with these looks; one that has nothing to look at says so in its notes.

    A table that the plan itself creates has no items yet.
    """
    created = {planned.table for planned in plan.operations if planned.operation.creates_table}
    checking = _with_looks(plan, [planned.key for planned in plan.operations if planned.table not in created])
    looks = any(step.is_precaution for one in checking.operations for step in one.steps)
    return checking if looks or plan.is_empty else replace(checking, notes=(*plan.notes, NOTHING_TO_CHECK))


def going_on_with_checks(plan: Plan, records: Mapping[str, Record]) -> Plan:
    """The same plan with the looks that an earlier run has begun, whether or not somebody asks for them once more.

    What they found must not be passed over by a run that continues, be it that operations were put in before them, such
    as one that corrects the items; ``resolve --reverted`` forgets them.
    """
    begun = (
        (planned.migration.id, now_at(record, planned.migration).get(position, position))
        for planned in plan.migrations
        if (record := records.get(planned.migration.id)) is not None and record.is_unfinished
        for position, known in record.progress.items()
        if known.step > 0 or known.cursor is not None
    )
    return _with_looks(plan, frozenset(begun))


def _with_looks(plan: Plan, keys: Collection[tuple[str, int]]) -> Plan:
    migrations = (
        replace(migration, operations=tuple(_checking(one) if one.key in keys else one for one in migration.operations))
        for migration in plan.migrations
    )
    return replace(plan, migrations=tuple(migrations))


def _checking(planned: PlannedOperation) -> PlannedOperation:
    operation = planned.operation.checking_items()
    if operation is None or planned.before is None:
        return planned
    schema = Schema({planned.table: planned.before})
    return replace(
        planned, operation=operation, steps=plan_steps(operation, schema, planned.migration, planned.position)
    )
