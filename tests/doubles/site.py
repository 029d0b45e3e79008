"""A project whose environment dev is a simulated account, and whose history can be lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from osem_migrate.config import Project
from osem_migrate.deployment.connection import Connection
from osem_migrate.events import RunEvent
from tests.doubles.project import HISTORY, Watched, write_project
from tests.doubles.simulated_aws import NOWHERE, TUNNEL, SimulatedAws, client_answered_by
from tests.doubles.skipping_clock import SkippingClock
from tests.simulator import Limiter
from tests.torture.stage import BRIEF, Recording


class Site:
    """A project before a simulated account.

    Attributes:
        clock: its time; nothing but work takes any.
        simulator: the account, which keeps what it was asked.
        client: boto3's, for what somebody does by hand.
        settings: of its environments.
    """

    def __init__(self, folder: Path, clock: SkippingClock) -> None:
        self.clock = clock
        limiter = Limiter(clock.now, mutations=None)
        limiter.read = lambda *_: None  # type: ignore[method-assign]
        self.simulator = Recording(clock=clock, durations=BRIEF, limiter=limiter)
        self.aws = SimulatedAws(clock, self.simulator)
        self.client = client_answered_by(self.aws.answer)
        self.folder = folder
        self.settings = TUNNEL

    @classmethod
    @contextmanager
    def standing(cls, folder: Path) -> Iterator["Site"]:
        """One without tables; nothing unknown was asked of it in the end."""
        with SkippingClock() as clock:
            site = cls(folder, clock)
            with site.aws.surroundings():
                yield site
        assert site.simulator.unknown == []

    def watched(self, scripts: dict[str, str], on_event: Callable[[RunEvent], None] = lambda _event: None) -> Watched:
        """A new process, so to speak."""
        project, connection = self.project(scripts), Connection(endpoint_url=NOWHERE)
        clock, answer = self.clock.clock, self.aws.answer
        return Watched(project, connection=connection, on_event=on_event, clock=clock, answer=answer)

    def project(self, scripts: dict[str, str]) -> Project:
        """The project once it has these scripts, too."""
        return write_project(self.folder, scripts, self.settings)

    def settle(self) -> None:
        """An hour passes."""
        self.clock.advance(3600)

    def forget(self) -> None:
        """The history is gone, and the tables stay."""
        self.settle()
        self.client.update_table(TableName=HISTORY, DeletionProtectionEnabled=False)
        self.client.delete_table(TableName=HISTORY)
        self.settle()

    def tables(self) -> list[str]:
        """Physical names."""
        return sorted(self.client.list_tables()["TableNames"])
