"""LiveRegion: rows at the bottom of a terminal that one thread keeps drawing, while all else is printed above them."""

import io
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Literal, TextIO, TypeVar

from rich.console import Console
from rich.text import Text

from osem_migrate.cli.keyboard import Keyboard
from osem_migrate.cli.layout import size_of

REFRESHES_PER_SECOND = 8
PATIENCE = 0.5  # seconds that a signal handler waits for a frame to be written: a terminal that is held takes none

_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_ERASE_BELOW = "\r\x1b[J"

T = TypeVar("T")

Draw = Callable[[os.terminal_size], Sequence[Text]]
"""The rows for that much room: as many as there are lines."""


class LiveRegion:
    """The rows, from when it is made until it is closed.

    Between two frames the cursor rests at the beginning of the first row, and a frame begins by erasing everything
    below it. So nobody counts lines to find the rows again: a line that wrapped, or a terminal whose size has changed,
    cannot make a frame erase what stands above. rich's own ``Live`` leaves the cursor below its rows and goes up by
    their number, which is another one after a resize.

    Args:
        draw: gives the rows for half of the screen, in the thread that draws; each is cut off where the screen ends.
        stream: the terminal.
        plain: whether there are no colours.
    """

    def __init__(self, draw: Draw, stream: TextIO, *, plain: bool) -> None:
        self._draw = draw
        self._stream = stream
        # Only makes escape codes of what is captured: rich writes even where there is nothing to write.
        colours: Literal["auto"] | None = None if plain else "auto"
        self._console = Console(file=io.StringIO(), force_terminal=True, color_system=colours, highlight=False)
        # Filled by any thread and by signal handlers, which no lock of ours would suit. Lines are taken out only while
        # nobody else writes: whoever ends the process then prints all of them.
        self._above: SimpleQueue[str] = SimpleQueue()
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._closing = threading.Event()
        self._open = threading.RLock()  # reentrant: a signal may come while its thread prints
        self._writing = threading.Lock()
        self._keyboard = Keyboard(stream)
        self._keyboard.mute()
        self._thread = threading.Thread(target=self._keep_drawing, name="live-region", daemon=True)
        self._thread.start()

    def print(self, line: str) -> bool:
        """Print a line above the rows, in the order of the calls; returns at once. False once the region is closed."""
        with self._open:
            if not self._closing.is_set():
                self._above.put(line)
                self._wakes.put(None)
                return True
        return False

    def close(self) -> None:
        """Print what is left to print, take the rows away and give the cursor back."""
        with self._open:
            self._closing.set()
        self._wakes.put(None)
        self._thread.join()
        self._write(_taken(self._above), [], cursor=True)
        self._keyboard.give_back()

    @contextmanager
    def given_back(self) -> Iterator[None]:
        """The terminal without the rows, while a signal handler stops or ends the process."""
        held = self._writing.acquire(timeout=PATIENCE)
        try:
            if held:
                self._write(_taken(self._above), [], cursor=True)
            self._keyboard.give_back()
            yield
        finally:
            self._keyboard.mute()
            if held:
                self._writing.release()

    def _keep_drawing(self) -> None:
        while not self._closing.is_set():
            with suppress(Empty):
                self._wakes.get(timeout=1 / REFRESHES_PER_SECOND)
            with self._writing:
                self._write(_taken(self._above), self._rows())
            _taken(self._wakes)

    def _rows(self) -> list[Text]:
        screen = size_of(self._stream)
        # One that becomes narrower may show each row as two, and the first of them has to stay on it.
        room = os.terminal_size((max(1, screen.columns - 1), max(1, screen.lines // 2)))
        rows = list(self._draw(room))[: room.lines]
        for row in rows:
            row.truncate(room.columns, overflow="ellipsis")
        return rows

    def _write(self, lines: Sequence[str], rows: Sequence[Text], *, cursor: bool = False) -> None:
        """One frame, in one piece. The terminal may have become narrower since the rows were cut: they never wrap."""
        with self._console.capture() as drawn:
            for number, row in enumerate(rows):
                self._console.print(row, end="" if number + 1 == len(rows) else "\n", soft_wrap=True)
        up = f"\x1b[{len(rows) - 1}A" if len(rows) > 1 else ""
        shown = f"{_NO_WRAP}{drawn.get()}{_WRAP}\r{up}" if rows else ""
        above = "".join(f"{line}\n" for line in lines)
        # A terminal that has gone is no reason to stop a run.
        with suppress(OSError, ValueError):
            self._stream.write(f"{_HIDE_CURSOR}{_ERASE_BELOW}{above}{shown}{_SHOW_CURSOR if cursor else ''}")
            self._stream.flush()


def _taken(queue: SimpleQueue[T]) -> list[T]:
    """What is in a queue already."""
    found: list[T] = []
    with suppress(Empty):
        while True:
            found.append(queue.get_nowait())
    return found
