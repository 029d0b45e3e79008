"""What ``destroy`` may drop: the tables that an environment's history has built, and no others."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from osem_migrate.history import History, Record
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import Operation
from osem_migrate.planning.drift.diff import matches
from osem_migrate.planning.history_check import check_history
from osem_migrate.planning.replay import apply
from osem_migrate.schema import Index, Schema, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedTables:
    """Tables by logical name.

    Attributes:
        built: what the history says is there.
        begun: what a run began to create and never recorded, with the states in which it may have left the table. In
            another state somebody else made it, and the run stopped at it.
        indexes: what the scripts add to the tables that were begun; a run may have folded some into CreateTable.
    """

    built: frozenset[str]
    begun: Mapping[str, tuple[Table, ...]]
    indexes: Mapping[str, tuple[Index, ...]]

    @property
    def candidates(self) -> frozenset[str]:
        """Every table to look at."""
        return self.built | self.begun.keys()

    def owns(self, live: LiveTable) -> bool:
        """Whether the live table is ours."""
        if live.table is None or live.name in self.built:
            return live.table is not None
        ahead = self.indexes.get(live.name, ())
        return any(matches(live, state, ahead) for state in self.begun.get(live.name, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What an environment has.

    Attributes:
        tables: those that its applied scripts built, as far as they are there, by name.
        kept: physical names of the other tables under its prefix.
        history: the history table; None when there is none.
        recorded: whether it holds anything of this application.
        shared: whether other applications keep their history in it, too.
    """

    tables: tuple[LiveTable, ...]
    kept: tuple[str, ...]
    history: LiveTable | None
    recorded: bool
    shared: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to destroy."""
        return not self.tables and (self.history is None or (self.shared and not self.recorded))

    @property
    def guarded(self) -> tuple[str, ...]:
        """Physical names of the tables whose deletion protection is on; the history table's is our own."""
        return tuple(live.physical_name for live in self.tables if live.is_protected)


def managed(migrations: Sequence[Migration], history: History, defaults: tuple[object, ...] = ()) -> ManagedTables:
    """What the recorded migrations built; raises MigrationMissing or MigrationChanged where that cannot be known."""
    check_history(migrations, history.records)
    schema = Schema(defaults=defaults)
    begun: dict[str, tuple[Table, ...]] = {}
    for migration in migrations:
        record = history.records.get(migration.id)
        done = _done(migration, record)
        doubt = record.begun(len(migration.operations)) if record is not None else frozenset()
        for position, operation in enumerate(migration.operations):
            if position not in done and position not in doubt:
                continue
            after = apply(operation, schema, migration, position)
            if position in doubt and (operation.creates_table or operation.drops_table):
                begun[operation.table] = tuple(_states(operation, schema, after))
            schema = after if position in done else schema
    built = frozenset(schema.tables)
    unsure = {name: states for name, states in begun.items() if name not in built}
    return ManagedTables(
        built=built,
        begun=unsure,
        indexes={name: tuple(i for m in migrations for i in m.added_indexes(name)) for name in unsure},
    )


def _done(migration: Migration, record: Record | None) -> Collection[int]:
    """Positions of what was recorded as live, also where a downgrade has begun to take it back."""
    if record is None:
        return ()
    return record.live(len(migration.operations)) | (frozenset(record.done) if record.is_unfinished else frozenset())


def _states(operation: Operation, before: Schema, after: Schema) -> Iterator[Table]:
    """The table in every state that creating it, or taking its drop back, may have left it in."""
    creation = operation.steps(before) if operation.creates_table else operation.reverse(before).steps(after)
    yield from (step.after for step in creation if step.after is not None)
