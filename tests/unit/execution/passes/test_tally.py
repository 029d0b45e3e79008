"""How fast a pass is, and how long it still takes."""

from osem_migrate.aws.item_rate import ItemRate
from osem_migrate.clock import Clock
from osem_migrate.execution.passes.tally import SETTLED, PassTally
from osem_migrate.pass_state import Counts, SegmentState


def test_nothing_is_said_of_the_rest_before_it_can_be_known() -> None:
    """Items are counted every five seconds: what the first of these says is off by many times."""
    now = 0.0
    clock = Clock(monotonic=lambda: now)
    tally = PassTally(clock, ItemRate(clock, lambda _side, _index: None), items=1000)
    tally.begin_scan([SegmentState(scan=0, number=0), SegmentState(scan=0, number=1)])
    now = SETTLED / 2
    tally.add(Counts(examined=10))
    assert (tally.pace().items, tally.pace().left) == (10 / now, None)
    now = SETTLED
    tally.add(Counts(examined=90))
    assert (tally.pace().items, tally.pace().left) == (100 / now, 900 / (100 / now))
