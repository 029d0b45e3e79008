"""Foresight: a look at the live tables before a plan is carried out; reads only."""

from dataclasses import replace

from osem_migrate.aws.optional_reads import OptionalReads
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.ownership import stacks
from osem_migrate.operations import SetTags
from osem_migrate.planning.drift import foreseen
from osem_migrate.planning.plan import Plan


def with_drift(deployment: Deployment, plan: Plan) -> Plan:
    """The same plan with what differs of its tables, what is live already, and whose else they are.

    As far as the role may read it.
    """
    wanted = foreseen.tables_to_look_at(plan)
    gateway = deployment.gateway
    tags = () if gateway.emulated else (SetTags,)  # which tell of a CloudFormation stack
    optional = OptionalReads([*(kind for kinds in wanted.values() for kind in kinds), *tags])
    states = {lane.table: [state for planned in lane.operations for state in planned.states] for lane in plan.lanes}
    found = gateway.describe_all(dict.fromkeys(wanted, ()), optional=optional, denied={})
    live_tables = [gateway.learn(live, states[live.name]) for live in found]
    return replace(
        plan,
        drift=foreseen.foresee(plan, live_tables),
        found=foreseen.steps_found(plan, live_tables),
        warnings=tuple(stacks(live_tables)),
    )
