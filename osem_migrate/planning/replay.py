"""Replay: run migrations in memory, to learn the schema they build."""

from collections.abc import Iterable, Mapping
from typing import NoReturn

from osem_migrate.errors import DefinitionError, InapplicableOperation, ScriptOperationInapplicable
from osem_migrate.history import Record
from osem_migrate.migration import Migration
from osem_migrate.operations import Operation
from osem_migrate.schema import Schema


def replay(migrations: Iterable[Migration], schema: Schema) -> Schema:
    """The schema after all operations of the migrations, in the order given."""
    for migration in migrations:
        schema = _replay(migration, len(migration.operations), schema)
    return schema


def replay_recorded(migrations: Iterable[Migration], records: Mapping[str, Record], schema: Schema) -> Schema:
    """The schema that is live by the history: applied migrations whole, unfinished ones as far as they came."""
    for migration in migrations:
        schema = _replay(migration, operations_done(migration, records), schema)
    return schema


def operations_done(migration: Migration, records: Mapping[str, Record]) -> int:
    """How many of a migration's operations, from the first, are live by the history."""
    record = records.get(migration.id)
    if record is None:
        return 0
    if record.is_applied:
        return len(migration.operations)
    return record.operations_done if record.is_unfinished else 0


def apply(operation: Operation, schema: Schema, migration: Migration, position: int) -> Schema:
    """One operation; what does not fit is reported with the script's file and line."""
    try:
        return operation.apply(schema)
    except (InapplicableOperation, DefinitionError) as misfit:
        _blame(misfit, migration, position)


def _replay(migration: Migration, count: int, schema: Schema) -> Schema:
    for position, operation in enumerate(migration.operations[:count]):
        schema = apply(operation, schema, migration, position)
    return schema


def _blame(misfit: InapplicableOperation | DefinitionError, migration: Migration, position: int) -> NoReturn:
    raise ScriptOperationInapplicable(
        f"cannot {migration.operations[position].describe()}: {misfit.message}",
        file=migration.file or migration.id,
        line=migration.locate(position),
        **misfit.details,
    ) from misfit
