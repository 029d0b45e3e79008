"""Checkpoints: what the segments of a scan have come to, recorded in the history table by few writes."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from osem_migrate.aws.lock import Lease
from osem_migrate.aws.pass_table import TOGETHER, PassTable
from osem_migrate.clock import Clock
from osem_migrate.errors import OsemMigrateError
from osem_migrate.pass_state import Checkpoint, Counts, SegmentState, SetAside

CHECKPOINT_SECONDS = 5.0


class Checkpoints:
    """Safe to use from several threads, each with a segment of its own.

    A segment that has come to its end is recorded with the next write of any of them, be it a claim, and within
    ``CHECKPOINT_SECONDS``: what a kill loses of it is no more than of a segment in its middle.

    Args:
        table: where they are written.
        generation: its number.
        lease: the lock.
        clock: monotonic time.
        counted: told what was counted since the last checkpoint of a segment.
    """

    def __init__(
        self, table: PassTable, generation: int, *, lease: Lease, clock: Clock, counted: Callable[[Counts], None]
    ) -> None:
        self._table = table
        self._generation = generation
        self._lease = lease
        self._clock = clock
        self._counted = counted
        self._lock = threading.Lock()
        self._waiting: list[Checkpoint] = []
        self._since = 0.0

    @property
    def is_due(self) -> bool:
        """Whether something has waited for long enough to be written."""
        return bool(self._waiting) and self._clock.monotonic() - self._since >= CHECKPOINT_SECONDS

    def claim(self, segments: Sequence[SegmentState]) -> list[SegmentState]:
        """Be at work on these from now on, ``TOGETHER`` at most; raises LockLost where somebody else is."""
        holder = self._lease.holder
        claimed = [segment.claim(holder.owner, holder.fence) for segment in segments]
        self._write([Checkpoint(seen, mine) for seen, mine in zip(segments, claimed, strict=True)])
        for seen in segments:
            if seen.again:
                self._counted(Counts(examined=-seen.again))
        return claimed

    def save(self, checkpoint: Checkpoint, counts: Counts, failure: SetAside | None = None) -> None:
        """Record how far a segment has come, and all that waits; raises LockLost where somebody else has it."""
        self._write([checkpoint], failure)
        self._counted(counts)

    def defer(self, checkpoint: Checkpoint, counts: Counts) -> None:
        """Record, with one of the next writes, how a segment was left by whoever is not at work on it any more."""
        with self._lock:
            self._put_off([checkpoint])
        self._counted(counts)

    def flush(self) -> None:
        """Record all that waits; raises LockLost where somebody else has one of the segments."""
        while self._write([]):
            pass

    def flush_after_failure(self) -> None:
        """Record of what waits whatever can be: what ended the pass is what people must hear of."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        with suppress(OsemMigrateError):
            for begin in range(0, len(waiting), TOGETHER):
                some = waiting[begin : begin + TOGETHER]
                self._lease.check_age()
                if not self._table.write(self._generation, some) and len(some) > 1:
                    # One of them may have been written by what got no answer.
                    for one in some:
                        self._table.write(self._generation, [one])

    def _write(self, checkpoints: Iterable[Checkpoint], failure: SetAside | None = None) -> bool:
        """With as many of those that wait as there is room for; False where there was nothing to write."""
        mine = list(checkpoints)
        with self._lock:
            room = TOGETHER - len(mine)
            along, self._waiting = self._waiting[:room], self._waiting[room:]
        if not mine and not along:
            return False
        try:
            self._lease.check_age()
            written = self._table.write(self._generation, [*mine, *along], failure=failure)
        except BaseException:
            with self._lock:
                self._put_off(along)
            raise
        if not written:
            raise self._lease.lost()
        return True

    def _put_off(self, checkpoints: Sequence[Checkpoint]) -> None:
        if not self._waiting:
            self._since = self._clock.monotonic()
        self._waiting = [*self._waiting, *checkpoints]
