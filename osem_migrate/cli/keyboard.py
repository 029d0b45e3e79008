"""Keyboard: what is typed while live rows are on a terminal is not shown among them, where no frame would find it."""

import os
import termios
from contextlib import suppress
from typing import TextIO

_LOCAL_MODES = 3  # where termios keeps what it does with input
_SHOWN = termios.ECHO | termios.ECHONL


class Keyboard:
    """The keyboard of a terminal, if the stream is one; what is typed meanwhile waits for whoever reads it next.

    Args:
        stream: the terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._taken = 0  # of the modes, while it is muted

    def mute(self) -> None:
        """Show nothing of what is typed, until ``give_back``; Ctrl-C and Ctrl-Z work as ever."""
        self._change(mute=True)

    def give_back(self) -> None:
        """Show it again, if it was shown before."""
        self._change(mute=False)

    def _change(self, *, mute: bool) -> None:
        # What is no terminal, or has gone, has nobody typing; ``termios.error`` is no OSError.
        with suppress(OSError, ValueError, termios.error):
            terminal = self._stream.fileno()
            if os.tcgetpgrp(terminal) != os.getpgrp():
                return  # In the background, the keyboard is somebody else's, and touching it would stop the process.
            modes = termios.tcgetattr(terminal)
            if mute:
                self._taken |= modes[_LOCAL_MODES] & _SHOWN
                modes[_LOCAL_MODES] &= ~_SHOWN
            else:
                modes[_LOCAL_MODES] |= self._taken
                self._taken = 0
            termios.tcsetattr(terminal, termios.TCSANOW, modes)
