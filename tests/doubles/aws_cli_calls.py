"""Carries plans out on the simulator, by the tool's own executor."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any

from osem_migrate.aws.gateway import Gateway
from osem_migrate.aws.poller import LONGEST, Poller
from osem_migrate.deployment.actor import Actor
from osem_migrate.events import RunEvent
from osem_migrate.execution.executor import Executor, RunOutcome
from osem_migrate.execution.operation_run import Pace, Services
from osem_migrate.execution.reconciler import Reconciler
from osem_migrate.execution.recorder import Recorder
from osem_migrate.history import History
from osem_migrate.planning.plan import Plan
from osem_migrate.stop import Stop
from tests.doubles.control_plane import ControlPlane
from tests.doubles.history import HistoryInMemory, lease
from tests.doubles.passes import NO_PASSES
from tests.simulator.clock import VirtualClock
from tests.torture.stage import Picture


@dataclass
class Account:
    """One account of AWS in memory, with a history of its own."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    history: HistoryInMemory = field(default_factory=HistoryInMemory)
    events: list[RunEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.aws = ControlPlane(self.clock)

    def carry_out(self, plan: Plan, *, pace: Pace = Pace.FULL, stop: Stop | None = None) -> RunOutcome:
        """Carry the plan out to its end, in virtual time."""
        stop = stop or Stop(self.clock.clock)
        clock = replace(self.clock.clock, sleep=stop.sleep)
        services = Services(
            gateway=Gateway(self.aws.client, physical_name, emulated=False, sleep=self.clock.sleep),
            lease=lease(),
            poller=Poller(clock, LONGEST),  # how often it looks is the business of other tests
            clock=clock,
            timeout=24 * 3600.0,
            tell=self.events.append,
            stop=stop,
            mutations=threading.BoundedSemaphore(3),
            pace=pace,
            passes=NO_PASSES,
        )
        recorder = Recorder(
            history=self.history.table,
            lease=lease(),
            actor=Actor("ada", "0.1.0"),
            clock=self.clock.clock,
            direction=plan.direction,
        )
        executor = Executor(
            reconciler=Reconciler(services),
            recorder=recorder,
            clock=clock,
            physical_name=physical_name,
            stop=stop,
            resume="osem-migrate upgrade",
            on_event=self.events.append,
        )
        return executor.run(plan, self.past)

    @property
    def past(self) -> History:
        """The history as it stands."""
        return self.history.read()

    def tables(self) -> dict[str, Any]:
        """Everything that is the same on two accounts with the same schema."""
        self.aws.settle()
        return dict(Picture.of(self.aws.simulator).tables)

    def recorded(self) -> dict[str, tuple[object, ...]]:
        """What every record says, but for times and people."""
        return {
            name: (one.state, one.checksum, one.done, one.doubt, one.operations_total, one.operation_hashes, one.error)
            for name, one in sorted(self.history.records.items())
        }


def physical_name(name: str) -> str:
    """The names of the environment dev."""
    return f"osem-dev-{name}"
