"""Time that passes only when somebody sleeps."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from osem_migrate.clock import Clock

BEGINNING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """Attributes: ``seconds`` since the beginning, and every sleep in order."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0, "time.sleep refuses negative numbers"
        self.slept.append(seconds)
        self.seconds += seconds

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self.seconds)

    @property
    def clock(self) -> Clock:
        """What the code under test is given."""
        return Clock(now=self.now, monotonic=self.monotonic, sleep=self.sleep)
