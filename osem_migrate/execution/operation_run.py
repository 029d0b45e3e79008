"""OperationRun: one operation being brought about: where its table stands, and what a driver may ask for."""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum

from osem_migrate.aws.gateway import Gateway
from osem_migrate.aws.lock import Lease
from osem_migrate.aws.poller import Poller
from osem_migrate.clock import Clock
from osem_migrate.errors import DriftFound
from osem_migrate.events import DriftNoticed, RunEvent, Waiting
from osem_migrate.execution.passes.passes import Passes
from osem_migrate.history import Progress
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import Setting
from osem_migrate.operations.step import Step
from osem_migrate.planning.drift.concerned import fitted, is_in, nearest
from osem_migrate.planning.drift.located import steps_done
from osem_migrate.planning.estimate import estimate_all
from osem_migrate.planning.plan import PlanDrift, PlannedOperation
from osem_migrate.schema import Table
from osem_migrate.schema.value import altered
from osem_migrate.stop import Stop

USUAL_TIMEOUT = 30 * 60.0
CORRECTED = 60.0  # seconds that a recorded beginning may be too early; more is worth another write
LONG_TIMEOUT = 24 * 60 * 60.0  # for what takes long even when all is well: an index build, a second time to live


class Pace(StrEnum):
    """FULL waits for everything; NO_WAIT begins the next step of each lane; WAIT_ONLY begins nothing."""

    FULL = "full"
    NO_WAIT = "no-wait"
    WAIT_ONLY = "wait-only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What every operation of a run shares.

    Attributes:
        gateway: describes tables and performs calls.
        lease: the lock, checked before every mutation.
        poller: how settling is waited for.
        clock: monotonic time.
        tell: told what is going on.
        stop: the request to end between two calls.
        mutations: lets only so many control-plane mutations be in flight at once; AWS throttles beyond about three.
        pace: whether to wait for what was begun, and whether to begin anything.
        timeout: seconds that one operation may take; None chooses by kind.
        passes: what passes over items are given.
        lacking: the settings that this local engine turned out not to support.
        told: the differences that were told of.
    """

    gateway: Gateway
    lease: Lease
    poller: Poller
    clock: Clock
    tell: Callable[[RunEvent], None]
    stop: Stop
    mutations: threading.BoundedSemaphore
    pace: Pace
    timeout: float | None
    passes: Passes
    lacking: set[type[Setting]] = field(default_factory=set)
    told: set[tuple[str, ...]] = field(default_factory=set)

    def notice(self, drift: PlanDrift) -> None:
        """Tell of a difference, once."""
        if drift.identity not in self.told:
            self.told.add(drift.identity)
            self.tell(DriftNoticed(drift))


@contextmanager
def mutation(slots: threading.BoundedSemaphore, stop: Stop, lease: Lease) -> Iterator[None]:
    """Around one mutation: not after a request to stop, not without the lock, not beside too many others."""
    with slots:
        stop.check()
        lease.check()
        yield


class OperationRun:
    """One operation, from wherever its table stands, to its end.

    Args:
        planned: the operation.
        services: what all operations share.
        progress: how far an earlier run came, as far as no description shows it.
        save: records how far this one has come.

    Attributes:
        live: the table as it was last described.
        position: how many steps are done.
        cursor: where an earlier run left the step at that position; None at its beginning.
        changed: whether anything took effect, so that a failure is known to be partial.
        answered: the position that DynamoDB has taken the call for, or has refused it for as what is so already.
        note: what people should know of how it came about.
    """

    live: LiveTable

    def __init__(
        self,
        planned: PlannedOperation,
        services: Services,
        progress: Progress,
        save: Callable[[Progress], None],
    ) -> None:
        self.planned = planned
        self.services = services
        self.position = progress.step
        self.cursor = progress.cursor
        self.changed = False
        self.note: str | None = None
        self._save = save
        self._begun_at = progress.begun_at
        now, at = services.clock.monotonic(), services.clock.milliseconds()
        self._on_aws_since = now - max(0, at - (progress.begun_at or at)) / 1000
        self.deadline = now + self._limit()
        self.asking_since = now
        self.answered: int | None = None

    @property
    def step(self) -> Step:
        """The step that is next."""
        return self.planned.steps[self.position]

    @property
    def elapsed(self) -> float:
        """Seconds since the operation began on AWS, in this run or in an earlier one."""
        return self.services.clock.monotonic() - self._on_aws_since

    @property
    def is_over(self) -> bool:
        """Whether every step is done."""
        return self.position == len(self.planned.steps)

    @property
    def around(self) -> tuple[Table | None, Table | None]:
        """The table before the next step, and after it."""
        return self.planned.states[self.position], self.planned.states[self.position + 1]

    def describe(self) -> LiveTable:
        """The table as it is now, without waiting."""
        declared = [setting for table in self.planned.states if table is not None for setting in table.settings]
        touched = {call.settles for call in self.planned.calls}
        if isinstance(self.planned.operation, Setting):
            # What is declared so already takes no call; whether it is so is seen all the same.
            touched.add(self.planned.operation.described_by)
        kinds = {type(setting) for setting in declared if type(setting).described_by in touched}
        gateway = self.services.gateway
        self._see(gateway.learn(gateway.describe(self.planned.table, kinds), self.planned.possible))
        return self.live

    def is_busy(self) -> bool:
        """Whether the table, as it is now, has to be waited for."""
        return bool(self._unsettled(self.describe()))

    def settle(self, *, until: Table | None = None, patience: float = 0.0) -> None:
        """Wait until nothing moves; for ``patience`` seconds the table may also lag behind the state ``until``.

        ``until`` is what was asked for; None, too, where nothing was.
        """
        clock = self.services.clock
        patient_until = clock.monotonic() + patience
        asked = self._asked(until)

        def done(live: LiveTable) -> bool:
            return not self._unsettled(live) and (self.matches(asked) or clock.monotonic() >= patient_until)

        self.services.poller.until(
            self.describe,
            done,
            timeout=max(0.0, self.deadline - clock.monotonic()),
            what=f"{self.planned.operation.describe()} ({self.services.gateway.physical_name(self.planned.table)})",
            on_wait=lambda live, waited: self._waiting(live, until, waited),
        )

    def matches(self, state: Table | None) -> bool:
        """Whether the table, as last described, is in a state, as far as the operation is concerned."""
        return is_in(self.planned, self.live, state)

    def leave_out(self, kinds: Collection[type[Setting]]) -> None:
        """From now on these settings count as something that this engine cannot tell."""
        self.services.lacking.update(kinds)
        self._see(self.live)

    def begin(self) -> None:
        """Find out where the table stands before anything is done; raises DriftFound.

        What differs and does not concern the operation is told, and left as it is.
        """
        left = nearest(self.planned, self.live, self.position).left
        if self.position == 0:
            self.planned = fitted(self.planned, self.live)
        self.locate()
        for difference in left:
            self.services.notice(PlanDrift(self.live.physical_name, difference))

    def locate(self) -> bool:
        """Find out which steps are done, and say whether it is more than before; raises DriftFound."""
        before = self.position
        done = steps_done(self.planned, self.live, known=before, answered=self.answered)
        if done is None:
            raise self._drift()
        self._reach(done)
        return self.position > before

    def _asked(self, until: Table | None) -> Table | None:
        """What the next step asks for, in full: what it sets is to be seen, be it only a default of new tables."""
        if until is None:
            return None
        before = self.around[0]
        had = before.settings if before is not None else ()
        return altered(until, defaults=tuple(known for known in until.defaults if until.setting(type(known)) in had))

    def _unsettled(self, live: LiveTable) -> dict[str, str]:
        """What has to be waited for; an index that is to go need not be built first: AWS deletes it while it is."""
        dropped = self.planned.operation.dropped_index
        return {what: phase for what, phase in live.busy.items() if (what, phase) != (dropped, "backfilling")}

    def taken_up(self) -> None:
        """DynamoDB has taken up the next step: with the first one, the operation begins on AWS.

        An earlier run may have recorded that it began, and never have come to ask. That is corrected where it matters.
        """
        if self.position > 0:
            return
        if self.elapsed > CORRECTED:
            self._begun_at = self.services.clock.milliseconds()
            self._save(self._progress())
        self._on_aws_since = self.services.clock.monotonic()

    def advance(self) -> None:
        """The next step, which no description shows, is done; that is recorded. However long it took, it is over."""
        self._reach(self.position + 1)
        self.deadline = self.services.clock.monotonic() + self._limit()
        self._save(self._progress())

    def keep(self, cursor: str) -> None:
        """Record how far the next step has come; a later run begins there."""
        self.cursor = cursor
        self._save(self._progress())

    def _progress(self) -> Progress:
        return Progress(step=self.position, cursor=self.cursor, begun_at=self._begun_at)

    def _reach(self, position: int) -> None:
        if position > self.position:
            self.cursor = None
        self.position = position

    def _see(self, live: LiveTable) -> None:
        self.live = replace(live, unreadable=live.unreadable | self.services.lacking)

    def _waiting(self, live: LiveTable, until: Table | None, waited: float) -> None:
        if until is not None and self.matches(until):
            # On its way since we asked, even if the answer to our call was a refusal.
            self.changed = True
        for subject, phase in (live.busy or {self.planned.table: "settling"}).items():
            self.services.tell(Waiting(self.planned, live.physical_name, subject, phase, waited, self.elapsed))

    def _drift(self) -> DriftFound:
        """Of the states it might be in, speak of the nearest one."""
        planned, live = self.planned, self.live
        differences = nearest(planned, live, self.position).stopping
        return DriftFound(
            f"cannot {planned.operation.describe()}: "
            f"{live.physical_name} matches neither the state before nor after it",
            parts=(difference.describe() for difference in differences),
            table=live.physical_name,
            migration=planned.migration.id,
            differences=[difference.document(live.physical_name) for difference in differences],
        )

    def _limit(self) -> float:
        if self.services.timeout is not None:
            return self.services.timeout
        # Whether the same was done within its cool-down, before this operation, is not to be seen anywhere.
        if any(step.again.high for step in self.planned.steps):
            return LONG_TIMEOUT
        usual = estimate_all(self.planned.steps).high
        return USUAL_TIMEOUT if usual < USUAL_TIMEOUT / 3 else LONG_TIMEOUT
