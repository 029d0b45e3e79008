"""``osem-migrate list``: the environment's tables."""

from typing import TYPE_CHECKING, Any

import click

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import connected
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Collection

    from osem_migrate.live_table import LiveTable
    from osem_migrate.schema import Index, Key


@click.command("list")
@click.option("--details", is_flag=True, help="Keys, indexes and settings of every table.")
@connected
def command(invocation: Invocation, *, details: bool) -> ExitCode:
    """List the environment's tables.

    Item counts are AWS's own, about six hours old.
    """
    from osem_migrate.commands.list_tables import ListOptions

    migrator = invocation.migrator()
    live_tables = migrator.tables(ListOptions(details=details))
    invocation.warn(live.refusal for live in live_tables if live.refusal is not None)

    def show() -> None:
        if not live_tables:
            output.line("info", f"There are no tables of {migrator.environment.name}.")
        elif details:
            for live in live_tables:
                _show_details(live)
        else:
            output.table([("TABLE", "STATUS", "INDEXES", "ITEMS", "BYTES"), *map(_row, live_tables)])

    return invocation.finish({"tables": [table_document(live) for live in live_tables]}, show)


def _row(live: "LiveTable") -> tuple[str, ...]:
    gone = "gone" if live.refusal is None else "denied"
    return (live.physical_name, live.status or gone, str(len(live.indexes)), str(live.items), str(live.size_bytes))


def _show_details(live: "LiveTable") -> None:
    if live.table is None:
        # Dropped between the listing and the look at it.
        return
    output.echo(click.style(live.physical_name, bold=True) + f"  {live.status}, {output.counted(live.items, 'item')}")
    output.echo(f"  keys      {_keys(live.table.keys)}")
    for index in live.table.indexes:
        output.echo(f"  index     {_index(index, live)}")
    for local in live.table.local_indexes:
        output.echo(f"  local     {local.name}: {_keys(local.keys)}, {local.projection}")
    for setting in live.table.settings:
        output.echo(f"  setting   {setting.phrase}")
    for kind in sorted(live.unreadable, key=lambda kind: kind.noun):
        output.echo(output.dim(f"  setting   {kind.noun}: not supported by this local engine"))
    output.echo()


def _index(index: "Index", live: "LiveTable") -> str:
    include = f" ({', '.join(index.include)})" if index.include else ""
    phase = live.indexes[index.name].phase or "ready"
    sort = f" / {_keys(index.sort_keys)}" if index.sort_keys else ""
    return f"{index.name}: {_keys(index.partition_keys)}{sort}, {index.projection}{include}, {phase}"


def _keys(keys: "tuple[Key, ...]") -> str:
    return ", ".join(f"{key.name} {key.type}" for key in keys)


def table_document(live: "LiveTable") -> Document:
    """One table of ``list``."""
    table = live.table
    return {
        "name": live.name,
        "physical_name": live.physical_name,
        "status": live.status,
        "refusal": live.refusal,
        "items": live.items,
        "size_bytes": live.size_bytes,
        "arn": live.arn,
        "keys": _key_documents(table.keys) if table is not None else [],
        "indexes": [
            {
                "name": index.name,
                "status": live.indexes[index.name].status,
                "backfilling": live.indexes[index.name].backfilling,
                "partition_key": _key_documents(index.partition_keys),
                "sort_key": _key_documents(index.sort_keys),
                "projection": index.projection,
                "include": list(index.include),
            }
            for index in (table.indexes if table is not None else ())
        ],
        "settings": [setting.describe() for setting in (table.settings if table is not None else ())],
    }


def _key_documents(keys: "Collection[Any]") -> list[Document]:
    return [{"name": key.name, "type": key.type} for key in keys]
