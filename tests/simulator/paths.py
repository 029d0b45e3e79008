"""Paths: where something is within an item, and the part of an item that some of them lead to."""

from collections.abc import Iterable, MutableMapping
from typing import Any

from tests.simulator.expressions import Path, Reader, Scope
from tests.simulator.values import Item, Value


def read_paths(kind: str, text: str, scope: Scope) -> list[Path]:
    """The paths of a ProjectionExpression."""
    reader = Reader(kind, text, scope)
    paths = [reader.path()]
    while reader.take(","):
        paths.append(reader.path())
    reader.end()
    check_overlaps(reader, paths)
    return paths


def check_overlaps(reader: Reader, paths: list[Path]) -> None:
    """No two paths can lead to the same, or one into the other; nor can one value be a list and a map."""
    for number, path in enumerate(paths):
        for other in paths[:number]:
            parts = [(mine, theirs) for mine, theirs in zip(path, other, strict=False) if mine != theirs]
            word = "overlap" if not parts else "conflict"
            if parts and isinstance(parts[0][0], int) == isinstance(parts[0][1], int):
                continue
            raise reader.error(
                f"Two document paths {word} with each other; must remove or rewrite one of these paths; "
                f"path one: {shown(other)}, path two: {shown(path)}"
            )


def shown(path: Path) -> str:
    """A path as AWS writes it into refusals."""
    return f"[{', '.join(str(part) if isinstance(part, str) else f'[{part}]' for part in path)}]"


def find(item: Item, path: Path) -> Value | None:
    """The value at a path, or None."""
    value: Any = {"M": item}
    for part in path:
        content = value.get("L" if isinstance(part, int) else "M")
        if content is None or (isinstance(part, int) and part >= len(content)):
            return None
        value = content[part] if isinstance(part, int) else content.get(part)
        if value is None:
            return None
    found: Value = value
    return found


def project(item: Item, paths: Iterable[Path]) -> Item:
    """The parts of an item at these paths, in maps and lists as they were."""
    shown: Item = {}
    for path in paths:
        value = find(item, path)
        if value is not None:
            _graft(shown, path, value)
    return shown


def _graft(into: MutableMapping[str, Any], path: Path, value: Value) -> None:
    """Put a value at a path, making the maps and lists on the way; list elements close up."""
    current: Any = into
    for part, following in zip(path, (*path[1:], None), strict=True):
        made: Any = value if following is None else ({"L": []} if isinstance(following, int) else {"M": {}})
        if isinstance(part, int):
            current.append(made)
            step = current[-1]
        else:
            step = current.setdefault(part, made)
        if following is not None:
            current = step["L" if isinstance(following, int) else "M"]
