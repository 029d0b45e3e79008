"""``osem-migrate init``: make the folder a project."""

import os
from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import unconnected
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from osem_migrate.commands.init import InitResult


@click.command("init")
@click.option("--application", metavar="NAME",
              help="Name of the application, instead of that of the package or the folder.")  # fmt: skip
@click.option("--table-name", metavar="PATTERN",
              help="How tables are called, such as '{application}-{env}-{entity}', which is the default.")  # fmt: skip
@click.option("--script", metavar="TITLE", help="Also write a first script, as new does.")
@unconnected
def command(invocation: Invocation, *, application: str | None, table_name: str | None, script: str | None) -> ExitCode:
    """Make this folder a project of osem-migrate.

    Adds a section to the nearest pyproject.toml, from this folder upwards, or writes an osem-migrate.toml where there
    is none; makes the folder migrations. What is there already stays as it is: run again, it changes nothing.
    """
    from osem_migrate.commands.init import InitOptions, init

    done = init(InitOptions(application=application, table_name=table_name, script=script))
    return invocation.finish(lambda: _document(done), lambda: _show(done))


def _document(done: "InitResult") -> Document:
    from osem_migrate.cli.documents.init import init_document

    return init_document(done)


def _show(done: "InitResult") -> None:
    project = done.project
    file = os.path.relpath(project.file.path)
    for path in done.written:
        shown = os.path.relpath(path)
        names = f"application {project.application}, environments {' and '.join(project.environment_names)}"
        text = f"{shown}: {names}" if path == project.file.path else shown + ("/" if path.is_dir() else "")
        output.line("done", text)
    if not done.written:
        output.line("done", f"{file} has set up {project.application} already; nothing to do.")
    if not done.has_scripts:
        output.hint(f"write the first script: {advice.command('new', 'create table Orders')}")
    output.hint(f"build the tables on this machine: {advice.command('upgrade', '--env', 'local')}")
