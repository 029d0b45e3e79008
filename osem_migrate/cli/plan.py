"""A Plan as text: every call in order, with physical names, and what is waited for."""

from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.confirmation import losses_of
from osem_migrate.cli.invocation import Document, place
from osem_migrate.config import HISTORY_ENTITY
from osem_migrate.operations.step import Step
from osem_migrate.planning.fold import fold, foldable
from osem_migrate.planning.plan import Direction
from osem_migrate.schema.arn import table_arn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from osem_migrate.migrator import Migrator
    from osem_migrate.operations.estimate import Estimate
    from osem_migrate.planning.plan import Plan, PlannedMigration, PlannedOperation


def show_plan(plan: "Plan", migrator: "Migrator") -> None:
    """Print the plan of ``upgrade --dry-run``."""
    environment = migrator.environment
    show_notes(plan)
    if plan.is_empty:
        output.line("done", f"{environment.name} is up to date; nothing to do.")
        return
    calls = len(plan.steps) + plan.creates_history
    output.echo(
        f"{output.counted(len(plan.migrations), 'migration')} {_verb(plan)} on {place(migrator)}: "
        f"{output.counted(calls, 'call')}. Nothing is changed by this."
    )
    number, estimates = 0, plan.estimates
    if plan.creates_history:
        number += 1
        output.echo("\nhistory table")
        output.echo(f"  {number:>3}. CreateTable {environment.physical_name(HISTORY_ENTITY)}")
    for migration in plan.migrations:
        _show_heading(migration)
        for operation in migration.operations:
            if operation.folded:
                output.echo(output.dim(f"       {operation.operation.describe()}: folded into CreateTable above"))
                continue
            for step, usual in zip(operation.steps, estimates[operation.key], strict=True):
                number += 1
                part = f" ({step.part})" if step.part else ""
                output.echo(f"  {number:>3}. {_call(step, migrator)}: {operation.operation.describe()}{part}")
                settled = step.settled_when(environment.physical_name(step.table))
                settled = step.settled_when(environment.physical_name(step.table))
                output.echo(output.dim(f"       then wait until {settled}, {output.usual(usual)}"))
    for loss in losses_of(plan, migrator) if plan.hazards else ():
        output.line("warning", loss)
    if plan.steps:
        output.echo(f"\nIn total on AWS: {output.usual(plan.estimate)}; longer for large tables.")
    moved = foldable(plan) if plan.direction is Direction.UPGRADE else 0
    if moved and not any(operation.folded for operation in plan.operations):
        folded = output.usual(fold(plan).estimate)
        whose = "its table" if moved == 1 else "their tables"
        output.echo(f"With --fold, {output.counted(moved, 'index')} would be created with {whose}: {folded}.")


def show_notes(plan: "Plan") -> None:
    """Print what the plan leaves alone, what it takes back, and what is not known."""
    for note in plan.notes:
        output.line("info", note)
    for name in plan.future:
        output.line("info", f"future: {name} is recorded as applied by a newer checkout than this one.")
    if plan.abandons is not None:
        output.line("info", f"The downgrade to {plan.abandons} did not finish; this applies again what it reversed.")
        go_on = advice.command("downgrade", "--to", plan.abandons)
        output.echo(f"{click.style('hint:', fg='cyan')} go on downgrading with: {go_on}")


def _show_heading(migration: "PlannedMigration") -> None:
    output.echo(f"\n{migration.migration.id}  {output.dim(migration.migration.summary)}".rstrip())
    if not migration.operations:
        output.echo(output.dim("       nothing left to do: it is recorded without a call"))


def _verb(plan: "Plan") -> str:
    return "to reverse" if plan.direction is Direction.DOWNGRADE else "pending"


def _address(step: Step, migrator: "Migrator") -> str:
    """What a step's call names: the physical table, or its ARN where the table has yet to get one."""
    name = migrator.environment.physical_name(step.table)
    if not step.takes_arn:
        return name
    account = migrator.environment.settings.account_id or "*"
    return table_arn(name, region=migrator.session.region.name, account=account)


def _call(step: Step, migrator: "Migrator") -> str:
    name = migrator.environment.physical_name(step.table)
    return f"{step.action} {name}" + (f" {step.subject}" if step.subject != step.table else "")


def plan_document(plan: "Plan", migrator: "Migrator") -> Document:
    """The plan of ``upgrade --dry-run``."""
    return {
        "dry_run": True,
        "up_to_date": plan.is_empty,
        "creates_history_table": plan.creates_history,
        "migrations": [
            {
                "id": planned.migration.id,
                "file": planned.migration.file,
                "already_done": planned.already_done,
                "operations": [
                    _operation_document(operation, plan.estimates.get(operation.key, []), migrator)
                    for operation in planned.operations
                ],
            }
            for planned in plan.migrations
        ],
        "future": list(plan.future),
        "notes": list(plan.notes),
        "hazards": [hazard.text for hazard in plan.hazards],
        "estimated_seconds": [plan.estimate.low, plan.estimate.high],
    }


def _operation_document(
    operation: "PlannedOperation", estimates: "Sequence[Estimate]", migrator: "Migrator"
) -> Document:
    return {
        "operation": operation.operation.describe(),
        "table": migrator.environment.physical_name(operation.table),
        "folded": operation.folded,
        "calls": [
            {
                "action": step.action,
                "parameters": step.call(_address(step, migrator)),
                "usual_seconds": [usual.low, usual.high],
            }
            for step, usual in (() if operation.folded else zip(operation.steps, estimates, strict=True))
        ],
    }
