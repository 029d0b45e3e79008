"""Halves: migrations that are not begun, as a difference that is known already would leave them half-done."""

from osem_migrate.advice import command
from osem_migrate.errors import DriftFound
from osem_migrate.history import History
from osem_migrate.planning.plan import Direction, Plan


def refuse_halves(plan: Plan, history: History) -> None:
    """Raise DriftFound where a migration of several operations would stop at what somebody looked at, ``plan.drift``.

    Building an index may take hours, and what stops behind it is then partially applied; so nothing is begun. One that
    is half-way already goes on as far as it can: its passes over items, say, have nothing to do with the difference.
    """
    begun = {name for name, _ in plan.begun(history.records)}
    earlier: str | None = None
    for planned in plan.migrations:
        name = planned.migration.id
        stopping = [drift for drift in plan.drift if drift.stops == name]
        if stopping and len(planned.operations) > 1 and not planned.already_done and name not in begun:
            table = stopping[0].physical_name
            along = [drift.difference for drift in stopping if drift.physical_name == table]
            raise DriftFound(
                f"{name} is not begun, as it would stop half-way: {table} matches neither the state before nor after "
                "one of its operations",
                parts=(difference.describe() for difference in along),
                remediation=_remedy(plan, name, earlier),
                table=table,
                migration=name,
                differences=[difference.document(table) for difference in along],
            )
        earlier = name


def _remedy(plan: Plan, name: str, earlier: str | None) -> str:
    """With how far one can go: an upgrade to what comes before it, a downgrade to the migration itself, which stays."""
    if earlier is None:
        return DriftFound.remedy
    up = plan.direction is Direction.UPGRADE
    rest = command("upgrade", "--to", earlier) if up else command("downgrade", "--to", name)
    return f"{DriftFound.remedy}\nCarry out what comes before it with: {rest}"
