"""Operations as Python source, the way a person would write them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from osem_migrate.operations import Operation
from osem_migrate.schema import Key

LINE_LENGTH = 100

_POSITIONAL = frozenset({"table", "name"})


def render(value: Any, indent: int = 0) -> str:
    """The source of a value: on one line where it fits, else one argument or element a line."""
    opening, parts, closing = _parts(value)
    flat = opening + ", ".join(label + render(part) for label, part in parts) + closing
    if not parts or "\n" not in flat and indent + len(flat) <= LINE_LENGTH:
        return flat
    inner = indent + 4
    lines = [f"{' ' * inner}{label}{render(part, inner)},\n" for label, part in parts]
    return f"{opening}\n{''.join(lines)}{' ' * indent}{closing}"


def imported_names(operations: Iterable[Operation]) -> tuple[str, ...]:
    """The names that the source of the operations takes from ``osem_migrate``, sorted."""
    return tuple(sorted({name for operation in operations for name in _names(operation)}))


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """Opening, labelled parts and closing of a value; everything of an atom is in its opening."""
    if isinstance(value, Key):
        return f"{value.type}({json.dumps(value.name, ensure_ascii=False)})", [], ""
    if is_dataclass(value):
        return f"{type(value).__name__}(", list(_arguments(value)), ")"
    if isinstance(value, Mapping):
        return "{", [(f"{render(name)}: ", item) for name, item in value.items()], "}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False), [], ""
    if isinstance(value, Sequence):
        keys = all(isinstance(item, Key) for item in value)
        return "(" if keys else "[", [("", item) for item in value], ")" if keys else "]"
    return repr(value), [], ""


def _arguments(value: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(value):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        argument = getattr(value, field.name)
        if argument != default:
            yield ("" if field.name in _POSITIONAL else f"{field.name}="), argument


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, Key):
        yield value.type
    elif is_dataclass(value):
        yield type(value).__name__
        for _, argument in _arguments(value):
            yield from _names(argument)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _names(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _names(item)
