"""A Plan that reverses the newest migrations, the last operation first."""

from collections.abc import Sequence
from dataclasses import replace

from osem_migrate.errors import TargetUnknown
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.planning.history_check import check_history, find_version
from osem_migrate.planning.plan import Direction, Plan, PlannedMigration, PlannedOperation
from osem_migrate.planning.protection import unprotecting_what_it_protects
from osem_migrate.planning.replay import apply, blaming, reversed_operation
from osem_migrate.schema import Index, Schema

BEFORE_FIRST = "0"  # the target that stands for "before the first migration"


def make_downgrade(
    migrations: Sequence[Migration], history: History, target: str, *, defaults: tuple[object, ...] = ()
) -> Plan:
    """What reverses everything above ``target``; every reverse is known before anything is changed.

    An operation in doubt, begun in either direction and never recorded as finished, is reversed as well: where it turns
    out not to be live, there is nothing to do.

    Raises:
        MigrationChanged, MigrationMissing: what was applied can only be reversed as it was.
        TargetUnknown: ``target`` names no script.
        ScriptOperationInapplicable, ScriptOperationIrreversible: an operation cannot be reversed.
    """
    check_history(migrations, history.records)
    last = -1 if target == BEFORE_FIRST else find_version(migrations, target).number
    schema = Schema(defaults=defaults)
    reversed_: dict[str, list[PlannedOperation]] = {}
    for migration in migrations:
        for position in _live(migration, history):
            before, operation = schema, migration.operations[position]
            schema = apply(operation, schema, migration, position)
            if migration.number > last:
                reversed_.setdefault(migration.id, []).append(_reverse(migration, position, before, schema))
    folded = _folded(migrations, history)
    newest_first = [op for migration in reversed(migrations) for op in reversed(reversed_.get(migration.id, []))]
    planned: dict[str, list[PlannedOperation]] = {op.migration.id: [] for op in newest_first}
    for op in unprotecting_what_it_protects(newest_first):
        planned[op.migration.id].append(replace(op, ahead=folded.get(op.table, ())))
    kept = [migration for migration in migrations if migration.number <= last]
    after = Schema(defaults=defaults)
    for migration in kept:
        for position in _live(migration, history):
            after = apply(migration.operations[position], after, migration, position)
    return Plan(
        migrations=tuple(
            PlannedMigration(migration=migration, operations=tuple(planned[migration.id]))
            for migration in reversed(migrations)
            if migration.id in planned
        ),
        before=schema,
        after=after,
        direction=Direction.DOWNGRADE,
        target=target,
    )


def target_of(migrations: Sequence[Migration], history: History, steps: int) -> str:
    """The version that is left once the newest ``steps`` migrations, of which anything is live, are reversed.

    Raises:
        TargetUnknown: there are not so many.
    """
    live = sorted((one for one in migrations if _live(one, history)), key=lambda one: one.number)
    if steps > len(live):
        there = f"only {len(live)} can be" if live else "none is applied"
        raise TargetUnknown(
            f"{steps} migration{'s' if steps != 1 else ''} cannot be reversed: {there}", version=f"{steps} steps back"
        )
    return live[-steps - 1].id if steps < len(live) else BEFORE_FIRST


def _live(migration: Migration, history: History) -> list[int]:
    record, count = history.records.get(migration.id), len(migration.operations)
    return sorted(record.live(count) | record.begun(count)) if record is not None else []


def _folded(migrations: Sequence[Migration], history: History) -> dict[str, tuple[Index, ...]]:
    """By table, the indexes that a run which did not come to their operations may have folded into CreateTable."""
    found: dict[str, tuple[Index, ...]] = {}
    for migration in migrations:
        record = history.records.get(migration.id)
        if record is None or not record.is_unfinished:
            continue
        live = _live(migration, history)
        for table in {operation.table for operation in migration.operations}:
            found[table] = (*found.get(table, ()), *migration.added_indexes(table, live))
    return found


def _reverse(migration: Migration, position: int, before: Schema, after: Schema) -> PlannedOperation:
    with blaming(migration, position, "reverse"):
        reverse = reversed_operation(migration, position, before)
        steps = reverse.steps(after)
        hazard = reverse.hazard_on(after.tables.get(reverse.table))
    return PlannedOperation(
        migration=migration,
        position=position,
        operation=reverse,
        declared=after.tables.get(reverse.table),
        before=reverse.start(after),
        after=before.tables.get(reverse.table),
        steps=steps,
        hazard=hazard,
    )
