"""The session of an application: opened on first use, once, by whichever thread comes first; every call is logged."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from typing import TYPE_CHECKING

from osem_migrate.advice import AGAIN, command
from osem_migrate.errors import (
    AwsError,
    ConditionFailed,
    RequestInvalid,
    ResourceInUse,
    ResourceNotFound,
    Throttled,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from mypy_boto3_dynamodb import DynamoDBClient, DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table

    from osem_migrate.aws.session import ApiCall, Session

LOGGER = logging.getLogger("osem_migrate.access")
LOGGER.addHandler(logging.NullHandler())

ATTEMPTS = 4
"""Requests that a call may take, the first included; the pauses between them add up to a few seconds."""

_REMEDIES: Mapping[type[AwsError], str] = {
    ConditionFailed: "Read the item again, then decide whether it is still to be written.",
    RequestInvalid: "Correct the call as the message says.",
    ResourceInUse: f"Another call works on the same item or table. Wait a moment, then {AGAIN}.",
    ResourceNotFound: "Check the name of the table, the region and the endpoint. "
    f"The tables of an environment are created with: {command('upgrade')}",
    Throttled: f"Wait, then {AGAIN}; or give the table more capacity.",
}
"""What an application does about refusals whose usual remedies are those of somebody who writes migrations."""


class LazySession:
    """What connects to DynamoDB when it is first asked for, and is kept then; safe to share between threads.

    A process that is forked opens connections of its own: two that write into one mix up their answers. So does a copy,
    or one that was pickled, which has what was chosen and nothing of what was opened.

    Args:
        region: goes before AWS_REGION, AWS_DEFAULT_REGION and the profile's; us-east-1 where none is set.
        endpoint_url: instead of AWS's own; goes before AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL.
        profile: of the AWS files; goes before AWS_PROFILE.
        attempts: requests that a call may take, the first included; at least 1.
    """

    def __init__(
        self,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        profile: str | None = None,
        attempts: int = ATTEMPTS,
    ) -> None:
        self.__setstate__(((region, endpoint_url, profile), attempts))

    def __getstate__(self) -> tuple[tuple[str | None, str | None, str | None], int]:
        return self._chosen, self._attempts

    def __setstate__(self, chosen: tuple[tuple[str | None, str | None, str | None], int]) -> None:
        self._chosen, self._attempts = chosen
        self.forget()
        _ALL.add(self)

    def forget(self) -> None:
        """Leave what is open to whoever else has it; the next use opens anew."""
        self._lock = threading.RLock()
        self._session: Session | None = None
        self._client: DynamoDBClient | None = None
        self._resource: DynamoDBServiceResource | None = None
        self._of_thread = threading.local()

    @property
    def client(self) -> DynamoDBClient:
        """boto3's client, the same for all threads.

        Raises:
            AwsError: region, profile, endpoint or credentials are none (CredentialsMissing and others).
        """
        client = self._client
        if client is None:
            with self._lock:
                client = self._client = self._client or self.opened().item_client()
        return client

    @property
    def resource(self) -> DynamoDBServiceResource:
        """boto3's resource, which is no more for several threads than what it makes. Raises as ``client`` does."""
        with self._lock:
            if self._resource is None:
                self._resource = self.opened().item_resource()
            return self._resource

    def table(self, name: str) -> Table:
        """boto3's table of that name, which belongs to this thread. Raises as ``client`` does."""
        tables: dict[str, Table] = self._of_thread.__dict__
        if name not in tables:
            with self._lock:  # boto3 makes a class for each, out of what the resource holds
                tables[name] = self.resource.Table(name)
        return tables[name]

    @property
    def address(self) -> str:
        """Where the calls go, for people: the endpoint without its password, or the region. Raises as ``client``."""
        return self.opened().address

    def close(self) -> None:
        """Close the connections that are open; what was made of them is not to be used again."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            if self._resource is not None:
                self._resource.meta.client.close()
            self._session = self._client = self._resource = None
            self._of_thread = threading.local()

    def calling(self, action: str, table: str | None = None) -> Calling:
        """What boto3 raises inside becomes an AwsError with a remedy for applications.

        Args:
            action: the IAM action, such as ``dynamodb:PutItem``.
            table: the physical name of the table it is about.
        """
        return Calling(self, action, table)

    def opened(self) -> Session:
        """What the calls are made with. Raises as ``client`` does."""
        session = self._session
        return session if session is not None else self._open()

    def _open(self) -> Session:
        from osem_migrate.aws.session import CallLimits, Session  # noqa: PLC0415 - boto3 is loaded when it is needed

        with self._lock:
            if self._session is None:
                region, endpoint_url, profile = self._chosen
                limits = CallLimits(attempts=self._attempts)
                session = Session.open(region=region, endpoint_url=endpoint_url, profile=profile, limits=limits)
                session.on_call(_log)
                self._session = session
            return self._session


class Calling:
    """The context of one call; a class, because every call of an application enters one."""

    __slots__ = ("_action", "_lazy", "_session", "_table")

    def __init__(self, lazy: LazySession, action: str, table: str | None) -> None:
        self._lazy = lazy
        self._action = action
        self._table = table

    def __enter__(self) -> None:
        try:
            self._session = self._lazy.opened()
        except AwsError as error:
            _advise(error)
            raise

    def __exit__(
        self, _kind: type[BaseException] | None, raised: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if raised is None:
            return
        if isinstance(raised, AwsError):
            _advise(raised)
            return
        error = self._session.refusal(raised, self._action, self._table)
        if error is not None:
            _advise(error)
            raise error from raised


def _advise(error: AwsError) -> None:
    if error.advice == error.remedy:
        error.advice = _REMEDIES.get(type(error), error.advice)


_ALL: weakref.WeakSet[LazySession] = weakref.WeakSet()


def _forget_all() -> None:
    for session in list(_ALL):
        session.forget()


os.register_at_fork(after_in_child=_forget_all)


def _log(call: ApiCall) -> None:
    """One line a call: at DEBUG, and at INFO where it took more than one request or was refused."""
    level = logging.DEBUG if call.outcome == "ok" and call.attempts == 1 else logging.INFO
    if LOGGER.isEnabledFor(level):
        LOGGER.log(
            level,
            "%s on %s: %s after %.1f ms, %d request%s",
            call.action,
            call.table,
            call.outcome,
            call.duration * 1000,
            call.attempts,
            "" if call.attempts == 1 else "s",
        )
