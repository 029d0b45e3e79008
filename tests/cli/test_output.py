"""Text for people: symbols, colours, durations and what a stream cannot show."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from osem_migrate import advice
from osem_migrate.cli import output
from osem_migrate.cli.main import run as run_words
from osem_migrate.errors import OsemMigrateError, OutputRefused
from osem_migrate.operations.estimate import Estimate
from tests.cli.command_line import Project, Run, Tables
from tests.cli.process import run_installed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (12.4, "12 s"), (59.6, "1 min 0 s"), (500, "8 min 20 s"), (3780, "1 h 3 min")],
)
def test_durations(seconds: float, text: str) -> None:
    """Tenths below ten seconds, then seconds, minutes and hours."""
    assert output.duration(seconds) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (2, 6, "usually 2 to 6 s"),
        (468, 1000, "usually 8 to 17 min"),
        (5, 60, "usually 5 s to 1 min"),
        (50, 170, "usually 50 s to 2 min 50 s"),
        (3780, 8060, "usually 1 h 3 min to 2 h 14 min"),
    ],
)
def test_usual_times(low: float, high: float, text: str) -> None:
    """A range in the unit that people would use, not more exact than an estimate is."""
    assert output.usual(Estimate(low, high)) == text


def test_a_moment_is_utc() -> None:
    """Unix milliseconds as ISO 8601."""
    at = datetime(2026, 11, 21, 9, 34, 47, 999_000, UTC)
    assert output.moment(int(at.timestamp() * 1000)) == "2026-11-21T09:34:47Z"


@pytest.mark.parametrize(
    ("number", "noun", "text"), [(1, "table", "1 table"), (0, "call", "0 calls"), (8, "index", "8 indexes")]
)
def test_counts(number: int, noun: str, text: str) -> None:
    """Plurals, those of index among them."""
    assert output.counted(number, noun) == text


def test_columns_are_as_wide_as_what_is_seen() -> None:
    """Escape codes take no room, and no line ends in blanks."""
    rows = [(click.style("a", bold=True), "bb", ""), ("aaa", "b", "")]
    assert [click.unstyle(line) for line in output.columns(rows)] == ["a    bb", "aaa  b"]
    assert output.columns([]) == []


@pytest.mark.parametrize(("kind", "symbol"), [("done", "✓"), ("error", "✗"), ("warning", "⚠"), ("info", "ℹ")])  # noqa: RUF001
def test_symbols(kind: str, symbol: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each kind of line has its sign, on the stream that was asked for."""
    output.line(kind, "text")
    output.line(kind, "text", err=True)
    assert capsys.readouterr() == (f"{symbol} text\n", f"{symbol} text\n")


def test_an_ascii_stream_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signs have a plain form; what else a stream cannot show becomes a question mark, never an error."""
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    for kind in ("done", "error", "warning", "info"):
        output.line(kind, "Pläne")
    narrow.flush()
    assert narrow.buffer.getvalue().decode() == "+ Pl?ne\nx Pl?ne\n! Pl?ne\ni Pl?ne\n"


def test_an_error_has_a_hint_and_its_other_lines_are_set_in(capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong, an empty line, and what to type."""
    output.failure(OsemMigrateError("it broke", remediation="Do this:\nthen that"))
    assert capsys.readouterr().err == "✗ ERROR: it broke\n\nhint: Do this:\n      then that\n"


def test_an_error_without_a_remedy_still_has_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    """Even an empty remediation keeps the form."""
    output.failure(OsemMigrateError("it broke", remediation=""))
    assert "\nhint: \n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://ada:hunter2@localhost:8000/", "http://***@localhost:8000/"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("mail ada@example.com", "mail ada@example.com"),
        ('{"a":"http://x","b":"y@z"}', '{"a":"http://x","b":"y@z"}'),
    ],
)
def test_passwords_in_urls_are_hidden(text: str, shown: str) -> None:
    """User and password of a URL go, and nothing else."""
    assert output.without_passwords(text) == shown


def test_a_refusal_of_stdout_passes_and_one_of_stderr_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results that are lost are an error; progress that is lost is none."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(click, "echo", refuse)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    output.echo("progress", err=True)
    with pytest.raises(OutputRefused, match="No space left"):
        output.echo("result")


def test_a_pipe_gets_no_escape_codes_and_no_color_is_honoured(
    run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither results nor errors carry colour where nobody could see it; test_main looks at a process's pipes."""
    for _ in range(2):
        for words in (("status",), ("upgrade", "--dry-run"), ("upgrade", "--nonsense")):
            done = run(*words)
            assert done.out + done.err
            assert "\x1b" not in done.out + done.err
        monkeypatch.setenv("NO_COLOR", "1")


class Terminal(io.TextIOWrapper):
    """A screen that shows colours."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("value", "coloured"), [(None, True), ("", True), ("1", False)])
def test_a_terminal_shows_colours_unless_no_color_is_set(
    value: str | None, monkeypatch: pytest.MonkeyPatch, *, coloured: bool
) -> None:
    """On stdout and stderr alike; an empty NO_COLOR is none (https://no-color.org)."""
    if value is not None:
        monkeypatch.setenv("NO_COLOR", value)
    for name in ("stdout", "stderr"):
        screen = Terminal(io.BytesIO(), encoding="utf-8", write_through=True)
        monkeypatch.setattr(sys, name, screen)
        output.line("done", "all is well", err=name == "stderr")
        screen.seek(0)
        assert ("\x1b" in screen.read()) is coloured


def test_an_ascii_terminal_can_run_everything(project: Project, tables: Tables) -> None:
    """PYTHONIOENCODING=ascii: every command works, and what it prints is ASCII; one of them as a process."""
    script = project.migrations / "0001_create_teams.py"
    script.write_text(script.read_text().replace("Test 0001_create_teams", "Bücher ✓"))
    assert _in_ascii("upgrade --dry-run") == 0
    done = run_installed("upgrade", "-v", environ={"PYTHONIOENCODING": "ascii"})
    assert done.code == 0
    assert (done.out + done.err).isascii()
    assert [_in_ascii(words) for words in ("status", "nonsense")] == [0, 64]


def _in_ascii(words: str) -> int:
    """The exit code of a command that had only ASCII to write in."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    with redirect_stdout(screen), redirect_stderr(screen):
        code = run_words(words.split())
    screen.seek(0)
    text = screen.read()
    assert text
    assert text.isascii()
    return code


@pytest.mark.parametrize("own", [False, True])
def test_the_configuration_goes_by_the_name_of_its_file(project: Project, run: Run, *, own: bool) -> None:
    """Remedies name the file that the project has, and its tables as they are headed there."""
    name, head = ("osem-migrate.toml", "[local]") if own else ("pyproject.toml", "[tool.osem-migrate.local]")
    if own:
        (project.folder / "pyproject.toml").unlink()
        (project.folder / name).write_text('application = "shop"\n[environments.dev]\n', encoding="utf-8")
    assert f"in {name}, or use --account" in run("policy").err
    words = f"in {advice.CONFIGURATION}, under {advice.section('local')}"
    assert output.json_text(words) == f'"in {name}, under {head}"\n'


def test_without_a_configuration_nothing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor to a program, which may have found the file anywhere."""
    monkeypatch.chdir(tmp_path)
    words = f"{advice.CONFIGURATION}, {advice.section('local')}"
    assert output.json_text(words) == '"the configuration, [local]"\n'
    assert advice.in_library(words) == "the configuration, [local]"
