"""Faults on demand: what goes wrong, at which call, and how often."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from tests.simulator.calls import Call

EXPIRED = "The security token included in the request is expired"


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection is cut before the call is applied."""


@dataclass(frozen=True, slots=True)
class LoseResponse:
    """The call is applied, and then the connection is cut."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The call is refused, and not applied."""

    code: str
    message: str = ""
    status: int = 400


@dataclass(frozen=True, slots=True)
class Hang:
    """The call is applied and answered as ever, but only after that many real seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Expire:
    """From this call on the token is expired, for the access key that made the call; another key is fine."""


@dataclass(frozen=True, slots=True)
class Deny:
    """From this call on the caller's policy allows none of ``actions``; none named means the call's own."""

    actions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hook:
    """Something of the test's own, in the server's thread, before or after the call is applied: a kill -9, say.

    A call that was under way is applied even if its client is killed before; plan a Drop for the same call where not.
    ``during`` is for TransactWriteItems: it runs while the transaction holds its items and nobody holds the simulator,
    so that whatever writes or reads them meanwhile, there or in another thread, meets a conflict.
    """

    before: Callable[[Call], object] | None = None
    during: Callable[[Call], object] | None = None
    after: Callable[[Call], object] | None = None


Fault = Drop | LoseResponse | Fail | Hang | Expire | Deny | Hook

INTERNAL = Fail("InternalServerError", "Internal server error", 500)
THROTTLED = Fail("ThrottlingException", "Rate exceeded")


@dataclass(slots=True)
class Planned:
    """A fault and its calls: those that fit all that is given, from the ``nth`` of them on, ``times`` times."""

    fault: Fault
    number: int | None
    actions: frozenset[str]
    table: str | None
    where: Callable[[Call], bool]
    nth: int
    times: int | None
    seen: int = 0
    struck: list[int] = field(default_factory=list)

    def strikes(self, call: Call) -> bool:
        """Whether it is this call's turn; asked once for each call."""
        if self.number not in (None, call.number) or (self.actions and call.action not in self.actions):
            return False
        if self.table not in (None, call.table) or not self.where(call):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times is not None and len(self.struck) >= self.times):
            return False
        self.struck.append(call.number)
        return True


class Faults:
    """The faults that are planned; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[Planned] = []
        self._expired: set[str] = set()
        self._denied: set[str] = set()

    def plan(
        self,
        fault: Fault,
        *,
        number: int | None = None,
        action: str | Collection[str] = (),
        table: str | None = None,
        where: Callable[[Call], bool] = lambda _: True,
        nth: int = 1,
        times: int | None = 1,
    ) -> Planned:
        """Let ``fault`` happen; the answer tells which calls it ``struck``.

        Args:
            fault: what goes wrong.
            number: only at the call of that number.
            action: only at calls of that name, or of one of those names.
            table: only at calls that name that table.
            where: only at calls for which this holds.
            nth: only from the nth of these calls on.
            times: how often; None is for ever.
        """
        actions = frozenset({action} if isinstance(action, str) else action)
        planned = Planned(fault, number, actions, table, where, nth, times)
        with self._lock:
            self._planned.append(planned)
        return planned

    def deny(self, *actions: str) -> None:
        """Deny these actions from now on."""
        with self._lock:
            self._denied |= set(actions)

    def expire(self, access_key: str) -> None:
        """Let the token of that access key be expired from now on."""
        with self._lock:
            self._expired.add(access_key)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._planned.clear()
            self._expired.clear()
            self._denied.clear()

    def at(self, call: Call, access_key: str) -> list[Fault]:
        """The faults of a call that has arrived; expiry and denial take effect here."""
        with self._lock:
            faults = [planned.fault for planned in self._planned if planned.strikes(call)]
            for fault in faults:
                if isinstance(fault, Expire):
                    self._expired.add(access_key)
                elif isinstance(fault, Deny):
                    self._denied |= fault.actions or {call.action}
            return faults

    def is_expired(self, access_key: str) -> bool:
        """Whether that key's token is expired."""
        with self._lock:
            return access_key in self._expired

    def is_denied(self, action: str) -> bool:
        """Whether the policy denies that action."""
        with self._lock:
            return action in self._denied
