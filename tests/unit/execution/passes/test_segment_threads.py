"""As many segments at a time as it takes to reach the rate, however long answers are on their way."""

import threading
from collections.abc import Iterator

import pytest

from osem_migrate.aws.item_rate import ItemRate, Side
from osem_migrate.execution.passes.segment_threads import FEWEST, MOST, SegmentThreads
from tests.doubles.skipping_clock import SkippingClock

SEGMENTS = range(200)


class Table:
    """Whose writes take one unit each, and some time on their way.

    Args:
        clock: which passes meanwhile.
        limit: units a second; None without one.
        seconds: for an answer.
        at_once: answers of which the table, or this process, is capable at a time.
    """

    def __init__(self, clock: SkippingClock, limit: float | None, *, seconds: float, at_once: int = 1000) -> None:
        self._clock = clock
        self._seconds = seconds
        self._room = threading.Semaphore(at_once)
        self.rate = ItemRate(clock.clock, lambda _side, _index: limit)
        self.threads = SegmentThreads(self.rate, clock.clock)

    def scan(self, writes: int) -> None:
        """Go through so many items in each of the segments."""
        self.threads.run(lambda _segment: self._write(writes), SEGMENTS)

    def _write(self, writes: int) -> None:
        for _ in range(writes):
            self.rate.wait(Side.WRITE)
            with self._room:
                self._clock.sleep(self._seconds)
            self.rate.took(Side.WRITE, {"CapacityUnits": 1.0})


@pytest.fixture
def clock() -> Iterator[SkippingClock]:
    """Hours pass in no time."""
    with SkippingClock() as clock:
        yield clock


def test_it_takes_as_many_threads_as_the_rate_asks_for(clock: SkippingClock) -> None:
    """Between two regions an answer takes 100 ms: four threads would write 40 items a second."""
    table = Table(clock, 130, seconds=0.1)
    table.scan(20)
    assert table.threads.count == 16


def test_a_rate_that_is_reached_gets_no_more_threads(clock: SkippingClock) -> None:
    """More of them would only wait."""
    table = Table(clock, 30, seconds=0.1)
    table.scan(10)
    assert table.threads.count == FEWEST


def test_there_are_no_more_than_one_process_is_good_for(clock: SkippingClock) -> None:
    """Whatever the rate."""
    table = Table(clock, 1_000_000, seconds=1)
    table.scan(10)
    assert table.threads.count == MOST


def test_more_threads_that_are_no_faster_are_the_last(clock: SkippingClock) -> None:
    """Where it is not the way that takes so long, but what serves them."""
    table = Table(clock, 1000, seconds=0.1, at_once=4)
    table.scan(10)
    assert table.threads.count == 2 * FEWEST


def test_without_a_rate_there_are_few(clock: SkippingClock) -> None:
    """An engine on this machine shares its processors with the threads."""
    table = Table(clock, None, seconds=0.1)
    table.scan(10)
    assert table.threads.count == FEWEST


def test_fewer_segments_than_threads_are_all_done(clock: SkippingClock) -> None:
    """Each once."""
    done: list[int] = []
    Table(clock, None, seconds=0).threads.run(done.append, [1, 2])
    assert sorted(done) == [1, 2]
