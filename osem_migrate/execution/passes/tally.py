"""PassTally: what a pass has come to, in this run and in earlier ones, and how fast it is."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from osem_migrate.aws.item_rate import ItemRate, Side
from osem_migrate.clock import Clock
from osem_migrate.pass_state import Counts, PassState, SegmentState
from osem_migrate.planning.items import seconds_left

WINDOW = 30.0  # seconds over which speeds are taken: checkpoints come every five
SETTLED = 10.0  # seconds before which nothing can be said of the rest: items are counted with the checkpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a pass has been lately, a second, and how many seconds its scan still takes, where that can be told."""

    read: float
    written: float
    items: float
    left: float | None


@dataclass(frozen=True, slots=True)
class _Sample:
    at: float
    examined: int
    read: float
    written: float


class PassTally:
    """Safe to use from several threads.

    Args:
        clock: monotonic time.
        rate: knows the units.
        items: how many the table has, by a count that may be hours old; 0 where nobody knows.
    """

    def __init__(self, clock: Clock, rate: ItemRate, items: int) -> None:
        self._clock = clock
        self._rate = rate
        self._items = items
        self._lock = threading.Lock()
        self._counts = Counts()
        self._retried = 0
        self._examined = 0  # by this scan
        self._segments, self._finished = 1, 0
        self._samples: deque[_Sample] = deque()

    @property
    def counts(self) -> Counts:
        """Of all scans."""
        with self._lock:
            return self._counts

    @property
    def examined(self) -> int:
        """Items, by the scan that goes on."""
        with self._lock:
            return self._examined

    @property
    def retried(self) -> int:
        """Items that were set aside, and were changed when they were tried again; among the counts, too."""
        with self._lock:
            return self._retried

    def resume(self, state: PassState) -> None:
        """What earlier runs have done."""
        with self._lock:
            self._counts, self._retried = state.counts, state.retried

    def retry(self, changed: int) -> None:
        """What was set aside has been tried again."""
        with self._lock:
            self._counts += Counts(changed=changed)
            self._retried += changed

    def begin_scan(self, segments: Sequence[SegmentState]) -> None:
        """Another scan, or the rest of one."""
        with self._lock:
            self._examined = sum(segment.counts.examined for segment in segments)
            self._segments, self._finished = len(segments), sum(segment.finished for segment in segments)
            self._samples.clear()
            self._sample()

    def add(self, counts: Counts) -> None:
        """What was counted since the last checkpoint of a segment."""
        with self._lock:
            self._counts += counts
            self._examined += counts.examined
            self._sample()

    def finish_segment(self) -> None:
        """One more is over."""
        with self._lock:
            self._finished += 1

    def pace(self) -> Pace:
        """Over the last half minute."""
        with self._lock:
            self._sample()
            first, last = self._samples[0], self._samples[-1]
            seconds = last.at - first.at
            if seconds <= 0:
                return Pace(read=0.0, written=0.0, items=0.0, left=None)
            items = (last.examined - first.examined) / seconds
            return Pace(
                read=(last.read - first.read) / seconds,
                written=(last.written - first.written) / seconds,
                items=items,
                left=seconds_left(
                    self._examined, items=self._items, finished=self._finished, segments=self._segments, speed=items
                )
                if seconds >= SETTLED
                else None,
            )

    def _sample(self) -> None:
        now = self._clock.monotonic()
        taken = (self._rate.taken(side) for side in (Side.READ, Side.WRITE))
        self._samples.append(_Sample(now, self._examined, *taken))
        while len(self._samples) > 1 and now - self._samples[1].at >= WINDOW:
            self._samples.popleft()
