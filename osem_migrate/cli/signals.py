"""Signals: the first Ctrl-C or SIGTERM ends a command where it can, a second one at once, and Ctrl-Z suspends it."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from osem_migrate.cli import terminal
from osem_migrate.errors import Interrupted, Termination
from osem_migrate.stop import Stop

_STDOUT = 1
_SIGNALS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Termination}


class Listener:
    """What a signal does while no run is at work: the first raises, a second one leaves at once.

    Once the command has begun to say how it ended, it is about to leave anyway, and is not to be kept from saying it.
    """

    def __init__(self) -> None:
        self._asked = False
        self._tells = False
        self._last_words: Callable[[Interrupted], bytes] = _silent

    def install(self) -> None:
        """Be who hears signals in this process."""
        for number in _SIGNALS:
            signal.signal(number, self._hear)

    def begin(self, last_words: Callable[[Interrupted], bytes], heard: Sequence[int] = ()) -> None:
        """A command begins, whose last words are these; raises the first signal of those that were ``heard`` before."""
        self._asked, self._tells, self._last_words = bool(heard), False, last_words
        if heard:
            raise _SIGNALS[signal.Signals(heard[0])]

    def tell(self) -> None:
        """The command says how it ended, and nothing interrupts that."""
        self._tells = True

    def leave(self, number: int, resume: str | None = None) -> NoReturn:
        """End the process at once, with its last words on standard output.

        Not through sys.stdout: the signal may have come in the middle of a write to it, which takes no second one.
        """
        interrupted = Interrupted.by(_SIGNALS[signal.Signals(number)](), resume=resume)
        try:
            if not self._tells:
                os.write(_STDOUT, self._last_words(interrupted))
        finally:
            os._exit(interrupted.exit_code)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._tells:
            return
        if self._asked:
            self.leave(number)
        self._asked = True
        raise _SIGNALS[signal.Signals(number)]


def _silent(interrupted: Interrupted) -> bytes:
    del interrupted
    return b""


LISTENER = Listener()
"""That of this process, which has one command line at a time."""


@contextmanager
def stop_on_signal(resume: str) -> Iterator[Stop]:
    """A Stop that signals set while the block runs; the handlers before are put back afterwards."""
    stop = Stop()

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        if stop.is_requested:
            with terminal.rows_hidden():
                LISTENER.leave(number, resume)
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
