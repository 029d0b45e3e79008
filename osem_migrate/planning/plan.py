"""Plan: what an upgrade would do, as a value that is printed by ``--dry-run`` and carried out by the executor."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from osem_migrate.errors import MigrationChanged, MigrationMissing, MigrationOutOfOrder, TargetUnknown
from osem_migrate.history import History, Record, RecordedState
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, Operation
from osem_migrate.operations.step import Step
from osem_migrate.planning.estimate import Estimate, estimate_all
from osem_migrate.planning.replay import apply, operations_done, replay_recorded
from osem_migrate.schema import Index, Schema, Table


class Direction(StrEnum):
    """Which way a plan goes, and what that means for the record of a migration."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"

    def live(self, migration: Migration, remaining: Collection[int]) -> tuple[int, ...]:
        """Positions of the operations that are live while the remaining ones are still to be carried out."""
        if self is Direction.DOWNGRADE:
            return tuple(sorted(remaining))
        return tuple(position for position in range(len(migration.operations)) if position not in remaining)

    def after(self, live: tuple[int, ...], position: int) -> tuple[int, ...]:
        """The positions that are live once one more operation is finished."""
        if self is Direction.DOWNGRADE:
            return tuple(known for known in live if known != position)
        return tuple(sorted({*live, position}))

    def ended(self, record: Record) -> RecordedState | None:
        """The state of a migration of which nothing remains; None while something does."""
        if self is Direction.DOWNGRADE:
            return None if record.done else RecordedState.REVERTED
        return RecordedState.APPLIED if len(record.done) == record.operations_total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOperation:
    """One operation with the table before it and the steps that lead to the table after it.

    Attributes:
        position: where the operation, or the one it reverses, stands in its migration.
        ahead: indexes that later operations of the plan add to the same table. One that is there already, exactly as
            declared (folded into CreateTable, or made by hand), is no surprise.
        folded: whether an earlier call of the plan brings its index along.
    """

    migration: Migration
    position: int
    operation: Operation
    before: Table | None
    after: Table | None
    steps: tuple[Step, ...]
    ahead: tuple[Index, ...] = ()
    folded: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """Migration and position: the operation's identity within a plan."""
        return (self.migration.id, self.position)

    @property
    def table(self) -> str:
        """Logical name of the table it touches."""
        return self.operation.table

    @property
    def states(self) -> tuple[Table | None, ...]:
        """The table before the first step and after each one: where the live table may be found."""
        return (self.before, *(step.after for step in self.steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMigration:
    """One migration with those of its operations that are still to do."""

    migration: Migration
    operations: tuple[PlannedOperation, ...]

    @property
    def already_done(self) -> int:
        """How many of its operations an earlier run completed."""
        return len(self.migration.operations) - len(self.operations)


@dataclass(frozen=True, slots=True)
class Lane:
    """The operations of one table, in order. Lanes may run side by side; inside a lane nothing overlaps."""

    table: str
    operations: tuple[PlannedOperation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Migrations in the order in which they run, and the schema before and after them.

    ``before`` is what is live by the history, the completed operations of unfinished migrations among it.
    ``creates_history`` says that the history table does not exist yet and is created first; ``is_first`` that nothing
    was ever recorded, so that a table that is there already was made by somebody else.
    """

    migrations: tuple[PlannedMigration, ...]
    before: Schema
    after: Schema
    creates_history: bool = False
    is_first: bool = False
    direction: Direction = Direction.UPGRADE

    @property
    def is_empty(self) -> bool:
        """Whether nothing is pending."""
        return not self.migrations

    @property
    def operations(self) -> tuple[PlannedOperation, ...]:
        """Every operation still to do, in script order."""
        return tuple(operation for migration in self.migrations for operation in migration.operations)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every call, in script order; what is folded into another call makes none of its own."""
        return tuple(step for operation in self.operations if not operation.folded for step in operation.steps)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The operations grouped by table, each lane in script order."""
        lanes: dict[str, list[PlannedOperation]] = {}
        for operation in self.operations:
            lanes.setdefault(operation.table, []).append(operation)
        return tuple(Lane(table, tuple(operations)) for table, operations in lanes.items())

    @property
    def predecessors(self) -> dict[tuple[str, int], frozenset[tuple[str, int]]]:
        """What each operation waits for, by key: the one before it in its lane, and all that its script depends on."""
        last: dict[str, tuple[str, int]] = {}
        waits: dict[tuple[str, int], frozenset[tuple[str, int]]] = {}
        keys = {planned.migration.id: {op.key for op in planned.operations} for planned in self.migrations}
        for operation in self.operations:
            before = {last[operation.table]} if operation.table in last else set()
            for name in operation.migration.depends if self.direction is Direction.UPGRADE else ():
                before |= keys.get(name, set())
            waits[operation.key] = frozenset(before)
            last[operation.table] = operation.key
        return waits

    @property
    def hazards(self) -> tuple[str, ...]:
        """What is lost for good, one sentence an operation; empty when nothing is."""
        hazards = (planned.operation.hazard for planned in self.operations)
        return tuple(hazard for hazard in hazards if hazard is not None)

    @property
    def estimate(self) -> Estimate:
        """The usual time on AWS: that of the longest lane."""
        lanes = [
            estimate_all(
                tuple(step for operation in lane.operations if not operation.folded for step in operation.steps)
            )
            for lane in self.lanes
        ]
        return Estimate(max((lane.low for lane in lanes), default=0), max((lane.high for lane in lanes), default=0))


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
        MigrationOutOfOrder: a pending script is older than the newest applied one.
        TargetUnknown: ``target`` names no script.
        ScriptOperationInapplicable: an operation does not fit the schema so far.
    """
    check_history(migrations, history.records)
    wanted = _up_to(migrations, target)
    applied = [migration for migration in migrations if history.is_applied(migration.id)]
    pending = [migration for migration in wanted if not history.is_applied(migration.id)]
    if not allow_out_of_order:
        _check_order(pending, applied, history.records)
    before = replay_recorded(migrations, history.records, Schema(defaults=defaults))
    schema, planned = before, []
    for migration in pending:
        done = operations_done(migration, history.records)
        schema, operations = _plan_migration(migration, done, schema)
        planned.append(PlannedMigration(migration=migration, operations=operations))
    return Plan(
        migrations=_looking_ahead(planned),
        before=before,
        after=schema,
        creates_history=bool(planned) and not history.exists,
        is_first=bool(planned) and not history.records,
    )


def find_version(migrations: Sequence[Migration], version: str) -> Migration:
    """The script with that number (``7``, ``0007``) or id; raises TargetUnknown."""
    for migration in migrations:
        if version == migration.id or (version.isdecimal() and int(version) == migration.number):
            return migration
    raise TargetUnknown(f"no migration {version!r}", version=version)


def _plan_migration(
    migration: Migration, done: Collection[int], schema: Schema
) -> tuple[Schema, tuple[PlannedOperation, ...]]:
    planned = []
    for position, operation in enumerate(migration.operations):
        if position in done:
            continue
        after = apply(operation, schema, migration, position)
        planned.append(
            PlannedOperation(
                migration=migration,
                position=position,
                operation=operation,
                before=operation.start(schema),
                after=after.tables.get(operation.table),
                steps=operation.steps(schema),
            )
        )
        schema = after
    return schema, tuple(planned)


def _looking_ahead(migrations: Sequence[PlannedMigration]) -> tuple[PlannedMigration, ...]:
    """The same migrations, each operation knowing the indexes that later ones add to its table."""
    ahead: dict[str, tuple[Index, ...]] = {}
    looking: list[PlannedMigration] = []
    for planned in reversed(migrations):
        operations: list[PlannedOperation] = []
        for operation in reversed(planned.operations):
            known = () if operation.before is None else operation.before.indexes
            names = {index.name for index in known}
            later = tuple(index for index in ahead.get(operation.table, ()) if index.name not in names)
            operations.append(replace(operation, ahead=later))
            if operation.before is None or operation.after is None:
                # What comes later belongs to another incarnation of the table.
                ahead.pop(operation.table, None)
            if isinstance(operation.operation, AddIndex):
                ahead[operation.table] = (*ahead.get(operation.table, ()), operation.operation.index)
        looking.append(replace(planned, operations=tuple(reversed(operations))))
    return tuple(reversed(looking))


def _up_to(migrations: Sequence[Migration], target: str | None) -> Sequence[Migration]:
    if target is None:
        return migrations
    last = find_version(migrations, target)
    return migrations[: migrations.index(last) + 1]


def check_history(migrations: Sequence[Migration], records: Mapping[str, Record]) -> None:
    """Raise MigrationMissing or MigrationChanged where the scripts are no longer what was applied."""
    known = {migration.id: migration for migration in migrations}
    for record in sorted(records.values(), key=lambda record: (record.number, record.migration)):
        migration = known.get(record.migration)
        if migration is None:
            if record.is_applied or record.is_unfinished:
                raise MigrationMissing(
                    f"{record.migration} is recorded as {record.state}, but its script is not in the folder",
                    migration=record.migration,
                )
        elif is_changed(migration, record):
            part = "it" if record.is_applied else "part of it"
            raise MigrationChanged(
                f"{migration.file or migration.id} was changed after {part} was applied",
                migration=migration.id,
                file=migration.file,
                recorded=record.checksum,
                found=migration.checksum,
            )


def is_changed(migration: Migration, record: Record) -> bool:
    """Whether what the record says was done is no longer what the script declares."""
    if record.is_applied:
        return record.checksum != migration.checksum
    if record.is_unfinished:
        recorded, found = dict(enumerate(record.operation_hashes)), dict(enumerate(migration.operation_hashes))
        return any(recorded.get(position) != found.get(position) for position in record.done)
    return False


def _check_order(pending: Sequence[Migration], applied: Sequence[Migration], records: Mapping[str, Record]) -> None:
    newest = max((migration.number for migration in applied), default=-1)
    for migration in pending:
        record = records.get(migration.id)
        resumes = record is not None and record.is_unfinished
        if migration.number < newest and not resumes:
            raise MigrationOutOfOrder(
                f"{migration.file or migration.id} is pending, but migration {newest:04} is applied already",
                migration=migration.id,
                newest_applied=newest,
            )
