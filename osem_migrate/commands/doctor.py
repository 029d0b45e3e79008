"""Doctor: looks at everything that a run depends on, one thing after the other; what is broken is a finding."""

import shlex
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from osem_migrate.arguments import Arguments
from osem_migrate.aws import history_items
from osem_migrate.aws.api_calls import ApiCall
from osem_migrate.aws.failures.redaction import redact
from osem_migrate.clock import SYSTEM_CLOCK, Clock
from osem_migrate.commands import installation
from osem_migrate.commands.permissions import authorized
from osem_migrate.config import HISTORY_ENTITY, Environment, Project
from osem_migrate.deployment.actor import local_identity
from osem_migrate.deployment.connection import Connection, connect
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.passes import passes_of
from osem_migrate.errors import AccessDenied, OsemMigrateError
from osem_migrate.files.loader import load
from osem_migrate.place import Place
from osem_migrate.planning.doctor import (
    DoctorReport,
    Finding,
    Health,
    judge_account,
    judge_clock,
    judge_history,
    judge_lock,
    judge_passes,
    skipped,
)
from osem_migrate.planning.policy import Role
from osem_migrate.planning.replay import replay
from osem_migrate.schema import S, Schema, Table

if TYPE_CHECKING:
    from osem_migrate.history import History
    from osem_migrate.live_table import LiveTable
    from osem_migrate.migration import Migration
    from osem_migrate.planning.items import PassStatus

HISTORY = Table(HISTORY_ENTITY, S(history_items.PARTITION_KEY), S(history_items.SORT_KEY))
"""As far as its keys go, the history table."""

_SOURCES = {
    "env": "environment variables",
    "shared-credentials-file": "the AWS credentials file",
    "config-file": "the AWS configuration file",
    "assume-role": "an assumed role",
    "assume-role-with-web-identity": "a role assumed by web identity",
    "sso": "single sign-on",
    "login": "aws login",
    "custom-process": "a credential process",
    "container-role": "the container's role",
    "iam-role": "the instance's role",
    "explicit": "none; a local engine needs none",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorOptions(Arguments):
    """What to look at.

    Attributes:
        environment: its name.
        role: whose permissions are tried; those of a role that writes only by requests that can have no effect.
        start: the folder from which the project is searched upwards; the working folder when None.
        connection: what to use instead of the environment's configuration.
        tool_version: of this tool.
        clock: time of day, monotonic time and sleep.
        on_call: told every API call once it has ended.
    """

    environment: str
    role: Role = Role.STATUS
    start: Path | None = None
    connection: Connection = field(default_factory=Connection)
    tool_version: str
    clock: Clock = SYSTEM_CLOCK
    on_call: Callable[[ApiCall], None] = lambda _call: None


def doctor(options: DoctorOptions) -> DoctorReport:
    """Look at everything that a run depends on, changing nothing; what depends on something broken is skipped."""
    return _Checks(options).run()


class _Checks:
    """The checks of one report, in order; each may use what those before it have found."""

    def __init__(self, options: DoctorOptions) -> None:
        self._options = options
        self._place = Place(environment=options.environment, region=options.connection.region)
        self._findings: list[Finding] = []
        self._migrations: Sequence[Migration] = ()
        self._denied: AccessDenied | None = None
        self._skew: float | None = None
        self._alive: bool | None = None
        self._passes: Sequence[PassStatus] = ()
        # Each is there once the check that finds it has not failed.
        self._project: Project
        self._environment: Environment
        self._deployment: Deployment
        self._live: LiveTable
        self._history: History

    def run(self) -> DoctorReport:
        """All of them."""
        checks: tuple[tuple[str, Callable[[], Finding | Iterable[Finding]], tuple[str, ...]], ...] = (
            ("python", self._check_python, ()),
            ("libraries", self._check_libraries, ()),
            ("configuration", self._check_configuration, ()),
            ("scripts", self._check_scripts, ("configuration",)),
            ("connection", self._check_connection, ("configuration",)),
            ("credentials", self._check_credentials, ("connection",)),
            ("identity", self._check_identity, ("credentials",)),
            ("account", self._check_account, ("identity",)),
            ("endpoint", self._check_endpoint, ("credentials",)),
            ("clock", self._check_clock, ("credentials",)),
            ("history table", self._check_history, ("endpoint",)),
            ("item passes", self._check_passes, ("history table",)),
            ("lock", self._check_lock, ("history table",)),
            ("permissions", self._check_permissions, ("identity", "endpoint")),
        )
        for check, look, needs in checks:
            self._findings += self._look(check, look, needs)
        return DoctorReport(tuple(self._findings), self._place)

    def _look(self, check: str, look: Callable[[], Finding | Iterable[Finding]], needs: Sequence[str]) -> list[Finding]:
        broken = {finding.check for finding in self._findings if finding.health in {Health.FAILED, Health.SKIPPED}}
        if broken & set(needs):
            return [skipped(check, [need for need in needs if need in broken])]
        try:
            found = look()
            return [found] if isinstance(found, Finding) else list(found)
        except OsemMigrateError as error:
            return [Finding.of(check, error)]
        except Exception as defect:  # noqa: BLE001 - an unexpected failure is a finding, too
            return [Finding.of(check, OsemMigrateError(f"{type(defect).__name__}: {redact(str(defect))}"))]

    def _check_python(self) -> Finding:
        return _component("python", [installation.python()])

    def _check_libraries(self) -> Finding:
        return _component("libraries", installation.libraries())

    def _check_configuration(self) -> Finding:
        self._project = Project.find(self._options.start)
        self._environment = environment = self._project.environment(self._options.environment)
        self._place = environment.place
        guard = "protected" if environment.settings.protected else "not protected"
        message = f"{environment.application}, environment {environment.name}, tables {environment.names}, {guard}"
        return _fine("configuration", message)

    def _check_scripts(self) -> Finding:
        scripts = load(self._project.migrations)
        schema = replay(scripts.migrations, Schema(defaults=self._environment.defaults))
        self._migrations = scripts.migrations
        tables = "1 table" if len(schema.tables) == 1 else f"{len(schema.tables)} tables"
        message = f"{len(scripts.migrations)} in {self._project.migrations.name}/, for {tables}"
        if scripts.warnings:
            health, remedy = Health.WARNING, "Restore the missing script, or leave the gap if it is intended."
            message = "; ".join((message, *scripts.warnings))
            return Finding(check="scripts", health=health, message=message, advice=remedy)
        return _fine("scripts", message)

    def _check_connection(self) -> Finding:
        options = self._options
        session = connect(self._project, self._environment, options.connection)
        session.on_call(self._measure_clock)
        session.on_call(options.on_call)
        self._deployment = Deployment(
            self._environment,
            session,
            connection=options.connection,
            tool_version=options.tool_version,
            clock=options.clock,
            tell=lambda _event: None,
        )
        self._place = self._deployment.place
        elsewhere = f", endpoint {session.endpoint_url}" if session.endpoint_url is not None else ""
        source = session.region.source
        origin = f"from {source}" if source is not None else "as asked for"
        return _fine("connection", f"region {session.region.name} {origin}{elsewhere}")

    def _check_credentials(self) -> Finding:
        session = self._deployment.session
        source = session.credentials_source()
        profile = f", profile {session.profile}" if session.profile is not None else ""
        return _fine("credentials", f"from {_SOURCES.get(source, source)}{profile}")

    def _check_identity(self) -> Finding:
        if self._deployment.session.local:
            return _fine("identity", f"{local_identity()}; a local engine has no other identities")
        identity = self._deployment.identity
        self._place = self._deployment.place
        return _fine("identity", identity.arn)

    def _check_account(self) -> Finding:
        if self._deployment.session.local:
            return _fine("account", "none; this is a local engine")
        settings = self._environment.settings
        return judge_account(self._deployment.identity.account, settings.account_id, protected=settings.protected)

    def _check_endpoint(self) -> Finding:
        gateway = self._deployment.gateway
        try:
            self._live = gateway.describe(HISTORY_ENTITY)
        except AccessDenied as denied:
            self._denied = denied  # which is an answer all the same
        return _fine("endpoint", f"{self._deployment.session.dynamodb().meta.endpoint_url} answers")

    def _check_clock(self) -> Finding:
        if self._skew is None:
            return Finding(check="clock", health=Health.SKIPPED, message="no answer named a time to compare with")
        return judge_clock(self._skew)

    def _check_history(self) -> Finding:
        if self._denied is not None:
            raise self._denied
        finding = judge_history(self._live, HISTORY, self._deployment.caller)
        if finding.health is not Health.FAILED:
            self._history = self._deployment.history.read()
        return finding

    def _check_passes(self) -> Iterable[Finding]:
        self._passes = passes_of(self._deployment, self._migrations, self._history, alive=self._is_alive())
        return judge_passes(self._passes)

    def _check_lock(self) -> Finding:
        return judge_lock(self._history.holder, alive=self._is_alive(), passes=self._passes)

    def _is_alive(self) -> bool:
        """Whether the run that holds the lock sends heartbeats, for which one watches but once."""
        if self._alive is None:
            holder = self._history.holder
            self._alive = holder is not None and self._deployment.lock.is_alive(holder)
        return self._alive

    def _check_permissions(self) -> Iterable[Finding]:
        return authorized(self._deployment, self._migrations, self._options.role)

    def _measure_clock(self, call: ApiCall) -> None:
        """Compare the clocks at the end of a call; the answer's is in whole seconds, if it can be read at all."""
        with suppress(TypeError, ValueError, OverflowError):
            answered = parsedate_to_datetime(call.date or "")
            self._skew = (self._options.clock.now() - answered).total_seconds()


def _fine(check: str, message: str) -> Finding:
    return Finding(check=check, health=Health.OK, message=message)


def _component(check: str, components: Sequence[installation.Component]) -> Finding:
    """Versions; what is not in its range is named with it, and how to get there."""
    if not components:
        message = "osem-migrate is not installed as a package, so its requirements are unknown"
        return Finding(check=check, health=Health.SKIPPED, message=message)
    message = ", ".join(f"{component.name} {component.version or 'missing'}" for component in components)
    wrong = [component for component in components if not component.fits]
    if not wrong:
        return _fine(check, message)
    wanted = ", ".join(f"{component.name} {component.supported}" for component in wrong)
    install = shlex.join(["pip", "install", *(f"{component.name}{component.supported}" for component in wrong)])
    remedy = f"Run osem-migrate with {wanted}." if check == "python" else f"Install supported versions: {install}"
    return Finding(check=check, health=Health.FAILED, message=f"{message}; supported: {wanted}", advice=remedy)
