"""List: the tables of an environment, the history table too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from osem_migrate.arguments import Arguments
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import SETTINGS, Setting
from osem_migrate.planning.ownership import named_tables

if TYPE_CHECKING:
    from osem_migrate.errors import AccessDenied


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions(Arguments):
    """How much to read: with ``details``, every setting of every table."""

    details: bool = False


def list_tables(
    deployment: Deployment, options: ListOptions, scripts: Callable[[], Sequence[Migration]]
) -> list[LiveTable]:
    """Every table of the environment, by logical name; ``table`` is None of one that went meanwhile.

    The scripts are read only where nothing in a name tells whose it is: then they, and the history, do.

    One that may not be described, which may be somebody else's, is listed with the ``refusal``.

    Raises:
        AccessDenied: none of them may be described.
    """
    deployment.check_account()
    names = deployment.environment.names
    known = frozenset() if names.is_exclusive else named_tables(scripts(), deployment.history.read())
    found = names.ours(deployment.gateway.list_tables(), known)
    kinds: tuple[type[Setting], ...] = SETTINGS if options.details else ()
    denied: dict[str, AccessDenied] = {}
    live_tables = deployment.gateway.describe_all(dict.fromkeys(sorted(found), kinds), denied=denied)
    if denied and not live_tables:
        raise next(iter(denied.values()))
    physical_name = deployment.environment.physical_name
    untold = [
        LiveTable(name=name, physical_name=physical_name(name), table=None, refusal=refusal.message)
        for name, refusal in denied.items()
    ]
    return sorted([*live_tables, *untold], key=lambda live: live.name)
