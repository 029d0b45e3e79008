"""ItemRate: how fast a pass reads and writes, in units a second, of the table and of each of its indexes.

What a request takes is only known afterwards, so it is deducted then, and whoever comes next waits until the debt is
paid. DynamoDB tells what a table, and each of its indexes, took; each is held against a rate of its own.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from osem_migrate.clock import Clock

SLOWEST = 1.0  # units a second, however often DynamoDB throttles
HALVED_FOR = 1.0  # seconds in which a second refusal is the echo of the first
GROWTH = 0.1  # of the whole rate, regained in a second
GLANCE = 1.0  # seconds between two looks whether the rate was changed, while a debt is paid


class Side(StrEnum):
    """Reading and writing have capacities of their own."""

    READ = "read"
    WRITE = "write"


@dataclass(slots=True)
class _Bucket:
    """Units of one table or index: ``level`` is what may be taken now; below zero it is owed."""

    rate: float
    most: float
    at: float
    level: float
    halved_at: float

    def flow(self, now: float) -> None:
        passed = max(0.0, now - self.at)
        self.rate = min(self.most, self.rate + passed * self.most * GROWTH) if self.rate < self.most else self.rate
        self.level = min(self.rate, self.level + passed * self.rate)
        self.at = now

    def wait(self) -> float:
        """Seconds until something may be taken."""
        return 0.0 if self.level > 0 else max(0.001, -self.level / self.rate)


class ItemRate:
    """Shared by all that a pass sends.

    Args:
        clock: ``monotonic`` and ``sleep``, which may be interrupted.
        limit: units a second of a side, of the table (None) or of one of its indexes; None where there is no limit.
    """

    def __init__(self, clock: Clock, limit: Callable[[Side, str | None], float | None]) -> None:
        self._clock = clock
        self._limit = limit
        self._lock = threading.Lock()
        self._buckets: dict[tuple[Side, str | None], _Bucket | None] = {}
        self._taken = dict.fromkeys(Side, 0.0)
        self._waited = 0.0

    def limit_to(self, limit: Callable[[Side, str | None], float | None]) -> None:
        """Other limits from now on, also for who waits already; what is owed stays owed."""
        with self._lock:
            self._limit = limit
            before, self._buckets = self._buckets, {}
            for key, old in before.items():
                new = self._bucket(*key)
                if new is not None and old is not None:
                    new.level = min(old.level, new.level)

    def wait(self, side: Side) -> None:
        """Until something of that side may be sent."""
        while True:
            with self._lock:
                self._bucket(side, None)
                mine = [one for (other, _), one in self._buckets.items() if other is side and one is not None]
                for bucket in mine:
                    bucket.flow(self._clock.monotonic())
                pause = max((bucket.wait() for bucket in mine), default=0.0)
            if pause <= 0:
                return
            self.hold(min(pause, GLANCE))

    def hold(self, seconds: float) -> None:
        """Send nothing for so long; what is held back so is not slow for want of threads."""
        self._clock.sleep(seconds)
        with self._lock:
            self._waited += seconds

    def took(self, side: Side, consumed: Mapping[str, Any]) -> None:
        """Deduct what DynamoDB says that a request took (ConsumedCapacity, by indexes)."""
        local = consumed.get("LocalSecondaryIndexes", {}).values()
        own = consumed.get("Table", consumed).get("CapacityUnits", 0.0) + sum(one["CapacityUnits"] for one in local)
        with self._lock:
            self._taken[side] += own
            self._deduct(side, None, own)
            for name, one in consumed.get("GlobalSecondaryIndexes", {}).items():
                self._deduct(side, name, one["CapacityUnits"])

    def throttled(self, side: Side, indexes: frozenset[str]) -> None:
        """DynamoDB refused: half as fast from now on, of what it names, or else of the table; then faster again."""
        with self._lock:
            for name in indexes or {None}:
                bucket = self._bucket(side, name)
                now = self._clock.monotonic()
                if bucket is not None and now - bucket.halved_at >= HALVED_FOR:
                    bucket.flow(now)
                    bucket.rate, bucket.halved_at = max(SLOWEST, bucket.rate / 2), now

    def now(self, side: Side) -> float | None:
        """Units a second of the table at present; None without a limit."""
        with self._lock:
            bucket = self._bucket(side, None)
            return bucket.rate if bucket is not None else None

    @property
    def waited(self) -> float:
        """Seconds for which requests were held back so far, each of them counted, whatever for."""
        with self._lock:
            return self._waited

    def taken(self, side: Side) -> float:
        """Units of the table so far."""
        with self._lock:
            return self._taken[side]

    def _deduct(self, side: Side, name: str | None, units: float) -> None:
        bucket = self._bucket(side, name)
        if bucket is not None:
            bucket.flow(self._clock.monotonic())
            bucket.level -= units

    def _bucket(self, side: Side, name: str | None) -> _Bucket | None:
        if (side, name) not in self._buckets:
            limit, now = self._limit(side, name), self._clock.monotonic()
            self._buckets[side, name] = None if limit is None else _Bucket(limit, limit, now, 0.1, now - HALVED_FOR)
        return self._buckets[side, name]
