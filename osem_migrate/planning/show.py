"""Show: the Plan of one script, by the scripts before it."""

from collections.abc import Sequence

from osem_migrate.errors import DeletionProtected
from osem_migrate.migration import Migration
from osem_migrate.planning.history_check import find_version
from osem_migrate.planning.plan import Plan, PlannedMigration, PlannedOperation
from osem_migrate.planning.replay import replay
from osem_migrate.planning.upgrade import plan_migration, unprotecting
from osem_migrate.schema import Schema


def plan_script(migrations: Sequence[Migration], version: str, *, defaults: tuple[object, ...] = ()) -> Plan:
    """What one script does where all before it are applied; its number, its id or ``head`` names it.

    Raises:
        TargetUnknown: ``version`` names no script.
        ScriptOperationInapplicable: an operation does not fit the schema so far.
    """
    migration = find_version(migrations, version)
    before = replay(migrations[: migrations.index(migration)], Schema(defaults=defaults))
    after, operations = plan_migration(migration, (), before)
    planned = PlannedMigration(
        migration=migration, operations=tuple(_unprotecting(operation, migrations) for operation in operations)
    )
    return Plan(migrations=(planned,), before=before, after=after)


def _unprotecting(operation: PlannedOperation, migrations: Sequence[Migration]) -> PlannedOperation:
    """As ``upgrade`` would carry it out; what it would refuse is shown as it is declared."""
    try:
        return unprotecting(operation, migrations)
    except DeletionProtected:
        return operation
