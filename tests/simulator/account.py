"""Account: the tables of one region, their timeline, and how long things take there."""

import uuid
from collections.abc import Mapping
from typing import Any

from tests.simulator.clock import SimulatedClock
from tests.simulator.conflicts import Holds
from tests.simulator.durations import Durations
from tests.simulator.errors import constraint, in_use, table_missing
from tests.simulator.limits import Limiter
from tests.simulator.tables import Table
from tests.simulator.throttles import Throttles
from tests.simulator.timeline import Change, Timeline


class Account:
    """Everything that changes: ``tables`` by name, and ``tokens`` of transactions with what each asked for, and when.

    What stands beside the tables: ``scalable`` has what an autoscaler owns, ``("table/osem-dev-Teams",
    "table:ReadCapacityUnits")``; ``insights`` the tables and indexes (``osem-dev-Teams/by-x``) with contributor
    insights; ``streaming`` the tables that stream to Kinesis; ``policies`` the resource policies by table; ``holds``
    the items that transactions under way hold.

    Args:
        clock: the simulated time.
        durations: how long things take.
        limiter: how often AWS takes a call.
        throttles: how many units the tables take.
        region: such as ``us-east-1``.
        account_id: twelve digits.
    """

    def __init__(
        self,
        clock: SimulatedClock,
        durations: Durations,
        limiter: Limiter,
        throttles: Throttles,
        *,
        region: str,
        account_id: str,
    ) -> None:
        self.durations = durations
        self.limiter = limiter
        self.throttles = throttles
        self.region = region
        self.account_id = account_id
        self.tables: dict[str, Table] = {}
        self.tokens: dict[str, tuple[str, float]] = {}
        self.scalable: set[tuple[str, str]] = set()
        self.insights: set[str] = set()
        self.streaming: set[str] = set()
        self.policies: dict[str, str] = {}
        self.holds = Holds()
        self._clock = clock
        self._timeline = Timeline(clock.now())
        self._incarnations = 0

    @property
    def now(self) -> float:
        """Simulated Unix seconds."""
        return self._timeline.now

    def settle(self) -> None:
        """Let everything happen that is due by now."""
        self._timeline.run(self._clock.now())

    def after(self, kind: str, names: tuple[str, ...], happen: Change) -> float:
        """Let ``happen`` happen as long from now as ``kind`` takes for these names; gives that duration."""
        seconds = self.durations.draw(kind, *names)
        self._timeline.after(seconds, happen)
        return seconds

    def at(self, due: float, happen: Change) -> None:
        """Let ``happen`` happen at that simulated Unix time."""
        self._timeline.at(due, happen)

    def arn(self, table: str) -> str:
        """The ARN of a table of that name; the same for every incarnation (Q-013)."""
        return f"arn:aws:dynamodb:{self.region}:{self.account_id}:table/{table}"

    def new_table_id(self, name: str) -> str:
        """A TableId; another one for each incarnation."""
        self._incarnations += 1
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.arn(name)}#{self._incarnations}"))

    def key_arn(self, key: str) -> str:
        """The ARN of a KMS key given by ARN, alias or id."""
        if key.startswith("arn:"):
            return key
        key_id = str(uuid.uuid5(uuid.NAMESPACE_URL, key)) if key.startswith("alias/") else key
        return f"arn:aws:kms:{self.region}:{self.account_id}:key/{key_id}"

    def find(self, parameters: Mapping[str, Any]) -> Table:
        """The table that TableName names, by name or ARN (Q-011).

        Raises:
            SimulatedError: ResourceNotFoundException.
        """
        name = table_name(parameters)
        if name not in self.tables:
            raise table_missing(name)
        return self.tables[name]

    def find_idle(self, parameters: Mapping[str, Any]) -> Table:
        """The same for a call that changes it: neither CREATING nor DELETING (Q-001, Q-006)."""
        table = self.find(parameters)
        if table.lifecycle == "CREATING":
            raise in_use(f"Table is being created: {table.name}")
        if table.lifecycle == "DELETING":
            raise in_use(f"Table is being deleted: {table.name}")
        return table

    def forgotten(self, table: Table) -> bool:
        """Whether the calls beside DescribeTable have forgotten a table that is DELETING (Q-118)."""
        memory = self.durations.draw("side_memory", table.name)
        return table.deleted_at is not None and self.now - table.deleted_at >= memory


def table_name(parameters: Mapping[str, Any]) -> str:
    """The name in TableName, which may be an ARN; ValidationException when it is not there."""
    name = parameters.get("TableName")
    if not isinstance(name, str) or not name:
        raise constraint(name, "tableName", "not be null" if name is None else "have length greater than or equal to 1")
    return name.rpartition(":table/")[2]
