"""As many segments at a time as it takes to reach the rate, however long answers are on their way."""

import threading

import pytest

from osem_migrate.aws.item_rate import ItemRate, Side
from osem_migrate.clock import Clock
from osem_migrate.execution.passes.segment_threads import FEWEST, LOOK_SECONDS, MOST, SegmentThreads, ThreadCount


def found_right(rate: float, seconds: float, *, at_once: int = MOST) -> int:
    """How many threads there are in the end, where a write takes so long, and so many go on at once."""
    threads = ThreadCount()
    for _ in range(10):
        possible = min(threads.now, at_once) / seconds
        held_up = max(0.0, 1 - rate / possible)
        units = min(rate, possible) * LOOK_SECONDS
        threads.grow(seconds=LOOK_SECONDS, units=units, waited=held_up * threads.now * LOOK_SECONDS)
    return threads.now


@pytest.mark.parametrize(
    ("rate", "seconds", "threads"),
    [(1000, 0.003, 4), (1000, 0.005, 8), (100, 0.1, 16), (1000, 0.1, MOST), (1_000_000, 0.005, MOST), (1, 0.1, FEWEST)],
)
def test_it_takes_as_many_threads_as_the_rate_asks_for(rate: float, seconds: float, threads: int) -> None:
    """Between two regions an answer takes 100 ms: four threads would write 40 items a second, whatever the rate."""
    assert found_right(rate, seconds) == threads


def test_more_threads_that_are_no_faster_are_the_last() -> None:
    """Where it is not the way that takes so long, but who serves them, or this process."""
    assert found_right(1000, 0.1, at_once=4) == 2 * FEWEST


def test_a_pause_says_nothing_of_threads() -> None:
    """Nothing was taken, because nothing was asked for."""
    threads = ThreadCount()
    threads.grow(seconds=LOOK_SECONDS, units=100, waited=0)
    assert threads.grow(seconds=LOOK_SECONDS, units=0, waited=0) == 0
    assert threads.grow(seconds=LOOK_SECONDS, units=200, waited=0) == threads.now / 2, "twice as fast as before"


class Looks:
    """Some seconds of a scan, in which each thread takes a hundred units between two looks.

    Args:
        limit: units a second; None without one.
        segments: of the scan; each takes one thread until the end.
    """

    def __init__(self, limit: float | None, segments: int) -> None:
        clock = Clock(monotonic=lambda: self.now, wait=self._wait)
        self.now, self.looks, self.begun = 0.0, 3, 0
        self._end, self._lock = threading.Event(), threading.Lock()
        self._left = segments
        self.rate = ItemRate(clock, lambda _side, _index: limit)
        self.threads = SegmentThreads(self.rate, clock)
        self.threads.run(self._work, most=segments)

    def _work(self) -> None:
        with self._lock:
            if not self._left:
                return
            self._left, self.begun = self._left - 1, self.begun + 1
        self._end.wait(60)

    def _wait(self, event: threading.Event, seconds: float) -> bool:
        if self.looks:
            self.looks, self.now = self.looks - 1, self.now + seconds
            self.rate.took(Side.WRITE, {"CapacityUnits": 100.0 * self.threads.count})
            return False
        self._end.set()
        return event.wait(60)


def test_threads_are_added_while_it_makes_the_pass_faster() -> None:
    """Each time twice as many, and none is left when the scan is over."""
    looks = Looks(1_000_000, segments=100)
    assert looks.begun == looks.threads.count == 8 * FEWEST
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("segment")]


def test_without_a_rate_there_are_few() -> None:
    """An engine on this machine shares its processors with us."""
    assert Looks(None, segments=100).begun == FEWEST


def test_there_are_no_more_threads_than_segments() -> None:
    """Each segment is gone through once, and who found none is the last to be begun."""
    assert Looks(1_000_000, segments=2).begun == 2


def test_without_segments_nothing_is_done() -> None:
    """As in a scan that was over when the run was stopped."""
    assert Looks(1_000_000, segments=0).begun == 0


@pytest.mark.parametrize("there_are", [1, 3, 9])
def test_a_machine_without_more_threads_makes_do_with_those_it_has(
    there_are: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container may have a hundred of them; the pass is slower, and goes on."""
    start, begun = threading.Thread.start, list[threading.Thread]()

    def limited(thread: threading.Thread) -> None:
        if len(begun) == there_are:
            raise RuntimeError("can't start new thread")
        begun.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    assert Looks(1_000_000, segments=100).begun == there_are


def test_without_a_thread_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nobody who would be done one day."""

    def none(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none)
    with pytest.raises(RuntimeError, match="no thread"):
        Looks(1_000_000, segments=100)
