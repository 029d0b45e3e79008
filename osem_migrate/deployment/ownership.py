"""Ownership: tables of other applications that keep their history in the same table are left alone."""

from collections.abc import Collection, Sequence

from osem_migrate.advice import command
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import AccessDenied, TableNotOurs
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.planning import ownership


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
        tables=found,
    )
