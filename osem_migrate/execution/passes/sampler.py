"""Sampler: looks at some items of a table as a pass would, and writes none."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from osem_migrate.aws.item_rate import ItemRate, Side
from osem_migrate.aws.pass_calls import PassCalls
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.execution.passes.item_handler import ItemHandler, ItemRefused
from osem_migrate.execution.passes.pass_run import segments_of
from osem_migrate.items.keys import key_of
from osem_migrate.items.values import Item
from osem_migrate.live_table import LiveTable
from osem_migrate.operations.item_pass import Pass
from osem_migrate.planning.item_rate import rate_limit
from osem_migrate.planning.sample import ItemFailure, Sample, counted, failing

if TYPE_CHECKING:
    from osem_migrate.clock import Clock

SPREAD = 8
"""Segments from which a sample is taken, where these have as many items as are asked for."""


class _Meter(ItemRate):
    """Counts the read units, too."""

    units = 0.0

    def took(self, side: Side, consumed: Mapping[str, Any]) -> None:
        """Deduct and count."""
        self.units += consumed.get("CapacityUnits", 0.0)
        super().took(side, consumed)

    def fresh(self) -> float:
        """Units since it was asked last."""
        units, self.units = self.units, 0.0
        return units


class Sampler:
    """Of one pass.

    Args:
        deployment: where.
        step: the pass.
        live: its table.
        said: units a second that somebody asked for, whatever the script says.
    """

    def __init__(self, deployment: Deployment, step: Pass, live: LiveTable, *, said: int | None) -> None:
        clock: Clock = deployment.clock
        client, guard = deployment.pass_client
        self._step = step
        self._segments = segments_of(step, live)
        rate = said or step.rate
        self._meter = _Meter(clock, lambda side, index: rate_limit(rate, live, side.value, index))
        self._calls = PassCalls(
            client,
            guard,
            check=lambda: None,  # what only reads needs no lock
            physical_name=deployment.environment.physical_name,
            clock=clock,
            rate=self._meter,
        )
        self._handler = ItemHandler(step, self._calls)

    def take(self, count: int) -> Sample:
        """So many items, or as many as there are, from several segments."""
        sample, used = Sample(), set[int]()
        waiting: deque[tuple[int, Item | None]] = deque((number, None) for number in _spread(self._segments))
        share = math.ceil(count / min(SPREAD, self._segments))
        while waiting and sample.examined < count:
            number, cursor = waiting.popleft()
            used.add(number)
            page = self._calls.scan(
                self._step.table,
                segment=number,
                segments=self._segments,
                start=cursor,
                limit=min(share, count - sample.examined),
                where=self._step.work.where,
                consistent=False,
            )
            sample = replace(
                sample, examined=sample.examined + page.scanned, scanned=sample.scanned + self._meter.fresh()
            )
            sample = self._look(sample, page.items)
            if page.following is not None:
                waiting.append((number, page.following))
        return replace(sample, segments=len(used), is_whole=not waiting)

    def _look(self, sample: Sample, items: Sequence[Item]) -> Sample:
        self._handler.forget()
        for item in items:
            try:
                write = self._handler.decide(item)
            except ItemRefused as refused:
                key = key_of(item, self._step.after)
                failure = ItemFailure(key=key, code=refused.code, message=refused.message)
                sample = failing(sample, failure)
                continue
            if write is not None:
                sample = counted(sample, write, self._step)
        return replace(sample, looked_up=sample.looked_up + self._meter.fresh())


def _spread(segments: int) -> Sequence[int]:
    """All of them, those first that are far from each other."""
    step = max(1, segments // SPREAD)
    return [number for begin in range(step) for number in range(begin, segments, step)]
