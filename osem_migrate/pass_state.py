"""PassState: what the history table says of one pass over the items of a table. Values only."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

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

    @classmethod
    def read(cls, text: str) -> Self:
        """The pass that ``text`` gives."""
        migration, position, direction = text.rsplit("#", 2)
        return cls(migration=migration, position=int(position), direction=direction)


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
        again: how many of the items that are counted as examined lie behind the cursor: whoever goes on counts them
            again.
        finished: whether it came to its end.
    """

    scan: int
    number: int
    fence: int = 0
    worker: str | None = None
    checkpoint: int = 0
    cursor: Cursor | None = None
    again: int = 0
    counts: Counts = Counts()
    finished: bool = False

    def claim(self, worker: str, fence: int) -> "SegmentState":
        """As it is once somebody is at work on it, who counts again what lies behind the cursor."""
        behind = Counts(examined=-self.again)
        return replace(self, fence=fence).next(self.cursor, behind, worker=worker, finished=False)

    def release(self) -> "SegmentState":
        """As it is once whoever has it leaves it where it is."""
        return self.next(self.cursor, Counts(), worker=None, finished=False, again=self.again)

    def next(
        self, cursor: Cursor | None, counts: Counts, *, worker: str | None, finished: bool, again: int = 0
    ) -> "SegmentState":
        """As it is with one more checkpoint."""
        return replace(
            self,
            cursor=cursor,
            again=again,
            counts=self.counts + counts,
            worker=worker,
            finished=finished,
            checkpoint=self.checkpoint + 1,
        )


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A segment as it was last read or written, and as it is from now on."""

    seen: SegmentState
    segment: SegmentState


def key_text(key: Mapping[str, Any]) -> str:
    """A key in DynamoDB's typed JSON, for people: ``userId u1``."""
    return ", ".join(f"{name} {next(iter(value.values()))}" for name, value in typed_key(key).items())


def typed_key(key: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """A key as the AWS CLI takes it, and JSON can hold it: binary values in base64."""
    return {name: {kind: _text(part) for kind, part in value.items()} for name, value in key.items()}


def _text(part: str | bytes) -> str:
    return b64encode(part).decode() if isinstance(part, bytes) else part


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """An item that the pass could not handle, and why.

    Attributes:
        key: in DynamoDB's typed JSON.
        code: of the error.
        message: of the error.
        at: Unix milliseconds.
        fence: of the hold of the lock under which this was written.
    """

    key: Mapping[str, Any]
    code: str
    message: str
    at: int
    fence: int


class PassOrder(StrEnum):
    """What people may ask of a pass, from any machine."""

    RATE = "rate"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who gave an order, and when: Unix milliseconds."""

    by: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassControl:
    """The orders to a pass that hold. They do so until others are given, or the pass begins anew.

    Attributes:
        rate: units a second; None where nobody has set it.
        rate_said: who set it.
        is_paused: whether it is to wait.
        pause_said: who paused it, or resumed it.
        retry_said: who wanted what was set aside to be tried again.
    """

    rate: int | None = None
    rate_said: Said | None = None
    is_paused: bool = False
    pause_said: Said | None = None
    retry_said: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassReport:
    """What the run that is at work on a pass told of itself last.

    Attributes:
        at: Unix milliseconds.
        fence: of its hold of the lock.
        rate: units a second of the table that it may read at present, and as many that it may write; None for no limit.
        read: units a second that it has read lately.
        written: units a second that it has written lately.
        items: items a second that it has examined lately.
        left: seconds until the scan that it is at is over; None where nobody can tell.
        is_short: whether a kill left changes uncounted.
        retried: items that were set aside, and were changed when they were tried again, by all runs; no segment counts
            these.
        is_over: whether it came to its end, and left no more than it may as it is; None in what older versions wrote.
    """

    at: int
    fence: int
    rate: float | None = None
    read: float = 0.0
    written: float = 0.0
    items: float = 0.0
    left: float | None = None
    is_short: bool = False
    retried: int = 0
    is_over: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassState:
    """One generation of a pass, with its segments, the items that were set aside, its orders, and its run's report."""

    generation: Generation
    segments: Mapping[tuple[int, int], SegmentState] = field(default_factory=dict)
    failures: tuple[SetAside, ...] = ()
    control: PassControl = PassControl()
    report: PassReport | None = None

    @property
    def newest_scan(self) -> int:
        """The number of the scan that was begun last."""
        return max((scan for scan, _ in self.segments), default=0)

    @property
    def counts(self) -> Counts:
        """Of all scans, and of what was tried again."""
        return sum((segment.counts for segment in self.segments.values()), Counts(changed=self.retried))

    @property
    def retried(self) -> int:
        """Items that were changed when they were tried again."""
        return self.report.retried if self.report is not None else 0

    def with_segments(self, segments: Iterable[SegmentState]) -> "PassState":
        """The same with these as they are now."""
        return replace(self, segments={**self.segments, **{(one.scan, one.number): one for one in segments}})

    def of_scan(self, scan: int) -> tuple[SegmentState, ...]:
        """All segments of a scan, those that nobody has begun among them."""
        return tuple(
            self.segments.get((scan, number), SegmentState(scan=scan, number=number))
            for number in range(self.generation.segments)
        )
