"""Operations as Python source, the way a person would write them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from osem_migrate.items.function import ItemFunction
from osem_migrate.operations import Operation
from osem_migrate.schema import Key

LINE_LENGTH = 100

_POSITIONAL = frozenset({"table", "name"})


def render(value: Any, indent: int = 0, beside: int = 0) -> str:
    """The source of a value: on one line where it fits, else one argument or element a line.

    Args:
        value: an operation, or a part or a list of them.
        indent: columns before the line that it begins on.
        beside: columns that something else takes on that line, such as its label and the comma after it.
    """
    opening, parts, closing = _parts(value)
    flat = _flat(value)
    if not parts or indent + beside + len(flat) <= LINE_LENGTH:
        return flat
    inner = indent + 4
    lines = [f"{' ' * inner}{label}{render(part, inner, len(label) + 1)},\n" for label, part in parts]
    return f"{opening}\n{''.join(lines)}{' ' * indent}{closing}"


def render_import(names: Sequence[str]) -> str:
    """The import of names from ``osem_migrate``: on one line where it fits, else a name a line."""
    flat = f"from osem_migrate import {', '.join(names)}"
    if len(flat) <= LINE_LENGTH:
        return flat
    return "from osem_migrate import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def imported_names(operations: Iterable[Operation]) -> tuple[str, ...]:
    """The names that the source of the operations takes from ``osem_migrate``, sorted."""
    return tuple(sorted({name for operation in operations for name in _names(operation)}))


def _flat(value: Any) -> str:
    opening, parts, closing = _parts(value)
    return opening + ", ".join(label + _flat(part) for label, part in parts) + closing


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """Opening, labelled parts and closing of a value; everything of an atom is in its opening."""
    if isinstance(value, Key | ItemFunction):
        # A function is what the script calls it, which has the function itself.
        return f"{value.type}({_quoted(value.name)})" if isinstance(value, Key) else value.name, [], ""
    if is_dataclass(value):
        return f"{type(value).__name__}(", list(_arguments(value)), ")"
    if isinstance(value, Mapping):
        return "{", [(f"{_quoted(name)}: ", item) for name, item in value.items()], "}"
    if isinstance(value, str):
        return _quoted(value), [], ""
    if isinstance(value, Sequence):
        keys = all(isinstance(item, Key) for item in value)
        return "(" if keys else "[", [("", item) for item in value], ")" if keys else "]"
    return repr(value), [], ""


def _quoted(text: str) -> str:
    """A string literal, in single quotes where those spare escapes; JSON's other escapes are Python's, too."""
    quoted = json.dumps(text, ensure_ascii=False)
    if text.count('"') <= text.count("'"):
        return quoted
    return "'" + quoted[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


def _arguments(value: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(value):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        argument = getattr(value, field.name)
        if argument != default:
            yield ("" if field.name in _POSITIONAL else f"{field.name}="), argument


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, Key):
        yield value.type
        return
    if is_dataclass(value) and not isinstance(value, ItemFunction):
        yield type(value).__name__
    for _, part in _parts(value)[1]:
        yield from _names(part)
