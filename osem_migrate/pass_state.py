"""PassState: what the history table says of one pass over the items of a table. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Cursor = Mapping[str, Any]
"""The last thing handled: the key of an item, in DynamoDB's typed JSON, or the position of an item that was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassKey:
    """Which pass: the operation of a migration, and whether it is carried out or reversed."""

    migration: str
    position: int
    direction: str

    @property
    def text(self) -> str:
        """``0007_full_name#0#upgrade``."""
        return f"{self.migration}#{self.position}#{self.direction}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One beginning of a pass.

    Attributes:
        number: from 1.
        operation_hash: what the operation was then.
        table_id: the TableId of the table; None where the endpoint tells none.
        segments: in how many the table is scanned, the same to the end.
        begun_at: Unix milliseconds.
    """

    number: int
    operation_hash: str
    table_id: str | None
    segments: int
    begun_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of items.

    Attributes:
        examined: those that were looked at, and those that the condition of the operation left out.
        changed: those that were written. After a kill, some of them are not counted.
        gone: those that somebody else deleted meanwhile.
        left: those that somebody else changed again and again; another scan comes to them.
    """

    examined: int = 0
    changed: int = 0
    gone: int = 0
    left: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(
            examined=self.examined + other.examined,
            changed=self.changed + other.changed,
            gone=self.gone + other.gone,
            left=self.left + other.left,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentState:
    """How far one segment has come.

    Attributes:
        scan: 0 for the pass itself, from 1 on for a scan that verifies it.
        number: of the segment, from 0.
        fence: of the hold of the lock under which it was written last.
        worker: who is at work on it; None once nobody is.
        checkpoint: how often it was written.
        cursor: where it goes on; None at its beginning.
        finished: whether it came to its end.
    """

    scan: int
    number: int
    fence: int = 0
    worker: str | None = None
    checkpoint: int = 0
    cursor: Cursor | None = None
    counts: Counts = Counts()
    finished: bool = False

    def next(self, cursor: Cursor | None, counts: Counts, *, worker: str | None, finished: bool) -> "SegmentState":
        """As it is with one more checkpoint."""
        return replace(
            self,
            cursor=cursor,
            counts=self.counts + counts,
            worker=worker,
            finished=finished,
            checkpoint=self.checkpoint + 1,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """An item that the pass could not handle, and why; ``key`` in DynamoDB's typed JSON."""

    key: Mapping[str, Any]
    code: str
    message: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassState:
    """One generation of a pass, with its segments and the items that were set aside."""

    generation: Generation
    segments: Mapping[tuple[int, int], SegmentState] = field(default_factory=dict)
    failures: tuple[SetAside, ...] = ()

    @property
    def newest_scan(self) -> int:
        """The number of the scan that was begun last."""
        return max((scan for scan, _ in self.segments), default=0)

    def of_scan(self, scan: int) -> tuple[SegmentState, ...]:
        """All segments of a scan, those that nobody has begun among them."""
        return tuple(
            self.segments.get((scan, number), SegmentState(scan=scan, number=number))
            for number in range(self.generation.segments)
        )
