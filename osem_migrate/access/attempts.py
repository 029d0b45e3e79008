"""One operation of a repository: its requests, tried again while that helps, and the line that it leaves in the log."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import random
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from osem_migrate.access.given import check, wrong
from osem_migrate.clock import SYSTEM_CLOCK, Clock
from osem_migrate.errors import (
    AnswerUnreadable,
    AwsError,
    ConditionFailed,
    EndpointUnreachable,
    OsemMigrateError,
    ServiceFailed,
    Throttled,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from osem_migrate.access.session import LazySession

LOGGER = logging.getLogger("osem_migrate.access.repository")

_DOUBLINGS = 64
_NOT_SENT = frozenset({"ConnectTimeoutError", "EndpointConnectionError"})
_IN_VAIN = frozenset({"ProxyConnectionError", "SSLError"})
_CONDITION = "ConditionalCheckFailedException"

_METHODS = {
    "BatchGetItem": "batch_get_item",
    "BatchWriteItem": "batch_write_item",
    "DeleteItem": "delete_item",
    "GetItem": "get_item",
    "PutItem": "put_item",
    "Query": "query",
    "UpdateItem": "update_item",
}

_CORRELATION: ContextVar[str | None] = ContextVar("osem_migrate_correlation", default=None)


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Give the operations inside this id in the log, such as that of the request they serve; each has its own else."""
    token = _CORRELATION.set(correlation_id)
    try:
        yield
    finally:
        _CORRELATION.reset(token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a request is tried, and how long the pauses are: exponential, with full jitter.

    Attributes:
        attempts: requests, the first included.
        base: seconds, of which the longest first pause consists; each further one may be twice as long.
        cap: seconds that no pause exceeds.
        random: a number from 0 to 1, for each pause.
        clock: measures and sleeps.

    Raises:
        ArgumentInvalid: one is of another type, or less than there can be.
    """

    attempts: int = 8
    base: float = 0.05
    cap: float = 5.0
    random: Callable[[], float] = random
    clock: Clock = SYSTEM_CLOCK

    def __post_init__(self) -> None:
        """Raise ArgumentInvalid for what is no number of requests or of seconds."""
        check(
            *("Retries", (int, self.attempts, "attempts"), (float, self.base, "base"), (float, self.cap, "cap")),
            (Callable[[], float], self.random, "random"),
            (Clock, self.clock, "clock"),
        )
        if self.attempts < 1:
            raise wrong("Retries", f"attempts takes 1 or more, not {self.attempts}", "attempts")
        for name, seconds in (("base", self.base), ("cap", self.cap)):
            if not 0 <= seconds < math.inf:
                raise wrong("Retries", f"{name} takes seconds from 0 on, not {seconds}", name)

    def pause(self, attempt: int) -> float:
        """Seconds to wait after that many requests."""
        # Not the power of a number that grows for ever: 2.0 ** 1024 is more than a float holds.
        return min(self.cap, self.base * 2.0 ** min(attempt - 1, _DOUBLINGS)) * self.random()


@dataclass(slots=True, kw_only=True)
class Operation:
    """One operation while it runs.

    Attributes:
        name: ``put``, ``query`` and so on.
        entity: whose items.
        table: the physical name.
        session: makes the calls.
        retries: how often, and how fast.
        correlation_id: in every line of the log.
        requests: made so far.
        units: of capacity, consumed so far.
        lost: whether a request may have been applied although no answer, or none of use, came back.
    """

    name: str
    entity: str
    table: str
    session: LazySession
    retries: Retries
    correlation_id: str = field(default_factory=lambda: _CORRELATION.get() or uuid4().hex)
    requests: int = 0
    units: float = 0.0
    lost: bool = False

    def call(self, action: str, **request: Any) -> dict[str, Any]:
        """The answer to a request, which is sent again after throttling, internal errors and lost connections.

        Args:
            action: such as PutItem.
            request: its parameters.

        Raises:
            AwsError: it was refused for good, or as often as may be.
        """
        attempt = 1
        while True:
            self.requests += 1
            try:
                with self.session.calling(f"dynamodb:{action}", self.table):
                    answer: dict[str, Any] = getattr(self.session.client, _METHODS[action])(**request)
            except AwsError as error:
                if attempt >= self.retries.attempts or not is_transient(error):
                    raise
                self.lost = self.lost or may_be_applied(error)
                self.wait(attempt, error.code)
            else:
                self._count(answer.get("ConsumedCapacity"))
                return answer
            attempt += 1

    def wait(self, attempt: int, why: str) -> None:
        """Pause before the next request."""
        seconds = self.retries.pause(attempt)
        LOGGER.warning(
            "%s %s in %s: %s at request %d; next in %.3f s [%s]",
            *(self.name, self.entity, self.table, why, self.requests, seconds, self.correlation_id),
            extra={**self._facts(why), "pause": seconds},
        )
        self.retries.clock.sleep(seconds)

    @contextmanager
    def logged(self) -> Iterator[Operation]:
        """Leave one line in the log, at INFO, when what is inside ends; never what an item or a key holds."""
        started, outcome = self.retries.clock.monotonic(), "ok"
        try:
            yield self
        except OsemMigrateError as error:
            outcome = error.code
            raise
        except BaseException as other:
            outcome = type(other).__name__
            raise
        finally:
            if LOGGER.isEnabledFor(logging.INFO):
                duration = (self.retries.clock.monotonic() - started) * 1000
                LOGGER.info(
                    "%s %s in %s: %s after %.1f ms, units: %g, requests: %d [%s]",
                    *(self.name, self.entity, self.table, outcome, duration, self.units, self.requests),
                    self.correlation_id,
                    extra={**self._facts(outcome), "duration_ms": duration},
                )

    def _facts(self, outcome: str) -> dict[str, object]:
        return {
            "operation": self.name,
            "entity": self.entity,
            "table": self.table,
            "outcome": outcome,
            "units": self.units,
            "requests": self.requests,
            "correlation_id": self.correlation_id,
        }

    def _count(self, consumed: Mapping[str, Any] | list[Mapping[str, Any]] | None) -> None:
        for part in consumed if isinstance(consumed, list) else [consumed or {}]:
            self.units += part.get("CapacityUnits", 0.0)


def is_transient(error: AwsError) -> bool:
    """Whether the same request may be granted a little later."""
    if isinstance(error, EndpointUnreachable):
        return error.details.get("sdk_error") not in _IN_VAIN
    if isinstance(error, ConditionFailed):
        return not is_unmet(error)
    return isinstance(error, Throttled | ServiceFailed | AnswerUnreadable)


def is_unmet(error: ConditionFailed) -> bool:
    """Whether the item is not as expected; else another write to it was under way, and nothing is known of it."""
    return error.details.get("aws_code") == _CONDITION


def may_be_applied(error: AwsError) -> bool:
    """Whether a request that ended so may have taken effect all the same."""
    if isinstance(error, EndpointUnreachable):
        return error.details.get("sdk_error") not in _NOT_SENT
    return isinstance(error, ServiceFailed | AnswerUnreadable)
