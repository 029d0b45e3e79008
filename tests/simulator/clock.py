"""Simulated time: virtual, passing only when somebody sleeps, or real time made faster."""

import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from osem_migrate.clock import Clock

START = 1_791_417_600.0
"""2026-10-08T00:00:00Z, where simulated time begins unless told otherwise."""


class SimulatedClock(Protocol):
    """Tells the simulated time."""

    def now(self) -> float:
        """Simulated Unix seconds; never goes back."""
        ...


class WaitingClock(SimulatedClock, Protocol):
    """By which one can sleep as well."""

    def monotonic(self) -> float:
        """Seconds since the beginning."""
        ...

    def sleep(self, seconds: float) -> None:
        """Sleep by this clock."""
        ...

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Sleep by this clock, or until the event is set; whether it is."""
        ...


def clock_of(clock: WaitingClock) -> Clock:
    """The same clock as the code under test takes one."""
    return Clock(
        now=lambda: datetime.fromtimestamp(clock.now(), UTC),
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        wait=clock.wait,
    )


SHORT = 0.1  # simulated seconds; no longer sleep takes more real time than one of these


class VirtualClock:
    """Passes only when somebody sleeps, and at once, so that a test waits for nothing.

    Args:
        seconds: that have passed already.
        start: simulated Unix seconds at the beginning.
        beat: real seconds that a thread takes which sleeps until an event, such as the heartbeat of a lock; where it
            takes none, it would let time fly while others are at work.

    Attributes:
        seconds: since the beginning.
        slept: every sleep, in order.
    """

    def __init__(self, seconds: float = 0.0, *, start: float = START, beat: float = 0.0) -> None:
        self.seconds = seconds
        self.slept: list[float] = []
        self._start = start
        self._beat = beat
        self._passing = threading.Lock()

    def now(self) -> float:
        """Simulated Unix seconds."""
        return self._start + self.seconds

    def monotonic(self) -> float:
        """Seconds since the beginning."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let that many simulated seconds pass, whoever else does so, too; they cannot be negative.

        However few they are, it is later then: whoever sleeps the rest of his time would sleep for ever where they are
        lost in rounding.
        """
        if seconds < 0:
            raise ValueError("time does not go back")
        with self._passing:
            before = self.now()
            self.seconds += seconds
            if seconds > 0 and self.now() <= before:
                self.seconds = math.nextafter(before, math.inf) - self._start

    def sleep(self, seconds: float) -> None:
        """Let them pass at once, or nearly: who looks again and again for what a beat brings has to see it come."""
        self._pass(seconds)
        if self._beat:
            time.sleep(self._beat * min(seconds, SHORT))

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Sleep, unless somebody has set the event already; whether it is set."""
        if not event.wait(self._beat):
            self._pass(seconds)
        return event.is_set()

    def _pass(self, seconds: float) -> None:
        self.advance(seconds)
        self.slept.append(seconds)

    @property
    def clock(self) -> Clock:
        """What the code under test is given."""
        return clock_of(self)


class ScaledClock:
    """Runs by itself, faster than real time.

    Args:
        scale: simulated seconds per real second; at 600 an hour takes 6 s.
        start: simulated Unix seconds at the beginning.
        monotonic: real seconds.
    """

    def __init__(
        self, scale: float = 600.0, start: float = START, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.scale = scale
        self._start = start
        self._monotonic = monotonic
        self._began = monotonic()

    def now(self) -> float:
        """Simulated Unix seconds."""
        return self._start + (self._monotonic() - self._began) * self.scale

    def advance(self, seconds: float) -> None:
        """Let that many simulated seconds pass at once."""
        self._start += seconds
