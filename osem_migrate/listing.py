"""Listing: a message that ends with the several things that it is about, on one line, and these things apart again."""

from collections.abc import Sequence

_BEFORE, _BETWEEN = ": ", "; "


def one_line(summary: str, parts: Sequence[str]) -> str:
    """``2 items failed: u1 is odd; u2 is odd``; what there is of it where one of the two is missing."""
    return _BEFORE.join(filter(None, (summary, _BETWEEN.join(parts))))


def in_lines(message: str, parts: Sequence[str]) -> tuple[str, Sequence[str]]:
    """What stands before the parts at the end of a message, and these; all of it, and none, unless it lists several."""
    end = _BEFORE + _BETWEEN.join(parts)
    if len(parts) < 2 or not message.endswith(end):  # noqa: PLR2004 - one thing is no list
        return message, ()
    return message.removesuffix(end), parts


def starts(message: str, parts: Sequence[str], limit: int) -> list[int]:
    """Where each of the parts at the end of a message begins, where it does within ``limit`` characters."""
    at = len(message) - len(_BETWEEN.join(parts))
    found: list[int] = []
    for part in parts:
        if at < limit:
            found.append(at)
        at += len(part) + len(_BETWEEN)
    return found


def parts_at(message: str, begin: Sequence[int]) -> tuple[str, ...]:
    """The parts of a message that begin there; raises ValueError where none can."""
    if not all(0 <= at <= following for at, following in zip(begin, (*begin[1:], len(message)), strict=False)):
        raise ValueError(f"{list(begin)} are not where parts begin")
    ends = [*(at - len(_BETWEEN) for at in begin[1:]), len(message)]
    return tuple(message[at:end] for at, end in zip(begin, ends, strict=False))
