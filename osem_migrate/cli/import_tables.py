"""``osem-migrate import``: write the scripts of existing tables, and record them as applied."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.import_file import READABLE, import_file, options_of
from osem_migrate.cli.invocation import Document, Invocation, place
from osem_migrate.cli.options import Choice, connected, lock_timeout_option
from osem_migrate.errors import ConfirmationRequired, ExitCode, UsageError

if TYPE_CHECKING:
    from osem_migrate.commands.import_tables import ImportOptions, ImportPlan, ImportResult
    from osem_migrate.migrator import Migrator


@click.command("import", epilog="Exit codes of --check: 0 file and scripts declare the same, 3 they differ.")
@click.argument("tables", nargs=-1, metavar="[TABLE]…")
@click.option("--dry-run", is_flag=True, help="Print the scripts, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before recording in a protected environment.")
@click.option("--from", "source", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Import the tables that a file of another tool declares; asks nothing of AWS.")  # fmt: skip
@click.option("--format", "form", type=Choice(READABLE), metavar="FORMAT",
              help=f"What the file of --from is, instead of what it looks like: {', '.join(READABLE)}.")  # fmt: skip
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE",
              help="With --from: a value for a parameter, or for what else only a deployment knows.")  # fmt: skip
@click.option("--check", is_flag=True,
              help="With --from: compare file and scripts, write nothing, and exit with 3 if they differ.")  # fmt: skip
@lock_timeout_option
@connected
def command(  # noqa: PLR0913 - one parameter an option
    invocation: Invocation,
    *,
    tables: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    source: Path | None,
    form: str | None,
    parameters: tuple[str, ...],
    check: bool,
    lock_timeout: float,
) -> ExitCode:
    """Adopt existing tables as scripts.

    Reads every table of the environment, or each TABLE (its name in the scripts, or in DynamoDB), and
    writes a numbered script for each that creates it exactly as it is: keys, indexes, local indexes and every setting
    that is not what a new table of this environment gets anyway. The scripts are then recorded as applied, under the
    lock, so that status is in sync; in other environments, upgrade creates the same tables. No table is ever changed.

    Tables that the scripts declare already are left out, and so is the history table. A warning
    names what a script cannot declare, such as replicas. Pending scripts must be applied first (osem-migrate upgrade
    adopts existing tables).

    With --from, the tables are those that a file declares: a template of CloudFormation or SAM, what "terraform show
    -json" prints, a model of NoSQL Workbench or a migration contract. Nothing is recorded, and AWS is not asked. Names
    that the configuration does not give to these tables are added there. upgrade then adopts the tables.
    """
    if source is not None:
        return import_file(invocation, options_of(source, form, tables, parameters), check=check, dry_run=dry_run)
    if check or form is not None or parameters:
        raise UsageError("--check, --format and --parameter need --from")
    from osem_migrate.commands.import_tables import ImportOptions

    migrator = invocation.migrator()
    options = ImportOptions(names=tables, lock_timeout=lock_timeout)
    plan = migrator.plan_import(options)
    invocation.warn(plan.warnings)
    if dry_run:
        return invocation.finish(lambda: _document(plan, migrator), lambda: _show_drafts(plan))
    if plan.creations:
        _confirm(plan, migrator, yes=yes, can_ask=not invocation.as_json)
    imported = _run(plan, migrator, options)
    return invocation.finish(lambda: _document(plan, migrator, imported), lambda: _show(plan, imported, migrator))


def _run(plan: "ImportPlan", migrator: "Migrator", options: "ImportOptions") -> "ImportResult":
    from osem_migrate.cli.signals import stop_on_signal

    with stop_on_signal(advice.command("upgrade")) as stop:
        return migrator.import_tables(plan, replace(options, stop=stop))


def _confirm(plan: "ImportPlan", migrator: "Migrator", *, yes: bool, can_ask: bool) -> None:
    """Ask before anything is recorded in a protected environment."""
    name = migrator.environment.name
    if yes or not migrator.environment.settings.protected:
        return
    what = f"{output.counted(len(plan.creations), 'script')} would be written and recorded as applied"
    if can_ask and sys.stdin.isatty():
        output.line("warning", f"{name} is protected, and {what}", err=True)
        if click.prompt(f"Type {name} to go on", default="", show_default=False, err=True) == name:
            return
    raise ConfirmationRequired(
        f"{name} is protected, and {what}",
        remediation="Read the scripts with --dry-run, then run the command again with --yes",
    )


def _document(plan: "ImportPlan", migrator: "Migrator", imported: "ImportResult | None" = None) -> Document:
    from osem_migrate.cli.documents.import_tables import import_document

    return import_document(plan, migrator.environment, imported)


def _show_drafts(plan: "ImportPlan") -> None:
    for draft in plan.drafts:
        output.verbatim(f"# {os.path.relpath(draft.path)}\n{draft.source}")
    _show_skipped(plan)
    output.line("info", f"{output.counted(len(plan.drafts), 'script')} to write. Nothing is changed by this.")


def _show(plan: "ImportPlan", imported: "ImportResult", migrator: "Migrator") -> None:
    for draft, create in zip(imported.drafts, plan.creations, strict=True):
        name = migrator.environment.physical_name(create.table)
        output.line("done", f"{os.path.relpath(draft.path)}: {name}")
    _show_skipped(plan)
    where = place(migrator)
    if not imported.drafts:
        output.line("done", f"{where}: nothing to import.")
        return
    tables = output.counted(len(imported.drafts), "table")
    output.line("done", f"{tables} of {where} imported: the scripts are written, and recorded as applied there.")


def _show_skipped(plan: "ImportPlan") -> None:
    for name, why in plan.skipped.items():
        output.line("info", f"{name} is left out: {why}.")
