"""Sizes, as the developer guide has them: 400 KB are known before a call."""

from typing import Any

import pytest

from osem_migrate.schema.item_size import item_size, value_size


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "é😀"}, 6),
        ({"B": b"abc"}, 3),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"N": "0"}, 1),
        ({"N": "42"}, 2),
        ({"N": "-42"}, 3),
        ({"N": "4200"}, 2),
        ({"N": "0.0042"}, 2),
        ({"N": "1" * 38}, 20),
        ({"N": "210"}, 3),
        ({"N": "2100"}, 2),
        ({"N": "1.5"}, 3),
        ({"N": "0.001"}, 2),
        ({"N": "-12.55"}, 4),
        ({"N": "1E+2"}, 2),
        ({"SS": ["a", "é"]}, 3),
        ({"NS": ["1", "222"]}, 5),
        ({"BS": [b"a", b"bc"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "a"}, {"NULL": True}]}, 7),
        ({"M": {"é": {"L": []}}}, 9),
    ],
)
def test_values(value: dict[str, Any], size: int) -> None:
    """Each type has its rule."""
    assert value_size(value) == size


def test_names_count() -> None:
    """An item is its names and its values."""
    assert item_size({"id": {"S": "abc"}, "größe": {"N": "1"}}) == 2 + 3 + 7 + 2
