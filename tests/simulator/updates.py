"""Update expressions: SET, REMOVE, ADD and DELETE."""

import copy
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from tests.simulator.errors import invalid, item_refused, refused
from tests.simulator.expressions import Path, Reader, Scope
from tests.simulator.paths import check_overlaps, find
from tests.simulator.sources import WRONG_TYPE, computed, read_source
from tests.simulator.values import SETS, Item, Value, comparable, kind

KIND = "UpdateExpression"
WRONG_PATH = "The document path provided in the update expression is invalid for update"
FULL_NAMES = {"S": "STRING", "N": "NUMBER", "B": "BINARY", "L": "LIST", "M": "MAP", "BOOL": "BOOLEAN", "NULL": "NULL"}


@dataclass(frozen=True, slots=True)
class Action:
    """What is changed, and how: ``act`` is given the item as it was and the item as it becomes."""

    path: Path
    act: Callable[[Item, Item], None]
    removes: bool = False


class Update:
    """An update expression, read and checked.

    Args:
        text: the expression.
        scope: its names and values.
        keys: the key attributes, which no update can touch.
        index_keys: those of indexes, which an update can set as a whole.
    """

    def __init__(self, text: str, scope: Scope, keys: Collection[str], index_keys: Collection[str] = ()) -> None:
        self._actions: list[Action] = []
        reader = Reader(KIND, text, scope)
        seen: set[str] = set()
        while reader.peek():
            section = reader.word()
            if section not in SECTIONS:
                raise reader.error(f'Syntax error; token: "{reader.peek()}"')
            if section in seen:
                raise reader.error(f'The "{section}" section can only be used once in an update expression;')
            seen.add(section)
            reader.next()
            self._actions.append(SECTIONS[section](reader))
            while reader.take(","):
                self._actions.append(SECTIONS[section](reader))
        check_overlaps(reader, [action.path for action in self._actions])
        self._check(keys, index_keys)

    @property
    def attributes(self) -> set[str]:
        """The top-level attributes it changes."""
        return {str(action.path[0]) for action in self._actions}

    def apply(self, before: Item) -> Item:
        """The item after it; every part sees the item before it, and every list index means the list as it was."""
        after = copy.deepcopy(before)
        sets = [action for action in self._actions if not action.removes]
        removals = [action for action in self._actions if action.removes]
        for action in (*sorted(sets, key=_place), *sorted(removals, key=_place, reverse=True)):
            action.act(before, after)
        return after

    def _check(self, keys: Collection[str], index_keys: Collection[str]) -> None:
        for path in (action.path for action in self._actions):
            if path[0] in keys:
                raise invalid(f"Cannot update attribute {path[0]}. This attribute is part of the key")
            if path[0] in index_keys and len(path) > 1:
                raise refused(
                    "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
                    f"IndexKey: {path[0]}"
                )


def _place(action: Action) -> tuple[tuple[bool, Any], ...]:
    return tuple((isinstance(part, str), part) for part in action.path)


def _set(reader: Reader) -> Action:
    path = reader.path()
    reader.expect("=")
    source = read_source(reader)
    return Action(path, lambda before, after: _put(after, path, source.of(before)))


def _remove(reader: Reader) -> Action:
    path = reader.path()
    return Action(path, lambda _, after: _drop(after, path), removes=True)


def _add(reader: Reader) -> Action:
    path, value = reader.path(), _typed(reader, "ADD", {"N", *SETS})

    def act(before: Item, after: Item) -> None:
        current = find(before, path)
        if current is None:
            _put(after, path, value)
        elif kind(value) == kind(current) == "N":
            _put(after, path, computed(current, "+", value))
        elif kind(value) == kind(current) in SETS:
            _put(after, path, _set_of(kind(value), [*current[kind(current)], *value[kind(value)]]))
        else:
            raise item_refused(WRONG_TYPE)

    return Action(path, act)


def _delete(reader: Reader) -> Action:
    path, value = reader.path(), _typed(reader, "DELETE", set(SETS))

    def act(before: Item, after: Item) -> None:
        current = find(before, path)
        if current is None:
            if _parent(after, path) is None:
                raise item_refused(WRONG_PATH)
            return
        if kind(value) != kind(current):
            raise item_refused(WRONG_TYPE)
        left = [member for member in current[kind(current)] if member not in value[kind(value)]]
        if left:
            _put(after, path, {kind(current): left})
        else:
            _drop(after, path)

    return Action(path, act)


def _typed(reader: Reader, section: str, allowed: Collection[str]) -> Value:
    """The value of an ADD or DELETE, of a type that can be added or taken away."""
    value = reader.value()
    if kind(value) not in allowed:
        raise reader.error(
            f"Incorrect operand type for operator or function; operator: {section}, "
            f"operand type: {FULL_NAMES.get(kind(value), kind(value))}, typeSet: ALLOWED_FOR_{section}_OPERAND"
        )
    return value


SECTIONS: dict[str, Callable[[Reader], Action]] = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}


def _parent(item: Item, path: Path) -> Any:
    """The map or list that holds the last part of a path, or None."""
    if len(path) == 1:
        return item
    parent = find(item, path[:-1])
    return None if parent is None else parent.get("L" if isinstance(path[-1], int) else "M")


def _put(item: Item, path: Path, value: Value) -> None:
    parent, last = _parent(item, path), path[-1]
    if parent is None:
        raise item_refused(WRONG_PATH)
    if isinstance(last, int) and last >= len(parent):
        parent.append(copy.deepcopy(value))
    else:
        parent[last] = copy.deepcopy(value)


def _drop(item: Item, path: Path) -> None:
    parent, last = _parent(item, path), path[-1]
    if parent is None:
        raise item_refused(WRONG_PATH)
    if isinstance(last, int):
        del parent[last : last + 1]
    else:
        parent.pop(last, None)


def _set_of(kind_of: str, members: list[str]) -> Value:
    unique = {comparable({SETS[kind_of]: member}): member for member in members}
    return {kind_of: list(unique.values())}
