"""JSON as nodes: no key twice, no endless nesting, and every mistake with its line."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from osem_migrate.errors import FormatError
from osem_migrate.formats.document import Node, Source, escaped


def parse(text: str, file: str) -> Node:
    """The document; raises FormatError."""
    doubled: list[_Doubled] = []

    def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            seen: set[str] = set()
            made = _Doubled(made)
            made.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            doubled.append(made)
        return made

    document = Node(_loaded(text, file, object_of), "", Source(file))
    if doubled:
        _refuse_doubled(document)
    return document


def top_level_keys(text: str, file: str) -> frozenset[str] | None:
    """The keys of the outermost object; None where it is a list; raises FormatError."""
    found = _loaded(text, file, dict)
    return frozenset(found) if isinstance(found, dict) else None


class _Doubled(dict[str, Any]):
    """An object in which a key stood twice."""

    key: str = ""


def _loaded(text: str, file: str, object_of: Any) -> Any:
    try:
        return json.loads(text, object_pairs_hook=object_of, parse_constant=_no_number)
    except json.JSONDecodeError as malformed:
        raise FormatError(f"no JSON: {malformed.msg}", file=file, line=malformed.lineno) from None
    except RecursionError:
        raise FormatError("the file is nested too deeply", file=file, pointer="/") from None
    except ValueError as refused:
        raise FormatError(f"no JSON: {refused}", file=file, pointer="/") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _refuse_doubled(document: Node) -> None:
    for pointer, value in _walked(document.value):
        if isinstance(value, _Doubled):
            Node(value, f"{pointer}/{escaped(value.key)}", document.source).fail(f"key {value.key!r} stands here twice")


def _walked(value: Any) -> Iterator[tuple[str, Any]]:
    """Every part with its pointer, outermost first."""
    waiting = [("", value)]
    while waiting:
        pointer, found = waiting.pop()
        yield pointer, found
        parts = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
        waiting += [(f"{pointer}/{escaped(str(key))}", part) for key, part in parts]
