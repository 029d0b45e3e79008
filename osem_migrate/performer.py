"""Performer: brings one planned operation about, from wherever an earlier run, or somebody's hand, left the table."""

from collections.abc import Callable
from dataclasses import dataclass

from osem_migrate.aws.gateway import Answer, Gateway, Outcome
from osem_migrate.aws.lock import Lease
from osem_migrate.aws.waiting import Poller
from osem_migrate.clock import Clock
from osem_migrate.errors import DriftFound, OsemMigrateError
from osem_migrate.events import OperationStarted, RunEvent, StepPerformed, Waiting
from osem_migrate.live import Live
from osem_migrate.operations import Setting
from osem_migrate.planning.diff import diff, matches
from osem_migrate.planning.estimate import estimate_all
from osem_migrate.planning.plan import PlannedOperation
from osem_migrate.schema import Table

LAG = 60.0  # seconds in which a description may lag behind a call that was taken up (tags, backups, new tables)
DOUBT = 5.0  # seconds in which a call that was refused in a doubtful way may still turn out to be done
RETRY_PAUSE = 1.0  # seconds before asking again what DynamoDB refused for now without naming a time
USUAL_TIMEOUT = 30 * 60.0
LONG_TIMEOUT = (
    24 * 60 * 60.0
)  # for what takes long even when all is well: an index build, a second change of time to live


@dataclass(frozen=True, slots=True)
class Performed:
    """How an operation came about: ``adopted`` when everything was there already, with a note for people."""

    adopted: bool
    note: str | None = None


class Performer:
    """Describes, decides and performs, step by step.

    Args:
        gateway: describes tables and performs steps.
        lease: the lock, checked before every mutation.
        poller: how settling is waited for.
        clock: monotonic time.
        timeout: seconds that one operation may take; None chooses by kind.
        on_event: told what is going on.

    Attributes:
        mutated: whether any call was taken up, so that a failure is known to be partial.
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
    ) -> None:
        self._gateway = gateway
        self._lease = lease
        self._poller = poller
        self._clock = clock
        self._timeout = timeout
        self._tell = on_event
        self.mutated = False

    def perform(self, planned: PlannedOperation) -> Performed:
        """Bring the operation about.

        Live as after a step: that step is done. Live as before it: it is performed. Still moving: it is waited for.
        Anything else is drift, and nothing is touched.
        """
        self._tell(OperationStarted(planned, self._gateway.physical_name(planned.table)))
        deadline = self._clock.monotonic() + self._limit(planned)
        live = self._settle(planned, deadline)
        position = _position(planned, live)
        adopted = True
        while position < len(planned.steps):
            step = planned.steps[position]
            self._lease.check()
            outcome = self._gateway.perform(step, live)
            if outcome.answer is Answer.UNSUPPORTED:
                return Performed(adopted, f"this local engine does not support {step.action}; it was left out")
            if outcome.answer is Answer.ACCEPTED:
                adopted, self.mutated = False, True
                self._tell(StepPerformed(step, live.physical_name))
                live = self._settle(planned, deadline, until=step.after, patience=LAG)
            else:
                live = self._reconsider(planned, step.after, outcome, live, deadline)
            position = _position(planned, live, least=position)
        return Performed(adopted, _note(planned, live) if adopted else None)

    def _reconsider(
        self, planned: PlannedOperation, after: Table | None, outcome: Outcome, live: Live, deadline: float
    ) -> Live:
        """After a refusal: the truth, once it is time to look or to ask again; the refusal itself where it stands."""
        error = outcome.error or OsemMigrateError("refused without a reason")
        if outcome.answer is Answer.LATER:
            if self._clock.monotonic() >= deadline:
                raise error
            pause = outcome.retry_after or RETRY_PAUSE
            self._tell(Waiting(planned, live.physical_name, planned.table, error.message, pause))
            self._clock.sleep(pause)
            return self._settle(planned, deadline)
        live = self._settle(planned, deadline, until=after, patience=DOUBT)
        if not matches(live, after):
            raise error
        return live

    def _settle(
        self, planned: PlannedOperation, deadline: float, *, until: Table | None = None, patience: float = 0.0
    ) -> Live:
        """The live table once nothing moves; for ``patience`` seconds it may also lag behind the state ``until``."""
        patient_until = self._clock.monotonic() + patience

        def done(live: Live) -> bool:
            return not live.busy and (matches(live, until) or self._clock.monotonic() >= patient_until)

        return self._poller.until(
            lambda: self._describe(planned),
            done,
            timeout=max(0.0, deadline - self._clock.monotonic()),
            what=f"{planned.operation.describe()} ({self._gateway.physical_name(planned.table)})",
            on_wait=lambda live, waited: self._waiting(planned, live, waited),
        )

    def _describe(self, planned: PlannedOperation) -> Live:
        declared = [setting for table in planned.states if table is not None for setting in table.settings]
        touched = {step.settles for step in planned.steps}
        kinds = {type(setting) for setting in declared if type(setting).described_by in touched}
        return self._gateway.describe(planned.table, kinds)

    def _waiting(self, planned: PlannedOperation, live: Live, waited: float) -> None:
        for subject, phase in (live.busy or {planned.table: "settling"}).items():
            self._tell(Waiting(planned, live.physical_name, subject, phase, waited))

    def _limit(self, planned: PlannedOperation) -> float:
        if self._timeout is not None:
            return self._timeout
        usual = estimate_all(planned.steps).high
        return USUAL_TIMEOUT if usual < USUAL_TIMEOUT / 3 else LONG_TIMEOUT


def _position(planned: PlannedOperation, live: Live, *, least: int = 0) -> int:
    """How many steps are done: the latest state that the live table is in; raises DriftFound when it is in none."""
    for position in reversed(range(least, len(planned.states))):
        if matches(live, planned.states[position]):
            return position
    differences = diff(live, planned.states[least])
    raise DriftFound(
        f"cannot {planned.operation.describe()}: {live.physical_name} is neither as before nor as after it; "
        + "; ".join(difference.describe() for difference in differences),
        table=live.physical_name,
        migration=planned.migration.id,
        differences=[{"code": difference.code, "message": difference.describe()} for difference in differences],
    )


def _note(planned: PlannedOperation, live: Live) -> str:
    kind = type(planned.operation)
    if isinstance(planned.operation, Setting) and kind in live.unreadable:
        return f"this local engine does not support {planned.operation.noun}; it was left out"
    return "it was there already"
