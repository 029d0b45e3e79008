"""Unwaited: what of a plan a run may come to that waits for nothing: not a pass over items, nor what is behind one."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from osem_migrate.history import NO_PROGRESS, Progress, Record
from osem_migrate.migration import Migration
from osem_migrate.operations.item_pass import Pass
from osem_migrate.planning.plan import Direction, Plan, PlannedOperation
from osem_migrate.planning.positions import now_at


def unwaited(plan: Plan, records: Mapping[str, Record]) -> frozenset[tuple[str, int]]:
    """The operations, by key, that such a run may begin, or go on with; in none of them a pass is next."""
    waits, left = plan.predecessors, set[tuple[str, int]]()
    for operation, progress in _with_progress(plan, records):
        if _is_in_pass(operation, progress) or waits[operation.key] & left:
            left.add(operation.key)
    return frozenset(operation.key for operation in plan.operations) - left


def at_passes(plan: Plan, records: Mapping[str, Record]) -> tuple[str, ...]:
    """The ids of the migrations of which a pass over items is next, precautions among them, in script order."""
    found = (one.migration.id for one, progress in _with_progress(plan, records) if _next_pass(one, progress))
    return tuple(dict.fromkeys(found))


def reached(plan: Plan, records: Mapping[str, Record], keys: Collection[tuple[str, int]]) -> Plan:
    """The plan without the migrations of which none of these operations is, and which need not be announced either.

    What is overtaken by what comes behind it has to be, unless it is unfinished already: nobody is to take it for a
    script that came late. Whatever else none of these is of stays as it is recorded: with its error, where it has
    failed, and how far it came, in whichever direction.
    """
    migrations = plan.migrations
    concerned = [not one.operations or any(operation.key in keys for operation in one.operations) for one in migrations]
    last = max((place for place, is_concerned in enumerate(concerned) if is_concerned), default=-1)
    unfinished = {name for name, record in records.items() if record.is_unfinished}
    kept = (
        one
        for place, one in enumerate(migrations)
        if concerned[place] or (place < last and one.migration.id not in unfinished)
    )
    return replace(plan, migrations=tuple(kept))


def valid_progress(
    earlier: Record | None, migration: Migration, remaining: Collection[int], direction: Direction
) -> dict[int, Progress]:
    """The progress of operations that go on in the same direction, and that are declared as they were then.

    One that was moved within its script begins its pass anew: the state of a pass is known by its position.
    """
    if earlier is None or not earlier.is_unfinished:
        return {}
    if earlier.is_being_reversed is not (direction is Direction.DOWNGRADE):
        return {}
    found: dict[int, Progress] = {}
    for then, now in now_at(earlier, migration).items():
        is_same = earlier.operation_hashes[then] == migration.operation_hashes[now]
        if then in earlier.progress and is_same and now in remaining:
            known = earlier.progress[then]
            found[now] = known if then == now else replace(known, cursor=None)
    return found


def _with_progress(plan: Plan, records: Mapping[str, Record]) -> Iterator[tuple[PlannedOperation, Progress]]:
    """Every operation that is left, with how far it has come."""
    for planned in plan.migrations:
        remaining = {operation.position for operation in planned.operations}
        known = valid_progress(records.get(planned.migration.id), planned.migration, remaining, plan.direction)
        yield from ((operation, known.get(operation.position, NO_PROGRESS)) for operation in planned.operations)


def _is_in_pass(operation: PlannedOperation, progress: Progress) -> bool:
    """Whether a pass is next; one that only is a precaution may be found not to be needed, unless it was begun."""
    step = _next_pass(operation, progress)
    return step is not None and (not step.is_precaution or progress.cursor is not None)


def _next_pass(operation: PlannedOperation, progress: Progress) -> Pass | None:
    step = operation.steps[progress.step] if progress.step < len(operation.steps) else None
    return step if isinstance(step, Pass) else None
