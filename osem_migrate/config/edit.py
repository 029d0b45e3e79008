"""Changes of pyproject.toml that leave its comments, its order and its spelling alone."""

import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import InlineTable

_PATH = ("tool", "osem-migrate", "environments")


def with_tables(text: str, environment: str, tables: Mapping[str, str]) -> str:
    """The file with these physical names in the ``tables`` of an environment, by logical name."""
    wanted = tomllib.loads(text)
    _add(wanted, environment, tables)
    document = tomlkit.parse(text)
    _add(document, environment, tables)
    changed = tomlkit.dumps(document)
    if tomllib.loads(changed) == wanted:
        return _set_apart(text, changed)
    # What is added to a table of dotted keys, tomlkit leaves out; such a table may have a part of its own elsewhere.
    section = tomlkit.document()
    _add(section, environment, tables)
    return f"{text.rstrip()}\n\n{tomlkit.dumps(section).lstrip()}"


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


def _add(document: Any, environment: str, tables: Mapping[str, str]) -> None:
    here = document
    for part in (*_PATH, environment, "tables"):
        if part not in here:
            here[part] = _table_in(here, is_super=part in _PATH or part == environment)
        here = here[part]
    for name, physical_name in tables.items():
        here[name] = physical_name


def _table_in(owner: Any, *, is_super: bool) -> Any:
    """A new table, as its owner takes one: a plain dictionary, an inline table, or one with a header of its own."""
    if isinstance(owner, InlineTable):
        return tomlkit.inline_table()
    return tomlkit.table(is_super_table=is_super) if hasattr(owner, "as_string") else {}
