"""``osem-migrate new``: the next numbered script."""

import os

import click

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import unconnected
from osem_migrate.errors import ExitCode


@click.command("new")
@click.argument("title")
@unconnected
def command(invocation: Invocation, *, title: str) -> ExitCode:
    """Write the next numbered script.

    Prints its path. A TITLE like "add status index to Plans" or "create table Sessions" fills the script in; any other
    leaves its operations for you to declare.
    """
    from osem_migrate.commands.new import new
    from osem_migrate.config import Project

    shown = os.path.relpath(new(Project.find(), title))
    return invocation.finish(lambda: _document(shown), lambda: output.verbatim(shown))


def _document(path: str) -> Document:
    from osem_migrate.cli.documents.new import new_document

    return new_document(path)
