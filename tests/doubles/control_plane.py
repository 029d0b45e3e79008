"""The simulator behind a client of boto3's, in virtual time: what was sent, and what goes wrong, each in a word."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.doubles.simulated_aws import SimulatedAws, client_answered_by
from tests.simulator import Durations, Fail, Fault, Hook, Limiter, Simulator, exactly
from tests.simulator.clock import VirtualClock

REGION = "eu-west-1"
ALLOCATING, BUILDING = 40.0, 520.0
DURATIONS = Durations(
    create_table=exactly(5),
    create_table_with_indexes=exactly(5),
    delete_table=exactly(5),
    index_allocation=exactly(ALLOCATING),
    index_build=exactly(BUILDING),
    index_delete=exactly(5),
    backups_available=exactly(2),
)


@dataclass(frozen=True, slots=True)
class ShownTable:
    """One table as AWS shows it, without a call."""

    simulator: Simulator
    name: str

    @property
    def description(self) -> dict[str, Any]:
        """Of DescribeTable."""
        described: dict[str, Any] = self._show("DescribeTable", "Table")
        return described

    @property
    def indexes(self) -> list[dict[str, Any]]:
        """The global ones of it."""
        indexes: list[dict[str, Any]] = self.description.get("GlobalSecondaryIndexes", [])
        return indexes

    @property
    def time_to_live(self) -> dict[str, Any]:
        """Of DescribeTimeToLive."""
        described: dict[str, Any] = self._show("DescribeTimeToLive", "TimeToLiveDescription")
        return described

    @property
    def recovery(self) -> dict[str, Any]:
        """Of DescribeContinuousBackups."""
        described = self._show("DescribeContinuousBackups", "ContinuousBackupsDescription")
        recovery: dict[str, Any] = described["PointInTimeRecoveryDescription"]
        return recovery

    @property
    def tags(self) -> dict[str, str]:
        """Of ListTagsOfResource."""
        arn = self.description["TableArn"]
        return {tag["Key"]: tag["Value"] for tag in self._show("ListTagsOfResource", "Tags", ResourceArn=arn)}

    def _show(self, action: str, member: str, **parameters: Any) -> Any:
        return self.simulator._apply(action, parameters or {"TableName": self.name})[member]


class ControlPlane:
    """The tables of one account, where how often one asks is no matter.

    Attributes:
        simulator: the account.
        calls: every call that was sent, as operation and parameters, refused ones too.
        client: boto3's.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        limiter = Limiter(clock.now, mutations=None)
        limiter.read = lambda *_: None  # type: ignore[method-assign]
        self.simulator = Simulator(clock=clock, durations=DURATIONS, limiter=limiter, region=REGION, sleep=clock.sleep)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.client = client_answered_by(SimulatedAws(clock, self.simulator).answer, REGION)
        self.client.meta.events.register("request-created.dynamodb", self._note)

    @property
    def tables(self) -> dict[str, ShownTable]:
        """What there is, by physical name."""
        self.simulator.account.settle()
        return {name: ShownTable(self.simulator, name) for name in self.simulator.account.tables}

    def by_hand(self, action: str, parameters: dict[str, Any]) -> None:
        """A call of somebody else's, which is not among ours."""
        self.simulator.call(action, parameters)

    def refuse(self, operation: str, code: str, message: str = "", *, times: int = 1, status: int = 400) -> None:
        """Refuse the next calls of an operation before anything happens."""
        self._plan(operation, Fail(code, message, status), times)

    def fail(self, operation: str, exception: BaseException, *, times: int = 1) -> None:
        """Let the SDK, or the user's Ctrl-C, end the next calls before anything happens."""
        self._plan(operation, Hook(before=lambda _: _raise(exception)), times)

    def lose_response(self, operation: str, answer: BaseException) -> None:
        """Carry the next call out, but answer like this: what an SDK's own retry, or its patience's end, shows."""
        self._plan(operation, Hook(after=lambda _: _raise(answer)))

    def meanwhile(self, operation: str, act: Callable[[], object]) -> None:
        """Let somebody else act just before the next call arrives."""
        self._plan(operation, Hook(before=lambda _: act()))

    def building(self, seconds: float) -> None:
        """Let index builds take that long from now on."""
        self.simulator.account.durations = replace(DURATIONS, index_build=exactly(seconds))

    def mutations(self) -> list[str]:
        """Every call that was no question, in order."""
        return [name for name, _ in self.calls if not name.startswith(("Describe", "List"))]

    def settle(self, seconds: float = 3600.0) -> None:
        """Let time pass."""
        self.clock.advance(seconds)

    def _plan(self, operation: str, fault: Fault, times: int = 1) -> None:
        self.simulator.faults.plan(fault, action=operation, times=times)

    def _note(self, request: Any, operation_name: str, **_: Any) -> None:
        self.calls.append((operation_name, json.loads(request.data)))


def _raise(exception: BaseException) -> None:
    raise exception
