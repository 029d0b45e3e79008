"""Sizes: what counts against the 400 KB, in agreement with DynamoDB Local (tests/integration/local/test_items.py)."""

import pytest

from osem_migrate.errors import ItemOversized
from osem_migrate.items.size import check_size, stored_size
from osem_migrate.items.values import encode_item
from osem_migrate.schema import LocalIndex, N, S, Table
from osem_migrate.schema.item_size import MAX_ITEM_BYTES, item_size


def test_the_size_of_each_type() -> None:
    """By the developer guide: texts in UTF-8, two digits a byte, three bytes a list or map and one for each element."""
    sizes = {"ö": 2, "a" * 10: 10, 0: 1, 7: 2, -7: 3, 1200: 2, 12345: 4, b"abc": 3, True: 1, None: 1}
    for value, size in sizes.items():
        assert item_size(encode_item({"größe": value})) == 7 + size
    assert item_size(encode_item({"l": [1, "ab"], "m": {"ö": []}, "s": {"a", "bc"}, "n": {1, 22}, "b": {b"xy"}})) == (
        (1 + 3 + 1 + 2 + 1 + 2) + (1 + 3 + 1 + 2 + 3) + (1 + 3) + (1 + 4) + (1 + 2)
    )


def test_entries_of_local_indexes_count() -> None:
    """What a local index projects of an item counts against the limit again, and only where the item is in it."""
    notes = Table("Notes", S("id"), N("at"), local_indexes=[LocalIndex("by-by", S("by"), projection="KEYS_ONLY")])
    item = encode_item({"id": "1", "at": 1, "p": "x" * (MAX_ITEM_BYTES - 8 - 200)})
    check_size(item, notes)
    check_size({**item, "by": {"S": ""}}, notes)
    with pytest.raises(ItemOversized, match="local indexes"):
        check_size({**item, "by": {"S": "y" * 100}}, notes)
    every = Table("Notes", S("id"), N("at"), local_indexes=[LocalIndex("by-by", S("by"))])
    some = Table("Notes", S("id"), N("at"), local_indexes=[LocalIndex("by-by", S("by"), "INCLUDE", ["p"])])
    small = encode_item({"id": "1", "at": 1, "by": "x", "p": "y", "q": "z"})
    own = item_size(small)
    assert (stored_size(small, every), stored_size(small, some)) == (own + 100 + own, own + 100 + own - 2)
