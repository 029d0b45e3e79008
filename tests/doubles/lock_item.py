"""The one item of a lock on the simulator, and what happens between a look at it and a write."""

import json
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from osem_migrate.aws import history_items
from tests.doubles.project import HISTORY
from tests.doubles.simulated_aws import SimulatedAws, client_answered_by
from tests.simulator import Durations, Fail, Hook, Simulator, exactly
from tests.simulator.clock import VirtualClock

KEY = history_items.serialize({"scope": "osem", "item": "lock"})


class LockItem:
    """GetItem and UpdateItem on one item.

    Attributes:
        updates: how many writes have been tried.
        repeat_updates: how many writes are sent twice, as the SDK does when a response is lost; the second answer
            counts.
        before_update: called before each write reaches the item; ``before_read`` before each read.
        client: boto3's.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.updates = 0
        self.repeat_updates = 0
        self.before_update: Callable[[], object] = lambda: None
        self.before_read: Callable[[], object] = lambda: None
        self._simulator = Simulator(clock=clock, durations=Durations(create_table=exactly(0)))
        self._answer = SimulatedAws(clock, self._simulator).answer
        self.client = client_answered_by(self._send)
        keys = {"HASH": "scope", "RANGE": "item"}
        self._by_hand(
            "CreateTable",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys.values()],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for kind, name in keys.items()],
            BillingMode="PAY_PER_REQUEST",
        )

    @property
    def values(self) -> dict[str, Any]:
        """The item in plain values."""
        return history_items.deserialize(self._item)

    def put(self, item: dict[str, Any]) -> None:
        """Replace it."""
        self._by_hand("PutItem", Item={**KEY, **item})

    def set(self, **values: object) -> None:
        """Change some attributes."""
        self.put({**self._item, **history_items.serialize(values)})

    def refuse(self, code: str) -> None:
        """Refuse the next write with a code."""
        self._simulator.faults.plan(Fail(code, "Transaction is ongoing for the item"), action="UpdateItem")

    def fail(self, exception: Exception) -> None:
        """Let the network end the next write."""

        def end(_call: object) -> None:
            raise exception

        self._simulator.faults.plan(Hook(before=end), action="UpdateItem")

    def assert_owner(self, owner: str) -> None:
        """That one holds the lock."""
        assert self.values.get("owner") == owner

    @property
    def _item(self) -> dict[str, Any]:
        found: dict[str, Any] = self._by_hand("GetItem", Key=KEY, ConsistentRead=True).get("Item", {})
        return found

    def _by_hand(self, action: str, **parameters: Any) -> dict[str, Any]:
        return self._simulator._apply(action, {"TableName": HISTORY, **parameters})

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        target: Any = request.headers["X-Amz-Target"]
        reads = target.endswith(b".GetItem")
        return self._read(request) if reads else self._write(request)

    def _read(self, request: AWSPreparedRequest) -> AWSResponse:
        body: Any = request.body
        assert json.loads(body)["ConsistentRead"] is True
        self.before_read()
        return self._answer(request)

    def _write(self, request: AWSPreparedRequest) -> AWSResponse:
        for again in (True, False):
            self.updates += 1
            self.before_update()
            answer = self._answer(request)
            if not (again and self.repeat_updates):
                break
            self.repeat_updates -= 1
        return answer
