"""Check: whether every script can be taken back, and applied again, by the declarations alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import SETTINGS
from osem_migrate.planning.drift.diff import diff
from osem_migrate.planning.replay import apply, plan_reverse
from osem_migrate.schema import Schema, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTheSame:
    """An operation after which down, or down and up again, leads somewhere else.

    Attributes:
        migration: the script.
        position: of the operation in it.
        message: what is otherwise.
    """

    migration: Migration
    position: int
    message: str


def round_trip(migrations: Sequence[Migration], schema: Schema) -> Iterator[NotTheSame]:
    """Apply each operation, reverse it, and apply it again: the schema is what it was, and then what it was to be.

    An operation that cannot be reversed, such as DeleteItems, may only leave the schema as it is.

    Raises:
        ScriptOperationInapplicable: an operation does not fit the schema so far, or cannot be reversed.
    """
    for migration in migrations:
        for position, operation in enumerate(migration.operations):
            before, schema = schema, apply(operation, schema, migration, position)
            if not operation.is_reversible and schema.tables == before.tables:
                continue  # what it does to items nothing takes back; a downgrade past it is refused
            reverse, _ = plan_reverse(migration, position, before, schema)
            down = apply(reverse, schema, migration, position)
            tables = sorted({operation.table, reverse.table})
            when, told = "after it is reversed", [*_otherwise(before, down, tables)]
            if not told:
                up = apply(operation, down, migration, position)
                when, told = "after it is reversed and applied again", [*_otherwise(schema, up, tables)]
            if told:
                text = f"{operation.describe()}: {when}, {'; '.join(told)}"
                yield NotTheSame(migration=migration, position=position, message=text)


def _otherwise(expected: Schema, found: Schema, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        wanted, there = expected.tables.get(name), found.tables.get(name)
        if wanted is None or there is None:
            if wanted is not there:
                yield f"table {name} {'is still there' if wanted is None else 'is not there'}"
        elif wanted != there:
            seen = {difference.describe() for difference in diff(_live(there), _whole(wanted))}
            # What is declared of one is all that is compared, so that what only the other has is found this way round.
            back = {difference.subject for difference in diff(_live(wanted), _whole(there))}
            yield from sorted(seen or {f"{subject} is otherwise than before" for subject in back})


def _live(table: Table) -> LiveTable:
    whole = _whole(table)
    return LiveTable(name=table.name, physical_name=table.name, table=whole, status="ACTIVE")


def _whole(table: Table) -> Table:
    """The table with AWS's own default of every setting that nobody declared, which is what its reverse declares."""
    for kind in SETTINGS:
        if table.setting(kind) is None:
            table = kind.default(table.name).on(table)
    return table
