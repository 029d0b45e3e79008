"""Throttles: what a table, an index and each of their partitions can take a second, and the refusal of what is more.

A call is taken while there is anything left, and what it used is deducted afterwards, so that one large call can run
into debt (M; D burst-adaptive-capacity). The reasons are those of D throttling-diagnosing-workflow, the texts those of
the service model (TransactionCanceledException) and of that page.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.simulator.consumption import Consumption
from tests.simulator.errors import SimulatedError
from tests.simulator.hashing import position, share
from tests.simulator.limits import Bucket, Rate
from tests.simulator.tables import PROVISIONED, Capacity, Table
from tests.simulator.values import Item
from tests.simulator.views import View, global_view, table_view

BURST_SECONDS = 300.0
PARTITION = {"Read": 3000, "Write": 1000}
ACCOUNT = {"Read": 40_000, "Write": 40_000}
"""Units a second: of one partition (D bp-partition-key-design), and of one on-demand table (D ServiceQuotas)."""

_TOO_LITTLE = "The level of configured provisioned throughput for "
_SCALING = "is automatically scaling your"


class Limit(StrEnum):
    """What there is too little of; the last part of a throttling reason."""

    PROVISIONED = "ProvisionedThroughputExceeded"
    MAXIMUM = "MaxOnDemandThroughputExceeded"
    PARTITION = "KeyRangeThroughputExceeded"
    ACCOUNT = "AccountLimitExceeded"


@dataclass(frozen=True, slots=True)
class Claim:
    """Units that a call takes from a table or a global index.

    Attributes:
        table: of the account.
        index: the name of a global index; None for the table.
        operation: ``Read`` or ``Write``.
        units: how many.
        at: the place of the partition key; None where no item was come across.
    """

    table: Table
    index: str | None
    operation: str
    units: float
    at: int | None

    @property
    def capacity(self) -> Capacity:
        """Of the table or the index."""
        return self.table.capacity if self.index is None else self.table.indexes[self.index].capacity

    @property
    def arn(self) -> str:
        """Of the table or the index."""
        return self.table.arn if self.index is None else f"{self.table.arn}/index/{self.index}"

    @property
    def partition(self) -> tuple[int, int]:
        """Which partition that is, and of how many: enough for what the table was ever made warm for."""
        read, write = self.capacity.warmth
        partitions = max(1, -(-read // PARTITION["Read"]), -(-write // PARTITION["Write"]))
        return share(self.at or 0, partitions), partitions


class Throttled(SimulatedError):
    """A call that is not taken for want of capacity."""

    def __init__(self, claim: Claim, limit: Limit) -> None:
        provisioned = claim.table.billing == PROVISIONED
        self.reason = ("Table" if claim.index is None else "Index") + claim.operation + limit
        reasons = [{"reason": self.reason, "resource": claim.arn}]
        code = "ProvisionedThroughputExceededException" if provisioned else "ThrottlingException"
        if limit is Limit.ACCOUNT:
            code = "RequestLimitExceeded"
        # The service model spells the member differently in this one exception.
        member = "throttlingReasons" if code == "ThrottlingException" else "ThrottlingReasons"
        super().__init__(code, _text(claim, limit, provisioned=provisioned), details={member: reasons})

    def as_reason(self) -> dict[str, str]:
        """The same as the reason of one action of a transaction (M)."""
        provisioned = self.code == "ProvisionedThroughputExceededException"
        return {"Code": "ProvisionedThroughputExceeded" if provisioned else "ThrottlingError", "Message": self.message}


class Throttles:
    """All buckets of an account.

    Args:
        now: seconds of simulated time.
        burst_seconds: how long unused provisioned capacity is kept; at least one.
        account: units a second of one on-demand table or index, by operation.
    """

    def __init__(
        self,
        now: Callable[[], float],
        *,
        burst_seconds: float = BURST_SECONDS,
        account: Mapping[str, int] = ACCOUNT,
    ) -> None:
        self._now = now
        self._burst = max(1.0, burst_seconds)
        self._account = account
        self._buckets: dict[tuple[object, ...], Bucket] = {}

    def spend(self, claims: Iterable[Claim]) -> None:
        """Take these units, all or none; raises Throttled for the first that there is nothing left of."""
        taken = []
        for claim in claims:
            for limit, rate in self._limits(claim):
                bucket = self._bucket(claim, limit, rate)
                if bucket.is_empty():
                    raise Throttled(claim, limit)
                taken.append((bucket, claim.units))
        for bucket, units in taken:
            bucket.charge(units)

    def _limits(self, claim: Claim) -> Iterable[tuple[Limit, Rate]]:
        capacity, operation = claim.capacity, claim.operation
        provided = capacity.read if operation == "Read" else capacity.write
        if claim.table.billing == PROVISIONED:
            yield Limit.PROVISIONED, Rate(provided * self._burst, provided)
        else:
            maximum = capacity.maxima.get(f"Max{operation}RequestUnits")
            if maximum is not None:
                yield Limit.MAXIMUM, Rate(maximum, maximum)
            yield Limit.ACCOUNT, Rate(self._account[operation], self._account[operation])
        if claim.at is not None:
            yield Limit.PARTITION, Rate(PARTITION[operation], PARTITION[operation])

    def _bucket(self, claim: Claim, limit: Limit, rate: Rate) -> Bucket:
        partition = claim.partition if limit is Limit.PARTITION else None
        name = (claim.table.table_id, claim.index, claim.operation, limit, partition, rate)
        if name not in self._buckets:
            self._buckets[name] = Bucket(rate, self._now)
        return self._buckets[name]


def read_claims(view: View, consumed: Consumption, found: Mapping[str, Any] | None) -> list[Claim]:
    """What a read takes; ``found`` is the first item that it came across, or the key that it asks for."""
    index = view.index.name if view.index is not None else None
    at = None if found is None else position(found[name] for name in view.hash_names)
    return [Claim(view.table, index, "Read", consumed.total, at)]


def write_claims(table: Table, consumed: Consumption, before: Item | None, after: Item | None) -> list[Claim]:
    """What a write takes, of the table and of each global index that it reaches: any of them can hold it up."""
    item = after or before or {}
    claims = [Claim(table, None, "Write", consumed.of_table, _position(table_view(table), item))]
    for name, units in consumed.indexes.items():
        view = global_view(table, table.indexes[name])
        entry = view.entry(after) or view.entry(before) or {}
        claims.append(Claim(table, name, "Write", units, _position(view, entry)))
    return claims


def _position(view: View, item: Mapping[str, Any]) -> int | None:
    return position(item[name] for name in view.hash_names) if item else None


def _text(claim: Claim, limit: Limit, *, provisioned: bool) -> str:
    if limit is Limit.ACCOUNT:
        return "Throughput exceeds the current throughput limit for your account. Please contact AWS Support"
    if limit is Limit.MAXIMUM:
        return "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
    advice = "with the UpdateTable API."
    if provisioned and claim.index is None:
        return f"{_TOO_LITTLE}the table was exceeded. Consider increasing your provisioning level {advice}"
    if provisioned:
        return (
            f"{_TOO_LITTLE}one or more global secondary indexes of the table was exceeded. Consider increasing your "
            f"provisioning level for the under-provisioned global secondary indexes {advice}"
        )
    if claim.index is None:
        return (
            f"Throughput exceeds the current capacity of your table or index. DynamoDB {_SCALING} table or index so "
            "please try again shortly. If exceptions persist, check if you have a hot key: "
            "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html."
        )
    return (
        f"Throughput exceeds the current capacity for one or more global secondary indexes. DynamoDB {_SCALING} index "
        "so please try again shortly."
    )
