"""Adoption: tables that a first run finds are taken over where they are what the scripts make, else refused."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from osem_migrate.advice import AGAIN, CONFIGURATION, command
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import AdoptionMismatch
from osem_migrate.events import TableAdopted
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import Setting
from osem_migrate.planning import adoption
from osem_migrate.planning.adoption import TableMismatch
from osem_migrate.planning.plan import Plan


def find_existing(deployment: Deployment, plan: Plan, again: Callable[[], Plan]) -> frozenset[str]:
    """Logical names of the tables that are there before a first run; none for any other run, which asks nothing.

    Args:
        deployment: where they may be.
        plan: of the run.
        again: makes the plan once more, from the history as it is by then.

    Raises:
        AdoptionMismatch: one of them is as it is at no point of the plan.
    """
    live_tables = _look(deployment, plan, again)[1]
    return frozenset(live.name for live in live_tables if live.table is not None)


def foresee(deployment: Deployment, plan: Plan, again: Callable[[], Plan]) -> Plan:
    """The plan as a first run would carry it out; reads only, and raises what ``find_existing`` raises."""
    return adoption.without_live_operations(*_look(deployment, plan, again))


def adopt(deployment: Deployment, plan: Plan, existing: Collection[str]) -> Plan:
    """The plan of a first run without what is live already on these tables; raises what ``find_existing`` raises."""
    wanted = {name: kinds for name, kinds in adoption.possible_tables(plan).items() if name in existing}
    live_tables = _describe(deployment, plan, wanted)
    _refuse(plan, adoption.find_mismatches(plan, live_tables))
    adopted = adoption.without_live_operations(plan, live_tables)
    left = {operation.key for operation in adopted.operations}
    for live in live_tables:
        done = tuple(o for o in plan.operations if o.table == live.name and o.key not in left)
        if done:
            deployment.tell(TableAdopted(live.physical_name, done))
    return replace(adopted, table_ids={live.name: live.table_id for live in live_tables if live.table_id is not None})


def mismatch(message: str, mismatches: Sequence[TableMismatch], remediation: str) -> AdoptionMismatch:
    """The error that names every difference of these tables, for people and for machines."""
    texts = (
        f"{found.live.physical_name}: {', '.join(difference.describe() for difference in found.differences)}"
        for found in mismatches
    )
    differences = [one.document(found.live.physical_name) for found in mismatches for one in found.differences]
    return AdoptionMismatch(message, remediation=remediation, parts=texts, differences=differences)


def _look(deployment: Deployment, plan: Plan, again: Callable[[], Plan]) -> tuple[Plan, Sequence[LiveTable]]:
    """The plan, and its tables in a first run."""
    live_tables = _describe(deployment, plan, adoption.possible_tables(plan))
    if adoption.find_mismatches(plan, live_tables):
        # Another first run may have begun since the history was read; what that one makes was not there before it.
        plan = again()
        live_tables = _describe(deployment, plan, adoption.possible_tables(plan))
        _refuse(plan, adoption.find_mismatches(plan, live_tables))
    return plan, live_tables


def _describe(deployment: Deployment, plan: Plan, wanted: Mapping[str, Iterable[type[Setting]]]) -> Sequence[LiveTable]:
    gateway = deployment.gateway
    states = {lane.table: [operation.after for operation in lane.operations] for lane in plan.lanes}
    return [gateway.learn(live, states[live.name]) for live in gateway.describe_all(wanted)]


def _refuse(plan: Plan, mismatches: Sequence[TableMismatch]) -> None:
    if not mismatches:
        return
    last = plan.migrations[-1].migration.id
    record, take = command("stamp", last, "--no-verify"), command("import")
    raise mismatch(
        "nothing is recorded here yet, but some existing tables differ from what the scripts create",
        mismatches,
        f"Change these tables or the scripts until they agree, then {AGAIN}; or\n"
        f"record the scripts as applied, with the tables as they are: {record}\n"
        f"move the scripts away and write new ones from the tables: {take}\n"
        f"or leave these tables alone: choose another prefix with table_name in {CONFIGURATION} or OSEM_DB_PREFIX",
    )
