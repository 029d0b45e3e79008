"""Migrator: the library's facade. Each method answers with a value; the command line only renders it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from osem_migrate import __version__
from osem_migrate.aws.api_calls import ApiCall
from osem_migrate.aws.lock_snapshot import LockSnapshot
from osem_migrate.clock import SYSTEM_CLOCK, Clock
from osem_migrate.commands import destroy as destruction
from osem_migrate.commands import unlock as unlocking
from osem_migrate.commands import verify as verification
from osem_migrate.commands.destroy import DestroyResult, refuse_protected
from osem_migrate.commands.doctor import Doctor, DoctorOptions
from osem_migrate.commands.import_tables import Importer, ImportPlan, ImportResult
from osem_migrate.commands.inventory import Inventory, take_inventory
from osem_migrate.commands.policy import Policy, make_policy
from osem_migrate.commands.resolve import Repair, ResolveOptions, ResolveResult
from osem_migrate.commands.stamp import Stamper, StampOptions, StampResult
from osem_migrate.commands.status import inspect
from osem_migrate.commands.verify import Verification
from osem_migrate.config import DEFAULT_ENVIRONMENT, Project
from osem_migrate.deployment.connection import Connection, connect
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.events import RunEvent
from osem_migrate.execution.adoption import foresee
from osem_migrate.execution.reconciler import Pace
from osem_migrate.execution.runner import Runner, Terms
from osem_migrate.files.loader import Scripts, load
from osem_migrate.files.location import shown_path
from osem_migrate.files.writer import write_scripts
from osem_migrate.history import History, LogEntry
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SETTINGS, Setting
from osem_migrate.planning.doctor import DoctorReport
from osem_migrate.planning.downgrade import make_downgrade
from osem_migrate.planning.fold import fold as fold_plan
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.policy import Role
from osem_migrate.planning.repair import RepairPlan, plan_repair
from osem_migrate.planning.resolve import Resolution
from osem_migrate.planning.status.remedy import Caller, advising
from osem_migrate.planning.status.status import Status
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.stop import Stop

DEFAULT_LOCK_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class UpgradeResult:
    """What an upgrade did.

    Attributes:
        applied: ids of the migrations it applied, in order; none when there was nothing to do.
        plan: what it set out to do.
        in_progress: ids of those that DynamoDB is still working on, where it did not wait.
    """

    applied: tuple[str, ...]
    plan: Plan
    in_progress: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DowngradeResult:
    """What a downgrade did: ids of the migrations it reverted, newest first; none when there was nothing to do."""

    reverted: tuple[str, ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class RepairResult:
    """What a repair does and leaves out, and the path of the script; None where there was nothing to write."""

    repair: RepairPlan
    path: str | None = None


class Migrator:
    """One application in one environment.

    Attributes:
        project: the configuration around the working folder.
        environment: the environment's settings and names.
        session: region, endpoint and credentials.
        deployment: the same, connected.
    """

    def __init__(self, project: Project, deployment: Deployment) -> None:
        """Use ``Migrator.open`` instead."""
        self.project = project
        self.deployment = deployment
        self.environment = deployment.environment
        self.session = deployment.session

    @classmethod
    def open(  # noqa: PLR0913 - one keyword for each thing a caller may choose
        cls,
        env: str = DEFAULT_ENVIRONMENT,
        *,
        project: Project | None = None,
        connection: Connection | None = None,
        on_event: Callable[[RunEvent], None] = lambda _event: None,
        on_call: Callable[[ApiCall], None] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> Self:
        """Connect to an environment; makes no call to AWS, but starts the embedded engine of ``local``.

        Args:
            env: name of the environment.
            project: found from the working folder upwards when omitted.
            connection: what to use instead of the environment's configuration.
            on_event: told what a run does while it goes on.
            on_call: told every API call once it has ended.
            clock: time of day, monotonic time and sleep.

        Raises:
            ConfigurationError: the project, the environment or the region is not usable.
            AwsError: the profile, the region's name or the endpoint is not usable.
            LocalEngineError: the embedded engine cannot be started.
        """
        project = project or Project.find()
        environment = project.environment(env)
        asked = connection or Connection()
        session = connect(project, environment, asked)
        if on_call is not None:
            session.on_call(on_call)
        deployment = Deployment(
            environment, session, connection=asked, tool_version=__version__, clock=clock, tell=on_event
        )
        return cls(project, deployment)

    @cached_property
    def scripts(self) -> Scripts:
        """The migrations folder; raises ScriptError."""
        return load(self.project.migrations)

    @property
    def caller(self) -> Caller:
        """How to call this tool, and the AWS CLI, about this environment."""
        return self.deployment.caller

    def resume(self, command: str, target: str | None) -> str:
        """The command that continues an interrupted run; it goes no further than that run was to go."""
        return self.caller.command(command, *(("--to", target) if target is not None else ()))

    def plan(self, target: str | None = None, *, fold: bool | None = None, allow_out_of_order: bool = False) -> Plan:
        """What is pending up to a version (all when None); reads the history and writes nothing."""
        return self._plan_upgrade(target, fold=fold, allow_out_of_order=allow_out_of_order)[0]

    def plan_downgrade(self, target: str) -> Plan:
        """What reverses everything above a version ("0": everything); reads the history and writes nothing."""
        return self._plan_downgrade(target)[0]

    def upgrade(  # noqa: PLR0913 - one keyword for each option of the command
        self,
        target: str | None = None,
        *,
        fold: bool | None = None,
        pace: Pace = Pace.FULL,
        allow_out_of_order: bool = False,
        allow_data_loss: bool = False,
        lock_timeout: float = DEFAULT_LOCK_TIMEOUT,
        timeout: float | None = None,
        stop: Stop | None = None,
    ) -> UpgradeResult:
        """Apply what is pending, under the lock; does nothing, and takes no lock, where nothing is.

        Args:
            target: the last version to apply; all when None.
            fold: whether index additions move into the CreateTable of the same run; as configured when None.
            pace: whether to wait for what is begun, and whether to begin anything.
            allow_out_of_order: apply scripts older than the newest applied one, too.
            allow_data_loss: carry out operations that lose data.
            lock_timeout: seconds to wait for another run.
            timeout: seconds that one operation may take to settle; chosen by kind when None.
            stop: lets a signal handler, or another thread, ask the run to end between two calls.

        Raises:
            ConfirmationRequired: the plan loses data and ``allow_data_loss`` is not given.
            PartialError: it stopped after something was changed.
            OsemMigrateError: it stopped before anything was changed.
        """
        terms = Terms(
            allow_data_loss=allow_data_loss,
            lock_timeout=lock_timeout,
            timeout=timeout,
            pace=pace,
            stop=stop or Stop(self.deployment.clock),
            resume=self.resume("upgrade", target),
        )
        plan, outcome = Runner(self.deployment).run(
            lambda: self._plan_upgrade(target, fold=fold, allow_out_of_order=allow_out_of_order), terms
        )
        return UpgradeResult(outcome.finished, plan, outcome.in_progress)

    def downgrade(
        self,
        target: str,
        *,
        allow_data_loss: bool = False,
        lock_timeout: float = DEFAULT_LOCK_TIMEOUT,
        timeout: float | None = None,
        stop: Stop | None = None,
    ) -> DowngradeResult:
        """Reverse every migration above a version ("0": all), newest first; arguments and errors are upgrade's."""
        terms = Terms(
            allow_data_loss=allow_data_loss,
            lock_timeout=lock_timeout,
            timeout=timeout,
            pace=Pace.FULL,
            stop=stop or Stop(self.deployment.clock),
            resume=self.resume("downgrade", target),
        )
        plan, outcome = Runner(self.deployment).run(lambda: self._plan_downgrade(target), terms)
        return DowngradeResult(outcome.finished, plan)

    def inventory(self) -> Inventory:
        """What ``destroy`` would drop, and what it would keep; reads only.

        Raises:
            EnvironmentProtected: the environment is protected in the configuration.
            HistoryError: what the applied scripts built cannot be known.
        """
        refuse_protected(self.deployment)
        migrations = self.scripts.migrations
        self.deployment.check_account()
        with advising(self.caller, {}):
            return take_inventory(self.deployment, migrations)

    def destroy(
        self,
        *,
        allow_data_loss: bool = False,
        lock_timeout: float = DEFAULT_LOCK_TIMEOUT,
        timeout: float | None = None,
        stop: Stop | None = None,
    ) -> DestroyResult:
        """Drop the tables that the applied scripts built, then the history; ``upgrade`` creates all of it again.

        Args:
            allow_data_loss: whether somebody has confirmed that everything is to be lost.
            lock_timeout: seconds to wait for another run.
            timeout: seconds that one table may take to go; half an hour when None.
            stop: lets a signal handler, or another thread, ask to end between two calls.

        Raises:
            EnvironmentProtected, ConfirmationRequired, DeletionProtected: before anything is changed.
            DestructionIncomplete: it stopped after something was changed; running it again finishes.
            OsemMigrateError: it stopped before anything was changed.
        """
        stop = stop or Stop(self.deployment.clock)
        terms = destruction.Terms(
            allow_data_loss=allow_data_loss, lock_timeout=lock_timeout, timeout=timeout, stop=stop
        )
        return destruction.destroy(self.deployment, self.inventory, terms)

    def foresee(self, plan: Plan, target: str | None = None) -> Plan:
        """What an upgrade would make of a plan: without what a first run adopts; reads only.

        Raises:
            AdoptionMismatch: tables that are there already are not what the scripts make, and upgrade would refuse.
        """
        return foresee(self.deployment, plan, lambda: self.plan(target))

    def survey(self, names: Sequence[str] = ()) -> ImportPlan:
        """What there is to import: the tables of these logical or physical names, or all; reads only."""
        return Importer(self.deployment, self.project.migrations).survey(names)

    def import_tables(
        self, survey: ImportPlan, *, lock_timeout: float = DEFAULT_LOCK_TIMEOUT, stop: Stop | None = None
    ) -> ImportResult:
        """Write the scripts of a survey and record them as applied, under the lock; raises OsemMigrateError.

        Where the recording fails the scripts stay, and the error says which command records them.
        """
        self.__dict__.pop("scripts", None)  # there are more from now on
        importer = Importer(self.deployment, self.project.migrations)
        return importer.run(survey, lock_timeout=lock_timeout, stop=stop or Stop(self.deployment.clock))

    def stamp(
        self,
        version: str,
        *,
        verify: bool = True,
        reason: str | None = None,
        lock_timeout: float = DEFAULT_LOCK_TIMEOUT,
        stop: Stop | None = None,
    ) -> StampResult:
        """Record every migration up to a version as applied, under the lock, without carrying any of them out.

        Args:
            version: the last one to record.
            verify: whether the live tables have to be as the scripts make them; AdoptionMismatch is raised where not.
            reason: why, for the log.
            lock_timeout: seconds to wait for another run.
            stop: lets a signal handler, or another thread, end that wait.
        """
        stamper = Stamper(self.deployment, self.scripts.migrations)
        asked = StampOptions(version=version, verify=verify, reason=reason)
        return stamper.stamp(asked, lock_timeout=lock_timeout, stop=stop or Stop(self.deployment.clock))

    def losses(self, plan: Plan) -> list[LiveTable]:
        """The live tables of which the plan drops something, with their item counts and sizes."""
        hurt = {planned.table for planned in plan.operations if planned.operation.hazard is not None}
        return self.deployment.gateway.describe_all(dict.fromkeys(sorted(hurt), ()))

    def status(self, *, strict: bool = False) -> Status:
        """Where the environment stands; reads only, and works before the history table exists.

        With ``strict``, settings that AWS has on and that nobody declared are drift, too.
        """
        return inspect(self.deployment, self.scripts.migrations, strict=strict)

    def write_repair(self, status: Status, *, rebuild: bool = False) -> RepairResult:
        """Write the next numbered script, which repairs the drift that a migration can repair; asks AWS nothing.

        With ``rebuild``, also what has to be made anew: indexes with other keys or another projection, lost tables.

        Raises:
            ScriptError: the folder cannot be written.
        """
        repair = plan_repair(status, self.scripts.migrations, rebuild=rebuild)
        if not repair.operations:
            return RepairResult(repair)
        (draft,) = write_scripts(self.project.migrations, [(repair.title, repair.operations)])
        return RepairResult(repair, shown_path(draft.path))

    def verify(self, *, probe: bool = False, allow_protected: bool = False, stop: Stop | None = None) -> Verification:
        """Check every table that the applied scripts build, point by point; needs no lock, and no history table.

        Args:
            probe: write one marked sample item to every table that is ready, read it back and remove it.
            allow_protected: do so in a protected environment, too.
            stop: lets a signal handler, or another thread, end a probe, which removes its samples all the same.

        Raises:
            ProbeUnconfirmed: a probe of a protected environment without ``allow_protected``.
            HistoryError: what was applied cannot be known from these scripts.
            SampleLeft: a sample could not be removed.
            AwsError: DynamoDB refused.
        """
        migrations = self.scripts.migrations
        if probe and not allow_protected:
            verification.require_confirmation(self.deployment)
        found = verification.verify(self.deployment, migrations)
        if not probe:
            return found
        return verification.probe(self.deployment, found, stop or Stop(self.deployment.clock))

    def resolve(  # noqa: PLR0913 - one keyword for each option of the command
        self,
        version: str,
        resolution: Resolution,
        *,
        reason: str | None = None,
        verify: bool = True,
        lock_timeout: float = DEFAULT_LOCK_TIMEOUT,
        stop: Stop | None = None,
    ) -> ResolveResult:
        """Set right what the history says of one migration, under the lock, once the live tables have confirmed it.

        Args:
            version: its number, or its id.
            resolution: what is to be recorded.
            reason: why, for the log.
            verify: compare the live tables with what is claimed; where not, the log says so.
            lock_timeout: seconds to wait for another run.
            stop: lets a signal handler, or another thread, end the waiting.

        Raises:
            DriftFound: the live tables say otherwise, and nothing was written.
            ResolutionRefused: the history would contradict itself, or nobody can know what has to be live.
            TargetUnknown: there is no such version.
        """
        migrations = self.scripts.migrations
        self.deployment.check_account()
        saying = ResolveOptions(version=version, resolution=resolution, reason=reason, verify=verify)
        repair = Repair(self.deployment, migrations)
        return repair.resolve(saying, lock_timeout=lock_timeout, stop=stop or Stop(self.deployment.clock))

    def lock(self) -> LockSnapshot | None:
        """The upgrade lock as it is now; None while nobody holds it."""
        return unlocking.look(self.deployment)

    def unlock(
        self,
        seen: LockSnapshot,
        *,
        force: bool = False,
        reason: str | None = None,
        confirm: Callable[[], None] = lambda: None,
    ) -> bool:
        """Take the lock from whom ``lock`` found, who can never write again; False when they let go by themselves.

        Args:
            seen: what ``lock`` gave; the lock is left alone where it has changed since.
            force: take it although the holder's heart beats, or nobody can say who the holder is.
            reason: why, for the log.
            confirm: asked once the heartbeat has been watched; raises to leave everything as it is.

        Raises:
            LockHeld: the holder is alive, or the lock has changed; nothing was written.
            HistoryUnreadable: nobody can say who holds it, and ``force`` is not given.
        """
        return unlocking.unlock(self.deployment, seen, force=force, reason=reason, confirm=confirm)

    def history(self) -> list[LogEntry]:
        """The log of this environment, oldest first."""
        self.deployment.check_account()
        return self.deployment.history.events()

    def tables(self, *, details: bool = False) -> list[LiveTable]:
        """Every table of the environment, the history table too; with ``details`` every setting is read."""
        self.deployment.check_account()
        physical = self.deployment.gateway.list_tables(self.environment.prefix)
        names = {self.environment.logical_name(name) for name in physical}
        kinds: tuple[type[Setting], ...] = SETTINGS if details else ()
        return self.deployment.gateway.describe_all(dict.fromkeys(sorted(filter(None, names)), kinds))

    @staticmethod
    def doctor(options: DoctorOptions) -> DoctorReport:
        """Look at everything that a run depends on; works where ``open`` would raise, and changes nothing."""
        return Doctor(options).examine()

    def policy(self, role: Role = Role.UPGRADE, *, account: str | None = None) -> Policy:
        """The least IAM policy of a role here, generated from the scripts; asks nobody, not even AWS.

        ``account`` is its twelve digits; that of the configuration when None, and any account where there is none.
        """
        region = self.session.region.name
        return make_policy(self.environment, self.scripts.migrations, role, region=region, account=account)

    def _plan_upgrade(self, target: str | None, *, fold: bool | None, allow_out_of_order: bool) -> tuple[Plan, History]:
        # The scripts first: a mistake in one of them should cost no call.
        migrations = self.scripts.migrations
        self.deployment.check_account()
        history = self.deployment.history.read()
        with advising(self.caller, history.records):
            plan = make_plan(
                migrations,
                history,
                defaults=self.environment.defaults,
                target=target,
                allow_out_of_order=allow_out_of_order,
            )
        folds = self.environment.settings.fold_indexes if fold is None else fold
        return fold_plan(plan) if folds else plan, history

    def _plan_downgrade(self, target: str) -> tuple[Plan, History]:
        migrations = self.scripts.migrations
        self.deployment.check_account()
        history = self.deployment.history.read()
        with advising(self.caller, history.records):
            return make_downgrade(migrations, history, target, defaults=self.environment.defaults), history
