"""``osem-migrate stamp``: record migrations as applied without carrying them out."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.complete import complete_version
from osem_migrate.cli.invocation import Document, Invocation, place
from osem_migrate.cli.options import connected, lock_timeout_option
from osem_migrate.cli.reason import reason_option
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from osem_migrate.commands.stamp import StampOptions, StampResult


@click.command("stamp")
@click.argument("version", shell_complete=complete_version)
@click.option("--no-verify", is_flag=True, help="Do not compare the live tables with the scripts; the log says so.")
@reason_option
@lock_timeout_option
@connected
def command(
    invocation: Invocation, *, version: str, no_verify: bool, reason: str | None, lock_timeout: float
) -> ExitCode:
    """Record migrations as applied without carrying them out.

    Every script up to VERSION (7, 0007, its whole name, or head for the newest) that the history table does not know as
    applied is recorded as applied: for tables that were made by hand, by another tool, or restored from a backup.
    Before anything is written, the live tables that these scripts touch are compared with what the scripts make of
    them; each difference is named, and an index that is still being built counts as missing. No table is ever changed.
    Who recorded what, when and why is in the log (osem-migrate history).
    """
    from osem_migrate.cli.signals import stop_on_signal
    from osem_migrate.commands.stamp import StampOptions

    migrator = invocation.migrator()
    invocation.warn(migrator.scripts.warnings)
    options = StampOptions(version, verify=not no_verify, reason=reason, lock_timeout=lock_timeout)
    with stop_on_signal(options.resume()) as stop:
        stamped = migrator.stamp(replace(options, stop=stop))

    def show() -> None:
        for name in stamped.recorded:
            output.line("done", f"{name} is recorded as applied")
        where = place(migrator)
        if not stamped.recorded:
            output.line("done", f"{where}: everything up to {stamped.version} is applied already; nothing to do.")
        elif no_verify:
            output.line("warning", f"The tables of {where} were not compared with the scripts.")

    return invocation.finish(lambda: _document(stamped, options), show)


def _document(stamped: "StampResult", options: "StampOptions") -> Document:
    from osem_migrate.cli.documents.stamp import stamp_document

    return stamp_document(stamped, options)
