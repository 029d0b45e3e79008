"""Connection: where the calls of an environment go."""

from collections.abc import Callable
from dataclasses import dataclass

from osem_migrate.advice import connection_flags
from osem_migrate.arguments import Arguments
from osem_migrate.aws.session import Session
from osem_migrate.config import LOCAL, Environment, Project
from osem_migrate.errors import RegionMismatch
from osem_migrate.events import EngineStarted, RunEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection(Arguments):
    """Where to connect, as asked for on the command line; None leaves it to the environment's configuration."""

    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    force: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """The same as command-line options, for the commands that remedies name."""
        return connection_flags(self.region, self.profile, self.endpoint_url, force=self.force)


def connect(
    project: Project,
    environment: Environment,
    asked: Connection,
    tell: Callable[[RunEvent], None] = lambda _event: None,
) -> Session:
    """A session where the options and the configuration say; starts the embedded engine of ``local``, and tells so.

    Raises:
        RegionMismatch: the region asked for is not the configured one.
        AwsError: the profile, the region's name or the endpoint is not usable.
        LocalEngineError: the embedded engine cannot be started.
    """
    endpoint = asked.endpoint_url or environment.settings.endpoint_url
    if endpoint is None and environment.name == LOCAL:
        from osem_migrate.local.configured import configured_engine  # noqa: PLC0415 - only this environment has one

        engine = configured_engine(project)
        running = engine.status()
        if running is None:
            running = engine.start()
            tell(EngineStarted(running.kind.value, running.endpoint_url, running.instead_of))
        endpoint = running.endpoint_url
    session = Session.open(
        region=asked.region,
        configured_region=environment.settings.region,
        profile=asked.profile or environment.settings.profile,
        endpoint_url=endpoint,
        local=environment.settings.local,
    )
    _check_region(session, environment, asked)
    return session


def _check_region(session: Session, environment: Environment, asked: Connection) -> None:
    expected = environment.settings.region
    if session.local or asked.force or expected is None or session.region.name == expected:
        return
    found, source = session.region.name, session.region.source
    other = f"{found} was asked for" if source is None else f"{source} says {found}"
    raise RegionMismatch(
        f"environment {environment.name!r} is in {expected}, but {other}",
        expected=expected,
        found=found,
    )
