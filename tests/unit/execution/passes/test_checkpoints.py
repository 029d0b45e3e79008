"""Checkpoints are written together: by few writes, none of which is later than a kill may cost."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from osem_migrate.aws.pass_table import TOGETHER
from osem_migrate.errors import EndpointUnreachable, LockLost
from osem_migrate.execution.passes.checkpoints import CHECKPOINT_SECONDS, Checkpoints
from osem_migrate.pass_state import Checkpoint, Counts, SegmentState, SetAside
from tests.simulator.clock import VirtualClock

CURSOR = {"id": {"S": "u1"}}
FAILURE = SetAside(key=CURSOR, code="ITEM_INVALID", message="no name", at=7, fence=4)
SEGMENTS = [SegmentState(scan=0, number=number) for number in range(2 * TOGETHER)]
DONE = Counts(examined=3)


class World:
    """Checkpoints before a table in memory.

    Attributes:
        writes: the numbers of the segments of each write.
        trouble: what becomes of the next ones: whether each is taken, or why it fails.
    """

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.writes: list[list[int]] = []
        self.failures: list[SetAside | None] = []
        self.trouble: list[bool | Exception] = []
        self.counted: list[Counts] = []
        holder = SimpleNamespace(owner="me", fence=4)
        lease = SimpleNamespace(holder=holder, check_age=lambda: None, lost=lambda: LockLost("taken"))
        self.checkpoints = Checkpoints(
            cast("Any", self), 1, lease=cast("Any", lease), clock=self.clock.clock, counted=self.counted.append
        )

    def write(self, generation: int, checkpoints: Sequence[Checkpoint], *, failure: SetAside | None = None) -> bool:
        """As the table does."""
        assert generation == 1
        assert 0 < len(checkpoints) <= TOGETHER
        outcome = self.trouble.pop(0) if self.trouble else True
        if isinstance(outcome, Exception):
            raise outcome
        if outcome:
            self.writes.append([one.segment.number for one in checkpoints])
            self.failures.append(failure)
        return outcome

    def end(self, number: int) -> None:
        """A segment has come to its end."""
        self.checkpoints.defer(step(number), DONE)


def step(number: int) -> Checkpoint:
    """One more checkpoint of a segment."""
    return Checkpoint(SEGMENTS[number], SEGMENTS[number].next(CURSOR, DONE, worker="me", finished=False))


def test_an_end_is_written_with_whatever_comes_next() -> None:
    """A checkpoint, one with a failure, or a claim; what was counted is told at once."""
    world = World()
    for number in range(3):
        world.end(number)
    assert (world.writes, world.counted) == ([], [DONE] * 3)
    world.checkpoints.save(step(7), DONE, FAILURE)
    assert (world.writes, world.failures, world.counted) == ([[7, 0, 1, 2]], [FAILURE], [DONE] * 4)
    world.end(3)
    (claimed,) = world.checkpoints.claim([SEGMENTS[8]])
    assert (claimed.worker, claimed.fence, claimed.checkpoint) == ("me", 4, 1)
    assert world.writes[1:] == [[8, 3]]


def test_a_claim_counts_again_what_lies_behind_the_cursor() -> None:
    """As whoever goes on does."""
    world = World()
    behind = SEGMENTS[0].next(CURSOR, DONE, worker=None, finished=False, again=2)
    (claimed,) = world.checkpoints.claim([behind])
    assert (claimed.counts, claimed.again, claimed.cursor) == (Counts(examined=1), 0, CURSOR)
    assert world.counted == [Counts(examined=-2)]


def test_an_end_waits_no_longer_than_a_checkpoint() -> None:
    """From the first one on that waits."""
    world = World()
    assert not world.checkpoints.is_due
    world.end(0)
    world.clock.advance(CHECKPOINT_SECONDS - 1)
    world.end(1)
    assert not world.checkpoints.is_due
    world.clock.advance(1)
    assert world.checkpoints.is_due
    world.checkpoints.flush()
    assert not world.checkpoints.is_due
    assert world.writes == [[0, 1]]


def test_no_more_than_there_is_room_for_is_written_at_once() -> None:
    """The rest waits for the next write."""
    world = World()
    for number in range(TOGETHER + 5):
        world.end(number)
    world.checkpoints.save(step(40), DONE)
    assert [len(numbers) for numbers in world.writes] == [TOGETHER]
    world.checkpoints.flush()
    assert sorted(number for numbers in world.writes for number in numbers) == [*range(TOGETHER + 5), 40]


def test_what_could_not_be_written_waits_on() -> None:
    """Nothing of it is forgotten; where somebody else has it, the lock is lost."""
    world = World()
    world.end(0)
    world.trouble = [EndpointUnreachable("cut")]
    with pytest.raises(EndpointUnreachable):
        world.checkpoints.save(step(1), DONE)
    assert world.counted == [DONE], "what was not recorded is not told"
    world.checkpoints.flush()
    assert world.writes == [[0]]
    world.trouble = [False]
    with pytest.raises(LockLost):
        world.checkpoints.save(step(1), DONE)


def test_after_a_failure_is_written_what_can_be() -> None:
    """One that an unanswered write has changed keeps no other one from being recorded, and nothing is raised."""
    world = World()
    for number in range(3):
        world.end(number)
    world.trouble = [False, True, False, True]
    world.checkpoints.flush_after_failure()
    assert world.writes == [[0], [2]]
    world.end(0)
    world.trouble = [EndpointUnreachable("cut")]
    world.checkpoints.flush_after_failure()
    world.checkpoints.flush()
    assert world.writes == [[0], [2]]
