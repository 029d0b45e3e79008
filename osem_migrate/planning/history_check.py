"""Whether the scripts are still what the history says was applied, and which script a version names."""

from collections import Counter
from collections.abc import Mapping, Sequence

from osem_migrate.advice import did_you_mean
from osem_migrate.errors import MigrationChanged, MigrationFuture, MigrationMissing, TargetUnknown
from osem_migrate.history import Record, ShownState
from osem_migrate.listing import in_lines, one_line
from osem_migrate.migration import Migration, number_named, shown_version
from osem_migrate.planning.status.remedy import explain

HEAD = "head"  # the version that stands for the newest script


def check_history(migrations: Sequence[Migration], records: Mapping[str, Record], *, future: bool = False) -> None:
    """Raise MigrationMissing, MigrationFuture or MigrationChanged where the scripts are no longer what was applied.

    With ``future``, migrations that only a newer checkout has are no contradiction.
    """
    known = {migration.id: migration for migration in migrations}
    lost = {record.migration for record in lost_records(migrations, records)}
    newer, renamed = future_migrations(migrations, records), find_renamed(migrations, records)
    for record in sorted(records.values(), key=lambda record: (record.number, record.migration)):
        migration = known.get(record.migration)
        if record.migration in newer:
            if not future:
                raise found_newer([record.migration])
        elif record.migration in lost:
            name = renamed.get(record.migration)
            gone = f"its script is {name} now" if name is not None else "its script is not in the folder"
            error = record.error
            text, parts = in_lines(error.message, error.parts) if error is not None else ("", ())
            raise MigrationMissing(
                one_line(f"{record.migration} is recorded as {record.state}, but {gone}", [text]),
                parts=parts,
                remediation=explain(ShownState.MISSING, record.migration, record, renamed=name)[1],
                migration=record.migration,
                renamed_to=name,
            )
        elif migration is not None and is_changed(migration, record):
            part = "it" if record.is_applied else "part of it"
            raise MigrationChanged(
                f"{migration.file or migration.id} was changed after {part} was applied",
                remediation=explain(ShownState.CHANGED, migration.id, record)[1],
                migration=migration.id,
                file=migration.file,
                recorded=record.checksum,
                found=migration.checksum,
            )


def found_newer(ids: Sequence[str], pending: str | None = None) -> MigrationFuture:
    """The error that names the migrations which only a newer checkout has, and one of ours that is still pending."""
    newer = f"{', '.join(ids)}: recorded as applied by a newer checkout than this one"
    waiting = f"; {pending} is pending here, and may not fit what that one has made of the tables" if pending else ""
    return MigrationFuture(
        f"{newer}{waiting}", migration=ids[0], future=list(ids), pending=[pending] if pending else None
    )


def future_migrations(migrations: Sequence[Migration], records: Mapping[str, Record]) -> tuple[str, ...]:
    """Ids that are applied and above every script here, by number: a newer checkout has their scripts.

    What a run did not finish there is not among them, nor is what was only renamed here.
    """
    newest = max((migration.number for migration in migrations), default=-1)
    renamed = find_renamed(migrations, records)
    lost = lost_records(migrations, records)
    return tuple(
        record.migration
        for record in lost
        if record.is_applied and record.number > newest and record.migration not in renamed
    )


def find_renamed(migrations: Sequence[Migration], records: Mapping[str, Record]) -> dict[str, str]:
    """By the id under which it was applied or begun, that of the one other script that declares exactly the same."""
    lost = lost_records(migrations, records)
    waiting: dict[str, list[str]] = {}
    for migration in migrations if lost else ():
        if not _may_be_live(records.get(migration.id)):
            waiting.setdefault(migration.checksum, []).append(migration.id)
    renamed: dict[str, str] = {}
    for record in lost:
        same = waiting.get(record.checksum, [])
        if len(same) == 1:
            renamed.setdefault(record.migration, same[0])
    # Of two records that would be one script, neither is known to be it.
    counts = Counter(renamed.values())
    return {old: new for old, new in renamed.items() if counts[new] == 1}


def _may_be_live(record: Record | None) -> bool:
    return record is not None and record.may_be_live


def lost_records(migrations: Sequence[Migration], records: Mapping[str, Record]) -> list[Record]:
    """Records of which something may be live and whose script is not among these, by number."""
    known = {migration.id for migration in migrations}
    lost = (record for record in records.values() if record.migration not in known and record.may_be_live)
    return sorted(lost, key=lambda record: (record.number, record.migration))


def is_changed(migration: Migration, record: Record) -> bool:
    """Whether what the record says was done is no longer what the script declares."""
    if record.is_applied:
        return record.checksum != migration.checksum
    if record.is_unfinished:
        recorded, found = dict(enumerate(record.operation_hashes)), dict(enumerate(migration.operation_hashes))
        return any(recorded.get(position) != found.get(position) for position in record.done)
    return False


def find_version(migrations: Sequence[Migration], version: str) -> Migration:
    """The script with that number (``7``, ``0007``) or id, or the newest (``head``); raises TargetUnknown."""
    if version == HEAD and migrations:
        return migrations[-1]
    for migration in migrations:
        if version == migration.id or number_named(version) == migration.number:
            return migration
    raise unknown_version(version, [migration.id for migration in migrations])


def unknown_version(version: str, ids: Sequence[str]) -> TargetUnknown:
    """The error that names the nearest version, or the newest; the ids are in order."""
    newest = f"; the newest is {ids[-1]}" if ids else "; there is none yet"
    slugs = {name.partition("_")[2]: name for name in ids}
    near = did_you_mean(version, slugs | {name: name for name in (*ids, HEAD)})
    return TargetUnknown(f"no migration {shown_version(version)}{near or newest}", version=version)
