"""What is written to a terminal, and what a signal handler may do to it."""

import os
import sys

import pytest

from osem_migrate import advice
from osem_migrate.cli import output, terminal
from osem_migrate.cli.main import run as run_words
from osem_migrate.errors import OsemMigrateError
from tests.cli.command_line import Project, Run, Tables
from tests.doubles.screen import DrawnOn, Screen


def _screen(monkeypatch: pytest.MonkeyPatch, name: str = "stderr") -> DrawnOn:
    """A terminal of 80 columns for stdout or stderr; pytest would undo it between a fixture and its test."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, name, screen := DrawnOn(Screen(80, 24)))
    return screen


def test_a_command_is_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes to the next line as a whole, and what is copied from there runs."""
    screen = _screen(monkeypatch)
    output.hint(f"the lock is held, so wait for the other run, or: {advice.command('unlock', '--force')}", err=True)
    assert screen.rows == [
        "hint: the lock is held, so wait for the other run, or:",
        "      osem-migrate unlock --force",
    ]


def test_a_document_is_never_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON that a newline was put into would be none."""
    screen = _screen(monkeypatch, "stdout")
    output.verbatim(output.json_text({"message": "word " * 30}))
    assert f'  "message": "{"word " * 30}"\n' in screen.sent


def test_what_the_last_column_has_no_room_for_goes_on_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table stays one to be read."""
    screen = _screen(monkeypatch, "stdout")
    output.table([("name", "short"), ("other", "word " * 20)], indent="  ")
    assert screen.rows == ["  name   short", f"  other  {'word ' * 14}".rstrip(), f"         {'word ' * 6}".rstrip()]


@pytest.mark.parametrize(("variable", "value"), [("TERM", "dumb"), ("NO_COLOR", "1")])
def test_no_colours_where_nobody_wants_them(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on a terminal that only prints, nor where they are switched off."""
    screen = _screen(monkeypatch)
    output.line("done", "it works", err=True)
    assert "\x1b[32m" in screen.sent
    screen = _screen(monkeypatch)
    monkeypatch.setenv(variable, value)
    output.line("done", "it works", err=True)
    assert screen.sent == "✓ it works\n"


def test_an_error_that_lists_is_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """A point a line for people; one sentence for whoever reads the message."""
    screen = _screen(monkeypatch)
    error = OsemMigrateError("they differ", parts=["the keys", "an index"], remediation="Look.")
    output.failure(error)
    assert screen.rows == ["✗ ERROR: they differ:", "  - the keys", "  - an index", "", "hint: Look."]
    assert error.message == str(error) == "they differ: the keys; an index"
    output.failure(OsemMigrateError("they differ", parts=["the keys"], remediation="Look."))
    assert "✗ ERROR: they differ: the keys" in screen.rows


def test_everything_goes_above_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results, warnings and a signal handler's notice, while there are rows; afterwards all is as before."""
    out, err = _screen(monkeypatch, "stdout"), _screen(monkeypatch)
    terminal.show_rows(lambda _room: [])
    terminal.show_rows(lambda _room: [])
    output.echo("a result")
    output.line("warning", "a warning", err=True)
    terminal.notice("a notice")
    with terminal.rows_hidden():
        assert err.rows == ["a result", "⚠ a warning", "a notice"]
    terminal.end_rows()
    terminal.end_rows()
    output.echo("another result")
    assert (out.rows, len(err.rows)) == (["another result"], 3)


def test_without_rows_there_is_nothing_to_hide(capfd: pytest.CaptureFixture[str]) -> None:
    """A signal handler writes past sys.stderr, which may be in use."""
    with terminal.rows_hidden():
        terminal.notice("a notice")
    assert capfd.readouterr().err == "\na notice\n"


def test_the_longest_names_are_whole_on_a_narrow_terminal(
    project: Project, run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of table, index and script: what has no room goes on in the next line, and no name is cut short or torn."""
    for path in project.migrations.glob("*.py"):
        path.unlink()
    table, index = "T" * (255 - len("shop-dev-")), "i" * 255
    script = f"0001_{'m' * 247}"
    project.script(script, f'CreateTable("{table}", S("id")), AddIndex("{table}", "{index}", S("owner"))')
    shows = {
        ("upgrade", "--dry-run"): (table, index, script),
        ("upgrade",): (),
        ("status",): (script,),
        ("list",): (table,),
        ("show", "1"): (table, index),
        ("history",): (table, script),
        ("verify",): (table,),
        ("check",): (),
        ("destroy", "--dry-run"): (table,),
    }
    for words, names in shows.items():
        screen = DrawnOn(Screen(80, 24))
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", screen)
            patch.setattr(terminal, "size_of", lambda _stream: os.terminal_size((80, 24)))
            assert run_words([*words]) == 0, words
        assert all(name in "".join(screen.rows) for name in names), (words, screen.rows)
    assert tables.names()
