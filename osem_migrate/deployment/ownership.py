"""Ownership: tables of other applications that keep their history in the same table are left alone."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from osem_migrate.advice import command
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import AccessDenied, OwnerUnknown, TableNotOurs
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.planning import ownership


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


@dataclass(frozen=True, slots=True)
class Owners:
    """Which of some tables are not ours; nobody is asked where there is no table, or no history.

    Attributes:
        foreign: those of other applications, by logical name, each with its application.
        refusal: why that is not known; None where it is.
    """

    foreign: Mapping[str, str] = field(default_factory=dict)
    refusal: AccessDenied | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know."""
        if self.refusal is None:
            return ()
        return (
            f"Whether another application has recorded one of the tables was not found out: {self.refusal.message}",
        )


def owners(deployment: Deployment, migrations: Sequence[Migration], names: Collection[str], history: History) -> Owners:
    """Which of these tables, by logical name, another application recorded as its own."""
    if not names or not history.exists:
        return Owners()
    try:
        others = deployment.history.others()
    except AccessDenied as refusal:
        return Owners(refusal=refusal)
    return Owners(ownership.owners(names, migrations, others))


def refuse_foreign(
    deployment: Deployment,
    migrations: Sequence[Migration],
    names: Collection[str],
    history: History,
    *,
    dropped: Collection[str] = (),
) -> Owners:
    """What is known of the owners of tables that are to be taken over, repaired or, ``dropped`` among them, to go.

    Raises:
        TableNotOurs: another application recorded one of them as its own.
        OwnerUnknown: that may not be read, and one of them is there that our own records do not know.
    """
    found = owners(deployment, migrations, names, history)
    if found.foreign:
        raise _foreign(deployment, found.foreign)
    refuse_unknown(deployment, migrations, names, history, found, dropped=dropped)
    return found


def refuse_unknown(  # noqa: PLR0913 - one argument each for what is known
    deployment: Deployment,
    migrations: Sequence[Migration],
    names: Collection[str],
    history: History,
    found: Owners,
    *,
    dropped: Collection[str] = (),
) -> None:
    """Raise OwnerUnknown where owners may not be read, and one of the tables is there that our records do not know."""
    if found.refusal is None:
        return
    doubtful = list(_doubtful(deployment, migrations, names, history, dropped))
    if doubtful:
        raise OwnerUnknown(
            f"{', '.join(doubtful)}: it is not known whether another application has recorded it, because "
            f"{found.refusal.message}",
            tables=doubtful,
        ) from found.refusal


def _doubtful(
    deployment: Deployment,
    migrations: Sequence[Migration],
    names: Collection[str],
    history: History,
    dropped: Collection[str],
) -> Iterator[str]:
    """Physical names of those that are there and may be somebody else's."""
    known = ownership.known_tables(migrations, history)
    for live in deployment.gateway.describe_all(dict.fromkeys(sorted(names), ())):
        if live.table is not None and not known.has(live, dropped=live.name in dropped):
            yield live.physical_name


def _foreign(deployment: Deployment, foreign: Mapping[str, str]) -> TableNotOurs:
    found = {deployment.environment.physical_name(name): application for name, application in sorted(foreign.items())}
    texts = (f"{name} belongs to application {application!r}" for name, application in found.items())
    release = command("resolve", "VERSION", "--reverted", "--no-verify")
    return TableNotOurs(
        f"tables are not this application's, by the history table {deployment.environment.history_table}",
        parts=texts,
        remediation=f"{TableNotOurs.remedy}\nIf the other application gave the table up, record that there, with the "
        f"version that created it: {release}",
        owners=[{"physical_name": name, "application": application} for name, application in found.items()],
    )
