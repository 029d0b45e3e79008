"""Locked: whatever writes the history does so while it holds the lock, and releases it whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from osem_migrate.arguments import Arguments
from osem_migrate.aws.lock import LEASE_SECONDS, Lease
from osem_migrate.aws.poller import SHORTEST, SHORTEST_LOCALLY, Poller
from osem_migrate.clock import Clock
from osem_migrate.config import HISTORY_ENTITY
from osem_migrate.deployment.actor import Actor
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.passes import unfinished_passes
from osem_migrate.errors import DEFAULT_LOCK_TIMEOUT, LockHeld, OsemMigrateError
from osem_migrate.events import LockWaiting
from osem_migrate.history import Holder
from osem_migrate.live_table import LiveTable
from osem_migrate.planning.pass_advice import pass_advice, pass_stands
from osem_migrate.stop import Stop

HISTORY_TABLE_TIMEOUT = 10 * 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOptions(Arguments):
    """The options of every command that takes the lock.

    Attributes:
        lock_timeout: seconds to wait for another run.
        stop: lets a signal handler, or another thread, ask to end between two calls; None where nobody will.
    """

    lock_timeout: float = DEFAULT_LOCK_TIMEOUT
    stop: Stop | None = None

    def given(self) -> dict[str, object]:
        """The options of the command line that say the same, as far as they are not the usual ones."""
        return {"--lock-timeout": self.lock_timeout if self.lock_timeout != DEFAULT_LOCK_TIMEOUT else None}

    def check_stop(self) -> None:
        """Raise Interrupted once somebody has asked to stop."""
        if self.stop is not None:
            self.stop.check()


@contextmanager
def held(deployment: Deployment, actor: Actor, options: LockOptions, *, exists: bool) -> Iterator[Lease]:
    """The lock, with its heartbeat, until the block is left.

    Args:
        deployment: whose lock.
        actor: who asks.
        options: how long to wait for another run, after which LockHeld names it, and what ends the waiting.
        exists: whether the history table is there already; it is created, and waited for, where not.
    """
    if not exists:
        _create_history_table(deployment)

    def waiting(holder: Holder, waited: float) -> None:
        options.check_stop()
        deployment.tell(LockWaiting(holder, waited))

    me = actor.as_holder(lease_ms=int(LEASE_SECONDS * 1000), acquired_at=deployment.clock.milliseconds())
    try:
        lease = deployment.lock.acquire(me, timeout=options.lock_timeout, on_wait=waiting)
    except LockHeld as refused:
        refused.advice = "\n".join((*advice_within(deployment), refused.advice))
        raise
    lease.start(options.check_stop)
    try:
        yield lease
    finally:
        lease.release()


def advice_within(deployment: Deployment) -> Iterator[str]:
    """What to do about the passes that whoever holds the lock is at work on, as far as that can be read."""
    with suppress(OsemMigrateError):
        for status in unfinished_passes(deployment, tuple, watch=False):
            if status.is_attended:
                stands = pass_stands(status)
                yield f"{stands[0].upper()}{stands[1:]}.\n{pass_advice(status)}"


def poller(deployment: Deployment, clock: Clock) -> Poller:
    """How settling is waited for: a local engine takes milliseconds, AWS seconds at least."""
    return Poller(clock, SHORTEST_LOCALLY if deployment.gateway.emulated else SHORTEST)


def _create_history_table(deployment: Deployment) -> None:
    environment = deployment.environment

    def look() -> LiveTable:
        live = deployment.gateway.describe(HISTORY_ENTITY)
        if live.table is None:
            # What was in the way of the first request may have been a table on its way out, which is gone now.
            deployment.history.create(environment.tags)
        return live

    deployment.history.create(environment.tags)
    poller(deployment, deployment.clock).until(
        look,
        lambda live: live.table is not None and not live.busy,
        timeout=HISTORY_TABLE_TIMEOUT,
        what=f"the history table {environment.history_table}",
    )
