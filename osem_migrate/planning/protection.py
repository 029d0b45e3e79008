"""Deletion protection: which of a plan's drops take it off first, because nobody asked for it beyond this plan."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import dropwhile, pairwise, takewhile

from osem_migrate.operations import SetDeletionProtection
from osem_migrate.planning.plan import Lane, PlannedOperation
from osem_migrate.schema import Table


def is_protected(table: Table | None) -> bool:
    """Whether deletion protection is on, as far as the table's value says."""
    protection = table.setting(SetDeletionProtection) if table is not None else None
    return protection is not None and protection.enabled


def unprotected(planned: PlannedOperation) -> PlannedOperation:
    """The same drop with a step before it that takes the table's protection off."""
    if planned.before is None:
        return planned
    off = SetDeletionProtection(planned.table, enabled=False)
    steps = (replace(step, part="deletion protection off") for step in off.steps_on(planned.before))
    return replace(planned, steps=(*steps, *planned.steps), along=(off,))


def unprotecting_what_it_protects(operations: Iterable[PlannedOperation]) -> Iterator[PlannedOperation]:
    """A plan's operations; a drop first takes off what the environment, or the plan itself on the way back, put on."""
    own: dict[str, bool] = {}
    for planned in operations:
        before, after = is_protected(planned.before), is_protected(planned.after)
        given = planned.before is not None and planned.before.default(SetDeletionProtection) is not None
        if planned.operation.drops_table and before and (given or own.get(planned.table, False)):
            yield unprotected(planned)
        else:
            yield planned
        own[planned.table] = planned.after is not None and (own.get(planned.table, False) or (after and not before))


def turns_off_protection(lane: Lane) -> bool:
    """Whether the plan itself turns deletion protection off before it drops the table, in an operation or a step."""
    states = (state for planned in lane.operations for state in planned.states)
    # What comes after the drop is of another table of that name.
    until_dropped = takewhile(lambda state: state is not None, dropwhile(lambda state: state is None, states))
    protections = [state.setting(SetDeletionProtection) for state in until_dropped if state is not None]
    off = [protection is not None and not protection.enabled for protection in protections]
    return any(now and not earlier for earlier, now in pairwise(off))
