"""``osem-migrate downgrade``: reverse the newest migrations."""

from dataclasses import replace

import click

from osem_migrate.cli import output
from osem_migrate.cli.confirmation import confirm
from osem_migrate.cli.invocation import Invocation, place
from osem_migrate.cli.options import connected, lock_timeout_option, timeout_option
from osem_migrate.errors import ExitCode


@click.command("downgrade")
@click.option("--to", "target", metavar="VERSION", required=True,
              help="Keep this version and those before it (7, 0007 or its whole name); 0 keeps none.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print every call in order, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before losing data.")
@click.option("--allow-data-loss", is_flag=True, help="Needed with --yes to lose data in a protected environment.")
@lock_timeout_option
@timeout_option("How long one operation may take.  [default: 24 h for an index, else 30 min]")
@connected
def command(  # noqa: PLR0913 - one parameter an option
    invocation: Invocation,
    *,
    target: str,
    dry_run: bool,
    yes: bool,
    allow_data_loss: bool,
    lock_timeout: float,
    timeout: float | None,
) -> ExitCode:
    """Reverse the newest migrations.

    Drops what they created, the newest first, under the same lock as upgrade. What loses data is listed with its item
    counts and must be confirmed; tables that somebody made by hand in place of those are named. Deletion protection
    that a script or a person turned on stops it, and its dry run; what the environment gave goes with the drop.
    """
    from osem_migrate.cli.plan import plan_document, show_notes, show_plan
    from osem_migrate.cli.signals import stop_on_signal
    from osem_migrate.commands.downgrade import DowngradeOptions

    migrator = invocation.migrator()
    invocation.warn(migrator.scripts.warnings)
    options = DowngradeOptions(target, lock_timeout=lock_timeout, timeout=timeout)
    plan = migrator.plan_downgrade(options)
    if dry_run:
        return invocation.finish(plan_document(plan, migrator), lambda: show_plan(plan, migrator))
    if not invocation.as_json:
        show_notes(plan)
    confirm(plan, migrator, yes=yes, allow_data_loss=allow_data_loss, can_ask=not invocation.as_json)
    with stop_on_signal(options.resume()) as stop:
        result = migrator.downgrade(replace(options, plan=plan, stop=stop))

    def show() -> None:
        if result.reverted:
            reverted = output.counted(len(result.reverted), "migration")
            output.line("done", f"{reverted} reverted on {place(migrator)}.")
        else:
            output.line("done", f"{place(migrator)} has nothing above {target}; nothing to do.")

    return invocation.finish({"reverted": list(result.reverted)}, show)
