"""Observation: an environment that may change while one looks, and capacity that is not the scripts' to decide."""

from collections.abc import Callable
from typing import TypeVar

from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import AwsError
from osem_migrate.history import History
from osem_migrate.live_table import LiveTable
from osem_migrate.planning.drift.autoscaled import Dimension, capacity_differs, dimensions, overlooking_capacity
from osem_migrate.schema import Table

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


def overlooking_autoscaled(deployment: Deployment, live: LiveTable, expected: Table | None) -> LiveTable:
    """The table as if it had the declared capacity wherever an autoscaler owns it; KMS is asked whose its key is."""
    live = deployment.gateway.learn(live, (expected,))
    if expected is None or not capacity_differs(live, expected):
        return live
    return overlooking_capacity(live, expected, _owned(deployment, live, expected))


def _owned(deployment: Deployment, live: LiveTable, expected: Table) -> frozenset[Dimension]:
    if deployment.environment.is_autoscaled(live.name):
        return dimensions(expected)
    if deployment.gateway.emulated:
        return frozenset()
    try:
        return deployment.autoscaling.owned(live.physical_name, [index.name for index in expected.indexes])
    except AwsError:
        # Without an answer the difference is told; its remedy names the setting that says whose the capacity is.
        return frozenset()
