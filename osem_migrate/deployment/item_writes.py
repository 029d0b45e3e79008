"""Item writes: what a look at the tables tells of which a plan changes items, before anything is changed."""

from dataclasses import replace

from osem_migrate.deployment.deployment import Deployment
from osem_migrate.operations import SetPointInTimeRecovery
from osem_migrate.planning.item_risks import item_risks, tables_to_look_at
from osem_migrate.planning.plan import Plan


def look_at_item_writes(deployment: Deployment, plan: Plan) -> Plan:
    """The plan with what may be lost where it writes items; asks only where it writes any."""
    protected = deployment.environment.settings.protected
    kinds = (SetPointInTimeRecovery,) if protected else ()
    live_tables = deployment.gateway.describe_all(dict.fromkeys(tables_to_look_at(plan), kinds))
    return replace(plan, risks=item_risks(plan, live_tables, protected=protected))
