"""The functions of the examples, as a script has them."""

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
