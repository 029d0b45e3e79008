"""History: the log of an environment."""

from collections.abc import Iterator
from dataclasses import dataclass

from osem_migrate.arguments import Arguments
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.history import LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOptions(Arguments):
    """How much to read: no more than the newest ``limit`` entries, or all of them where it is None."""

    limit: int | None = None


def entries(deployment: Deployment, options: HistoryOptions) -> Iterator[LogEntry]:
    """What was done, oldest first, read as it is asked for; nothing before the history table exists."""
    deployment.check_account()
    return deployment.history.entries(options.limit)
