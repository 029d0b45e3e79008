"""Terminal: what stdout and stderr can show, and the one way to write to them, also above the live rows of a run."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, TextIO

import click

from osem_migrate.cli.layout import UNBROKEN, size_of, wrapped
from osem_migrate.errors import OutputRefused

if TYPE_CHECKING:
    from osem_migrate.cli.live_region import Draw, LiveRegion

_STDERR = 2

_region: "LiveRegion | None" = None


def can_show(text: str, *, err: bool) -> bool:
    """Whether stdout (or stderr) has all of these characters."""
    try:
        text.encode(_encoding(err=err))
    except UnicodeEncodeError:
        return False
    return True


def is_dumb() -> bool:
    """Whether the terminal only prints: no colours, and no cursor that moves."""
    return os.environ.get("TERM") == "dumb"


def is_plain() -> bool:
    """Whether nobody wants colours, https://no-color.org among the reasons."""
    return bool(os.environ.get("NO_COLOR")) or is_dumb()


def room() -> int | None:
    """How many columns a line of results has; None where stdout is no terminal, and lines may be of any length."""
    return size_of(_stream(err=False)).columns if _is_terminal(err=False) else None


def can_show_rows() -> bool:
    """Whether stderr is a terminal whose cursor moves."""
    return _is_terminal(err=True) and not is_dumb()


def show_rows(draw: "Draw") -> None:
    """Begin to show live rows on stderr, below all that is written from now on."""
    # rich takes long to import, and only a run on a terminal needs it.
    from osem_migrate.cli.live_region import LiveRegion

    global _region  # noqa: PLW0603 - a process has one terminal, and everything for it passes here
    if _region is None:
        _region = LiveRegion(draw, sys.stderr, plain=is_plain())


def end_rows() -> None:
    """Take the live rows away, if there are any."""
    global _region  # noqa: PLW0603 - as above
    if _region is not None:
        _region.close()
        _region = None


def rows_hidden() -> AbstractContextManager[None]:
    """Around what a signal handler does to the process: the terminal as it is without live rows."""
    return _region.given_back() if _region is not None else nullcontext()


def notice(line: str) -> None:
    """A line on stderr from a signal handler.

    Not through sys.stderr: the signal may have come in the middle of a write to it, which takes no second one.
    """
    if _region is None or not _region.print(line):
        with suppress(OSError):
            os.write(_STDERR, f"\n{line}\n".encode())


def write(text: str, *, err: bool, wrap: bool = True, hang: int | None = None) -> None:
    """Write text and a newline to stdout (or stderr), above the live rows; colours only where they are seen.

    On a terminal, lines that are too long end at words, unless ``wrap`` is off; ``hang`` is how far their other lines
    are set in, which is as far as their own text unless it is given. Raises OutputRefused where stdout takes no result.
    """
    encoding = _encoding(err=err)
    shown = text if can_show(text, err=err) else text.encode(encoding, "replace").decode(encoding)
    is_terminal = _is_terminal(err=err)
    if is_terminal and wrap:
        columns = size_of(_stream(err=err)).columns
        shown = "\n".join(wrapped(line, columns, hang) for line in shown.split("\n"))
    shown = shown.replace(UNBROKEN, " ")
    if is_terminal and _region is not None and _region.print(click.unstyle(shown) if is_plain() else shown):
        return
    try:
        click.echo(shown, err=err, color=False if is_plain() else None)
    except OSError as refused:
        # A reader that has gone (``| head``), or a stderr that takes nothing any more, is no reason to stop a run.
        # Python flushes once more when it exits, and would complain then.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), _stream(err=err).fileno())
        if not err and not isinstance(refused, BrokenPipeError):
            raise OutputRefused(f"standard output takes nothing any more: {refused.strerror or refused}") from refused


def _stream(*, err: bool) -> TextIO:
    # A process may be started without the stream, and then it is None.
    return sys.stderr if err else sys.stdout


def _encoding(*, err: bool) -> str:
    return getattr(_stream(err=err), "encoding", None) or "ascii"


def _is_terminal(*, err: bool) -> bool:
    stream: TextIO | None = _stream(err=err)
    return stream is not None and stream.isatty()
