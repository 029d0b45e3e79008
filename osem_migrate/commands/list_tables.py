"""List: the tables of an environment, the history table too."""

from dataclasses import dataclass

from osem_migrate.deployment.deployment import Deployment
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SETTINGS, Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """How much to read: with ``details``, every setting of every table."""

    details: bool = False


def list_tables(deployment: Deployment, options: ListOptions) -> list[LiveTable]:
    """Every table of the environment, by logical name; ``table`` is None of one that went meanwhile."""
    deployment.check_account()
    physical = deployment.gateway.list_tables(deployment.environment.prefix)
    names = {deployment.environment.logical_name(name) for name in physical}
    kinds: tuple[type[Setting], ...] = SETTINGS if options.details else ()
    return deployment.gateway.describe_all(dict.fromkeys(sorted(filter(None, names)), kinds))
