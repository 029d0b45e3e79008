"""ItemChange: what differs, and what a function's result means."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from osem_migrate.errors import ItemFunctionFailed
from osem_migrate.items.change import (
    NO_CHANGE,
    REMOVE,
    ItemChange,
    canonical_item,
    difference,
    item_hash,
    returned_change,
)
from osem_migrate.items.recording import RecordingItem
from osem_migrate.items.values import Item, encode_item
from tests.unit.items import generated

ITEM: dict[str, dict[str, Any]] = {
    "id": {"S": "1"},
    "n": {"N": "1.0"},
    "tags": {"SS": ["b", "a"]},
    "old": {"BOOL": True},
}


@given(generated.items, generated.items)
def test_the_difference_leads_from_one_item_to_the_other(before: Item, after: Item) -> None:
    """Applied to the one it gives the other; it is empty where, and only where, the two are equal."""
    change = difference(before, after)
    assert canonical_item(change.apply(before)) == canonical_item(after)
    assert bool(change) == (item_hash(before) != item_hash(after))
    assert not change.names & {name for name in before.keys() & after.keys() if before[name] == after[name]}


def test_the_hash_is_that_of_the_item_however_it_is_spelled() -> None:
    """Order of attributes and sets, and spelling of numbers, make no difference; the hash is a golden one."""
    other: dict[str, dict[str, Any]] = {
        "old": {"BOOL": True},
        "tags": {"SS": ["a", "b"]},
        "n": {"N": "1"},
        "id": {"S": "1"},
    }
    assert item_hash(ITEM) == item_hash(other)
    assert item_hash(ITEM) == "sha256:v1:1953ecadb43f604b150c3a76d759acebf8e4821e67645cc1d8e70f23834bb552"
    assert item_hash({**ITEM, "n": {"S": "1"}}) != item_hash(ITEM)


@pytest.mark.parametrize(
    ("returned", "change"),
    [
        (None, NO_CHANGE),
        ({}, NO_CHANGE),
        ({"n": 1, "tags": {"a", "b"}, "id": "1", "gone": REMOVE}, NO_CHANGE),
        ({"n": Decimal(2)}, ItemChange(set={"n": {"N": "2"}}, remove=frozenset())),
        ({"old": REMOVE}, ItemChange(set={}, remove=frozenset({"old"}))),
        ({"old": None}, ItemChange(set={"old": {"NULL": True}}, remove=frozenset())),
        (RecordingItem(ITEM), NO_CHANGE),
    ],
)
def test_a_result_says_what_to_set_and_to_remove(returned: object, change: ItemChange) -> None:
    """What is so already is nothing, in whichever spelling; None as a value is NULL, and as a result nothing."""
    assert returned_change(returned, ITEM, ["id"]) == change


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (5, "returned int, not a mapping or None"),
        ([("a", 1)], "returned list"),
        ({"id": "2"}, "changes id, which is a key attribute"),
        ({"id": REMOVE}, "changes id, which is a key attribute"),
        ({"n": 0.5}, "value of 'n' is refused: a float"),
        ({"n": [REMOVE]}, "value of 'n' is refused"),
        ({5: 1}, "value of 5 is refused: the name of an attribute is a text"),
        ({"": 1}, "value of '' is refused"),
    ],
)
def test_a_result_that_cannot_be_stored_is_refused(returned: Any, words: str) -> None:
    """The item is set aside, with the attribute that is to blame."""
    with pytest.raises(ItemFunctionFailed, match=words):
        returned_change(returned, ITEM, ["id"])


def test_remove_says_what_it_is() -> None:
    """It is printed as it is written in a script, and an item's own values are never mistaken for it."""
    assert repr(REMOVE) == str(REMOVE) == "REMOVE"
    assert encode_item({"a": "REMOVE"})["a"] == {"S": "REMOVE"}
