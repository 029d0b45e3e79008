"""Timeline: what will happen, in order, each at its own simulated time."""

import heapq
from collections.abc import Callable
from itertools import count

Change = Callable[[], None]
"""Something checked and ready to happen: now, or when it is due. It cannot fail any more."""


class Timeline:
    """Events that are due; while one happens, ``now`` is the time it was due, however late it is looked at."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._events: list[tuple[float, int, Change]] = []
        self._numbers = count()

    def after(self, seconds: float, happen: Change) -> None:
        """Let ``happen`` happen in that many simulated seconds."""
        self.at(self.now + seconds, happen)

    def at(self, due: float, happen: Change) -> None:
        """Let it happen at that simulated Unix time."""
        heapq.heappush(self._events, (due, next(self._numbers), happen))

    def run(self, until: float) -> None:
        """Let everything happen that is due by then."""
        while self._events and self._events[0][0] <= until:
            due, _, happen = heapq.heappop(self._events)
            self.now = due
            happen()
        self.now = max(self.now, until)
