"""PassRun: one pass over the items of a table, from wherever an earlier run left it, to its end."""

import random
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from osem_migrate.aws.item_rate import Side
from osem_migrate.aws.pass_table import PassTable
from osem_migrate.errors import (
    Interrupted,
    ItemsFailed,
    ItemsStillChanging,
    LockLost,
    OsemMigrateError,
    PassTableReplaced,
    RunError,
)
from osem_migrate.events import PassProgress
from osem_migrate.execution.operation_run import OperationRun
from osem_migrate.execution.passes.item_handler import ItemHandler, ItemRefused, Outcome
from osem_migrate.execution.passes.page_size import PageSize
from osem_migrate.execution.passes.segment_run import CHECKPOINT_SECONDS, SegmentRun, SegmentServices
from osem_migrate.execution.passes.sources import GivenItems, ScannedItems, Source
from osem_migrate.items.change import canonical_item
from osem_migrate.items.keys import key_of
from osem_migrate.items.values import Item
from osem_migrate.migration import operation_hash
from osem_migrate.operations.item_pass import MAX_SEGMENTS, Pass
from osem_migrate.pass_state import Counts, Generation, PassKey, PassState, SegmentState, SetAside
from osem_migrate.planning.plan import Direction

if TYPE_CHECKING:
    from osem_migrate.execution.passes.passes import Passes

THREADS = 4
"""Segments at a time."""
VERIFYING = 3
"""Scans, at most, that look if anything is left to change."""
SEGMENT_BYTES = 1 << 30
SHOWN = 10
"""Failures that an error tells one by one."""


class _Halted(Exception):
    """Another segment has ended the pass."""


class PassRun:
    """What the driver does for one step.

    Args:
        run: the operation, whose next step is the pass.
        step: that step.
    """

    def __init__(self, run: OperationRun, step: Pass) -> None:
        self._run = run
        self._step = step
        self._services = run.services
        self._passes: Passes = run.services.passes
        self._key = PassKey(
            migration=run.planned.migration.id,
            position=run.planned.position,
            direction=self._passes.direction.value,
        )
        self._table = self._passes.state(self._key)
        clock = run.services.clock
        self._rate = self._passes.rate_of(step, run.live, clock)
        self._calls = self._passes.calls(run.services.lease, clock, self._rate)
        self._page_size = PageSize(partial(self._rate.now, Side.READ), seconds=CHECKPOINT_SECONDS, pages=THREADS)
        self._lock = threading.Lock()
        self._halt = threading.Event()
        self._began = self._services.clock.monotonic()
        self._counts = Counts()
        self._failures: dict[str, SetAside] = {}
        self._scan = 0
        self._was_killed = False
        self._again: list[str] = []

    def carry_out(self) -> None:
        """To its end.

        Raises:
            PassTableReplaced: the table is not the one that the pass was begun on.
            ItemsFailed: more items were set aside than may be.
            ItemsStillChanging: somebody writes items as they were before, faster than they are changed.
            LockLost: somebody else has taken over.
            OsemMigrateError: what DynamoDB refused, or the request to stop.
        """
        self._take_over()
        state = self._begin()
        self._failures = {_name(failure.key): failure for failure in state.failures}
        self._counts = sum((segment.counts for segment in state.segments.values()), Counts())
        self._note_changes()
        self._scan = state.newest_scan
        try:
            self._retry(state)
            self._go_through(state)
        finally:
            self._note_changes()
        self._refuse_failures(more_than=self._step.max_failures)
        self._run.note = self._summary(self._read(state.generation.number))

    def _summary(self, state: PassState) -> str:
        """``20 items examined, 3 changed``; what the scans that verify have looked at is not counted again."""
        examined = sum(segment.counts.examined for segment in state.of_scan(0))
        parts = [f"{examined:,} item{'s' if examined != 1 else ''} examined"]
        if self._step.work.actions:
            parts.append(f"{'at least ' if self._was_killed else ''}{self._counts.changed:,} changed")
        if self._failures:
            parts.append(f"{len(self._failures):,} left as {'they are' if len(self._failures) > 1 else 'it is'}")
        return ", ".join(parts)

    def _begin(self) -> PassState:
        """The generation that goes on, or a new one."""
        operation, now = operation_hash(self._run.planned.operation), self._services.clock.milliseconds()
        table_id = self._run.live.table_id
        state = self._table.read(int(self._run.cursor)) if self._run.cursor is not None else None
        if state is not None and state.generation.operation_hash == operation:
            if state.generation.table_id != table_id:
                name = self._run.live.physical_name
                raise PassTableReplaced(
                    f"{name} is not the table that the pass over its items was begun on", table=name
                )
            return state
        # Of a run that was killed before it had recorded its generation nothing is known; what it did is done again.
        number = int(self._run.cursor) if self._run.cursor is not None and state is None else self._table.newest() + 1
        self._run.keep(str(number))
        self._table.begin(
            Generation(
                number=number,
                operation_hash=operation,
                table_id=table_id,
                segments=self._segments(),
                begun_at=now,
            )
        )
        return self._read(number)

    def _read(self, number: int) -> PassState:
        state = self._table.read(number)
        if state is None:
            raise RunError(f"the pass over {self._run.live.physical_name} is gone from the history table")
        return state

    def _segments(self) -> int:
        if self._step.work.given is not None:
            return 1
        return self._step.segments or min(MAX_SEGMENTS, max(4 * THREADS, self._run.live.size_bytes // SEGMENT_BYTES))

    def _take_over(self) -> None:
        """Keep those out who held the lock before, in either direction, and may not know yet that they do not any more.

        They find out with their next checkpoint, and send nothing once a lease is over.
        """
        ways = [replace(self._key, direction=direction.value) for direction in Direction]
        raised = [self._raise_fences(self._passes.state(way)) for way in ways]
        self._was_killed = any(raised)
        pause = self._services.lease.alone_in()
        if self._was_killed and pause > 0:
            self._services.clock.sleep(pause)

    def _raise_fences(self, table: PassTable) -> bool:
        """Whether somebody else may be at work on the newest generation of a pass."""
        fence, raised = self._services.lease.holder.fence, False
        newest = table.newest()
        state = table.read(newest) if newest else None
        while state is not None:
            theirs = [one for one in state.segments.values() if one.worker is not None and one.fence < fence]
            if not theirs:
                break
            raised = True
            for segment in theirs:
                self._services.lease.check_age()
                table.raise_fence(newest, segment, fence=fence)
            # A last checkpoint of theirs may have come between; the next one is refused.
            state = table.read(newest)
        return raised

    def _retry(self, state: PassState) -> None:
        """What was set aside by an earlier run, and may have been corrected since."""
        handler = ItemHandler(self._step, self._calls)
        given = {_name(key_of(item, self._step.after)): item for item in self._step.work.given or ()}
        for name, failure in list(self._failures.items()):
            self._check()
            item = given.get(name) or self._calls.get(self._step.table, failure.key)
            handler.forget()
            try:
                outcome = handler.handle(item) if item is not None else Outcome.GONE
            except ItemRefused as refused:
                self._set_aside(item or failure.key, refused.cause)
                continue
            if outcome is not Outcome.LEFT:
                self._services.lease.check_age()
                self._table.put_back(state.generation.number, failure)
                del self._failures[name]
            self._counts += Counts(changed=int(outcome is Outcome.CHANGED))

    def _go_through(self, state: PassState) -> None:
        """The scans: the pass itself, and those that verify it, until one finds nothing to change."""
        verifying = 0
        while True:
            found = self._go_through_once(state)
            if not self._step.verify or self._step.work.given is not None or not (found.changed or found.left):
                return
            if verifying == VERIFYING:
                raise self._still_changing(found)
            verifying += 1
            self._again = []
            self._scan += 1

    def _go_through_once(self, state: PassState) -> Counts:
        state = self._read(state.generation.number)
        segments = list(state.of_scan(self._scan))
        open_ones = [segment for segment in segments if not segment.finished]
        random.shuffle(open_ones)
        done = [segment.counts for segment in segments if segment.finished]
        done += self._run_all(state, open_ones)
        return sum(done, Counts())

    def _run_all(self, state: PassState, segments: Iterable[SegmentState]) -> list[Counts]:
        """The segments, a few at a time; what ends one of them ends all, between two items."""
        services = SegmentServices(
            state=self._table,
            generation=state.generation.number,
            lease=self._services.lease,
            clock=self._services.clock,
            check=self._check,
            set_aside=self._set_aside,
            handled=self._notice,
            counted=self._count,
        )
        failures: list[Exception] = []

        def go(segment: SegmentState) -> Counts | None:
            if self._halt.is_set():
                return None
            try:
                handler = ItemHandler(self._step, self._calls)
                return SegmentRun(segment, self._source(state), handler, services).run().counts
            except Exception as failure:  # noqa: BLE001 - raised once nobody works any more
                failures.append(failure)
                self._halt.set()
                return None

        with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="segment") as pool:
            counts = list(pool.map(go, segments))
        if failures:
            raise _worst(failures)
        return [count for count in counts if count is not None]

    def _source(self, state: PassState) -> Source:
        given = self._step.work.given
        if given is not None:
            return GivenItems(given)
        return ScannedItems(
            self._step,
            self._calls,
            segments=state.generation.segments,
            consistent=self._scan > 0,
            size=self._page_size,
        )

    def _check(self) -> None:
        """Between two items."""
        self._services.stop.check()
        if self._halt.is_set():
            raise _Halted
        self._refuse_failures(more_than=max(self._step.max_failures, self._step.stop_after - 1))

    def _set_aside(self, item: Item, cause: OsemMigrateError) -> None:
        now = self._services.clock.milliseconds()
        failure = SetAside(key=key_of(item, self._step.after), code=cause.code, message=cause.message, at=now)
        self._services.lease.check_age()
        self._table.set_aside(int(self._run.cursor or 0), failure)
        with self._lock:
            self._failures[_name(failure.key)] = failure

    def _notice(self, item: Item, outcome: Outcome) -> None:
        """Keep a few of those that a scan found to be changed again."""
        if self._scan > 0 and outcome in {Outcome.CHANGED, Outcome.LEFT} and len(self._again) < SHOWN:
            self._again.append(_shown(key_of(item, self._step.after)))

    def _count(self, counts: Counts) -> None:
        with self._lock:
            self._counts += counts
            progress = PassProgress(
                operation=self._run.planned,
                physical_name=self._run.live.physical_name,
                scan=self._scan,
                examined=self._counts.examined,
                changed=self._counts.changed,
                failed=len(self._failures),
                waited=self._services.clock.monotonic() - self._began,
            )
        self._services.tell(progress)

    def _note_changes(self) -> None:
        if self._counts.changed:
            self._run.changed = True

    def _refuse_failures(self, *, more_than: int) -> None:
        if len(self._failures) <= more_than:
            return
        with self._lock:
            failures = list(self._failures.values())
        name = self._run.live.physical_name
        shown = [f"{_shown(failure.key)}: {failure.message}" for failure in failures[:SHOWN]]
        more = f", the first {SHOWN} of them" if len(failures) > SHOWN else ""
        counted = f"{len(failures)} items" if len(failures) > 1 else "1 item"
        raise ItemsFailed(f"{counted} of {name} could not be handled{more}", parts=shown, table=name)

    def _still_changing(self, found: Counts) -> ItemsStillChanging:
        name = self._run.live.physical_name
        count = found.changed + found.left
        return ItemsStillChanging(
            f"items of {name} are being written as they were before: after {VERIFYING} more scans there "
            f"{'was' if count == 1 else 'were'} still {count} to change",
            parts=self._again,
            table=name,
        )


def _worst(failures: list[Exception]) -> Exception:
    """Of all that ended, the one that is to be told of: a lost lock first, and a request to stop last."""

    def weight(failure: Exception) -> int:
        kinds = ((LockLost, 0), (_Halted, 3), (Interrupted, 2))
        return next((number for kind, number in kinds if isinstance(failure, kind)), 1)

    return min(failures, key=weight)


def _name(key: Item) -> str:
    return repr(canonical_item(key))


def _shown(key: Item) -> str:
    """``userId u1``."""
    return ", ".join(f"{name} {next(iter(value.values()))}" for name, value in key.items())
