"""Scheduler: runs tasks in threads as soon as everything they wait for is done."""

import signal
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Generic, TypeVar

from osem_migrate.errors import Interrupted
from osem_migrate.stop import Stop

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Task(Generic[K]):
    """Something to do once all of ``after`` are done; ``action`` says whether it is done, or left under way."""

    key: K
    after: frozenset[K]
    action: Callable[[], bool]


def run_tasks(tasks: Sequence[Task[K]], *, width: int, stop: Stop) -> None:
    """Run every task, at most ``width`` at once, and raise the first failure once nothing runs any more.

    After a failure no further task begins, and those under way are carried to their end. ``stop`` ends them earlier.
    """
    failure: BaseException | None = None
    waiting = {task.key: task for task in tasks}
    running: dict[Future[bool], K] = {}
    done: set[K] = set()
    with _ctrl_c_asks(stop), ThreadPoolExecutor(max_workers=max(1, width), thread_name_prefix="lane") as pool:
        while True:
            going_on = failure is None and not stop.is_requested
            for task in [task for task in waiting.values() if going_on and task.after <= done]:
                del waiting[task.key]
                running[pool.submit(task.action)] = task.key
            if not running:
                break
            try:
                finished = wait(running, return_when=FIRST_COMPLETED).done
            except KeyboardInterrupt as pressed:
                stop.request(Interrupted.by(pressed))
                continue
            for future in finished:
                key = running.pop(future)
                problem = future.exception()
                if problem is None:
                    done |= {key} if future.result() else set()
                elif failure is None or isinstance(failure, Interrupted):
                    failure = problem
    if failure is not None:
        raise failure
    if waiting:
        stop.check()


@contextmanager
def _ctrl_c_asks(stop: Stop) -> Iterator[None]:
    """Let the first Ctrl-C ask to stop where it would raise KeyboardInterrupt, for programs without a handler.

    Raised while a thread is being started, it would leave a task behind that nobody waits for.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.request(Interrupted.by(KeyboardInterrupt()))

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
