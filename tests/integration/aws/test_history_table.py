"""The history table on DynamoDB Local: what is written under the lock, and what is not without it."""

import threading
from dataclasses import replace

import pytest

from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.aws.lock import Lease, Lock
from osem_migrate.clock import SYSTEM_CLOCK
from osem_migrate.deployment.actor import Actor
from osem_migrate.errors import LockLost
from osem_migrate.history import History, LogEntry, RecordedState
from tests.doubles.project import HISTORY
from tests.engines.engine import Engine
from tests.simulator.clock import VirtualClock
from tests.unit.aws.test_history_items import RECORD

SCOPE = "osem"


def acquire(engine: Engine, name: str, timeout: float = 0.0) -> Lease:
    """The lock; a dead holder's lease passes in no time."""
    me = Actor(name, "0.1.0").as_holder(lease_ms=20_000, acquired_at=1, environ={})
    lock = Lock(engine.client(), HISTORY, SCOPE, VirtualClock().clock)
    return lock.acquire(me, timeout=timeout, on_wait=lambda _holder, _waited: None)


def event(what: str, at: int = 1_800_000_000_000) -> LogEntry:
    """An event of the migration."""
    return LogEntry(at=at, what=what, migration=RECORD.migration, by="ada@build-7")


@pytest.fixture
def table(engine: Engine) -> HistoryTable:
    """The history table, newly made."""
    history = HistoryTable(engine.client(), HISTORY, SCOPE, SYSTEM_CLOCK)
    history.create({})
    return history


def test_before_it_exists_the_history_is_empty(engine: Engine) -> None:
    """Reading creates nothing."""
    history = HistoryTable(engine.client(), HISTORY, SCOPE, SYSTEM_CLOCK)
    assert history.read() == History()
    assert [*history.entries()] == []
    assert engine.client().list_tables()["TableNames"] == []


def test_creating_it_twice_is_fine(engine: Engine, table: HistoryTable) -> None:
    """Two first runs may meet; it is protected against deletion."""
    table.create({"Env": "dev"})
    assert table.read() == History(exists=True)
    assert engine.client().describe_table(TableName=HISTORY)["Table"]["DeletionProtectionEnabled"] is True


def test_what_is_written_is_read(engine: Engine, table: HistoryTable) -> None:
    """The newest record of each migration, the log in order, and the holder."""
    lease = acquire(engine, "ada")
    other = replace(RECORD, migration="0001_create_users", state=RecordedState.RUNNING, finished_at=None)
    table.write(lease, [(event("started", 1_800_000_000_000), replace(RECORD, done=(0,)))])
    table.write(lease, [(event("applied", 1_800_000_000_001), RECORD)])
    table.write(lease, [(event("started", 1_800_000_000_001), other)])
    found = table.read()
    assert dict(found.records) == {RECORD.migration: RECORD, other.migration: other}
    assert found.holder == lease.holder
    assert [entry.what for entry in table.entries()] == ["started", "applied", "started"]


def test_another_application_has_another_history(engine: Engine, table: HistoryTable) -> None:
    """Applications may share a table without reading each other's records."""
    table.write(acquire(engine, "ada"), [(event("applied"), RECORD)])
    assert HistoryTable(engine.client(), HISTORY, "other", SYSTEM_CLOCK).read() == History(exists=True)


def test_after_a_take_over_nothing_is_written(engine: Engine, table: HistoryTable) -> None:
    """The condition on owner and fence fails the whole transaction: no record, no event, and the holder is named."""
    dead = acquire(engine, "ada")
    acquire(engine, "bob", timeout=60.0)
    with pytest.raises(LockLost, match="bob"):
        table.write(dead, [(event("applied"), RECORD)])
    assert table.read().records == {}
    assert [*table.entries()] == []


def test_after_a_release_nothing_is_written(engine: Engine, table: HistoryTable) -> None:
    """A lock that is free is not ours either."""
    lease = acquire(engine, "ada")
    lease.release()
    with pytest.raises(LockLost, match="released"):
        table.write(lease, [(event("applied"), RECORD)])
    assert [*table.entries()] == []


def test_the_same_owner_with_an_older_fence_writes_nothing(engine: Engine, table: HistoryTable) -> None:
    """A write that was on its way while its own process lost and regained the lock comes too late."""
    lease = acquire(engine, "ada")
    engine.client().update_item(
        TableName=HISTORY,
        Key={"scope": {"S": SCOPE}, "item": {"S": "lock"}},
        UpdateExpression="SET fence = :fence",
        ExpressionAttributeValues={":fence": {"N": "9"}},
    )
    with pytest.raises(LockLost):
        table.write(lease, [(event("applied"), RECORD)])
    assert [*table.entries()] == []


def test_writing_and_beating_do_not_disturb_each_other(engine: Engine, table: HistoryTable) -> None:
    """A heartbeat without pause beside fifty transactions: every one of them is written."""
    lease = acquire(engine, "ada")
    stop = threading.Event()
    lock = Lock(engine.client(), HISTORY, SCOPE, SYSTEM_CLOCK)

    def beat() -> None:
        while not stop.is_set():
            lock.renew(lease.holder)

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        for number in range(50):
            table.write(lease, [(event("advanced", 1_800_000_000_000 + number), RECORD)])
    finally:
        stop.set()
        beating.join()
    assert len([*table.entries()]) == 50
    assert table.read().holder is not None


def test_a_note_is_an_event_under_the_lock(engine: Engine, table: HistoryTable) -> None:
    """It concerns no record, and is not written by whoever has lost the lock."""
    lease = acquire(engine, "ada")
    table.note(lease, LogEntry(at=1_800_000_000_000, what="destroying", migration=None, by="ada", detail="all"))
    assert [(entry.what, entry.migration, entry.detail) for entry in table.entries()] == [("destroying", None, "all")]
    lease.release()
    with pytest.raises(LockLost):
        table.note(lease, event("destroying"))
    assert len([*table.entries()]) == 1


def test_forgetting_leaves_the_lock_and_other_applications(engine: Engine, table: HistoryTable) -> None:
    """More than a transaction takes goes, under the lock alone; the fence stays, so that it never falls."""
    lease = acquire(engine, "ada")
    for number in range(120):
        table.note(lease, event("advanced", 1_800_000_000_000 + number))
    table.write(lease, [(event("applied"), RECORD)])
    assert not table.is_shared()
    other = HistoryTable(engine.client(), HISTORY, "other", SYSTEM_CLOCK)
    Lock(engine.client(), HISTORY, "other", SYSTEM_CLOCK).acquire(
        replace(lease.holder, owner="theirs"), timeout=0.0, on_wait=lambda _holder, _waited: None
    )
    assert table.is_shared()
    assert other.is_shared()
    table.forget(lease)
    found = table.read()
    assert (found.records, [*table.entries()]) == ({}, [])
    assert found.holder == lease.holder
    assert other.read().holder is not None
    lease.release()
    with pytest.raises(LockLost):
        table.note(lease, event("advanced"))
    assert acquire(engine, "bob").holder.fence == lease.holder.fence + 1
