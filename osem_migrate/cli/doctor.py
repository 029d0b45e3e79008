"""``osem-migrate doctor``: is everything there that a run depends on?"""

from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import Choice, connected
from osem_migrate.cli.policy import ROLES
from osem_migrate.errors import ExitCode, OsemMigrateError

if TYPE_CHECKING:
    from osem_migrate.planning.doctor import DoctorReport, Finding

_KINDS = {"ok": "done", "warning": "warning", "failed": "error"}
_CHECK_WIDTH = 14


@click.command("doctor", epilog="Exit codes: 0 nothing has failed, 1 something has.")
@click.option("--role", type=Choice(ROLES), default="status", show_default=True, metavar="ROLE",
              help="Try the permissions of status, upgrade or downgrade, each by a request that can have no "
              "effect.")  # fmt: skip
@connected
def command(invocation: Invocation, *, role: str) -> ExitCode:
    """Check everything that a run depends on, and say how to fix it.

    One line each: Python and libraries, configuration, scripts, region, credentials and who they belong to, the clock,
    the endpoint, the history table, passes over items that are not over, the lock, and every permission. Changes
    nothing. What depends on something broken is skipped. By default only the permissions to read are tried, by reading.

    With --role upgrade or downgrade the permissions to write are tried as well: changes are requested for a table that
    cannot exist, and items are written under a condition that never holds, so that DynamoDB refuses them all.
    """
    try:
        report = _examine(invocation, role)
    except ImportError as missing:
        remedy = "Install osem-migrate again, as it was installed; what it requires comes with it."
        raise OsemMigrateError(f"a part of osem-migrate is missing: {missing}", remediation=remedy) from missing
    invocation.locate = lambda: report.place
    return invocation.finish(lambda: _document(report, role), lambda: _show(report), report.exit_code)


def _document(report: "DoctorReport", role: str) -> Document:
    from osem_migrate.cli.documents.doctor import doctor_document

    return doctor_document(report, role)


def _examine(invocation: Invocation, role: str) -> "DoctorReport":
    from osem_migrate import __version__
    from osem_migrate.commands.doctor import DoctorOptions
    from osem_migrate.migrator import Migrator
    from osem_migrate.planning.policy import Role

    options = DoctorOptions(
        environment=invocation.environment or "",
        role=Role(role),
        connection=invocation.connection(),
        tool_version=__version__,
        on_call=invocation.report_progress().call,
    )
    return Migrator.doctor(options)


def _show(report: "DoctorReport") -> None:
    for finding in report.findings:
        _show_finding(finding)
    output.echo()
    failed, warnings = (sum(found.health == health for found in report.findings) for health in ("failed", "warning"))
    warned = f", {output.counted(warnings, 'warning')}" if warnings else ""
    if failed:
        output.line("error", f"{output.counted(failed, 'check')} failed{warned}.")
    else:
        output.line("done", f"Nothing has failed{warned}.")


def _show_finding(finding: "Finding") -> None:
    kind = _KINDS.get(finding.health, "info")
    output.line(kind, f"{finding.check:<{_CHECK_WIDTH}} {finding.message}")
    for line in (finding.advice or "").splitlines():
        output.echo(f"    {line}")
