"""Steering: what people ask of a pass while it runs, and what it tells of itself, every five seconds."""

import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

from osem_migrate.aws.item_rate import ItemRate
from osem_migrate.clock import Clock
from osem_migrate.errors import OsemMigrateError
from osem_migrate.execution.passes.passes import fixed
from osem_migrate.pass_state import PassControl, PassOrder, Said

POLL_SECONDS = 5.0
GLANCE_SECONDS = 0.5  # of those who wait in a pause


class Obeyed(Protocol):
    """Told of an order that is obeyed from now on."""

    def __call__(self, order: PassOrder, said: Said, *, rate: int | None, is_new: bool) -> None:
        """Who gave it, the rate that it sets, and whether it was given in this run."""


class Steering:
    """As a context, it asks until the pass is over, whatever its segments are waiting for.

    Args:
        exchange: tells the history table how the pass stands, and gives the orders that it holds.
        rate: of the pass.
        clock: ``sleep`` may be interrupted.
        told: told of each order that is obeyed.
        own_rate: the rate that this run was given, which goes before orders from before it; None where it was not.
    """

    def __init__(
        self,
        exchange: Callable[[], PassControl],
        *,
        rate: ItemRate,
        clock: Clock,
        told: Obeyed,
        own_rate: int | None,
    ) -> None:
        self._exchange = exchange
        self._rate = rate
        self._clock = clock
        self._told = told
        self._own_rate = own_rate
        self._control = PassControl()
        self._retry = threading.Event()
        self._over = threading.Event()
        self._asking = threading.Lock()
        self._taking = threading.Lock()
        self._thread = threading.Thread(target=self._keep_asking, name="osem-migrate-steering", daemon=True)

    def __enter__(self) -> Self:
        """Obey what was ordered before this run."""
        with suppress(OsemMigrateError):
            self._heed(self._exchange(), first=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell once more how it stands."""
        self._over.set()
        self._thread.join()
        self.ask()

    @property
    def rate(self) -> int | None:
        """What somebody ordered; None where nobody has."""
        return self._control.rate

    @property
    def paused(self) -> Said | None:
        """Who paused the pass; None while it is not."""
        control = self._control
        return control.pause_said if control.is_paused else None

    def wait(self, check: Callable[[], None]) -> None:
        """Until the pass is not paused; ``check`` raises where it is to end instead."""
        while self.paused is not None:
            check()
            self._rate.hold(GLANCE_SECONDS)

    def takes_retry(self) -> bool:
        """Whether somebody wants what was set aside to be tried again; true once for each order."""
        if not self._retry.is_set():
            return False
        with self._taking:
            asked = self._retry.is_set()
            self._retry.clear()
        return asked

    def ask(self) -> None:
        """Exchange what there is to tell and to hear; where the history table does not answer, nothing changes.

        Whether the lock was lost is found out by who writes items.
        """
        with self._asking, suppress(OsemMigrateError):
            self._heed(self._exchange())

    def _keep_asking(self) -> None:
        while not self._clock.wait(self._over, POLL_SECONDS):
            self.ask()

    def _heed(self, control: PassControl, *, first: bool = False) -> None:
        before, self._control = self._control, control
        # A rate that was given to this run goes before what was ordered earlier.
        is_ours = first and self._own_rate is not None
        if control.rate is not None and control.rate_said != before.rate_said and not is_ours:
            self._rate.limit_to(fixed(control.rate))
            self._tell(PassOrder.RATE, control.rate_said, first=first)
        if control.is_paused is not before.is_paused:
            self._tell(PassOrder.PAUSE if control.is_paused else PassOrder.RESUME, control.pause_said, first=first)
        if control.retry_said != before.retry_said and not first:
            self._retry.set()
            self._tell(PassOrder.RETRY, control.retry_said, first=first)

    def _tell(self, order: PassOrder, said: Said | None, *, first: bool) -> None:
        if said is not None:
            self._told(order, said, rate=self.rate if order is PassOrder.RATE else None, is_new=not first)
