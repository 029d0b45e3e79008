"""LiveLines: on a terminal, one line for each table or index in work, with its phase and elapsed time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from osem_migrate.cli import output
from osem_migrate.planning.estimate import Estimate

REFRESHES_PER_SECOND = 8


@dataclass(slots=True)
class _Line:
    text: str
    usual: Estimate
    spinner: Spinner
    started: float = field(default_factory=time.monotonic)
    phase: str = ""


class LiveLines:
    """The lines at the bottom of the terminal; anything else is printed above them."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._lines: dict[str, _Line] = {}
        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            transient=True,
            refresh_per_second=REFRESHES_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def begin(self, key: str, text: str, usual: Estimate) -> None:
        """Show a line under a key."""
        self._lines[key] = _Line(text, usual, Spinner("dots"))
        if not self._live.is_started:
            self._live.start()

    def phase(self, key: str, phase: str) -> None:
        """Say what the line's subject is doing."""
        if key in self._lines:
            self._lines[key].phase = phase

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

    def _row(self, line: _Line) -> Spinner:
        elapsed = time.monotonic() - line.started
        usual = f"{output.usual(line.usual)} on AWS"
        parts = [line.phase, output.duration(elapsed), usual]
        line.spinner.update(text=Text(f"{line.text}  ") + Text(" · ".join(filter(None, parts)), style="dim"))
        return line.spinner
