"""Plan: what an upgrade would do, as a value that is printed by ``--dry-run`` and carried out by the executor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from osem_migrate.errors import MigrationChanged, MigrationMissing, MigrationOutOfOrder, TargetUnknown
from osem_migrate.history import History, Record
from osem_migrate.migration import Migration
from osem_migrate.operations import Operation
from osem_migrate.planning.estimate import Estimate, estimate_all
from osem_migrate.planning.replay import apply, operations_done, replay_recorded
from osem_migrate.schema import Schema, Table
from osem_migrate.steps import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOperation:
    """One operation with the table before it and the steps that lead to the table after it."""

    migration: Migration
    position: int
    operation: Operation
    before: Table | None
    after: Table | None
    steps: tuple[Step, ...]

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
    ``creates_history`` says that the history table does not exist yet and is created first.
    """

    migrations: tuple[PlannedMigration, ...]
    before: Schema
    after: Schema
    creates_history: bool = False

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
        """Every call, in script order."""
        return tuple(step for operation in self.operations for step in operation.steps)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The operations grouped by table, each lane in script order."""
        lanes: dict[str, list[PlannedOperation]] = {}
        for operation in self.operations:
            lanes.setdefault(operation.table, []).append(operation)
        return tuple(Lane(table, tuple(operations)) for table, operations in lanes.items())

    @property
    def hazards(self) -> tuple[str, ...]:
        """What is lost for good, one sentence an operation; empty when nothing is."""
        hazards = (planned.operation.hazard for planned in self.operations)
        return tuple(hazard for hazard in hazards if hazard is not None)

    @property
    def estimate(self) -> Estimate:
        """The usual time on AWS, one operation after the other."""
        return estimate_all(self.steps)


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
    _check_history(migrations, history.records)
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
        migrations=tuple(planned), before=before, after=schema, creates_history=bool(planned) and not history.exists
    )


def find_version(migrations: Sequence[Migration], version: str) -> Migration:
    """The script with that number (``7``, ``0007``) or id; raises TargetUnknown."""
    for migration in migrations:
        if version == migration.id or (version.isdecimal() and int(version) == migration.number):
            return migration
    raise TargetUnknown(f"no migration {version!r}", version=version)


def _plan_migration(migration: Migration, done: int, schema: Schema) -> tuple[Schema, tuple[PlannedOperation, ...]]:
    planned = []
    for position, operation in enumerate(migration.operations[done:], start=done):
        after = apply(operation, schema, migration, position)
        planned.append(
            PlannedOperation(
                migration=migration,
                position=position,
                operation=operation,
                before=schema.tables.get(operation.table),
                after=after.tables.get(operation.table),
                steps=operation.steps(schema),
            )
        )
        schema = after
    return schema, tuple(planned)


def _up_to(migrations: Sequence[Migration], target: str | None) -> Sequence[Migration]:
    if target is None:
        return migrations
    last = find_version(migrations, target)
    return migrations[: migrations.index(last) + 1]


def _check_history(migrations: Sequence[Migration], records: Mapping[str, Record]) -> None:
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
        done = record.operations_done
        return record.operation_hashes[:done] != migration.operation_hashes[:done]
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
