"""``osem-migrate history``: the log of what was done."""

from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Invocation
from osem_migrate.cli.options import connected
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from osem_migrate.history import LogEntry


@click.command("history")
@connected
def command(invocation: Invocation) -> ExitCode:
    """Show what was done, by whom and when.

    Oldest first; times are UTC.
    """
    from osem_migrate.cli.documents import log_entry_document  # noqa: PLC0415 - pydantic only when a command runs

    migrator = invocation.migrator()
    events = migrator.history()

    def show() -> None:
        if not events:
            output.line("info", f"Nothing was ever applied to {migrator.environment.name}.")
        rows = [(output.moment(e.at), e.what, e.migration or "", e.by, _detail(e)) for e in events]
        for row in output.columns(rows):
            output.echo(row)

    return invocation.finish({"events": [log_entry_document(event) for event in events]}, show)


def _detail(event: "LogEntry") -> str:
    """What was done, and why where somebody said so, on one line."""
    reason = f"reason: {' '.join(event.reason.split())}" if event.reason else ""
    return "; ".join(filter(None, (event.detail, reason)))
