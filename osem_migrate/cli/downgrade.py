"""``osem-migrate downgrade``: reverse the newest migrations."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.complete import complete_down_to
from osem_migrate.cli.confirmation import confirm
from osem_migrate.cli.invocation import Document, Invocation, place
from osem_migrate.cli.options import (
    Count,
    connected,
    item_rate_option,
    lock_timeout_option,
    plan_format_option,
    price_file_option,
    sample_option,
    timeout_option,
)
from osem_migrate.errors import ExitCode, OsemMigrateError, UsageError

if TYPE_CHECKING:
    from osem_migrate.commands.downgrade import DowngradeResult
    from osem_migrate.planning.plan import Plan


@click.command("downgrade")
@click.option("--to", "target", metavar="VERSION", shell_complete=complete_down_to,
              help="Keep this version and those before it (7, 0007 or its whole name); 0 keeps none.")  # fmt: skip
@click.option("--steps", type=Count(), metavar="NUMBER", help="Reverse so many of the newest, instead.")
@click.option("--dry-run", is_flag=True, help="Print what would change, with -v every call, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before losing data.")
@click.option("--allow-data-loss", is_flag=True, help="Needed with --yes to lose data in a protected environment.")
@lock_timeout_option
@timeout_option("How long one operation may take.  [default: 24 h for an index, else 30 min]")
@item_rate_option
@sample_option
@price_file_option
@plan_format_option
@connected
def command(  # noqa: PLR0913 - one parameter an option
    invocation: Invocation,
    *,
    target: str | None,
    steps: int | None,
    dry_run: bool,
    yes: bool,
    allow_data_loss: bool,
    lock_timeout: float,
    timeout: float | None,
    item_rate: int | None,
    sample: int | None,
    price_file: Path | None,
    shape: str,
) -> ExitCode:
    """Reverse the newest migrations.

    Drops what they created, the newest first, under the same lock as upgrade. What loses data is listed with its item
    counts and must be confirmed; tables that somebody made by hand in place of those are named. Deletion protection
    that a script or a person turned on stops it, and its dry run; what the environment gave goes with the drop.
    """
    from osem_migrate.cli.plan import finish_preview, is_annotated, show_notes
    from osem_migrate.cli.signals import stop_on_signal
    from osem_migrate.commands.downgrade import DowngradeOptions
    from osem_migrate.commands.forecast import ForecastOptions

    if (target is None) == (steps is None):
        raise UsageError("say how far to go back: either --to VERSION or --steps NUMBER")
    annotated = is_annotated(invocation, shape, dry_run=dry_run, sample=sample, price_file=price_file)
    options = DowngradeOptions(target, steps=steps, lock_timeout=lock_timeout, timeout=timeout, item_rate=item_rate)
    migrator = invocation.migrator()
    invocation.warn(migrator.scripts.warnings)
    plan = migrator.plan_downgrade(options)
    if dry_run:
        plan = migrator.with_drift(plan)
        plan = migrator.forecast(plan, ForecastOptions(sample=sample, prices=price_file, item_rate=item_rate))
        return finish_preview(invocation, plan, migrator, annotated=annotated)
    invocation.stopped = lambda error: _stopped(plan, error)
    if not invocation.as_json:
        show_notes(plan)
    options = options.with_plan(plan)
    confirm(plan, migrator, options, yes=yes, allow_data_loss=allow_data_loss, can_ask=not invocation.as_json)
    with stop_on_signal(options.resume()) as stop:
        result = migrator.downgrade(replace(options, stop=stop))

    def show() -> None:
        if result.reverted:
            reverted = output.counted(len(result.reverted), "migration")
            output.line("done", f"{reverted} reverted on {place(migrator)}.")
        else:
            output.line("done", f"{place(migrator)} has nothing above {options.target}; nothing to do.")

    return invocation.finish(lambda: _document(result), show)


def _document(result: "DowngradeResult") -> Document:
    from osem_migrate.cli.documents.downgrade import downgrade_document

    return downgrade_document(result)


def _stopped(plan: "Plan", error: OsemMigrateError) -> Document:
    from osem_migrate.cli.documents.downgrade import downgrade_stopped

    return downgrade_stopped(plan, error)
