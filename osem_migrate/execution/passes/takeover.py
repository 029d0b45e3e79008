"""Takeover: keeps those out of a pass who held the lock before."""

from dataclasses import dataclass, replace

from osem_migrate.aws.lock import Lease
from osem_migrate.aws.pass_table import PassTable
from osem_migrate.clock import Clock
from osem_migrate.execution.passes.passes import Passes
from osem_migrate.pass_state import PassKey, PassState
from osem_migrate.planning.plan import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """What was found of a pass: its newest generation, if any, and whether somebody else may have been at work on it.

    ``in_doubt`` holds in the other direction, too: what was changed may not be counted.
    """

    newest: PassState | None
    in_doubt: bool


def take_over(passes: Passes, key: PassKey, lease: Lease, clock: Clock) -> Takeover:
    """Keep those out who held the lock before, in either direction, and may not know yet that they do not any more.

    They find out with their next checkpoint, and send nothing once a lease is over.
    """
    ways = [replace(key, direction=direction.value) for direction in Direction]
    found = {way: _raise_fences(passes.state(way), lease) for way in ways}
    in_doubt, pause = any(raised for _, raised in found.values()), lease.alone_in()
    if in_doubt and pause > 0:
        clock.sleep(pause)
        # What they sent last, a claim, say, may have arrived meanwhile.
        found[key] = _raise_fences(passes.state(key), lease)
    return Takeover(newest=found[key][0], in_doubt=in_doubt)


def _raise_fences(table: PassTable, lease: Lease) -> tuple[PassState | None, bool]:
    """The newest generation of a pass, and whether somebody else may have been at work on it."""
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
    return state, raised
