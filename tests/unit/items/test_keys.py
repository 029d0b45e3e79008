"""Keys: what DynamoDB would leave out of an index, and refuse from then on."""

from typing import Any

import pytest

from osem_migrate.errors import ItemKeyInvalid
from osem_migrate.items.keys import check_keys, key_of, own_key_fault, violations
from osem_migrate.items.values import encode_item
from osem_migrate.schema import B, Index, LocalIndex, N, S, Table

INDEX = Index("by-owner", (S("owner"), N("year")), B("digest"))
TABLE = Table("Teams", S("id"), N("at"), [INDEX], [LocalIndex("by-name", S("name"))])
FINE = {"id": "1", "at": 1, "owner": "ada", "year": 0, "digest": b"x", "name": "n"}


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        (FINE, ()),
        ({"id": "1", "at": 1}, ()),
        ({**FINE, "owner": "ö" * 1024, "digest": b"x" * 1024, "name": "x" * 1024}, ()),
        ({**FINE, "owner": 5}, ("owner has the type N where S is the type of the key, in index by-owner",)),
        ({**FINE, "year": "0"}, ("year has the type S where N",)),
        ({**FINE, "owner": None}, ("owner has the type NULL where S",)),
        ({**FINE, "owner": "", "digest": b""}, ("owner is empty, in index by-owner", "digest is empty")),
        ({**FINE, "owner": "ö" * 1024 + "x"}, ("owner has 2,049 bytes where 2,048 are allowed",)),
        ({**FINE, "name": "x" * 1025}, ("name has 1,025 bytes where 1,024 are allowed, in index by-name",)),
        ({"id": "1", "at": 1, "year": "0"}, ("year has the type S",)),
    ],
)
def test_a_value_that_cannot_be_in_a_key_is_told(attributes: dict[str, Any], words: tuple[str, ...]) -> None:
    """Of another type, empty or too long; what is missing is fine, for then the item is just not in the index."""
    item = encode_item(attributes)
    found = violations(item, TABLE, TABLE.all_indexes)
    assert len(found) == len(words)
    assert all(violation.text.startswith(text) for violation, text in zip(found, words, strict=True))
    if not words:
        check_keys(item, TABLE, TABLE.all_indexes)
        return
    with pytest.raises(ItemKeyInvalid) as caught:
        check_keys(item, TABLE, TABLE.all_indexes)
    assert caught.value.parts == tuple(violation.text for violation in found)
    assert caught.value.details["index"] == found[0].index


def test_the_own_key_has_to_be_whole() -> None:
    """An item is told apart by its whole key, and put only where that is one."""
    item = encode_item(FINE)
    assert key_of(item, TABLE) == {"id": {"S": "1"}, "at": {"N": "1"}}
    assert own_key_fault(item, TABLE) is None
    assert own_key_fault({"id": {"S": "1"}}, TABLE) == "at is missing"
    assert own_key_fault({"id": {"S": ""}, "at": {"N": "1"}}, TABLE) == "id is empty"
    assert own_key_fault({"id": {"N": "1"}}, TABLE) == "id has the type N where S is the type of the key"
