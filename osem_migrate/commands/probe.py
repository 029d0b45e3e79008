"""Probing: one marked sample item goes through a table and each of its indexes, and is taken away again."""

import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from osem_migrate.aws.item_calls import Probe, was_never_applied
from osem_migrate.aws.poller import Poller
from osem_migrate.clock import Clock
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import AwsError, OsemMigrateError, SampleLeft, WaitTimeout
from osem_migrate.execution.scheduler import Task, run_tasks
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import number_named
from osem_migrate.planning.probe import Sample, make_sample
from osem_migrate.planning.verify import Check
from osem_migrate.schema import Index, LocalIndex, Table
from osem_migrate.schema.item import Item
from osem_migrate.stop import Stop

WIDTH = 10  # tables at once
VISIBLE_WITHIN = 30.0  # seconds until every index shows the item; usually milliseconds
REMOVED_WITHIN = 60.0  # seconds that the removal is tried again, where DynamoDB throttles or does not answer
OTHERS_WITHIN = 120.0  # seconds after which a sample of another run is no longer one that is being probed
FIRST_LOOK = 0.25  # seconds between the first two looks

_WRITTEN, _SHOWN = "written and read back", "shows the item"


def probe_tables(
    deployment: Deployment, live_tables: Iterable[LiveTable], stop: Stop, *, again: str
) -> dict[str, tuple[Check, ...]]:
    """The checks of each table's probe, by logical name; tables side by side.

    Args:
        deployment: whose tables.
        live_tables: tables that are ready.
        stop: ends the probe; every sample is removed all the same.
        again: the command that removes a sample that had to be left.

    Raises:
        SampleLeft: a sample could not be removed.
        Interrupted: somebody asked to stop.
        AwsError: DynamoDB refused.
    """
    run = f"{deployment.clock.milliseconds()}-{secrets.token_hex(4)}"
    probe = Probe(deployment.session.dynamodb())
    checks: dict[str, tuple[Check, ...]] = {}

    def task(live: LiveTable, table: Table) -> Task[str]:
        sample = make_sample(table, run, now=deployment.clock.milliseconds() // 1000)
        sampling = _TableProbe(probe, live.physical_name, sample, clock=deployment.clock, stop=stop, again=again)

        def act() -> bool:
            checks[live.name] = sampling.make()
            return True

        return Task(live.name, frozenset(), act)

    tasks = [task(live, live.table) for live in live_tables if live.table is not None]
    run_tasks(tasks, width=WIDTH, stop=stop)
    return checks


class _TableProbe:
    """One sample in one table.

    Args:
        probe: makes the calls.
        table: the physical name.
        sample: the item.
        clock: for the removal, which nothing but its own patience ends.
        stop: ends everything else.
        again: the command that removes a sample that had to be left.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each
        self, probe: Probe, table: str, sample: Sample, *, clock: Clock, stop: Stop, again: str
    ) -> None:
        self._probe = probe
        self._table = table
        self._sample = sample
        self._clock = clock
        self._stop = stop
        self._again = again
        self._may_be_there = False

    def make(self) -> tuple[Check, ...]:
        """Write, read back, remove."""
        failure: OsemMigrateError | None = None
        try:
            self._stop.check()
            obstacle = self._write()
            if obstacle is not None:
                return (Check("probe table", passed=False, expected=_WRITTEN, found=obstacle),)
            return (self._read(), *self._look())
        except OsemMigrateError as stopped:
            failure = stopped
            raise
        finally:
            self._remove(failure)

    def _write(self) -> str | None:
        """Write the sample, once that of any other run is gone; what is in the way, where it does not go."""
        began = self._clock.monotonic()
        replaced: str | None = None
        gone = 0  # times that what was in the way was not found any more
        while not self._put(replaced):
            found = self._probe.get(self._table, self._sample.key)
            run = self._run_of(found)
            # A put that is repeated because its answer was lost finds itself.
            self._may_be_there = run == self._sample.run
            if self._may_be_there:
                return None
            if found is not None and run is None:
                return "another item has its key; it was not touched"
            late = self._clock.monotonic() - began >= OTHERS_WITHIN
            if late and (replaced is not None or found is None):
                return "other probes keep writing to its key"
            replaced = run if late or self._is_left(run) else None
            gone += found is None
            if replaced is None and (run is not None or gone > 1):
                self._stop.sleep(1.0)
        return None

    def _put(self, replaced: str | None) -> bool:
        self._stop.check()
        self._may_be_there = True
        key = self._sample.table.partition_key.name
        try:
            return self._probe.put(
                self._table, self._sample.item, marker=self._sample.marker, key=key, instead_of=replaced
            )
        except AwsError as refusal:
            self._may_be_there = not was_never_applied(refusal)
            raise

    def _run_of(self, found: Item | None) -> str | None:
        """The run whose sample an item is; None for an item of somebody else's."""
        run = (found or {}).get(self._sample.marker, {}).get("S")
        return str(run) if run is not None else None

    def _is_left(self, run: str | None) -> bool:
        """Whether the run began so long ago that it cannot be at work any more."""
        began = number_named((run or "").partition("-")[0])
        return began is not None and self._clock.milliseconds() - began >= OTHERS_WITHIN * 1000

    def _read(self) -> Check:
        found = self._probe.get(self._table, self._sample.key)
        right = found == self._sample.item
        return Check("probe table", right, _WRITTEN, _WRITTEN if right else _shown(found, self._sample.item))

    def _look(self) -> list[Check]:
        """Query every index until it shows the item; global indexes follow their table with a delay."""
        indexes = self._sample.table.all_indexes
        shown: dict[str, Item | None] = {}

        def look() -> bool:
            for index in indexes:
                if index.name not in shown or shown[index.name] != self._sample.seen_in(index):
                    self._stop.check()
                    shown[index.name] = self._find(index)
            return all(shown[index.name] == self._sample.seen_in(index) for index in indexes)

        poller = Poller(replace(self._clock, sleep=self._stop.sleep), FIRST_LOOK)
        with suppress(WaitTimeout):
            poller.until(look, bool, timeout=VISIBLE_WITHIN, what="the sample item")
        return [_check(index, shown[index.name], self._sample.seen_in(index)) for index in indexes]

    def _find(self, index: Index | LocalIndex) -> Item | None:
        return self._probe.find(
            self._table,
            index.name,
            self._sample.key_in(index),
            self._sample.key,
            consistent=isinstance(index, LocalIndex),
        )

    def _remove(self, failure: OsemMigrateError | None) -> None:
        """Remove the sample, whatever else went wrong; raise SampleLeft where that cannot be done."""
        if not self._may_be_there:
            return
        sample = self._sample
        try:
            Poller(self._clock, FIRST_LOOK).until(
                lambda: self._probe.delete(self._table, sample.key, marker=sample.marker, run=sample.run),
                lambda _removed: True,
                timeout=REMOVED_WITHIN,
                what="the sample item",
            )
        except AwsError as refused:
            raise SampleLeft(self._table, failure or refused, again=self._again) from refused


def _check(index: Index | LocalIndex, shown: Item | None, expected: Item) -> Check:
    kind = "local index" if isinstance(index, LocalIndex) else "index"
    right = shown == expected
    return Check(f"probe {kind} {index.name}", right, _SHOWN, _SHOWN if right else _shown(shown, expected))


def _shown(found: Item | None, expected: Item) -> str:
    """What was read instead of the item."""
    if found is None:
        return f"no item within {VISIBLE_WITHIN:.0f} s"
    others = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
    return f"an item with other values of {', '.join(others)}"
