"""PassReporter: what a pass tells people, the history table and the log while it runs."""

from collections.abc import Callable
from dataclasses import dataclass

from osem_migrate.aws.item_rate import ItemRate, Side
from osem_migrate.events import PassProgress, PassSteered
from osem_migrate.execution.operation_run import OperationRun
from osem_migrate.execution.passes.tally import PassTally
from osem_migrate.operations.item_pass import Pass
from osem_migrate.pass_state import PassOrder, PassReport, Said
from osem_migrate.planning.items import bytes_of

_LOGGED = {
    PassOrder.RATE: "items rate",
    PassOrder.PAUSE: "items paused",
    PassOrder.RESUME: "items resumed",
    PassOrder.RETRY: "items retried",
}


@dataclass(slots=True, kw_only=True)
class PassReporter:
    """Of one run of one pass.

    Attributes:
        run: the operation.
        step: its pass.
        tally: what it has come to.
        rate: how fast it may be.
        began: monotonic seconds.
        failed: how many items are set aside.
        scan: 0 for the pass itself, from 1 on for a scan that verifies it.
        is_short: whether a kill left changes uncounted.
        is_over: whether the pass has come to its end, and left no more than it may as it is.
    """

    run: OperationRun
    step: Pass
    tally: PassTally
    rate: ItemRate
    began: float
    failed: Callable[[], int]
    scan: int = 0
    is_short: bool = False
    is_over: bool = False

    def progress(self, paused: Said | None) -> None:
        """Tell how far it has come, and who has paused it, where somebody has."""
        pace, counts, live = self.tally.pace(), self.tally.counts, self.run.live
        scanned = self.step.work.given is None
        size = live.size_bytes if scanned else 0
        self.run.services.tell(
            PassProgress(
                operation=self.run.planned,
                physical_name=live.physical_name,
                scan=self.scan,
                examined=counts.examined,
                changed=counts.changed,
                failed=self.failed(),
                waited=self.run.services.clock.monotonic() - self.began,
                bytes_examined=bytes_of(self.tally.examined, items=live.items, size_bytes=size),
                size_bytes=size or None,
                read=pace.read,
                written=pace.written,
                left=pace.left,
                paused=paused,
            )
        )

    def report(self) -> PassReport:
        """What others may see from elsewhere."""
        pace = self.tally.pace()
        return PassReport(
            at=self.run.services.clock.milliseconds(),
            fence=self.run.services.lease.holder.fence,
            rate=self.rate.now(Side.READ),
            read=pace.read,
            written=pace.written,
            items=pace.items,
            left=pace.left,
            is_short=self.is_short,
            retried=self.tally.retried,
            is_over=self.is_over,
        )

    def obeyed(self, order: PassOrder, said: Said, *, rate: int | None, is_new: bool) -> None:
        """Tell that an order is obeyed from now on; the log has it where it was given in this run."""
        planned, name = self.run.planned, self.run.live.physical_name
        self.run.services.tell(PassSteered(operation=planned, physical_name=name, order=order, said=said, rate=rate))
        if is_new:
            self.note(_LOGGED[order], f"{rate} units a second" if rate is not None else None, said.by)

    def note(self, what: str, detail: str | None, by: str | None = None) -> None:
        """An entry of the log about this pass; by whoever runs it, where nobody else is named."""
        planned = self.run.planned
        text = ": ".join(filter(None, (planned.operation.describe(), detail)))
        self.run.services.passes.note(planned, what, text, by)
