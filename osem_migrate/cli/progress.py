"""LiveLines: on a terminal, one line for each table in work, with its phases and elapsed time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from osem_migrate.cli import output
from osem_migrate.operations.estimate import Estimate

REFRESHES_PER_SECOND = 8

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN_FRAMES = "|/-\\"


@dataclass(slots=True)
class _Line:
    text: str
    usual: Estimate
    started: float
    waited: float = 0.0
    phases: dict[str, str] = field(default_factory=dict)


class LiveLines:
    """The lines at the bottom of the terminal; anything else is printed above them.

    Args:
        console: rich's view of the terminal; stderr when omitted.
        monotonic: seconds on a clock that never jumps.
    """

    def __init__(self, console: Console | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lines: dict[str, _Line] = {}
        self._console = console or Console(stderr=True)
        self._monotonic = monotonic
        self._frames = _FRAMES if output.can_show(_FRAMES, err=True) else _PLAIN_FRAMES
        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            transient=True,
            refresh_per_second=REFRESHES_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def begin(self, key: str, text: str, usual: Estimate) -> None:
        """Show a line under a key, with the time that it usually takes on AWS."""
        self._lines[key] = _Line(text, usual, self._monotonic())
        if not self._live.is_started:
            self._live.start()

    def phase(self, key: str, subject: str, phase: str, waited: float) -> None:
        """Say what a subject of the line is doing; subjects told of at the same moment stand side by side."""
        line = self._lines.get(key)
        if line is None:
            return
        if waited != line.waited:
            line.waited, line.phases = waited, {}
        line.phases[subject] = phase

    def end(self, key: str) -> None:
        """Take a line away."""
        self._lines.pop(key, None)
        if not self._lines:
            self.close()

    def above(self, print_it: Callable[[], None]) -> None:
        """Print something that stays, above the lines."""
        running = self._live.is_started
        self.close()
        print_it()
        if running and self._lines:
            self._live.start()

    def close(self) -> None:
        """Take all lines away and give the cursor back."""
        if self._live.is_started:
            self._live.stop()

    def _render(self) -> Group:
        return Group(*(self._row(line) for line in tuple(self._lines.values())))

    def _row(self, line: _Line) -> Text:
        elapsed = self._monotonic() - line.started
        frame = self._frames[int(elapsed * REFRESHES_PER_SECOND) % len(self._frames)]
        phases = ", ".join(f"{subject} {phase}" for subject, phase in tuple(line.phases.items()))
        parts = (phases, output.duration(elapsed), f"{output.usual(line.usual)} on AWS")
        row = Text.assemble((frame, "cyan"), f" {line.text}  ", (", ".join(filter(None, parts)), "dim"))
        # A line that wraps cannot be taken away again, and neither can one after which the terminal has no room for ^C.
        row.truncate(self._console.width - len("^C "), overflow="ellipsis")
        return row
