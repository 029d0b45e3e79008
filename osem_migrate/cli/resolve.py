"""``osem-migrate resolve``: correct what the history says about one migration."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.complete import complete_version
from osem_migrate.cli.confirmation import ask
from osem_migrate.cli.invocation import Document, Invocation, place
from osem_migrate.cli.options import connected, lock_timeout_option
from osem_migrate.cli.pass_status import show_advice
from osem_migrate.cli.reason import reason_option
from osem_migrate.errors import ConfirmationRequired, ExitCode, UsageError

if TYPE_CHECKING:
    from osem_migrate.commands.resolve import ResolveOptions, ResolveResult
    from osem_migrate.migrator import Migrator


@click.command("resolve")
@click.argument("version", metavar="VERSION", shell_complete=complete_version)
@click.option("--applied", is_flag=True, help="Record it as applied: the live tables are as they are after it.")
@click.option("--reverted", is_flag=True, help="Record it as reverted: the live tables are as they were before it.")
@click.option("--accept-checksum", is_flag=True,
              help="Record the script as it is now: the live tables are as the changed one builds them.")  # fmt: skip
@click.option("--renamed", is_flag=True,
              help="Let what is recorded under its old name follow the script, with its passes.")  # fmt: skip
@reason_option
@click.option("--no-verify", is_flag=True, help="Do not compare with the live tables; the log says so.")
@click.option("--yes", is_flag=True, help="Do not ask before a record is deleted that nobody can read.")
@lock_timeout_option
@connected
def command(  # noqa: PLR0913 - one parameter an option
    invocation: Invocation,
    *,
    version: str,
    applied: bool,
    reverted: bool,
    accept_checksum: bool,
    renamed: bool,
    reason: str | None,
    no_verify: bool,
    yes: bool,
    lock_timeout: float,
) -> ExitCode:
    """Correct what the history says about one migration.

    For a migration that failed or was finished, undone or edited by hand. VERSION is its number, its whole name, or
    head for the newest. Changes only the history, never a table: takes the lock, compares the live tables with what is
    claimed, and refuses if they differ. The log keeps who did it, when and why.

    --renamed finds what was recorded of a script under another name or number by what it declares; an upgrade or a pass
    over items that was begun under the old name goes on under the new one.

    A record that cannot be read is written anew, as the script says; where the script is gone as well, --reverted
    with --no-verify deletes it, and asks for the environment's name.
    """
    from osem_migrate.commands.resolve import ResolveOptions
    from osem_migrate.planning.resolution import Resolution

    chosen = {
        Resolution.APPLIED: applied,
        Resolution.REVERTED: reverted,
        Resolution.ACCEPT_CHECKSUM: accept_checksum,
        Resolution.RENAMED: renamed,
    }
    said = [resolution for resolution, given in chosen.items() if given]
    if len(said) != 1:
        ways = ", ".join(f"--{resolution}" for resolution in chosen)
        raise UsageError(
            f"choose one of {ways}",
            remediation=f"Read what each of them means with: {advice.command('resolve', '--help')}",
        )
    migrator = invocation.migrator()
    invocation.warn(migrator.scripts.warnings)
    options = ResolveOptions(
        version, said[0], reason=reason, verify=not no_verify, allow_data_loss=yes, lock_timeout=lock_timeout
    )
    try:
        resolved = _resolve(migrator, options)
    except ConfirmationRequired as needed:
        ask([*needed.parts], migrator, needed.advice, yes=False, can_ask=not invocation.as_json)
        resolved = _resolve(migrator, replace(options, allow_data_loss=True))
    return invocation.finish(lambda: _document(resolved, reason), lambda: _show(resolved, migrator))


def _resolve(migrator: "Migrator", options: "ResolveOptions") -> "ResolveResult":
    from osem_migrate.cli.signals import stop_on_signal

    with stop_on_signal(options.resume()) as stop:
        return migrator.resolve(replace(options, stop=stop))


def _document(resolved: "ResolveResult", reason: str | None) -> Document:
    from osem_migrate.cli.documents.resolve import resolve_document

    return resolve_document(resolved, reason)


def _show(resolved: "ResolveResult", migrator: "Migrator") -> None:
    from osem_migrate.planning.resolution import Resolution

    kinds = {Resolution.ACCEPT_CHECKSUM: "with the checksum of its script", Resolution.RENAMED: "under its new name"}
    accepts = resolved.resolution in kinds
    now = kinds.get(resolved.resolution, f"as {resolved.resolution}")
    where = place(migrator)
    if not resolved.recorded:
        same = {
            Resolution.ACCEPT_CHECKSUM: ", and its script is as it was recorded",
            Resolution.RENAMED: " under this name",
        }
        state = f"{resolved.before} on {where}{same.get(resolved.resolution, '')}"
        output.line("done", f"{resolved.migration} is {state}; nothing to do.")
        return
    was = "" if accepts else f" (was {resolved.before})"
    was = f" (was {resolved.renamed_from}; {resolved.after})" if resolved.renamed_from is not None else was
    done = f"recorded {now} on {where}{was}"
    if resolved.record is None:
        done = f"{resolved.resolution} on {where}: what was recorded of it, which nobody could read, is deleted"
    output.line("done", f"{resolved.migration} is {done}.")
    if resolved.tables:
        output.line("info", f"Compared with {output.counted(len(resolved.tables), 'table')}: "
                    f"{', '.join(resolved.tables)}.")  # fmt: skip
    else:
        output.line("warning", "Not compared with the live tables; look at them with: "
                    f"{advice.command('status')}")  # fmt: skip
    for one in resolved.passes:
        sign = "info" if one.status.condition.is_over else "warning"
        output.line(sign, f"Items were not compared: {one.before}.")
        show_advice(one.after)
