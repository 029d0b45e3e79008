"""DOT, the language of Graphviz: a node for each table and each index."""

from collections.abc import Iterator
from html import escape

from osem_migrate.formats.values import Export, Writing
from osem_migrate.schema import Key, LocalIndex, Table

_HEAD = """\
digraph tables {
  rankdir=LR;
  node [shape=plain, fontname="Helvetica", fontsize=11];
  edge [color="#64748b", arrowhead=none];
"""


def write(export: Export) -> Writing:
    """The graph; its labels are HTML-like, so that keys and settings stand in rows."""
    lines = [line for table in export.first.schema.tables.values() for line in _table(table)]
    return Writing(_HEAD + "".join(f"  {line}\n" for line in lines) + "}\n")


def _table(table: Table) -> Iterator[str]:
    rows = [_key("partition", table.partition_key)]
    rows += [_key("sort", table.sort_key)] if table.sort_key is not None else []
    rows += [_row(setting.phrase) for setting in table.settings]
    yield f"{_id(table.name)} [label=<{_label(table.name, rows, '#dbeafe')}>];"
    for index in table.all_indexes:
        projection, include = table.projection(index)
        partition, sort = table.index_keys(index)
        keys = [*(_key("partition", key) for key in partition), *(_key("sort", key) for key in sort)]
        rows = [*keys, _row(f"projects {projection}" + (f": {', '.join(include)}" if include else ""))]
        name = f"{table.name}/{index.name}"
        yield f"{_id(name)} [label=<{_label(index.name, rows, '#f1f5f9')}>];"
        style = " [style=dashed]" if isinstance(index, LocalIndex) else ""
        yield f"{_id(table.name)} -> {_id(name)}{style};"


def _label(title: str, rows: list[str], colour: str) -> str:
    head = f'<TR><TD BGCOLOR="{colour}"><B>{_text(title)}</B></TD></TR>'
    return f'<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="5">{head}{"".join(rows)}</TABLE>'


def _key(role: str, key: Key) -> str:
    return _row(f"{role} key {key.name}: {key.type}")


def _row(text: str) -> str:
    return f'<TR><TD ALIGN="LEFT">{_text(text)}</TD></TR>'


def _text(text: str) -> str:
    """Text of an HTML-like label: Graphviz knows few entities, and no control characters."""
    return escape("".join(character if character.isprintable() else " " for character in text)) or " "


def _id(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
