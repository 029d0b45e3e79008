"""``osem-migrate check``: what can be wrong with the scripts, before AWS is asked anything."""

from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import unconnected
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from osem_migrate.commands.check import CheckResult

_KINDS = {"passed": "done", "failed": "error", "skipped": "info"}


@click.command("check")
@unconnected
def command(invocation: Invocation) -> ExitCode:
    """Check the scripts, before AWS is asked anything.

    Every script loads; one of them is the newest; up, down and up again gives the same schema in every environment;
    lint finds no error; the scripts lead to what schema.py declares, if there is one beside the configuration; and no
    script declares the time or a random value. Makes no call and needs no credentials: for CI, and for a hook before
    each commit. Exits with 1 where something is wrong.
    """
    from osem_migrate.commands.check import check
    from osem_migrate.config import Project

    results = check(Project.find())
    failed = any(result.errors for result in results)
    return invocation.finish(
        lambda: _document(results), lambda: _show(results), ExitCode.ERROR if failed else ExitCode.OK
    )


def _document(results: "Sequence[CheckResult]") -> Document:
    from osem_migrate.cli.documents.check import check_document

    return check_document(results)


def _show(results: "Sequence[CheckResult]") -> None:
    width = max(len(result.name) for result in results)
    for result in results:
        said = "" if result.outcome == "passed" else f"{result.outcome}: "
        output.line(_KINDS[result.outcome], f"{result.name:{width}}  {said}{result.says}")
        for warning in result.warnings:
            output.echo(f"    {warning}")
        for error in result.errors:
            output.echo(f"    {click.style(error.code, bold=True)}: {error.message}")
        for advice in dict.fromkeys(error.advice for error in result.errors):
            output.hint(advice)
    failed = [result.name for result in results if result.errors]
    if failed:
        output.line("error", f"Not in order: {', '.join(failed)}.")
    else:
        output.line("done", f"{output.counted(len(results), 'check')} passed.")
