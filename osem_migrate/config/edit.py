"""Changes of pyproject.toml that leave its comments, its order and its spelling alone."""

from collections.abc import Mapping
from typing import Any

import tomlkit

_PATH = ("tool", "osem-migrate", "environments")


def with_tables(text: str, environment: str, tables: Mapping[str, str]) -> str:
    """The file with these physical names in the ``tables`` of an environment, by logical name."""
    document = tomlkit.parse(text)
    here: Any = document
    for part in (*_PATH, environment):
        if part not in here:
            here[part] = tomlkit.table(is_super_table=part in _PATH)
        here = here[part]
    if "tables" not in here:
        here["tables"] = tomlkit.table()
    for name, physical_name in tables.items():
        here["tables"][name] = physical_name
    return tomlkit.dumps(document)
