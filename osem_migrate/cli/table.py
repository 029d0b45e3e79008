"""A table as text: its keys, indexes and settings, a line each."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from osem_migrate.cli import output

if TYPE_CHECKING:
    from osem_migrate.schema import Index, Table


def show_parts(table: "Table", aside: "Callable[[Index], str]" = lambda _index: "") -> None:
    """Print them, set in below the name of the table; ``aside`` is said behind an index."""
    output.echo(f"  keys      {table.keys_text}")
    for index in table.indexes:
        output.echo(f"  index     {index.name}: {index.text}{aside(index)}")
    for local in table.local_indexes:
        output.echo(f"  local     {local.name}: {local.text}")
    for setting in table.settings:
        output.echo(f"  setting   {setting.phrase}")
