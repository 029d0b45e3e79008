"""Inventory: what an environment has, told apart into what is ours to destroy and what is not."""

from collections.abc import Sequence
from dataclasses import dataclass

from osem_migrate.config import HISTORY_ENTITY
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import SetDeletionProtection
from osem_migrate.planning.destroy import managed


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What an environment has.

    Attributes:
        tables: those that its applied scripts built, as far as they are there, by name.
        kept: physical names of the other tables under its prefix.
        history: the history table; None when there is none.
        recorded: whether it holds anything of this application.
        shared: whether other applications keep their history in it, too.
    """

    tables: tuple[LiveTable, ...]
    kept: tuple[str, ...]
    history: LiveTable | None
    recorded: bool
    shared: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to destroy."""
        return not self.tables and (self.history is None or (self.shared and not self.recorded))

    @property
    def guarded(self) -> tuple[str, ...]:
        """Physical names of the tables whose deletion protection is on; the history table's is our own."""
        return tuple(live.physical_name for live in self.tables if is_guarded(live))


def is_guarded(live: LiveTable) -> bool:
    """Whether deletion protection is on."""
    setting = live.table.setting(SetDeletionProtection) if live.table is not None else None
    return setting is not None and setting.enabled


def take_inventory(deployment: Deployment, migrations: Sequence[Migration]) -> Inventory:
    """Look at everything under the environment's prefix; reads only.

    Raises:
        MigrationMissing, MigrationChanged: what the applied scripts built cannot be known.
        AwsError: DynamoDB refused.
    """
    environment, gateway = deployment.environment, deployment.gateway
    history = deployment.history.read()
    ours = managed(migrations, history, environment.defaults)
    *live_tables, last = gateway.describe_all(dict.fromkeys([*sorted(ours.candidates), HISTORY_ENTITY], ()))
    tables = tuple(live for live in live_tables if ours.owns(live))
    known = {live.physical_name for live in (*tables, last)}
    listed = [name for name in gateway.list_tables(environment.prefix) if environment.logical_name(name) is not None]
    return Inventory(
        tables=tables,
        kept=tuple(name for name in listed if name not in known),
        history=last if last.table is not None else None,
        recorded=bool(history.records),
        shared=history.exists and deployment.history.is_shared(),
    )
