"""ItemChange: how one item differs from another, as attributes to set and to remove."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from osem_migrate.errors import ItemFunctionFailed, text_of
from osem_migrate.items.values import AttributeValue, Item, ValueRefused, canonical, check_name, encode, same


class _Remove(Enum):
    """The type of ``REMOVE``."""

    REMOVE = "REMOVE"

    def __repr__(self) -> str:
        """As it is written in a script."""
        return self.name

    def __str__(self) -> str:
        """The same."""
        return self.name


REMOVE: Final = _Remove.REMOVE
"""As the value of an attribute in what a function returns: take the attribute away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """What to set, as attribute values, and what to remove. Only what makes a difference is in it."""

    set: Mapping[str, AttributeValue]
    remove: frozenset[str]

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self.set or self.remove)

    @property
    def names(self) -> frozenset[str]:
        """The attributes that it changes."""
        return self.remove | self.set.keys()

    def apply(self, item: Item) -> dict[str, AttributeValue]:
        """The item as it is afterwards."""
        return {**{name: value for name, value in item.items() if name not in self.remove}, **self.set}


NO_CHANGE = ItemChange(set={}, remove=frozenset())


def difference(before: Item, after: Item) -> ItemChange:
    """The change that makes the one item the other, so that ``difference(a, b).apply(a)`` is ``b``."""
    changed = {n: value for n, value in after.items() if n not in before or not same(before[n], value)}
    return ItemChange(set=changed, remove=frozenset(before.keys() - after.keys()))


def returned_change(returned: object, item: Item, key: Collection[str]) -> ItemChange:
    """The change that a function's result means for the item: None, or new values and REMOVE by attribute.

    Values that the item has already, however they are spelled, make no difference.

    Args:
        returned: what the function returned.
        item: what it was given.
        key: the key attributes of the table, which cannot change.

    Raises:
        ItemFunctionFailed: it is no mapping of values that DynamoDB can store, or changes the key.
    """
    if returned is None:
        return NO_CHANGE
    if not isinstance(returned, Mapping):
        raise ItemFunctionFailed(f"the function returned {type(returned).__name__}, not a mapping or None")
    try:
        change = _change_of(returned, item)
    except ItemFunctionFailed:
        raise
    except Exception as failure:
        # A mapping, or a value in it, of a class of the script's own.
        words = f"{type(failure).__name__}: {text_of(failure)}"
        raise ItemFunctionFailed(f"what the function returned cannot be read: {words}") from failure
    moved = sorted(change.names.intersection(key))
    if moved:
        raise ItemFunctionFailed(f"the function changes {moved[0]}, which is a key attribute", attribute=moved[0])
    return change


def item_hash(item: Item) -> str:
    """``sha256:v1:…`` of an item: the same for every order and spelling of what is equal."""
    return "sha256:v1:" + hashlib.sha256(json.dumps(canonical_item(item)).encode()).hexdigest()


def canonical_item(item: Item) -> dict[str, Any]:
    """The item as JSON, sorted: the same for every order and spelling of what is equal."""
    return {name: canonical(item[name]) for name in sorted(item)}


def _change_of(returned: Mapping[Any, Any], item: Item) -> ItemChange:
    """What of it makes a difference."""
    changed: dict[str, AttributeValue] = {}
    removed: set[str] = set()
    for name, value in returned.items():
        try:
            check_name(name)
            if value is REMOVE:
                removed.add(name)
                continue
            wanted = encode(value)
        except ValueRefused as refused:
            words = f"the function's value of {name!r} is refused: {refused}"
            raise ItemFunctionFailed(words, attribute=str(name)) from None
        if name not in item or not same(item[name], wanted):
            changed[name] = wanted
    return ItemChange(set=changed, remove=frozenset(removed & item.keys()))
