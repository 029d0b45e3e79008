"""Signals: the first Ctrl-C or SIGTERM ends a run between two calls, a second one leaves at once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from osem_migrate.errors import ExitCode, Interrupted, Termination
from osem_migrate.stop import Stop

_STDERR = 2
_SIGNALS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Termination}


@contextmanager
def stop_on_signal(resume: str) -> Iterator[Stop]:
    """A Stop that signals set while the block runs; the handlers before are put back afterwards."""
    stop = Stop()

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        if stop.is_requested:
            os._exit(ExitCode.TERMINATED if number == signal.SIGTERM else ExitCode.INTERRUPTED)
        stop.request(Interrupted.by(_SIGNALS[signal.Signals(number)](), resume=resume))
        # Not through sys.stderr: the signal may have come in the middle of a write to it, which takes no second one.
        os.write(_STDERR, b"\nStopping after the call in flight; once more leaves at once.\n")

    before = {number: signal.signal(number, ask) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
