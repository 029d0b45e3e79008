"""LiveRegion: rows below whatever is printed, on a screen in this process."""

import os
import threading
from collections.abc import Sequence

import pytest
from rich.text import Text

from osem_migrate.cli import live_region
from osem_migrate.cli.live_region import LiveRegion
from tests.doubles.screen import DrawnOn, Screen


class _Rows:
    """As many rows as the test says, with a word on each."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.room = os.terminal_size((0, 0))

    def __call__(self, room: os.terminal_size) -> Sequence[Text]:
        self.room = room
        return [Text(word) for word in self.words]


@pytest.fixture
def terminal() -> DrawnOn:
    """80 columns and 24 lines, which is what a stream without a descriptor is taken for."""
    return DrawnOn(Screen(80, 24))


def test_what_is_printed_stands_above_the_rows(terminal: DrawnOn) -> None:
    """In the order in which it was printed; nothing of what stood there before is lost, and the rows go at the end."""
    terminal.write("before\n")
    rows = _Rows("one", "two", "three")
    region = LiveRegion(rows, terminal, plain=False)
    for number in range(40):
        assert region.print(f"line {number}")
    assert terminal.wait_for("line 39\none\ntwo\nthree")[0] == "before"
    rows.words = ()
    region.close()
    assert terminal.rows == ["before", *(f"line {number}" for number in range(40))]
    assert not terminal.screen.cursor.hidden
    assert not region.print("too late")


def test_rows_are_cut_off_and_leave_half_of_the_screen(terminal: DrawnOn) -> None:
    """Wider and more than there is room for: one line each, and twelve of 24."""
    rows = _Rows(*(f"{number} " + "x" * 100 for number in range(30)))
    region = LiveRegion(rows, terminal, plain=False)
    shown = terminal.wait_for("11 x")
    region.close()
    assert tuple(rows.room) == (79, 12)
    assert len(shown) == 12
    assert all(len(row) == 79 and row.endswith("…") for row in shown)


def test_many_threads_print_whole_lines(terminal: DrawnOn) -> None:
    """Each line once, and those of one thread in order."""
    region = LiveRegion(_Rows("working"), terminal, plain=False)

    def tell(name: int) -> None:
        for number in range(20):
            region.print(f"{name} {number}")

    threads = [threading.Thread(target=tell, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    region.close()
    for name in range(8):
        mine = [row for row in terminal.rows if row.startswith(f"{name} ")]
        assert mine == [f"{name} {number}" for number in range(20)]
    assert len(terminal.rows) == 160


def test_the_terminal_is_given_back_and_taken_again(terminal: DrawnOn) -> None:
    """Meanwhile nothing is drawn, all that was printed stands there, and the cursor is to be seen."""
    region = LiveRegion(_Rows("working"), terminal, plain=False)
    terminal.wait_for("working")
    region.print("last words")
    with region.given_back():
        assert terminal.rows == ["last words"]
        assert not terminal.screen.cursor.hidden
        terminal.write("the shell's\n")
        assert terminal.rows == ["last words", "the shell's"]
    assert terminal.wait_for("working") == ["last words", "the shell's", "working"]
    region.close()


def test_a_terminal_that_takes_nothing_holds_nobody_up(terminal: DrawnOn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held with Ctrl-S: who prints goes on, and a signal handler waits for a moment only."""
    monkeypatch.setattr(live_region, "PATIENCE", 0.01)
    goes_on, held = threading.Event(), threading.Event()

    def draw(_room: os.terminal_size) -> list[Text]:
        held.set()
        goes_on.wait(60)
        return []

    region = LiveRegion(draw, terminal, plain=False)
    assert held.wait(60)
    assert region.print("line")
    with region.given_back():
        assert terminal.rows == [""]
    goes_on.set()
    region.close()
    assert terminal.rows == ["line"]


def test_a_terminal_that_has_gone_does_not_stop_a_run(terminal: DrawnOn, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn on it is lost, and nothing else happens."""

    def refuse(_text: str) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(terminal, "write", refuse)
    region = LiveRegion(_Rows("working"), terminal, plain=True)
    region.print("line")
    region.close()
