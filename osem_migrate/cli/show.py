"""``osem-migrate show``: what one script does."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.complete import complete_version
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import placed
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from osem_migrate.config import Environment
    from osem_migrate.planning.plan import Plan
    from osem_migrate.schema import Table

ANY = "*"


@click.command("show")
@click.argument("version", shell_complete=complete_version)
@placed
def command(invocation: Invocation, *, version: str) -> ExitCode:
    """Show what one script does.

    VERSION is a number, a whole name, or head for the newest. Shown are its docstring, its operations, the calls that
    they make in the environment, and each table before and after it, where all scripts before it are applied. Makes no
    call.
    """
    from osem_migrate.commands.show import show
    from osem_migrate.config import Project
    from osem_migrate.files.loader import load

    project = Project.find()
    environment = project.environment(invocation.environment or "")
    region = invocation.region or environment.settings.region
    invocation.locate = lambda: replace(environment.place, region=region)
    plan = show(environment, load(project.migrations).migrations, version)
    return invocation.finish(lambda: _document(plan, environment, region or ANY), lambda: _show(plan, environment))


def _document(plan: "Plan", environment: "Environment", region: str) -> Document:
    from osem_migrate.cli.documents.show import show_document

    return show_document(plan, environment, region)


def _show(plan: "Plan", environment: "Environment") -> None:
    from osem_migrate.cli.plan import show_operations

    (planned,) = plan.migrations
    migration = planned.migration
    output.echo(click.style(migration.file or migration.id, bold=True))
    for text in migration.docstring.splitlines():
        output.echo(f"  {text}".rstrip())
    output.echo()
    show_operations(planned, plan, environment)
    for name in plan.tables:
        for when, schema in (("before", plan.before), ("after", plan.after)):
            _show_table(f"{when}: {environment.physical_name(name)}", schema.tables.get(name))


def _show_table(title: str, table: "Table | None") -> None:
    from osem_migrate.cli.table import show_parts

    output.echo()
    output.echo(title + ("" if table is not None else "  no such table"))
    if table is not None:
        show_parts(table)
