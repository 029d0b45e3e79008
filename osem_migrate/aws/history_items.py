"""Records, holders and log entries as items of the history table, and back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from osem_migrate.advice import AGAIN, command
from osem_migrate.errors import HistoryUnreadable
from osem_migrate.history import (
    LOCK,
    Holder,
    LogEntry,
    Progress,
    Record,
    RecordedError,
    RecordedState,
    RecordedTable,
    TableEffect,
)
from osem_migrate.listing import parts_at, starts
from osem_migrate.migration import number_named, shown_version

PARTITION_KEY = "scope"
SORT_KEY = "item"
LOCK_ITEM = LOCK
MIGRATION_PREFIX = "migration#"
LOG_PREFIX = "event#"
PASS_PREFIX = "pass#"  # noqa: S105 - it begins the keys of passes
UNREADABLE = "unreadable"
"""What is shown as done of an entry that cannot be read."""
HOLDER_ATTRIBUTES = ("owner", "host", "pid", "identity", "run_url", "lease_ms", "heartbeat", "acquired_at")
_DAMAGED = (
    f"A newer osem-migrate may have written it: update the tool and {AGAIN}. "
    f"If no run is in progress, clear it with: {command('unlock', '--force')}"
)

_LONGEST_REASON = 200  # characters
_LONGEST_TEXT = 4096  # characters
_YEAR_10000 = 253_402_300_800_000  # Unix milliseconds

_SERIALIZER = TypeSerializer()
_DESERIALIZER = TypeDeserializer()


def serialize(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values in DynamoDB's typed JSON; members that are None are left out."""
    return {name: _SERIALIZER.serialize(value) for name, value in values.items() if value is not None}


def deserialize(item: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values of a typed item."""
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}


def record_item(scope: str, record: Record) -> dict[str, Any]:
    """The item of a record."""
    return serialize(
        {
            PARTITION_KEY: scope,
            SORT_KEY: MIGRATION_PREFIX + record.migration,
            "state": record.state.value,
            "checksum": record.checksum,
            "operations_total": record.operations_total,
            "operations_done": record.operations_done,
            "done": list(record.done),
            "doubt": list(record.doubt),
            "progress": {str(position): _progress(done) for position, done in record.progress.items()} or None,
            "operation_hashes": list(record.operation_hashes),
            "started_at": record.started_at,
            "finished_at": record.finished_at,
            "left_at": record.left_at,
            "applied_by": record.applied_by,
            "tool_version": record.tool_version,
            "fence": record.fence,
            "error": _error(record.error) if record.error is not None else None,
            "downgrade_to": record.downgrade_to,
            "tables": _tables(record.tables) if record.tables is not None else None,
            "createdAt": record.created_at,
            "updatedAt": record.updated_at,
            "createdBy": record.created_by,
        }
    )


def record_key(scope: str, migration: str) -> dict[str, Any]:
    """Where the record of a migration lies."""
    return serialize({PARTITION_KEY: scope, SORT_KEY: MIGRATION_PREFIX + migration})


def read_record(item: Mapping[str, Any]) -> Record:
    """The record of an item; raises HistoryUnreadable where it is not what this version writes."""
    name = sort_key(item).removeprefix(MIGRATION_PREFIX)
    with readable(f"the record of {name!r}", remediation=_unreadable_record(name), migration=name):
        values = deserialize(item)
        _check_id(name)
        error = values.get("error")
        return Record(
            migration=name,
            state=RecordedState(values["state"]),
            checksum=_text(values["checksum"]),
            operations_total=int(values["operations_total"]),
            done=tuple(int(position) for position in values["done"]),
            doubt=tuple(int(position) for position in values["doubt"]),
            progress={int(position): _read_progress(done) for position, done in values.get("progress", {}).items()},
            operation_hashes=tuple(map(_text, values["operation_hashes"])),
            started_at=_moment(values["started_at"]) if "started_at" in values else None,
            finished_at=_moment(values["finished_at"]) if "finished_at" in values else None,
            left_at=_moment(values["left_at"]) if "left_at" in values else None,
            applied_by=_text(values["applied_by"]),
            tool_version=_text(values["tool_version"]),
            fence=int(values["fence"]),
            created_at=_moment(values["createdAt"]),
            updated_at=_moment(values["updatedAt"]),
            created_by=_text(values["createdBy"]),
            error=_read_error(error) if error else None,
            downgrade_to=_optional_text(values.get("downgrade_to")),
            tables=_read_tables(values["tables"]) if "tables" in values else None,
        )


def _unreadable_record(migration: str) -> str:
    applied, reverted = (command("resolve", migration, flag) for flag in ("--applied", "--reverted"))
    return f"{HistoryUnreadable.remedy}\nIf it was damaged, record anew what became of it: {applied}\nor: {reverted}"


def _error(error: RecordedError) -> dict[str, Any]:
    where = {} if error.position is None else {"operation": error.position}
    return {"code": error.code, "message": _brief(error.message), **_listing(error.message, error.parts), **where}


def _read_error(error: Mapping[str, Any]) -> RecordedError:
    message = _text(error["message"])
    return RecordedError(
        code=_text(error["code"]),
        message=message,
        parts=_read_listing(message, error),
        position=int(error["operation"]) if "operation" in error else None,
    )


def _listing(message: str, parts: Sequence[str]) -> dict[str, list[int]]:
    """Where the things begin with which a message ends, so that none of them takes room twice."""
    found = starts(message, parts, _LONGEST_TEXT - 1)
    return {"parts": found} if found else {}


def _read_listing(message: str, item: Mapping[str, Any]) -> tuple[str, ...]:
    return parts_at(message, [int(at) for at in item.get("parts", ())])


def _progress(done: Progress) -> dict[str, Any]:
    known = {"step": done.step, "cursor": done.cursor, "begun_at": done.begun_at}
    return {name: value for name, value in known.items() if value is not None}


def _read_progress(done: Mapping[str, Any]) -> Progress:
    begun_at = _moment(done["begun_at"]) if "begun_at" in done else None
    return Progress(step=int(done["step"]), cursor=_optional_text(done.get("cursor")), begun_at=begun_at)


def _tables(tables: Mapping[str, RecordedTable]) -> dict[str, Any]:
    return {
        name: {"effect": table.effect.value} | ({"id": table.table_id} if table.table_id is not None else {})
        for name, table in tables.items()
    }


def _read_tables(tables: Mapping[str, Any]) -> dict[str, RecordedTable]:
    return {
        name: RecordedTable(effect=TableEffect(table["effect"]), table_id=_optional_text(table.get("id")))
        for name, table in tables.items()
    }


def holder_values(holder: Holder) -> dict[str, Any]:
    """The holder's attributes on the lock item, beside its fence."""
    return {
        "owner": holder.owner,
        "host": holder.host,
        "pid": holder.pid,
        "identity": holder.identity,
        "run_url": holder.run_url,
        "lease_ms": holder.lease_ms,
        "heartbeat": holder.heartbeat,
        "acquired_at": holder.acquired_at,
    }


def read_holder(item: Mapping[str, Any]) -> Holder | None:
    """Who holds the lock by its item; None when it was released. Raises HistoryUnreadable like ``read_record``."""
    if "owner" not in item:
        return None
    with readable("the lock", remediation=_DAMAGED):
        values = deserialize(item)
        return Holder(
            owner=_text(values["owner"]),
            host=_text(values["host"]),
            pid=int(values["pid"]),
            identity=_text(values["identity"]),
            run_url=_optional_text(values.get("run_url")),
            fence=int(values["fence"]),
            lease_ms=int(values["lease_ms"]),
            heartbeat=int(values["heartbeat"]),
            acquired_at=int(values["acquired_at"]),  # whatever it says, the lock can be cleared
        )


def read_fence(item: Mapping[str, Any]) -> int:
    """The fence of the newest acquisition; 0 before the first. Raises HistoryUnreadable like ``read_holder``."""
    with readable("the lock", remediation=_DAMAGED):
        return int(deserialize(item).get("fence", 0))


def log_item(scope: str, entry: LogEntry, *, fence: int, number: int) -> dict[str, Any]:
    """The item of a log entry: sorted by time, and never the same twice within one hold of the lock."""
    return serialize(
        {
            PARTITION_KEY: scope,
            SORT_KEY: f"{LOG_PREFIX}{entry.at:013}#{fence:010}#{number:06}",
            "at": entry.at,
            "what": entry.what,
            "migration": entry.migration,
            "by": entry.by,
            "detail": _brief(entry.detail) or None,
            **_listing(entry.detail, entry.parts),
            "reason": _brief(entry.reason) if entry.reason is not None else None,
        }
    )


def read_log_item(item: Mapping[str, Any]) -> LogEntry:
    """The entry of an item; raises HistoryUnreadable like ``read_record``."""
    with readable(f"the entry {sort_key(item)!r}"):
        values = deserialize(item)
        detail = _text(values.get("detail", ""))
        return LogEntry(
            at=_moment(values["at"]),
            what=_text(values["what"]),
            migration=_optional_text(values.get("migration")),
            by=_text(values["by"]),
            detail=detail,
            parts=_read_listing(detail, values),
            reason=_optional_text(values.get("reason")),
        )


def show_log_item(item: Mapping[str, Any]) -> LogEntry:
    """The entry of an item; of one that cannot be read, that it is there, and why it says no more."""
    try:
        return read_log_item(item)
    except HistoryUnreadable as unreadable:
        moment = sort_key(item).removeprefix(LOG_PREFIX).partition("#")[0]
        at = min(int(moment), _YEAR_10000 - 1) if moment.isascii() and moment.isdecimal() else 0
        return LogEntry(at=at, what=UNREADABLE, migration=None, by="", detail=unreadable.message)


def size(item: Mapping[str, Any]) -> int:
    """How many bytes DynamoDB counts for an item, or a few more."""
    return len(json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode())


def sort_key(item: Mapping[str, Any]) -> str:
    """What an item of the history table is, by its sort key; raises HistoryUnreadable where it has none."""
    return _key(item, SORT_KEY)


def scope(item: Mapping[str, Any]) -> str:
    """Whose an item of the history table is, by its partition key; raises HistoryUnreadable where it has none."""
    return _key(item, PARTITION_KEY)


def _key(item: Mapping[str, Any], name: str) -> str:
    with readable("an item of the history table"):
        return _text(item[name]["S"])


def _brief(text: str) -> str:
    """A text for people, as far as an item has room for it: one of 2,000 tables names each of them."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def _check_id(name: str) -> None:
    """Raise ValueError unless the id begins with a migration's number."""
    if number_named(name.partition("_")[0]) is None:
        raise ValueError(f"{shown_version(name)} has no number")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _moment(value: Any) -> int:
    """Unix milliseconds in the years that have four digits; others have no date that could be shown."""
    milliseconds = int(value)
    if not 0 <= milliseconds < _YEAR_10000:
        raise ValueError(f"{value} is no time in milliseconds")
    return milliseconds


@contextmanager
def readable(what: str, **details: Any) -> Iterator[None]:
    """What an item lacks, or has otherwise than this version writes it, becomes HistoryUnreadable."""
    try:
        yield
    except (ArithmeticError, KeyError, TypeError, ValueError, AttributeError) as unknown:
        why = f"{unknown.args[0]} is missing" if isinstance(unknown, KeyError) else str(unknown)
        why = why if len(why) <= _LONGEST_REASON else f"{why[:_LONGEST_REASON]}…"
        raise HistoryUnreadable(f"{what} cannot be read: {why}", **details) from unknown
