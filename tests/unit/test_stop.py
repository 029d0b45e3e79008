"""Stop: asked once, heard by every lane and in every wait."""

import threading
from dataclasses import replace

import pytest

from osem_migrate.clock import Clock
from osem_migrate.errors import ExitCode, Interrupted, Termination
from osem_migrate.stop import Stop
from tests.simulator.clock import VirtualClock


def test_nobody_has_asked() -> None:
    """A run that nobody stops goes on, and its waits take as long as they should."""
    clock = VirtualClock()
    stop = Stop(clock.clock)
    stop.check()
    stop.sleep(5)
    assert clock.slept == [5]
    assert not stop.is_requested


def test_a_request_is_heard_at_the_next_check() -> None:
    """With the error that says by what it was stopped."""
    stop = Stop()
    stop.request(Interrupted.by(Termination()))
    assert stop.is_requested
    with pytest.raises(Interrupted, match="SIGTERM") as caught:
        stop.check()
    assert caught.value.exit_code is ExitCode.TERMINATED


def test_the_first_to_ask_counts() -> None:
    """Ctrl-C after SIGTERM does not change the exit code."""
    stop = Stop()
    stop.request(Interrupted("first"))
    stop.request(Interrupted("second"))
    with pytest.raises(Interrupted, match="first"):
        stop.check()


def test_no_wait_is_begun_after_a_request() -> None:
    """Not even a short one."""
    clock = VirtualClock()
    stop = Stop(clock.clock)
    stop.request(Interrupted("stopped"))
    with pytest.raises(Interrupted):
        stop.sleep(3600)
    assert clock.slept == []


def test_a_wait_ends_with_the_request() -> None:
    """Somebody who waits for an index of hours hears it at once, in whatever thread."""
    waiting = threading.Event()

    def wait(event: threading.Event, seconds: float) -> bool:
        waiting.set()
        return event.wait(seconds)

    stop = Stop(replace(Clock(), wait=wait))
    heard: list[str] = []

    def lane() -> None:
        try:
            stop.sleep(3600)
        except Interrupted as interrupted:
            heard.append(interrupted.message)

    thread = threading.Thread(target=lane)
    thread.start()
    assert waiting.wait(10)
    stop.request(Interrupted("stopped by Ctrl-C"))
    thread.join(10)
    assert heard == ["stopped by Ctrl-C"]
