"""SegmentThreads: how many segments of a scan are gone through at a time.

How many it takes to reach a rate depends on how long DynamoDB's answers are on their way: a few milliseconds within a
region, a hundred between two of them. So it is found out: there are more threads as long as it is not the rate that
holds them up, and as long as more of them have made the pass faster.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from osem_migrate.aws.item_rate import ItemRate, Side
from osem_migrate.clock import Clock

FEWEST, MOST = 4, 32
"""Threads, to begin with and at most: one process of Python keeps hardly more of them busy."""
LOOK_SECONDS = 5.0
FASTER = 1.2
"""Times as fast, at least, for twice as many threads."""
HELD_UP = 0.1
"""Of the time of all threads, in which they wait for the rate: it is as good as reached."""

Segment = TypeVar("Segment")


@dataclass(frozen=True, slots=True)
class _Look:
    at: float
    units: float
    waited: float


class SegmentThreads:
    """Of one pass: how many it has found to be right in one scan it begins the next one with.

    Args:
        rate: of the pass; without one, as on an engine on this machine, there are the fewest threads.
        clock: ``monotonic`` and ``wait``.

    Attributes:
        count: how many there are.
    """

    def __init__(self, rate: ItemRate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._at_work = 0
        self._most = MOST
        self._fewer: float | None = None  # units a second of half as many
        self.count = FEWEST

    def run(self, go: Callable[[Segment], None], segments: Iterable[Segment]) -> None:
        """Call ``go``, which raises nothing, with each segment; returns once all are done."""
        waiting, over = deque(segments), threading.Event()

        def work() -> None:
            while waiting:
                try:
                    segment = waiting.popleft()
                except IndexError:  # another thread was faster
                    break
                go(segment)
            with self._lock:
                self._at_work -= 1
                if not self._at_work:
                    over.set()

        def begin(threads: int) -> None:
            with self._lock:
                self._at_work += threads
            for _ in range(threads):
                pool.submit(work)

        with ThreadPoolExecutor(max_workers=MOST, thread_name_prefix="segment") as pool:
            begin(self.count)
            look = self._look()
            while not self._clock.wait(over, LOOK_SECONDS):
                before, look = look, self._look()
                if waiting:
                    more = self._more(before, look)
                    self.count += more
                    begin(more)

    def _more(self, before: _Look, now: _Look) -> int:
        """How many more there should be after what was seen between two looks."""
        seconds = now.at - before.at
        speed = (now.units - before.units) / seconds
        is_held_up = now.waited - before.waited >= HELD_UP * seconds * self.count
        if is_held_up or not speed or self._rate.now(Side.WRITE) is None:
            return 0
        if self._fewer is not None and speed < FASTER * self._fewer:
            self._most = self.count  # it is this process, or the table, that is busy
        more = min(self.count, self._most - self.count)
        self._fewer = speed if more else None
        return more

    def _look(self) -> _Look:
        units = sum(self._rate.taken(side) for side in Side)
        return _Look(self._clock.monotonic(), units, self._rate.waited)
