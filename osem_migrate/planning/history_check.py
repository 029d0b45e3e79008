"""Whether the scripts are still what the history says was applied, and which script a version names."""

from collections.abc import Mapping, Sequence

from osem_migrate.errors import MigrationChanged, MigrationMissing, TargetUnknown
from osem_migrate.history import Record
from osem_migrate.migration import Migration


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
    """The script with that number (``7``, ``0007``) or id; raises TargetUnknown."""
    for migration in migrations:
        if version == migration.id or (version.isdecimal() and int(version) == migration.number):
            return migration
    raise TargetUnknown(f"no migration {version!r}", version=version)
