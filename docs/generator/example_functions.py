"""The functions of the examples, as a script has them."""

import time
from collections.abc import Mapping
from typing import Any

from osem_migrate import REMOVE


def with_year(item: Mapping[str, Any]) -> dict[str, Any]:
    """The year of an order, to query by."""
    return {"year": 1970 + item["createdAt"] // 31_556_952_000}


def without_year(item: Mapping[str, Any]) -> dict[str, Any]:
    """As it was before."""
    del item
    return {"year": REMOVE}


def is_draft(item: Mapping[str, Any]) -> bool:
    """Whether nobody has ordered yet."""
    return item.get("status") == "draft"


def stamped(item: Mapping[str, Any]) -> dict[str, Any]:
    """When it was migrated."""
    del item
    return {"migratedAt": time.time_ns() // 1_000_000}


def dated(item: Mapping[str, Any]) -> dict[str, Any]:
    """When all were migrated."""
    del item
    return {"migratedAt": 1_767_225_600_000}


def unstamped(item: Mapping[str, Any]) -> dict[str, Any]:
    """As it was before."""
    del item
    return {"migratedAt": REMOVE}
