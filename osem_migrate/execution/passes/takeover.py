"""Takeover: keeps those out of a pass who held the lock before."""

from dataclasses import replace

from osem_migrate.aws.lock import Lease
from osem_migrate.aws.pass_table import PassTable
from osem_migrate.clock import Clock
from osem_migrate.execution.passes.passes import Passes
from osem_migrate.pass_state import PassKey
from osem_migrate.planning.plan import Direction


def take_over(passes: Passes, key: PassKey, lease: Lease, clock: Clock) -> bool:
    """Keep those out who held the lock before, in either direction, and may not know yet that they do not any more.

    They find out with their next checkpoint, and send nothing once a lease is over. Gives whether there may be any.
    """
    ways = [replace(key, direction=direction.value) for direction in Direction]
    raised = [_raise_fences(passes.state(way), lease) for way in ways]
    pause = lease.alone_in()
    if any(raised) and pause > 0:
        clock.sleep(pause)
    return any(raised)


def _raise_fences(table: PassTable, lease: Lease) -> bool:
    """Whether somebody else may be at work on the newest generation of a pass."""
    fence, raised = lease.holder.fence, False
    newest = table.newest()
    state = table.read(newest) if newest else None
    while state is not None:
        theirs = [one for one in state.segments.values() if one.worker is not None and one.fence < fence]
        if not theirs:
            break
        raised = True
        for segment in theirs:
            lease.check_age()
            table.raise_fence(newest, segment, fence=fence)
        # A last checkpoint of theirs may have come between; the next one is refused.
        state = table.read(newest)
    return raised
