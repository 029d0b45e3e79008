"""Verification: every table that the applied scripts build, point by point, and on demand with a sample item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from osem_migrate.advice import command
from osem_migrate.arguments import Arguments
from osem_migrate.commands.probe import probe_tables
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.observation import look_steadily
from osem_migrate.deployment.passes import unfinished_passes
from osem_migrate.errors import ExitCode, HistoryError, ProbeUnconfirmed
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import Setting
from osem_migrate.planning.drift.doubt import doubts
from osem_migrate.planning.items import PassStatus
from osem_migrate.planning.pass_advice import pass_advice, pass_stands
from osem_migrate.planning.status.status import expect
from osem_migrate.planning.verify import Checklist, check_table, unfinished
from osem_migrate.schema import Table
from osem_migrate.stop import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions(Arguments):
    """What to try.

    Attributes:
        contract: a migration contract to check the tables against, instead of what the applied scripts build.
        probe: write one marked sample item to every table that is ready, read it back and remove it.
        allow_protected: do so in a protected environment, too.
        stop: lets a signal handler, or another thread, end a probe, which removes its samples all the same.
    """

    contract: Path | None = None
    probe: bool = False
    allow_protected: bool = False
    stop: Stop | None = None

    def again(self) -> str:
        """The command that verifies once more."""
        words = ("--probe",) if self.probe else ()
        return command("verify", *words, *(("--yes",) if self.allow_protected else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a verification found.

    Attributes:
        tables: a checklist for each table that the applied or unfinished migrations build, by name; or for each entity
            of a contract, in its order.
        lives: what was looked at, by logical name.
        probed: the logical names of the tables that a sample item went through.
        passes: the passes over items that are not over, because of which tables were not checked.
    """

    tables: tuple[Checklist, ...] = ()
    live_tables: Mapping[str, LiveTable]
    probed: frozenset[str] = frozenset()
    passes: tuple[PassStatus, ...] = ()

    @property
    def table_count(self) -> int:
        """How many tables; of a contract, one may have several checklists."""
        return len({checklist.table for checklist in self.tables})

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(checklist.passed for checklist in self.tables)

    def exit_code(self) -> ExitCode:
        """DRIFT where a check failed, else OK."""
        return ExitCode.OK if self.passed else ExitCode.DRIFT


def verify(deployment: Deployment, migrations: Sequence[Migration], options: VerifyOptions) -> Verification:
    """Check every table that the applied scripts build, point by point; needs no lock, and no history table.

    Raises:
        ProbeUnconfirmed: a probe of a protected environment without ``allow_protected``.
        HistoryError: what was applied cannot be known from these scripts.
        SampleLeft: a sample could not be removed.
        Interrupted: somebody asked to stop; every sample was removed all the same.
        AwsError: DynamoDB refused.
    """
    if options.probe and not options.allow_protected:
        _require_confirmation(deployment)
    deployment.check_account()
    history = deployment.history.read()
    found = look_steadily(
        history,
        lambda history: _look(deployment, migrations, history),
        lambda verification: verification.passed,
        deployment.history.read,
    )
    return _probe(deployment, found, options) if options.probe else found


def _probe(deployment: Deployment, verification: Verification, options: VerifyOptions) -> Verification:
    """The same with a sample item written to, read back from and removed from every table that is ready."""
    ready = [checklist for checklist in verification.tables if checklist.was_checked and checklist.passed]
    tables = [verification.live_tables[checklist.table] for checklist in ready]
    stop = options.stop or Stop(deployment.clock)
    found = probe_tables(deployment, tables, stop, again=options.again())
    checklists = [
        checklist.extended(*found[checklist.table])
        if checklist.table in found
        else checklist.extended(notes=["it was not probed"])
        for checklist in verification.tables
    ]
    return replace(verification, tables=tuple(checklists), probed=frozenset(found))


def _require_confirmation(deployment: Deployment) -> None:
    """Raise ProbeUnconfirmed where the environment is protected."""
    if deployment.environment.settings.protected:
        confirmed = VerifyOptions(probe=True, allow_protected=True).again()
        raise ProbeUnconfirmed(
            f"{deployment.environment.name} is protected, and a probe writes a sample item to each of its tables",
            remediation=f"Confirm it with: {confirmed}",
        )


def _look(deployment: Deployment, migrations: Sequence[Migration], history: History) -> Verification:
    expectation = expect(migrations, history, deployment.environment.defaults)
    if expectation.note is not None:
        look = command("status")
        raise HistoryError(expectation.note, remediation=f"See what is recorded with: {look}")
    tables = expectation.schema.tables
    sure = {name: _declared(table) for name, table in sorted(tables.items()) if name not in expectation.unsure}
    live_tables = {live.name: live for live in deployment.gateway.describe_all(sure)}
    checklists = [_check(deployment, live, tables[name]) for name, live in live_tables.items()]
    passes = unfinished_passes(deployment, lambda: migrations)
    checklists += [
        unfinished(name, deployment.environment.physical_name(name), expectation.why_unsure(name)).extended(
            notes=[f"{pass_stands(status)}\n{pass_advice(status)}" for status in passes if status.table == name]
        )
        for name in expectation.unsure
    ]
    return Verification(
        tables=tuple(sorted(checklists, key=lambda checklist: checklist.table)),
        live_tables=live_tables,
        passes=passes,
    )


def _check(deployment: Deployment, live: LiveTable, expected: Table) -> Checklist:
    learned = deployment.gateway.learn(live, (expected,))
    notes = ["an autoscaler manages some of its capacity, which was not checked"] if learned.autoscaled else []
    notes += [f"it is unknown whether it has {one.expected}: it has {one.found}" for one in doubts(learned, expected)]
    return check_table(learned, expected).extended(notes=notes)


def _declared(table: Table) -> tuple[type[Setting], ...]:
    return tuple(type(setting) for setting in table.settings)
