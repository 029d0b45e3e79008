"""Observation: an environment that may change while one looks."""

from collections.abc import Callable
from typing import TypeVar

from osem_migrate.history import History

T = TypeVar("T")

LOOKS = 3  # at an environment whose history changes while one looks


def look_steadily(
    history: History, look: Callable[[History], T], is_final: Callable[[T], bool], again: Callable[[], History]
) -> T:
    """What ``look`` makes of a history and its tables; looks again where another run came in between.

    Args:
        history: as read before the first look.
        look: reads the tables and compares.
        is_final: whether an answer needs no second look, because nothing is wrong.
        again: reads the history once more.
    """
    for _ in range(LOOKS):
        answer = look(history)
        if is_final(answer):
            break
        # Somebody's run may have begun or ended between the history and the tables.
        earlier, history = history, again()
        if history.records == earlier.records:
            break
    return answer
