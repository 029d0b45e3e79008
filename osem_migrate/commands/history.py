"""History: the log of an environment."""

from osem_migrate.deployment.deployment import Deployment
from osem_migrate.history import LogEntry


def history(deployment: Deployment) -> list[LogEntry]:
    """What was done, oldest first; empty before the history table exists."""
    deployment.check_account()
    return deployment.history.entries()
