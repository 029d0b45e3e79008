"""Simulated time: virtual, moving only when it is told to, or real time made faster."""

import math
import time
from collections.abc import Callable
from typing import Protocol

START = 1_791_417_600.0
"""2026-10-08T00:00:00Z, where simulated time begins unless told otherwise."""


def later(moment: float, seconds: float) -> float:
    """The moment so many seconds later, and a later one even where they are lost in rounding.

    Whoever sleeps the rest of his time, and then looks at the clock, would sleep for ever.
    """
    return max(moment + seconds, math.nextafter(moment, math.inf)) if seconds > 0 else moment


class SimulatedClock(Protocol):
    """Tells the simulated time."""

    def now(self) -> float:
        """Simulated Unix seconds; never goes back."""
        ...


class VirtualClock:
    """Stands still until it is advanced, so that a test of the state machine waits for nothing."""

    def __init__(self, start: float = START) -> None:
        self._now = start

    def now(self) -> float:
        """Simulated Unix seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let that many simulated seconds pass; they cannot be negative."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self._now = later(self._now, seconds)


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
