"""A scan goes through its segments: before a pause all is recorded, and once it is to end nobody claims any more."""

import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from osem_migrate.errors import ServiceFailed
from osem_migrate.execution.passes.checkpoints import Checkpoints
from osem_migrate.execution.passes.scan_run import Halted, ScanRun
from osem_migrate.execution.passes.segment_run import SegmentServices
from osem_migrate.pass_state import Checkpoint, Counts, SegmentState, SetAside
from tests.simulator.clock import VirtualClock

SEGMENTS = [SegmentState(scan=0, number=number) for number in range(60)]


class World:
    """A scan over segments without items, in one thread, whose checkpoints are kept in memory.

    Attributes:
        done: what was gone through.
        recorded: the segments as they are recorded.
        paused: whether the pass is.
        seen: what is recorded at each pause as finished; each is over at once.
        refused: how many claims the table has failed to take.

    Args:
        fails_behind: how many segments it takes none.
    """

    def __init__(self, fails_behind: int = 99) -> None:
        self.done: list[int] = []
        self.recorded: dict[int, SegmentState] = {}
        self.paused, self.refused = False, 0
        self._fails_behind = fails_behind
        self.seen: list[list[int]] = []
        self.halt = threading.Event()
        clock = VirtualClock().clock
        lease = SimpleNamespace(holder=SimpleNamespace(owner="me", fence=4), check_age=lambda: None)
        checkpoints = Checkpoints(cast("Any", self), 1, lease=cast("Any", lease), clock=clock, counted=lambda _: None)
        services = SegmentServices(
            checkpoints=checkpoints,
            clock=clock,
            check=self.wait,
            is_paused=lambda: self.paused,
            set_aside=cast("Any", None),
            handled=cast("Any", None),
        )
        self.scan = ScanRun(
            services,
            cast("Any", self),
            source=lambda: self,
            handler=lambda: cast("Any", None),
            wait=self.wait,
            finished=lambda: None,
            halt=self.halt,
        )

    def run(self, work: Callable[[], None], *, most: int) -> None:
        """As threads do, one after the other."""
        assert most == len(SEGMENTS)
        work()
        work()

    def pages(self, number: int, cursor: object) -> Iterator[Any]:
        """None of them; behind the third segment the pass is paused."""
        assert cursor is None
        self.done.append(number)
        self.paused = len(self.done) == 3
        return iter(())

    def wait(self) -> None:
        """As the pass does."""
        if self.halt.is_set():
            raise Halted
        if self.paused:
            self.seen.append([number for number, segment in self.recorded.items() if segment.finished])
            self.paused = False

    def write(self, generation: int, checkpoints: Sequence[Checkpoint], *, failure: SetAside | None = None) -> bool:
        """As the table does."""
        assert (generation, failure) == (1, None)
        if len(self.done) >= self._fails_behind and not checkpoints[0].seen.checkpoint:
            self.refused += 1
            raise ServiceFailed("500")
        self.recorded |= {one.segment.number: one.segment for one in checkpoints}
        return True


def test_all_that_was_done_is_recorded_before_a_pause_between_two_segments() -> None:
    """Nobody knows how long it lasts, and there may be no segment under way that would record it."""
    world = World()
    world.scan.run(SEGMENTS)
    assert world.seen == [[0, 1, 2]]
    assert world.done == [*range(60)]
    assert all(segment.finished and segment.counts == Counts() for segment in world.recorded.values())


def test_a_claim_that_fails_ends_the_pass_with_all_that_was_done() -> None:
    """No other thread claims any more, and what was done before is recorded."""
    world = World(fails_behind=40)
    with pytest.raises(ServiceFailed):
        world.scan.run(SEGMENTS)
    assert world.refused == 1
    assert world.done == [*range(50)]
    assert [number for number, segment in world.recorded.items() if segment.finished] == world.done
