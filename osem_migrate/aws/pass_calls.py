"""PassCalls: what a pass asks DynamoDB for: pages of a scan, single items, and conditional writes.

Every request is refused here once the lock may not be ours any more, is sent once by the SDK, and repeated by us, at
the rate of the pass.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from osem_migrate.aws.failures.classify import REFUSALS, Failure, Verdict, classify
from osem_migrate.aws.guard import Guard
from osem_migrate.aws.item_rate import ItemRate, Side
from osem_migrate.aws.paging import SCAN
from osem_migrate.clock import Clock
from osem_migrate.errors import (
    AnswerEndless,
    AnswerUnreadable,
    ConditionFailed,
    EndpointUnreachable,
    ServiceFailed,
    Throttled,
)
from osem_migrate.items.placeholders import Placeholders
from osem_migrate.items.where import Where
from osem_migrate.items.work import ItemWrite
from osem_migrate.schema.item import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PATIENCE = 600.0  # seconds in which one request may be throttled
TROUBLE = 60.0  # seconds in which one request may get no answer
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 10.0  # seconds between two attempts, doubled each time

_TROUBLE = (AnswerUnreadable, EndpointUnreachable, ServiceFailed)  # it may have been applied


@dataclass(frozen=True, slots=True)
class ScanPage:
    """Some items of a segment, and where the next page begins; None at the end.

    Attributes:
        scanned: how many items were looked at for them.
        units: what that took of the table; 0 where the endpoint does not say.
    """

    items: Sequence[Item]
    scanned: int
    units: float
    following: Item | None


@dataclass(frozen=True, slots=True)
class Written:
    """A write was taken."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The item was not as the write expects it.

    Attributes:
        found: the item as it is; None where there is none.
        own: whether it is the item itself, and not what was looked up, that is otherwise.
        repeated: whether an earlier attempt got no answer, and may have been taken.
    """

    found: Item | None
    own: bool
    repeated: bool


class PassCalls:
    """The calls of one pass; safe to use from several threads.

    Args:
        client: boto3's client, which repeats nothing by itself.
        guard: of that client.
        check: raises where nothing may be sent any more.
        physical_name: gives the physical name of a logical one.
        clock: ``sleep`` may be interrupted.
        rate: how fast.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        client: "DynamoDBClient",
        guard: Guard,
        *,
        check: Callable[[], None],
        physical_name: Callable[[str], str],
        clock: Clock,
        rate: ItemRate,
    ) -> None:
        self._client = client
        self._guard = guard
        self._check = check
        self._physical_name = physical_name
        self._clock = clock
        self._rate = rate

    def scan(  # noqa: PLR0913 - what a Scan takes
        self,
        table: str,
        *,
        segment: int,
        segments: int,
        start: Item | None,
        limit: int | None,
        where: Where | None,
        consistent: bool,
    ) -> ScanPage:
        """One page of a segment, with the items that fulfil the condition."""
        placeholders = Placeholders()
        condition = {} if where is None else {"FilterExpression": where.render(placeholders)}
        answer = self._repeat(
            "scan",
            table,
            {
                "TableName": self._physical_name(table),
                "Segment": segment,
                "TotalSegments": segments,
                "ConsistentRead": consistent,
                **condition,
                **placeholders.members(),
                **({"ExclusiveStartKey": dict(start)} if start is not None else {}),
                **({"Limit": limit} if limit is not None else {}),
            },
        )
        units = answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        return ScanPage(answer["Items"], answer["ScannedCount"], units, answer.get("LastEvaluatedKey"))

    def endless(self, table: str) -> AnswerEndless:
        """The error of a table whose pages lead in a circle."""
        return SCAN.endless(f"{SCAN.token} repeats", self._client, self._physical_name(table))

    def get(self, table: str, key: Item) -> Item | None:
        """The item of a key as of right now, or None."""
        asked = {"TableName": self._physical_name(table), "Key": dict(key), "ConsistentRead": True}
        found: Item | None = self._repeat("get_item", table, asked).get("Item")
        return found

    def find(self, table: str, index: str, key: Item) -> tuple[Item, ...]:
        """The first items, two at most, that have a key in an index."""
        placeholders = Placeholders()
        parts = [f"{placeholders.name(name)} = {placeholders.value(value)}" for name, value in key.items()]
        asked = {
            "TableName": self._physical_name(table),
            "IndexName": index,
            "KeyConditionExpression": " AND ".join(parts),
            "Limit": 2,
            **placeholders.members(),
        }
        return tuple(self._repeat("query", table, asked)["Items"])

    def write(self, write: ItemWrite) -> Written | Refused:
        """Send a write, again and again where it may pass.

        Raises:
            RequestInvalid: DynamoDB does not take this item.
            AwsError: it takes none at present.
        """
        answer = self._repeat(write.method, write.table, write.request(self._physical_name), refusable=True)
        return answer["Refused"] if "Refused" in answer else Written()

    def _repeat(self, method: str, table: str, asked: Mapping[str, Any], *, refusable: bool = False) -> dict[str, Any]:
        side = Side.WRITE if refusable else Side.READ
        began, pause, repeated = self._clock.monotonic(), SHORTEST_PAUSE, False
        while True:
            self._rate.wait(side)
            try:
                return self._send(method, asked, side)
            except REFUSALS as refusal:
                action = "".join(part.capitalize() for part in method.split("_"))
                failure = classify(refusal, action=f"dynamodb:{action}", resource=self._physical_name(table))
                if refusable and _is_refused(failure):
                    return {"Refused": _refused(refusal, repeated=repeated)}
                if isinstance(failure.error, Throttled):
                    self._rate.throttled(side, _throttled_indexes(refusal))
                patience = PATIENCE if failure.verdict is Verdict.WAIT else TROUBLE
                passes = failure.verdict is Verdict.WAIT or isinstance(failure.error, _TROUBLE)
                if not passes or self._clock.monotonic() - began >= patience:
                    raise failure.error from refusal
                repeated = repeated or isinstance(failure.error, _TROUBLE)
            self._rate.hold(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _send(self, method: str, asked: Mapping[str, Any], side: Side) -> dict[str, Any]:
        with self._guard.asking(self._check):
            answer: dict[str, Any] = getattr(self._client, method)(**asked, ReturnConsumedCapacity="INDEXES")
        consumed = answer.get("ConsumedCapacity", ())
        for one in [consumed] if isinstance(consumed, dict) else consumed:
            self._rate.took(side, one)
        return answer


def _is_refused(failure: Failure) -> bool:
    """Whether a condition did not hold; a collision is a ConditionFailed, too, but one that passes."""
    return isinstance(failure.error, ConditionFailed) and failure.verdict is not Verdict.WAIT


def _refused(refusal: Exception, *, repeated: bool) -> Refused:
    response: Mapping[str, Any] = getattr(refusal, "response", {})
    reasons: Sequence[Mapping[str, Any]] = response.get("CancellationReasons", ())
    if not reasons:
        return Refused(response.get("Item"), own=True, repeated=repeated)
    return Refused(reasons[0].get("Item"), own=reasons[0].get("Code") == "ConditionalCheckFailed", repeated=repeated)


def _throttled_indexes(refusal: Exception) -> frozenset[str]:
    """The indexes that DynamoDB names as those that are too slow; none where it is the table itself."""
    response: Mapping[str, Any] = getattr(refusal, "response", {})
    reasons = response.get("ThrottlingReasons") or response.get("throttlingReasons") or ()
    named = [str(reason.get("resource", "")).partition("/index/")[2] for reason in reasons]
    return frozenset(filter(None, named))
