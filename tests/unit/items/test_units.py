"""Units of a write: by the larger of the item before and after, and for each index that it reaches."""

from typing import Any

import pytest

from osem_migrate.items.units import write_units
from osem_migrate.items.work import ItemWrite, WriteKind
from osem_migrate.schema import Index, LocalIndex, N, S, Table

TABLE = Table(
    "Teams",
    S("id"),
    N("at"),
    indexes=(
        Index("all", S("owner")),
        Index("keys", S("status"), projection="KEYS_ONLY"),
        Index("some", S("status"), projection="INCLUDE", include=("name",)),
    ),
    local_indexes=(LocalIndex("by-rank", N("rank"), "KEYS_ONLY"),),
)
KEY = {"id": {"S": "t"}, "at": {"N": "1"}}
OWNED = {**KEY, "owner": {"S": "a"}, "status": {"S": "new"}, "name": {"S": "x"}}
KB = {"text": {"S": "x" * 1024}}


def units(before: dict[str, Any] | None, after: dict[str, Any] | None, checks: int = 0) -> dict[str | None, int]:
    """Of an update, a put or a delete."""
    kind = WriteKind.PUT if before is None else WriteKind.DELETE if after is None else WriteKind.UPDATE
    checked: tuple[tuple[str, dict[str, Any]], ...] = tuple((f"T{number}", {}) for number in range(checks))
    write = ItemWrite(kind=kind, table="Teams", key=KEY, before=before, after=after, members={}, checks=checked)
    return write_units(write, TABLE)


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        (None, KEY, {None: 1}),
        (KEY, None, {None: 1}),
        (KEY, {**KEY, **KB}, {None: 2}),
        ({**KEY, **KB, "more": {"S": "x" * 1024}}, KEY, {None: 3}),
        (OWNED, {**OWNED, "else": {"S": "y"}}, {None: 1, "all": 1}),
        (OWNED, {**OWNED, "name": {"S": "y"}}, {None: 1, "all": 1, "some": 1}),
        (OWNED, {**OWNED, "status": {"S": "old"}}, {None: 1, "all": 1, "keys": 2, "some": 2}),
        (OWNED, {name: value for name, value in OWNED.items() if name != "owner"}, {None: 1, "all": 1}),
        (None, {**OWNED, **KB}, {None: 2, "all": 2, "keys": 1, "some": 1}),
        (KEY, {**KEY, "rank": {"N": "1"}}, {None: 2}),
    ],
    ids=["put", "delete", "grown", "shrunk", "copied", "included", "moved", "left", "large", "local"],
)
def test_a_write_takes(
    before: dict[str, Any] | None, after: dict[str, Any] | None, taken: dict[str | None, int]
) -> None:
    """What an index does not copy costs nothing there; another key there is a deletion and a put."""
    assert units(before, after) == taken


def test_a_transaction_takes_twice_as_much() -> None:
    """Of the write, its entries, and one for each condition that is checked."""
    assert units(OWNED, None, checks=2) == {None: 2 * (1 + 2), "all": 2, "keys": 2, "some": 2}
