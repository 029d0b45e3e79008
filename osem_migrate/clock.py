"""Clock: the three things that anything which waits needs, handed in so that a test can make hours pass in no time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """``now`` is the UTC time of day, for records; ``monotonic`` never jumps, for waiting; ``sleep`` waits seconds."""

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def milliseconds(self) -> int:
        """The time of day in Unix milliseconds."""
        # Whole numbers all the way: a float of seconds times 1,000 may fall a hair below the millisecond meant.
        return (self.now() - _EPOCH) // timedelta(milliseconds=1)


SYSTEM_CLOCK = Clock()
