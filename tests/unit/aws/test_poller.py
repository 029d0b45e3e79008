"""Polling suits a local engine's milliseconds and an index build's seventeen minutes."""

from collections.abc import Callable

import pytest

from osem_migrate.aws.poller import JITTER, LONGEST, SHORTEST, SHORTEST_LOCALLY, Poller
from osem_migrate.errors import AccessDenied, EndpointUnreachable, ServiceFailed, Throttled, WaitTimeout
from tests.simulator.clock import VirtualClock


def middle(low: float, high: float) -> float:
    """No jitter."""
    return (low + high) / 2


def latest(_low: float, high: float) -> float:
    """The jitter that makes an answer come as late as it may."""
    return high


def earliest(low: float, _high: float) -> float:
    """The jitter that makes the most looks."""
    return low


Jitter = Callable[[float, float], float]


def wait_for(
    clock: VirtualClock,
    settled_at: float,
    *,
    shortest: float = SHORTEST,
    jitter: Jitter = middle,
    timeout: float = 24 * 3600.0,
) -> int:
    """Wait for something that is ready after ``settled_at`` seconds; how often it was looked at."""
    looks: list[float] = []

    def ask() -> float:
        looks.append(clock.seconds)
        return clock.seconds

    poller = Poller(clock.clock, shortest, jitter)
    poller.until(ask, lambda at: at >= settled_at, timeout=timeout, what="the index")
    return len(looks)


def test_what_is_ready_is_not_waited_for() -> None:
    """One look and no sleep where the first answer will do."""
    clock = VirtualClock()
    assert wait_for(clock, 0) == 1
    assert clock.slept == []


@pytest.mark.parametrize(
    ("shortest", "settling", "most_looks"),
    [
        (SHORTEST_LOCALLY, 0.3, 8),
        (SHORTEST_LOCALLY, 5, 65),
        (SHORTEST_LOCALLY, 1000, 205),
        (SHORTEST, 0.3, 2),
        (SHORTEST, 5, 7),
        (SHORTEST, 50, 48),
        (SHORTEST, 500, 110),
        (SHORTEST, 1000, 130),
        (SHORTEST, 3 * 3600, 570),
    ],
)
@pytest.mark.parametrize("jitter", [earliest, middle, latest])
def test_the_number_of_looks_is_bounded(shortest: float, settling: float, most_looks: int, jitter: Jitter) -> None:
    """However the jitter falls, an index build of 1,000 seconds on AWS takes at most 130 DescribeTable calls."""
    assert wait_for(VirtualClock(), settling, shortest=shortest, jitter=jitter) <= most_looks


def test_a_backfill_of_a_thousand_seconds_takes_120_looks() -> None:
    """With the jitter as it falls: an account's DescribeTable rate is shared with everybody else in it."""
    looks = []
    for _ in range(50):
        clock = VirtualClock()
        asked: list[float] = []

        def ask(clock: VirtualClock = clock, asked: list[float] = asked) -> float:
            asked.append(clock.seconds)
            return clock.seconds

        Poller(clock.clock).until(ask, lambda at: at >= 1000, timeout=3600, what="the index")
        looks.append(len(asked))
    assert sum(looks) / len(looks) <= 120


@pytest.mark.parametrize("shortest", [SHORTEST, SHORTEST_LOCALLY])
@pytest.mark.parametrize("jitter", [earliest, middle, latest])
def test_the_answer_is_never_more_than_5_percent_late(shortest: float, jitter: Jitter) -> None:
    """From 20 seconds to an hour, however the jitter falls."""
    for seconds in range(20, 3600, 7):
        clock = VirtualClock()
        wait_for(clock, seconds + 0.37, shortest=shortest, jitter=jitter)
        assert clock.seconds - seconds - 0.37 <= 0.05 * (seconds + 0.37)


def test_what_settles_within_seconds_is_seen_within_a_second() -> None:
    """A table takes some seconds on AWS, and some milliseconds on a local engine."""
    for seconds in range(1, 20):
        clock = VirtualClock()
        wait_for(clock, seconds + 0.37, jitter=latest)
        assert clock.seconds - seconds - 0.37 < SHORTEST * (1 + JITTER)
    local = VirtualClock()
    wait_for(local, 0.3, shortest=SHORTEST_LOCALLY, jitter=latest)
    assert local.seconds - 0.3 < SHORTEST_LOCALLY * (1 + JITTER)


def test_a_build_of_seventeen_minutes_is_seen_within_seconds() -> None:
    """However long the wait, the next look is never more than LONGEST away."""
    clock = VirtualClock()
    wait_for(clock, 1000)
    assert 1000 <= clock.seconds < 1000 + LONGEST


@pytest.mark.parametrize("shortest", [SHORTEST, SHORTEST_LOCALLY])
def test_intervals_grow_from_the_shortest_to_a_limit(shortest: float) -> None:
    """Each interval is at least the one before it, from a second on AWS, or milliseconds locally, to LONGEST."""
    clock = VirtualClock()
    wait_for(clock, 1000, shortest=shortest)
    assert clock.slept == sorted(clock.slept)
    assert clock.slept[0] == pytest.approx(shortest)
    assert clock.slept[-1] == pytest.approx(LONGEST)
    assert (SHORTEST, SHORTEST_LOCALLY) == (1.0, 0.05)


@pytest.mark.parametrize("waited", [0.0, 0.7, 30.0, 5000.0])
def test_jitter_stays_within_its_share(waited: float) -> None:
    """The interval varies by at most JITTER, so that many pollers do not ask in step and none is late for it."""
    plain = Poller(VirtualClock().clock, uniform=middle).interval(waited)
    drawn = {Poller(VirtualClock().clock).interval(waited) for _ in range(200)}
    assert len(drawn) > 1
    assert plain * (1 - JITTER) <= min(drawn) <= max(drawn) <= plain * (1 + JITTER)


@pytest.mark.parametrize("timeout", [0.0, 0.01, 1.0, 17.0, 301.0])
def test_the_timeout_is_never_slept_past(timeout: float) -> None:
    """WaitTimeout comes at the timeout, after one last look, and names what was waited for."""
    clock = VirtualClock()
    looks: list[float] = []
    with pytest.raises(WaitTimeout, match="index a of Teams") as caught:
        Poller(clock.clock).until(
            lambda: looks.append(clock.seconds), lambda _: False, timeout=timeout, what="index a of Teams"
        )
    assert clock.seconds == pytest.approx(timeout)
    assert looks[-1] == pytest.approx(timeout)
    assert caught.value.details["timeout_seconds"] == timeout
    assert "Run upgrade again" in caught.value.remediation


def test_every_answer_that_is_not_done_is_told() -> None:
    """The callback hears each look with the seconds waited so far; the last, which is done, is no waiting."""
    clock = VirtualClock()
    told: list[tuple[float, float]] = []
    Poller(clock.clock, uniform=middle).until(
        clock.monotonic,
        lambda at: at >= 1.9,
        timeout=5,
        what="it",
        on_wait=lambda answer, waited: told.append((answer, waited)),
    )
    assert told == [(0.0, 0.0), (pytest.approx(SHORTEST), pytest.approx(SHORTEST))]


@pytest.mark.parametrize("blip", [Throttled, ServiceFailed, EndpointUnreachable])
def test_a_blip_does_not_end_a_long_wait(blip: type[Exception]) -> None:
    """Half a minute of throttling or of a broken network is not the end of a build of a quarter of an hour."""
    clock = VirtualClock()

    def ask() -> float:
        if 300 < clock.seconds < 330:
            raise blip("not now")
        return clock.seconds

    assert Poller(clock.clock, uniform=middle).until(ask, lambda at: at > 800, timeout=3600, what="it") > 800


def test_a_lasting_silence_ends_the_wait() -> None:
    """After a minute without any answer the error itself comes out."""
    clock = VirtualClock()

    def ask() -> float:
        if clock.seconds > 300:
            raise EndpointUnreachable("no route")
        return clock.seconds

    with pytest.raises(EndpointUnreachable):
        Poller(clock.clock, uniform=middle).until(ask, lambda _: False, timeout=3600, what="it")
    assert 300 + 60 - 15 <= clock.seconds <= 300 + 60 + 15


def test_silence_is_not_waited_for_beyond_the_timeout() -> None:
    """A timeout shorter than the silence that is borne ends the wait first."""
    clock = VirtualClock()

    def ask() -> float:
        raise Throttled("slow down")

    with pytest.raises(Throttled):
        Poller(clock.clock).until(ask, lambda _: False, timeout=10, what="it")
    assert clock.seconds == pytest.approx(10)


def test_an_error_that_does_not_pass_ends_the_wait_at_once() -> None:
    """Asking again does not help against a missing permission."""
    clock = VirtualClock()

    def ask() -> float:
        raise AccessDenied("no")

    with pytest.raises(AccessDenied):
        Poller(clock.clock).until(ask, lambda _: False, timeout=10, what="it")
    assert clock.slept == []
