"""Deployment: one application in one environment, connected: its names, tables, history, lock, and who works on it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

from osem_migrate.aws.gateway import Gateway
from osem_migrate.aws.guard import Guard
from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.aws.pass_table import PassTable
from osem_migrate.config.environment import clash
from osem_migrate.errors import AccountMismatch
from osem_migrate.planning.status.remedy import Caller

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from osem_migrate.aws.attachments import Attachments
    from osem_migrate.aws.autoscaling import Autoscaling
    from osem_migrate.aws.key_managers import KeyManagers
    from osem_migrate.aws.lock import Lock
    from osem_migrate.aws.session import Identity, Session
    from osem_migrate.clock import Clock
    from osem_migrate.config import Environment
    from osem_migrate.deployment.actor import Actor
    from osem_migrate.deployment.connection import Connection
    from osem_migrate.events import RunEvent
    from osem_migrate.history import History
    from osem_migrate.live_table import Dimension, LiveTable
    from osem_migrate.pass_state import PassKey
    from osem_migrate.place import Place
    from osem_migrate.schema import Table


class Deployment:
    """What every use case works on; makes its clients when they are first asked for.

    Args:
        environment: settings and names.
        session: region, endpoint and credentials.
        connection: the options it was asked for with, which the next command needs as well.
        tool_version: of this tool, for the records.
        clock: time of day, monotonic time and sleep.
        tell: told what goes on.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        environment: Environment,
        session: Session,
        *,
        connection: Connection,
        tool_version: str,
        clock: Clock,
        tell: Callable[[RunEvent], None],
    ) -> None:
        self.environment = environment
        self.session = session
        self.clock = clock
        self.tell = tell
        self.tool_version = tool_version
        self._connection = connection

    @cached_property
    def gateway(self) -> Gateway:
        """Describes tables and performs steps."""
        return Gateway(
            self.session.dynamodb(),
            self.environment.physical_name,
            emulated=self.session.emulated,
            sleep=self.clock.sleep,
            key_manager=lambda key: self.key_managers.manager(key),  # noqa: PLW0108 - no client before a question
            autoscaled=self._autoscaled,
        )

    @cached_property
    def key_managers(self) -> KeyManagers:
        """Whose the keys of KMS are."""
        from osem_migrate.aws.key_managers import KeyManagers

        return KeyManagers(cache(self.session.kms))

    @cached_property
    def autoscaling(self) -> Autoscaling:
        """Which capacity an autoscaler owns."""
        from osem_migrate.aws.autoscaling import Autoscaling

        return Autoscaling(cache(self.session.autoscaling))

    @cached_property
    def attachments(self) -> Attachments:
        """What is kept beside a table."""
        from osem_migrate.aws.attachments import Attachments

        return Attachments(self.session.dynamodb())

    @cached_property
    def history(self) -> HistoryTable:
        """The history table."""
        environment = self.environment
        return HistoryTable(self.session.dynamodb(), environment.history_table, environment.application, self.clock)

    @cached_property
    def pass_client(self) -> tuple[DynamoDBClient, Guard]:
        """The client that passes over items send with, and what each request of it is asked by."""
        client = self.session.pass_client()
        return client, Guard(client)

    def pass_table(self, key: PassKey) -> PassTable:
        """The state of a pass, in the history table."""
        environment = self.environment
        return PassTable(
            self.session.dynamodb(),
            environment.history_table,
            environment.application,
            key,
            sleep=self.clock.sleep,
        )

    @cached_property
    def lock(self) -> Lock:
        """The lock in it."""
        from osem_migrate.aws.lock import Lock

        environment = self.environment
        return Lock(
            self.session.dynamodb(),
            environment.history_table,
            environment.application,
            self.clock,
            cache(self.session.heartbeat_client),
        )

    @cached_property
    def identity(self) -> Identity:
        """Who the credentials belong to; one call to STS."""
        return self.session.identity()

    @property
    def place(self) -> Place:
        """Where this is; the account as far as somebody has asked for it, or configured it."""
        place, session = self.environment.place, self.session
        asked: Identity | None = self.__dict__.get("identity")
        account = asked.account if asked is not None else place.account_id
        return replace(
            place,
            region=session.region.name,
            account_id=None if session.local else account,
            endpoint_url=session.endpoint_url,
        )

    @property
    def caller(self) -> Caller:
        """How to call this tool, and the AWS CLI, about this environment."""
        aws = ["--region", self.session.region.name]
        if self.session.endpoint_url is not None:
            aws += ["--endpoint-url", self.session.endpoint_url]
        if self.session.profile is not None:
            aws += ["--profile", self.session.profile]
        return Caller(self.environment.name, self._connection.flags, tuple(aws))

    def _autoscaled(self, live: LiveTable, states: Sequence[Table]) -> frozenset[Dimension]:
        from osem_migrate.planning.drift.autoscaled import capacity_differs, dimensions

        differing = [state for state in states if capacity_differs(live, state)]
        if not differing:
            return frozenset()
        if self.environment.is_autoscaled(live.name):
            return frozenset().union(*map(dimensions, differing))
        indexes = {index.name for state in differing for index in state.indexes}
        return frozenset() if self.session.local else self.autoscaling.owned(live.physical_name, indexes)

    def check_account(self) -> None:
        """Hold the credentials against the accounts that the configuration names; asks STS only where it names one.

        Raises:
            AccountMismatch: the environment's account is another one.
            NamesClash: this is the account of another environment, whose tables would have the same names.
        """
        if self.session.local:
            return
        for other in self.environment.neighbours:
            in_reach = other.region in {None, self.session.region.name}
            if in_reach and other.account_id is not None and self.identity.account == other.account_id:
                where = f"these credentials are of account {other.account_id}, where environment {other.name!r} is"
                raise clash(where, self.environment.name, other)
        expected = self.environment.settings.account_id
        if expected is None or self.identity.account == expected:
            return
        raise AccountMismatch(
            f"environment {self.environment.name!r} is in account {expected}, "
            f"but these credentials ({self.identity.arn}) are of account {self.identity.account}",
            expected=expected,
            found=self.identity.account,
        )

    def actor(self) -> Actor:
        """Valid credentials, before the first write; a local engine knows no identities."""
        from osem_migrate.deployment.actor import Actor, local_identity

        return Actor(local_identity() if self.session.local else self.identity.arn, self.tool_version)

    def observe(self) -> tuple[History, bool]:
        """The history, what is unreadable of it too, and whether the run that it shows as running is alive; reads only.

        A run may end while one watches for its heartbeat; then what it wrote last is read again.
        """
        history = self.history.look()
        holder = history.holder
        if holder is None or not any(record.is_attended for record in history.records.values()):
            return history, False
        if self.lock.is_alive(holder):
            return history, True
        history = self.history.look()
        return history, history.holder is not None and history.holder.owner != holder.owner
