"""History: the log of an environment."""

from collections.abc import Iterator
from dataclasses import dataclass

from osem_migrate.arguments import Arguments
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import ArgumentInvalid
from osem_migrate.history import LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOptions(Arguments):
    """How much to read: no more than the newest ``limit`` entries, or all of them where it is None."""

    limit: int | None = None

    def __post_init__(self) -> None:
        """Raise ArgumentInvalid for a limit that shows nothing, and for a field of another type."""
        Arguments.__post_init__(self)  # the zero-argument super() is not that of a class with slots
        if self.limit is not None and self.limit < 1:
            what = f"{type(self).__name__}: limit takes a number of at least 1, not {self.limit}"
            raise ArgumentInvalid(what, argument="limit")


def entries(deployment: Deployment, options: HistoryOptions) -> Iterator[LogEntry]:
    """What was done, oldest first, read as it is asked for; nothing before the history table exists."""
    deployment.check_account()
    return deployment.history.entries(options.limit)
