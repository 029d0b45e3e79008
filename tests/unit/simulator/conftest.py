"""A simulated account for every test, which must not ask for anything that the simulator does not know."""

from collections.abc import Iterator

import pytest

from tests.unit.simulator.world import World


@pytest.fixture
def world() -> Iterator[World]:
    """A simulator in virtual time, without tables."""
    world = World()
    yield world
    assert world.simulator.unknown == []
