"""Item passes: what a look at the tables tells of whose items a plan goes through, before anything is changed."""

from dataclasses import replace

from osem_migrate.deployment.deployment import Deployment
from osem_migrate.operations import SetPointInTimeRecovery
from osem_migrate.planning.forecast import pass_time
from osem_migrate.planning.item_risks import item_risks
from osem_migrate.planning.plan import Plan


def look_at_passes(deployment: Deployment, plan: Plan, rate: int | None) -> Plan:
    """The plan with what its passes over items may lose, and with the time they take; asks only where it has any.

    Args:
        deployment: where.
        plan: the plan.
        rate: units a second that somebody asked for, whatever the configuration and the scripts say.
    """
    settings = deployment.environment.settings
    kinds = (SetPointInTimeRecovery,) if settings.protected else ()
    names = sorted({planned.table for planned, _ in plan.passes})
    live_tables = deployment.gateway.describe_all(dict.fromkeys(names, kinds))
    risks = item_risks(plan, live_tables, protected=settings.protected)
    found = {live.name: live for live in live_tables}
    said = rate or settings.item_rate
    return replace(plan, risks=risks).lasting(
        {planned.key: pass_time(step, found[planned.table], said) for planned, step in plan.passes}
    )
