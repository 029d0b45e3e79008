"""SegmentRun: one segment, from its cursor to its end, with a checkpoint every few seconds."""

from collections.abc import Callable
from dataclasses import dataclass

from osem_migrate.clock import Clock
from osem_migrate.errors import LockLost
from osem_migrate.execution.passes.checkpoints import CHECKPOINT_SECONDS, Checkpoints
from osem_migrate.execution.passes.item_handler import ItemHandler, ItemRefused, Outcome
from osem_migrate.execution.passes.sources import Source, SourcePage
from osem_migrate.items.values import Item
from osem_migrate.pass_state import Checkpoint, Counts, Cursor, SegmentState, SetAside

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
        checkpoints: where it is recorded how far they have come.
        clock: monotonic time.
        check: raises where the pass is to end between two items, and waits while it is paused.
        is_paused: whether it would wait now.
        set_aside: told of an item that cannot be handled, why, and by what that is recorded.
        handled: told what became of an item.
    """

    checkpoints: Checkpoints
    clock: Clock
    check: Callable[[], None]
    is_paused: Callable[[], bool]
    set_aside: Callable[[Item, ItemRefused, Callable[[SetAside], None]], None]
    handled: Callable[[Item, Outcome], None]


class SegmentRun:
    """Whoever runs it has the segment for itself, as its fence and its checkpoints say.

    Args:
        claimed: the segment.
        source: its items.
        handler: brings each of them about.
        services: what all segments share.
    """

    def __init__(self, claimed: SegmentState, source: Source, handler: ItemHandler, services: SegmentServices) -> None:
        self._state = claimed
        self._source = source
        self._handler = handler
        self._services = services
        self._cursor: Cursor | None = claimed.cursor
        self._again = 0
        self._counts = Counts()
        self._saved = services.clock.monotonic()

    def run(self) -> SegmentState:
        """Carry it to its end; where it ends early, what was done is to be recorded, and nobody is at work on it.

        Raises:
            LockLost: somebody else has the lock, or the segment.
            OsemMigrateError: what ends a pass.
        """
        try:
            for page in self._source.pages(self._state.number, self._cursor):
                self._handler.forget()
                self._go_through(page)
                del page  # before the next one is read
        except LockLost:
            raise
        except Exception:
            self._leave(finished=False)
            raise
        self._leave(finished=True)
        return self._state

    def _go_through(self, page: SourcePage) -> None:
        for item, cursor in page.items:
            self._check()
            before = self._cursor, self._again, self._counts
            refused = self._handle(item)
            if page.others:
                # How many of the others lie before the item is not known: whoever goes on reads the whole page again.
                self._again += 1
            else:
                self._cursor = cursor
            if refused is None:
                self._save_if_due()
                continue
            try:
                self._services.set_aside(item, refused, self._save)
            except Exception:
                # Nothing says that it was set aside: whoever goes on has to come to it again.
                self._cursor, self._again, self._counts = before
                raise
        self._counts += Counts(examined=page.others)
        self._again += page.others
        if page.end is not None:
            self._cursor, self._again = page.end, 0
        self._save_if_due()
        self._check()

    def _check(self) -> None:
        """Before a pause, how long nobody knows, all that was done is recorded; what was looked up is read anew."""
        if self._services.is_paused():
            self._save()
            self._services.checkpoints.flush()
            self._handler.forget()
        self._services.check()

    def _handle(self, item: Item) -> ItemRefused | None:
        """Why it is to be set aside; None where it is not."""
        try:
            outcome = self._handler.handle(item)
        except ItemRefused as refused:
            self._counts += Counts(examined=1)
            return refused
        self._counts += _COUNTED[outcome]
        self._services.handled(item, outcome)
        return None

    def _save_if_due(self) -> None:
        services = self._services
        if services.clock.monotonic() - self._saved >= CHECKPOINT_SECONDS or services.checkpoints.is_due:
            self._save()

    def _save(self, failure: SetAside | None = None) -> None:
        counts, worker = self._counts, self._state.worker
        following = self._state.next(self._cursor, counts, worker=worker, finished=False, again=self._again)
        self._services.checkpoints.save(Checkpoint(self._state, following), counts, failure)
        self._state, self._counts, self._saved = following, Counts(), self._services.clock.monotonic()

    def _leave(self, *, finished: bool) -> None:
        again = 0 if finished else self._again
        following = self._state.next(self._cursor, self._counts, worker=None, finished=finished, again=again)
        self._services.checkpoints.defer(Checkpoint(self._state, following), self._counts)
        self._state = following
