"""Durations: what was measured, drawn the same way every time."""

import pytest

from tests.simulator.durations import Durations, exactly, kinds


@pytest.mark.parametrize("kind", kinds())
def test_every_draw_lies_in_a_range_that_was_measured(kind: str) -> None:
    """No name leads outside the ranges that were measured."""
    durations = Durations()
    for number in range(50):
        drawn = durations.draw(kind, "osem-dev-Teams", f"index-{number}")
        assert any(low <= drawn <= high for low, high in getattr(durations, kind))


def test_the_same_names_draw_the_same() -> None:
    """A test that failed fails again."""
    assert Durations().draw("index_build", "T", "i") == Durations().draw("index_build", "T", "i")


def test_another_seed_or_name_draws_differently() -> None:
    """Runs can be varied on purpose."""
    draws = {
        Durations().draw("create_table", "A"),
        Durations().draw("create_table", "B"),
        Durations(seed="other").draw("create_table", "A"),
    }
    assert len(draws) == 3


def test_index_builds_are_bimodal() -> None:
    """468 to 539 s, or about 1,000 s; nothing between."""
    drawn = [Durations().draw("index_build", "T", f"i{number}") for number in range(200)]
    slow = [seconds for seconds in drawn if seconds > 600]
    assert 30 < len(slow) < 110
    assert not [seconds for seconds in drawn if 539 < seconds < 990]


def test_a_duration_can_be_exact() -> None:
    """Tests may choose what they measure against."""
    assert Durations(create_table=exactly(7.0)).draw("create_table", "T") == 7.0
