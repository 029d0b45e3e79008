"""Pass advice: how a pass over items stands, in a sentence, and what to type next where it is not over."""

from osem_migrate.advice import command
from osem_migrate.planning.items import PassCondition, PassStatus
from osem_migrate.planning.plan import Direction

LOOK = f"See how far it is with: {command('items', 'status')}"


def pass_named(status: PassStatus) -> str:
    """``the pass of 0002_full_name over the items of osem-dev-Users``."""
    undoing = "undo of the " if status.key.direction == Direction.DOWNGRADE else ""
    over = f"the items of {status.physical_name}" if status.physical_name is not None else "items"
    return f"the {undoing}pass of {status.key.migration} over {over}"


def pass_stands(status: PassStatus) -> str:
    """``the pass of 0002_full_name over the items of osem-dev-Users has failed: 3 items are set aside``."""
    return f"{pass_named(status)} {_standing(status)}"


def pass_advice(status: PassStatus) -> str:
    """What to do, a line each; the command stands at its end."""
    look = [LOOK] if status.condition is PassCondition.RUNNING else []
    return "\n".join(filter(None, [*look, pass_steps(status)]))


def pass_steps(status: PassStatus) -> str:
    """The same for whoever sees how far it is; nothing where one only has to wait."""
    correct = f"See what failed, and correct it: {command('items', 'failures')}"
    if status.is_paused:
        rest = [] if status.is_attended else [f"Then go on with: {status.resume}"]
        return "\n".join([f"Let it go on with: {command('items', 'resume')}", *rest])
    if status.condition is PassCondition.RUNNING:
        again = f"Then let the run try it again with: {command('items', 'retry')}"
        return f"{correct}\n{again}" if status.state.failures else ""
    if status.condition is PassCondition.STILL_CHANGING:
        return f"Let every release write the new shape, then go on with: {status.resume}"
    if status.state.failures:
        return f"{correct}\nThen go on with: {status.resume}"
    cause = "Remove the cause, then go on" if status.condition is PassCondition.FAILED else "Go on"
    return f"{cause} with: {status.resume}"


def _standing(status: PassStatus) -> str:
    failures = len(status.state.failures)
    aside = f"{failures:,} item{'s are' if failures > 1 else ' is'} set aside" if failures else ""
    if status.condition is PassCondition.FAILED:
        error = status.record.error if status.record is not None else None
        return f"has failed: {aside or (error.code if error is not None else 'nobody knows why')}"
    said = status.state.control.pause_said
    stands = {
        PassCondition.RUNNING: "is running",
        PassCondition.PAUSED: f"was paused by {said.by if said is not None else 'somebody'}",
        PassCondition.STILL_CHANGING: "has found items that others still write in the old shape",
        PassCondition.DONE: "is over",
        PassCondition.ABANDONED: "was given up before it was over",
    }.get(status.condition, "is unfinished")
    if status.condition is PassCondition.PAUSED and status.is_attended:
        stands += "; its run waits, with the lock"
    elif status.condition in {PassCondition.PAUSED, PassCondition.INTERRUPTED}:
        stands += "; no run is at work on it"
    return f"{stands}; {aside}" if aside else stands
