"""Verification: every table that the applied scripts build, point by point, and on demand with a sample item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from osem_migrate.commands.probe import probe_command, probe_tables
from osem_migrate.commands.status import overlooking_autoscaled
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import ExitCode, HistoryError, ProbeUnconfirmed
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import Setting
from osem_migrate.planning.status.status import expect
from osem_migrate.planning.verify import Checklist, check_table, unfinished
from osem_migrate.schema import Table
from osem_migrate.stop import Stop

LOOKS = 3  # at an environment whose history changes while one looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a verification found.

    Attributes:
        tables: a checklist for each table that the applied or unfinished migrations build, by name.
        lives: what was looked at, by logical name.
        probed: the logical names of the tables that a sample item went through.
    """

    tables: tuple[Checklist, ...] = ()
    live_tables: Mapping[str, LiveTable]
    probed: frozenset[str] = frozenset()

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(checklist.passed for checklist in self.tables)

    def exit_code(self) -> ExitCode:
        """DRIFT where a check failed, else OK."""
        return ExitCode.OK if self.passed else ExitCode.DRIFT


def verify(deployment: Deployment, migrations: Sequence[Migration]) -> Verification:
    """Check every table; reads only, and has nothing to say before anything was applied.

    Raises:
        HistoryError: what was applied cannot be known from these scripts.
    """
    deployment.check_account()
    history = deployment.history.read()
    for _ in range(LOOKS):
        verification = _look(deployment, migrations, history)
        if verification.passed:
            break
        # An upgrade of somebody else's may have begun or ended between the history and the tables.
        earlier, history = history, deployment.history.read()
        if history.records == earlier.records:
            break
    return verification


def probe(deployment: Deployment, verification: Verification, stop: Stop) -> Verification:
    """The same with a sample item written to, read back from and removed from every table that is ready."""
    ready = [checklist for checklist in verification.tables if checklist.was_checked and checklist.passed]
    found = probe_tables(deployment, [verification.live_tables[checklist.table] for checklist in ready], stop)
    tables = [
        checklist.extended(*found[checklist.table])
        if checklist.table in found
        else checklist.extended(notes=["it was not probed"])
        for checklist in verification.tables
    ]
    return replace(verification, tables=tuple(tables), probed=frozenset(found))


def require_confirmation(deployment: Deployment) -> None:
    """Raise ProbeUnconfirmed where the environment is protected."""
    if deployment.environment.settings.protected:
        raise ProbeUnconfirmed(
            f"{deployment.environment.name} is protected, and a probe writes a sample item to each of its tables",
            remediation=f"Confirm it with: {probe_command(deployment)}",
        )


def _look(deployment: Deployment, migrations: Sequence[Migration], history: History) -> Verification:
    expectation = expect(migrations, history, deployment.environment.defaults)
    if expectation.note is not None:
        look = deployment.caller.command("status")
        raise HistoryError(expectation.note, remediation=f"See what is recorded with: {look}")
    tables = expectation.schema.tables
    sure = {name: _declared(table) for name, table in sorted(tables.items()) if name not in expectation.unsure}
    live_tables = {live.name: live for live in deployment.gateway.describe_all(sure)}
    checklists = [_check(deployment, live, tables[name]) for name, live in live_tables.items()]
    checklists += [unfinished(name, deployment.environment.physical_name(name)) for name in expectation.unsure]
    return Verification(
        tables=tuple(sorted(checklists, key=lambda checklist: checklist.table)), live_tables=live_tables
    )


def _check(deployment: Deployment, live: LiveTable, expected: Table) -> Checklist:
    overlooked = overlooking_autoscaled(deployment, live, expected)
    notes = ["an autoscaler owns capacity of it, which was not checked"] if overlooked != live else []
    return check_table(overlooked, expected).extended(notes=notes)


def _declared(table: Table) -> tuple[type[Setting], ...]:
    return tuple(type(setting) for setting in table.settings)
