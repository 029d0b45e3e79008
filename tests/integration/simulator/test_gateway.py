"""What the gateway sends, down to the requests that the SDK repeats by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from osem_migrate.errors import LockLost
from osem_migrate.operations import CreateTable
from osem_migrate.schema import S, Schema
from tests.doubles.simulated_aws import SimulatedAws, project_of
from tests.doubles.skipping_clock import SkippingClock
from tests.simulator import THROTTLED

TEAMS = CreateTable("Teams", S("teamId"))


@pytest.fixture
def aws() -> Iterator[SimulatedAws]:
    """An account without tables."""
    with SkippingClock() as clock:
        aws = SimulatedAws(clock)
        with aws.surroundings():
            yield aws


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_the_guard_is_asked_before_every_request(allowed: int, aws: SimulatedAws, tmp_path: Path) -> None:
    """The SDK repeats a call by itself, so a holder that was paused meanwhile is stopped there, too."""
    gateway = aws.migrator(project_of(tmp_path)).deployment.gateway
    live = gateway.describe("Teams")
    asked: list[int] = []

    def guard() -> None:
        asked.append(len(asked))
        if len(asked) > allowed:
            raise LockLost("taken over")

    aws.simulator.faults.plan(THROTTLED, action="CreateTable", times=allowed)
    with pytest.raises(LockLost):
        gateway.perform(TEAMS.steps(Schema())[0], live, guard=guard)
    assert [call.action for call in aws.simulator.calls].count("CreateTable") == allowed
    assert gateway.describe("Teams").table is None  # and a question is never guarded
    assert len(asked) == allowed + 1
