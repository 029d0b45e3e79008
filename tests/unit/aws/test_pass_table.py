"""The state of a pass: a checkpoint is written over the one that was seen, and over no other."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.aws.pass_table import PassTable
from osem_migrate.pass_state import Checkpoint, Counts, Generation, PassKey, SegmentState, SetAside
from tests.doubles.project import HISTORY
from tests.doubles.simulated_aws import SimulatedAws, client_answered_by
from tests.simulator import Drop, Durations, Fail, LoseResponse, Simulator, exactly
from tests.simulator.clock import VirtualClock

KEY = PassKey(migration="0002_pass", position=0, direction="upgrade")
CURSOR = {"id": {"S": "u1"}}
NEW = SegmentState(scan=0, number=3)
BEGUN = replace(NEW, fence=4, worker="me", checkpoint=1)
FAILURE = SetAside(key=CURSOR, code="ITEM_INVALID", message="no name", at=7, fence=4)
LATER = BEGUN.next(CURSOR, Counts(examined=7, changed=2), worker="me", finished=False, again=2)


class World:
    """A history table on the simulator, with one segment that was begun."""

    def __init__(self) -> None:
        clock = VirtualClock()
        self.simulator = Simulator(clock=clock, durations=Durations(create_table=exactly(0)))
        # One attempt each: what the SDK would repeat is repeated by hand.
        client = client_answered_by(SimulatedAws(clock, self.simulator).answer)
        HistoryTable(client, HISTORY, "osem", clock.clock).create({})
        clock.advance(60)
        self.table = PassTable(client, HISTORY, "osem", KEY, sleep=clock.sleep)
        self.table.begin(Generation(number=1, operation_hash="h", table_id="t", segments=4, begun_at=1))
        assert self.table.write(1, [Checkpoint(NEW, BEGUN)])

    @property
    def segment(self) -> SegmentState:
        """As it is recorded."""
        state = self.table.read(1)
        assert state is not None
        return state.of_scan(0)[NEW.number]

    @property
    def failures(self) -> tuple[SetAside, ...]:
        """What is set aside."""
        state = self.table.read(1)
        assert state is not None
        return state.failures


def test_what_is_written_is_read() -> None:
    """Cursor and counts, and what nobody has begun."""
    world = World()
    assert world.table.write(1, [Checkpoint(BEGUN, LATER)])
    assert world.segment == LATER
    state = world.table.read(1)
    assert state is not None
    assert [segment.checkpoint for segment in state.of_scan(0)] == [0, 0, 0, 2]
    assert (world.table.newest(), world.table.read(2)) == (1, None)


def test_no_checkpoint_is_written_once_the_fence_was_raised() -> None:
    """Whoever had the segment finds out, and the cursor stays where it was."""
    world = World()
    assert world.table.raise_fence(1, BEGUN, fence=5)
    assert not world.table.write(1, [Checkpoint(BEGUN, LATER)])
    assert world.segment == replace(BEGUN, fence=5, worker=None, checkpoint=2)


def test_a_fence_is_raised_above_what_was_seen() -> None:
    """A checkpoint that came between is looked at first."""
    world = World()
    assert world.table.write(1, [Checkpoint(BEGUN, LATER)])
    assert not world.table.raise_fence(1, BEGUN, fence=5)
    assert world.table.raise_fence(1, LATER, fence=5)
    assert (world.segment.cursor, world.segment.counts) == (CURSOR, LATER.counts)


@pytest.mark.parametrize("seen", [NEW, replace(BEGUN, fence=3), replace(BEGUN, checkpoint=2)])
def test_only_what_was_seen_is_written_over(seen: SegmentState) -> None:
    """Neither what is new, nor what has another fence, nor what was written more often."""
    world = World()
    assert not world.table.write(1, [Checkpoint(seen, replace(LATER, worker="other"))])
    assert world.segment == BEGUN


def test_a_checkpoint_whose_answer_was_lost_is_our_own() -> None:
    """Repeated, it is refused, and the refusal shows it."""
    world = World()
    world.simulator.faults.plan(LoseResponse(), action="UpdateItem")
    with pytest.raises(Exception, match="endpoint"):
        world.table.write(1, [Checkpoint(BEGUN, LATER)])
    assert world.table.write(1, [Checkpoint(BEGUN, LATER)])
    world.simulator.faults.plan(Drop(), action="UpdateItem")
    following = LATER.next(CURSOR, Counts(), worker=None, finished=True)
    with pytest.raises(Exception, match="endpoint"):
        world.table.write(1, [Checkpoint(LATER, following)])
    assert world.segment == LATER


OTHER = SegmentState(scan=0, number=1)
BOTH = [Checkpoint(BEGUN, LATER), Checkpoint(OTHER, OTHER.claim("me", 4))]


def test_several_segments_are_written_together() -> None:
    """All of them, by one request; or none, where somebody else has one of them."""
    world = World()
    before = len(world.simulator.calls)
    assert world.table.write(1, BOTH)
    assert [call.action for call in world.simulator.calls[before:]] == ["TransactWriteItems"]
    state = world.table.read(1)
    assert state is not None
    assert list(state.segments.values()) == [OTHER.claim("me", 4), LATER]
    following = Checkpoint(LATER, LATER.release())
    assert not world.table.write(1, [Checkpoint(OTHER, OTHER.claim("other", 4)), following])
    assert world.segment == LATER


def test_a_lost_answer_to_several_checkpoints_is_our_own() -> None:
    """Each of the reasons shows what we have written; where one of them shows something else, nothing is written."""
    world = World()
    world.simulator.faults.plan(LoseResponse(), action="TransactWriteItems")
    with pytest.raises(Exception, match="endpoint"):
        world.table.write(1, BOTH)
    assert world.table.write(1, BOTH)
    assert not world.table.write(1, [BOTH[0], Checkpoint(OTHER, OTHER.claim("other", 4))])
    assert not world.table.write(1, [Checkpoint(LATER, LATER.release()), Checkpoint(OTHER, OTHER.claim("other", 4))])
    assert world.segment == LATER


@pytest.mark.parametrize("failure", [None, FAILURE])
def test_what_a_lost_answer_had_taken_keeps_nothing_else_from_being_written(failure: SetAside | None) -> None:
    """An end that waits for the next write may be recorded already, by a write that got no answer."""
    world = World()
    world.simulator.faults.plan(LoseResponse(), action="UpdateItem")
    with pytest.raises(Exception, match="endpoint"):
        world.table.write(1, BOTH[1:])
    assert world.table.write(1, BOTH, failure=failure)
    assert world.segment == LATER
    assert world.failures == (() if failure is None else (failure,))


@pytest.mark.parametrize("reasons", [None, [{"Code": "None"}] * 2], ids=["none given", "none of them failed"])
def test_a_refusal_that_does_not_say_whose_it_is_is_somebody_elses(reasons: list[dict[str, str]] | None) -> None:
    """An engine may give no reasons, or none that fits what it says."""
    asked = list[object]()
    error: Any = {"Error": {"Code": "TransactionCanceledException", "Message": "[ConditionalCheckFailed, None]"}}
    error |= {"CancellationReasons": reasons} if reasons is not None else {}

    def refuse(**request: object) -> None:
        asked.append(request)
        raise ClientError(error, "TransactWriteItems")

    client: Any = SimpleNamespace(transact_write_items=refuse)
    assert not PassTable(client, HISTORY, "osem", KEY, sleep=lambda _: None).write(1, BOTH)
    assert len(asked) == 1


def test_an_item_is_set_aside_with_the_checkpoint_behind_it() -> None:
    """Both are written, or neither: who has lost the segment cannot leave a failure."""
    world = World()
    assert world.table.write(1, [Checkpoint(BEGUN, LATER)], failure=FAILURE)
    assert (world.segment, world.failures) == (LATER, (FAILURE,))
    assert world.table.raise_fence(1, LATER, fence=5)
    late = replace(FAILURE, key={"id": {"S": "u2"}})
    following = LATER.next(CURSOR, Counts(), worker="me", finished=False)
    assert not world.table.write(1, [Checkpoint(LATER, following)], failure=late)
    assert world.failures == (FAILURE,)


def test_a_lost_answer_to_a_failure_is_our_own() -> None:
    """Sent again, the transaction is cancelled, and its reasons show our own checkpoint."""
    world = World()
    world.simulator.faults.plan(LoseResponse(), action="TransactWriteItems")
    with pytest.raises(Exception, match="endpoint"):
        world.table.write(1, [Checkpoint(BEGUN, LATER)], failure=FAILURE)
    assert world.table.write(1, [Checkpoint(BEGUN, LATER)], failure=FAILURE)
    assert world.failures == (FAILURE,)


@pytest.mark.parametrize("failure", [None, replace(FAILURE, at=9)], ids=["handled", "fails again"])
def test_a_failure_is_replaced_as_it_was_seen(failure: SetAside | None) -> None:
    """By whoever tries it again; a repetition finds what it has written itself."""
    world = World()
    world.table.write(1, [Checkpoint(BEGUN, LATER)], failure=FAILURE)
    for _ in range(2):
        assert world.table.replace_failure(1, FAILURE, failure) == failure
        assert world.failures == (() if failure is None else (failure,))


@pytest.mark.parametrize("failure", [None, replace(FAILURE, at=9)], ids=["handled", "fails again"])
@pytest.mark.parametrize("theirs", [None, replace(FAILURE, at=8, fence=5), replace(FAILURE, at=8)])
def test_what_somebody_else_made_of_a_failure_stays(theirs: SetAside | None, failure: SetAside | None) -> None:
    """It is told instead: neither is an item lost that failed for them, nor one left that they have handled."""
    world = World()
    world.table.write(1, [Checkpoint(BEGUN, LATER)], failure=FAILURE)
    world.table.replace_failure(1, FAILURE, theirs)
    assert world.table.replace_failure(1, FAILURE, failure) == theirs
    assert world.failures == (() if theirs is None else (theirs,))


def test_a_checkpoint_that_collides_is_sent_again() -> None:
    """Whatever it met, a transaction of its own process or a look of another run's, it passes."""
    world = World()
    world.simulator.faults.plan(Fail("TransactionConflictException", "ongoing"), action="UpdateItem", times=2)
    assert world.table.write(1, [Checkpoint(BEGUN, LATER)])
