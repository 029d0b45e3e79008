"""Cursors: they come back as the key they are, and what is none is told so."""

import base64
import json
from typing import Any

import pytest

from osem_migrate.access.cursor import cursor_of, key_of
from osem_migrate.errors import QueryInvalid
from tests.unit.access.builders import codec


@pytest.mark.parametrize(
    ("name", "index", "item"),
    [
        ("ORDER", None, {"PK": {"S": "é"}, "SK": {"S": "ORDER#1#2"}}),
        ("ORDER", "by-status", {"PK": {"S": "a"}, "SK": {"S": "b"}, "status": {"S": "c"}, "total": {"N": "1"}}),
        ("ORDER", "turned", {"PK": {"S": "a"}, "SK": {"S": "b"}}),
        ("Blobs", None, {"digest": {"B": b"\x00\xff"}}),
    ],
)
def test_they_come_back(name: str, index: str | None, item: dict[str, Any]) -> None:
    """The keys of the table and of the index, each once; of other attributes nothing."""
    table = codec(name).entity.table
    cursor = cursor_of({**item, "other": {"S": "x"}}, table, index)
    assert key_of(cursor, table, index) == item


OTHERS: list[Any] = [{}, ["a"], [1, 2], ["a", "b", "c"], ["a", ""], ["a", "\ud800"]]
DEEP = base64.b64encode(b"[" * 100_000).decode()


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", DEEP, *(base64.b64encode(json.dumps(part).encode()).decode() for part in OTHERS)]
)
def test_others_are_refused(cursor: str) -> None:
    """Whoever sends a cursor back may send anything."""
    with pytest.raises(QueryInvalid, match="the cursor is none of table 'Shop'"):
        key_of(cursor, codec("ORDER").entity.table, None)


def test_numbers_that_are_none() -> None:
    """Before DynamoDB is asked to read them."""
    with pytest.raises(QueryInvalid, match="the cursor is none of table 'Counters'"):
        key_of(base64.b64encode(b'["x", "1"]').decode(), codec("Counters").entity.table, None)


def test_bytes_that_are_none() -> None:
    """Of an index, too, by its name."""
    with pytest.raises(QueryInvalid, match="the cursor is none of table 'Blobs'"):
        key_of(base64.b64encode(b'["!"]').decode(), codec("Blobs").entity.table, None)
