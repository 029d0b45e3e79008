"""Adoption: tables that a first run finds are taken over where they are what the scripts make, else refused."""

from collections.abc import Callable, Collection, Sequence

from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import AdoptionMismatch
from osem_migrate.events import TableAdopted
from osem_migrate.live_table import Live
from osem_migrate.planning import adoption
from osem_migrate.planning.adoption import Misfit
from osem_migrate.planning.plan import Plan


def check(deployment: Deployment, plan: Plan, again: Callable[[], Plan]) -> frozenset[str]:
    """Logical names of the tables that are there before a first run; none for any other run, which asks nothing.

    Args:
        deployment: where they may be.
        plan: of the run.
        again: makes the plan once more, from the history as it is by then.

    Raises:
        AdoptionMismatch: one of them is as it is at no point of the plan.
    """
    lives = _look(deployment, plan, again)[1]
    return frozenset(live.name for live in lives if live.table is not None)


def foresee(deployment: Deployment, plan: Plan, again: Callable[[], Plan]) -> Plan:
    """The plan as a first run would carry it out, for those who only want to know; raises what ``check`` raises."""
    return adoption.adopt(*_look(deployment, plan, again))


def adopt(deployment: Deployment, plan: Plan, existing: Collection[str]) -> Plan:
    """The plan of a first run without what is live already on these tables; raises AdoptionMismatch like ``check``."""
    wanted = {name: kinds for name, kinds in adoption.strangers(plan).items() if name in existing}
    lives = deployment.gateway.describe_all(wanted)
    _refuse(deployment, plan, adoption.find_misfits(plan, lives))
    adopted = adoption.adopt(plan, lives)
    left = {operation.key for operation in adopted.operations}
    for live in lives:
        done = tuple(o for o in plan.operations if o.table == live.name and o.key not in left)
        if done:
            deployment.tell(TableAdopted(live.physical_name, done))
    return adopted


def mismatch(message: str, misfits: Sequence[Misfit], remediation: str) -> AdoptionMismatch:
    """The error that names every difference of these tables, for people and for machines."""
    text = "; ".join(
        f"{misfit.live.physical_name}: {', '.join(difference.describe() for difference in misfit.differences)}"
        for misfit in misfits
    )
    tables = [
        {
            "table": misfit.live.physical_name,
            "differences": [{"code": found.code, "message": found.describe()} for found in misfit.differences],
        }
        for misfit in misfits
    ]
    return AdoptionMismatch(f"{message}: {text}", remediation=remediation, tables=tables)


def _look(deployment: Deployment, plan: Plan, again: Callable[[], Plan]) -> tuple[Plan, Sequence[Live]]:
    """The plan, and its tables in a first run."""
    lives = deployment.gateway.describe_all(adoption.strangers(plan))
    if adoption.find_misfits(plan, lives):
        # Another first run may have begun since the history was read; what that one makes is no stranger's.
        plan = again()
        lives = deployment.gateway.describe_all(adoption.strangers(plan))
        _refuse(deployment, plan, adoption.find_misfits(plan, lives))
    return plan, lives


def _refuse(deployment: Deployment, plan: Plan, misfits: Sequence[Misfit]) -> None:
    if not misfits:
        return
    last = plan.migrations[-1].migration.id
    record, take = deployment.caller.command("stamp", last, "--no-verify"), deployment.caller.command("import")
    raise mismatch(
        "nothing was ever recorded here, but tables are there already that are not what the scripts make",
        misfits,
        "Change these tables or the scripts until they agree, then run the command again; or\n"
        f"record the scripts as applied to them as they are: {record}\n"
        f"move the scripts away and write new ones from the tables: {take}\n"
        "or leave these tables alone: choose another prefix with table_name in pyproject.toml or OSEM_DB_PREFIX",
    )
