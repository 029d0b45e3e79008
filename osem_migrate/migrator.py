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
from osem_migrate.aws.lock import LEASE_SECONDS, Lease, Lock
from osem_migrate.aws.session import Identity, Session
from osem_migrate.aws.waiting import Poller
from osem_migrate.clock import SYSTEM_CLOCK, Clock
from osem_migrate.config import DEFAULT_ENVIRONMENT, HISTORY_ENTITY, LOCAL, Environment, Project
from osem_migrate.errors import AccountMismatch, ConfirmationRequired, RegionMismatch
from osem_migrate.events import LockWaiting, RunEvent, RunStarted
from osem_migrate.executor import Executor
from osem_migrate.files.loader import Scripts, load
from osem_migrate.history import Event, History, RecordedState
from osem_migrate.live import Live
from osem_migrate.local.configured import configured_engine
from osem_migrate.operations import SETTINGS, Setting
from osem_migrate.performer import Performer
from osem_migrate.planning.plan import Plan, make_plan
from osem_migrate.planning.remedy import Caller
from osem_migrate.planning.status import Status, assess, expect
from osem_migrate.schema import Table

DEFAULT_LOCK_TIMEOUT = 60.0
HISTORY_TABLE_TIMEOUT = 10 * 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where to connect, as asked for on the command line; None leaves it to the environment's configuration."""

    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    force: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """The same as command-line options, for the commands that remedies name."""
        options = {"--region": self.region, "--profile": self.profile, "--endpoint-url": self.endpoint_url}
        given = [word for option, text in options.items() if text is not None for word in (option, text)]
        return (*given, "--force") if self.force else tuple(given)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade did: ids of the migrations it applied, in order; none when there was nothing to do."""

    applied: tuple[str, ...]
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
        endpoint = asked.endpoint_url or environment.settings.endpoint_url
        if endpoint is None and env == LOCAL:
            engine = configured_engine(project)
            endpoint = (engine.status() or engine.start()).endpoint_url
        session = Session.open(
            region=asked.region,
            configured_region=environment.settings.region,
            profile=asked.profile or environment.settings.profile,
            endpoint_url=endpoint,
        )
        _check_region(session, environment, asked)
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

    def plan(self, target: str | None = None, *, allow_out_of_order: bool = False) -> Plan:
        """What is pending up to a version (all when None); reads the history and writes nothing."""
        return self._plan(target, allow_out_of_order=allow_out_of_order)[0]

    def upgrade(
        self,
        target: str | None = None,
        *,
        allow_out_of_order: bool = False,
        allow_data_loss: bool = False,
        lock_timeout: float = DEFAULT_LOCK_TIMEOUT,
        timeout: float | None = None,
    ) -> Upgrade:
        """Apply what is pending, under the lock; does nothing, and takes no lock, where nothing is.

        Args:
            target: the last version to apply; all when None.
            allow_out_of_order: apply scripts older than the newest applied one, too.
            allow_data_loss: carry out operations that lose data.
            lock_timeout: seconds to wait for another run.
            timeout: seconds that one operation may take to settle; chosen by kind when None.

        Raises:
            ConfirmationRequired: the plan loses data and ``allow_data_loss`` is not given.
            PartialError: it stopped after something was changed.
            OsemMigrateError: it stopped before anything was changed.
        """
        plan, history = self._plan(target, allow_out_of_order=allow_out_of_order)
        if plan.is_empty:
            return Upgrade((), plan)
        _confirm(plan, allow_data_loss=allow_data_loss)
        actor = self._preflight()
        if not history.exists:
            self._create_history_table()
        lease = self._acquire(actor, lock_timeout)
        try:
            # What was pending may have been applied while we waited for the lock.
            plan, history = self._plan(target, allow_out_of_order=allow_out_of_order)
            _confirm(plan, allow_data_loss=allow_data_loss)
            self._tell(RunStarted(plan))
            return Upgrade(self._executor(actor, lease, timeout, target).run(plan, history), plan)
        finally:
            lease.release()

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
        return Gateway(self.session.dynamodb(), self.environment.physical_name, emulated=self.session.local)

    @cached_property
    def _history(self) -> HistoryTable:
        environment = self.environment
        return HistoryTable(self.session.dynamodb(), environment.history_table, environment.application, self._clock)

    @cached_property
    def _lock(self) -> Lock:
        environment = self.environment
        return Lock(self.session.dynamodb(), environment.history_table, environment.application, self._clock)

    def _plan(self, target: str | None, *, allow_out_of_order: bool) -> tuple[Plan, History]:
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
        return plan, history

    def _observe(self) -> tuple[History, bool]:
        """The history, and whether the run that it shows as running is alive.

        A run may end while one watches for its heartbeat; then what it wrote last is read again.
        """
        history = self._history.read()
        holder = history.holder
        if holder is None or all(record.state is not RecordedState.RUNNING for record in history.records.values()):
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

    def _create_history_table(self) -> None:
        self._history.create(self.environment.tags)
        Poller(self._clock).until(
            lambda: self._gateway.describe(HISTORY_ENTITY),
            lambda live: live.table is not None and not live.busy,
            timeout=HISTORY_TABLE_TIMEOUT,
            what=f"the history table {self.environment.history_table}",
        )

    def _acquire(self, actor: Actor, timeout: float) -> Lease:
        me = actor.as_holder(lease_ms=int(LEASE_SECONDS * 1000), acquired_at=self._clock.milliseconds())
        lease = self._lock.acquire(
            me, timeout=timeout, on_wait=lambda holder, waited: self._tell(LockWaiting(holder, waited))
        )
        lease.start()
        return lease

    def _executor(self, actor: Actor, lease: Lease, timeout: float | None, target: str | None) -> Executor:
        # What continues the run must go no further than it was to go.
        until = ("--to", target) if target is not None else ()
        performer = Performer(
            gateway=self._gateway,
            lease=lease,
            poller=Poller(self._clock),
            clock=self._clock,
            timeout=timeout,
            on_event=self._tell,
        )
        return Executor(
            performer=performer,
            history=self._history,
            lease=lease,
            actor=actor,
            clock=self._clock,
            physical_name=self.environment.physical_name,
            resume=self.caller.command("upgrade", *until),
            on_event=self._tell,
        )


def _confirm(plan: Plan, *, allow_data_loss: bool) -> None:
    if plan.hazards and not allow_data_loss:
        raise ConfirmationRequired("; ".join(plan.hazards), hazards=list(plan.hazards))


def _declared(table: Table) -> tuple[type[Setting], ...]:
    return tuple(type(setting) for setting in table.settings)


def _check_region(session: Session, environment: Environment, asked: Connection) -> None:
    expected = environment.settings.region
    if session.local or asked.force or expected is None or session.region.name == expected:
        return
    raise RegionMismatch(
        f"environment {environment.name!r} is in {expected}, but {session.region.source} says {session.region.name}",
        expected=expected,
        found=session.region.name,
    )
