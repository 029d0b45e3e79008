"""DynamoDB's limits on names and counts, and the checks that name them.

The limits are those of the DynamoDB developer guide, "Service, account, and table quotas" and "Constraints".
"""

import re
from collections import Counter
from collections.abc import Iterable

from osem_migrate.errors import DefinitionError

MAX_KEY_ATTRIBUTES = 4
MAX_INDEXES = 20
MAX_LOCAL_INDEXES = 5
MAX_INCLUDE_PER_INDEX = 20
MAX_INCLUDE_PER_TABLE = 100
MAX_ATTRIBUTE_NAME = 255

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_LOGICAL_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,255}")
_ALPHABET = "from a-z, A-Z, 0-9, '_', '-' and '.'"


def check_name(what: str, name: str) -> None:
    """Raise DefinitionError unless ``name`` is one DynamoDB accepts for indexes and physical tables."""
    if not _NAME.fullmatch(name):
        raise DefinitionError(f"{what} {name!r}: a name has 3 to 255 characters {_ALPHABET}")


def check_logical_name(name: str) -> None:
    """Raise DefinitionError unless ``name`` could be part of a physical table name."""
    if not _LOGICAL_NAME.fullmatch(name):
        raise DefinitionError(f"table {name!r}: a logical name has 1 to 255 characters {_ALPHABET}")


def check_attribute_name(what: str, name: str) -> None:
    """Raise DefinitionError unless ``name`` has the 1 to 255 bytes that DynamoDB allows in a schema."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise DefinitionError(f"{what} {name!r}: a name must be valid UTF-8 text") from None
    if not 1 <= size <= MAX_ATTRIBUTE_NAME:
        raise DefinitionError(f"{what} {name!r}: a name has 1 to {MAX_ATTRIBUTE_NAME} bytes", attribute=name)


def check_at_most(where: str, what: str, count: int, limit: int) -> None:
    """Raise DefinitionError, with the limit, when there are more than DynamoDB allows."""
    if count > limit:
        raise DefinitionError(f"{where}: {count} {what}; DynamoDB allows {limit}", limit=limit)


def check_distinct(where: str, what: str, names: Iterable[str]) -> None:
    """Raise DefinitionError when a name occurs twice."""
    listed = list(names)
    if len(set(listed)) == len(listed):
        return  # as nearly always; a Counter takes ten times as long, and a large schema has thousands of lists
    name, count = Counter(listed).most_common(1)[0]
    raise DefinitionError(f"{where}: {what} {name!r} is declared {count} times")
