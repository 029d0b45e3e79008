"""What ``destroy`` may drop: the tables that an environment's history has built, and no others."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from osem_migrate.history import History, Record
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.diff import Difference, diff, matches, overlooking
from osem_migrate.planning.history_check import check_history
from osem_migrate.planning.plan import REPLACED
from osem_migrate.planning.replay import apply, plan_reverse, plan_steps
from osem_migrate.schema import Index, Schema, Table

_OF_KEYS = frozenset(code for code in DriftCode if code.is_of_another_table)
_OF_SHAPE = _OF_KEYS | {code for code in DriftCode if code.is_of_index and code is not DriftCode.INDEX_THROUGHPUT}


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedTables:
    """Tables by logical name.

    Attributes:
        built: what the history says is there.
        begun: what a run began to create and never recorded, with the states in which it may have left the table. In
            another state somebody else made it, and the run stopped at it.
        indexes: what the scripts add to any table; a run that was stopped may have left some of them there.
        schema: what was built, as far as that is recorded.
        moving: tables of unfinished migrations, whose indexes may be as they are on the way.
    """

    built: frozenset[str]
    begun: Mapping[str, tuple[Table, ...]]
    indexes: Mapping[str, tuple[Index, ...]]
    schema: Schema
    moving: frozenset[str]

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

    def differences(self, live: LiveTable) -> tuple[Difference, ...]:
        """Where a table that was built has other keys or indexes than it was built with: it may not be the same one.

        What can be set and set back at any time, such as capacity, says nothing about that.
        """
        expected = self.schema.tables.get(live.name)
        if expected is None or live.table is None:
            return ()
        codes = _OF_KEYS if live.name in self.moving or live.busy else _OF_SHAPE
        seen = overlooking(live, expected, self.indexes.get(live.name, ()))
        return tuple(difference for difference in diff(seen, expected) if difference.code in codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What an environment has.

    Attributes:
        tables: those that its applied scripts built, as far as they are there, by name.
        kept: physical names of the other tables of the environment.
        history: the history table; None when there is none.
        recorded: whether it holds anything of this application.
        shared: whether other applications keep their history in it, too.
        changed: how tables differ from what the scripts built, by physical name; these are confirmed separately.
        replaced: physical names of the tables that are, by their TableId, not those that were recorded.
        foreign: the application that recorded a table which is kept, by physical name.
    """

    tables: tuple[LiveTable, ...]
    kept: tuple[str, ...]
    history: LiveTable | None
    recorded: bool
    shared: bool
    changed: Mapping[str, tuple[Difference, ...]] = field(default_factory=dict)
    replaced: tuple[str, ...] = ()
    foreign: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to destroy."""
        return not self.tables and (self.history is None or (self.shared and not self.recorded))

    @property
    def guarded(self) -> tuple[str, ...]:
        """Physical names of the tables whose deletion protection is on; the history table's is our own."""
        return tuple(live.physical_name for live in self.tables if live.is_protected)

    @property
    def changes(self) -> tuple[str, ...]:
        """What is not as the scripts built it, in a sentence for each table."""
        return tuple(
            f"{name} is not as the scripts built it: {'; '.join(one.describe() for one in differences)}"
            for name, differences in self.changed.items()
        )

    @property
    def replacements(self) -> tuple[str, ...]:
        """What was made by hand in place of a table of ours, in a sentence for each."""
        return tuple(f"{name}: {REPLACED}" for name in self.replaced)


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
                begun[operation.table] = tuple(_states(migration, position, schema, after))
            schema = after if position in done else schema
    built = frozenset(schema.tables)
    unsure = {name: states for name, states in begun.items() if name not in built}
    records = history.records
    unfinished = (m for m in migrations if m.id in records and records[m.id].is_unfinished)
    return ManagedTables(
        built=built,
        begun=unsure,
        indexes=_added(migrations),
        schema=schema,
        moving=frozenset(operation.table for migration in unfinished for operation in migration.operations),
    )


def _added(migrations: Sequence[Migration]) -> dict[str, tuple[Index, ...]]:
    """The indexes that the scripts add, by table."""
    found: dict[str, list[Index]] = {}
    for operation in (operation for migration in migrations for operation in migration.operations):
        if operation.added_index is not None:
            found.setdefault(operation.table, []).append(operation.added_index)
    return {table: tuple(indexes) for table, indexes in found.items()}


def _done(migration: Migration, record: Record | None) -> Collection[int]:
    """Positions of what was recorded as live, also where a downgrade has begun to take it back."""
    if record is None:
        return ()
    return record.live(len(migration.operations)) | (frozenset(record.done) if record.is_unfinished else frozenset())


def _states(migration: Migration, position: int, before: Schema, after: Schema) -> Iterator[Table]:
    """The table in every state that creating it, or taking its drop back, may have left it in."""
    operation = migration.operations[position]
    if operation.creates_table:
        creation = plan_steps(operation, before, migration, position)
    else:
        creation = plan_reverse(migration, position, before, after)[1]
    yield from (step.after for step in creation if step.after is not None)
