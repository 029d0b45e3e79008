"""Functions of a script: what their text tells of the items that they return."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from osem_migrate.items.change import REMOVE
from osem_migrate.items.function import ItemFunction


def returned(item: Mapping[str, Any]) -> Any:
    """One mapping, with what is computed under a computed name."""
    name = "shop"
    return {"year": 1, name: 2, "old": REMOVE, **item}


def assigned(item: Mapping[str, Any]) -> Any:
    """A mapping that is filled one by one."""
    changed: dict[str, Any] = dict(month=1, **item)
    changed["day"] = item["other"]
    changed["gone"] = REMOVE
    return changed


def nothing(item: Mapping[str, Any]) -> Any:
    """It only reads."""
    return item["year"] == "month"


@pytest.mark.parametrize(("function", "names"), [(returned, {"year"}), (assigned, {"month", "day"}), (nothing, set())])
def test_the_attributes_that_it_writes(function: Callable[..., Any], names: set[str]) -> None:
    """Those that get a value under a name that stands there; what is only read, or removed, is none of them."""
    assert ItemFunction.of(function).written == names
