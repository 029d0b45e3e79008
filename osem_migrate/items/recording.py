"""RecordingItem: the item that a function is given. It is read-only, and it remembers what the function looked at."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from osem_migrate.items.values import Item, decode, is_name


class RecordingItem(Mapping[str, Any]):
    """An item as Python values, each made when it is first asked for.

    ``item["a"]``, ``item.get("a")`` and ``"a" in item`` look at that attribute, be it there or not. Whatever else
    anybody can ask of a mapping looks at all of it. What is nested counts as its attribute, and belongs to whoever
    asked: to change it changes nothing here.

    Args:
        item: as DynamoDB's API spells it; never changed.
    """

    __slots__ = ("_item", "_looked_at", "_values")

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, item: Item) -> None:
        self._item = item
        self._looked_at: set[str] = set()
        self._values: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """The value; raises KeyError where the item has no such attribute, which was looked at all the same."""
        if self._is_there(name):
            if name not in self._values:
                self._values[name] = decode(self._item[name])
            return self._values[name]
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or the default where the item has no such attribute."""
        return self[name] if self._is_there(name) else default

    def __contains__(self, name: object) -> bool:
        """Whether the item has the attribute."""
        return self._is_there(name)

    def __iter__(self) -> Iterator[str]:
        """The names of all attributes."""
        return iter(self._all())

    def __reversed__(self) -> Iterator[str]:
        """The names of all attributes, the last one first."""
        return reversed(list(self._all()))

    def __len__(self) -> int:
        """How many attributes it has."""
        return len(self._all())

    def __eq__(self, other: object) -> bool:
        """Whether the other one is a mapping with the same values."""
        if not isinstance(other, Mapping):
            return NotImplemented
        return self.copy() == dict(other)

    def __or__(self, other: object) -> dict[str, Any]:
        """A dict of its values and, over them, the other ones."""
        return {**self, **other} if isinstance(other, Mapping) else NotImplemented

    def __ror__(self, other: object) -> dict[str, Any]:
        """A dict of the other values and, over them, its own."""
        return {**other, **self} if isinstance(other, Mapping) else NotImplemented

    def copy(self) -> dict[str, Any]:
        """A dict of all values, which may be changed."""
        return {name: deepcopy(self[name]) for name in self._all()}

    def __copy__(self) -> dict[str, Any]:
        """As ``copy``."""
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        """As ``copy``, which shares nothing."""
        del memo
        return self.copy()

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        """What is pickled is a dict of all values."""
        return dict, (self.copy(),)

    def __repr__(self) -> str:
        """As the dict of all values."""
        return repr(self.copy())

    def _is_there(self, name: object) -> bool:
        """Whether the item has the attribute; from now on it was looked at, if there can be an attribute so named."""
        if not isinstance(name, str):
            return False
        there = name in self._item
        if there or is_name(name):
            self._looked_at.add(name)
        return there

    def _all(self) -> Item:
        """The item, all of which was looked at."""
        self._looked_at.update(self._item)
        return self._item


def looked_at(item: RecordingItem) -> frozenset[str]:
    """The names of the attributes that somebody looked at, those among them that are not there.

    Not a method, so that no attribute of an item is mistaken for it. Who went through all of an item has looked at each
    of its attributes; that another one may be added meanwhile is nothing a condition can say.
    """
    return frozenset(item._looked_at)  # noqa: SLF001 - as the docstring says
