"""``osem-migrate unlock``: take the upgrade lock away from a run that is gone."""

import sys
from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.invocation import Invocation, place
from osem_migrate.cli.options import connected_forcibly
from osem_migrate.cli.pass_status import show_unfinished, unfinished
from osem_migrate.cli.reason import reason_option
from osem_migrate.errors import ConfirmationRequired, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from osem_migrate.aws.lock_snapshot import LockSnapshot
    from osem_migrate.history import Holder
    from osem_migrate.migrator import Migrator
    from osem_migrate.planning.items import PassStatus


@click.command("unlock")
@click.option("--yes", is_flag=True, help="Do not ask.")
@reason_option
@connected_forcibly("Take it even from a run that is alive or unreadable, without watching the heartbeat.")
def command(invocation: Invocation, *, yes: bool, reason: str | None) -> ExitCode:
    """Take the upgrade lock away from a run that is gone.

    Seldom needed: the next run takes the lock over once its heartbeat has stopped for 20 seconds. Shows who holds the
    lock, watches the heartbeat for a few seconds, refuses if it continues (exit 6), and asks. The run that loses the
    lock can no longer write to the history. The log keeps who took it, when and why.
    """
    from osem_migrate.commands.unlock import UnlockOptions

    migrator = invocation.migrator()
    where = place(migrator)
    seen = migrator.lock()
    if seen is None:
        return _finish(invocation, migrator, None, f"Nobody holds the lock of {where}; nothing to do.")
    if not invocation.as_json:
        _show(seen, where, unfinished(invocation, migrator, watch=False))
    if not invocation.force and invocation.verbosity >= 0:
        output.line("info", "Watching its heartbeat for a few seconds.", err=True)

    def confirm() -> None:
        _confirm(yes=yes, can_ask=not invocation.as_json, reason=reason)

    unlocked = migrator.unlock(seen, UnlockOptions(force=invocation.force, reason=reason, confirm=confirm))
    done = f"The lock of {where} is free again."
    if not unlocked:
        done = f"The lock of {where} was released by its holder meanwhile; nothing to do."
    return _finish(invocation, migrator, seen, done, unlocked=unlocked)


def _finish(
    invocation: Invocation, migrator: "Migrator", seen: "LockSnapshot | None", done: str, *, unlocked: bool = False
) -> ExitCode:
    """What became of the lock, and which passes over items wait for somebody to go on with them."""
    from osem_migrate.cli.documents.unlock import unlock_document

    passes = unfinished(invocation, migrator)

    def show() -> None:
        output.line("done", done)
        show_unfinished(passes)

    return invocation.finish(lambda: unlock_document(seen, passes, unlocked=unlocked), show)


def _confirm(*, yes: bool, can_ask: bool, reason: str | None) -> None:
    if yes or (can_ask and sys.stdin.isatty() and click.confirm("Take the lock away?", err=True)):
        return
    again = advice.command("unlock", "--yes", given={"--reason": reason})
    raise ConfirmationRequired(
        "the upgrade lock would be taken away from its holder", remediation=f"Confirm it with: {again}"
    )


def _show(seen: "LockSnapshot", where: str, passes: "Sequence[PassStatus]") -> None:
    if seen.holder is None:
        output.line("warning", f"The lock of {where} is held, but its holder cannot be read: {seen.unreadable}.")
        return
    output.line("info", f"The lock of {where} is held:")
    output.table([*_facts(seen.holder), *_within(passes)], indent="    ")


def _within(passes: "Sequence[PassStatus]") -> "Iterator[tuple[str, str]]":
    """What its holder was at; whether that is alive is not known yet."""
    from osem_migrate.planning.pass_advice import pass_named

    for status in passes:
        yield "within", pass_named(status) + (", paused" if status.is_paused else "")


def _facts(holder: "Holder") -> list[tuple[str, str]]:
    facts = [("by", holder.identity), ("on", f"{holder.host} (pid {holder.pid})")]
    facts += [("since", output.moment(holder.acquired_at))]
    facts += [("CI run", holder.run_url)] if holder.run_url is not None else []
    return [*facts, ("fence", str(holder.fence)), ("heartbeat", str(holder.heartbeat))]
