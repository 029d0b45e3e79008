"""The live lines of a terminal, drawn on one of our own."""

import io
import sys

import pytest
from rich.console import Console
from rich.text import Text

from osem_migrate.cli import output
from osem_migrate.cli.progress import LiveLines
from osem_migrate.operations.estimate import Estimate
from tests.cli.story import Ticking

USUAL = Estimate(468, 1000)


class _Stream(io.StringIO):
    encoding = "utf-8"


def _terminal(width: int = 160) -> Console:
    return Console(file=_Stream(), force_terminal=True, width=width, color_system=None, legacy_windows=False)


def _drawn(lines: LiveLines) -> list[str]:
    """The lines as they would be drawn now."""
    return [row.plain for row in lines._render().renderables if isinstance(row, Text)]


@pytest.fixture
def clock() -> Ticking:
    """A clock that the test moves."""
    return Ticking()


def test_a_line_has_phases_elapsed_time_and_the_usual_range(clock: Ticking) -> None:
    """What is done, what each subject is doing, for how long, and how long it usually takes."""
    console = _terminal()
    lines = LiveLines(console, clock)
    lines.begin("Teams", "0007 add index managerId-index to Teams", USUAL)
    clock.seconds += 95
    lines.phase("Teams", "managerId-index", "backfilling", 95.0)
    lines.phase("Teams", "Teams", "updating", 95.0)
    (line,) = _drawn(lines)
    lines.close()
    assert line[1:] == (
        " 0007 add index managerId-index to Teams  managerId-index backfilling, Teams updating, 1 min 35 s, "
        "usually 8 to 17 min on AWS"
    )


def test_a_phase_that_is_over_goes(clock: Ticking) -> None:
    """A later look replaces the phases of the one before."""
    console = _terminal()
    lines = LiveLines(console, clock)
    lines.begin("Teams", "text", USUAL)
    lines.phase("Teams", "managerId-index", "allocating", 1.0)
    lines.phase("Teams", "Teams", "updating", 2.0)
    (line,) = _drawn(lines)
    lines.close()
    assert "Teams updating" in line
    assert "allocating" not in line


def test_a_line_for_each_table_and_none_for_others(clock: Ticking) -> None:
    """Tables stand side by side; a phase of something that has no line is left out."""
    console = _terminal()
    lines = LiveLines(console, clock)
    lines.begin("Teams", "first", USUAL)
    lines.begin("Plans", "second", USUAL)
    lines.phase("Users", "Users", "creating", 1.0)
    assert [line.split()[1] for line in _drawn(lines)] == ["first", "second"]
    lines.end("Teams")
    assert [line.split()[1] for line in _drawn(lines)] == ["second"]
    lines.end("Plans")
    assert _drawn(lines) == []


@pytest.mark.parametrize("width", [40, 80])
def test_a_line_never_wraps_and_leaves_room_for_ctrl_c(width: int, clock: Ticking) -> None:
    """On a narrow terminal the end is cut off: a wrapped line, or one with ^C behind it, could not be taken away."""
    console = _terminal(width)
    lines = LiveLines(console, clock)
    lines.begin("Assessments", "0010 add index planId-teamMemberId-index to Assessments " * 2, USUAL)
    (line,) = _drawn(lines)
    lines.close()
    assert len(line) == width - 3
    assert line.endswith("…")


def test_what_stays_is_printed_above(clock: Ticking) -> None:
    """Text in between is printed whole, the lines come back after it, and the last line is taken away at the end."""
    console = _terminal()
    lines = LiveLines(console, clock)
    lines.begin("Teams", "working", USUAL)
    lines.above(lambda: console.print("done with something"))
    assert lines._live.is_started
    lines.end("Teams")
    assert not lines._live.is_started
    lines.above(lambda: console.print("after the end"))
    assert not lines._live.is_started
    stream = console.file
    assert isinstance(stream, io.StringIO)
    drawn = stream.getvalue()
    assert "done with something" in drawn
    assert drawn.rpartition("after the end")[0].count("\x1b[2K") >= 1
    assert "\x1b[?25h" in drawn.rpartition("\x1b[?25l")[2]


def test_a_terminal_without_braille_spins_in_ascii(clock: Ticking, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ASCII terminal sees a spinner that it can show."""
    monkeypatch.setattr(output, "can_show", lambda *_, **__: False)
    console = _terminal()
    lines = LiveLines(console, clock)
    lines.begin("Teams", "text", USUAL)
    (line,) = _drawn(lines)
    lines.close()
    assert line[0] in "|/-\\"


def test_without_a_console_it_is_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live lines are progress: they never go to stdout."""
    monkeypatch.setattr(sys, "stderr", stream := _Stream())
    lines = LiveLines()
    assert lines._console.file is stream
