"""How long steps take one after the other, from what each says of itself."""

from collections.abc import Iterable

from osem_migrate.operations.estimate import NO_TIME, Estimate
from osem_migrate.operations.step import Step


def estimate_all(steps: Iterable[Step]) -> Estimate:
    """The usual time; the same thing done to a table a second time may have to wait out a cool-down."""
    total = NO_TIME
    done: set[tuple[str, str]] = set()
    for step in steps:
        total += step.usual
        if (step.table, step.action) in done:
            total += step.again
        done.add((step.table, step.action))
        if step.after is None:
            done = {(table, action) for table, action in done if table != step.table}
    return total
