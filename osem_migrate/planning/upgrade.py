"""The Plan of an upgrade: what is pending, checked against the history first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from osem_migrate.errors import DeletionProtected, MigrationOutOfOrder
from osem_migrate.history import History, Record, ShownState
from osem_migrate.migration import Migration
from osem_migrate.operations import SetDeletionProtection, Setting
from osem_migrate.planning.history_check import check_history, find_version, found_newer, future_migrations
from osem_migrate.planning.plan import Plan, PlannedMigration, PlannedOperation
from osem_migrate.planning.protection import is_protected, unprotected
from osem_migrate.planning.replay import apply, blaming, operations_done, plan_steps, replay_recorded
from osem_migrate.planning.status.remedy import explain
from osem_migrate.schema import Index, Schema


def make_plan(
    migrations: Sequence[Migration],
    history: History,
    *,
    defaults: tuple[object, ...] = (),
    target: str | None = None,
    allow_out_of_order: bool = False,
) -> Plan:
    """What is pending up to ``target`` (all when None), checked against the history first.

    Raises:
        MigrationChanged: an applied script, or the completed part of an unfinished one, was edited.
        MigrationMissing: an applied script is gone.
        MigrationFuture: something is pending, and a newer checkout has applied what this one does not have.
        MigrationOutOfOrder: a pending script is older than the newest applied one.
        TargetUnknown: ``target`` names no script.
        ScriptOperationInapplicable: an operation does not fit the schema so far.
        DeletionProtected: a table is dropped whose deletion protection a script turns on.
    """
    check_history(migrations, history.records, future=True)
    wanted = _up_to(migrations, target)
    applied = [migration for migration in migrations if history.is_applied(migration.id)]
    pending = [migration for migration in wanted if not history.is_applied(migration.id)]
    future = future_migrations(migrations, history.records)
    if future and pending:
        raise found_newer(future, pending[0].id)
    if not allow_out_of_order:
        _check_order(pending, applied, history.records)
    before = replay_recorded(migrations, history.records, Schema(defaults=defaults))
    schema, planned = before, []
    for migration in pending:
        done = operations_done(migration, history.records)
        schema, operations = plan_migration(migration, done, schema)
        operations = tuple(unprotecting(planned, migrations) for planned in operations)
        planned.append(PlannedMigration(migration=migration, operations=operations))
    return Plan(
        migrations=_looking_ahead(planned),
        before=before,
        after=schema,
        creates_history=bool(planned) and not history.exists,
        is_first=bool(planned) and not history.records,
        future=future,
        abandons=next(filter(None, (_abandoned(history.records.get(migration.id)) for migration in pending)), None),
    )


def _abandoned(record: Record | None) -> str | None:
    """The target of the downgrade that was at work on a migration."""
    return record.downgrade_to if record is not None and record.is_being_reversed else None


def plan_migration(
    migration: Migration, done: Collection[int], schema: Schema
) -> tuple[Schema, tuple[PlannedOperation, ...]]:
    """The schema after a migration, and those of its operations that are not done."""
    planned = []
    for position, operation in enumerate(migration.operations):
        if position in done:
            continue
        after = apply(operation, schema, migration, position)
        with blaming(migration, position):
            before = operation.start(schema)
            hazard = operation.hazard_on(schema.tables.get(operation.table))
        steps = plan_steps(operation, schema, migration, position)
        planned.append(
            PlannedOperation(
                migration=migration,
                position=position,
                operation=operation,
                declared=schema.tables.get(operation.table),
                before=before,
                after=after.tables.get(operation.table),
                steps=steps,
                hazard=hazard,
            )
        )
        schema = after
    return schema, tuple(planned)


def unprotecting(planned: PlannedOperation, migrations: Sequence[Migration]) -> PlannedOperation:
    """A drop that first takes off the deletion protection that the environment gave the table, and nobody else did.

    Raises:
        DeletionProtected: a script turns it on.
    """
    if not planned.operation.drops_table or not is_protected(planned.before):
        return planned
    if (declared := _protecting(planned, migrations)) is not None:
        raise DeletionProtected(
            f"{planned.migration.file or planned.migration.id} drops table {planned.table!r}, "
            f"whose deletion protection {declared.file or declared.id} turns on",
            remediation="Nothing was changed. Declare that it goes, in an operation before the drop: "
            f'SetDeletionProtection("{planned.table}", False); or leave the table where it is.',
            table=planned.table,
        )
    return unprotected(planned)


def _protecting(planned: PlannedOperation, migrations: Sequence[Migration]) -> Migration | None:
    """The script that declares the deletion protection of the table, unless that is a default of the environment."""
    declared: Migration | None = None
    for migration in migrations:
        for position, operation in enumerate(migration.operations):
            if (migration.id, position) == planned.key:
                return declared
            if operation.table == planned.table:
                if SetDeletionProtection in map(type, operation.declared_settings):
                    declared = migration
                elif operation.creates_table:
                    declared = None
    return declared


def _looking_ahead(migrations: Sequence[PlannedMigration]) -> tuple[PlannedMigration, ...]:
    """The same migrations, each operation knowing what later ones declare on its table."""
    ahead: dict[str, tuple[Index | Setting, ...]] = {}
    looking: list[PlannedMigration] = []
    for planned in reversed(migrations):
        operations: list[PlannedOperation] = []
        for operation in reversed(planned.operations):
            later = ahead.get(operation.table, ())
            operations.append(replace(operation, ahead=tuple(known for known in later if _is_news(known, operation))))
            if operation.before is None or operation.after is None:
                # What comes later belongs to a later table of the same name.
                ahead.pop(operation.table, None)
            if operation.operation.added_index is not None:
                ahead[operation.table] = (*ahead.get(operation.table, ()), operation.operation.added_index)
            if operation.before is not None and operation.after is not None:
                # As the table has them afterwards, because some settings only add to what was declared before.
                known = {type(setting): setting.complete(operation.after) for setting in operation.after.settings}
                kinds = map(type, operation.operation.declared_settings)
                settings = [known[kind] for kind in kinds if kind in known]
                ahead[operation.table] = (*ahead.get(operation.table, ()), *settings)
        looking.append(replace(planned, operations=tuple(reversed(operations))))
    return tuple(reversed(looking))


def _is_news(known: Index | Setting, operation: PlannedOperation) -> bool:
    """Whether the table has it neither before the operation nor after one of its steps."""
    if isinstance(known, Index):
        return operation.before is None or operation.before.index(known.name) is None
    declared = ((state, state.setting(type(known))) for state in operation.states if state is not None)
    return all(setting is None or setting.complete(state) != known for state, setting in declared)


def _up_to(migrations: Sequence[Migration], target: str | None) -> Sequence[Migration]:
    if target is None:
        return migrations
    last = find_version(migrations, target)
    return migrations[: migrations.index(last) + 1]


def _check_order(pending: Sequence[Migration], applied: Sequence[Migration], records: Mapping[str, Record]) -> None:
    newest = max((migration.number for migration in applied), default=-1)
    for migration in pending:
        record = records.get(migration.id)
        resumes = record is not None and record.is_unfinished
        if migration.number < newest and not resumes:
            raise MigrationOutOfOrder(
                f"{migration.file or migration.id} is pending, but migration {newest:04} is applied already",
                remediation=explain(ShownState.OUT_OF_ORDER, migration.id, record)[1],
                migration=migration.id,
                newest_applied=newest,
            )
