"""Simulator: AWS in this process, one call at a time, without a network."""

import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tests.simulator.account import Account
from tests.simulator.actions import ACTIONS
from tests.simulator.calls import CUT_AFTER, CUT_BEFORE, OK, Call, table_of
from tests.simulator.clock import ScaledClock, SimulatedClock
from tests.simulator.durations import Durations
from tests.simulator.errors import BROKEN, UNKNOWN, ConnectionCut, SimulatedError, unknown
from tests.simulator.faults import EXPIRED, Drop, Fail, Fault, Faults, Hang, Hook, LoseResponse
from tests.simulator.limits import Limiter
from tests.simulator.permissions import denied, identity, leading_key, needed, resource
from tests.simulator.throttles import Throttles
from tests.simulator.transactions import UnderWay

if TYPE_CHECKING:
    from tests.simulator.policy import Policy

Parameters = Mapping[str, Any]
T = TypeVar("T")

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
ACCESS_KEY = "AKIASIMULATED"
IDENTITY = "GetCallerIdentity"


class Simulator:
    """One account in one region.

    Args:
        clock: the simulated time.
        durations: how long things take.
        limiter: how often calls are taken; AWS's own rates in simulated time by default.
        throttles: how many units tables, indexes and partitions take; AWS's own rates by default.
        region: the region of its ARNs.
        account_id: the account of its ARNs.
        sleep: how a fault hangs, for real seconds.

    Attributes:
        account: the state of everything, for tests that look behind the curtain; ``describe`` is the lawful way.
        calls: the log, in the order of arrival.
        faults: what goes wrong, and when.
        policies: what each access key may do; everything, where it has none.
        unknown: what was asked for that the simulator does not know, and its own defects; a test asserts it is empty.
    """

    def __init__(
        self,
        *,
        clock: SimulatedClock | None = None,
        durations: Durations | None = None,
        limiter: Limiter | None = None,
        throttles: Throttles | None = None,
        region: str = REGION,
        account_id: str = ACCOUNT_ID,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.clock = clock or ScaledClock()
        self.account = Account(
            self.clock,
            durations or Durations(),
            limiter or Limiter(self.clock.now),
            throttles or Throttles(self.clock.now),
            region=region,
            account_id=account_id,
        )
        self.calls: list[Call] = []
        self.faults = Faults()
        self.policies: dict[str, Policy] = {}
        self.unknown: list[str] = []
        self._sleep = sleep
        self._lock = threading.Lock()

    @property
    def durations(self) -> Durations:
        """How long things take; ``draw`` tells it of one thing."""
        return self.account.durations

    def call(
        self, action: str, parameters: Parameters, *, access_key: str = ACCESS_KEY, connection: object = None
    ) -> dict[str, Any]:
        """One call of DynamoDB, or GetCallerIdentity of STS.

        Args:
            action: such as ``UpdateTable``.
            parameters: in DynamoDB's JSON.
            access_key: who asks; a token expires for one key alone.
            connection: by which AWS limits some reads; None is never limited.

        Raises:
            SimulatedError: a refusal.
            ConnectionCut: a fault takes the answer.
        """
        with self._lock:
            members = tuple(sorted(parameters))
            call = Call(len(self.calls) + 1, action, table_of(parameters), members, self.clock.now())
            call.access_key = access_key
            self.calls.append(call)
        try:
            answer = self._call(call, parameters, access_key, connection)
        except SimulatedError as refusal:
            call.outcome = refusal.code
            if refusal.code in {UNKNOWN, BROKEN}:
                self.unknown.append(refusal.message)
            raise
        except ConnectionCut as cut:
            call.outcome = CUT_AFTER if cut.applied else CUT_BEFORE
            raise
        call.outcome = OK
        return answer

    def table(self, name: str) -> dict[str, Any] | None:
        """The Table that DescribeTable would show, without a call in the log; None if there is none."""
        try:
            found: dict[str, Any] = self._apply("DescribeTable", {"TableName": name})["Table"]
        except SimulatedError:
            return None
        return found

    @contextmanager
    def transaction_on(self, table: str, *keys: Parameters) -> Iterator[None]:
        """A transaction of somebody else's that is under way on these items for as long as the block runs."""
        with self.account.holds.holding(*((self.account.tables[table], key) for key in keys)):
            yield

    def _call(self, call: Call, parameters: Parameters, access_key: str, connection: object) -> dict[str, Any]:
        faults = self.faults.at(call, access_key)
        self._before(call, faults)
        if self.faults.is_expired(access_key):
            code = "ExpiredToken" if call.action == IDENTITY else "ExpiredTokenException"
            raise SimulatedError(code, EXPIRED, 403 if call.action == IDENTITY else 400)
        for action, table, part in needed(call, parameters):
            if self.faults.is_denied(action) or not self._permits(access_key, action, table, part):
                raise denied(self.account, action, table)
        with self._lock:
            self.account.limiter.read(call.action, connection)
        try:
            answer = self._apply(call.action, parameters, lambda: self._during(call, faults))
        except SimulatedError:
            self._after(call, faults, applied=False)
            raise
        self._after(call, faults, applied=True)
        return answer

    def _permits(self, access_key: str, action: str, table: str | None, parameters: Parameters) -> bool:
        policy = self.policies.get(access_key)
        if action == "DescribeKey":
            return policy is None or policy.allows("kms:DescribeKey", self.account.key_arn("any"))
        where, key = resource(self.account, table), leading_key(self.account, table, parameters)
        return policy is None or policy.allows(f"dynamodb:{action}", where, key)

    def _before(self, call: Call, faults: list[Fault]) -> None:
        for fault in faults:
            if isinstance(fault, Hook) and fault.before is not None:
                fault.before(call)
            elif isinstance(fault, Hang):
                self._sleep(fault.seconds)
        for fault in faults:
            if isinstance(fault, Drop):
                raise ConnectionCut(applied=False)
            if isinstance(fault, Fail):
                raise SimulatedError(fault.code, fault.message, fault.status)

    def _during(self, call: Call, faults: list[Fault]) -> None:
        for fault in faults:
            if isinstance(fault, Hook) and fault.during is not None:
                fault.during(call)

    def _after(self, call: Call, faults: list[Fault], *, applied: bool) -> None:
        for fault in faults:
            if isinstance(fault, Hook) and fault.after is not None:
                fault.after(call)
        if any(isinstance(fault, LoseResponse) for fault in faults):
            raise ConnectionCut(applied=applied)

    def _apply(self, action: str, parameters: Parameters, during: Callable[[], None] = lambda: None) -> dict[str, Any]:
        """Carry a call out: all at once, but for a transaction, which others can meet while it is under way."""
        if action == IDENTITY:
            return dict(identity(self.account))
        if action not in ACTIONS:
            raise unknown(f"the call {action}")
        ACTIONS[action].check(action, parameters)
        answer = self._settled(action, lambda: ACTIONS[action].handler(self.account, parameters))
        if not isinstance(answer, UnderWay):
            return answer
        try:
            during()
        finally:
            committed = self._settled(action, answer.commit)
        return committed

    def _settled(self, action: str, work: Callable[[], T]) -> T:
        """What ``work`` gives, while nothing else happens and everything has that was due."""
        with self._lock:
            self.account.settle()
            try:
                return work()
            except SimulatedError:
                raise
            except Exception as defect:
                raise SimulatedError(BROKEN, f"{action}: {traceback.format_exc()}", 400) from defect
