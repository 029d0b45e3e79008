"""The lock against what an engine does not do: lost responses, collisions, broken networks, stopped clocks."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from osem_migrate.aws import history_items, lock
from osem_migrate.aws.lock import Lease, Lock
from osem_migrate.errors import (
    ConditionFailed,
    EndpointUnreachable,
    HistoryUnreadable,
    Interrupted,
    LockHeld,
    LockLost,
)
from osem_migrate.history import Holder
from tests.doubles.lock_item import LockItem
from tests.doubles.project import HISTORY
from tests.simulator.clock import VirtualClock

ME = Holder(
    owner="me",
    host="build-7",
    pid=1,
    identity="ada@build-7",
    run_url=None,
    fence=0,
    lease_ms=20_000,
    heartbeat=0,
    acquired_at=1,
)
OTHER = replace(ME, owner="other", identity="arn:aws:iam::1:user/bob", run_url="https://ci.example/run/1", fence=4)


def no_wait(holder: Holder, waited: float) -> None:
    """Nobody listens."""


class World:
    """A lock on one item, and a clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.on_wait: Callable[[Holder, float], None] = no_wait
        self.item = LockItem(self.clock)
        # The heartbeat's thread waits for real; everything else in virtual time.
        clock = replace(self.clock.clock, wait=threading.Event.wait)
        self.lock = Lock(self.item.client, HISTORY, "osem", clock)

    def acquire(self, *, timeout: float = 60.0, me: Holder = ME) -> Lease:
        return self.lock.acquire(me, timeout=timeout, on_wait=self.on_wait)

    def held_by(self, holder: Holder) -> "World":
        self.item.put(history_items.serialize({**history_items.holder_values(holder), "fence": holder.fence}))
        return self


def test_a_free_lock_is_taken_at_once() -> None:
    """No waiting, the first fence is 1, and the holder is on the item."""
    world = World()
    lease = world.acquire()
    assert (lease.holder.owner, lease.holder.fence) == ("me", 1)
    assert world.clock.slept == []
    assert world.item.values["owner"] == "me"


def test_a_released_lock_keeps_its_fence() -> None:
    """The next acquisition gets a higher one, so that a late write of the old holder can be told apart."""
    world = World()
    fences = []
    for _ in range(3):
        lease = world.acquire()
        fences.append(lease.holder.fence)
        lease.release()
        assert world.item.values == {"scope": "osem", "item": "lock", "fence": fences[-1]}
    assert fences == [1, 2, 3]


def test_a_dead_holder_is_replaced_after_one_lease_and_never_earlier() -> None:
    """The heartbeat is watched for a whole lease on our own clock; the fence rises by one."""
    world = World().held_by(OTHER)
    lease = world.acquire()
    assert 20.0 <= world.clock.seconds <= 20.0 + lock.ASK_SECONDS
    assert lease.holder.fence == OTHER.fence + 1
    assert "run_url" not in world.item.values, "nothing of the old holder is left"


@pytest.mark.parametrize(("passed", "left"), [(0, 20), (15, 5), (25, 0)])
def test_a_lock_that_was_free_may_have_been_taken_away_from_somebody(passed: float, left: float) -> None:
    """Who may have renewed it just before we took it gives up a lease after that."""
    world = World()
    world.clock.sleep(1000)
    lease = world.acquire()
    world.clock.sleep(passed)
    assert lease.alone_in() == pytest.approx(left, abs=0.1)


@pytest.mark.parametrize("repeated", [0, 1], ids=["won", "won by a lost answer"])
def test_nobody_is_left_once_a_dead_holder_has_been_watched(repeated: int) -> None:
    """It has not renewed since it was first seen, nor can anybody before it have: that was a lease ago."""
    world = World().held_by(OTHER)
    world.item.repeat_updates = repeated
    assert world.acquire().alone_in() == 0


def test_who_has_announced_a_longer_lease_waits_for_others_as_long() -> None:
    """They are of one kind; the lease of a version before it may have been longer than that of the dead one."""
    lease = World().held_by(OTHER).acquire(me=replace(ME, lease_ms=45_000))
    assert lease.alone_in() == pytest.approx(25, abs=1)


def test_the_lease_that_counts_is_the_holders() -> None:
    """A holder that announced a longer lease is given it."""
    world = World().held_by(replace(OTHER, lease_ms=45_000))
    world.acquire()
    assert world.clock.seconds >= 45.0


def test_a_moving_heartbeat_is_never_stolen() -> None:
    """A holder that beats once every 19 seconds is alive: the wait ends as LockHeld, however long it was."""
    world = World().held_by(OTHER)

    def beat(_holder: Holder, waited: float) -> None:
        world.item.set(heartbeat=int(waited // 19))

    world.on_wait = beat
    with pytest.raises(LockHeld):
        world.acquire(timeout=200)
    assert world.item.values["owner"] == "other"
    assert world.clock.seconds == pytest.approx(200)


def test_a_beat_between_our_look_and_our_write_saves_the_holder() -> None:
    """The take-over is conditional on the heartbeat that was seen."""
    world = World().held_by(OTHER)
    world.item.before_update = lambda: world.item.set(heartbeat=1)
    with pytest.raises(LockHeld):
        world.acquire(timeout=30)
    assert world.item.values["owner"] == "other"


@pytest.mark.parametrize("timeout", [0.0, 0.3, 5.0])
def test_a_held_lock_is_reported_at_the_timeout(timeout: float) -> None:
    """Exit code 6, with who holds it and the CI run to look at; not a moment later than asked."""
    world = World().held_by(OTHER)
    with pytest.raises(LockHeld, match="user/bob on build-7") as caught:
        world.acquire(timeout=timeout)
    assert world.clock.seconds == pytest.approx(timeout)
    assert caught.value.exit_code == 6
    assert caught.value.details["holder"]["run_url"] == "https://ci.example/run/1"
    assert "https://ci.example/run/1" in caught.value.message


def test_waiting_is_told() -> None:
    """People see whom they wait for, and for how long."""
    world = World().held_by(OTHER)
    told: list[tuple[str, float]] = []
    world.on_wait = lambda holder, waited: told.append((holder.owner, waited))
    with pytest.raises(LockHeld):
        world.acquire(timeout=1.0)
    assert told == [("other", 0.0), ("other", 0.5)]


def test_a_lock_that_is_let_go_is_taken() -> None:
    """Waiting ends as soon as the holder is gone."""
    world = World().held_by(OTHER)
    world.on_wait = lambda _h, _w: world.item.put({"fence": {"N": "4"}})
    assert world.acquire().holder.fence == 5
    assert world.clock.seconds == lock.ASK_SECONDS


def test_a_won_acquisition_is_recognised_when_its_answer_is_lost() -> None:
    """The SDK repeats the write, which then fails on our own success: the owner tells that it is ours."""
    world = World()
    world.item.repeat_updates = 1
    lease = world.acquire()
    assert lease.holder.fence == 1
    lease.check()
    world.item.assert_owner("me")


def test_a_win_that_was_lost_again_is_no_win() -> None:
    """The answer took so long that somebody else took over meanwhile: their lock is not ours."""
    world = World()
    world.item.repeat_updates = 1

    def take_over() -> None:
        if world.item.updates == 2:
            world.item.put(history_items.serialize({**history_items.holder_values(OTHER), "fence": 9}))

    world.item.before_update = take_over
    with pytest.raises(LockHeld):
        world.acquire(timeout=1.0)


def test_a_win_is_confirmed_by_a_heartbeat_of_its_own() -> None:
    """Taken over after the echo was read, before the heartbeat: no lease comes of it."""
    world = World()
    world.item.repeat_updates = 1

    def take_over() -> None:
        if world.item.updates == 3:
            world.item.put(history_items.serialize({**history_items.holder_values(OTHER), "fence": 9}))

    world.item.before_update = take_over
    with pytest.raises(LockHeld):
        world.acquire(timeout=1.0)
    world.item.assert_owner("other")


def test_a_slow_answer_counts_against_the_lease() -> None:
    """The lease began when the write was sent: an answer that took longer than a lease proves nothing."""
    world = World()
    world.item.before_update = lambda: world.clock.sleep(21.0)
    with pytest.raises(LockLost):
        world.acquire().check()


def test_a_lost_race_for_a_free_lock_is_waited_out() -> None:
    """Somebody was faster between our look and our write: they are waited for like any holder."""
    world = World()

    def faster() -> None:
        if world.item.updates == 1:
            world.held_by(OTHER)

    world.item.before_update = faster
    assert world.acquire().holder.fence == 5
    assert world.clock.seconds >= 20.0


def test_a_collision_is_no_loss() -> None:
    """An UpdateItem that meets a transaction of ours is refused for a moment: the lock is still ours."""
    world = World()
    lease = world.acquire()
    world.item.refuse("TransactionConflictException")
    with pytest.raises(ConditionFailed):
        world.lock.renew(lease.holder)
    world.lock.renew(lease.holder)
    lease.check()


def test_a_collision_while_acquiring_is_tried_again() -> None:
    """The lock is free, so the next attempt gets it."""
    world = World()
    world.item.refuse("TransactionConflictException")
    assert world.acquire().holder.fence == 1


def test_a_lock_that_looks_free_and_is_never_won_ends_the_asking() -> None:
    """No loop asks without a pause or without an end, whatever a server says to the write."""
    world = World()
    world.item.before_update = lambda: world.item.refuse("ConditionalCheckFailedException")
    with pytest.raises(LockHeld, match="somebody else was faster"):
        world.acquire(timeout=0)
    assert world.item.updates == lock.MISSES
    assert 10.0 < world.clock.seconds < 30.0


@pytest.mark.parametrize(
    "trouble",
    [EndpointConnectionError(endpoint_url="u"), ReadTimeoutError(endpoint_url="u")],
    ids=["refused", "silent"],
)
def test_a_broken_network_passes_the_door(trouble: Exception) -> None:
    """What botocore raises comes out as an error of ours."""
    world = World()
    world.item.fail(trouble)
    with pytest.raises(EndpointUnreachable):
        world.acquire()


def test_an_unreadable_lock_is_an_error_of_ours() -> None:
    """Somebody edited the item by hand: say so, and change nothing."""
    world = World()
    world.item.put({"owner": {"S": "?"}})
    with pytest.raises(HistoryUnreadable):
        world.acquire()
    assert world.item.updates == 0


def test_renewing_what_was_taken_over_names_the_new_holder() -> None:
    """The loser learns who has it."""
    world = World()
    lease = world.acquire()
    world.held_by(replace(OTHER, fence=2))
    with pytest.raises(LockLost, match="user/bob"):
        world.lock.renew(lease.holder)


def test_renewing_what_was_released_says_so() -> None:
    """Somebody unlocked by force."""
    world = World()
    lease = world.acquire()
    world.item.put({"fence": {"N": "1"}})
    with pytest.raises(LockLost, match="released by somebody else"):
        world.lock.renew(lease.holder)


def test_the_same_owner_with_another_fence_is_not_us() -> None:
    """Owner and fence together are the lock."""
    world = World()
    lease = world.acquire()
    world.item.set(fence=2)
    with pytest.raises(LockLost):
        world.lock.renew(lease.holder)


@pytest.mark.parametrize(
    ("now", "text"),
    [
        ({**history_items.holder_values(OTHER), "fence": 2}, "user/bob"),
        ({**history_items.holder_values(replace(ME, identity="me again")), "fence": 2}, "me again"),
        ({"fence": 2}, "taken over by a run that has ended since"),
        ({"fence": 1}, "released by somebody else"),
        ({}, "released by somebody else"),
    ],
    ids=["taken over", "our owner, another fence", "taken over and let go", "unlocked by force", "the item is gone"],
)
def test_a_check_looks_at_the_lock_itself(now: dict[str, Any], text: str) -> None:
    """A lock that was lost is noticed before the next mutation, not at the next heartbeat; nothing is written."""
    world = World()
    lease = world.acquire()
    lease.check()
    written = world.item.updates
    world.item.put(history_items.serialize({name: value for name, value in now.items() if value is not None}))
    with pytest.raises(LockLost, match=text):
        lease.check()
    assert world.item.updates == written


def test_a_heartbeat_is_no_loss() -> None:
    """Between two checks our own heartbeat has moved: owner and fence are what counts."""
    world = World()
    lease = world.acquire()
    world.lock.renew(lease.holder)
    lease.check()


def test_release_is_idempotent() -> None:
    """A second release changes nothing, not even somebody else's lock."""
    world = World()
    lease = world.acquire()
    lease.release()
    world.held_by(OTHER)
    lease.release()
    world.item.assert_owner("other")


def test_a_release_that_cannot_be_written_is_not_worth_failing_for() -> None:
    """The run is over and says what it has to say; the lock falls to the next run after its lease."""
    world = World()
    lease = world.acquire()
    world.item.fail(EndpointConnectionError(endpoint_url="u"))
    lease.release()
    world.item.assert_owner("me")


def test_a_lease_that_cannot_be_renewed_is_lost() -> None:
    """A run whose network is gone changes nothing, waits for as long as an outage may take, and says so."""
    world = World()
    lease = world.acquire()
    world.clock.sleep(19.9)
    lease.check()
    assert world.clock.seconds == pytest.approx(19.9), "a lease that is not over is not waited for"
    with pytest.raises(LockLost, match=r"not be renewed for (\d+) seconds"):
        lease.check_age(spare=8)
    assert world.clock.seconds == pytest.approx(20 + lock.OUTAGE_SECONDS, abs=1)


@pytest.mark.parametrize("spare", [0.0, 8.0])
def test_a_run_that_was_stopped_goes_on_once_its_lock_is_proved(spare: float) -> None:
    """Nobody took it over meanwhile: the next heartbeat succeeds, and until then nothing goes out."""
    world = World()
    lease = world.acquire()
    world.clock.sleep(60)
    renewals = 0

    def renew(seconds: float) -> None:
        nonlocal renewals
        world.clock.seconds += seconds
        renewals += 1
        if renewals == 3:
            lease._renewed = world.clock.seconds  # what the heartbeat's thread does

    lease._clock = replace(lease._clock, sleep=renew)
    lease.check_age(spare=spare)
    assert renewals == 3


def test_a_heartbeat_is_waited_for_until_somebody_asks_to_stop() -> None:
    """Nothing is sent meanwhile, so there is nothing to wait for but a minute and more of an outage."""
    world = World()

    def check_stop() -> None:
        if world.clock.seconds >= 25:
            raise Interrupted("stopped")

    lease = world.acquire()
    lease.start(check_stop)
    world.clock.seconds = 19.0
    with pytest.raises(Interrupted):
        lease.check_age(spare=8)
    assert world.clock.seconds == pytest.approx(25, abs=0.2)
    lease.release()


def test_a_run_that_slept_too_long_learns_who_took_over() -> None:
    """Its own clock has told it already that the lock is lost; the reason is asked for all the same."""
    world = World()
    lease = world.acquire()
    world.clock.sleep(20.1)
    world.held_by(replace(OTHER, fence=2))
    with pytest.raises(LockLost, match="user/bob"):
        lease.check()


class Beating:
    """A lease whose heartbeat thread beats every millisecond; each renewal is answered by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, world: World, renew: Any) -> None:
        monkeypatch.setattr(lock, "HEARTBEAT_SECONDS", 0.001)
        self.beats = threading.Semaphore(0)
        self.lease = world.acquire()
        original = world.lock.renew

        def beat(holder: Holder) -> None:
            try:
                renew(original, holder)
            finally:
                self.beats.release()

        monkeypatch.setattr(world.lock, "renew", beat)
        self.lease.start()

    def wait(self, beats: int) -> None:
        for _ in range(beats):
            assert self.beats.acquire(timeout=10)


def test_the_heart_beats_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each beat moves the counter and starts the lease again, until release."""
    world = World()

    def renew(original: Any, holder: Holder) -> None:
        world.clock.seconds += 10
        original(holder)

    beating = Beating(monkeypatch, world, renew)
    beating.wait(5)
    beating.lease.check()
    assert world.item.values["heartbeat"] >= 4
    beating.lease.release()
    assert "owner" not in world.item.values


def test_the_heart_beats_as_often_as_others_look_for_it() -> None:
    """Two beats fit into the time in which nobody takes the run for dead, and several into its lease."""
    world, waited = World(), list[float]()

    def wait(_stop: threading.Event, seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) > 1

    world.lock._clock = replace(world.lock._clock, wait=wait)
    lease = world.acquire()
    lease.start()
    lease.release()
    assert waited == [2.0, 2.0]
    assert not world.held_by(OTHER).lock.is_alive(OTHER)
    assert 2 * waited[0] < sum(world.clock.slept) < lease.holder.lease_ms / 1000


def test_the_heart_notices_a_take_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first beat after it ends the lease, long before its length is over."""
    world = World()
    beating = Beating(monkeypatch, world, lambda original, holder: original(holder))
    beating.wait(1)
    world.held_by(OTHER)
    beating.lease._thread.join(10)
    with pytest.raises(LockLost, match="user/bob"):
        beating.lease.check()
    beating.lease.release()
    world.item.assert_owner("other")


def test_a_beat_that_fails_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A throttled or collided beat loses nothing as long as one succeeds within the lease."""
    world = World()
    faults = [EndpointUnreachable("no route"), ConditionFailed("collided")]

    def renew(original: Any, holder: Holder) -> None:
        if faults:
            raise faults.pop()
        world.clock.seconds = 19.0
        original(holder)

    beating = Beating(monkeypatch, world, renew)
    beating.wait(4)
    world.clock.seconds = 30.0
    beating.lease.check()
    beating.lease.release()


def test_a_heart_that_cannot_beat_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a whole lease without a success the lock counts as lost, with the network's error as the reason."""
    world = World()

    def renew(_original: Any, _holder: Holder) -> None:
        raise EndpointUnreachable("no route to host")

    beating = Beating(monkeypatch, world, renew)
    beating.wait(2)
    beating.lease.check()
    world.clock.seconds = 85.0
    with pytest.raises(LockLost, match="no route to host"):
        beating.lease.check()
    beating.lease.release()


@pytest.mark.parametrize("beats_at", [0.5, 4.5])
def test_a_beating_holder_is_alive(beats_at: float) -> None:
    """One movement within the patience is proof enough."""
    world = World().held_by(OTHER)
    world.item.before_read = lambda: world.item.set(heartbeat=int(world.clock.seconds >= beats_at))
    assert world.lock.is_alive(OTHER)
    assert world.clock.seconds == pytest.approx(beats_at)


def test_a_still_holder_is_not_alive() -> None:
    """Two heartbeats' time without a movement."""
    world = World().held_by(OTHER)
    assert not world.lock.is_alive(OTHER)
    assert world.clock.seconds == pytest.approx(2.5 * lock.HEARTBEAT_SECONDS)


@pytest.mark.parametrize("now", [None, replace(OTHER, owner="third", fence=5)], ids=["released", "taken over"])
def test_a_holder_that_is_gone_is_not_alive(now: Holder | None) -> None:
    """Whoever has it now, it is not this holder."""
    world = World()
    if now is not None:
        world.held_by(now)
    assert not world.lock.is_alive(OTHER)


def test_watching_writes_nothing() -> None:
    """A question changes nothing."""
    world = World().held_by(OTHER)
    world.lock.is_alive(OTHER)
    assert world.item.updates == 0


def test_a_lock_whose_fence_is_no_number_is_unreadable() -> None:
    """Nobody knows which fence comes next, so nobody takes the lock; a look at it is allowed."""
    world = World().held_by(OTHER)
    world.item.set(fence="torn")
    with pytest.raises(HistoryUnreadable, match="the lock"):
        world.acquire()
    assert world.lock.look().unreadable is not None
