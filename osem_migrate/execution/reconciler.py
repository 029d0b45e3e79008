"""Reconciler: brings one planned operation about, from whatever an earlier run, or a manual change, left of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from osem_migrate.aws.gateway import Gateway, StepAnswer, StepOutcome
from osem_migrate.aws.lock import Lease
from osem_migrate.aws.poller import Poller
from osem_migrate.clock import Clock
from osem_migrate.errors import AwsError, DriftFound, LockLost, ResourceNotFound
from osem_migrate.events import OperationStarted, RunEvent, StepPerformed, Waiting
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import DropIndex, DropTable, Setting
from osem_migrate.operations.step import Description, Step
from osem_migrate.planning.drift.diff import diff, matches, overlooking
from osem_migrate.planning.estimate import estimate_all
from osem_migrate.planning.plan import PlannedOperation
from osem_migrate.schema import Table
from osem_migrate.stop import Stop

LAG = 60.0  # seconds in which a description may lag behind a call that was taken up (tags, backups, new tables)
DOUBT = 5.0  # seconds in which a call that was refused in a doubtful way may still turn out to be done
RETRY_PAUSE = 1.0  # seconds, at least, before asking again what DynamoDB refused for now without naming a time
USUAL_TIMEOUT = 30 * 60.0
LONG_TIMEOUT = 24 * 60 * 60.0  # for what takes long even when all is well: an index build, a second time to live


MUTATIONS_IN_FLIGHT = 3


class Pace(StrEnum):
    """FULL waits for everything; NO_WAIT begins the next step of each lane; WAIT_ONLY begins nothing."""

    FULL = "full"
    NO_WAIT = "no-wait"
    WAIT_ONLY = "wait-only"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How an operation came about: ``adopted`` when everything was there already, with a note for people."""

    adopted: bool
    note: str | None = None


class Reconciler:
    """Describes, decides and performs, step by step.

    Args:
        gateway: describes tables and performs steps.
        lease: the lock, checked before every mutation.
        poller: how settling is waited for.
        clock: monotonic time.
        timeout: seconds that one operation may take; None chooses by kind.
        on_event: told what is going on.
        stop: the request to end between two calls.
        mutations: how many control-plane mutations may be in flight at once; AWS throttles beyond about three.
        pace: whether to wait for what was begun, and whether to begin anything.

    Attributes:
        mutated: whether any call took effect, so that a failure is known to be partial.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        *,
        gateway: Gateway,
        lease: Lease,
        poller: Poller,
        clock: Clock,
        timeout: float | None,
        on_event: Callable[[RunEvent], None],
        stop: Stop,
        mutations: int = MUTATIONS_IN_FLIGHT,
        pace: Pace = Pace.FULL,
    ) -> None:
        self._gateway = gateway
        self._lease = lease
        self._poller = poller
        self._clock = clock
        self._timeout = timeout
        self._tell = on_event
        self._stop = stop
        self._mutations = threading.BoundedSemaphore(mutations)
        self._pace = pace
        self._lacking: frozenset[type[Setting]] = frozenset()
        self.mutated = False

    def perform(self, planned: PlannedOperation) -> Reconciled | None:
        """Bring the operation about; None where it is left under way, because nobody wants to wait or to begin.

        Live as after a step: that step is done. Live as before it: it is performed. Still moving: it is waited for.
        Anything else is drift, and nothing is touched.
        """
        self._tell(OperationStarted(planned, self._gateway.physical_name(planned.table)))
        deadline = self._clock.monotonic() + self._limit(planned)
        if self._pace is Pace.NO_WAIT and self._describe(planned).busy:
            return None
        live = self._settle(planned, deadline)
        position = _position(planned, live)
        adopted, note = True, None
        asking_since = self._clock.monotonic()
        while position < len(planned.steps):
            if self._pace is Pace.WAIT_ONLY:
                return None
            step = planned.steps[position]
            outcome = self._ask(step, live)
            if self._pace is Pace.NO_WAIT and outcome.answer is not StepAnswer.UNSUPPORTED:
                self.mutated = self.mutated or outcome.answer is StepAnswer.ACCEPTED
                return None
            if outcome.answer is StepAnswer.UNSUPPORTED:
                note = f"this local engine does not support {step.action}; it was left out"
                live = self._leave_out(planned, position, live)
            elif outcome.answer is StepAnswer.ACCEPTED:
                adopted, self.mutated = False, True
                self._tell(StepPerformed(step, live.physical_name))
                live = self._settle(planned, deadline, until=step.after, patience=LAG)
            elif outcome.answer is StepAnswer.LATER:
                live = self._later(planned, position, outcome, asking_since, deadline)
            else:
                live = self._doubt(planned, position, outcome, deadline)
            reached = _position(planned, live, least=position)
            if reached > position:
                asking_since = self._clock.monotonic()
                if outcome.answer is not StepAnswer.UNSUPPORTED:
                    # It was not there before we asked, so it is ours, however the call was answered.
                    adopted, self.mutated = False, True
            position = reached
        return Reconciled(adopted, note or (_note(planned, live) if adopted else None))

    def _ask(self, step: Step, live: LiveTable) -> StepOutcome:
        """One mutation: not after a request to stop, not without the lock, and not beside too many others."""
        with self._mutations:
            self._stop.check()
            self._lease.check()
            try:
                return self._gateway.perform(step, live, guard=self._lease.check_age)
            except LockLost:
                self._lease.check()  # which asks who took it
                raise

    def _later(
        self, planned: PlannedOperation, position: int, outcome: StepOutcome, asking_since: float, deadline: float
    ) -> LiveTable:
        """After a refusal that passes: the live table, once it is time to ask again; raises it when no time is left."""
        error = outcome.error or AwsError("refused for now")
        now = self._clock.monotonic()
        if now >= deadline:
            raise error
        pause = outcome.retry_after or max(RETRY_PAUSE, self._poller.interval(now - asking_since))
        name = self._gateway.physical_name(planned.table)
        self._tell(Waiting(planned, name, planned.table, error.message, now - asking_since))
        self._clock.sleep(min(pause, deadline - now))
        return self._settle(planned, deadline, until=planned.states[position + 1])

    def _doubt(self, planned: PlannedOperation, position: int, outcome: StepOutcome, deadline: float) -> LiveTable:
        """After a refusal that may follow our own success: the live table; raises it where nothing has changed."""
        error = outcome.error or AwsError("refused")
        before, after = planned.states[position : position + 2]
        known, self.mutated = self.mutated, True  # until the description says otherwise
        live = self._settle(planned, deadline, until=after, patience=DOUBT)
        if matches(live, after, planned.ahead) or not matches(live, before, planned.ahead):
            return live
        self.mutated = known
        # A side of a table that has just become ACTIVE may not be found yet: then there is no harm in asking again.
        if isinstance(error, ResourceNotFound) and live.table is not None:
            return live
        raise error

    def _leave_out(self, planned: PlannedOperation, position: int, live: LiveTable) -> LiveTable:
        """From now on the settings of that step count as something that this engine cannot tell."""
        before, after = (() if table is None else table.settings for table in planned.states[position : position + 2])
        kinds = {type(setting) for setting in after if setting not in before}
        self._lacking |= kinds
        return replace(live, unreadable=live.unreadable | kinds)

    def _settle(
        self, planned: PlannedOperation, deadline: float, *, until: Table | None = None, patience: float = 0.0
    ) -> LiveTable:
        """The live table once nothing moves; for ``patience`` seconds it may also lag behind the state ``until``.

        ``until`` is what was asked for; None, too, where nothing was.
        """
        patient_until = self._clock.monotonic() + patience

        def done(live: LiveTable) -> bool:
            settled = matches(live, until, planned.ahead) or self._clock.monotonic() >= patient_until
            return not live.busy and settled

        return self._poller.until(
            lambda: self._describe(planned),
            done,
            timeout=max(0.0, deadline - self._clock.monotonic()),
            what=f"{planned.operation.describe()} ({self._gateway.physical_name(planned.table)})",
            on_wait=lambda live, waited: self._waiting(planned, live, until, waited),
        )

    def _describe(self, planned: PlannedOperation) -> LiveTable:
        declared = [setting for table in planned.states if table is not None for setting in table.settings]
        touched = {step.settles for step in planned.steps}
        kinds = {type(setting) for setting in declared if type(setting).described_by in touched}
        live = self._gateway.describe(planned.table, kinds)
        return replace(live, unreadable=live.unreadable | self._lacking)

    def _waiting(self, planned: PlannedOperation, live: LiveTable, until: Table | None, waited: float) -> None:
        if until is not None and matches(live, until, planned.ahead):
            # On its way since we asked, even if the answer to our call was a refusal.
            self.mutated = True
        for subject, phase in (live.busy or {planned.table: "settling"}).items():
            self._tell(Waiting(planned, live.physical_name, subject, phase, waited))

    def _limit(self, planned: PlannedOperation) -> float:
        if self._timeout is not None:
            return self._timeout
        # Whether a time to live was changed within its cool-down, before this operation, is not to be seen anywhere.
        if any(step.settles is Description.TIME_TO_LIVE for step in planned.steps):
            return LONG_TIMEOUT
        usual = estimate_all(planned.steps).high
        return USUAL_TIMEOUT if usual < USUAL_TIMEOUT / 3 else LONG_TIMEOUT


def _position(planned: PlannedOperation, live: LiveTable, *, least: int = 0) -> int:
    """How many steps are done: the latest state that the live table is in; raises DriftFound when it is in none."""
    for position in reversed(range(least, len(planned.states))):
        if matches(live, planned.states[position], planned.ahead):
            return position
    # Of the states it might be in, speak of the nearest one; of equally near ones, of the latest.
    states = [state for state in planned.states[least:] if (state is None) == (live.table is None)]
    nearest = reversed(states or planned.states[least:])
    differences = min((diff(overlooking(live, state, planned.ahead), state) for state in nearest), key=len)
    raise DriftFound(
        f"cannot {planned.operation.describe()}: {live.physical_name} matches neither the state before nor after it; "
        + "; ".join(difference.describe() for difference in differences),
        table=live.physical_name,
        migration=planned.migration.id,
        differences=[{"code": difference.code, "message": difference.describe()} for difference in differences],
    )


def _note(planned: PlannedOperation, live: LiveTable) -> str:
    kind = type(planned.operation)
    if isinstance(planned.operation, Setting) and kind in live.unreadable:
        return f"this local engine does not support {planned.operation.noun}; it was left out"
    return "it was gone already" if kind in {DropIndex, DropTable} else "it was there already"
