"""Ownership: tables of other applications that keep their history in the same table are left alone."""

from collections.abc import Collection, Iterable, Sequence

from osem_migrate.advice import command
from osem_migrate.aws.optional_reads import OptionalReads
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import AccessDenied, TableNotOurs
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import SetTags
from osem_migrate.planning import ownership
from osem_migrate.planning.plan import Plan


def owned_by_stack(stack: str, tables: Sequence[str]) -> str:
    """What to know of tables, by physical name, that CloudFormation made."""
    names = ", ".join(tables)
    return (
        f"{names}: belongs to the CloudFormation stack {stack}, whose next update may undo what scripts change. "
        "Take it out of the template first, with DeletionPolicy: Retain."
    )


def stacks(live_tables: Iterable[LiveTable]) -> list[str]:
    """One sentence for each CloudFormation stack that some of these tables belong to."""
    found: dict[str, list[str]] = {}
    for live in live_tables:
        if live.stack is not None:
            found.setdefault(live.stack, []).append(live.physical_name)
    return [owned_by_stack(stack, sorted(tables)) for stack, tables in sorted(found.items())]


def stacks_of(deployment: Deployment, plan: Plan) -> list[str]:
    """The same of the tables that a plan changes or drops; asks nothing of a local engine."""
    if deployment.gateway.emulated:
        return []
    changed = {lane.table for lane in plan.lanes if lane.operations[0].before is not None}
    return stacks(
        deployment.gateway.describe_all(dict.fromkeys(sorted(changed), ()), optional=OptionalReads([SetTags]))
    )


def owners(
    deployment: Deployment, migrations: Sequence[Migration], names: Collection[str], history: History
) -> dict[str, str]:
    """Of these tables, by logical name, those that another application recorded as its own, each with its application.

    Nothing is asked where there is no table, or no history. A role that may not ask is told of nobody.
    """
    if not names or not history.exists:
        return {}
    try:
        others = deployment.history.others()
    except AccessDenied:
        return {}
    return ownership.owners(names, migrations, others)


def refuse_foreign(
    deployment: Deployment, migrations: Sequence[Migration], names: Collection[str], history: History
) -> None:
    """Raise TableNotOurs where another application recorded one of these tables as its own."""
    found = {
        deployment.environment.physical_name(name): application
        for name, application in sorted(owners(deployment, migrations, names, history).items())
    }
    if not found:
        return
    texts = (f"{name} belongs to application {application!r}" for name, application in found.items())
    release = command("resolve", "VERSION", "--reverted", "--no-verify")
    raise TableNotOurs(
        f"tables are not this application's, by the history table {deployment.environment.history_table}",
        parts=texts,
        remediation=f"{TableNotOurs.remedy}\nIf the other application gave the table up, record that there, with the "
        f"version that created it: {release}",
        owners=[{"physical_name": name, "application": application} for name, application in found.items()],
    )
