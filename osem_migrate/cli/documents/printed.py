"""Printed: what a command may say."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Printed:
    """The types of ``data``.

    Attributes:
        done: where the command did what it was asked; none of a group, which by itself only fails.
        stopped: where it had begun, and failed; None where there is nothing to say then.
    """

    done: tuple[type, ...]
    stopped: type | None = None
