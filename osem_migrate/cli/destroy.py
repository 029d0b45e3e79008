"""``osem-migrate destroy``: drop an environment's tables, and its history with them."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.confirmation import ask
from osem_migrate.cli.invocation import Document, Invocation, place
from osem_migrate.cli.options import connected, lock_timeout_option, timeout_option
from osem_migrate.errors import ConfirmationRequired, ExitCode, OsemMigrateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from osem_migrate.commands.destroy import DestroyResult
    from osem_migrate.live_table import LiveTable
    from osem_migrate.migrator import Migrator
    from osem_migrate.planning.destroy import Inventory


@click.command("destroy")
@click.option("--dry-run", is_flag=True, help="List what would be dropped and what would be kept, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for the environment's name.")
@click.option("--drop-changed", is_flag=True,
              help="With --yes: also drop tables that are not as the scripts built them.")  # fmt: skip
@lock_timeout_option
@timeout_option("How long one table may take.  [default: 30 min]")
@connected
def command(  # noqa: PLR0913 - one parameter an option
    invocation: Invocation,
    *,
    dry_run: bool,
    yes: bool,
    drop_changed: bool,
    lock_timeout: float,
    timeout: float | None,
) -> ExitCode:
    """Drop an environment's tables, with all their items.

    Only the tables that its applied scripts built, and at the end the history table; others of the environment are
    kept, and named; so is a table that another application recorded in the same history table. Asks for the
    environment's name, and once more where a table has other keys or indexes than the scripts built, which --yes alone
    does not confirm. Refused where the environment is protected in the configuration, and where deletion protection is
    on for one of the tables. Running it again finishes what was interrupted; upgrade afterwards begins with the first
    script.
    """
    from osem_migrate.cli.signals import stop_on_signal
    from osem_migrate.commands.destroy import DestroyOptions

    migrator = invocation.migrator()
    inventory = migrator.inventory()
    if dry_run:
        return invocation.finish(lambda: _inventory_document(inventory), lambda: _show(inventory, migrator))
    invocation.stopped = lambda error: _stopped(inventory, error)
    can_ask = not invocation.as_json
    if not inventory.is_empty:
        how = ConfirmationRequired.how(advice.command("destroy", "--dry-run"), advice.command("destroy", "--yes"))
        ask(_losses(inventory), migrator, how, yes=yes, can_ask=can_ask)
    if inventory.changed and not yes:
        agree = advice.command("destroy", "--yes", "--drop-changed")
        how = ConfirmationRequired.how(advice.command("status"), agree)
        ask(list(inventory.changes), migrator, how, yes=drop_changed, can_ask=can_ask)
        drop_changed = True
    options = DestroyOptions(
        allow_data_loss=not inventory.is_empty, drop_changed=drop_changed, lock_timeout=lock_timeout, timeout=timeout
    )
    with stop_on_signal(options.resume()) as stop:
        result = migrator.destroy(replace(options, stop=stop))

    def show() -> None:
        if result.dropped:
            output.line("done", f"{output.counted(len(result.dropped), 'table')} of {place(migrator)} dropped.")
        else:
            output.line("done", f"{place(migrator)} has nothing to destroy.")
        _show_kept(result.kept, inventory.foreign)

    return invocation.finish(lambda: _document(inventory, result), show)


def _inventory_document(inventory: "Inventory") -> Document:
    from osem_migrate.cli.documents.destroy import inventory_document

    return inventory_document(inventory)


def _document(inventory: "Inventory", result: "DestroyResult") -> Document:
    from osem_migrate.cli.documents.destroy import destroy_document

    return destroy_document(inventory, result)


def _stopped(inventory: "Inventory", error: OsemMigrateError) -> Document:
    from osem_migrate.cli.documents.destroy import destroy_stopped

    return destroy_stopped(inventory, error)


def _losses(inventory: "Inventory") -> list[str]:
    losses = [
        f"every item of table {live.name} is lost ({live.physical_name}: {_holds(live)})" for live in inventory.tables
    ]
    losses += inventory.replacements
    if inventory.history is not None:
        losses.append(f"the history of its migrations is lost ({inventory.history.physical_name})")
    return losses


def _holds(live: "LiveTable") -> str:
    return f"{output.counted(live.items, 'item')}, {live.size_bytes} bytes"


def _show(inventory: "Inventory", migrator: "Migrator") -> None:
    from osem_migrate.cli.plan import marked
    from osem_migrate.operations.change import ChangeKind

    if inventory.is_empty:
        output.line("done", f"{place(migrator)} has nothing to destroy.")
    else:
        output.echo(f"To be dropped on {place(migrator)}; nothing is changed by this.\n")
        drop, alter = marked(ChangeKind.DROP), marked(ChangeKind.ALTER)
        rows = [(f"{drop} table {live.physical_name}", _holds(live)) for live in inventory.tables]
        if inventory.history is not None:
            part = "this application's part of it" if inventory.shared else "last, with the history of all migrations"
            rows.append((f"{alter if inventory.shared else drop} table {inventory.history.physical_name}", part))
        output.table(rows, indent="  ")
        for name in inventory.guarded:
            output.line("warning", f"{name}: deletion protection is on, and destroy would stop at it")
        for text in inventory.changes:
            output.line("warning", f"{text}; destroy asks for it separately (--drop-changed)")
        for text in inventory.replacements:
            output.line("warning", text)
    _show_kept(inventory.kept, inventory.foreign)


def _show_kept(kept: tuple[str, ...], foreign: "Mapping[str, str]") -> None:
    for name in kept:
        why = f"it belongs to application {foreign[name]!r}" if name in foreign else "no applied script built it"
        output.line("info", f"{name} is kept: {why}.")
