"""SegmentThreads: how many segments of a scan are gone through at a time.

How many it takes to reach a rate depends on how long DynamoDB's answers are on their way: a few milliseconds within a
region, a hundred between two of them. So it is found out: there are more threads as long as it is not the rate that
holds them up, and as long as more of them have made the pass faster.
"""

import threading
from collections.abc import Callable
from contextlib import suppress

from osem_migrate.aws.item_rate import ItemRate, Side
from osem_migrate.clock import Clock

FEWEST, MOST = 4, 32
"""Threads, to begin with and at most: one process of Python keeps hardly more of them busy."""
LOOK_SECONDS = 5.0
FASTER = 1.2
"""Times as fast, at least, for twice as many threads."""
HELD_UP = 0.1
"""Of the time of all threads, in which they wait for the rate: it is as good as reached."""


class ThreadCount:
    """How many threads are right, by what they have come to with as many as there are.

    Attributes:
        now: how many there are.
    """

    def __init__(self) -> None:
        self.now = FEWEST
        self._most = MOST
        self._fewer: float | None = None  # units a second of half as many

    def grow(self, *, seconds: float, units: float, waited: float) -> int:
        """How many more there are from now on.

        Args:
            seconds: since the last time.
            units: that were taken meanwhile.
            waited: seconds for which the rate has held threads up, those of each of them counted.
        """
        if not units or waited >= HELD_UP * seconds * self.now:
            return 0
        speed = units / seconds
        if self._fewer is not None and speed < FASTER * self._fewer:
            self._most = self.now  # it is this process, or the table, that is busy
        more = min(self.now, self._most - self.now)
        self._fewer = speed if more else None
        self.now += more
        return more


class SegmentThreads:
    """Of one pass: how many it has found to be right in one scan it begins the next one with.

    Args:
        rate: of the pass; without one, as on an engine on this machine, there are the fewest threads.
        clock: ``monotonic`` and ``wait``.
    """

    def __init__(self, rate: ItemRate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._count = ThreadCount()
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count.now

    def run(self, work: Callable[[], None], *, most: int) -> None:
        """Call ``work`` in each thread, until all have returned; where the machine has no more threads, in fewer.

        Args:
            work: goes through one segment after the other until there is none left; raises nothing.
            most: segments.

        Raises:
            RuntimeError: it has none at all.
        """
        over = threading.Event()
        threads = list[threading.Thread]()
        returned = 0

        def call() -> None:
            nonlocal returned
            work()
            with self._lock:
                returned += 1
                if returned == len(threads):
                    over.set()

        def begin(count: int) -> None:
            with self._lock, suppress(RuntimeError):
                for number in range(len(threads), len(threads) + count):
                    thread = threading.Thread(target=call, name=f"segment_{number}")
                    thread.start()
                    threads.append(thread)
            if not threads and count:
                raise RuntimeError("no thread can be started")

        try:
            begin(min(self.count, most))
            at, units, waited = self._look()
            while most and not self._clock.wait(over, LOOK_SECONDS):
                (was_at, had_taken, had_waited), (at, units, waited) = (at, units, waited), self._look()
                # Once a thread has found nothing to do, no other will.
                if not returned and self._rate.now(Side.WRITE) is not None:
                    begin(self._count.grow(seconds=at - was_at, units=units - had_taken, waited=waited - had_waited))
        finally:
            for thread in threads:
                thread.join()

    def _look(self) -> tuple[float, float, float]:
        return self._clock.monotonic(), sum(self._rate.taken(side) for side in Side), self._rate.waited
