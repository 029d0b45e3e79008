"""The lock on DynamoDB Local: real conditional writes, and real contenders."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from osem_migrate.aws import lock as lock_module
from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.aws.lock import Lease, Lock
from osem_migrate.clock import SYSTEM_CLOCK
from osem_migrate.deployment.actor import Actor
from osem_migrate.errors import LockHeld, LockLost
from osem_migrate.history import Holder
from tests.doubles.project import HISTORY
from tests.engines.engine import Engine
from tests.simulator.clock import VirtualClock

SCOPE = "osem"


def somebody(name: str, *, lease_ms: int = 20_000) -> Holder:
    """A process that asks for the lock."""
    environ = {"BUILD_URL": f"https://ci.example/{name}"}
    return Actor(name, "0.1.0").as_holder(lease_ms=lease_ms, acquired_at=1, environ=environ)


@pytest.fixture
def engine_with_table(engine: Engine) -> Engine:
    """DynamoDB Local with a history table."""
    HistoryTable(engine.client(), HISTORY, SCOPE, SYSTEM_CLOCK).create({})
    return engine


def acquire(lock: Lock, me: Holder, timeout: float = 0.0) -> Lease:
    """Ask for the lock, and listen to nothing."""
    return lock.acquire(me, timeout=timeout, on_wait=lambda _holder, _waited: None)


def test_the_fence_rises_by_one_at_each_acquisition(engine_with_table: Engine) -> None:
    """Through releases and holders alike."""
    lock = Lock(engine_with_table.client(), HISTORY, SCOPE, SYSTEM_CLOCK)
    for fence in (1, 2, 3):
        lease = acquire(lock, somebody("ada"))
        assert lease.holder.fence == fence
        lease.release()


def test_a_held_lock_names_its_holder_and_ci_run(engine_with_table: Engine) -> None:
    """The one who waits learns whom to ask, and exits with 6."""
    lock = Lock(engine_with_table.client(), HISTORY, SCOPE, SYSTEM_CLOCK)
    acquire(lock, somebody("ada"))
    with pytest.raises(LockHeld, match=r"ada on .* https://ci\.example/ada") as caught:
        acquire(lock, somebody("bob"))
    assert caught.value.exit_code == 6


def test_two_applications_do_not_lock_each_other_out(engine_with_table: Engine) -> None:
    """The scope is part of the key."""
    acquire(Lock(engine_with_table.client(), HISTORY, "osem", SYSTEM_CLOCK), somebody("ada"))
    acquire(Lock(engine_with_table.client(), HISTORY, "other", SYSTEM_CLOCK), somebody("bob"))


def test_a_dead_holder_is_replaced_after_its_lease(engine_with_table: Engine) -> None:
    """The dead one's writes and its release are refused afterwards; the fence has risen."""
    clock = VirtualClock()
    lock = Lock(engine_with_table.client(), HISTORY, SCOPE, clock.clock)
    dead = acquire(lock, somebody("ada"))
    alive = acquire(lock, somebody("bob"), timeout=60.0)
    assert 20.0 <= clock.seconds <= 20.0 + lock_module.ASK_SECONDS
    assert alive.holder.fence == dead.holder.fence + 1
    with pytest.raises(LockLost, match="bob"):
        lock.renew(dead.holder)
    dead.release()
    lock.renew(alive.holder)


def test_a_beating_holder_is_not_replaced(engine_with_table: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease of 0.3 seconds, renewed by its thread, outlives a contender who waits for four of them."""
    monkeypatch.setattr(lock_module, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(lock_module, "ASK_SECONDS", 0.05)
    lock = Lock(engine_with_table.client(), HISTORY, SCOPE, SYSTEM_CLOCK)
    lease = acquire(lock, somebody("ada", lease_ms=1000))
    lease.start()
    try:
        with pytest.raises(LockHeld):
            acquire(Lock(engine_with_table.client(), HISTORY, SCOPE, SYSTEM_CLOCK), somebody("bob"), timeout=2.5)
        lease.check()
    finally:
        lease.release()
    acquire(lock, somebody("bob"))


def test_of_two_contenders_exactly_one_wins(engine_with_table: Engine) -> None:
    """Twenty rounds of two threads that start together: one lease each round, and the fence counts the rounds."""
    locks = [Lock(engine_with_table.client(), HISTORY, SCOPE, SYSTEM_CLOCK) for _ in range(2)]
    barrier = threading.Barrier(2, timeout=30)

    def contend(number: int) -> Lease | None:
        barrier.wait()
        try:
            return acquire(locks[number], somebody(f"contender-{number}"))
        except LockHeld:
            return None

    with ThreadPoolExecutor(2) as pool:
        for fence in range(1, 21):
            leases = [lease for lease in pool.map(contend, range(2)) if lease is not None]
            assert [lease.holder.fence for lease in leases] == [fence]
            leases[0].release()


def test_of_two_contenders_for_a_dead_lock_exactly_one_wins(engine_with_table: Engine) -> None:
    """Both have watched the dead heartbeat for a lease; the condition lets one of them through."""
    acquire(Lock(engine_with_table.client(), HISTORY, SCOPE, SYSTEM_CLOCK), somebody("dead", lease_ms=100))
    barrier = threading.Barrier(2, timeout=30)

    def contend(number: int) -> Lease | None:
        clock = VirtualClock()
        barrier.wait()
        try:
            return acquire(
                Lock(engine_with_table.client(), HISTORY, SCOPE, clock.clock), somebody(f"contender-{number}"), 5.0
            )
        except LockHeld:
            return None

    with ThreadPoolExecutor(2) as pool:
        leases = [lease for lease in pool.map(contend, range(2)) if lease is not None]
    assert [lease.holder.fence for lease in leases] == [2]


def test_the_holder_on_the_item_is_who_asked(engine_with_table: Engine) -> None:
    """Owner, host, process, identity and CI run are what people are shown."""
    client = engine_with_table.client()
    me = somebody("ada")
    acquire(Lock(client, HISTORY, SCOPE, SYSTEM_CLOCK), me)
    assert HistoryTable(client, HISTORY, SCOPE, SYSTEM_CLOCK).read().holder == replace(me, fence=1)
