"""ScanRun: one scan of a pass: its segments, a few at a time, each to its end."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from osem_migrate.aws.pass_table import TOGETHER
from osem_migrate.errors import Interrupted, LockLost
from osem_migrate.execution.passes.item_handler import ItemHandler
from osem_migrate.execution.passes.segment_run import SegmentRun, SegmentServices
from osem_migrate.execution.passes.segment_threads import SegmentThreads
from osem_migrate.execution.passes.sources import Source
from osem_migrate.pass_state import Checkpoint, Counts, SegmentState


class Halted(Exception):
    """Another segment has ended the pass."""


class ScanRun:
    """What ends one of the segments ends all, between two items.

    Args:
        services: what the segments share.
        threads: for the segments.
        source: makes the items of one.
        handler: makes what brings them about.
        wait: while the pass is paused; raises where it is to end.
        finished: told of each segment that has come to its end.
        halt: set once one of them has ended the pass.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        services: SegmentServices,
        threads: SegmentThreads,
        *,
        source: Callable[[], Source],
        handler: Callable[[], ItemHandler],
        wait: Callable[[], None],
        finished: Callable[[], None],
        halt: threading.Event,
    ) -> None:
        self._services = services
        self._threads = threads
        self._source = source
        self._handler = handler
        self._wait = wait
        self._finished = finished
        self._halt = halt
        self._open: deque[SegmentState] = deque()
        self._claimed: deque[SegmentState] = deque()
        self._claiming = threading.Lock()

    def run(self, segments: Sequence[SegmentState]) -> list[SegmentState]:
        """All of them, as they are in the end; raises the gravest of what ended one."""
        self._open.extend(segments)
        failures, done = list[BaseException](), list[SegmentState]()

        def work() -> None:
            try:
                while (segment := self._take()) is not None:
                    done.append(SegmentRun(segment, self._source(), self._handler(), self._services).run())
                    self._finished()
            except BaseException as failure:  # noqa: BLE001 - raised once nobody works any more
                failures.append(failure)
                self._halt.set()

        self._threads.run(work, most=len(segments))
        if not failures:
            try:
                self._services.checkpoints.flush()
            except Exception as failure:  # noqa: BLE001 - raised below, once what can be is recorded
                failures.append(failure)
        if failures:
            self._give_up(worst := _worst(failures))
            raise worst
        return done

    def _take(self) -> SegmentState | None:
        """The next one, which is claimed; None where there is none."""
        if self._services.is_paused():
            self._services.checkpoints.flush()  # nobody knows how long it lasts
        self._wait()
        with self._claiming:
            self._wait()  # what keeps one from claiming may have ended the pass
            if not self._claimed and self._open:
                some = [self._open.popleft() for _ in range(min(TOGETHER, len(self._open)))]
                try:
                    self._claimed.extend(self._services.checkpoints.claim(some))
                except BaseException:
                    self._halt.set()  # before the next one tries the same
                    raise
            return self._claimed.popleft() if self._claimed else None

    def _give_up(self, failure: BaseException) -> None:
        """Nobody is at work on any of them any more; of what somebody else has by now, nothing is written."""
        if not isinstance(failure, LockLost):
            for segment in self._claimed:
                self._services.checkpoints.defer(Checkpoint(segment, segment.release()), Counts())
            self._services.checkpoints.flush_after_failure()


def _worst(failures: list[BaseException]) -> BaseException:
    """Of all that ended, the one that is to be told of: a lost lock first, and a request to stop last."""

    def weight(failure: BaseException) -> int:
        kinds = ((LockLost, 0), (Halted, 3), (Interrupted, 2))
        return next((number for kind, number in kinds if isinstance(failure, kind)), 1)

    return min(failures, key=weight)
