"""``osem-migrate items``: a pass over items while it runs, and what it left, from any machine."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.invocation import Document, Invocation, place
from osem_migrate.cli.mistyped import Group
from osem_migrate.cli.options import Count, connected
from osem_migrate.cli.pass_status import pass_name, show_pass
from osem_migrate.errors import ExitCode

if TYPE_CHECKING:
    from osem_migrate.commands.items import PassFailures, Steered
    from osem_migrate.planning.items import PassStatus

migration_option = click.option(
    "--migration", "version", metavar="VERSION", help="Only of this version (7, 0007 or its whole name)."
)


@click.group("items", cls=Group)
def command() -> None:
    """Watch and steer a pass over items, from any machine.

    A pass is what upgrade and downgrade do with an operation on items. These commands need no lock. What is ordered is
    written to the history table; the run takes notice within five seconds, and tells so. It holds until something else
    is ordered, also for the next run, or until the pass begins anew.
    """


@command.command("status")
@migration_option
@connected
def status(invocation: Invocation, *, version: str | None) -> ExitCode:
    """Say how far each pass has come, and what it is at.

    Reads only, and works before the first upgrade, while a pass runs elsewhere, and after it.
    """
    from osem_migrate.commands.items import PassesOptions

    migrator = invocation.migrator()
    found = migrator.passes(PassesOptions(version=version))

    def show() -> None:
        if not found:
            output.line("info", f"No pass over items was ever begun on {place(migrator)}.")
        for one in found:
            show_pass(one, brief=invocation.verbosity < 0)

    return invocation.finish(lambda: _status_document(found), show)


@command.command("rate")
@click.argument("rate", type=Count(), metavar="N")
@migration_option
@connected
def rate(invocation: Invocation, *, rate: int, version: str | None) -> ExitCode:
    """Let passes read N units a second, and write as many.

    N counts for the table and for each of its indexes.
    """
    return _steer(invocation, "rate", version, rate=rate)


@command.command("pause")
@migration_option
@connected
def pause(invocation: Invocation, *, version: str | None) -> ExitCode:
    """Let passes wait until they are resumed.

    The run records how far it has come, and keeps the lock. If it is stopped or killed meanwhile, the next one waits,
    too.
    """
    return _steer(invocation, "pause", version)


@command.command("resume")
@migration_option
@connected
def resume(invocation: Invocation, *, version: str | None) -> ExitCode:
    """Let paused passes go on."""
    return _steer(invocation, "resume", version)


@command.command("retry")
@migration_option
@connected
def retry(invocation: Invocation, *, version: str | None) -> ExitCode:
    """Let the run that is at work try again what failed.

    The next run does so by itself, before anything else.
    """
    return _steer(invocation, "retry", version)


@command.command("failures")
@click.option("--limit", type=Count(), metavar="N", help="Only the oldest N.")
@migration_option
@connected
def failures(invocation: Invocation, *, limit: int | None, version: str | None) -> ExitCode:
    """List the items that passes have set aside, with the reason.

    Keys are in DynamoDB's typed JSON, as the AWS CLI takes them.
    """
    from osem_migrate.commands.items import FailuresOptions

    migrator = invocation.migrator()
    found = migrator.failures(FailuresOptions(limit=limit, version=version))
    return invocation.finish(lambda: _failures_document(found), lambda: _show_failures(found, place(migrator)))


def _steer(invocation: Invocation, order: str, version: str | None, *, rate: int | None = None) -> ExitCode:
    from osem_migrate.commands.items import SteerOptions
    from osem_migrate.pass_state import PassOrder

    steered = invocation.migrator().steer(SteerOptions(PassOrder(order), version=version, rate=rate))

    def show() -> None:
        for one in steered:
            output.line("done" if one.ordered else "info", f"{pass_name(one.status)}: {_outcome(one, order, rate)}")
        attended = [one for one in steered if one.ordered and one.status.is_attended]
        if attended:
            output.hint(f"see how it stands with: {advice.command('items', 'status')}")

    return invocation.finish(lambda: _steer_document(steered, order, rate), show)


def _outcome(one: "Steered", order: str, rate: int | None) -> str:
    """What becomes of it."""
    status = one.status
    soon = "within five seconds" if status.is_attended else f"once a run is at work on it again: {status.resume}"
    if order == "retry" and not one.ordered:
        count = len(status.state.failures)
        if not count:
            return "nothing was set aside, so there is nothing to try again"
        them = f"the {count:,} items that were set aside" if count > 1 else "the item that was set aside"
        return f"the next run tries {them} again before anything else: {status.resume}"
    said = {
        "rate": (f"{rate} units a second {soon}", f"{rate} units a second, as before"),
        "pause": (f"paused {soon}", "is paused already"),
        "resume": (f"goes on {soon}", "is not paused"),
        "retry": (f"what was set aside is tried again {soon}", ""),
    }[order]
    return said[0] if one.ordered else said[1]


def _show_failures(found: "PassFailures", where: str) -> None:
    if not found.total:
        output.line("done", f"No pass over items has set anything aside on {where}.")
        return
    from osem_migrate.pass_state import typed_key

    rows = [
        (failure.physical_name or "", json.dumps(typed_key(failure.item.key)), failure.item.code, failure.item.message)
        for failure in found.failures
    ]
    output.entries(rows, head=2)
    hidden = found.total - len(found.failures)
    if hidden:
        output.line("info", f"{hidden:,} more.")
    if any(one.is_attended for one in found.passes):
        output.hint(f"correct them, then: {advice.command('items', 'retry')}")
    elif stopped := [one for one in found.passes if not one.condition.is_over]:
        output.hint(f"correct them, or what the script does with them, then: {stopped[0].resume}")
    else:
        output.hint(f"the pass is over: correct them by hand, or by a new script: {advice.command('new', 'TITLE')}")


def _status_document(found: "Sequence[PassStatus]") -> Document:
    from osem_migrate.cli.documents.items import items_status_document

    return items_status_document(found)


def _steer_document(steered: "Sequence[Steered]", order: str, rate: int | None) -> Document:
    from osem_migrate.cli.documents.items import items_order_document

    return items_order_document(steered, order, rate)


def _failures_document(found: "PassFailures") -> Document:
    from osem_migrate.cli.documents.items import items_failures_document

    return items_failures_document(found)
