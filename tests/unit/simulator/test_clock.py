"""Clock: simulated time is exact."""

import pytest

from tests.simulator.clock import START, ScaledClock, VirtualClock
from tests.simulator.timeline import Timeline


def test_virtual_time_moves_only_when_told() -> None:
    """A test of the state machine waits for nothing."""
    clock = VirtualClock()
    assert clock.now() == START
    clock.advance(2.5)
    assert clock.now() == START + 2.5


def test_virtual_time_moves_by_the_smallest_of_steps() -> None:
    """Whoever sleeps what is left of his time finds it later, even where the sum is rounded away."""
    clock = VirtualClock()
    clock.advance(1e-12)
    assert clock.now() > START
    clock.advance(0.0)
    assert START < clock.now() < START + 1e-6


def test_virtual_time_does_not_go_back() -> None:
    """A mistake in a test is an error, not a paradox."""
    with pytest.raises(ValueError, match="back"):
        VirtualClock().advance(-1)


def test_scaled_time_is_real_time_multiplied() -> None:
    """At 600 an hour takes six seconds."""
    real = iter([10.0, 16.0])
    clock = ScaledClock(600, monotonic=lambda: next(real))
    assert clock.now() == START + 3600


def test_events_happen_at_the_time_they_were_due() -> None:
    """However late the simulator looks, what follows from an event follows at its own time."""
    timeline = Timeline(0.0)
    seen: list[float] = []

    def first() -> None:
        seen.append(timeline.now)
        timeline.after(5, lambda: seen.append(timeline.now))

    timeline.after(10, first)
    timeline.run(100)
    assert (seen, timeline.now) == ([10.0, 15.0], 100)
