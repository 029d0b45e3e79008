"""What an item takes of the 400 KB that it may have, by DynamoDB's rules, known before it is sent.

The rules are those of the developer guide, "DynamoDB item sizes and formats": UTF-8 bytes of names and texts; of a
number, a byte for each two digits and one more, and one for a minus; 3 bytes for a list or a map, and one more for each
of its members. Where the guide says "approximately", of numbers, it is as DynamoDB Local counts.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from osem_migrate.schema.item import Item

MAX_ITEM_BYTES = 400 * 1024
MAX_KEY_BYTES = (2048, 1024)
"""Of a partition key, and of a sort key."""

_OVERHEAD = 3


def item_size(item: Item) -> int:
    """The bytes of names and values together; binaries are bytes, and not yet in base64."""
    return sum(text_size(name) + value_size(value) for name, value in item.items())


def text_size(text: str) -> int:
    """UTF-8 bytes."""
    return len(text) if text.isascii() else len(text.encode())


def value_size(value: Mapping[str, Any]) -> int:
    """The bytes of one typed value."""
    ((kind, content),) = value.items()
    return _SIZES[kind](content)


def _number_size(text: str) -> int:
    """Digits go in pairs from the decimal point on; pairs of zeros at either end take nothing."""
    plain = text if "E" not in text.upper() else format(Decimal(text), "f")
    whole, _, fraction = plain.lstrip("-").partition(".")
    digits = ("0" * (len(whole) % 2) + whole + fraction + "0" * (len(fraction) % 2)).rstrip("0")
    digits = digits + "0" * (len(digits) % 2)
    pairs = (len(digits.lstrip("0")) + 1) // 2
    return pairs + 1 + text.startswith("-")


_SIZES: Mapping[str, Callable[[Any], int]] = {
    "S": text_size,
    "N": _number_size,
    "B": len,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "SS": lambda members: sum(map(text_size, members)),
    "NS": lambda members: sum(map(_number_size, members)),
    "BS": lambda members: sum(map(len, members)),
    "L": lambda members: _OVERHEAD + sum(1 + value_size(member) for member in members),
    "M": lambda members: _OVERHEAD + sum(1 + text_size(name) + value_size(one) for name, one in members.items()),
}
