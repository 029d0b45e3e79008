"""Tasks run as soon as what they wait for is done, and stop together."""

import threading
from collections.abc import Callable
from concurrent import futures
from contextlib import suppress
from typing import Any

import pytest

from osem_migrate.errors import DriftFound, ExitCode, Interrupted, Termination
from osem_migrate.execution import scheduler
from osem_migrate.execution.scheduler import Task, run_tasks
from osem_migrate.stop import Stop

PATIENCE = 10  # seconds after which a test that waits for another thread is wrong


class Log:
    """What the tasks did, in order."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self._guard = threading.Lock()

    def task(self, key: str, *after: str, act: Callable[[], bool] = lambda: True) -> Task[str]:
        """A task that writes down its beginning, and its end where it comes to it."""

        def action() -> bool:
            self.add(f"{key} begins")
            done = act()
            self.add(f"{key} ends")
            return done

        return Task(key, frozenset(after), action)

    def add(self, entry: str) -> None:
        with self._guard:
            self.entries.append(entry)

    @property
    def begun(self) -> set[str]:
        """Keys of the tasks that began."""
        return {entry.split()[0] for entry in self.entries if entry.endswith("begins")}


def raising(error: BaseException) -> Callable[[], bool]:
    """An action that fails like this."""

    def act() -> bool:
        raise error

    return act


def waiting_for(event: threading.Event) -> Callable[[], bool]:
    """An action that ends once the event is set."""
    return lambda: event.wait(PATIENCE)


def test_no_task_is_no_work() -> None:
    """An empty plan runs, and does nothing."""
    run_tasks([], width=3, stop=Stop())
    run_tasks([], width=0, stop=Stop())


def test_a_task_begins_when_all_it_waits_for_is_done() -> None:
    """A diamond: the last one waits for both in the middle, and these for the first."""
    log = Log()
    tasks = [log.task("d", "b", "c"), log.task("b", "a"), log.task("c", "a"), log.task("a")]
    run_tasks(tasks, width=4, stop=Stop())
    assert log.entries[:2] == ["a begins", "a ends"]
    assert log.entries[-2:] == ["d begins", "d ends"]
    assert log.begun == {"a", "b", "c", "d"}


def test_what_does_not_wait_runs_side_by_side() -> None:
    """Three tasks that end only when all of them have begun."""
    meeting = threading.Barrier(3, timeout=PATIENCE)
    log = Log()
    tasks = [log.task(key, act=lambda: meeting.wait() >= 0) for key in "abc"]
    run_tasks(tasks, width=3, stop=Stop())
    assert len(log.entries) == 6


@pytest.mark.parametrize("width", [1, 2, 5])
def test_no_more_run_at_once_than_that(width: int) -> None:
    """The width is kept, and used."""
    guard, running, most = threading.Lock(), [0], [0]
    full = threading.Event()

    def act() -> bool:
        with guard:
            running[0] += 1
            most[0] = max(most[0], running[0])
            if running[0] == width:
                full.set()
        assert full.wait(PATIENCE)
        with guard:
            running[0] -= 1
        return True

    run_tasks([Task(number, frozenset(), act) for number in range(10)], width=width, stop=Stop())
    assert most[0] == width


def test_a_long_chain_runs_in_order() -> None:
    """One lane of a hundred operations."""
    log = Log()
    tasks = [log.task(str(number), *([str(number - 1)] if number else [])) for number in range(100)]
    run_tasks(tasks, width=8, stop=Stop())
    assert [entry.split()[0] for entry in log.entries if entry.endswith("begins")] == [str(n) for n in range(100)]


def test_after_a_failure_the_others_finish_and_nothing_begins() -> None:
    """What is under way is carried to its end; neither what waits for it nor what waits for the failed one begins."""
    log, failed = Log(), threading.Event()

    def fail() -> bool:
        failed.set()
        raise DriftFound("it differs")

    tasks = [
        log.task("fails", act=fail),
        log.task("slow", act=waiting_for(failed)),
        log.task("after the slow one", "slow"),
        log.task("after the failed one", "fails"),
    ]
    with pytest.raises(DriftFound, match="it differs"):
        run_tasks(tasks, width=2, stop=Stop())
    assert log.begun == {"fails", "slow"}
    assert "slow ends" in log.entries


def test_of_two_failures_the_first_is_raised() -> None:
    """The second one may only be its consequence."""
    first_failed = threading.Event()
    first = DriftFound("first")

    def fail() -> bool:
        assert first_failed.wait(PATIENCE)
        raise DriftFound("second")

    def watch(original: Any) -> Callable[..., Any]:
        def wait(futures: Any, **options: Any) -> Any:
            result = original(futures, **options)
            first_failed.set()
            return result

        return wait

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scheduler, "wait", watch(futures.wait))
        tasks = [Task("a", frozenset(), raising(first)), Task("b", frozenset(), fail)]
        with pytest.raises(DriftFound, match="first"):
            run_tasks(tasks, width=2, stop=Stop())


def test_a_real_failure_says_more_than_an_interruption() -> None:
    """One lane heard the request to stop, another ran into drift meanwhile: the drift is what people must hear of."""
    heard = threading.Event()
    interrupted, drifted = Interrupted("stopped"), DriftFound("it differs")

    def interrupt() -> bool:
        heard.set()
        raise interrupted

    def drift() -> bool:
        assert heard.wait(PATIENCE)
        raise drifted

    with pytest.raises(DriftFound):
        run_tasks([Task("a", frozenset(), interrupt), Task("b", frozenset(), drift)], width=2, stop=Stop())


def test_what_is_left_under_way_holds_back_what_waits_for_it() -> None:
    """Not done is not failed: the others go on, and the run ends well."""
    log = Log()
    tasks = [
        log.task("left", act=lambda: False),
        log.task("after it", "left"),
        log.task("other"),
        log.task("o2", "other"),
    ]
    run_tasks(tasks, width=2, stop=Stop())
    assert log.begun == {"left", "other", "o2"}


def test_after_a_request_to_stop_nothing_begins() -> None:
    """The task under way decides for itself where it ends; the next one is not begun, and the request is the error."""
    log, stop = Log(), Stop()

    def ask() -> bool:
        stop.request(Interrupted.by(Termination()))
        return True

    with pytest.raises(Interrupted) as caught:
        run_tasks([log.task("a", act=ask), log.task("b", "a")], width=2, stop=stop)
    assert caught.value.exit_code is ExitCode.TERMINATED
    assert log.entries == ["a begins", "a ends"]


def test_a_request_before_the_beginning_is_heard() -> None:
    """Somebody pressed Ctrl-C while the plan was made."""
    log, stop = Log(), Stop()
    stop.request(Interrupted("stopped"))
    with pytest.raises(Interrupted):
        run_tasks([log.task("a")], width=1, stop=stop)
    assert log.entries == []


@pytest.mark.parametrize(
    ("pressed", "code"), [(KeyboardInterrupt(), ExitCode.INTERRUPTED), (Termination(), ExitCode.TERMINATED)]
)
def test_ctrl_c_without_a_handler_stops_all_lanes(
    monkeypatch: pytest.MonkeyPatch, pressed: KeyboardInterrupt, code: ExitCode
) -> None:
    """Used as a library: the interruption reaches the main thread, and the lanes hear of it in their waits."""
    log, stop, waiting = Log(), Stop(), threading.Event()
    original, pressings = futures.wait, [pressed]

    def press(futures: Any, **options: Any) -> Any:
        if pressings:
            assert waiting.wait(PATIENCE)
            raise pressings.pop()
        return original(futures, **options)

    def sleep() -> bool:
        waiting.set()
        stop.sleep(3600)
        return True

    monkeypatch.setattr(scheduler, "wait", press)
    with pytest.raises(Interrupted) as caught:
        run_tasks([log.task("a", act=sleep), log.task("b", "a")], width=2, stop=stop)
    assert caught.value.exit_code is code
    assert log.entries == ["a begins"]
    assert stop.is_requested


def test_no_thread_is_left_behind() -> None:
    """Whether it went well or not."""
    for act in (lambda: True, raising(DriftFound("it differs"))):
        with suppress(DriftFound):
            run_tasks([Task("a", frozenset(), act)], width=4, stop=Stop())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lane")]


def test_a_request_to_stop_that_finds_everything_done_changes_nothing() -> None:
    """Ctrl-C during the last operation: it finishes, so the run has not been cut short."""
    stop = Stop()

    def ask() -> bool:
        stop.request(Interrupted("stopped by Ctrl-C"))
        return True

    run_tasks([Task("a", frozenset(), ask)], width=1, stop=stop)
    assert stop.is_requested
