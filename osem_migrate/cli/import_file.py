"""``osem-migrate import --from FILE``: the tables that a file of another tool declares."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from osem_migrate.commands.import_file import FileImport, ImportFileOptions
    from osem_migrate.files.writer import Draft

READABLE = ("cloudformation", "terraform", "contract", "workbench")


def import_file(invocation: Invocation, options: "ImportFileOptions", *, check: bool, dry_run: bool) -> ExitCode:
    """Compare the file with the scripts, or write what is missing."""
    from osem_migrate.commands.import_file import import_file as write
    from osem_migrate.commands.import_file import plan_file_import_of
    from osem_migrate.config import Project
    from osem_migrate.files.folder import is_there
    from osem_migrate.files.loader import load

    project = Project.find()
    migrations = load(project.migrations).migrations if is_there(project.migrations) else ()
    plan = plan_file_import_of(project, invocation.environment or "", migrations, options)
    invocation.warn(plan.notes)
    if check:
        code = ExitCode.OK if plan.in_sync else ExitCode.PENDING
        return invocation.finish(
            lambda: _document(plan, plan.drafts, check=True), lambda: _show_check(plan, options), code
        )
    if dry_run:
        return invocation.finish(lambda: _document(plan, plan.drafts, dry_run=True), lambda: _show_drafts(plan))
    drafts = write(project, plan)
    return invocation.finish(lambda: _document(plan, drafts), lambda: _show(plan, drafts))


def options_of(source: Path, form: str | None, names: Sequence[str], parameters: Sequence[str]) -> "ImportFileOptions":
    """The options of the command line; raises UsageError for a parameter that is no NAME=VALUE."""
    from osem_migrate.commands.import_file import ImportFileOptions

    given = pairs("--parameter", "NAME=VALUE", parameters)
    return ImportFileOptions(file=source, format=form, names=names, parameters=given)


def pairs(option: str, form: str, words: Sequence[str]) -> dict[str, str]:
    """What an option says that takes pairs, as often as it was given; raises UsageError for a word that is none."""
    given: dict[str, str] = {}
    for word in words:
        name, separator, value = word.partition("=")
        if not name or not separator:
            raise UsageError(f"{option} takes {form}, not {word!r}")
        given[name] = value
    return given


def _document(plan: "FileImport", drafts: "Sequence[Draft]", *, dry_run: bool = False, check: bool = False) -> Document:
    from osem_migrate.cli.documents.import_file import file_import_document

    return file_import_document(plan, drafts, dry_run=dry_run, check=check)


def _show_check(plan: "FileImport", options: "ImportFileOptions") -> None:
    for difference in plan.differences:
        where = (
            difference.table if difference.subject == difference.table else f"{difference.table}/{difference.subject}"
        )
        code = click.style(difference.code, bold=True)
        output.line("error", f"{code} {where}: the scripts have {difference.expected}, the file {difference.found}")
    for name, physical in plan.mapped.items():
        output.line(
            "error",
            f"{name}: the file calls it {physical}, {plan.configuration.path.name} does not for {plan.environment}",
        )
    subjects: dict[str, list[str]] = {}
    for one in plan.unsaid:
        subjects.setdefault(one.text, []).append(one.subject)
    for text, found_in in subjects.items():
        output.line("info", f"not compared, as the file cannot say it: {text} ({', '.join(found_in)})")
    file = os.path.relpath(options.file)
    if plan.in_sync:
        extent = ", as far as the file can say" if plan.unsaid else ""
        output.line("done", f"{file} and the scripts declare the same for {plan.environment}{extent}.")
        return
    found = output.counted(len(plan.differences) + len(plan.mapped), "difference")
    output.line("warning", f"{file} and the scripts differ for {plan.environment}: {found}.")


def _show_drafts(plan: "FileImport") -> None:
    from osem_migrate.commands.import_file import mapping

    for draft in plan.drafts:
        output.verbatim(f"# {os.path.relpath(draft.path)}\n{draft.source}")
    if plan.mapped:
        output.verbatim(f"# {plan.configuration.path.name}\n{mapping(plan)}\n")
    _show_skipped(plan)
    names = f" and {output.counted(len(plan.mapped), 'name')}" if plan.mapped else ""
    output.line("info", f"{output.counted(len(plan.drafts), 'script')}{names} to write. Nothing is changed by this.")


def _show(plan: "FileImport", drafts: "Sequence[Draft]") -> None:
    for draft, create in zip(drafts, plan.creations, strict=True):
        output.line("done", f"{os.path.relpath(draft.path)}: {plan.names[create.table]}")
    for name, physical in plan.mapped.items():
        output.line("done", f"{plan.configuration.path.name}: {name} is {physical} in {plan.environment}")
    _show_skipped(plan)
    if not drafts and not plan.mapped:
        output.line("done", f"{plan.environment}: nothing to import.")
        return
    output.hint(f"adopt the tables, or create those that are missing: {advice.command('upgrade')}")


def _show_skipped(plan: "FileImport") -> None:
    for name, why in plan.skipped.items():
        output.line("info", f"{name} is left out: {why}.")
