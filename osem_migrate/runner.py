"""Runner: takes the lock, makes sure that the plan still holds, and has the executor carry it out."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from osem_migrate.actor import Actor
from osem_migrate.aws.gateway import Gateway
from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.aws.lock import LEASE_SECONDS, Lease, Lock
from osem_migrate.aws.waiting import SHORTEST, SHORTEST_LOCALLY, Poller
from osem_migrate.clock import Clock
from osem_migrate.config import HISTORY_ENTITY, Environment
from osem_migrate.errors import ConfirmationRequired, DeletionProtected
from osem_migrate.events import LockWaiting, RunEvent, RunStarted
from osem_migrate.executor import Executor, Outcome
from osem_migrate.history import History, Holder
from osem_migrate.operations import SetDeletionProtection
from osem_migrate.performer import Pace, Performer
from osem_migrate.planning.plan import Direction, Plan
from osem_migrate.recorder import Recorder
from osem_migrate.stopping import Stop

HISTORY_TABLE_TIMEOUT = 10 * 60.0


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
    """Runs plans of one environment, one at a time over all machines.

    Args:
        environment: names and settings.
        gateway: describes tables and performs steps.
        history: the history table.
        lock: its lock.
        clock: time of day, monotonic time and sleep.
        on_event: told what goes on.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        *,
        environment: Environment,
        gateway: Gateway,
        history: HistoryTable,
        lock: Lock,
        clock: Clock,
        on_event: Callable[[RunEvent], None],
    ) -> None:
        self._environment = environment
        self._gateway = gateway
        self._history = history
        self._lock = lock
        self._clock = clock
        self._tell = on_event

    def run(
        self, make: Callable[[], tuple[Plan, History]], identify: Callable[[], Actor], terms: Terms
    ) -> tuple[Plan, Outcome]:
        """Plan, and carry the plan out under the lock; where there is nothing to do, write nothing and take no lock.

        Args:
            make: reads the history and plans; asked again once the lock is held.
            identify: valid credentials, before the first write.
            terms: on what terms.
        """
        plan, history = make()
        if plan.is_empty:
            return plan, Outcome(())
        _confirm(plan, terms)
        actor = identify()
        if not history.exists:
            self._create_history_table()
        lease = self._acquire(actor, terms)
        try:
            # What was pending may have been done while we waited for the lock.
            plan, history = make()
            _confirm(plan, terms)
            self._refuse_protected(plan)
            self._tell(RunStarted(plan))
            return plan, self._executor(plan.direction, actor, lease, terms).run(plan, history)
        finally:
            lease.release()

    def _create_history_table(self) -> None:
        self._history.create(self._environment.tags)
        self._poller(self._clock).until(
            lambda: self._gateway.describe(HISTORY_ENTITY),
            lambda live: live.table is not None and not live.busy,
            timeout=HISTORY_TABLE_TIMEOUT,
            what=f"the history table {self._environment.history_table}",
        )

    def _poller(self, clock: Clock) -> Poller:
        return Poller(clock, SHORTEST_LOCALLY if self._gateway.emulated else SHORTEST)

    def _acquire(self, actor: Actor, terms: Terms) -> Lease:
        def waiting(holder: Holder, waited: float) -> None:
            terms.stop.check()
            self._tell(LockWaiting(holder, waited))

        me = actor.as_holder(lease_ms=int(LEASE_SECONDS * 1000), acquired_at=self._clock.milliseconds())
        lease = self._lock.acquire(me, timeout=terms.lock_timeout, on_wait=waiting)
        lease.start()
        return lease

    def _refuse_protected(self, plan: Plan) -> None:
        """Raise DeletionProtected before anything is changed, where a table to drop must not be."""
        dropped = {lane.table for lane in plan.lanes if any(planned.after is None for planned in lane.operations)}
        for live in self._gateway.describe_all(dict.fromkeys(sorted(dropped), ())):
            setting = live.table.setting(SetDeletionProtection) if live.table is not None else None
            if setting is not None and setting.enabled and not _turns_off(plan, live.name):
                raise DeletionProtected(
                    f"deletion protection is on for {live.physical_name}, which this would drop",
                    table=live.physical_name,
                )

    def _executor(self, direction: Direction, actor: Actor, lease: Lease, terms: Terms) -> Executor:
        clock = replace(self._clock, sleep=terms.stop.sleep)
        performer = Performer(
            gateway=self._gateway,
            lease=lease,
            poller=self._poller(clock),
            clock=clock,
            timeout=terms.timeout,
            on_event=self._tell,
            stop=terms.stop,
            mutations=self._environment.settings.mutations_in_flight,
            pace=terms.pace,
        )
        return Executor(
            performer=performer,
            recorder=Recorder(history=self._history, lease=lease, actor=actor, clock=self._clock, direction=direction),
            clock=clock,
            physical_name=self._environment.physical_name,
            stop=terms.stop,
            resume=terms.resume,
            on_event=self._tell,
        )


def _confirm(plan: Plan, terms: Terms) -> None:
    if plan.hazards and not terms.allow_data_loss:
        raise ConfirmationRequired("; ".join(plan.hazards), hazards=list(plan.hazards))


def _turns_off(plan: Plan, table: str) -> bool:
    """Whether the plan itself turns deletion protection off before it drops the table."""
    lane = next(lane for lane in plan.lanes if lane.table == table)
    changes = [p.operation for p in lane.operations if isinstance(p.operation, SetDeletionProtection)]
    return any(not change.enabled for change in changes)
