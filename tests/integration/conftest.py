"""What the integration tests share."""

from collections.abc import Iterator
from unittest import mock

import pytest

from tests.doubles.simulated_aws import SimulatedAws
from tests.doubles.skipping_clock import SkippingClock


@pytest.fixture
def aws() -> Iterator[SimulatedAws]:
    """A simulated account where nobody counts how often one looks."""
    with SkippingClock() as clock:
        simulated = SimulatedAws(clock)
        with simulated.surroundings(), mock.patch.object(simulated.simulator.account.limiter, "read"):
            yield simulated
