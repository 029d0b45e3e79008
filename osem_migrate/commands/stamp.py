"""Stamping: record migrations as applied without carrying them out, because the tables are as they make them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace

from osem_migrate.advice import command
from osem_migrate.deployment.actor import Actor
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.locked import LockOptions, held
from osem_migrate.deployment.ownership import refuse_foreign
from osem_migrate.deployment.records import record_of
from osem_migrate.errors import ResourceInUse
from osem_migrate.execution.adoption import mismatch
from osem_migrate.history import History, LogEntry, Record, RecordedState
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.planning.adoption import TableMismatch
from osem_migrate.planning.drift.diff import diff
from osem_migrate.planning.drift.doubt import doubts
from osem_migrate.planning.history_check import check_history, find_version
from osem_migrate.planning.ownership import recorded_tables
from osem_migrate.planning.replay import replay_recorded
from osem_migrate.schema import Schema, Table

STAMPED = "stamped"


@dataclass(frozen=True, slots=True)
class StampOptions(LockOptions):
    """What to record.

    Attributes:
        version: the last version to record: its number or its id.
        verify: whether the live tables have to be as the migrations make them.
        reason: why, for the log.
    """

    version: str
    _: KW_ONLY
    verify: bool = True
    reason: str | None = None

    def resume(self) -> str:
        """The same command again."""
        given = {"--no-verify": not self.verify, "--reason": self.reason, **self.given()}
        return command("stamp", self.version, given=given)


@dataclass(frozen=True, slots=True)
class StampResult:
    """What became of it: the id of the version, and those that are recorded as applied now and were not before."""

    version: str
    recorded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """The history, the id of the last migration that is meant, and those up to it that are not applied."""

    history: History
    last: str
    missing: Sequence[Migration]


def stamp(deployment: Deployment, migrations: Sequence[Migration], options: StampOptions) -> StampResult:
    """Record every migration up to the version that is not applied as applied; where all are, write nothing.

    Raises:
        TargetUnknown: there is no such version.
        MigrationChanged: what was recorded of a script is not what it says.
        MigrationMissing: a recorded script is gone.
        AdoptionMismatch: live tables differ from what the scripts make of them, and nothing was written.
        TableNotOurs: another application recorded one of them as its own, and nothing was written.
        OwnerUnknown: whether one did may not be read, and nothing was written.
        ResourceInUse: one of them is still on its way, and nothing was written.
    """
    deployment.check_account()
    found = _find(deployment, migrations, options)
    if not found.missing:
        return StampResult(found.last, ())
    actor = deployment.actor()
    # Before the lock, because not even the history table should come of a mistake.
    _records(deployment, migrations, options, found, actor)
    with held(deployment, actor, options, exists=found.history.exists) as lease:
        # Another run may have been at work while we waited for the lock.
        found = _find(deployment, migrations, options)
        records = _records(deployment, migrations, options, found, actor)
        options.check_stop()
        stamped = [replace(record, fence=lease.holder.fence) for record in records]
        deployment.history.write(lease, [(_entry(deployment, options, record), record) for record in stamped])
    return StampResult(found.last, tuple(record.migration for record in stamped))


def _find(deployment: Deployment, migrations: Sequence[Migration], options: StampOptions) -> _Found:
    history = deployment.history.read()
    check_history(migrations, history.records)
    last = find_version(migrations, options.version)
    wanted = migrations[: migrations.index(last) + 1]
    return _Found(history, last.id, [migration for migration in wanted if not history.is_applied(migration.id)])


def _records(
    deployment: Deployment, migrations: Sequence[Migration], options: StampOptions, found: _Found, actor: Actor
) -> list[Record]:
    """What is to be recorded of the missing ones; raises where the live tables do not confirm it."""
    now = deployment.clock.milliseconds()
    earlier = found.history.records
    records = [_applied(migration, earlier.get(migration.id), actor, now) for migration in found.missing]
    if not options.verify:
        return records
    then = {**earlier, **{record.migration: record for record in records}}
    schema = replay_recorded(migrations, then, Schema(defaults=deployment.environment.defaults))
    touched = sorted({operation.table for migration in found.missing for operation in migration.operations})
    refuse_foreign(deployment, migrations, touched, found.history)
    ids = _confirm(deployment, options, {name: schema.tables.get(name) for name in touched})
    return [
        replace(record, tables=recorded_tables(migration, ids))
        for migration, record in zip(found.missing, records, strict=True)
    ]


def _confirm(deployment: Deployment, options: StampOptions, tables: Mapping[str, Table | None]) -> dict[str, str]:
    """TableId of every live table; raises where one is not as it has to be once all of it is recorded."""
    kinds = {name: tuple(map(type, table.settings)) if table is not None else () for name, table in tables.items()}
    gateway = deployment.gateway
    live_tables = [gateway.learn(live, (tables[live.name],)) for live in gateway.describe_all(kinds)]
    wanted = [(live, tables[live.name]) for live in live_tables]
    mismatches = [TableMismatch(live, (*diff(live, table), *doubts(live, table))) for live, table in wanted]
    mismatches = [found for found in mismatches if found.differences]
    if mismatches:
        raise mismatch(
            "the live tables differ from what the scripts up to that version build",
            mismatches,
            "Change the tables or the scripts until they agree, or run the scripts with: "
            f"{command('upgrade', '--to', options.version)}\n"
            f"or record them anyway: {replace(options, verify=False).resume()}",
        )
    if moving := list(_moving(live_tables)):
        raise ResourceInUse("not settled yet", parts=moving)
    return {live.name: live.table_id for live in live_tables if live.table_id is not None}


def _entry(deployment: Deployment, options: StampOptions, record: Record) -> LogEntry:
    how = "compared with the live tables" if options.verify else "not compared with the live tables"
    return LogEntry(
        at=deployment.clock.milliseconds(),
        what=STAMPED,
        migration=record.migration,
        by=record.applied_by,
        detail=how,
        reason=options.reason,
    )


def _applied(migration: Migration, earlier: Record | None, actor: Actor, now: int) -> Record:
    """The record of a migration that is live as a whole; the fence is that of the lock, once it is held."""
    every = range(len(migration.operations))
    record = record_of(migration, earlier, actor, now, state=RecordedState.APPLIED, done=every)
    return replace(record, started_at=now, finished_at=now, tables=recorded_tables(migration, {}))


def _moving(live_tables: Sequence[LiveTable]) -> Iterator[str]:
    for live in live_tables:
        yield from (f"{live.physical_name}: {subject} is {phase}" for subject, phase in live.busy.items())
