"""How long steps take one after the other, from what each says of itself."""

from collections.abc import Iterable, Iterator

from osem_migrate.operations.estimate import NO_TIME, Estimate
from osem_migrate.operations.step import Step


def estimate_all(steps: Iterable[Step]) -> Estimate:
    """The usual time; the same thing done to a table a second time may have to wait out a cool-down."""
    return sum(estimate_each(steps), NO_TIME)


def estimate_each(steps: Iterable[Step]) -> Iterator[Estimate]:
    """The usual time of each of the steps, one after the other."""
    done: set[tuple[str, str]] = set()
    for step in steps:
        yield step.usual + step.again if (step.table, step.action) in done else step.usual
        done.add((step.table, step.action))
        if step.after is None:
            done = {(table, action) for table, action in done if table != step.table}
