"""Mermaid: an entity-relationship diagram, as GitHub shows it in Markdown; settings are comments in it."""

import re
from collections.abc import Iterator, Sequence

from osem_migrate.formats.values import Export, Writing
from osem_migrate.schema import Key, LocalIndex, Table

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def write(export: Export) -> Writing:
    """The diagram: an entity for each table and each index, the indexes bound to their tables."""
    lines = ["erDiagram"]
    for table in export.first.schema.tables.values():
        lines += _table(table)
    return Writing("\n".join(lines) + "\n")


def _table(table: Table) -> Iterator[str]:
    for setting in table.settings:
        yield f"    %% {_quoted(f'{table.name}: {setting.phrase}')}"
    yield from _entity(table.name, [table.partition_key], table.keys[1:])
    for index in table.all_indexes:
        partition, sort = table.index_keys(index)
        name = f"{table.name}/{index.name}"
        yield from _entity(name, partition, sort)
        projection, include = table.projection(index)
        kind = "local index" if isinstance(index, LocalIndex) else "index"
        label = f"{kind}, {projection}" + (f" ({', '.join(include)})" if include else "")
        yield f'    "{_quoted(table.name)}" ||--o| "{_quoted(name)}" : "{_quoted(label)}"'


def _entity(name: str, partition: Sequence[Key], sort: Sequence[Key]) -> Iterator[str]:
    yield f'    "{_quoted(name)}" {{'
    for keys, role in ((partition, "partition key"), (sort, "sort key")):
        for key in keys:
            # The grammar takes few characters in a name; the comment takes nearly all.
            plain = _PLAIN.fullmatch(key.name) is not None
            shown = key.name if plain else "attribute"
            yield f'        {key.type} {shown} PK "{role if plain else _quoted(f"{role} {key.name}")}"'
    yield "    }"


def _quoted(text: str) -> str:
    """What may stand in double quotes, on one line."""
    return " ".join(text.replace('"', "'").split())
