"""PassRun: one pass over the items of a table, from wherever an earlier run left it, to its end."""

import random
import threading
from functools import partial
from typing import TYPE_CHECKING

from osem_migrate.aws.item_rate import Side
from osem_migrate.errors import (
    ItemsStillChanging,
    PassTableReplaced,
    RunError,
)
from osem_migrate.execution.operation_run import OperationRun
from osem_migrate.execution.passes.checkpoints import CHECKPOINT_SECONDS, Checkpoints
from osem_migrate.execution.passes.item_handler import ItemHandler, Outcome
from osem_migrate.execution.passes.page_size import PageSize
from osem_migrate.execution.passes.pass_reporter import PassReporter
from osem_migrate.execution.passes.quarantine import SHOWN, Quarantine
from osem_migrate.execution.passes.scan_run import Halted, ScanRun
from osem_migrate.execution.passes.segment_run import SegmentServices
from osem_migrate.execution.passes.segment_threads import FEWEST, MOST, SegmentThreads
from osem_migrate.execution.passes.sources import GivenItems, ScannedItems, Source
from osem_migrate.execution.passes.steering import Steering
from osem_migrate.execution.passes.takeover import take_over
from osem_migrate.execution.passes.tally import PassTally
from osem_migrate.items.keys import key_of
from osem_migrate.items.values import Item
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import operation_hash
from osem_migrate.operations.item_pass import MAX_SEGMENTS, Pass
from osem_migrate.pass_state import Counts, Generation, PassControl, PassKey, PassState, key_text

if TYPE_CHECKING:
    from osem_migrate.execution.passes.passes import Passes

VERIFYING = 3
"""Scans, at most, that look if anything is left to change."""
SEGMENT_BYTES, SEGMENT_ITEMS = 1 << 30, 10_000
"""Of one segment, where that makes enough of them for all threads: a few for each, since they are not alike."""


class PassRun:
    """What the driver does for one step.

    Args:
        run: the operation, whose next step is the pass.
        step: that step.
    """

    _steering: Steering
    _quarantine: Quarantine

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
        self._threads = SegmentThreads(self._rate, clock)
        self._page_size = PageSize(
            partial(self._rate.now, Side.READ), seconds=CHECKPOINT_SECONDS, pages=lambda: self._threads.count
        )
        self._halt = threading.Event()
        given = step.work.given
        self._tally = PassTally(clock, self._rate, run.live.items if given is None else len(given))
        self._reporter = PassReporter(
            run=run,
            step=step,
            tally=self._tally,
            rate=self._rate,
            began=clock.monotonic(),
            failed=lambda: len(self._quarantine),
        )
        self._again: list[str] = []
        self._goes_on_with = 0  # the scan that an earlier run may have left

    def carry_out(self) -> None:
        """To its end.

        Raises:
            PassTableReplaced: the table is not the one that the pass was begun on.
            ItemsFailed: more items were set aside than may be.
            ItemsStillChanging: somebody writes items as they were before, faster than they are changed.
            LockLost: somebody else has taken over.
            OsemMigrateError: what DynamoDB refused, or the request to stop.
        """
        services = self._services
        found = take_over(self._passes, self._key, services.lease, services.clock)
        self._reporter.is_short = found.in_doubt
        state = self._begin(found.newest)
        self._quarantine = Quarantine(self._table, state, self._step, services.lease, services.clock)
        self._tally.resume(state)
        self._note_changes()
        self._reporter.scan = state.newest_scan
        self._reporter.is_short |= state.report is not None and state.report.is_short
        begun = state.of_scan(state.newest_scan)
        self._goes_on_with = state.newest_scan if not all(segment.finished for segment in begun) else 0
        self._steering = Steering(
            partial(self._exchange, state.generation.number),
            rate=self._rate,
            clock=services.clock,
            told=self._reporter.obeyed,
            own_rate=self._passes.rate,
        )
        try:
            with self._steering:
                self._retry()
                state = self._go_through(state)
                # Meanwhile somebody may have corrected or deleted it, or a later scan may have handled it.
                self._retry()
                self._quarantine.refuse(self._run.live.physical_name, more_than=self._step.max_failures)
                self._reporter.is_over = True
        finally:
            self._note_changes()
        self._run.note = self._summary(state)

    def _summary(self, state: PassState) -> str:
        """``20 items examined, 3 changed``; what the scans that verify have looked at is not counted again."""
        examined = sum(segment.counts.examined for segment in state.of_scan(0))
        parts = [f"{examined:,} item{'s' if examined != 1 else ''} examined"]
        if self._step.work.actions:
            parts.append(f"{'at least ' if self._reporter.is_short else ''}{self._tally.counts.changed:,} changed")
        if left := len(self._quarantine):
            parts.append(f"{left:,} left as {'they are' if left > 1 else 'it is'}")
        return ", ".join(parts)

    def _begin(self, newest: PassState | None) -> PassState:
        """The generation that goes on, or a new one behind the newest."""
        operation, now = operation_hash(self._run.planned.operation), self._services.clock.milliseconds()
        table_id = self._run.live.table_id
        cursor = int(self._run.cursor) if self._run.cursor is not None else None
        state = newest if newest is not None and newest.generation.number == cursor else None
        if state is not None and state.generation.operation_hash == operation:
            if state.generation.table_id != table_id:
                raise PassTableReplaced.found(self._run.live.physical_name, self._key.migration)
            return state
        # Of a run that was killed before it had recorded its generation nothing is known; what it did is done again.
        number = newest.generation.number + 1 if newest is not None else cursor or 1
        self._run.keep(str(number))
        self._note_anew(newest, operation)
        generation = Generation(
            number=number,
            operation_hash=operation,
            table_id=table_id,
            segments=self._segments(),
            begun_at=now,
        )
        return PassState(generation=generation) if self._table.begin(generation) else self._read(number)

    def _note_anew(self, newest: PassState | None, operation: str) -> None:
        """In the log, why what an earlier generation has done is gone through again."""
        if newest is not None and newest.generation.operation_hash != operation:
            self._reporter.note("items begun anew", "the operation was changed since the pass was begun")

    def _read(self, number: int) -> PassState:
        state = self._table.read(number)
        if state is None:
            raise RunError(f"the pass over {self._run.live.physical_name} is gone from the history table")
        return state

    def _segments(self) -> int:
        return 1 if self._step.work.given is not None else segments_of(self._step, self._run.live)

    def _go_through(self, state: PassState) -> PassState:
        """The scans: the pass itself, and those that verify it, until one finds nothing to change; gives the end."""
        verifying = 0
        while True:
            state = self._go_through_once(state)
            found = sum((segment.counts for segment in state.of_scan(self._reporter.scan)), Counts())
            if not self._needs_another(found):
                return state
            if verifying == VERIFYING:
                raise self._still_changing(found)
            verifying += 1
            self._again = []
            self._reporter.scan += 1

    def _needs_another(self, found: Counts) -> bool:
        """Whether the table is to be scanned once more: to verify, or for items that this scan has left as they were.

        What a kill left uncounted may have been changed as well.
        """
        changed = found.changed or (self._reporter.scan in {0, self._goes_on_with} and self._reporter.is_short)
        return self._step.work.given is None and bool(found.left or (self._step.verify and changed))

    def _go_through_once(self, state: PassState) -> PassState:
        segments = state.of_scan(self._reporter.scan)
        self._tally.begin_scan(segments)
        open_ones = [segment for segment in segments if not segment.finished]
        random.shuffle(open_ones)
        scan = ScanRun(
            self._segment_services(state),
            self._threads,
            source=lambda: self._source(state),
            handler=lambda: ItemHandler(self._step, self._calls),
            wait=self._wait,
            finished=self._tally.finish_segment,
            halt=self._halt,
        )
        return state.with_segments(scan.run(open_ones))

    def _segment_services(self, state: PassState) -> SegmentServices:
        return SegmentServices(
            checkpoints=Checkpoints(
                self._table,
                state.generation.number,
                lease=self._services.lease,
                clock=self._services.clock,
                counted=self._count,
            ),
            clock=self._services.clock,
            check=self._check,
            is_paused=lambda: self._steering.paused is not None,
            set_aside=self._quarantine.set_aside,
            handled=self._notice,
        )

    def _source(self, state: PassState) -> Source:
        given = self._step.work.given
        if given is not None:
            return GivenItems(given)
        return ScannedItems(
            self._step,
            self._calls,
            segments=state.generation.segments,
            consistent=self._reporter.scan > 0,
            size=self._page_size,
        )

    def _check(self) -> None:
        """Between two items."""
        self._wait()
        if self._steering.takes_retry():
            self._retry()
        most = max(self._step.max_failures, self._step.stop_after - 1)
        self._quarantine.refuse(self._run.live.physical_name, more_than=most)

    def _wait(self) -> None:
        """While it is paused; raises where the pass is to end."""
        self._check_end()
        self._steering.wait(self._check_end)

    def _check_end(self) -> None:
        self._services.stop.check()
        if self._halt.is_set():
            raise Halted

    def _notice(self, item: Item, outcome: Outcome) -> None:
        """Keep a few of those that a scan found to be changed again."""
        if self._reporter.scan > 0 and outcome in {Outcome.CHANGED, Outcome.LEFT} and len(self._again) < SHOWN:
            self._again.append(key_text(key_of(item, self._step.after)))

    def _retry(self) -> None:
        """What was set aside, and may have been corrected since."""
        if len(self._quarantine):
            self._tally.retry(self._quarantine.retry(self._calls, self._wait))
            self._reporter.progress(self._steering.paused)

    def _exchange(self, generation: int) -> PassControl:
        control = self._table.orders.exchange(generation, self._reporter.report())
        if (paused := self._steering.paused) is not None:
            self._reporter.progress(paused)
        return control

    def _count(self, counts: Counts) -> None:
        self._tally.add(counts)
        self._reporter.progress(self._steering.paused)

    def _note_changes(self) -> None:
        if self._tally.counts.changed:
            self._run.changed = True

    def _still_changing(self, found: Counts) -> ItemsStillChanging:
        name = self._run.live.physical_name
        count = found.changed + found.left
        return ItemsStillChanging(
            f"items of {name} are being written as they were before: after {VERIFYING} more scans there "
            f"{'was' if count == 1 else 'were'} still {count} to change",
            parts=self._again,
            table=name,
        )


def segments_of(step: Pass, live: LiveTable) -> int:
    """In how many a table is scanned: as the script says, else as its size asks for."""
    for_threads = min(4 * MOST, max(4 * FEWEST, live.items // SEGMENT_ITEMS))
    return step.segments or min(MAX_SEGMENTS, max(for_threads, live.size_bytes // SEGMENT_BYTES))
