"""Time that passes only when somebody sleeps."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from osem_migrate.clock import Clock
from tests.simulator.clock import later

BEGINNING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """Attributes: ``seconds`` since the beginning, and every sleep in order."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)
    _passing: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0, "time.sleep refuses negative numbers"
        # Lanes that sleep side by side must not take time back.
        with self._passing:
            self.slept.append(seconds)
            self.seconds = later(self.seconds, seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Sleep, unless somebody has set the event already."""
        if not event.is_set():
            self.sleep(seconds)
        return event.is_set()

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self.seconds)

    @property
    def clock(self) -> Clock:
        """What the code under test is given."""
        return Clock(now=self.now, monotonic=self.monotonic, sleep=self.sleep, wait=self.wait)
