"""``osem-migrate export``: the tables as a file of another tool, or as a picture."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import Choice, connected
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from osem_migrate.commands.export import ExportOptions
    from osem_migrate.formats import Writing

WRITABLE = ("cloudformation", "terraform", "workbench", "mermaid", "dot", "html")


@click.command("export")
@click.argument("form", type=Choice(WRITABLE), metavar="FORMAT")
@click.option("--live", is_flag=True, help="The tables as they are live, not as the scripts build them.")
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write to this file, instead of stdout.")  # fmt: skip
@connected
def command(invocation: Invocation, *, form: str, live: bool, target: Path | None) -> ExitCode:
    """Write the tables as a file of another tool, or as a picture.

    FORMAT is cloudformation, terraform, workbench (a model of NoSQL Workbench), mermaid, dot (Graphviz) or
    html, a page with a drawing of every table.

    Without --live the tables are those that the scripts build, and nothing is asked of AWS. A template of
    cloudformation is for all environments, or with --env for that one; the others are for one. A page of html shows
    with --env where that environment stands.

    What a format cannot say is a warning on stderr.
    """
    from osem_migrate.commands.export import SHOWS_STANDING, ExportOptions
    from osem_migrate.files.whole_file import write_whole

    options = ExportOptions(format=form, live=live)
    source = click.get_current_context().get_parameter_source("environment")
    is_chosen = source not in {None, ParameterSource.DEFAULT}
    if live or (is_chosen and form in SHOWS_STANDING):
        writing = invocation.migrator().export(options)
    else:
        writing = _by_scripts(options, invocation.environment if is_chosen else None)
        invocation.environment = invocation.environment if is_chosen else None
    invocation.warn(note.describe() for note in writing.notes)
    if target is not None:
        write_whole(target, writing.text.encode())
    return _finish(invocation, form, writing, target)


def _by_scripts(options: "ExportOptions", environment: str | None) -> "Writing":
    from osem_migrate.commands.export import export_scripts
    from osem_migrate.config import Project
    from osem_migrate.files.loader import load

    project = Project.find()
    return export_scripts(project, load(project.migrations).migrations, options, environment)


def _finish(invocation: Invocation, form: str, writing: "Writing", target: Path | None) -> ExitCode:
    path = os.path.relpath(target) if target is not None else None
    return invocation.finish(
        lambda: _document(form, path, writing), lambda: output.verbatim(path or writing.text.removesuffix("\n"))
    )


def _document(form: str, path: str | None, writing: "Writing") -> Document:
    from osem_migrate.cli.documents.export import export_document

    return export_document(form, path, writing)
