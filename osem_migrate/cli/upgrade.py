"""``osem-migrate upgrade``: apply what is pending."""

import sys
from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.cli.documents import plan_document
from osem_migrate.cli.invocation import Invocation, place
from osem_migrate.cli.options import Seconds, connected
from osem_migrate.cli.plan_text import show_plan
from osem_migrate.errors import ConfirmationRequired, ExitCode

if TYPE_CHECKING:
    from osem_migrate.migrator import Migrator, Upgrade
    from osem_migrate.planning.plan import Plan


@click.command("upgrade")
@click.option("--to", "target", metavar="VERSION", help="Stop after this version (7, 0007 or its whole name).")
@click.option("--dry-run", is_flag=True, help="Print every call in order, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before losing data.")
@click.option("--allow-data-loss", is_flag=True, help="Needed with --yes to lose data in a protected environment.")
@click.option("--allow-out-of-order", is_flag=True, help="Apply scripts older than the newest applied one, too.")
@click.option("--lock-timeout", type=Seconds(min=0), default=60.0, show_default=True, metavar="SECONDS",
              help="How long to wait for another run.")  # fmt: skip
@click.option("--timeout", type=Seconds(min=0, min_open=True), metavar="SECONDS",
              help="How long one operation may take.  [default: 24 h for an index, else 30 min]")  # fmt: skip
@connected
def command(  # noqa: PLR0913 - one parameter an option
    invocation: Invocation,
    *,
    target: str | None,
    dry_run: bool,
    yes: bool,
    allow_data_loss: bool,
    allow_out_of_order: bool,
    lock_timeout: float,
    timeout: float | None,
) -> ExitCode:
    """Apply what is pending.

    Runs the scripts that the history table does not know yet, in order, one call at a time, and waits until DynamoDB
    has settled. Running it again continues wherever it stopped; with nothing to do it changes nothing.
    """
    migrator = invocation.migrator()
    invocation.warn(migrator.scripts.warnings)
    plan = migrator.plan(target, allow_out_of_order=allow_out_of_order)
    if dry_run:
        return invocation.finish(plan_document(plan, migrator), lambda: show_plan(plan, migrator))
    if plan.hazards:
        _confirm(plan, migrator, yes=yes, allow_data_loss=allow_data_loss, can_ask=not invocation.as_json)
    result = migrator.upgrade(
        target,
        allow_out_of_order=allow_out_of_order,
        allow_data_loss=bool(plan.hazards),
        lock_timeout=lock_timeout,
        timeout=timeout,
    )
    data = {"applied": list(result.applied), "up_to_date": result.plan.is_empty}
    return invocation.finish(data, lambda: _show(result, migrator))


def _confirm(plan: "Plan", migrator: "Migrator", *, yes: bool, allow_data_loss: bool, can_ask: bool) -> None:
    """Ask before data is lost; in a protected environment only both options together count."""
    name = migrator.environment.name
    if migrator.environment.settings.protected:
        if yes and allow_data_loss:
            return
        raise ConfirmationRequired(
            f"{name} is protected, and {'; '.join(plan.hazards)}",
            remediation="Read the plan with --dry-run, then run the command again with --yes --allow-data-loss",
            hazards=list(plan.hazards),
        )
    if yes:
        return
    if can_ask and sys.stdin.isatty():
        for hazard in plan.hazards:
            output.line("warning", hazard, err=True)
        if click.prompt(f"Type {name} to go on", default="", show_default=False, err=True) == name:
            return
    raise ConfirmationRequired("; ".join(plan.hazards), hazards=list(plan.hazards))


def _show(result: "Upgrade", migrator: "Migrator") -> None:
    where = place(migrator)
    if not result.applied:
        output.line("done", f"{where} is up to date; nothing to do.")
        return
    output.line("done", f"{output.counted(len(result.applied), 'migration')} applied to {where}.")
