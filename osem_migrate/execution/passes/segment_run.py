"""SegmentRun: one segment, from its cursor to its end, with a checkpoint every few seconds."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from osem_migrate.aws.lock import Lease
from osem_migrate.aws.pass_table import PassTable
from osem_migrate.clock import Clock
from osem_migrate.errors import LockLost, OsemMigrateError
from osem_migrate.execution.passes.item_handler import ItemHandler, ItemRefused, Outcome
from osem_migrate.execution.passes.sources import Source, SourcePage
from osem_migrate.items.values import Item
from osem_migrate.pass_state import Counts, Cursor, SegmentState

CHECKPOINT_SECONDS = 5.0

_COUNTED = {
    Outcome.UNCHANGED: Counts(examined=1),
    Outcome.CHANGED: Counts(examined=1, changed=1),
    Outcome.GONE: Counts(examined=1, gone=1),
    Outcome.LEFT: Counts(examined=1, left=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentServices:
    """What the segments of a pass share.

    Attributes:
        state: where checkpoints are written.
        generation: its number.
        lease: the lock.
        clock: monotonic time.
        check: raises where the pass is to end between two items, and waits while it is paused.
        is_paused: whether it would wait now.
        set_aside: told of an item that cannot be handled, and why.
        handled: told what became of an item.
        counted: told what was counted since the last checkpoint.
    """

    state: PassTable
    generation: int
    lease: Lease
    clock: Clock
    check: Callable[[], None]
    is_paused: Callable[[], bool]
    set_aside: Callable[[Item, ItemRefused], None]
    handled: Callable[[Item, Outcome], None]
    counted: Callable[[Counts], None]


class SegmentRun:
    """Whoever runs it has the segment for itself, as its fence and its checkpoints say.

    Args:
        seen: the segment as it was read.
        source: its items.
        handler: brings each of them about.
        services: what all segments share.
    """

    def __init__(self, seen: SegmentState, source: Source, handler: ItemHandler, services: SegmentServices) -> None:
        self._state = seen
        self._source = source
        self._handler = handler
        self._services = services
        self._cursor: Cursor | None = seen.cursor
        self._counts = Counts()
        self._saved = services.clock.monotonic()

    def run(self) -> SegmentState:
        """Carry it to its end; where it ends early, what was done is recorded, and nobody is at work on it.

        Raises:
            LockLost: somebody else has the lock, or the segment.
            OsemMigrateError: what ends a pass.
        """
        holder = self._services.lease.holder
        self._write(replace(self._state, fence=holder.fence), worker=holder.owner, finished=False)
        try:
            for page in self._source.pages(self._state.number, self._cursor):
                self._handler.forget()
                self._go_through(page)
                del page  # before the next one is read
        except LockLost:
            raise
        except Exception:
            with suppress(OsemMigrateError):  # what ended it is what people must hear of
                self._write(self._state, worker=None, finished=False)
            raise
        self._write(self._state, worker=None, finished=True)
        return self._state

    def _go_through(self, page: SourcePage) -> None:
        for item, cursor in page.items:
            self._check()
            self._handle(item)
            self._cursor = cursor
            self._save_if_due()
        self._counts += Counts(examined=page.others)
        self._cursor = page.end or self._cursor
        self._save_if_due()
        self._check()

    def _check(self) -> None:
        """Before a pause, how long nobody knows, all that was done is recorded; what was looked up is read anew."""
        if self._services.is_paused():
            self._write(self._state, worker=self._state.worker, finished=False)
            self._handler.forget()
        self._services.check()

    def _handle(self, item: Item) -> None:
        try:
            outcome = self._handler.handle(item)
        except ItemRefused as refused:
            self._counts += Counts(examined=1)
            self._services.set_aside(item, refused)
            return
        self._counts += _COUNTED[outcome]
        self._services.handled(item, outcome)

    def _save_if_due(self) -> None:
        if self._services.clock.monotonic() - self._saved >= CHECKPOINT_SECONDS:
            self._write(self._state, worker=self._state.worker, finished=False)

    def _write(self, state: SegmentState, *, worker: str | None, finished: bool) -> None:
        services, counts = self._services, self._counts
        services.lease.check_age()
        following = state.next(self._cursor, counts, worker=worker, finished=finished)
        if not services.state.write(services.generation, self._state, following):
            raise services.lease.lost()
        self._state, self._counts, self._saved = following, Counts(), services.clock.monotonic()
        services.counted(counts)
