"""Simulated time that leaps: whoever sleeps finds it done at once. For calls that wait for nobody else."""

import threading
from datetime import UTC, datetime

from osem_migrate.clock import Clock
from tests.simulator.clock import START, VirtualClock

BEAT = 0.02  # real seconds between two heartbeats, however far apart they are on this clock


class LeapingClock(VirtualClock):
    """The clock of a simulator and of the program that asks it, both in this process, at work one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._moving = threading.Lock()

    def advance(self, seconds: float) -> None:
        """Let that many simulated seconds pass, whoever else does so, too."""
        with self._moving:
            super().advance(seconds)

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass at once."""
        self.advance(max(0.0, seconds))

    def monotonic(self) -> float:
        """Seconds that have passed."""
        return self.now() - START

    @property
    def clock(self) -> Clock:
        """What the code under test is given."""
        return Clock(
            now=lambda: datetime.fromtimestamp(self.now(), UTC),
            monotonic=self.monotonic,
            sleep=self.sleep,
            wait=self._wait,
        )

    def _wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.wait(BEAT):
            self.sleep(seconds)
        return event.is_set()
