"""Who waits in a pause is held back: that a pass took little meanwhile says nothing of how many threads are right."""

from typing import Any, cast

from osem_migrate.aws.item_rate import ItemRate
from osem_migrate.execution.passes.steering import Steering
from osem_migrate.pass_state import PassControl, Said
from tests.simulator.clock import VirtualClock


def test_a_pause_is_not_taken_for_a_want_of_threads() -> None:
    """Each thread that waits in it counts, as where it is the rate that it waits for."""
    clock = VirtualClock()
    rate = ItemRate(clock.clock, lambda _side, _index: 100.0)
    paused = PassControl(is_paused=True, pause_said=Said(by="ada", at=0))
    steering = Steering(
        lambda: paused if clock.monotonic() < 10 else PassControl(),
        rate=rate,
        clock=clock.clock,
        told=cast("Any", lambda *_, **__: None),
        own_rate=None,
    )
    steering.ask()
    steering.wait(steering.ask)
    assert clock.monotonic() == rate.waited == 10.5
