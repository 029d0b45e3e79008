"""Which worker of xdist a process is, so that the workers divide what has to be done only once."""

from typing import Any

import pytest


def worker_of(config: pytest.Config) -> tuple[int, int]:
    """Which worker this is, from 0, and of how many."""
    handed: dict[str, Any] = getattr(config, "workerinput", {"workerid": "gw0", "workercount": 1})
    return int(handed["workerid"].removeprefix("gw")), handed["workercount"]


def begun_elsewhere(every: list[Any], config: pytest.Config) -> list[Any]:
    """The same list, begun at another place on each worker, so that each finds done what another has done."""
    worker, workers = worker_of(config)
    first = len(every) * worker // workers
    return [*every[first:], *every[:first]]
