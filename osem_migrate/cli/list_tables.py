"""``osem-migrate list``: the environment's tables."""

from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import connected
from osem_migrate.cli.pass_status import show_unfinished, unfinished
from osem_migrate.cli.table import show_parts
from osem_migrate.config import HISTORY_ENTITY
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from osem_migrate.live_table import LiveTable
    from osem_migrate.planning.items import PassStatus


@click.command("list")
@click.option("--details", is_flag=True, help="Keys, indexes and settings of every table.")
@connected
def command(invocation: Invocation, *, details: bool) -> ExitCode:
    """List the environment's tables.

    Item counts are AWS's own, about six hours old. Passes over items that are not over are told of.
    """
    from osem_migrate.commands.list_tables import ListOptions

    migrator = invocation.migrator()
    live_tables = migrator.tables(ListOptions(details=details))
    invocation.warn(live.refusal for live in live_tables if live.refusal is not None)
    passes = unfinished(invocation, migrator) if any(live.name == HISTORY_ENTITY for live in live_tables) else ()

    def show() -> None:
        if not live_tables:
            output.line("info", f"There are no tables of {migrator.environment.name}.")
        elif details:
            for live in live_tables:
                _show_details(live)
        else:
            output.table([("TABLE", "STATUS", "INDEXES", "ITEMS", "BYTES"), *map(_row, live_tables)])
        show_unfinished(passes)

    return invocation.finish(lambda: _document(live_tables, passes), show)


def _document(live_tables: "list[LiveTable]", passes: "Sequence[PassStatus]") -> Document:
    from osem_migrate.cli.documents.list_tables import list_document

    return list_document(live_tables, passes)


def _row(live: "LiveTable") -> tuple[str, ...]:
    gone = "gone" if live.refusal is None else "denied"
    return (live.physical_name, live.status or gone, str(len(live.indexes)), str(live.items), str(live.size_bytes))


def _show_details(live: "LiveTable") -> None:
    if live.table is None:
        # Dropped between the listing and the look at it.
        return
    output.echo(click.style(live.physical_name, bold=True) + f"  {live.status}, {output.counted(live.items, 'item')}")
    show_parts(live.table, lambda index: f", {live.indexes[index.name].phase or 'ready'}")
    for kind in sorted(live.unreadable, key=lambda kind: kind.noun):
        output.echo(output.dim(f"  setting   {kind.noun}: not supported by this local engine"))
    output.echo()
