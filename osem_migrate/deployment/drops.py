"""Drops: what a look at the tables that a plan drops tells, before anything is changed."""

import shlex
from dataclasses import replace

from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import DeletionProtected
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.planning.ownership import is_replaced
from osem_migrate.planning.plan import Direction, Plan
from osem_migrate.planning.protection import turns_off_protection


def look_at_drops(deployment: Deployment, plan: Plan, history: History, *, again: str) -> Plan:
    """The plan with the tables that somebody has made by hand in place of ours; asks only where it drops any.

    Args:
        deployment: where they are.
        plan: of a run that has not begun.
        history: which tables were recorded.
        again: the command that carries the plan out.

    Raises:
        DeletionProtected: one of them is protected, and the plan does not take that off.
    """
    lanes = {lane.table: lane for lane in plan.lanes if any(planned.after is None for planned in lane.operations)}
    live_tables = deployment.gateway.describe_all(dict.fromkeys(sorted(lanes), ()))
    protected = [live for live in live_tables if live.is_protected and not turns_off_protection(lanes[live.name])]
    if protected:
        raise _protected(deployment, plan, protected, again)
    return replace(plan, replaced=frozenset(live.name for live in live_tables if is_replaced(live, history)))


def unprotect_commands(deployment: Deployment, names: list[str]) -> list[str]:
    """The commands of the AWS CLI that turn deletion protection off, by physical name."""
    update = ["aws", "dynamodb", "update-table", "--no-deletion-protection-enabled", *deployment.caller.aws_flags]
    return [shlex.join([*update, "--table-name", name]) for name in names]


def _protected(deployment: Deployment, plan: Plan, live_tables: list[LiveTable], again: str) -> DeletionProtected:
    physical = [live.physical_name for live in live_tables]
    declared = ", ".join(f'SetDeletionProtection("{live.name}", False)' for live in live_tables)
    upgrading = plan.direction is Direction.UPGRADE
    where = "in an operation before the drop" if upgrading else "in a new script, and apply that first"
    how = f"Nothing was changed. If the data may be lost, declare {declared} {where}; or turn it off by hand:"
    ways = [how, *unprotect_commands(deployment, physical), again]
    return DeletionProtected(
        f"deletion protection is on for {', '.join(physical)}, which this would drop",
        remediation="\n".join(ways),
        table=physical[0],
        tables=physical,
    )
