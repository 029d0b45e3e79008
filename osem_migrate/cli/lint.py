"""``osem-migrate lint``: what is risky in the scripts."""

from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.complete import complete_environment
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import Choice, refuse_together, unconnected
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from osem_migrate.commands.lint import LintReport
    from osem_migrate.planning.lint.lint import Finding

FORMATS = ("text", "json", "github", "sarif", "junit")


@click.command("lint", epilog="Exit codes: 0 nothing that counts, 1 an error, or with --strict a warning.")
@click.option("--git-base", metavar="REV",
              help="Look only at scripts that this branch, tag or commit does not have, as one release.")  # fmt: skip
@click.option("--env", "environment", metavar="ENV", shell_complete=complete_environment,
              help="Look only at what is so in this environment.  [default: all but local]")  # fmt: skip
@click.option("--format", "shape", type=Choice(FORMATS), default="text", show_default=True, metavar="FORMAT",
              help="text for people, json for machines, github for annotations, sarif for code scanning, junit "
              "for test reports.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Warnings count for the exit code, too.")
@unconnected
def command(invocation: Invocation, *, git_base: str | None, shape: str, strict: bool) -> ExitCode:
    """Say what is risky in the scripts; asks nothing of AWS.

    DynamoDB would accept what this finds: an index that is dropped and added under one name, a table that comes back
    empty, a key that throttles. docs/lint.md has every rule with its reason and what to do instead.

    Some rules are about what goes out together. With --git-base that is what a revision does not have yet; without it,
    each script is taken for a release of its own.

    A comment on a line of the operation answers a finding, with a reason: # nolint: IDX02 nobody queries it. The key
    ignore of [tool.osem-migrate.lint] leaves a rule out.
    """
    from osem_migrate.commands.lint import LintOptions, lint
    from osem_migrate.config import Project
    from osem_migrate.files.loader import load

    refuse_together(json=invocation.as_json, format=shape if shape in {"github", "sarif", "junit"} else None)
    invocation.as_json = invocation.as_json or shape == "json"
    project = Project.find()
    scripts = load(project.migrations)
    invocation.warn(scripts.warnings)
    options = LintOptions(git_base=git_base, env=invocation.environment, strict=strict)
    report = lint(project, scripts.migrations, options)
    return invocation.finish(lambda: _document(report), lambda: _show(report, shape), report.exit_code)


def _document(report: "LintReport") -> Document:
    from osem_migrate.cli.documents.lint import lint_document

    return lint_document(report)


def _show(report: "LintReport", shape: str) -> None:
    if shape == "text":
        _show_text(report)
        return
    from osem_migrate.cli import reports, sarif

    made = {
        "github": lambda: reports.lint_github(report),
        "junit": lambda: reports.lint_junit(report),
        "sarif": lambda: output.json_text(sarif.sarif(report)).removesuffix("\n"),
    }
    output.verbatim(made[shape]())


def _show_text(report: "LintReport") -> None:
    """Each finding in a line that editors can follow, and each recipe once."""
    told: set[str] = set()
    for finding in report.findings:
        output.verbatim(_line(finding))
        if finding.recipe not in told:
            output.echo(f"    {finding.recipe}", hang=4)
        told.add(finding.recipe)
    scripts = output.counted(len(report.scripts), "script")
    if not report.findings:
        output.line("done", f"Nothing found in {scripts}.")
        return
    errors = sum(finding.severity == "error" for finding in report.findings)
    counts = ((errors, "error"), (len(report.findings) - errors, "warning"))
    found = " and ".join(output.counted(count, noun) for count, noun in counts if count)
    output.line("warning" if report.passed else "error", f"{found} in {scripts}.")


def _line(finding: "Finding") -> str:
    """``migrations/0009_x.py:10:5: IDX01 message (in prod)``."""
    place = ":".join(str(part) for part in (finding.file, finding.line, finding.column) if part is not None)
    return f"{place}: {click.style(finding.code, bold=True)} {finding.text}"
