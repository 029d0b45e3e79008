"""Planned operations without a folder of scripts."""

from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.operations import Operation
from osem_migrate.planning.plan import PlannedMigration, PlannedOperation
from osem_migrate.planning.upgrade import make_plan


def planned_migration(*operations: Operation, number: int = 1) -> PlannedMigration:
    """One migration that declares these operations on an empty schema."""
    migration = Migration(id=f"{number:04}_change", number=number, operations=operations)
    return make_plan([migration], History()).migrations[0]


def planned(*operations: Operation) -> PlannedOperation:
    """The last of these operations, planned where the earlier ones have led."""
    return planned_migration(*operations).operations[-1]
