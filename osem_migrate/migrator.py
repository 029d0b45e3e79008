"""Migrator: the library's facade. Each method answers with a value; the command line only renders it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from osem_migrate import __version__
from osem_migrate.actor import Actor, local_identity
from osem_migrate.aws.calls import ApiCall
from osem_migrate.aws.gateway import Gateway
from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.aws.lock import Lock
from osem_migrate.aws.session import Identity, Session
from osem_migrate.clock import SYSTEM_CLOCK, Clock
from osem_migrate.config import DEFAULT_ENVIRONMENT, Environment, Project
from osem_migrate.connection import Connection, connect
from osem_migrate.errors import AccountMismatch
from osem_migrate.events import RunEvent
from osem_migrate.files.loader import Scripts, load
from osem_migrate.history import Event, History
from osem_migrate.live import Live
from osem_migrate.operations import SETTINGS, Setting
from osem_migrate.performer import Pace
from osem_migrate.planning.downgrade import make_downgrade
from osem_migrate.planning.fold import fold as fold_plan
from osem_migrate.planning.plan import Plan, make_plan
from osem_migrate.planning.remedy import Caller
from osem_migrate.planning.status import Status, assess, expect
from osem_migrate.runner import Runner, Terms
from osem_migrate.schema import Table
from osem_migrate.stopping import Stop

DEFAULT_LOCK_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Upgrade:
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
class Downgrade:
    """What a downgrade did: ids of the migrations it reverted, newest first; none when there was nothing to do."""

    reverted: tuple[str, ...]
    plan: Plan


class Migrator:
    """One application in one environment.

    Attributes:
        project: the configuration around the working folder.
        environment: the environment's settings and names.
        session: region, endpoint and credentials.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        project: Project,
        environment: Environment,
        session: Session,
        *,
        connection: Connection,
        on_event: Callable[[RunEvent], None],
        clock: Clock,
    ) -> None:
        """Use ``Migrator.open`` instead."""
        self.project = project
        self.environment = environment
        self.session = session
        self._connection = connection
        self._tell = on_event
        self._clock = clock

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
        return cls(project, environment, session, connection=asked, on_event=on_event, clock=clock)

    @cached_property
    def scripts(self) -> Scripts:
        """The migrations folder; raises ScriptError."""
        return load(self.project.migrations)

    @property
    def caller(self) -> Caller:
        """How to call this tool, and the AWS CLI, about this environment."""
        aws = ["--region", self.session.region.name]
        if self.session.endpoint_url is not None:
            aws += ["--endpoint-url", self.session.endpoint_url]
        if self.session.profile is not None:
            aws += ["--profile", self.session.profile]
        return Caller(self.environment.name, self._connection.flags, tuple(aws))

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
    ) -> Upgrade:
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
            stop=stop or Stop(self._clock),
            resume=self.resume("upgrade", target),
        )
        plan, outcome = self._runner.run(
            lambda: self._plan_upgrade(target, fold=fold, allow_out_of_order=allow_out_of_order),
            self._preflight,
            terms,
        )
        return Upgrade(outcome.finished, plan, outcome.in_progress)

    def downgrade(
        self,
        target: str,
        *,
        allow_data_loss: bool = False,
        lock_timeout: float = DEFAULT_LOCK_TIMEOUT,
        timeout: float | None = None,
        stop: Stop | None = None,
    ) -> Downgrade:
        """Reverse every migration above a version ("0": all), newest first; arguments and errors are upgrade's."""
        terms = Terms(
            allow_data_loss=allow_data_loss,
            lock_timeout=lock_timeout,
            timeout=timeout,
            pace=Pace.FULL,
            stop=stop or Stop(self._clock),
            resume=self.resume("downgrade", target),
        )
        plan, outcome = self._runner.run(lambda: self._plan_downgrade(target), self._preflight, terms)
        return Downgrade(outcome.finished, plan)

    def losses(self, plan: Plan) -> list[Live]:
        """The live tables of which the plan drops something, with their item counts and sizes."""
        hurt = {planned.table for planned in plan.operations if planned.operation.hazard is not None}
        return self._gateway.describe_all(dict.fromkeys(sorted(hurt), ()))

    def status(self) -> Status:
        """Where the environment stands; reads only, and works before the history table exists."""
        migrations = self.scripts.migrations
        self._check_account()
        history, alive = self._observe()
        expectation = expect(migrations, history, self.environment.defaults)
        lives = self._gateway.describe_all(
            {table.name: _declared(table) for _, table in sorted(expectation.schema.tables.items())}
        )
        return assess(migrations, history, expectation, lives, lock_alive=alive, caller=self.caller)

    def history(self) -> list[Event]:
        """The log of this environment, oldest first."""
        self._check_account()
        return self._history.events()

    def tables(self, *, details: bool = False) -> list[Live]:
        """Every table of the environment, the history table too; with ``details`` every setting is read."""
        self._check_account()
        names = {self.environment.logical_name(name) for name in self._gateway.list_tables(self.environment.prefix)}
        kinds: tuple[type[Setting], ...] = SETTINGS if details else ()
        return self._gateway.describe_all(dict.fromkeys(sorted(filter(None, names)), kinds))

    @cached_property
    def _gateway(self) -> Gateway:
        return Gateway(
            self.session.dynamodb(),
            self.environment.physical_name,
            emulated=self.session.local,
            sleep=self._clock.sleep,
        )

    @cached_property
    def _history(self) -> HistoryTable:
        environment = self.environment
        return HistoryTable(self.session.dynamodb(), environment.history_table, environment.application, self._clock)

    @cached_property
    def _lock(self) -> Lock:
        environment = self.environment
        return Lock(self.session.dynamodb(), environment.history_table, environment.application, self._clock)

    def _plan_upgrade(self, target: str | None, *, fold: bool | None, allow_out_of_order: bool) -> tuple[Plan, History]:
        # The scripts first: a mistake in one of them should cost no call.
        migrations = self.scripts.migrations
        self._check_account()
        history = self._history.read()
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
        self._check_account()
        history = self._history.read()
        return make_downgrade(migrations, history, target, defaults=self.environment.defaults), history

    @property
    def _runner(self) -> Runner:
        return Runner(
            environment=self.environment,
            gateway=self._gateway,
            history=self._history,
            lock=self._lock,
            clock=self._clock,
            on_event=self._tell,
        )

    def _observe(self) -> tuple[History, bool]:
        """The history, and whether the run that it shows as running is alive.

        A run may end while one watches for its heartbeat; then what it wrote last is read again.
        """
        history = self._history.read()
        holder = history.holder
        if holder is None or not any(record.is_attended for record in history.records.values()):
            return history, False
        if self._lock.is_alive(holder):
            return history, True
        history = self._history.read()
        return history, history.holder is not None and history.holder.owner != holder.owner

    @cached_property
    def _identity(self) -> Identity:
        return self.session.identity()

    def _check_account(self) -> None:
        """Raise AccountMismatch where the environment names its account and these credentials are of another."""
        expected = self.environment.settings.account_id
        if expected is None or self.session.local or self._identity.account == expected:
            return
        raise AccountMismatch(
            f"environment {self.environment.name!r} is in account {expected}, "
            f"but these credentials ({self._identity.arn}) are of account {self._identity.account}",
            expected=expected,
            found=self._identity.account,
        )

    def _preflight(self) -> Actor:
        """Valid credentials, before the first write; a local engine knows no identities."""
        return Actor(local_identity() if self.session.local else self._identity.arn, __version__)


def _declared(table: Table) -> tuple[type[Setting], ...]:
    return tuple(type(setting) for setting in table.settings)
