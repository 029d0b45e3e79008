"""Fold: move index additions into the CreateTable of a table that the same plan creates.

An index inside CreateTable is there in about 20 seconds; one added later takes 8 to 17 minutes, even when it is empty.
Only the call changes: every operation is still decided, recorded and reported by itself, and finds its index there.
"""

from dataclasses import dataclass, replace
from itertools import takewhile

from osem_migrate.planning.plan import Direction, Lane, Plan, PlannedMigration, PlannedOperation
from osem_migrate.planning.replay import blaming
from osem_migrate.schema import Schema


def fold(plan: Plan) -> Plan:
    """The same plan with every index addition that directly follows its CreateTable folded into it."""
    folded: dict[tuple[str, int], PlannedOperation] = {}
    for lane in plan.lanes:
        folded |= _fold_lane(lane, plan.before)
    migrations = tuple(
        PlannedMigration(
            migration=planned.migration,
            operations=tuple(folded.get(op.key, op) for op in planned.operations),
        )
        for planned in plan.migrations
    )
    return replace(plan, migrations=migrations)


@dataclass(frozen=True, slots=True)
class Saving:
    """What folding would spare: the plan as it would be then, and how many indexes would come with their tables."""

    plan: Plan
    indexes: int


def saving(plan: Plan) -> Saving | None:
    """What folding would spare; None where it is folded already, or there is nothing to fold."""
    folded = fold(plan)
    indexes = sum(operation.folded for operation in folded.operations)
    if not indexes or plan.direction is Direction.DOWNGRADE or any(one.folded for one in plan.operations):
        return None
    return Saving(folded, indexes)


def _fold_lane(lane: Lane, before: Schema) -> dict[tuple[str, int], PlannedOperation]:
    """The operations of one lane that change: a leading CreateTable and the AddIndex operations right behind it."""
    create, *others = lane.operations
    # Anything else in between may read or write the table.
    additions = list(takewhile(lambda planned: planned.operation.added_index is not None, others))
    indexes = [index for planned in additions if (index := planned.operation.added_index) is not None]
    with blaming(create.migration, create.position):
        whole = create.operation.with_indexes(indexes)
    if not additions or whole is None:
        return {}
    # The state afterwards stays that of the bare table: the indexes are known to be ahead; each is found in its turn.
    steps = (replace(whole.steps(before)[0], after=create.steps[0].after), *create.steps[1:])
    changed = [replace(create, steps=steps), *(replace(addition, folded=True) for addition in additions)]
    return {operation.key: operation for operation in changed}
