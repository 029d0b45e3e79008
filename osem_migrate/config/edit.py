"""Changes of a TOML file that leave its comments, its order, its line endings and its spelling alone."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit.items import InlineTable


def with_values(text: str, path: Sequence[str], values: Mapping[str, str]) -> str:
    """The file with these values in the table of that path, which is added where there is none."""
    wanted = tomllib.loads(text)
    _add(wanted, path, values)
    document = tomlkit.parse(text)
    _add(document, path, values)
    changed = tomlkit.dumps(document)
    if tomllib.loads(changed) == wanted:
        return _in_endings_of(text, _set_apart(text, changed))
    # What is added to a table of dotted keys, tomlkit leaves out; such a table may have a part of its own elsewhere.
    section = tomlkit.document()
    _add(section, path, values)
    return _in_endings_of(text, f"{text.rstrip()}\n\n{tomlkit.dumps(section).lstrip()}")


def _in_endings_of(text: str, changed: str) -> str:
    """The changed file with the line endings of what it was, which tomlkit does not give to what is added."""
    return re.sub(r"(?<!\r)\n", "\r\n", changed) if "\r\n" in text else changed


def _set_apart(text: str, changed: str) -> str:
    """The changed file with an empty line around the section that is new in it, which tomlkit leaves out."""
    known, lines = set(text.splitlines()), changed.splitlines(keepends=True)
    first = next((at for at, line in enumerate(lines) if line.startswith("[") and line.strip() not in known), None)
    if first is None:
        return changed
    last = next(
        (at for at, line in enumerate(lines) if at > first and not line[0].isalnum() and line[0] not in "\"'"), None
    )
    for at in (last, first):
        if at is not None and lines[at - 1].strip() and lines[at].strip():
            lines.insert(at, lines[first][len(lines[first].rstrip()) :])
    return "".join(lines)


def _add(document: Any, path: Sequence[str], values: Mapping[str, str]) -> None:
    here = document
    for depth, part in enumerate(path, 1):
        if part not in here:
            here[part] = _table_in(here, is_super=depth < len(path))
        here = here[part]
    for name, value in values.items():
        here[name] = value


def _table_in(owner: Any, *, is_super: bool) -> Any:
    """A new table, as its owner takes one: a plain dictionary, an inline table, or one with a header of its own."""
    if isinstance(owner, InlineTable):
        return tomlkit.inline_table()
    return tomlkit.table(is_super_table=is_super) if hasattr(owner, "as_string") else {}
