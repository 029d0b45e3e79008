"""What the name of an attribute or of a table tells: its words."""

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def words(name: str) -> tuple[str, ...]:
    """``("is", "active")`` for ``isActive``, ``is_active`` and ``IS-ACTIVE``."""
    return tuple(word.lower() for word in _WORD.findall(name))
