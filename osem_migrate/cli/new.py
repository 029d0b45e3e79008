"""``osem-migrate new``: the next numbered script."""

import os
from pathlib import Path

import click

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Invocation
from osem_migrate.cli.options import unconnected
from osem_migrate.errors import ExitCode, OsemMigrateError


@click.command("new")
@click.argument("title")
@unconnected
def command(invocation: Invocation, *, title: str) -> ExitCode:
    """Write the next numbered script.

    Prints its path. A TITLE like "add status index to Plans" or "create table Sessions" fills the script in; any other
    leaves its operations for you to declare.
    """
    # Imported here, so that --help does not pay for pydantic and yoyo.
    from osem_migrate.config import Project  # noqa: PLC0415
    from osem_migrate.files.writer import write_script  # noqa: PLC0415

    project = Project.find()
    path = write_script(project.migrations, title, _tables(project.migrations))
    shown = os.path.relpath(path)
    return invocation.finish({"path": shown}, lambda: output.echo(shown))


def _tables(folder: Path) -> list[str]:
    """Tables that the scripts so far create; none where the folder cannot be read, which is no reason not to write."""
    from osem_migrate.files.loader import load  # noqa: PLC0415
    from osem_migrate.planning.replay import replay  # noqa: PLC0415
    from osem_migrate.schema import Schema  # noqa: PLC0415

    try:
        return list(replay(load(folder).migrations, Schema()).tables)
    except OsemMigrateError:
        return []
