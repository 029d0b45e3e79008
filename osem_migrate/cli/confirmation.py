"""Confirmation: nobody loses data without having been asked twice."""

import sys
from typing import TYPE_CHECKING

import click

from osem_migrate.cli import output
from osem_migrate.errors import ConfirmationRequired

if TYPE_CHECKING:
    from osem_migrate.execution.runner import RunOptions
    from osem_migrate.live_table import LiveIndex, LiveTable
    from osem_migrate.migrator import Migrator
    from osem_migrate.operations import Operation
    from osem_migrate.planning.plan import Plan


def confirm(  # noqa: PLR0913 - one argument each for what decides
    plan: "Plan",
    migrator: "Migrator",
    options: "RunOptions",
    *,
    yes: bool,
    allow_data_loss: bool,
    can_ask: bool,
) -> None:
    """Ask before data is lost; in a protected environment only both options together count."""
    if not plan.hazards:
        return
    name = migrator.environment.name
    losses = losses_of(migrator.with_drift(plan), migrator)
    if migrator.environment.settings.protected:
        if yes and allow_data_loss:
            return
        raise ConfirmationRequired(
            f"{name} is protected, and data would be lost",
            parts=losses,
            remediation=_how(options, "--yes", "--allow-data-loss"),
            hazards=losses,
        )
    if not yes and can_ask and sys.stdin.isatty():
        from osem_migrate.cli.plan import show_changes

        show_changes(plan, migrator.environment, err=True)
        output.echo(err=True)
    ask(losses, migrator, _how(options, "--yes"), yes=yes, can_ask=can_ask)


def ask(losses: list[str], migrator: "Migrator", remedy: str, *, yes: bool, can_ask: bool) -> None:
    """Show what would be lost and go on only where the environment's name is typed, or ``yes`` was given."""
    if yes:
        return
    name = migrator.environment.name
    if can_ask and sys.stdin.isatty():
        for loss in losses:
            output.line("warning", loss, err=True)
        if click.prompt(f"Type {name} to go on", default="", show_default=False, err=True) == name:
            return
    raise ConfirmationRequired("data would be lost", parts=losses, remediation=remedy, hazards=losses)


def _how(options: "RunOptions", *agreed: str) -> str:
    return ConfirmationRequired.how(options.resume("--dry-run"), options.resume(*agreed))


def losses_of(plan: "Plan", migrator: "Migrator") -> list[str]:
    """The hazards of the plan, each with what the live table holds by AWS's six-hourly count.

    Of a table that is dropped, also in what it is not as declared.
    """
    live_tables = {live.name: live for live in migrator.losses(plan)}
    losses = []
    operations = {planned.key: planned.operation for planned in plan.operations}
    for hazard in plan.hazards:
        operation = operations[hazard.migration, hazard.position]
        live = live_tables[hazard.table]
        differs = [one.difference.describe() for one in plan.drift if one.physical_name == live.physical_name]
        drift = f"; not as declared: {'; '.join(differs)}" if operation.drops_table and differs else ""
        losses.append(f"{hazard.text} ({_holds(operation, live)}{drift})")
    return losses


def _holds(operation: "Operation", live: "LiveTable") -> str:
    """``shop-dev-Teams: 2 items, 80 bytes``: of the table, or of the index where it alone is dropped."""
    name = live.physical_name
    part: LiveTable | LiveIndex | None = live if live.table is not None else None
    if operation.dropped_index is not None:
        name, part = f"{name} {operation.dropped_index}", live.indexes.get(operation.dropped_index)
    return f"{name}: " + (f"{output.counted(part.items, 'item')}, {part.size_bytes} bytes" if part else "gone already")
