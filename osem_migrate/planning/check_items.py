"""Check items: let every index that a plan adds to a table with items be preceded by a look at these items."""

from dataclasses import replace

from osem_migrate.planning.plan import Plan, PlannedOperation
from osem_migrate.planning.replay import plan_steps
from osem_migrate.schema import Schema

NOTHING_TO_CHECK = "no index is added to a table that has items, so no items are checked"


def checking_items(plan: Plan) -> Plan:
    """The same plan with these looks; one that has nothing to look at says so in its notes.

    A table that the plan itself creates has no items yet.
    """
    created = {planned.table for planned in plan.operations if planned.operation.creates_table}
    migrations = tuple(
        replace(
            migration,
            operations=tuple(one if one.table in created else _checking(one) for one in migration.operations),
        )
        for migration in plan.migrations
    )
    checks = any(step.is_precaution for migration in migrations for one in migration.operations for step in one.steps)
    notes = plan.notes if checks or plan.is_empty else (*plan.notes, NOTHING_TO_CHECK)
    return replace(plan, migrations=migrations, notes=notes)


def _checking(planned: PlannedOperation) -> PlannedOperation:
    operation = planned.operation.checking_items()
    if operation is None or planned.before is None:
        return planned
    schema = Schema({planned.table: planned.before})
    return replace(
        planned, operation=operation, steps=plan_steps(operation, schema, planned.migration, planned.position)
    )
