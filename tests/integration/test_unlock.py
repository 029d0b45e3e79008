"""``unlock`` on DynamoDB Local: exactly the holder that was seen loses the lock, and can never write again."""

import threading
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import UnlockOptions, UpgradeOptions
from osem_migrate.aws.lock import Lease
from osem_migrate.aws.lock_snapshot import LockSnapshot
from osem_migrate.config import Project
from osem_migrate.deployment.actor import Actor
from osem_migrate.errors import AccountMismatch, ConfirmationRequired, HistoryUnreadable, LockHeld, LockLost
from osem_migrate.history import LogEntry
from osem_migrate.migrator import Migrator
from tests.doubles.contender import Contender
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS, Watched, write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.doubles.skipping_clock import SkippingClock
from tests.doubles.typed import typed
from tests.engines.engine import Engine
from tests.simulator.clock import VirtualClock
from tests.simulator.faults import LoseResponse
from tests.unit.aws.test_history_items import RECORD

LOCK: Any = {"TableName": HISTORY, "Key": {"scope": {"S": "osem"}, "item": {"S": "lock"}}}


@pytest.fixture
def on_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """DynamoDB Local, found through the environment variables that every AWS SDK knows."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    return engine


@pytest.fixture
def migrator(on_engine: Engine, tmp_path: Path) -> Migrator:
    """A history table and nothing else; watches heartbeats in no time."""
    project = write_project(tmp_path, {"0001_teams": TEAMS})
    migrator = Watched(project, clock=VirtualClock().clock).migrator
    migrator.deployment.history.create({})
    return migrator


def hold(migrator: Migrator, name: str = "bob") -> Lease:
    """Somebody takes the lock, and never sends a heartbeat."""
    me = Actor(name, "0.1.0").as_holder(lease_ms=20_000, acquired_at=1, environ={})
    return migrator.deployment.lock.acquire(me, timeout=60.0, on_wait=lambda _holder, _waited: None)


def seen_by(migrator: Migrator) -> LockSnapshot:
    """What a look at the lock shows; there is a holder."""
    seen = migrator.lock()
    assert seen is not None
    return seen


def test_the_old_holder_can_never_write_again(migrator: Migrator) -> None:
    """Its next check says that it was released, its next write fails whole, and the next fence is higher."""
    lease = hold(migrator)
    assert migrator.unlock(seen_by(migrator), UnlockOptions(reason="gone home"))
    with pytest.raises(LockLost, match="released by somebody else"):
        lease.check()
    event = LogEntry(at=1, what="applied", migration=RECORD.migration, by="bob")
    with pytest.raises(LockLost, match="released by somebody else"):
        migrator.deployment.history.write(lease, [(event, RECORD)])
    lease.release()
    (logged,) = migrator.history()
    assert (logged.what, logged.migration, logged.reason) == ("unlocked", None, "gone home")
    assert logged.detail.startswith("was held by bob on ")
    assert migrator.deployment.history.read().records == {}
    assert hold(migrator, "ada").holder.fence == lease.holder.fence + 1


def test_a_heartbeat_between_look_and_taking_keeps_the_lock(migrator: Migrator) -> None:
    """The holder woke up while somebody thought about the question: nothing is taken, and nothing written."""
    lease = hold(migrator)
    seen = seen_by(migrator)
    with pytest.raises(LockHeld, match="has changed since it was read, and was left alone") as caught:
        migrator.unlock(seen, UnlockOptions(confirm=lambda: migrator.deployment.lock.renew(lease.holder)))
    assert typed(caught.value) == "Look again with: osem-migrate unlock --env dev"
    lease.check()
    assert migrator.history() == []


@pytest.mark.parametrize("force", [False, True])
def test_another_holder_than_the_one_that_was_seen_keeps_the_lock(migrator: Migrator, *, force: bool) -> None:
    """Not even by force is it taken from somebody who was never shown."""
    old = hold(migrator)
    seen = seen_by(migrator)

    def change() -> None:
        old.release()
        hold(migrator, "carol")

    with pytest.raises(LockHeld, match="carol"):
        migrator.unlock(seen, UnlockOptions(force=force, confirm=change))
    assert migrator.history() == []


def test_a_holder_that_lets_go_meanwhile_leaves_nothing_to_do(migrator: Migrator) -> None:
    """It is told apart from having unlocked, and nothing stands in the log."""
    lease = hold(migrator)
    assert migrator.unlock(seen_by(migrator), UnlockOptions(confirm=lease.release)) is False
    assert migrator.history() == []


def test_who_does_not_confirm_changes_nothing(migrator: Migrator) -> None:
    """The question comes after the heartbeat was watched, and before anything is written."""
    lease = hold(migrator)

    def refuse() -> None:
        raise ConfirmationRequired("no")

    with pytest.raises(ConfirmationRequired):
        migrator.unlock(seen_by(migrator), UnlockOptions(confirm=refuse))
    lease.check()


def test_a_heart_that_beats_is_seen(migrator: Migrator) -> None:
    """While one watches it moves: refused before the question is asked."""
    lease = hold(migrator)
    clock = migrator.deployment.clock
    object.__setattr__(clock, "sleep", lambda _seconds: migrator.deployment.lock.renew(lease.holder))
    with pytest.raises(LockHeld, match="still sends heartbeats"):
        migrator.unlock(seen_by(migrator), UnlockOptions(confirm=lambda: pytest.fail("asked")))


def test_by_force_and_between_two_heartbeats(migrator: Migrator) -> None:
    """A heartbeat without pause collides with the transaction, and the lock is taken all the same."""
    lease = hold(migrator)
    stop = threading.Event()
    lost: list[LockLost] = []

    def beat() -> None:
        try:
            while not stop.is_set():
                migrator.deployment.lock.renew(lease.holder)
        except LockLost as told:
            lost.append(told)

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        assert migrator.unlock(seen_by(migrator), UnlockOptions(force=True))
    finally:
        beating.join(10.0)
        stop.set()
    assert [str(told) for told in lost] == ["the upgrade lock was released by somebody else"]
    assert migrator.lock() is None


@pytest.mark.parametrize("damage", [{"owner": {"S": "x"}}, {"fence": {"S": "x"}}, {"pid": {"L": []}}])
def test_garbage_is_cleared_by_force_only(migrator: Migrator, damage: dict[str, Any]) -> None:
    """As it was seen and no other: garbage that changes meanwhile is left alone."""
    client = migrator.session.dynamodb()
    if "owner" not in damage:
        hold(migrator)
        damage = {**client.get_item(**LOCK)["Item"], **damage}
    client.put_item(TableName=HISTORY, Item={**LOCK["Key"], **damage})
    seen = seen_by(migrator)
    with pytest.raises(HistoryUnreadable, match="the lock cannot be read") as caught:
        migrator.unlock(seen)
    assert typed(caught.value).endswith("osem-migrate unlock --force --env dev")

    def change() -> None:
        client.update_item(
            **LOCK,
            UpdateExpression="SET host = :host",
            ExpressionAttributeValues={":host": {"S": "elsewhere"}},
        )

    with pytest.raises(LockHeld, match="an unknown holder"):
        migrator.unlock(seen, UnlockOptions(force=True, confirm=change))
    assert migrator.unlock(seen_by(migrator), UnlockOptions(force=True))
    assert migrator.lock() is None
    assert hold(migrator).holder.fence > 1
    (logged,) = migrator.history()
    assert logged.detail == "was held by an unknown holder, by force"


def test_the_log_of_the_old_holder_is_never_overwritten(migrator: Migrator) -> None:
    """An event under the very key of ours stays, and the lock stays with it."""
    lease = hold(migrator)
    seen = seen_by(migrator)
    clearing = migrator.deployment.lock.clearing(seen, still=True)
    event = LogEntry(at=1, what="started", migration="0001_teams", by="bob")
    migrator.deployment.history.write(lease, [(event, RECORD)])
    other = Watched(Project.find(migrator.project.root, environ={})).migrator.deployment.history
    assert other.unlock(clearing, LogEntry(at=1, what="unlocked", migration=None, by="ada"), fence=1) is False
    assert [logged.what for logged in migrator.history()] == ["started"]
    lease.check()


def test_another_account_is_left_alone(on_engine: Engine, tmp_path: Path) -> None:
    """Before the lock is even looked at."""
    settings = '[tool.osem-migrate.environments.dev]\nlocal = false\naccount_id = "123456789012"\n'
    migrator = Watched(write_project(tmp_path, {}, settings)).migrator
    migrator.deployment.__dict__["identity"] = type("Me", (), {"account": "1", "arn": "arn:aws:iam::1:user/ada"})
    with pytest.raises(AccountMismatch):
        migrator.lock()


def test_a_killed_run_does_not_hold_the_next_one_up(on_engine: Engine, tmp_path: Path) -> None:
    """Kill -9 in the middle of a run: unlocked, and the next upgrade goes on at once, without waiting for its lease."""
    # On the same table: on another one, it might be done as well by the time the process stops itself.
    project = write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    with Contender.start(project, on_engine.environ(), pace=1.0, pauses_after=1) as run:
        run.wait_for("finished")
        run.kill()
        run.wait()
    migrator = Watched(project, clock=VirtualClock().clock).migrator
    seen = seen_by(migrator)
    assert seen.holder is not None
    assert seen.holder.pid == run.pid
    assert migrator.unlock(seen)
    assert Watched(project).migrator.upgrade(UpgradeOptions(lock_timeout=0.0)).plan.migrations != ()
    assert [event.what for event in migrator.history()].count("unlocked") == 1


def test_on_aws_the_log_has_the_identity(tmp_path: Path) -> None:
    """Who unlocked is an ARN there; the transaction is one that AWS accepts, and a lost answer is no second event."""
    with SkippingClock() as clock:
        aws = SimulatedAws(clock)
        with aws.surroundings():
            migrator = aws.migrator(write_project(tmp_path, {"0001_teams": TEAMS}, TUNNEL))
            migrator.upgrade()
            hold(migrator)
            aws.simulator.faults.plan(LoseResponse(), action="TransactWriteItems")
            assert migrator.unlock(seen_by(migrator), UnlockOptions(reason="gone"))
            last = migrator.history()[-1]
            assert [event.what for event in migrator.history()].count("unlocked") == 1
    assert (last.what, last.reason) == ("unlocked", "gone")
    assert last.by.startswith("arn:aws:")
