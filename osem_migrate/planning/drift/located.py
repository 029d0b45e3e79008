"""Located: how far a live table has come along the steps of an operation."""

from osem_migrate.live_table import LiveTable
from osem_migrate.planning.drift.concerned import is_in
from osem_migrate.planning.drift.diff import is_sure
from osem_migrate.planning.plan import PlannedOperation


def steps_done(
    planned: PlannedOperation, live: LiveTable, *, known: int = 0, answered: int | None = None
) -> int | None:
    """How many of its steps are done already; None where the table is in none of its states.

    The latest state that the table is in counts, up to a step that no description shows. What is only a precaution is
    not seen done by itself.

    Args:
        planned: the operation.
        live: the table.
        known: so many are done in any case.
        answered: the position that DynamoDB has answered for, which is beyond doubt.
    """
    steps, states = planned.steps, planned.states
    unseen = (at for at in range(known, len(steps)) if not (steps[at].is_described or steps[at].is_precaution))
    hidden = next(unseen, len(steps))
    seen = [at for at in range(hidden, known - 1, -1) if at == known or not steps[at - 1].is_precaution]
    reached = [at for at in seen if is_in(planned, live, states[at])]
    for position in reached:
        if position in {0, answered} or is_sure(live, states[position], states[position - 1]):
            return position
    # Nobody can tell, so the step that would bring it about is asked for.
    return reached[0] - 1 if reached else None
