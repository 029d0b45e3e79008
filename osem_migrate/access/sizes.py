"""What an item takes of the 400 KB that it may have, by DynamoDB's rules, known before it is sent.

The rules are those of the developer guide, "DynamoDB item sizes and formats": UTF-8 bytes of names and texts; of a
number, a byte for each two significant digits and one more, and one for a minus; 3 bytes for a list or a map, and one more
for each of its members.
"""

from collections.abc import Mapping
from typing import Any

from osem_migrate.schema.item import Item

MAX_ITEM_BYTES = 400 * 1024
MAX_KEY_BYTES = (2048, 1024)
"""Of a partition key, and of a sort key."""

_OVERHEAD = 3
_MAX_NUMBER = 21


def item_size(item: Item) -> int:
    """The bytes of names and values together; binaries are bytes, and not yet in base64."""
    return sum(text_size(name) + value_size(value) for name, value in item.items())


def text_size(text: str) -> int:
    """UTF-8 bytes."""
    return len(text) if text.isascii() else len(text.encode())


def value_size(value: Mapping[str, Any]) -> int:
    """The bytes of one typed value."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return text_size(content)
        case "N":
            return _number_size(content)
        case "B":
            return len(content)
        case "SS":
            return sum(map(text_size, content))
        case "NS":
            return sum(map(_number_size, content))
        case "BS":
            return sum(map(len, content))
        case "L":
            return _OVERHEAD + sum(1 + value_size(member) for member in content)
        case "M":
            return _OVERHEAD + sum(1 + text_size(name) + value_size(member) for name, member in content.items())
        case _:
            return 1


def _number_size(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return min(_MAX_NUMBER, (len(digits) + 1) // 2 + 1 + text.startswith("-"))
