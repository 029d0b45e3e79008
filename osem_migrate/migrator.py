"""Migrator: the library's facade. It connects, and forwards to ``commands``, where each option and error is described.

A method imports its command when it is called: a process pays only for the commands that it runs.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self

from osem_migrate import __version__
from osem_migrate.arguments import chosen, of_kind
from osem_migrate.clock import SYSTEM_CLOCK, Clock
from osem_migrate.config import Environment, Project
from osem_migrate.deployment.connection import Connection, connect
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import ArgumentInvalid
from osem_migrate.events import one_at_a_time
from osem_migrate.files.loader import Scripts, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from osem_migrate.aws.api_calls import ApiCall
    from osem_migrate.aws.lock_snapshot import LockSnapshot
    from osem_migrate.aws.session import Session
    from osem_migrate.commands.autogenerate import AutogenerateOptions, AutogeneratePlan
    from osem_migrate.commands.check import CheckResult
    from osem_migrate.commands.destroy import DestroyOptions, DestroyResult
    from osem_migrate.commands.doctor import DoctorOptions
    from osem_migrate.commands.downgrade import DowngradeOptions, DowngradeResult
    from osem_migrate.commands.export import ExportOptions
    from osem_migrate.commands.forecast import ForecastOptions
    from osem_migrate.commands.history import HistoryOptions
    from osem_migrate.commands.import_tables import ImportOptions, ImportPlan, ImportResult
    from osem_migrate.commands.init import InitOptions, InitResult
    from osem_migrate.commands.items import (
        FailuresOptions,
        PassesOptions,
        PassFailures,
        Steered,
        SteerOptions,
        UnfinishedPassesOptions,
    )
    from osem_migrate.commands.lint import LintOptions, LintReport
    from osem_migrate.commands.list_tables import ListOptions
    from osem_migrate.commands.policy import Policy, PolicyOptions
    from osem_migrate.commands.repair import RepairOptions, RepairResult
    from osem_migrate.commands.resolve import ResolveOptions, ResolveResult
    from osem_migrate.commands.stamp import StampOptions, StampResult
    from osem_migrate.commands.status import StatusOptions
    from osem_migrate.commands.unlock import UnlockOptions
    from osem_migrate.commands.upgrade import UpgradeOptions, UpgradeResult
    from osem_migrate.commands.verify import Verification, VerifyOptions
    from osem_migrate.events import RunEvent
    from osem_migrate.files.writer import Draft
    from osem_migrate.formats import Writing
    from osem_migrate.history import LogEntry
    from osem_migrate.live_table import LiveTable
    from osem_migrate.migration import Migration
    from osem_migrate.planning.destroy import Inventory
    from osem_migrate.planning.doctor import DoctorReport
    from osem_migrate.planning.items import PassStatus
    from osem_migrate.planning.plan import Plan
    from osem_migrate.planning.status.remedy import Caller
    from osem_migrate.planning.status.status import Status


class Migrator:
    """One application in one environment.

    Attributes:
        project: the configuration around the working folder.
        deployment: the environment, connected.
    """

    def __init__(self, project: Project, deployment: Deployment) -> None:
        """Use ``Migrator.open`` instead."""
        self.project = project
        self.deployment = deployment

    @classmethod
    def open(  # noqa: PLR0913 - one keyword for each thing a caller may choose
        cls,
        env: str | None = None,
        *,
        project: Project | None = None,
        connection: Connection | None = None,
        on_event: Callable[[RunEvent], None] = lambda _event: None,
        on_call: Callable[[ApiCall], None] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> Self:
        """Connect to an environment; makes no call to AWS, but starts the embedded engine of ``local``.

        Args:
            env: name of the environment; what OSEM_ENV says when omitted, else ``dev``.
            project: found from the working folder upwards when omitted.
            connection: what to use instead of the environment's configuration.
            on_event: told what a run does while it goes on.
            on_call: told every API call once it has ended. Either is called in the thread that has something to tell,
                and by one thread at a time; neither waits for the other.
            clock: time of day, monotonic time and sleep.

        Raises:
            ArgumentInvalid: one of these is of another type.
            ConfigurationError: the project, the environment or the region is not usable.
            AwsError: the profile, the region's name or the endpoint is not usable.
            LocalEngineError: the embedded engine cannot be started.
        """
        project = Project.find() if project is None else of_kind(project, Project, "open")
        environment = project.environment(project.default_environment if env is None else of_kind(env, str, "open"))
        asked = chosen(connection, Connection, "open")
        functions: tuple[object, ...] = (on_event, on_call)
        if not all(callable(one) or one is on_call is None for one in functions):
            raise ArgumentInvalid("open: on_event and on_call take functions")
        clock = of_kind(clock, Clock, "open")
        tell = one_at_a_time(on_event)
        session = connect(project, environment, asked, tell)
        if on_call is not None:
            session.on_call(one_at_a_time(on_call))
        deployment = Deployment(
            environment, session, connection=asked, tool_version=__version__, clock=clock, tell=tell
        )
        return cls(project, deployment)

    @cached_property
    def scripts(self) -> Scripts:
        """The migrations folder; raises ScriptError."""
        return load(self.project.migrations)

    @property
    def migrations(self) -> Sequence[Migration]:
        """The scripts, in order; raises ScriptError."""
        return self.scripts.migrations

    @property
    def environment(self) -> Environment:
        """Settings and names."""
        return self.deployment.environment

    @property
    def session(self) -> Session:
        """Region, endpoint and credentials."""
        return self.deployment.session

    @property
    def caller(self) -> Caller:
        """How to call this tool, and the AWS CLI, about this environment."""
        return self.deployment.caller

    def plan(self, options: UpgradeOptions | None = None) -> Plan:
        """What an upgrade would apply."""
        from osem_migrate.commands.upgrade import UpgradeOptions, plan_upgrade

        return plan_upgrade(self.deployment, self.migrations, chosen(options, UpgradeOptions, "plan"))

    def preview(self, options: UpgradeOptions | None = None) -> Plan:
        """What an upgrade would carry out: the plan without what a first run adopts."""
        from osem_migrate.commands.upgrade import UpgradeOptions, preview_upgrade

        return preview_upgrade(self.deployment, self.migrations, chosen(options, UpgradeOptions, "preview"))

    def upgrade(self, options: UpgradeOptions | None = None) -> UpgradeResult:
        """Apply what is pending, under the lock."""
        from osem_migrate.commands.upgrade import UpgradeOptions, upgrade

        return upgrade(self.deployment, self.migrations, chosen(options, UpgradeOptions, "upgrade"))

    def plan_downgrade(self, options: DowngradeOptions) -> Plan:
        """What a downgrade would reverse."""
        from osem_migrate.commands.downgrade import DowngradeOptions, plan_downgrade

        return plan_downgrade(self.deployment, self.migrations, of_kind(options, DowngradeOptions, "plan_downgrade"))

    def downgrade(self, options: DowngradeOptions) -> DowngradeResult:
        """Reverse the newest migrations, under the lock."""
        from osem_migrate.commands.downgrade import DowngradeOptions, downgrade

        return downgrade(self.deployment, self.migrations, of_kind(options, DowngradeOptions, "downgrade"))

    def with_drift(self, plan: Plan) -> Plan:
        """The same plan with how the live tables differ from what it expects."""
        from osem_migrate.execution.foresight import with_drift
        from osem_migrate.planning.plan import Plan

        return with_drift(self.deployment, of_kind(plan, Plan, "with_drift"))

    def forecast(self, plan: Plan, options: ForecastOptions | None = None) -> Plan:
        """The same plan with what its passes over items take, and what they would do with some of these."""
        from osem_migrate.commands.forecast import ForecastOptions, forecast_passes
        from osem_migrate.planning.plan import Plan

        plan, options = of_kind(plan, Plan, "forecast"), chosen(options, ForecastOptions, "forecast")
        return forecast_passes(self.deployment, plan, options)

    def losses(self, plan: Plan) -> list[LiveTable]:
        """The live tables of which a plan drops something, with their item counts and sizes."""
        from osem_migrate.commands.upgrade import losses
        from osem_migrate.planning.plan import Plan

        return losses(self.deployment, of_kind(plan, Plan, "losses"))

    def status(self, options: StatusOptions | None = None) -> Status:
        """Where the environment stands."""
        from osem_migrate.commands.status import StatusOptions, status

        return status(self.deployment, self.migrations, chosen(options, StatusOptions, "status"))

    def write_repair(self, status: Status, options: RepairOptions | None = None) -> RepairResult:
        """Write the script that undoes drift."""
        from osem_migrate.commands.repair import RepairOptions, write_repair
        from osem_migrate.planning.status.status import Status

        status, options = of_kind(status, Status, "write_repair"), chosen(options, RepairOptions, "write_repair")
        return write_repair(self.project.migrations, status, self.migrations, options)

    def verify(self, options: VerifyOptions | None = None) -> Verification:
        """Check every table, point by point."""
        from osem_migrate.commands.verify import VerifyOptions, verify

        options = chosen(options, VerifyOptions, "verify")
        if options.contract is None:
            return verify(self.deployment, self.migrations, options)
        from osem_migrate.commands.verify_contract import verify_contract

        return verify_contract(self.deployment, options.contract, options)

    def plan_import(self, options: ImportOptions | None = None) -> ImportPlan:
        """What there is to import."""
        from osem_migrate.commands.import_tables import ImportOptions, plan_import

        return plan_import(self.deployment, self.project.migrations, chosen(options, ImportOptions, "plan_import"))

    def import_tables(self, plan: ImportPlan, options: ImportOptions | None = None) -> ImportResult:
        """Write the scripts of tables that were there first, and record them as applied."""
        from osem_migrate.commands.import_tables import ImportOptions, ImportPlan, import_tables

        plan, options = of_kind(plan, ImportPlan, "import_tables"), chosen(options, ImportOptions, "import_tables")
        self.__dict__.pop("scripts", None)  # there are more from now on
        return import_tables(self.deployment, self.project.migrations, plan, options)

    def stamp(self, options: StampOptions) -> StampResult:
        """Record migrations as applied without carrying them out."""
        from osem_migrate.commands.stamp import StampOptions, stamp

        return stamp(self.deployment, self.migrations, of_kind(options, StampOptions, "stamp"))

    def resolve(self, options: ResolveOptions) -> ResolveResult:
        """Set right what the history says of one migration."""
        from osem_migrate.commands.resolve import ResolveOptions, resolve

        return resolve(self.deployment, self.migrations, of_kind(options, ResolveOptions, "resolve"))

    def lock(self) -> LockSnapshot | None:
        """The upgrade lock as it is now; None while nobody holds it."""
        from osem_migrate.commands.unlock import read_lock

        return read_lock(self.deployment)

    def unlock(self, seen: LockSnapshot, options: UnlockOptions | None = None) -> bool:
        """Take the lock from whom ``lock`` found; False when they let go by themselves."""
        from osem_migrate.aws.lock_snapshot import LockSnapshot
        from osem_migrate.commands.unlock import UnlockOptions, unlock

        seen, options = of_kind(seen, LockSnapshot, "unlock"), chosen(options, UnlockOptions, "unlock")
        return unlock(self.deployment, seen, options)

    def inventory(self) -> Inventory:
        """What ``destroy`` would drop, and what it would keep."""
        from osem_migrate.commands.destroy import take_inventory

        return take_inventory(self.deployment, self.migrations)

    def destroy(self, options: DestroyOptions | None = None) -> DestroyResult:
        """Drop the tables that the applied scripts built, then the history."""
        from osem_migrate.commands.destroy import DestroyOptions, destroy

        return destroy(self.deployment, self.migrations, chosen(options, DestroyOptions, "destroy"))

    def history(self, options: HistoryOptions | None = None) -> list[LogEntry]:
        """The log of this environment, oldest first."""
        from osem_migrate.commands.history import HistoryOptions

        return [*self.entries(chosen(options, HistoryOptions, "history"))]

    def entries(self, options: HistoryOptions | None = None) -> Iterator[LogEntry]:
        """The same one by one: pages are read as they are asked for, and memory stays flat however long the log is."""
        from osem_migrate.commands.history import HistoryOptions, entries

        return entries(self.deployment, chosen(options, HistoryOptions, "entries"))

    def passes(self, options: PassesOptions | None = None) -> tuple[PassStatus, ...]:
        """How every pass over items stands."""
        from osem_migrate.commands.items import PassesOptions, passes

        return passes(self.deployment, self.migrations, chosen(options, PassesOptions, "passes"))

    def unfinished_passes(self, options: UnfinishedPassesOptions | None = None) -> tuple[PassStatus, ...]:
        """How those stand that are not over."""
        from osem_migrate.commands.items import UnfinishedPassesOptions
        from osem_migrate.deployment.passes import unfinished_passes

        watch = chosen(options, UnfinishedPassesOptions, "unfinished_passes").watch
        return unfinished_passes(self.deployment, lambda: self.migrations, watch=watch)

    def failures(self, options: FailuresOptions | None = None) -> PassFailures:
        """The items that passes have set aside."""
        from osem_migrate.commands.items import FailuresOptions, failures

        return failures(self.deployment, self.migrations, chosen(options, FailuresOptions, "failures"))

    def steer(self, options: SteerOptions) -> tuple[Steered, ...]:
        """Change the rate of passes over items, pause them, let them go on, or try again what they set aside."""
        from osem_migrate.commands.items import SteerOptions, steer

        return steer(self.deployment, self.migrations, of_kind(options, SteerOptions, "steer"))

    def tables(self, options: ListOptions | None = None) -> list[LiveTable]:
        """Every table of the environment, the history table too."""
        from osem_migrate.commands.list_tables import ListOptions, list_tables

        return list_tables(self.deployment, chosen(options, ListOptions, "tables"), lambda: self.migrations)

    def export(self, options: ExportOptions) -> Writing:
        """The tables of this environment as a file of another tool."""
        from osem_migrate.commands.export import ExportOptions, export_environment

        options = of_kind(options, ExportOptions, "export")
        return export_environment(self.deployment, self.migrations, options)

    def policy(self, options: PolicyOptions | None = None) -> Policy:
        """The least IAM policy of a role here."""
        from osem_migrate.commands.policy import PolicyOptions, policy

        usual = PolicyOptions(region=self.session.region.name)
        options = of_kind(usual if options is None else options, PolicyOptions, "policy")
        return policy(self.environment, self.migrations, options)

    @staticmethod
    def new(title: str, project: Project | None = None) -> Path:
        """Write the next numbered script of the project around the working folder, or of another, and give its path."""
        from osem_migrate.commands.new import new

        title = of_kind(title, str, "new")
        return new(Project.find() if project is None else of_kind(project, Project, "new"), title).path

    @classmethod
    def plan_autogenerate(
        cls, options: AutogenerateOptions, project: Project | None = None, connection: Connection | None = None
    ) -> AutogeneratePlan:
        """The scripts that lead to a schema.py, another tool's file, or what is live; only the last makes calls."""
        from osem_migrate.commands.autogenerate import AutogenerateOptions, plan_autogenerate

        options = of_kind(options, AutogenerateOptions, "plan_autogenerate")
        found = Project.find() if project is None else of_kind(project, Project, "plan_autogenerate")

        def connect(env: str) -> Deployment:
            return cls.open(env, project=found, connection=connection).deployment

        return plan_autogenerate(found, options, connect)

    @staticmethod
    def autogenerate(plan: AutogeneratePlan, project: Project | None = None) -> tuple[Draft, ...]:
        """Write the scripts of a plan: all of them, or none."""
        from osem_migrate.commands.autogenerate import AutogeneratePlan, write_autogenerated

        plan = of_kind(plan, AutogeneratePlan, "autogenerate")
        return write_autogenerated(
            Project.find() if project is None else of_kind(project, Project, "autogenerate"), plan
        )

    @staticmethod
    def lint(options: LintOptions | None = None, project: Project | None = None) -> LintReport:
        """What is risky in the scripts of the project around the working folder, or of another; makes no call."""
        from osem_migrate.commands.lint import LintOptions, lint

        options = chosen(options, LintOptions, "lint")
        project = Project.find() if project is None else of_kind(project, Project, "lint")
        return lint(project, load(project.migrations).migrations, options)

    @staticmethod
    def init(options: InitOptions | None = None) -> InitResult:
        """Make the working folder a project."""
        from osem_migrate.commands.init import InitOptions, init

        return init(chosen(options, InitOptions, "init"))

    @staticmethod
    def check(project: Project | None = None) -> tuple[CheckResult, ...]:
        """Check the scripts of the project around the working folder, or of another; asks AWS nothing."""
        from osem_migrate.commands.check import check

        return check(Project.find() if project is None else of_kind(project, Project, "check"))

    def show(self, version: str) -> Plan:
        """What one script does here, by its number, its name or ``head``."""
        from osem_migrate.commands.show import show

        return show(self.environment, self.migrations, of_kind(version, str, "show"))

    @staticmethod
    def doctor(options: DoctorOptions) -> DoctorReport:
        """Look at everything that a run depends on; works where ``open`` would raise."""
        from osem_migrate.commands.doctor import DoctorOptions, doctor

        return doctor(of_kind(options, DoctorOptions, "doctor"))
