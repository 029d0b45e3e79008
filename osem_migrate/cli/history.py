"""``osem-migrate history``: the log of what was done."""

from itertools import islice
from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation
from osem_migrate.cli.options import Count, connected
from osem_migrate.errors import ExitCode
from osem_migrate.listing import in_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from osem_migrate.history import LogEntry

_AT_ONCE = 1000  # entries that are shown together, in columns of the same width


@click.command("history")
@click.option("--limit", type=Count(), metavar="N", help="Only the newest N entries.")
@connected
def command(invocation: Invocation, *, limit: int | None) -> ExitCode:
    """Show what was done, by whom and when.

    Oldest first; times are UTC.
    """
    from osem_migrate.commands.history import HistoryOptions

    migrator = invocation.migrator()
    entries = migrator.entries(HistoryOptions(limit=limit))
    count = 0
    invocation.stopped = lambda _error: _document(count) if count else {}
    while some := [*islice(entries, _AT_ONCE)]:
        count += len(some)
        if invocation.as_json:
            invocation.list_json("events", _listed(some))
        else:
            rows = [(output.moment(e.at), e.what, e.migration or "", e.by, _detail(e)) for e in some]
            output.entries(rows, head=3, below=[in_lines(e.detail, e.parts)[1] for e in some])

    def show() -> None:
        if not count:
            output.line("info", f"Nothing was ever applied to {migrator.environment.name}.")

    return invocation.finish(lambda: _document(count), show)


def _listed(entries: "Sequence[LogEntry]") -> "Sequence[Document]":
    from osem_migrate.cli.documents.history import entry_document

    return [entry_document(entry) for entry in entries]


def _document(count: int) -> Document:
    from osem_migrate.cli.documents.history import history_document

    return history_document(count)


def _detail(entry: "LogEntry") -> str:
    """What was done, and why where somebody said so, on one line; without what it lists."""
    reason = f"reason: {' '.join(entry.reason.split())}" if entry.reason else ""
    return "; ".join(filter(None, (in_lines(entry.detail, entry.parts)[0], reason)))
