"""Output: text for people with a symbol and a word, the JSON envelope for machines, and errors for both."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from osem_migrate import advice
from osem_migrate.cli import terminal
from osem_migrate.cli.layout import UNBROKEN, width_of
from osem_migrate.cli.terminal import can_show
from osem_migrate.errors import OsemMigrateError
from osem_migrate.listing import in_lines, one_line

if TYPE_CHECKING:
    from osem_migrate.operations.estimate import Estimate

_MINUTE = 60
_HOUR = 60 * _MINUTE

_SYMBOLS = {"done": ("✓", "+", "green"), "error": ("✗", "x", "red"), "warning": ("⚠", "!", "yellow")}
_INFORMATION = ("ℹ", "i", "blue")  # noqa: RUF001 - the sign for information, as the design names it
_URL_USER = re.compile(r"(?<=://)[^/@\s\"']+@")


_show: Callable[[Sequence[str]], str] = advice.as_typed


def show_commands(show: Callable[[Sequence[str]], str]) -> None:
    """From now on, fill the placeholders of commands in whatever is printed with what ``show`` makes of them."""
    global _show  # noqa: PLW0603 - a process has one command line, and everything it prints passes here
    _show = show


def _typed(words: Sequence[str]) -> str:
    """What stands for a placeholder: a command, or the file that configures the project."""
    if words[0] != advice.CONFIGURED:
        return _show(words)
    from osem_migrate.config.configuration import spelled

    return spelled(words[1:], Path())


def line(kind: str, text: str, *, err: bool = False) -> None:
    """One line with its symbol: ``done``, ``error``, ``warning`` or ``info``."""
    fancy, plain, colour = _SYMBOLS.get(kind, _INFORMATION)
    echo(f"{click.style(fancy if can_show(fancy, err=err) else plain, fg=colour)} {text}", err=err)


def hint(text: str, *, err: bool = False) -> None:
    """What to type next."""
    echo(f"{click.style('hint:', fg='cyan')} {text}", err=err)


def echo(text: str = "", *, err: bool = False, hang: int | None = None) -> None:
    """Text on stdout (or stderr), with its commands as they are typed here.

    On a terminal it is wrapped at words, and its lines are set in by ``hang``; a command in it is not broken. Raises
    OutputRefused where stdout takes no result.
    """
    terminal.write(without_passwords(advice.shown(text, _unbroken)), err=err, hang=hang)


def verbatim(text: str) -> None:
    """Text on stdout for a program, or for a file: its lines are never wrapped."""
    terminal.write(without_passwords(advice.shown(text, _typed)), err=False, wrap=False)


def table(rows: Sequence[Sequence[str]], indent: str = "", below: Sequence[Sequence[str]] = ()) -> None:
    """Rows on stdout, in columns; what the last column has no room for goes on below it, then what ``below`` lists."""
    lines = columns(rows)
    hang = sum(2 + max(width_of(row[at]) for row in rows) for at in range(len(rows[0]) - 1)) if rows else 0
    for text, parts in zip_longest(lines, below, fillvalue=""):
        echo(f"{indent}{text}", hang=len(indent) + hang)
        bullets(parts)


def entries(rows: Sequence[Sequence[str]], head: int, below: Sequence[Sequence[str]] = ()) -> None:
    """A table on stdout; where a line of it has no room, what stands behind the first columns goes below them.

    Args:
        rows: cells of one line each.
        head: how many columns stay together.
        below: what each of them lists, a line each; nothing where omitted.
    """
    room = terminal.room()
    if room is None or all(width_of(text) <= room for text in columns(rows)):
        table(rows, below=below)
        return
    heads = columns([row[:head] for row in rows])
    for first, row, parts in zip_longest(heads, rows, below, fillvalue=""):
        echo(first)
        echo(f"    {', '.join(filter(None, row[head:]))}")
        bullets(parts)


def _unbroken(words: Sequence[str]) -> str:
    return _typed(words).replace(" ", UNBROKEN)


def bullets(parts: Sequence[str], indent: str = "    ", *, err: bool = False) -> None:
    """What a message lists, a line each."""
    for part in parts:
        echo(f"{indent}- {part}", err=err, hang=len(indent) + 2)


def dim(text: str) -> str:
    """Text of lesser weight."""
    return click.style(text, dim=True) if text else ""


def json_text(document: Any) -> str:
    """A JSON document with its commands as they are typed here, in characters that stdout has."""
    document = _filled(document)
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return f"{text if can_show(text, err=False) else json.dumps(document, indent=2)}\n"


def _filled(value: Any) -> Any:
    """A JSON document with its commands as they are typed here."""
    if isinstance(value, str):
        return advice.shown(value, _typed)
    if isinstance(value, Mapping):
        return {name: _filled(item) for name, item in value.items()}
    return [_filled(item) for item in value] if isinstance(value, list | tuple) else value


def without_passwords(text: str) -> str:
    """The text without the user and password of the URLs in it."""
    return _URL_USER.sub("***@", text)


def failure(error: OsemMigrateError) -> None:
    """An error: what is wrong and what to type next, on stderr."""
    text, parts = in_lines(one_line(error.summary, error.parts), error.parts)
    line("error", f"{click.style(error.code, bold=True)}: {text}{':' if parts else ''}", err=True)
    bullets(parts, indent="  ", err=True)
    echo(err=True)
    first, *others = error.advice.splitlines() or [""]
    hint(first, err=True)
    for other in others:
        echo(f"      {other}", err=True)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, each column as wide as its widest cell; trailing spaces are left out."""
    widths = [max(map(width_of, column), default=0) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``8 min 20 s``, ``1 h 3 min``."""
    if seconds < 10:  # noqa: PLR2004 - below ten seconds the tenths matter
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def usual(time: "Estimate") -> str:
    """``usually 2 to 6 s``, ``usually 8 to 17 min``, ``usually 1 h 3 min to 2 h 14 min``."""
    return f"usually {span(time)}"


def span(time: "Estimate") -> str:
    """``2 to 6 s``, ``8 to 17 min``, ``1 h 3 min to 2 h 14 min``; ``40 min`` where both ends are the same."""
    if roughly(time.low) == roughly(time.high):
        return roughly(time.high)
    if time.high < _MINUTE:
        return f"{time.low:.0f} to {time.high:.0f} s"
    if time.low >= _MINUTE and time.high < _HOUR:
        return f"{time.low / _MINUTE:.0f} to {time.high / _MINUTE:.0f} min"
    return f"{roughly(time.low)} to {roughly(time.high)}"


def moment(milliseconds: int) -> str:
    """Unix milliseconds as ISO 8601 in UTC, to the second; the number itself where it is in no year that there is."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return f"{milliseconds} ms"


def counted(number: int, noun: str) -> str:
    """``1 table``, ``6 tables``, ``8 indexes``."""
    plural = f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def roughly(seconds: float) -> str:
    """Without tenths, nor the seconds of whole minutes: an estimate is not that exact."""
    return duration(round(seconds)).removesuffix(" 0 s") if seconds >= _MINUTE else f"{seconds:.0f} s"
