"""Output: text for people with a symbol and a word, the JSON envelope for machines, and errors for both."""

import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from osem_migrate import advice
from osem_migrate.errors import OsemMigrateError, OutputRefused

if TYPE_CHECKING:
    from osem_migrate.operations.estimate import Estimate

SCHEMA_VERSION = 1

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


def line(kind: str, text: str, *, err: bool = False) -> None:
    """One line with its symbol: ``done``, ``error``, ``warning`` or ``info``."""
    fancy, plain, colour = _SYMBOLS.get(kind, _INFORMATION)
    echo(f"{click.style(fancy if can_show(fancy, err=err) else plain, fg=colour)} {text}", err=err)


def echo(text: str = "", *, err: bool = False) -> None:
    """Text on stdout (or stderr); colour only on a terminal, and never with NO_COLOR (https://no-color.org).

    A reader that has gone (``| head``), or a stderr that takes nothing any more, is no reason to stop a run. Raises
    OutputRefused where stdout takes no result.
    """
    text = advice.shown(text, _show)
    encoding = _encoding(err=err)
    shown = text if can_show(text, err=err) else text.encode(encoding, "replace").decode(encoding)
    try:
        click.echo(without_passwords(shown), err=err, color=False if os.environ.get("NO_COLOR") else None)
    except OSError as refused:
        # Python flushes once more when it exits, and would complain then.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), (sys.stderr if err else sys.stdout).fileno())
        if not err and not isinstance(refused, BrokenPipeError):
            raise OutputRefused(f"standard output takes nothing any more: {refused.strerror or refused}") from refused


def dim(text: str) -> str:
    """Text of lesser weight."""
    return click.style(text, dim=True) if text else ""


def print_json(document: Any) -> None:
    """The one document that ``--json`` puts on stdout."""
    document = _filled(document)
    text = json.dumps(document, indent=2, ensure_ascii=False)
    echo(text if can_show(text, err=False) else json.dumps(document, indent=2))


def _filled(value: Any) -> Any:
    """A JSON document with its commands as they are typed here."""
    if isinstance(value, str):
        return advice.shown(value, _show)
    if isinstance(value, Mapping):
        return {name: _filled(item) for name, item in value.items()}
    return [_filled(item) for item in value] if isinstance(value, list | tuple) else value


def without_passwords(text: str) -> str:
    """The text without the user and password of the URLs in it."""
    return _URL_USER.sub("***@", text)


def envelope(  # noqa: PLR0913 - the members of the envelope
    *,
    command: str,
    environment: str | None,
    region: str | None,
    seconds: float,
    data: dict[str, Any],
    error: OsemMigrateError | None = None,
) -> dict[str, Any]:
    """The JSON envelope; ``duration`` is milliseconds."""
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "success": error is None,
        "command": command,
        "environment": environment,
        "region": region,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration": round(seconds * 1000),
        "data": data,
    }
    if error is not None:
        document["error"] = error.as_dict()
    return document


def failure(error: OsemMigrateError, *, document: dict[str, Any] | None) -> None:
    """An error: the envelope on stdout where JSON is wanted, else what is wrong and what to type next on stderr."""
    if document is not None and not isinstance(error, OutputRefused):
        with suppress(OutputRefused):  # then stderr has to do
            print_json(document)
            return
    line("error", f"{click.style(error.code, bold=True)}: {error.message}", err=True)
    echo(err=True)
    first, *others = error.advice.splitlines() or [""]
    echo(f"{click.style('hint:', fg='cyan')} {first}", err=True)
    for other in others:
        echo(f"      {other}", err=True)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, each column as wide as its widest cell; trailing spaces are left out."""
    widths = [max((len(click.unstyle(cell)) for cell in column), default=0) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
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
    if time.high < _MINUTE:
        return f"usually {time.low:.0f} to {time.high:.0f} s"
    if time.low >= _MINUTE and time.high < _HOUR:
        return f"usually {time.low / _MINUTE:.0f} to {time.high / _MINUTE:.0f} min"
    return f"usually {_roughly(time.low)} to {_roughly(time.high)}"


def moment(milliseconds: int) -> str:
    """Unix milliseconds as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def counted(number: int, noun: str) -> str:
    """``1 table``, ``6 tables``, ``8 indexes``."""
    plural = f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def can_show(text: str, *, err: bool) -> bool:
    """Whether stdout (or stderr) has all of these characters."""
    try:
        text.encode(_encoding(err=err))
    except UnicodeEncodeError:
        return False
    return True


def _encoding(*, err: bool) -> str:
    # A process may be started without the stream, and then the stream is None.
    return getattr(sys.stderr if err else sys.stdout, "encoding", None) or "ascii"


def _roughly(seconds: float) -> str:
    """Without tenths, nor the seconds of whole minutes: an estimate is not that exact."""
    return duration(round(seconds)).removesuffix(" 0 s") if seconds >= _MINUTE else f"{seconds:.0f} s"
