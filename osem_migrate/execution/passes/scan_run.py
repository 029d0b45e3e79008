"""ScanRun: one scan of a pass: its segments, a few at a time, each to its end."""

import threading
from collections.abc import Callable, Iterable

from osem_migrate.errors import Interrupted, LockLost
from osem_migrate.execution.passes.item_handler import ItemHandler
from osem_migrate.execution.passes.segment_run import SegmentRun, SegmentServices
from osem_migrate.execution.passes.segment_threads import SegmentThreads
from osem_migrate.execution.passes.sources import Source
from osem_migrate.pass_state import Counts, SegmentState


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

    def run(self, segments: Iterable[SegmentState]) -> list[Counts]:
        """The counts of each; raises the gravest of what ended them."""
        failures: list[BaseException] = []
        done: list[Counts] = []

        def go(segment: SegmentState) -> None:
            try:
                self._wait()
                done.append(SegmentRun(segment, self._source(), self._handler(), self._services).run().counts)
            except BaseException as failure:  # noqa: BLE001 - raised once nobody works any more
                failures.append(failure)
                self._halt.set()
            else:
                self._finished()

        self._threads.run(go, segments)
        if failures:
            raise _worst(failures)
        return done


def _worst(failures: list[BaseException]) -> BaseException:
    """Of all that ended, the one that is to be told of: a lost lock first, and a request to stop last."""

    def weight(failure: BaseException) -> int:
        kinds = ((LockLost, 0), (Halted, 3), (Interrupted, 2))
        return next((number for kind, number in kinds if isinstance(failure, kind)), 1)

    return min(failures, key=weight)
