"""Signals: the first Ctrl-C or SIGTERM ends a run between two calls, a second one at once; Ctrl-Z suspends it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from osem_migrate.cli import terminal
from osem_migrate.errors import ExitCode, Interrupted, Termination
from osem_migrate.stop import Stop

_SIGNALS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Termination}


@contextmanager
def stop_on_signal(resume: str) -> Iterator[Stop]:
    """A Stop that signals set while the block runs; the handlers before are put back afterwards."""
    stop = Stop()

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        if stop.is_requested:
            with terminal.rows_hidden():
                os._exit(ExitCode.TERMINATED if number == signal.SIGTERM else ExitCode.INTERRUPTED)
        stop.request(Interrupted.by(_SIGNALS[signal.Signals(number)](), resume=resume))
        terminal.notice("Stopping after the call in flight; once more leaves at once.")

    before = {number: signal.signal(number, ask) for number in _SIGNALS}
    before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, _suspend)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _suspend(number: int, frame: FrameType | None) -> None:
    """Ctrl-Z: the shell gets the terminal as it is without live rows; ``fg`` brings them back."""
    del number, frame
    with terminal.rows_hidden():
        os.kill(os.getpid(), signal.SIGSTOP)
