"""Every call to AWS as a value: which, on what table, how long it took and how it ended; never what it carried."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from botocore.hooks import BaseEventHooks
    from botocore.model import OperationModel

_NOTE = "osem_migrate_call"
"""Where a call's beginning is noted in botocore's context, which belongs to that call and is not shared."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One finished call.

    Attributes:
        action: the IAM action, ``dynamodb:UpdateTable``.
        table: the physical name of the one table it names, if it names exactly one.
        started_at: UTC.
        duration: seconds, retries and their pauses included.
        attempts: requests made, the first included.
        outcome: ``ok``, the error code of AWS, or the name of the SDK's exception.
        date: the Date header of the answer, as it stood there.
    """

    action: str
    table: str | None
    started_at: datetime
    duration: float
    attempts: int
    outcome: str
    date: str | None = None


Listener = Callable[[ApiCall], None]
"""Called in the thread that made the call; what it raises reaches the caller."""


@dataclass(slots=True)
class _Beginning:
    action: str
    table: str | None
    at: datetime
    tick: float
    attempts: int = 0


class CallRecorder:
    """Tells listeners of every call of the clients it watches.

    Args:
        now: the time in UTC.
        monotonic: seconds on a clock that never jumps.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._monotonic = monotonic
        self._listeners: tuple[Listener, ...] = ()

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` of every call that ends from now on."""
        self._listeners = (*self._listeners, listener)

    def watch(self, events: BaseEventHooks) -> None:
        """Record the calls of the client whose ``meta.events`` these are."""
        events.register("before-parameter-build", self._begin)
        events.register("request-created", self._attempt)
        events.register("after-call", self._end)
        events.register("after-call-error", self._end_unanswered)

    def _begin(self, params: Mapping[str, Any], model: OperationModel, context: dict[str, Any], **_: Any) -> None:
        action = f"{model.service_model.signing_name}:{model.name}"
        context[_NOTE] = _Beginning(action, _table_of(params), self._now(), self._monotonic())

    def _attempt(self, request: AWSRequest, **_: Any) -> None:
        beginning: _Beginning | None = request.context.get(_NOTE)
        if beginning is not None:
            beginning.attempts += 1

    def _end(self, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        date = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        self._tell(context, str(parsed.get("Error", {}).get("Code", "ok")), date)

    def _end_unanswered(self, exception: Exception, context: Mapping[str, Any], **_: Any) -> None:
        self._tell(context, type(exception).__name__)

    def _tell(self, context: Mapping[str, Any], outcome: str, date: str | None = None) -> None:
        noted: _Beginning | None = context.get(_NOTE)
        if noted is None:
            return
        duration = self._monotonic() - noted.tick
        call = ApiCall(noted.action, noted.table, noted.at, duration, noted.attempts, outcome, date)
        for listener in self._listeners:
            listener(call)


def _table_of(params: Mapping[str, Any]) -> str | None:
    """The physical name of the only table that ``params`` name, wherever the operation puts it."""
    names = {params["TableName"]} if "TableName" in params else set()
    names |= set(params.get("RequestItems", ()))
    names |= {action.get("TableName") for item in params.get("TransactItems", ()) for action in item.values()}
    arn = str(params.get("ResourceArn", ""))
    if ":table/" in arn:
        names.add(arn.partition(":table/")[2].partition("/")[0])
    return str(names.pop()) if len(names) == 1 else None
