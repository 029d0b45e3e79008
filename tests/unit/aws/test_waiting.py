"""Polling suits a local engine's milliseconds and an index build's seventeen minutes."""

import pytest

from osem_migrate.aws.waiting import JITTER, LONGEST, SHORTEST, Poller
from osem_migrate.errors import AccessDenied, EndpointUnreachable, ServiceFailed, Throttled, WaitTimeout
from tests.doubles.clock import FakeClock


def middle(low: float, high: float) -> float:
    """No jitter."""
    return (low + high) / 2


def wait_for(clock: FakeClock, settled_at: float, *, timeout: float = 24 * 3600.0) -> int:
    """Wait for something that is ready after ``settled_at`` seconds; how often it was looked at."""
    looks: list[float] = []

    def ask() -> float:
        looks.append(clock.seconds)
        return clock.seconds

    Poller(clock.clock, middle).until(ask, lambda at: at >= settled_at, timeout=timeout, what="the index")
    return len(looks)


def test_what_is_ready_is_not_waited_for() -> None:
    """One look and no sleep where the first answer will do."""
    clock = FakeClock()
    assert wait_for(clock, 0) == 1
    assert clock.slept == []


@pytest.mark.parametrize(
    ("build", "most_looks"),
    [(0.3, 8), (5, 42), (50, 75), (500, 120), (1000, 150), (3 * 3600, 850)],
)
def test_the_number_of_looks_is_bounded(build: float, most_looks: int) -> None:
    """An index build of 1,000 seconds takes at most 150 DescribeTable calls, one of 300 ms at most 8."""
    assert wait_for(FakeClock(), build) <= most_looks


def test_the_answer_comes_at_most_5_percent_late_on_average() -> None:
    """Over builds from a second to an hour, the mean lateness is under 5 % of the build."""
    late = []
    for seconds in range(1, 3600, 7):
        clock = FakeClock()
        wait_for(clock, seconds + 0.37)
        late.append((clock.seconds - seconds - 0.37) / (seconds + 0.37))
    assert sum(late) / len(late) < 0.05
    assert max(late) < 0.09


def test_a_build_of_seventeen_minutes_is_seen_within_seconds() -> None:
    """However long the wait, the next look is never more than LONGEST away."""
    clock = FakeClock()
    wait_for(clock, 1000)
    assert 1000 <= clock.seconds < 1000 + LONGEST


def test_intervals_grow_from_milliseconds_to_a_limit() -> None:
    """Each interval is at least the one before it, from SHORTEST to LONGEST."""
    clock = FakeClock()
    wait_for(clock, 1000)
    assert clock.slept == sorted(clock.slept)
    assert clock.slept[0] == pytest.approx(SHORTEST)
    assert clock.slept[-1] == pytest.approx(LONGEST)


@pytest.mark.parametrize("waited", [0.0, 0.7, 30.0, 5000.0])
def test_jitter_stays_within_its_share(waited: float) -> None:
    """The interval varies by at most JITTER, so that many pollers do not ask in step and none is late for it."""
    plain = Poller(FakeClock().clock, middle).interval(waited)
    drawn = {Poller(FakeClock().clock).interval(waited) for _ in range(200)}
    assert len(drawn) > 1
    assert plain * (1 - JITTER) <= min(drawn) <= max(drawn) <= plain * (1 + JITTER)


@pytest.mark.parametrize("timeout", [0.0, 0.01, 1.0, 17.0, 301.0])
def test_the_timeout_is_never_slept_past(timeout: float) -> None:
    """WaitTimeout comes at the timeout, after one last look, and names what was waited for."""
    clock = FakeClock()
    looks: list[float] = []
    with pytest.raises(WaitTimeout, match="index a of Teams") as caught:
        Poller(clock.clock).until(
            lambda: looks.append(clock.seconds), lambda _: False, timeout=timeout, what="index a of Teams"
        )
    assert clock.seconds == pytest.approx(timeout)
    assert looks[-1] == pytest.approx(timeout)
    assert caught.value.details["timeout"] == timeout
    assert "Run upgrade again" in caught.value.remediation


def test_every_answer_that_is_not_done_is_told() -> None:
    """The callback hears each look with the seconds waited so far; the last, which is done, is no waiting."""
    clock = FakeClock()
    told: list[tuple[float, float]] = []
    Poller(clock.clock, middle).until(
        clock.monotonic,
        lambda at: at >= 0.09,
        timeout=5,
        what="it",
        on_wait=lambda answer, waited: told.append((answer, waited)),
    )
    assert told == [(0.0, 0.0), (pytest.approx(SHORTEST), pytest.approx(SHORTEST))]


@pytest.mark.parametrize("blip", [Throttled, ServiceFailed, EndpointUnreachable])
def test_a_blip_does_not_end_a_long_wait(blip: type[Exception]) -> None:
    """Half a minute of throttling or of a broken network is not the end of a build of a quarter of an hour."""
    clock = FakeClock()

    def ask() -> float:
        if 300 < clock.seconds < 330:
            raise blip("not now")
        return clock.seconds

    assert Poller(clock.clock, middle).until(ask, lambda at: at > 800, timeout=3600, what="it") > 800


def test_a_lasting_silence_ends_the_wait() -> None:
    """After a minute without any answer the error itself comes out."""
    clock = FakeClock()

    def ask() -> float:
        if clock.seconds > 300:
            raise EndpointUnreachable("no route")
        return clock.seconds

    with pytest.raises(EndpointUnreachable):
        Poller(clock.clock, middle).until(ask, lambda _: False, timeout=3600, what="it")
    assert 300 + 60 - 15 <= clock.seconds <= 300 + 60 + 15


def test_silence_is_not_waited_for_beyond_the_timeout() -> None:
    """A timeout shorter than the silence that is borne ends the wait first."""
    clock = FakeClock()

    def ask() -> float:
        raise Throttled("slow down")

    with pytest.raises(Throttled):
        Poller(clock.clock).until(ask, lambda _: False, timeout=10, what="it")
    assert clock.seconds == pytest.approx(10)


def test_an_error_that_does_not_pass_ends_the_wait_at_once() -> None:
    """Asking again does not help against a missing permission."""
    clock = FakeClock()

    def ask() -> float:
        raise AccessDenied("no")

    with pytest.raises(AccessDenied):
        Poller(clock.clock).until(ask, lambda _: False, timeout=10, what="it")
    assert clock.slept == []
