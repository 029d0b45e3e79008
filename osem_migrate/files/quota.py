"""Quotas that AWS raises on request: what the scripts declare beyond them is worth a warning, and no mistake."""

from collections.abc import Iterator, Sequence

from osem_migrate.migration import Migration
from osem_migrate.operations import CreateTable, Operation
from osem_migrate.schema import MAX_INCLUDE_PER_TABLE, MAX_INDEXES

_Included = dict[str, int]
"""How many attributes each index of a table includes, by the index's name."""


def beyond_quota(migrations: Sequence[Migration]) -> Iterator[str]:
    """A warning for each table that comes to have more than AWS allows an account whose quotas it has not raised."""
    indexes: dict[str, _Included] = {}
    local_indexes: dict[str, int] = {}
    told: set[tuple[str, str]] = set()
    for migration in migrations:
        for position, operation in enumerate(migration.operations):
            name = operation.table
            if operation.creates_table or operation.drops_table:
                indexes[name], local_indexes[name] = _created(operation)
            elif operation.added_index is not None:
                added = operation.added_index
                indexes.setdefault(name, {})[added.name] = len(added.include)
            elif operation.dropped_index is not None:
                indexes.get(name, {}).pop(operation.dropped_index, None)
            counts = {
                "global secondary indexes": (len(indexes.get(name, ())), MAX_INDEXES),
                "INCLUDE attributes over all its indexes": (
                    sum(indexes.get(name, {}).values()) + local_indexes.get(name, 0),
                    MAX_INCLUDE_PER_TABLE,
                ),
            }
            for what, (count, limit) in counts.items():
                if count > limit and (name, what) not in told:
                    told.add((name, what))
                    yield (
                        f"{_place(migration, position)}: table {name!r} comes to have {count} {what}; "
                        f"AWS allows {limit} unless it has raised that quota for the account"
                    )


def _place(migration: Migration, position: int) -> str:
    line = migration.locate(position)
    return ":".join([migration.file or migration.id, *([str(line)] if line is not None else [])])


def _created(operation: Operation) -> tuple[_Included, int]:
    if not isinstance(operation, CreateTable):
        return {}, 0
    local = sum(len(index.include) for index in operation.local_indexes)
    return {index.name: len(index.include) for index in operation.indexes}, local
