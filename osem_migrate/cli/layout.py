"""Layout: how much a terminal has room for, and text in lines that end at words."""

import os
import re
import unicodedata
from typing import Protocol

import click

UNBROKEN = "\ufdd2"
"""Stands for a space at which no line ends; a noncharacter, so that no text of a user holds it."""

_USUAL_SIZE = os.terminal_size((80, 24))
_NARROWEST = 15  # columns that have to be left beside what is set in
_SET_IN = 4  # where there is not so much room
# What the other lines of a text are set in by: blanks, and a sign, a dash, a number or "hint:".
_BEGINNING = re.compile(r"\s*(?:(?:\S|\d+\.|hint:)\s+)?")
# A whole line to copy: a newline in the middle of it would run the one half, and lose the other.
_COMMAND = re.compile(r"\s*(?:aws|git|osem-migrate|pip) ")


class _File(Protocol):
    def fileno(self) -> int: ...


def size_of(stream: _File) -> os.terminal_size:
    """The size of the terminal behind a stream; 80 columns and 24 lines where it has none.

    Neither COLUMNS nor LINES are asked, because nobody changes them when the terminal changes.
    """
    try:
        size = os.get_terminal_size(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return _USUAL_SIZE
    return size if size.columns > 0 and size.lines > 0 else _USUAL_SIZE


def width_of(text: str) -> int:
    """How many columns a text takes: escape codes and combining characters none, wide characters two."""
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in {"F", "W"})
        for character in click.unstyle(text)
    )


def wrapped(line: str, columns: int, hang: int | None = None) -> str:
    """A line in as many as it needs, each but the last ending at a word; one that is a command stays whole.

    Args:
        line: with or without escape codes.
        columns: how many there are.
        hang: how far all lines but the first are set in; None sets them in as far as the text of the first.
    """
    plain = click.unstyle(line)
    if width_of(line) <= columns or _COMMAND.match(plain):
        return line
    if hang is None:
        beginning = _BEGINNING.match(plain)
        hang = beginning.end() if beginning is not None else 0
    indent = " " * (hang if columns - hang >= _NARROWEST else min(hang, _SET_IN))
    # Every second part is the space in front of a word; that at the beginning belongs to the first word.
    first, *parts = re.split(r"(?<=\S)( +)", line)
    lines = [first]
    for space, word in zip(parts[::2], parts[1::2], strict=True):
        if width_of(lines[-1]) + len(space) + width_of(word) <= columns:
            lines[-1] += space + word
        else:
            lines.append(indent + word)
    return "\n".join(lines)
