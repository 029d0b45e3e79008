"""Ownership: which application a table belongs to, where several keep their history in one table."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from osem_migrate.history import History, Record, RecordedTable, TableEffect
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration, operation_hash
from osem_migrate.operations import DropTable
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.replay import replay_recorded
from osem_migrate.schema import Schema


def recorded_tables(
    migration: Migration, table_ids: Mapping[str, str], earlier: Record | None = None
) -> dict[str, RecordedTable]:
    """What the record of a migration says of its tables.

    Args:
        migration: the script.
        table_ids: of tables that are there already and that the migration makes its own.
        earlier: what was recorded of it so far; what it knows is kept.
    """
    effects: dict[str, TableEffect] = {}
    for operation in migration.operations:
        if operation.creates_table or operation.drops_table:
            effects[operation.table] = TableEffect.CREATED if operation.creates_table else TableEffect.DROPPED
        effects.setdefault(operation.table, TableEffect.CHANGED)
    known = earlier.tables or {} if earlier is not None else {}
    kept = {name: known[name].table_id for name in effects if name in known}
    made = {name: found for name, found in table_ids.items() if effects.get(name) is TableEffect.CREATED}
    return {name: RecordedTable(effect=effect, table_id=(kept | made).get(name)) for name, effect in effects.items()}


def owners(
    names: Collection[str], migrations: Sequence[Migration], others: Mapping[str, Sequence[Record]]
) -> dict[str, str]:
    """Of these tables, those that other applications recorded as theirs, by logical name, each with its application.

    A record of an older version says which tables it made only by the hashes of its operations: it is believed where
    one of our scripts creates the same table with the same operation.

    Args:
        names: logical names.
        migrations: our scripts.
        others: the records of every other application that keeps its history in the same table.
    """
    hashes = dict(_hashes(names, migrations))
    found: dict[str, str] = {}
    for application, records in sorted(others.items()):
        for name in sorted(_owned(records, hashes) & set(names)):
            found.setdefault(name, application)
    return found


def named_tables(migrations: Sequence[Migration], history: History) -> frozenset[str]:
    """Logical names of all tables that a script declares, has declared, or that is recorded."""
    return history.tables | {operation.table for migration in migrations for operation in migration.operations}


def is_replaced(live: LiveTable, history: History) -> bool:
    """Whether this is, by its TableId, none of the tables that were recorded under its name."""
    known = history.table_ids(live.name)
    return live.table_id is not None and bool(known) and live.table_id not in known


@dataclass(frozen=True, slots=True)
class KnownTables:
    """What our own history knows of its tables, by logical name.

    Attributes:
        ids: every TableId that was recorded.
        begun: tables that a run of ours began to create and never recorded as made.
        built: tables that are there by our history.
    """

    ids: Mapping[str, Collection[str]]
    begun: frozenset[str]
    built: frozenset[str]

    def has(self, live: LiveTable, *, dropped: bool) -> bool:
        """Whether the live table is ours; what is to be dropped has to be the very one, by its TableId."""
        ids = self.ids.get(live.name, ())
        if live.table_id is not None and live.table_id in ids:
            return True
        return live.name in self.begun or (not dropped and not ids and live.name in self.built)


def known_tables(migrations: Sequence[Migration], history: History) -> KnownTables:
    """What the recorded migrations say of their tables."""
    built = frozenset(replay_recorded(migrations, history.records, Schema()).tables)
    begun = {
        migration.operations[position].table
        for migration in migrations
        if (record := history.records.get(migration.id)) is not None
        for position in record.begun(len(migration.operations))
        if migration.operations[position].creates_table
    }
    names = {operation.table for migration in migrations for operation in migration.operations}
    return KnownTables({name: history.table_ids(name) for name in names}, frozenset(begun), built)


def dropped_tables(plan: Plan) -> frozenset[str]:
    """The tables that are there before a plan and that it drops."""
    return frozenset(planned.table for planned in plan.operations if planned.after is None) & plan.before.tables.keys()


def claimed_tables(plan: Plan) -> frozenset[str]:
    """The tables that a plan makes its own, rebuilds or drops: those of which somebody else may be the owner."""
    return frozenset(
        planned.table
        for planned in plan.operations
        if None in {planned.before, planned.after} or planned.operation.is_repair
    )


def _hashes(names: Collection[str], migrations: Sequence[Migration]) -> Iterator[tuple[str, tuple[str, TableEffect]]]:
    for name in names:
        yield operation_hash(DropTable(name)), (name, TableEffect.DROPPED)
    for migration in migrations:
        for operation, found in zip(migration.operations, migration.operation_hashes, strict=True):
            if operation.creates_table:
                yield found, (operation.table, TableEffect.CREATED)


def _owned(records: Sequence[Record], hashes: Mapping[str, tuple[str, TableEffect]]) -> set[str]:
    """The tables that these records, of one application, have made and not dropped since."""
    owned: set[str] = set()
    for record in sorted(records, key=lambda record: (record.number, record.migration)):
        for name, effect in _effects(record, hashes) if record.may_be_live else ():
            if effect is TableEffect.CREATED:
                owned.add(name)
            elif effect is TableEffect.DROPPED and record.is_applied:
                owned.discard(name)
    return owned


def _effects(record: Record, hashes: Mapping[str, tuple[str, TableEffect]]) -> Iterator[tuple[str, TableEffect]]:
    if record.tables is not None:
        yield from ((name, table.effect) for name, table in record.tables.items())
        return
    known = dict(enumerate(record.operation_hashes))
    for position in sorted({*record.done, *record.doubt}):
        if known.get(position) in hashes:
            yield hashes[known[position]]
