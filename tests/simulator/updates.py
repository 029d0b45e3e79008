"""Update expressions: SET, REMOVE, ADD and DELETE."""

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.simulator.errors import invalid, refused
from tests.simulator.expressions import Path, Reader, Scope, find
from tests.simulator.values import SETS, Item, Value, comparable, kind

Source = Callable[[Item], Value]
Action = tuple[Path, Callable[[Item, Item], None]]
"""What is changed, and how: of the item as it was, the item as it becomes."""

KIND = "UpdateExpression"
ABSENT = "The provided expression refers to an attribute that does not exist in the item"
WRONG_PATH = "The document path provided in the update expression is invalid for update"


class Update:
    """An update expression, read and checked.

    Args:
        text: the expression.
        scope: its names and values.
        keys: the key attributes, which no update can touch.
    """

    def __init__(self, text: str, scope: Scope, keys: tuple[str, ...]) -> None:
        self._actions: list[Action] = []
        reader = Reader(KIND, text, scope)
        seen: set[str] = set()
        while reader.peek():
            section = reader.word()
            if section not in SECTIONS or section in seen:
                raise reader.error(f'Syntax error; token: "{reader.peek()}"')
            seen.add(section)
            reader.next()
            self._actions.append(SECTIONS[section](reader))
            while reader.take(","):
                self._actions.append(SECTIONS[section](reader))
        self._check(keys)

    @property
    def attributes(self) -> set[str]:
        """The top-level attributes it changes."""
        return {str(path[0]) for path, _ in self._actions}

    def apply(self, before: Item) -> Item:
        """The item after it; every part sees the item before it."""
        after = copy.deepcopy(before)
        for _, act in self._actions:
            act(before, after)
        return after

    def _check(self, keys: tuple[str, ...]) -> None:
        paths = [path for path, _ in self._actions]
        for number, path in enumerate(paths):
            if path[0] in keys:
                raise invalid(f"Cannot update attribute {path[0]}. This attribute is part of the key")
            for other in paths[:number]:
                common = min(len(path), len(other))
                if path[:common] == other[:common]:
                    raise refused(
                        f"Invalid {KIND}: Two document paths overlap with each other; must remove or rewrite one of "
                        f"these paths; path one: {_shown(other)}, path two: {_shown(path)}"
                    )


def _set(reader: Reader) -> Action:
    path = reader.path()
    reader.expect("=")
    source = _sum(reader)
    return path, lambda before, after: _put(after, path, source(before))


def _remove(reader: Reader) -> Action:
    path = reader.path()
    return path, lambda _, after: _drop(after, path)


def _add(reader: Reader) -> Action:
    path, value = reader.path(), reader.value()

    def act(before: Item, after: Item) -> None:
        current = find(before, path)
        if current is None:
            _put(after, path, value)
        elif kind(value) == kind(current) == "N":
            _put(after, path, _number(Decimal(current["N"]) + Decimal(value["N"])))
        elif kind(value) == kind(current) in SETS:
            _put(after, path, _set_of(kind(value), [*current[kind(current)], *value[kind(value)]]))
        else:
            raise refused("An operand in the update expression has an incorrect data type")

    return path, act


def _delete(reader: Reader) -> Action:
    path, value = reader.path(), reader.value()

    def act(before: Item, after: Item) -> None:
        current = find(before, path)
        if current is None:
            return
        if kind(value) != kind(current) or kind(value) not in SETS:
            raise refused("An operand in the update expression has an incorrect data type")
        left = [member for member in current[kind(current)] if member not in value[kind(value)]]
        if left:
            _put(after, path, {kind(current): left})
        else:
            _drop(after, path)

    return path, act


SECTIONS: dict[str, Callable[[Reader], Action]] = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}


def _sum(reader: Reader) -> Source:
    left = _source(reader)
    sign = reader.peek()
    if not reader.take("+", "-"):
        return left
    right = _source(reader)

    def total(item: Item) -> Value:
        first, second = left(item), right(item)
        if kind(first) != "N" or kind(second) != "N":
            raise refused("An operand in the update expression has an incorrect data type")
        one, two = Decimal(first["N"]), Decimal(second["N"])
        return _number(one + two if sign == "+" else one - two)

    return total


def _source(reader: Reader) -> Source:
    if reader.peek().startswith(":"):
        value = reader.value()
        return lambda _: value
    if reader.opens_function():
        return _function(reader)
    path = reader.path()

    def current(item: Item) -> Value:
        found = find(item, path)
        if found is None:
            raise refused(ABSENT)
        return found

    return current


def _function(reader: Reader) -> Source:
    name = reader.next()
    reader.expect("(")
    if name == "if_not_exists":
        path = reader.path()
        reader.expect(",")
        otherwise = _source(reader)
        reader.expect(")")
        return lambda item: find(item, path) or otherwise(item)
    if name != "list_append":
        raise reader.error(f"Invalid function name; function: {name}")
    first = _source(reader)
    reader.expect(",")
    second = _source(reader)
    reader.expect(")")
    return lambda item: {"L": [*first(item)["L"], *second(item)["L"]]}


def _parent(item: Item, path: Path) -> Any:
    """The map or list that holds the last part of a path, or None."""
    if len(path) == 1:
        return item
    parent = find(item, path[:-1])
    return None if parent is None else parent.get("L" if isinstance(path[-1], int) else "M")


def _put(item: Item, path: Path, value: Value) -> None:
    parent, last = _parent(item, path), path[-1]
    if parent is None:
        raise refused(WRONG_PATH)
    if isinstance(last, int) and last >= len(parent):
        parent.append(copy.deepcopy(value))
    else:
        parent[last] = copy.deepcopy(value)


def _drop(item: Item, path: Path) -> None:
    parent, last = _parent(item, path), path[-1]
    if parent is None:
        raise refused(WRONG_PATH)
    if isinstance(last, int):
        del parent[last : last + 1]
    else:
        parent.pop(last, None)


def _number(number: Decimal) -> Value:
    return {"N": format(number.normalize(), "f")}


def _set_of(kind_of: str, members: list[str]) -> Value:
    unique = {comparable({SETS[kind_of]: member}): member for member in members}
    return {kind_of: list(unique.values())}


def _shown(path: Path) -> str:
    return f"[{', '.join(str(part) if isinstance(part, str) else f'[{part}]' for part in path)}]"
