"""Clock: the time functions that waiting needs, passed in so that a test can make hours pass in no time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """``now`` is the UTC time of day, for records; ``monotonic`` never jumps, for waiting; ``sleep`` waits seconds.

    ``wait`` waits seconds as well, but no longer than until the event is set, and says whether it is.
    """

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait

    @classmethod
    def at_pace(cls, pace: float) -> Self:
        """A clock on which ``pace`` seconds pass in a real one, to simulate an hour in a rehearsal or a test."""
        return cls(
            monotonic=lambda: time.monotonic() * pace,
            sleep=lambda seconds: time.sleep(seconds / pace),
            wait=lambda event, seconds: event.wait(seconds / pace),
        )

    def milliseconds(self) -> int:
        """The time of day in Unix milliseconds."""
        # Whole numbers all the way: a float of seconds times 1,000 may fall just below the intended millisecond.
        return (self.now() - _EPOCH) // timedelta(milliseconds=1)


SYSTEM_CLOCK = Clock()


def iso(moment: datetime) -> str:
    """``2026-11-21T09:34:47.191Z``: how every time is written for machines."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_of(milliseconds: int | None) -> str | None:
    """The same of Unix milliseconds; None for what is none, and for a year that there is not."""
    if milliseconds is None:
        return None
    try:
        return iso(_EPOCH + timedelta(milliseconds=milliseconds))
    except OverflowError:
        return None
