"""Reconciler: brings one planned operation about, from whatever an earlier run, or a manual change, left of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from osem_migrate.errors import OsemMigrateError, ScriptOperationInapplicable
from osem_migrate.events import OperationStarted
from osem_migrate.execution.drivers import DRIVERS
from osem_migrate.execution.drivers.driver import Driver
from osem_migrate.execution.operation_run import OperationRun, Pace, Services
from osem_migrate.history import NO_PROGRESS, Progress
from osem_migrate.operations.step import Step
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.planning.drift.doubt import doubts
from osem_migrate.planning.plan import Plan, PlannedOperation


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How an operation came about: ``adopted`` when everything was there already, with a note for people.

    ``table_id`` tells the table that it left there; ``doubt`` is what nobody knows of a table that was there already.
    """

    adopted: bool
    note: str | None = None
    table_id: str | None = field(default=None, compare=False)
    doubt: Difference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of one operation.

    Attributes:
        result: how it came about; None where it was left under way, is idle, or has failed.
        error: why it has failed.
        changed: whether anything took effect, so that a failure is known to be partial.
        idle: whether nothing of it is under way, although more is to do, which nobody wants begun.
        untouched: whether none of its steps is done.
        hidden: whether a part of the next one may be done that no description shows.
    """

    result: Reconciled | None = None
    error: OsemMigrateError | None = None
    changed: bool = False
    idle: bool = False
    untouched: bool = False
    hidden: bool = False


class Reconciler:
    """Describes, decides and acts, step by step.

    Args:
        services: what all operations share.
        drivers: how each kind of step is carried out.
    """

    def __init__(self, services: Services, drivers: Mapping[type[Step], Driver] = DRIVERS) -> None:
        self._services = services
        self._drivers = drivers

    def reconcile(
        self,
        planned: PlannedOperation,
        progress: Progress = NO_PROGRESS,
        save: Callable[[Progress], None] = lambda _progress: None,
        *,
        resumed: bool = False,
    ) -> Attempt:
        """Bring the operation about, as far as the pace allows.

        Live as after a step: that step is done. Live as before it: it is performed. Still moving: it is waited for.
        Anything else is drift, and nothing is touched. A step that no description shows is done where ``progress``
        says so, and never taken for granted. ``resumed`` says that an earlier run began it: what is there is ours.
        """
        run = OperationRun(planned, self._services, progress, save)
        try:
            result = self._carry_out(run, resumed=resumed)
        except OsemMigrateError as error:
            return Attempt(error=error, changed=run.changed)
        # DynamoDB goes on with nothing that it does not describe, such as a pass over items.
        hidden = result is None and not run.step.is_described
        idle = hidden or (result is None and self._services.pace is Pace.WAIT_ONLY)
        return Attempt(result=result, changed=run.changed, idle=idle, untouched=run.position == 0, hidden=hidden)

    def _carry_out(self, run: OperationRun, *, resumed: bool) -> Reconciled | None:
        planned, pace = run.planned, self._services.pace
        self._services.tell(OperationStarted(planned, self._services.gateway.physical_name(planned.table)))
        if pace is Pace.NO_WAIT and run.is_busy():
            return None
        run.settle()
        run.begin()
        run.asking_since = self._services.clock.monotonic()
        while not run.is_over:
            if pace is Pace.WAIT_ONLY or not self._drivers[type(run.step)].carry_out(run):
                return None
        adopted = not run.changed
        note = run.note or (planned.when_found(run.live.unreadable, resumed=resumed) if adopted else None)
        found = adopted and planned.operation.creates_table
        doubt = next(doubts(run.live, planned.after), None) if found else None
        return Reconciled(adopted, note, run.live.table_id, doubt)


def check_drivers(plan: Plan, drivers: Mapping[type[Step], Driver] = DRIVERS) -> None:
    """Raise ScriptOperationInapplicable where nothing here carries out a step of the plan."""
    for planned in plan.operations:
        for step in planned.steps:
            if type(step) not in drivers:
                raise ScriptOperationInapplicable(
                    f"cannot {planned.operation.describe()}: nothing here carries out a step of kind "
                    f"{type(step).__name__}",
                    file=planned.migration.file or planned.migration.id,
                    line=planned.migration.locate(planned.position),
                )
