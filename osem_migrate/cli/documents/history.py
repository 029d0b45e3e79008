"""The document of ``history``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.clock import iso_of
from osem_migrate.details import Timestamp
from osem_migrate.history import LogEntry


class LogEntryDocument(TypedDict):
    """One entry of the log."""

    at: Timestamp | None
    """Null where what is recorded is no time."""
    what: str
    """Such as applied, failed or stamped."""
    migration: str | None
    by: str
    detail: str
    reason: str | None
    """Why, where somebody said so."""


class HistoryCounts(TypedDict):
    """How many there are."""

    events: int


class HistoryDocument(TypedDict):
    """What was done, oldest first."""

    counts: HistoryCounts
    events: list[LogEntryDocument]


PRINTED = {"history": Printed((HistoryDocument,), HistoryDocument)}


def history_document(count: int) -> HistoryDocument:
    """The log without its entries, which are printed while they are read."""
    return {"counts": {"events": count}, "events": []}


def entry_document(entry: LogEntry) -> LogEntryDocument:
    """One entry of it."""
    return {
        "at": iso_of(entry.at),
        "what": entry.what,
        "migration": entry.migration,
        "by": entry.by,
        "detail": entry.detail,
        "reason": entry.reason,
    }
