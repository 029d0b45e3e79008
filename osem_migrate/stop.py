"""Stop: the request to end a run between two calls, which every lane checks and every wait notices."""

import threading

from osem_migrate.clock import SYSTEM_CLOCK, Clock
from osem_migrate.errors import Interrupted


class Stop:
    """Set once; safe to set from a signal handler.

    Args:
        clock: how seconds pass.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._event = threading.Event()
        self._interrupted = Interrupted("stopped")

    def request(self, interrupted: Interrupted) -> None:
        """Ask every lane to stop with that error; the first to ask counts."""
        if not self._event.is_set():
            self._interrupted = interrupted
            self._event.set()

    @property
    def is_requested(self) -> bool:
        """Whether somebody asked."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Interrupted once somebody has asked to stop; called before every mutation."""
        if self._event.is_set():
            raise self._interrupted

    def sleep(self, seconds: float) -> None:
        """Wait so long, or until somebody asks to stop, and then raise Interrupted."""
        self._clock.wait(self._event, seconds)
        self.check()
