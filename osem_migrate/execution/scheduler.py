"""Scheduler: runs tasks in threads as soon as everything they wait for is done."""

import signal
import threading
from collections import deque
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
    width = max(1, width)
    queue = _Queue(tasks)
    running: dict[Future[bool], K] = {}
    with _ctrl_c_asks(stop), ThreadPoolExecutor(max_workers=width, thread_name_prefix="lane") as pool:
        while True:
            going_on = failure is None and not stop.is_requested
            while going_on and queue.ready and len(running) < width:
                task = queue.ready.popleft()
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
                    queue.close(key, done=future.result())
                elif failure is None or isinstance(failure, Interrupted):
                    failure = problem
    if failure is not None:
        raise failure
    if queue.left:
        stop.check()


class _Queue(Generic[K]):
    """Tasks in the order given, as soon as each may begin.

    Each is looked at once for everything that it waits for, however many others there are.

    Attributes:
        ready: those that may begin, and have not.
        left: the keys of all that have not ended.
    """

    def __init__(self, tasks: Sequence[Task[K]]) -> None:
        self._missing = {task.key: len(task.after) for task in tasks}
        self._following: dict[K, list[Task[K]]] = {}
        for task in tasks:
            for key in task.after:
                self._following.setdefault(key, []).append(task)
        self.ready = deque(task for task in tasks if not task.after)
        self.left = {task.key for task in tasks}

    def close(self, key: K, *, done: bool) -> None:
        """A task has ended; only what waits for one that is done may begin."""
        self.left.discard(key)
        for task in self._following.pop(key, ()) if done else ():
            self._missing[task.key] -= 1
            if not self._missing[task.key]:
                self.ready.append(task)


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
