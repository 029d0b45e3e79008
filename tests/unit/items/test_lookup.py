"""Lookup: by a full key, once, and of the tables that the operation names."""

from collections.abc import Sequence
from typing import Any

import pytest

from osem_migrate.errors import ItemFunctionFailed
from osem_migrate.items.lookup import Lookup
from osem_migrate.items.values import Item, encode_item
from osem_migrate.schema import Index, N, S, Table

USERS = Table("Users", S("userId"), indexes=[Index("by-email", S("email"))])
NOTES = Table("Notes", S("id"), N("at"))
ADA = encode_item({"userId": "1", "email": "ada@example.org", "n": 1})


class Fetched:
    """Answers with Ada by her id or her e-mail, and remembers what it was asked."""

    def __init__(self, *more: Item) -> None:
        self.asked: list[tuple[str, str | None, Item]] = []
        self._items = (ADA, *more)

    def __call__(self, table: str, index: str | None, key: Item) -> Sequence[Item]:
        self.asked.append((table, index, key))
        return [item for item in self._items if table == "Users" and key.items() <= item.items()]


def test_an_item_is_looked_up_once_and_recorded() -> None:
    """The same key gives the same item without asking again; what was looked at, and what was missing, is known."""
    fetch = Fetched()
    lookup = Lookup({"Users": USERS, "Notes": NOTES}, fetch, indexes=False)
    found, again, missing = lookup("Users", userId="1"), lookup("Users", userId="1"), lookup("Notes", at=1, id="x")
    assert found is again
    assert found is not None
    assert (found["n"], missing) == (1, None)
    assert fetch.asked == [
        ("Users", None, {"userId": {"S": "1"}}),
        ("Notes", None, {"at": {"N": "1"}, "id": {"S": "x"}}),
    ]
    assert [(one.table.name, one.item, one.looked_at) for one in lookup.found] == [
        ("Users", ADA, {"n"}),
        ("Notes", None, frozenset()),
    ]


def test_the_key_of_an_index_is_for_changes_alone() -> None:
    """A change may look up by the whole key of an index; where two items have it, nobody can tell which was meant."""
    fetch = Fetched()
    found = Lookup({"Users": USERS}, fetch, indexes=True)("Users", email="ada@example.org")
    assert found is not None
    assert found["userId"] == "1"
    assert fetch.asked[0][1] == "by-email"
    with pytest.raises(ItemFunctionFailed, match=r"by its full key \(userId S\), not by email S"):
        Lookup({"Users": USERS}, fetch, indexes=False)("Users", email="ada@example.org")
    twice = Fetched({**ADA, "userId": {"S": "2"}})
    with pytest.raises(ItemFunctionFailed, match="2 items have the key that was looked up in index by-email of Users"):
        Lookup({"Users": USERS}, twice, indexes=True)("Users", email="ada@example.org")


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        ("User", {"userId": "1"}, "'User' is not among the lookups of the operation; did you mean 'Users'"),
        ("Users", {}, r"full key \(userId S or email S\), not by nothing"),
        ("Users", {"userId": 1}, "not by userId N"),
        ("Users", {"userId": 0.5}, "the key to look up in Users is refused: userId: a float"),
        ("Notes", {"id": "x"}, "full key .id S / at N., not by id S"),
    ],
)
def test_what_is_no_full_key_is_refused(table: str, key: dict[str, Any], words: str) -> None:
    """It is said which key there is, and what was given."""
    with pytest.raises(ItemFunctionFailed, match=words):
        Lookup({"Users": USERS, "Notes": NOTES}, Fetched(), indexes=True)(table, **key)
