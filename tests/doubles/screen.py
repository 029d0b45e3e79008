"""A terminal as people have it in front of them: a screen, its scroll-back, and a shell whose commands draw on both."""

import errno
import fcntl
import io
import os
import select
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from pyte import modes
from pyte.screens import HistoryScreen
from pyte.streams import ByteStream, Stream

PATIENCE = 60.0
KEPT = 10_000  # lines of scroll-back


class Screen(HistoryScreen):
    """pyte's screen, resized as terminals are.

    Args:
        reflows: whether a narrower one breaks lines that are too long, as most do today, or cuts them, as xterm does.
    """

    def __init__(self, columns: int, lines: int, *, reflows: bool = True) -> None:
        super().__init__(columns, lines, history=KEPT)
        self.reflows = reflows

    @property
    def rows(self) -> list[str]:
        """All there is to be read, the scroll-back first; without blanks at the ends of lines, or of the whole."""
        kept: list[Any] = list(self.history.top)
        text = ["".join(row[at].data for at in range(_length(row))) for row in kept]
        text += [line.rstrip() for line in self.display]
        return "\n".join(text).rstrip("\n").split("\n")

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """A taller one shows more of the scroll-back; a shorter one loses what is below the cursor first."""
        lines, columns = lines or self.lines, columns or self.columns
        rows: list[Any] = [*self.history.top, *(self.buffer[at] for at in range(self.lines))]
        top, at, x = len(self.history.top), len(self.history.top) + self.cursor.y, self.cursor.x
        shown = [(number, piece) for number, row in enumerate(rows) for piece in self._pieces(row, columns)]
        cursor = next(place for place, (number, _) in enumerate(shown) if number == at)
        if self.reflows:
            cursor += x // columns
        while len(shown) > cursor + 1 and not shown[-1][1]:
            shown.pop()
        if lines < self.lines:
            del shown[max(cursor + 1, top + lines) :]
        top = max(0, len(shown) - lines)
        self.history.top.clear()
        kept: Any = self.history.top
        kept.extend(piece for _, piece in shown[:top])
        self.buffer.clear()
        for place, (_, piece) in enumerate(shown[top:]):
            self.buffer[place].update(piece)
        self.lines, self.columns, self.margins = lines, columns, None
        self.cursor.y, self.cursor.x = max(0, cursor - top), min(x % columns if self.reflows else x, columns - 1)
        self.dirty.update(range(lines))

    def _pieces(self, row: Any, columns: int) -> list[dict[int, Any]]:
        length = _length(row)
        count = max(1, -(-length // columns)) if self.reflows else 1
        return [
            {x: row[piece * columns + x] for x in range(min(columns, length - piece * columns))}
            for piece in range(count)
        ]


class DrawnOn(io.StringIO):
    """A stream that is a terminal: what is written to it is drawn on a screen of its size.

    A write is one piece, as it is to whoever looks at a terminal: other threads see the screen before or after it.

    Attributes:
        sent: everything that was written.
    """

    encoding = "utf-8"

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self.screen = screen
        self.sent = ""
        self._stream = Stream(screen)
        self._in_use = threading.RLock()  # reentrant: a signal handler may write while its thread does

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._in_use:
            self.sent += text
            self._stream.feed(text.replace("\n", "\r\n"))
        return len(text)

    @property
    def rows(self) -> list[str]:
        """All there is to be read."""
        with self._in_use:
            return self.screen.rows

    def wait_for(self, text: str) -> list[str]:
        """The same, once the text is somewhere in it."""
        until = time.monotonic() + PATIENCE
        while text not in "\n".join(rows := self.rows):
            if time.monotonic() > until:
                pytest.fail(f"{text!r} did not come to be seen:\n" + "\n".join(rows))
            time.sleep(0.01)
        return rows


class Shell:
    """A shell that runs one line of commands on a terminal.

    Args:
        commands: what to run.
        screens: kinds of terminals that show the same, all of one size; what ``wait_for`` sees is the first one.
        environ: its environment.
    """

    def __init__(self, commands: str, screens: Sequence[Screen], environ: Mapping[str, str]) -> None:
        self.screens = tuple(screens)
        self.record = b""
        self._streams = [ByteStream(screen) for screen in screens]
        self._master, self._slave = os.openpty()
        self._tell_size()
        # What a session opens first becomes its terminal, from which Ctrl-C comes.
        line = f'exec <"$0" >"$0" 2>&1; trap : INT; {commands}'
        words = ["/bin/sh", "-c", line, os.ttyname(self._slave)]
        self.process = subprocess.Popen(words, env=dict(environ), start_new_session=True, stdin=subprocess.DEVNULL)

    def close(self) -> None:
        """End it, whatever it is at."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, 9)
        self.process.wait()
        os.close(self._slave)
        os.close(self._master)

    def type(self, keys: bytes) -> None:
        """Send keys."""
        os.write(self._master, keys)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size, and tell whoever draws on it."""
        self.look(0.0)
        for screen in self.screens:
            screen.resize(lines, columns)
        self._tell_size()

    def wait_for(self, seen: Callable[[list[str]], object]) -> list[str]:
        """The rows of the screen, once they are as they should be."""
        until = time.monotonic() + PATIENCE
        while True:
            rows = [line.rstrip() for line in self.screens[0].display]
            if seen(rows):
                return rows
            if time.monotonic() > until:
                pytest.fail("it did not come to be seen:\n" + "\n".join(self.screens[0].rows))
            self.look(0.05)

    def finish(self) -> list[list[str]]:
        """All that is to be read on each of the screens once the commands have ended."""
        until = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            if time.monotonic() > until:
                pytest.fail("it did not end:\n" + "\n".join(self.screens[0].rows))
            self.look(0.05)
        self.look(0.2)
        return [screen.rows for screen in self.screens]

    @property
    def is_clean(self) -> bool:
        """Whether the cursor and what is typed are to be seen, and lines wrap: as the shell gave the terminal away."""
        is_echoed = bool(termios.tcgetattr(self._slave)[3] & termios.ECHO)
        return is_echoed and all({modes.DECTCEM, modes.DECAWM} <= screen.mode for screen in self.screens)

    def look(self, seconds: float) -> None:
        """Take in what was drawn, until nothing comes for so long."""
        while select.select([self._master], [], [], seconds)[0]:
            try:
                drawn = os.read(self._master, 65_536)
            except OSError as gone:
                if gone.errno != errno.EIO:
                    raise
                return
            self.record += drawn
            for stream in self._streams:
                stream.feed(drawn)

    def _tell_size(self) -> None:
        size = struct.pack("HHHH", self.screens[0].lines, self.screens[0].columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)


def _length(row: Any) -> int:
    """Up to the last character that is not blank."""
    return max((at + 1 for at, char in row.items() if char.data.strip()), default=0)
