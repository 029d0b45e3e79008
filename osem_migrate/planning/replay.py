"""Replay: run migrations in memory, to learn the schema they build."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from osem_migrate.errors import (
    DefinitionError,
    InapplicableOperation,
    OsemMigrateError,
    ScriptOperationInapplicable,
    ScriptOperationIrreversible,
    text_of,
)
from osem_migrate.history import Record
from osem_migrate.migration import Migration
from osem_migrate.operations import Operation
from osem_migrate.operations.change import Change
from osem_migrate.operations.step import Step
from osem_migrate.schema import Schema, Table

T = TypeVar("T")


def replay(migrations: Iterable[Migration], schema: Schema) -> Schema:
    """The schema after all operations of the migrations, in the order given."""
    for migration in migrations:
        schema = _replay(migration, range(len(migration.operations)), schema)
    return schema


def replay_recorded(migrations: Iterable[Migration], records: Mapping[str, Record], schema: Schema) -> Schema:
    """The schema that is live by the history: applied migrations whole, unfinished ones as far as they came."""
    for migration in migrations:
        schema = _replay(migration, sorted(operations_done(migration, records)), schema)
    return schema


def operations_done(migration: Migration, records: Mapping[str, Record]) -> frozenset[int]:
    """Positions of a migration's operations that are surely live by the history."""
    record = records.get(migration.id)
    return record.live(len(migration.operations)) if record is not None else frozenset()


def apply(operation: Operation, schema: Schema, migration: Migration, position: int) -> Schema:
    """One operation; what does not fit is reported with the script's file and line."""
    with blaming(migration, position):
        return _of_kind(Schema, operation.apply(schema), "apply")


def plan_steps(operation: Operation, schema: Schema, migration: Migration, position: int) -> tuple[Step, ...]:
    """Its steps from there; what does not fit is reported as ``apply`` does."""
    with blaming(migration, position):
        _of_kind(str, operation.describe(), "describe")
        return _steps(operation, schema)


def plan_reverse(
    migration: Migration, position: int, before: Schema, after: Schema
) -> tuple[Operation, tuple[Step, ...]]:
    """The operation that takes one back, and its steps; what does not fit is reported as ``apply`` does."""
    with blaming(migration, position, "reverse"):
        reverse = reversed_operation(migration, position, before)
        return reverse, _steps(reverse, after)


def reversed_operation(migration: Migration, position: int, before: Schema) -> Operation:
    """The operation that takes one back; raises ScriptOperationIrreversible where there is none."""
    operation = migration.operations[position]
    if not operation.is_reversible:
        file, line = migration.file or migration.id, migration.locate(position)
        raise ScriptOperationIrreversible.found(operation.describe(), migration.id, file=file, line=line)
    return _of_kind(Operation, operation.reverse(before), "reverse")  # type: ignore[type-abstract]


def _steps(operation: Operation, schema: Schema) -> tuple[Step, ...]:
    return tuple(_of_kind(Step, step, "steps") for step in operation.steps(schema))  # type: ignore[type-abstract]


def changes_of(
    operation: Operation, before: Table | None, after: Table | None, migration: Migration, position: int
) -> tuple[Change, ...]:
    """What it changes on its table; what goes wrong there is reported as ``apply`` does."""
    with blaming(migration, position, "say what it changes"):
        return tuple(_of_kind(Change, change, "changes") for change in operation.changes(before, after))


def _of_kind(kind: type[T], made: object, method: str) -> T:
    """Hold an operation of the project's own to the contract of its methods."""
    if not isinstance(made, kind):
        raise TypeError(f"{method} returns {type(made).__name__} where {kind.__name__} is wanted")
    return made


def _replay(migration: Migration, positions: Iterable[int], schema: Schema) -> Schema:
    for position in positions:
        schema = apply(migration.operations[position], schema, migration, position)
    return schema


@contextmanager
def blaming(migration: Migration, position: int, verb: str = "") -> Iterator[None]:
    """Report what does not fit inside with the script's file and line; ``verb`` is what was tried, where not to do it.

    An operation of the project's own may raise anything; that is the script's mistake, and no defect of this tool.
    """
    operation = migration.operations[position]
    try:
        yield
    except (InapplicableOperation, DefinitionError) as error:
        attempt = f"{verb} {operation.describe()!r}" if verb else operation.describe()
        raise _inapplicable(migration, position, f"cannot {attempt}: {error.message}", **error.details) from error
    except OsemMigrateError:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as mistake:
        if not operation.is_foreign:
            raise
        name = f"{type(operation).__name__} cannot {verb or 'be applied'}"
        raise _inapplicable(migration, position, f"{name}: {type(mistake).__name__}: {text_of(mistake)}") from mistake


def _inapplicable(migration: Migration, position: int, message: str, **details: Any) -> ScriptOperationInapplicable:
    return ScriptOperationInapplicable(
        message, file=migration.file or migration.id, line=migration.locate(position), **details
    )
