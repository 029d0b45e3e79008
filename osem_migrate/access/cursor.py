"""Cursors: where a query goes on, as a text that an application may hand out, and gets back from whom it may."""

import base64
import json
from typing import Any

from osem_migrate.access.values import ENCODERS
from osem_migrate.errors import QueryInvalid, ValueInvalid
from osem_migrate.schema import Key, Table
from osem_migrate.schema.item import Item

ANEW = "Begin again without a cursor, or give the one of the page before, with the same conditions and index."


def cursor_of(item: Item, table: Table, index: str | None) -> str:
    """The cursor after an item."""
    key = [_written(key, item[key.name][key.type]) for key in _keys(table, index)]
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode()


def key_of(cursor: str, table: Table, index: str | None) -> dict[str, Any]:
    """The key to start after; raises QueryInvalid where it is no key of that table and index."""
    keys = _keys(table, index)
    try:
        parts = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            parts = []
        return {key.name: {key.type: _read(key, part)} for key, part in zip(keys, parts, strict=True)}
    except (ValueError, ValueInvalid, RecursionError):
        where = f"index {index!r}" if index is not None else f"table {table.name!r}"
        raise QueryInvalid(
            f"the cursor is none of {where}",
            remediation=ANEW,
            table=table.name,
        ) from None


def _keys(table: Table, index: str | None) -> tuple[Key, ...]:
    found = table.index(index) if index is not None else None
    return tuple(dict.fromkeys((*table.keys, *(found.keys if found is not None else ()))))


def _written(key: Key, content: Any) -> str:
    return base64.b64encode(content).decode() if key.type == "B" else content


def _read(key: Key, part: str) -> Any:
    """What the part of a key was; raises ValueError or ValueInvalid where it never was one."""
    if not part:
        raise ValueError
    return base64.b64decode(part, validate=True) if key.type == "B" else ENCODERS[key.type](part, key.name)[key.type]
