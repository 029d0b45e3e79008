"""A migration with its state, and what the history table says of it."""

from typing_extensions import TypedDict

from osem_migrate.clock import iso_of
from osem_migrate.details import Timestamp
from osem_migrate.history import Record
from osem_migrate.planning.status.migrations import MigrationStatus


class RecordedErrorDocument(TypedDict):
    """Why a migration failed."""

    code: str
    message: str


class RecordDocument(TypedDict):
    """What the history table says of a migration."""

    state: str
    """running, applied, failed or reverted."""
    operations_done: int
    operations_total: int
    started_at: Timestamp | None
    """Null while a run has not come to it."""
    finished_at: Timestamp | None
    applied_by: str
    tool_version: str
    checksum: str
    error: RecordedErrorDocument | None


class MigrationDocument(TypedDict):
    """A migration and its state."""

    id: str
    number: int
    state: str
    """applied, pending, running, failed, reverted, interrupted, out_of_order, missing, changed or future."""
    summary: str
    file: str | None
    """Null where its script is gone."""
    renamed: str | None
    """Its other id, where it was renamed after it was applied."""
    record: RecordDocument | None
    """Null where nothing was recorded of it."""


def migration_document(migration: MigrationStatus) -> MigrationDocument:
    """One migration of ``status``."""
    return {
        "id": migration.id,
        "number": migration.number,
        "state": migration.state.value,
        "summary": migration.summary,
        "file": migration.file,
        "renamed": migration.renamed,
        "record": _record(migration.record) if migration.record is not None else None,
    }


def _record(record: Record) -> RecordDocument:
    return {
        "state": record.state.value,
        "operations_done": record.operations_done,
        "operations_total": record.operations_total,
        "started_at": iso_of(record.started_at),
        "finished_at": iso_of(record.finished_at),
        "applied_by": record.applied_by,
        "tool_version": record.tool_version,
        "checksum": record.checksum,
        "error": {"code": record.error.code, "message": record.error.message} if record.error is not None else None,
    }
