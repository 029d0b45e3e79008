"""``osem-migrate upgrade``: apply what is pending."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.complete import complete_version
from osem_migrate.cli.confirmation import confirm
from osem_migrate.cli.invocation import Document, Invocation, place
from osem_migrate.cli.options import (
    connected,
    item_rate_option,
    lock_timeout_option,
    plan_format_option,
    price_file_option,
    refuse_together,
    sample_option,
    timeout_option,
)
from osem_migrate.errors import ExitCode, OsemMigrateError

if TYPE_CHECKING:
    from osem_migrate.commands.upgrade import UpgradeOptions, UpgradeResult
    from osem_migrate.migrator import Migrator
    from osem_migrate.planning.plan import Plan


@click.command("upgrade")
@click.option("--to", "target", metavar="VERSION", shell_complete=complete_version,
              help="Stop after this version (7, 0007, its whole name, or head for the newest).")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print what would change, with -v every call, and change nothing.")
@click.option("--yes", is_flag=True, help="Ask nothing: lose data where the plan does, and fold as configured.")
@click.option("--allow-data-loss", is_flag=True, help="Needed with --yes to lose data in a protected environment.")
@click.option("--allow-out-of-order", is_flag=True, help="Apply scripts older than the newest applied one, too.")
@click.option("--strict", is_flag=True,
              help="Refuse where a newer checkout has applied migrations that this one does not have.")  # fmt: skip
@lock_timeout_option
@timeout_option("How long one operation may take.  [default: 24 h for an index, else 30 min]")
@item_rate_option
@click.option("--check-items", is_flag=True,
              help="Before each index that a table with items gets, look for items whose values cannot be in its key, "
              "and stop there if there are any.")  # fmt: skip
@sample_option
@price_file_option
@plan_format_option
@click.option("--fold/--no-fold", default=None,
              help="Create indexes together with their new table: 20 s instead of 8 to 17 min each.  [default: as "
              "configured; asked for at a terminal where nothing is]")  # fmt: skip
@click.option("--no-wait", is_flag=True, help="Begin the next call of each table and return.")
@click.option("--wait-only", is_flag=True, help="Wait for what is in progress, and begin nothing.")
@connected
def command(  # noqa: PLR0913 - one parameter an option
    invocation: Invocation,
    *,
    target: str | None,
    dry_run: bool,
    yes: bool,
    allow_data_loss: bool,
    allow_out_of_order: bool,
    strict: bool,
    lock_timeout: float,
    timeout: float | None,
    item_rate: int | None,
    check_items: bool,
    sample: int | None,
    price_file: Path | None,
    shape: str,
    fold: bool | None,
    no_wait: bool,
    wait_only: bool,
) -> ExitCode:
    """Apply what is pending.

    Runs the scripts that the history table does not know yet: tables side by side, the calls of one table in order, and
    waits until DynamoDB has settled. Running it again continues wherever it stopped; with nothing to do it changes
    nothing. Where a newer checkout has applied more than this one has, and nothing of this one is pending, that is
    noted.
    """
    from osem_migrate.cli.plan import finish_preview, is_annotated
    from osem_migrate.cli.signals import stop_on_signal
    from osem_migrate.commands.forecast import ForecastOptions
    from osem_migrate.commands.upgrade import UpgradeOptions
    from osem_migrate.execution.operation_run import Pace

    refuse_together(no_wait=no_wait, wait_only=wait_only)
    refuse_together(check_items=check_items, no_wait=no_wait, wait_only=wait_only)
    annotated = is_annotated(invocation, shape, dry_run=dry_run, sample=sample, price_file=price_file)
    migrator = invocation.migrator()
    invocation.warn(migrator.scripts.warnings)
    options = UpgradeOptions(
        target,
        fold=fold,
        pace=Pace.NO_WAIT if no_wait else Pace.WAIT_ONLY if wait_only else Pace.FULL,
        allow_out_of_order=allow_out_of_order,
        strict=strict,
        lock_timeout=lock_timeout,
        timeout=timeout,
        item_rate=item_rate,
        check_items=check_items,
    )
    if dry_run:
        forecast = ForecastOptions(sample=sample, prices=price_file, item_rate=item_rate)
        plan = migrator.forecast(migrator.preview(options), forecast)
        return finish_preview(invocation, plan, migrator, annotated=annotated)
    plan, options = _agreed(invocation, migrator, options, yes=yes, allow_data_loss=allow_data_loss)
    with stop_on_signal(options.resume()) as stop:
        # What only a look at the live tables tells, such as items in one that was there first, is confirmed as well.
        everything = yes and (allow_data_loss or not migrator.environment.settings.protected)
        result = migrator.upgrade(replace(options, plan=plan, stop=stop, allow_data_loss=everything))
    return invocation.finish(lambda: _document(result), lambda: _show(result, migrator, options))


def _agreed(
    invocation: Invocation, migrator: "Migrator", options: "UpgradeOptions", *, yes: bool, allow_data_loss: bool
) -> "tuple[Plan, UpgradeOptions]":
    """The plan that is agreed to, and the options with what was answered; raises ConfirmationRequired."""
    from osem_migrate.cli.fold_question import ask_to_fold
    from osem_migrate.cli.plan import show_notes
    from osem_migrate.execution.operation_run import Pace

    plan = migrator.plan(options)
    invocation.stopped = lambda error: _stopped(plan, error)
    if not invocation.as_json:
        show_notes(plan)
    if options.pace is Pace.WAIT_ONLY:
        return plan, options
    can_ask = not yes and not invocation.as_json and invocation.verbosity >= 0
    if can_ask and (answer := ask_to_fold(plan, migrator, options)) is not None:
        options = replace(options, fold=answer)
        plan = migrator.plan(options)
    confirm(plan, migrator, options, yes=yes, allow_data_loss=allow_data_loss, can_ask=not invocation.as_json)
    return plan, options


def _document(result: "UpgradeResult") -> Document:
    from osem_migrate.cli.documents.upgrade import upgrade_document

    return upgrade_document(result)


def _stopped(plan: "Plan", error: OsemMigrateError) -> Document:
    from osem_migrate.cli.documents.upgrade import upgrade_stopped

    return upgrade_stopped(plan, error)


def _show(result: "UpgradeResult", migrator: "Migrator", options: "UpgradeOptions") -> None:
    from osem_migrate.execution.operation_run import Pace

    where = place(migrator)
    if result.at_passes:
        named = ", ".join(result.at_passes)
        output.line("info", f"A pass over items is next, which takes an upgrade that waits: {named}.")
    if result.in_progress:
        begun = output.counted(len(result.in_progress), "migration")
        output.line("info", f"{begun} in progress on {where}: {', '.join(result.in_progress)}.")
        output.hint(f"wait with: {replace(options, pace=Pace.WAIT_ONLY).resume()}")
    elif not result.applied and not result.plan.is_empty:
        output.line("info", f"Nothing is in progress on {where}.")
        output.hint(f"apply what is pending: {replace(options, pace=Pace.FULL).resume()}")
    elif not result.applied:
        output.line("done", f"{where} is up to date; nothing to do.")
    if result.applied:
        output.line("done", f"{output.counted(len(result.applied), 'migration')} applied to {where}.")
