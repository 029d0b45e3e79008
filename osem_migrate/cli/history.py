"""``osem-migrate history``: the log of what was done."""

from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import Count, connected
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from osem_migrate.history import LogEntry


@click.command("history")
@click.option("--limit", type=Count(), metavar="N", help="Only the newest N entries.")
@connected
def command(invocation: Invocation, *, limit: int | None) -> ExitCode:
    """Show what was done, by whom and when.

    Oldest first; times are UTC.
    """
    from osem_migrate.commands.history import HistoryOptions

    migrator = invocation.migrator()
    entries = migrator.history(HistoryOptions(limit=limit))

    def show() -> None:
        if not entries:
            output.line("info", f"Nothing was ever applied to {migrator.environment.name}.")
        rows = [(output.moment(e.at), e.what, e.migration or "", e.by, _detail(e)) for e in entries]
        output.entries(rows, head=3)

    return invocation.finish(lambda: _document(entries), show)


def _document(entries: "list[LogEntry]") -> Document:
    from osem_migrate.cli.documents.history import history_document

    return history_document(entries)


def _detail(entry: "LogEntry") -> str:
    """What was done, and why where somebody said so, on one line."""
    reason = f"reason: {' '.join(entry.reason.split())}" if entry.reason else ""
    return "; ".join(filter(None, (entry.detail, reason)))
