"""Runner: takes the lock, makes sure that the plan still holds, and has the executor carry it out."""

import threading
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

from osem_migrate.aws.lock import Lease
from osem_migrate.deployment.actor import Actor
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.locked import LockOptions, held, poller
from osem_migrate.errors import ArgumentInvalid, ConfirmationRequired
from osem_migrate.events import RunStarted
from osem_migrate.execution.adoption import adopt, find_existing
from osem_migrate.execution.executor import Executor, RunOutcome
from osem_migrate.execution.foresight import with_drift
from osem_migrate.execution.operation_run import Pace, Services
from osem_migrate.execution.passes.passes import Passes
from osem_migrate.execution.reconciler import Reconciler, check_drivers
from osem_migrate.execution.recorder import Recorder
from osem_migrate.history import History
from osem_migrate.planning.drift.halves import refuse_halves
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.unwaited import at_passes, reached, unwaited
from osem_migrate.stop import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions(LockOptions):
    """The options of every command that carries out a Plan.

    Attributes:
        plan: made already, shown and confirmed: what it loses may be lost. It is made here when None.
        allow_data_loss: carry out whatever loses data, without a plan that somebody has confirmed.
        timeout: seconds that one operation may take to settle; chosen by kind when None.
        pace: whether to wait for what is begun, and whether to begin anything.
        item_rate: units a second that passes over items read, and write, whatever else says so; as configured, or as
            the scripts say, when None.
    """

    plan: Plan | None = None
    allow_data_loss: bool = False
    timeout: float | None = None
    pace: Pace = Pace.FULL
    item_rate: int | None = None

    def __post_init__(self) -> None:
        """Raise ArgumentInvalid for a rate at which nothing would ever be done."""
        LockOptions.__post_init__(self)  # the zero-argument super() is not that of a class with slots
        if self.item_rate is not None and self.item_rate < 1:
            raise ArgumentInvalid(
                f"{type(self).__name__}: item_rate takes a number of at least 1, not {self.item_rate}",
                argument="item_rate",
            )

    @abstractmethod
    def resume(self, *more: str) -> str:
        """The command that continues after a failure, with more options; it goes no further than this run was to go."""


def run(
    deployment: Deployment, make: Callable[[], tuple[Plan, History]], options: RunOptions
) -> tuple[Plan, RunOutcome]:
    """Carry a plan out under the lock; where there is nothing to do, write nothing and take no lock.

    Args:
        deployment: where.
        make: reads the history and plans; asked again once the lock is held.
        options: the plan, where there is one already, and how it is carried out.

    Raises:
        ConfirmationRequired: the plan loses data and nobody has confirmed it.
        PartialError: it stopped after something was changed.
        OsemMigrateError: it stopped before anything was changed.
    """
    plan = options.plan if options.plan is not None else make()[0]
    if plan.is_empty:
        return plan, RunOutcome(())
    if options.pace is not Pace.FULL:
        seen, history = make()
        if not _reached(seen, history, options.pace)[0].migrations:
            return plan, RunOutcome((), at_passes=at_passes(seen, history.records))
    check_drivers(plan)
    _confirm(plan, options)
    actor = deployment.actor()
    existing = find_existing(deployment, plan, lambda: make()[0])
    options = replace(options, stop=options.stop or Stop(deployment.clock))
    with held(deployment, actor, options, exists=not plan.creates_history) as lease:
        # What was pending may have been done while we waited for the lock.
        plan, history = make()
        _confirm(plan, options)
        if existing:
            plan = adopt(deployment, plan, existing)
            _confirm(plan, options)
        if options.pace is not Pace.WAIT_ONLY:
            plan = with_drift(deployment, plan)
            refuse_halves(plan, history)
        deployment.tell(RunStarted(plan))
        executor = _executor(deployment, plan, actor, lease, options)
        if options.pace is not Pace.FULL:
            outcome = executor.run(*_reached(plan, history, options.pace))
            over = {*outcome.finished, *outcome.in_progress}
            left = tuple(one for one in at_passes(plan, history.records) if one not in over)
            return plan, replace(outcome, at_passes=left)
        return plan, executor.run(plan, history)


def _reached(plan: Plan, history: History, pace: Pace) -> tuple[Plan, History, frozenset[tuple[str, int]]]:
    """What a run that does not wait for all comes to: migrations, and the keys of their operations.

    Nobody goes on with a pass over items meanwhile; where one is next, there is nothing to begin, or to wait for.
    """
    keys = unwaited(plan, history.records)
    if pace is Pace.WAIT_ONLY:
        described = {one.key for one in plan.operations if any(step.is_described for step in one.steps)}
        begun = plan.begun(history.records) & described & keys
        return plan.of(begun), history, begun
    return reached(plan, history.records, keys), history, keys


def _confirm(plan: Plan, options: RunOptions) -> None:
    """Raise ConfirmationRequired where the plan loses what nobody has agreed to lose."""
    if options.allow_data_loss or options.pace is Pace.WAIT_ONLY:
        return
    confirmed = options.plan.hazards if options.plan is not None else ()
    losses = [hazard.text for hazard in plan.hazards if hazard not in confirmed]
    if losses:
        more = "the plan has changed since it was confirmed, and would lose more"
        raise ConfirmationRequired(
            more if options.plan is not None else "data would be lost",
            parts=losses,
            remediation=ConfirmationRequired.how(options.resume("--dry-run"), options.resume("--yes")),
            hazards=losses,
        )


def _executor(deployment: Deployment, plan: Plan, actor: Actor, lease: Lease, options: RunOptions) -> Executor:
    stop = options.stop or Stop(deployment.clock)
    clock = replace(deployment.clock, sleep=stop.sleep)
    recorder = Recorder(
        history=deployment.history, lease=lease, actor=actor, clock=deployment.clock, direction=plan.direction
    )
    services = Services(
        gateway=deployment.gateway,
        lease=lease,
        poller=poller(deployment, clock),
        clock=clock,
        tell=deployment.tell,
        stop=stop,
        mutations=threading.BoundedSemaphore(deployment.environment.settings.mutations_in_flight),
        pace=options.pace,
        timeout=options.timeout,
        passes=Passes(
            client=lambda: deployment.pass_client,
            state=deployment.pass_table,
            physical_name=deployment.environment.physical_name,
            direction=plan.direction,
            note=recorder.note,
            rate=options.item_rate,
            configured=deployment.environment.settings.item_rate,
        ),
    )
    for drift in plan.drift:
        services.notice(drift)
    return Executor(
        reconciler=Reconciler(services),
        recorder=recorder,
        clock=clock,
        physical_name=deployment.environment.physical_name,
        stop=stop,
        resume=options.resume(),
        on_event=deployment.tell,
    )
