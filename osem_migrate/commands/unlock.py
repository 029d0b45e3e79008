"""Unlock: takes the upgrade lock away from a run that is gone, and writes down who did it and why."""

from collections.abc import Callable
from dataclasses import dataclass

from osem_migrate.advice import command
from osem_migrate.arguments import Arguments
from osem_migrate.aws.lock_snapshot import LockSnapshot
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.deployment.locked import advice_within
from osem_migrate.errors import HistoryUnreadable, LockHeld, ResourceNotFound
from osem_migrate.history import Holder, LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockOptions(Arguments):
    """How to take the lock.

    Attributes:
        force: take it although the holder still sends heartbeats, or cannot be read.
        reason: why, for the log.
        confirm: asked once the heartbeat has been watched; raises to leave everything as it is.
    """

    force: bool = False
    reason: str | None = None
    confirm: Callable[[], None] = lambda: None


def read_lock(deployment: Deployment) -> LockSnapshot | None:
    """The lock as it is now, by one read; None while it is free, and before there is a history table."""
    deployment.check_account()
    try:
        seen = deployment.lock.look()
    except ResourceNotFound:
        return None
    return None if seen.is_free else seen


def unlock(deployment: Deployment, seen: LockSnapshot, options: UnlockOptions) -> bool:
    """Take the lock from whom it was seen with; its fence stays, so that this holder can never write again.

    Owner, fence and log change in one transaction, which holds only while the lock is as it was seen.

    Args:
        deployment: whose lock.
        seen: what ``read_lock`` gave; the lock is left alone where it has changed since.
        options: whether to be content with what was seen, and what to write down.

    Returns:
        False when the holder had released it meanwhile, and there was nothing left to do.

    Raises:
        LockHeld: the holder is alive, or the lock has changed since it was seen; nothing was written.
        HistoryUnreadable: nobody can say who holds it, and ``force`` is not given.
    """
    if not options.force:
        _refuse_alive(deployment, seen, options)
    options.confirm()
    actor = deployment.actor()
    entry = LogEntry(
        at=deployment.clock.milliseconds(),
        what="unlocked",
        migration=None,
        by=actor.identity,
        detail=_detail(seen, force=options.force),
        reason=options.reason,
    )
    clearing = deployment.lock.clearing(seen, still=not options.force)
    if deployment.history.unlock(clearing, entry, fence=seen.fence or 0):
        return True
    now = read_lock(deployment)
    if now is None:
        return False
    raise _changed(now)


def _refuse_alive(deployment: Deployment, seen: LockSnapshot, options: UnlockOptions) -> None:
    """Raise unless the holder is known and sends no heartbeat while it is watched."""
    again = command("unlock", "--force", given={"--reason": options.reason})
    if seen.unreadable is not None:
        remediation = f"Update osem-migrate; if no run is in progress, clear the lock with: {again}"
        raise HistoryUnreadable(seen.unreadable.message, remediation=remediation) from seen.unreadable
    if seen.holder is not None and deployment.lock.is_alive(seen.holder):
        raise LockHeld(
            f"the run that holds the upgrade lock still sends heartbeats: {seen.holder.describe()}",
            remediation="\n".join(
                (*advice_within(deployment), f"Wait for it to finish. To take the lock anyway: {again}")
            ),
            holder=seen.holder.document(),
        )


def _changed(now: LockSnapshot) -> LockHeld:
    holder = now.holder.describe() if now.holder is not None else "an unknown holder"
    return LockHeld(
        f"the upgrade lock has changed since it was read, and was left alone; it is held by {holder}",
        remediation=f"Look again with: {command('unlock')}",
        holder=now.holder.document() if now.holder is not None else None,
    )


def _detail(seen: LockSnapshot, *, force: bool) -> str:
    forced = ", by force" if force else ""
    return f"was held by {_who(seen.holder)}{forced}"


def _who(holder: Holder | None) -> str:
    return f"{holder.describe()}, fence {holder.fence}" if holder is not None else "an unknown holder"
