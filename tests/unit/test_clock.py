"""The clock: time as an argument."""

import threading
import time
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from osem_migrate.clock import SYSTEM_CLOCK, Clock, iso, iso_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@example(1_001, 0)
@given(st.integers(0, 4_102_444_800_000), st.integers(0, 999))
def test_milliseconds_are_exact(milliseconds: int, microseconds: int) -> None:
    """What is recorded comes back to the millisecond; a fraction of one is cut off, never rounded up."""
    now = EPOCH + timedelta(milliseconds=milliseconds, microseconds=microseconds)
    assert Clock(now=lambda: now).milliseconds() == milliseconds


def test_milliseconds_do_not_depend_on_the_zone() -> None:
    """The same moment has the same number everywhere."""
    here = datetime(2025, 1, 1, 12, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert Clock(now=lambda: here).milliseconds() == Clock(now=lambda: here.astimezone(UTC)).milliseconds()


def test_the_system_clock_is_the_systems() -> None:
    """Time of day in UTC, a monotonic clock, and a real sleep."""
    assert SYSTEM_CLOCK.now().tzinfo is UTC
    before, now, after = time.time(), SYSTEM_CLOCK.milliseconds(), time.time()
    assert int(before * 1000) - 1 <= now <= after * 1000 + 1
    assert SYSTEM_CLOCK.monotonic is time.monotonic
    assert SYSTEM_CLOCK.sleep is time.sleep
    assert SYSTEM_CLOCK.wait is threading.Event.wait


def test_a_clock_cannot_be_changed() -> None:
    """It is shared by everything that waits."""
    with pytest.raises(FrozenInstanceError):
        SYSTEM_CLOCK.sleep = print  # type: ignore[misc]


def test_a_wait_ends_with_its_event() -> None:
    """It says whether the event is set, before the seconds are over or after."""
    event = threading.Event()
    assert SYSTEM_CLOCK.wait(event, 0.001) is False
    event.set()
    assert SYSTEM_CLOCK.wait(event, 3600) is True


def test_time_can_be_made_to_pass_faster() -> None:
    """At a pace of 3,600 an hour takes a second, for sleeping, waiting and measuring alike; the date stays true."""
    fast = Clock.at_pace(3600)
    began, really = fast.monotonic(), time.monotonic()
    fast.sleep(36)
    assert fast.wait(threading.Event(), 36) is False
    passed = time.monotonic() - really
    assert 0.02 <= passed < 10
    assert fast.monotonic() - began >= 72
    assert fast.monotonic() - began == pytest.approx((time.monotonic() - really) * 3600, rel=0.5)
    assert abs((fast.now() - SYSTEM_CLOCK.now()).total_seconds()) < 10


def test_a_wait_at_any_pace_ends_with_its_event() -> None:
    """A request to stop is heard at once, however slowly time passes."""
    event = threading.Event()
    event.set()
    assert Clock.at_pace(0.001).wait(event, 3600) is True


@example(-1)
@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_a_time_for_machines_has_one_spelling(milliseconds: int) -> None:
    """Every millisecond of every year that there is, in UTC, comes back as it was."""
    text = iso_of(milliseconds)
    assert text is not None
    assert len(text) == len("2026-11-21T09:34:47.191Z")
    assert (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1) == milliseconds


def test_a_time_of_another_zone_is_told_in_utc() -> None:
    """The zone of whoever asked is nobody's business."""
    here = datetime(2025, 1, 1, 12, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert iso(here) == "2025-01-01T06:30:00.000Z"


@pytest.mark.parametrize("milliseconds", [None, 10**15, -(10**15), 10**30])
def test_what_is_no_time_is_none(milliseconds: int | None) -> None:
    """Neither where nothing was recorded, nor in a year that there is not."""
    assert iso_of(milliseconds) is None
