"""Runner: takes the lock, makes sure that the plan still holds, and has the executor carry it out."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from osem_migrate.aws.lock import Lease
from osem_migrate.deployment.actor import Actor
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.locked import held, poller
from osem_migrate.errors import ConfirmationRequired, DeletionProtected
from osem_migrate.events import RunStarted
from osem_migrate.execution.adoption import adopt, check
from osem_migrate.execution.executor import Executor, RunOutcome
from osem_migrate.execution.reconciler import Pace, Reconciler
from osem_migrate.execution.recorder import Recorder
from osem_migrate.history import History
from osem_migrate.operations import SetDeletionProtection
from osem_migrate.planning.plan import Direction, Plan
from osem_migrate.stop import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms to run.

    Attributes:
        allow_data_loss: carry out operations that lose data.
        lock_timeout: seconds to wait for another run.
        timeout: seconds that one operation may take to settle; chosen by kind when None.
        pace: whether to wait for what is begun, and whether to begin anything.
        stop: lets a signal handler, or another thread, ask the run to end between two calls.
        resume: the command that continues after a failure.
    """

    allow_data_loss: bool
    lock_timeout: float
    timeout: float | None
    pace: Pace
    stop: Stop
    resume: str


class Runner:
    """Runs plans of one deployment, one at a time over all machines."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def run(self, make: Callable[[], tuple[Plan, History]], terms: Terms) -> tuple[Plan, RunOutcome]:
        """Plan, and carry the plan out under the lock; where there is nothing to do, write nothing and take no lock.

        Args:
            make: reads the history and plans; asked again once the lock is held.
            terms: on what terms.
        """
        plan, history = make()
        if plan.is_empty:
            return plan, RunOutcome(())
        _confirm(plan, terms)
        actor = self._deployment.actor()
        existing = check(self._deployment, plan, lambda: make()[0])
        timeout, stop = terms.lock_timeout, terms.stop
        with held(self._deployment, actor, timeout=timeout, stop=stop, exists=history.exists) as lease:
            # What was pending may have been done while we waited for the lock.
            plan, history = make()
            _confirm(plan, terms)
            if existing:
                plan = adopt(self._deployment, plan, existing)
            self._refuse_protected(plan)
            self._deployment.tell(RunStarted(plan))
            return plan, self._executor(plan.direction, actor, lease, terms).run(plan, history)

    def _refuse_protected(self, plan: Plan) -> None:
        """Raise DeletionProtected before anything is changed, where a table to drop must not be."""
        dropped = {lane.table for lane in plan.lanes if any(planned.after is None for planned in lane.operations)}
        for live in self._deployment.gateway.describe_all(dict.fromkeys(sorted(dropped), ())):
            setting = live.table.setting(SetDeletionProtection) if live.table is not None else None
            if setting is not None and setting.enabled and not _turns_off(plan, live.name):
                raise DeletionProtected(
                    f"deletion protection is on for {live.physical_name}, which this would drop",
                    table=live.physical_name,
                )

    def _executor(self, direction: Direction, actor: Actor, lease: Lease, terms: Terms) -> Executor:
        deployment = self._deployment
        clock = replace(deployment.clock, sleep=terms.stop.sleep)
        reconciler = Reconciler(
            gateway=deployment.gateway,
            lease=lease,
            poller=poller(deployment, clock),
            clock=clock,
            timeout=terms.timeout,
            on_event=deployment.tell,
            stop=terms.stop,
            mutations=deployment.environment.settings.mutations_in_flight,
            pace=terms.pace,
        )
        recorder = Recorder(
            history=deployment.history, lease=lease, actor=actor, clock=deployment.clock, direction=direction
        )
        return Executor(
            reconciler=reconciler,
            recorder=recorder,
            clock=clock,
            physical_name=deployment.environment.physical_name,
            stop=terms.stop,
            resume=terms.resume,
            on_event=deployment.tell,
        )


def _confirm(plan: Plan, terms: Terms) -> None:
    if plan.hazards and not terms.allow_data_loss:
        raise ConfirmationRequired("; ".join(plan.hazards), hazards=list(plan.hazards))


def _turns_off(plan: Plan, table: str) -> bool:
    """Whether the plan itself turns deletion protection off before it drops the table."""
    lane = next(lane for lane in plan.lanes if lane.table == table)
    changes = [p.operation for p in lane.operations if isinstance(p.operation, SetDeletionProtection)]
    return any(not change.enabled for change in changes)
