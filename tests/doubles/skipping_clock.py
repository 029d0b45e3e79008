"""Real time without its idle parts: work counts one to one, and the time in which everybody sleeps is skipped."""

import heapq
import threading
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Self

from osem_migrate.clock import Clock
from tests.simulator.clock import START, clock_of

TICK = 0.002  # real seconds between two looks at what is due
CALM = 0.0005  # of the processor's seconds; a process that uses less between two looks only waits
PATIENCE = 15  # calm looks after which those who seemed awake are known to wait for something else


@dataclass(order=True)
class _Sleeper:
    due: float
    number: int
    thread: int = field(compare=False)
    event: threading.Event | None = field(compare=False)
    woken: threading.Event = field(compare=False, default_factory=threading.Event)


class SkippingClock(AbstractContextManager["SkippingClock"]):
    """The clock of a simulator and of the program that it is to believe in, both in this process.

    A second of Python's own work is a second here, too, so no scale multiplies the overhead. Whoever reads this clock
    is awake until it sleeps by it. Once nobody is awake, time jumps to where the next one is due; those who wait for
    something else, such as another thread, are told by the process using no processor for a while. A jump in the wrong
    moment, on a busy machine, is no mistake: time only passes.
    """

    def __init__(self) -> None:
        self._skipped = 0.0
        self._began = time.monotonic()
        self._sleepers: list[_Sleeper] = []
        self._numbers = count()
        self._awake: set[int] = set()
        self._waking: set[int] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="skipping-clock", daemon=True)

    def __enter__(self) -> Self:
        """Begin to skip."""
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Skip no more, and let nobody sleep for ever."""
        self._closed.set()
        self._ticker.join()

    def now(self) -> float:
        """Simulated Unix seconds."""
        return START + self.monotonic()

    def monotonic(self) -> float:
        """Seconds since the beginning, those skipped among them."""
        self._awake.add(threading.get_ident())
        return self._monotonic()

    def advance(self, seconds: float) -> None:
        """Let that many seconds pass at once."""
        with self._lock:
            self._skipped += seconds

    def sleep(self, seconds: float) -> None:
        """Sleep by this clock."""
        self._doze(seconds, None)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Sleep by this clock, or until the event is set; whether it is."""
        if not event.is_set():
            self._doze(seconds, event)
        return event.is_set()

    @property
    def clock(self) -> Clock:
        """What the code under test is given."""
        return clock_of(self)

    def _monotonic(self) -> float:
        return time.monotonic() - self._began + self._skipped

    def _doze(self, seconds: float, event: threading.Event | None) -> None:
        if seconds <= 0:
            return
        me = threading.get_ident()
        sleeper = _Sleeper(self._monotonic() + seconds, next(self._numbers), me, event)
        with self._lock:
            if self._closed.is_set():
                return
            heapq.heappush(self._sleepers, sleeper)
            self._awake.discard(me)
            if not self._awake:
                self._skip()
        sleeper.woken.wait()
        self._waking.discard(me)

    def _tick(self) -> None:
        used, calm = 0.0, 0
        while not self._closed.is_set():
            time.sleep(TICK)  # for half of the processor's time that it takes to wait for an event
            before, used = used, time.process_time() - time.thread_time()
            calm = calm + 1 if used - before < CALM else 0
            with self._lock:
                self._wake_called()
                if calm >= PATIENCE:
                    # Who was woken and has not run since is not waiting: the machine is busy.
                    self._awake &= self._waking
                if self._awake:
                    self._wake_due()
                else:
                    self._skip()
        with self._lock:
            for sleeper in self._sleepers:
                sleeper.woken.set()

    def _skip(self) -> None:
        """Jump to where the next sleeper is due."""
        if self._sleepers:
            self._skipped += max(0.0, self._sleepers[0].due - self._monotonic())
            self._wake_due()

    def _wake_due(self) -> None:
        now = self._monotonic()
        while self._sleepers and self._sleepers[0].due <= now:
            self._wake(heapq.heappop(self._sleepers))

    def _wake_called(self) -> None:
        """Wake those whose event is set."""
        called = [sleeper for sleeper in self._sleepers if sleeper.event is not None and sleeper.event.is_set()]
        if called:
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper not in called]
            heapq.heapify(self._sleepers)
        for sleeper in called:
            self._wake(sleeper)

    def _wake(self, sleeper: _Sleeper) -> None:
        self._awake.add(sleeper.thread)
        self._waking.add(sleeper.thread)
        sleeper.woken.set()
