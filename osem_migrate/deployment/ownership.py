"""Ownership: tables of other applications that keep their history in the same table are left alone."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from osem_migrate.advice import command
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import AccessDenied, OwnerUnknown, TableNotOurs
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.planning import ownership


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
        f"{'; '.join(texts)}, by the same history table ({deployment.environment.history_table})",
        remediation=f"{TableNotOurs.remedy}\nIf the other application gave the table up, record that there, with the "
        f"version that created it: {release}",
        tables=found,
    )
