"""A Plan as text: what is added, altered and dropped, how long that takes, and with ``-v`` every call."""

from typing import TYPE_CHECKING

import click

from osem_migrate import advice
from osem_migrate.cli import output, terminal
from osem_migrate.cli.confirmation import losses_of
from osem_migrate.cli.forecast import show_forecasts
from osem_migrate.cli.invocation import Document, Invocation, place
from osem_migrate.cli.options import refuse_together, refuse_without_dry_run
from osem_migrate.config import HISTORY_ENTITY
from osem_migrate.errors import ExitCode
from osem_migrate.operations.change import Change, ChangeKind
from osem_migrate.operations.estimate import NO_TIME
from osem_migrate.operations.step import Step
from osem_migrate.planning.fold import saving
from osem_migrate.planning.plan import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from osem_migrate.config import Environment
    from osem_migrate.migrator import Migrator
    from osem_migrate.operations.estimate import Estimate
    from osem_migrate.planning.plan import Plan, PlannedMigration, PlannedOperation

_COLOURS = {ChangeKind.ADD: "green", ChangeKind.ALTER: "yellow", ChangeKind.DROP: "red"}


def show_plan(plan: "Plan", migrator: "Migrator", *, calls: bool) -> None:
    """Print the plan of ``upgrade --dry-run``, with every call where ``calls`` says so."""
    show_notes(plan)
    if plan.is_empty:
        output.line("done", f"{migrator.environment.name} is up to date; nothing to do.")
        return
    number = len(plan.steps) + plan.creates_history
    output.echo(
        f"{output.counted(len(plan.migrations), 'migration')} {_verb(plan)} on {place(migrator)}: "
        f"{output.counted(number, 'call')}. Nothing is changed by this."
    )
    show_changes(plan, migrator.environment, calls=calls)
    show_forecasts(plan)
    output.echo()
    drifted = (f"{drift.difference.code} {drift.describe()}" for drift in plan.drift)
    for warning in (*(losses_of(plan, migrator) if plan.hazards else ()), *plan.warnings, *drifted):
        output.line("warning", warning)
    if plan.steps:
        output.echo(f"In total on AWS: {output.usual(plan.estimate)}; longer for large tables.")
    spared = saving(plan)
    if spared is not None:
        whose = "its table" if spared.indexes == 1 else "their tables"
        indexes = output.counted(spared.indexes, "index")
        output.echo(f"With --fold, {indexes} would be created with {whose}: {output.usual(spared.plan.estimate)}.")


def is_annotated(invocation: Invocation, shape: str, *, dry_run: bool, **needs_dry_run: object) -> bool:
    """Whether ``--format`` asks for annotations of a dry run; ``json`` is the same as ``--json``.

    Raises UsageError where it does not go with the other options, and where one of ``needs_dry_run`` has none.
    """
    report = shape if shape == "github" else None
    refuse_without_dry_run(dry_run=dry_run, **needs_dry_run, format=report)
    refuse_together(json=invocation.as_json, format=report)
    invocation.as_json = invocation.as_json or shape == "json"
    return report is not None


def finish_preview(invocation: Invocation, plan: "Plan", migrator: "Migrator", *, annotated: bool) -> ExitCode:
    """Print the plan of a dry run in the format that was asked for; annotations have no room for calls."""

    def show() -> None:
        if annotated:
            _annotate(plan, migrator)
        else:
            show_plan(plan, migrator, calls=invocation.verbose)

    return invocation.finish(lambda: plan_document(plan, migrator), show)


def _annotate(plan: "Plan", migrator: "Migrator") -> None:
    from osem_migrate.cli import reports

    output.verbatim(reports.plan_github(plan, losses_of(plan, migrator) if plan.hazards else ()))


def show_notes(plan: "Plan") -> None:
    """Print what the plan leaves alone, what it takes back, and what is not known."""
    for note in plan.notes:
        output.line("info", note)
    for name in plan.future:
        output.line("info", f"future: {name} is recorded as applied by a newer checkout than this one.")
    if plan.abandons is not None:
        output.line("info", f"The downgrade to {plan.abandons} did not finish; this applies again what it reversed.")
        output.hint(f"go on downgrading with: {advice.command('downgrade', '--to', plan.abandons)}")


def show_changes(plan: "Plan", environment: "Environment", *, calls: bool = False, err: bool = False) -> None:
    """Print what each migration of the plan changes, on stderr where it stands before a question."""
    for text in _PlanText(plan, environment, calls=calls).lines():
        output.echo(text, err=err)


def show_operations(migration: "PlannedMigration", plan: "Plan", environment: "Environment") -> None:
    """Print what one migration of the plan changes, with every call, and what it loses for good."""
    for text in _PlanText(plan, environment, calls=True).operations(migration):
        output.echo(text)
    for hazard in plan.hazards:
        output.line("warning", hazard.text)


def table_lines(
    table: str, changes: "Sequence[Change]", *, named: bool = False, aside: str = "", otherwise: str = ""
) -> "Iterator[str]":
    """What is done to one table: a line for the table, unless it is ``named`` above, and one for each of its parts.

    ``aside`` stands behind the first of them; ``otherwise`` is said of what changes nothing.
    """
    if not named and not (changes and changes[0].is_of_table):
        yield f"  {marked(ChangeKind.ALTER)} table {table}"
    texts = [("  " if change.is_of_table else "      ") + change_text(change) for change in changes]
    first, *others = texts or [f"      {otherwise}"]
    yield from (first + aside, *others)


def change_text(change: Change) -> str:
    """``+ index by-status  status S, ALL``, with its mark in colour."""
    arrow = "→" if terminal.can_show("→", err=False) else "->"
    return marked(change.kind) + change.line(arrow).removeprefix(change.kind.mark)


class _PlanText:
    """The lines of a plan; calls are numbered through."""

    def __init__(self, plan: "Plan", environment: "Environment", *, calls: bool) -> None:
        self._plan = plan
        self._environment = environment
        self._calls = calls
        self._estimates = plan.estimates
        self._number = 0

    def lines(self) -> "Iterator[str]":
        if self._plan.creates_history:
            yield "\nhistory table"
            made = Change(kind=ChangeKind.ADD, what="table", name=HISTORY_ENTITY, after="which migrations ran")
            yield f"  {change_text(made)}"
            yield from self._call(f"CreateTable {self._environment.history_table}")
        for migration in self._plan.migrations:
            yield from _heading(migration)
            yield from self.operations(migration)

    def operations(self, migration: "PlannedMigration") -> "Iterator[str]":
        table: str | None = None
        for operation in migration.operations:
            yield from self._operation(operation, named=operation.table == table)
            table = operation.table

    def _operation(self, planned: "PlannedOperation", *, named: bool) -> "Iterator[str]":
        yield from table_lines(
            planned.table,
            planned.changes,
            named=named,
            aside=self._aside(planned),
            otherwise=planned.operation.describe(),
        )
        if not planned.folded:
            yield from (f"      {check.text}" for step in self._plan.steps_of(planned) for check in step.checks)
            for step, usual in zip(self._plan.steps_of(planned), self._estimates[planned.key], strict=True):
                yield from self._call(self._describe(step), self._settled(step, usual))

    def _aside(self, planned: "PlannedOperation") -> str:
        if planned.folded:
            return output.dim("  (with its table)")
        if not self._plan.steps_of(planned):
            return output.dim("  (is so already)")
        return output.dim(f"  ({output.span(sum(self._estimates[planned.key], NO_TIME))})")

    def _call(self, text: str, settled: str = "") -> "Iterator[str]":
        self._number += 1
        if self._calls:
            yield f"      {self._number:>3}. {text}"
            if settled:
                yield output.dim(f"           {settled}")

    def _describe(self, step: Step) -> str:
        """``UpdateTable shop-dev-Teams managerId-index``, and which of several calls it is."""
        of_table = [check.name for check in step.checks]
        indexes = of_table if step.subject == step.table else [step.subject]
        part = f" ({step.part})" if step.part else ""
        return " ".join((step.action, self._environment.physical_name(step.table), ", ".join(indexes))).rstrip() + part

    def _settled(self, step: Step, usual: "Estimate") -> str:
        settled = step.settled_when(self._environment.physical_name(step.table))
        return f"until {settled}: {output.usual(usual)}"


def _heading(migration: "PlannedMigration") -> "Iterator[str]":
    yield f"\n{migration.migration.id}  {output.dim(migration.migration.summary)}".rstrip()
    if not migration.operations:
        yield output.dim("  nothing left to do: it is recorded without a call")


def marked(kind: ChangeKind) -> str:
    """``+``, ``~`` or ``-`` in its colour."""
    return click.style(kind.mark, fg=_COLOURS[kind])


def _verb(plan: "Plan") -> str:
    return "to reverse" if plan.direction is Direction.DOWNGRADE else "pending"


def plan_document(plan: "Plan", migrator: "Migrator") -> Document:
    """The plan of ``--dry-run``, for machines."""
    from osem_migrate.cli.documents.plan import plan_document as document

    return document(plan, migrator.environment, migrator.session.region.name)
