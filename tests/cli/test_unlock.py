"""``unlock``: who holds the lock is shown, a run that is alive keeps it, and what was done stands in the log."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from osem_migrate.aws import lock as lock_module
from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.aws.lock import Lock
from osem_migrate.clock import SYSTEM_CLOCK
from osem_migrate.history import Holder, LogEntry
from tests.cli.command_line import HISTORY, Run, Tables

KEY = {"scope": {"S": "shop"}, "item": {"S": "lock"}}


@pytest.fixture
def recorded(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """dev, with a history table and nothing else; nobody watches a heartbeat for long."""
    monkeypatch.setattr(lock_module, "ASK_SECONDS", 0.01)
    monkeypatch.setattr(Lock.is_alive, "__kwdefaults__", {"patience": 0.05})
    HistoryTable(tables.client, HISTORY, "shop", SYSTEM_CLOCK).create({})
    set_lock(tables, "SET fence = :value", {"N": "1"})
    return tables


@contextmanager
def beating(tables: Tables) -> Iterator[None]:
    """The holder sends heartbeats until the lock is taken from it."""
    stop = threading.Event()

    def beat() -> None:
        with suppress(tables.client.exceptions.ClientError):
            while not stop.wait(0.005):
                set_lock(tables, "SET heartbeat = heartbeat + :value", {"N": "1"})

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        yield
    finally:
        stop.set()
        beating.join()


def set_lock(tables: Tables, update: str, value: Any) -> None:
    """Change the lock's item by hand."""
    tables.client.update_item(
        TableName=HISTORY, Key=KEY, UpdateExpression=update, ExpressionAttributeValues={":value": value}
    )


def events(tables: Tables) -> list[LogEntry]:
    """The whole log."""
    return [*HistoryTable(tables.client, HISTORY, "shop", SYSTEM_CLOCK).entries()]


def test_nobody_holds_it(run: Run, recorded: Tables) -> None:
    """Nothing to do is no mistake, and nothing is written."""
    before = recorded.everything()
    said = run("unlock")
    assert said.code == 0
    assert said.out == f"✓ Nobody holds the lock of dev ({recorded.endpoint_url}); nothing to do.\n"
    assert run("unlock", "--json").document["data"] == {"held": False, "unlocked": False, "holder": None, "passes": []}
    assert recorded.everything() == before


def test_before_the_first_upgrade(run: Run, tables: Tables) -> None:
    """Without a history table nobody holds a lock, and none is created."""
    assert run("unlock").code == 0
    assert tables.names() == []


def test_a_dead_holder_is_shown_and_replaced(run: Run, recorded: Tables) -> None:
    """Who, where, since when; then the lock is free, its fence stays, and the log has who did it and why."""
    recorded.hold_lock()
    said = run("unlock", "--yes", "--reason", "the build machine burnt down")
    assert said.code == 0
    assert [line.split(maxsplit=1) for line in said.out.splitlines()[1:-1]] == [
        ["by", "ada@build-7"],
        ["on", "build-7 (pid 4711)"],
        ["since", "2026-11-21T09:34:47Z"],
        ["fence", "1"],
        ["heartbeat", "3"],
    ]
    assert said.out.splitlines()[-1] == f"✓ The lock of dev ({recorded.endpoint_url}) is free again."
    assert recorded.lock() == {**KEY, "fence": {"N": "1"}}
    detail = r"was held by ada@build-7 on build-7 \(pid 4711\), fence 1; reason: the build machine burnt down"
    assert re.fullmatch(rf"\S+Z  unlocked +\S+@\S+  {detail}\n", run("history").out)


def test_a_run_that_is_alive_keeps_it(run: Run, recorded: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 6 names the run, and how to take the lock all the same."""
    monkeypatch.setattr(Lock.is_alive, "__kwdefaults__", {"patience": 60.0})  # the first beat ends the watching
    recorded.hold_lock()
    set_lock(recorded, "SET run_url = :value", {"S": "https://ci.example/run/1"})
    with beating(recorded):
        said = run("unlock", "--yes")
    assert said.code == 6
    assert "CI run     https://ci.example/run/1" in said.out
    assert "✗ LOCK_HELD: the run that holds the upgrade lock still sends heartbeats: ada@build-7" in said.err
    assert "osem-migrate unlock --force --env dev" in said.err
    assert recorded.lock()["owner"] == {"S": "0123"}
    assert events(recorded) == []


def test_a_run_that_ends_meanwhile_leaves_nothing_to_do(
    run: Run, recorded: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It released the lock while its heartbeat was watched."""
    recorded.hold_lock()

    def watch(lock: Lock, holder: Holder) -> bool:
        lock.release(holder)
        return False

    monkeypatch.setattr(Lock, "is_alive", watch)
    said = run("unlock", "--yes")
    assert said.code == 0
    assert "was released by its holder meanwhile; nothing to do." in said.out
    assert events(recorded) == []


def test_by_force_it_is_taken_from_the_living(run: Run, recorded: Tables) -> None:
    """Though a heartbeat comes between the reading and the taking; the log says that it was by force."""
    recorded.hold_lock()
    with beating(recorded):
        said = run("unlock", "--force", "--yes", "--json")
        stopped = recorded.lock()
    assert said.code == 0
    assert (said.document["data"]["held"], said.document["data"]["unlocked"]) == (True, True)
    holder = said.document["data"]["holder"]
    assert (holder["identity"], holder["pid"], holder["fence"]) == ("ada@build-7", 4711, 1)
    assert (holder["acquired_at"], holder["lease_ms"]) == ("2026-11-21T09:34:47.191Z", 3_600_000)
    assert "owner" not in stopped
    assert events(recorded)[-1].detail == "was held by ada@build-7 on build-7 (pid 4711), fence 1, by force"


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_without_a_terminal_only_yes_counts(words: list[str], run: Run, recorded: Tables) -> None:
    """Nothing is taken from anybody unasked; the remedy is the command that does."""
    recorded.hold_lock()
    before = recorded.everything()
    said = run("unlock", *words)
    assert said.code == 1
    assert "CONFIRMATION_REQUIRED" in said.out + said.err
    assert "osem-migrate unlock --yes --env dev" in said.out + said.err
    assert recorded.everything() == before


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_on_a_terminal_it_asks(
    answer: str, code: int, run: Run, recorded: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a yes is one."""
    recorded.hold_lock()
    reading, writing = os.openpty()
    os.write(reading, answer.encode())
    with os.fdopen(writing) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        said = run("unlock")
    os.close(reading)
    assert said.code == code
    assert "Take the lock away? [y/N]" in said.err
    assert ("owner" in recorded.lock()) is (code == 1)


def test_what_nobody_can_read_needs_force(run: Run, recorded: Tables) -> None:
    """A damaged lock is told, and stops every run; unlock --force clears it, and the next fence is higher than any."""
    recorded.hold_lock()
    set_lock(recorded, "SET fence = :value", {"S": "torn"})
    assert run("status").code == 4
    said = run("unlock", "--yes")
    assert said.code == 1
    assert "⚠ The lock of dev (" in said.out
    assert "is held, but its holder cannot be read" in said.out
    assert "✗ HISTORY_UNREADABLE: the lock cannot be read" in said.err
    assert "osem-migrate unlock --force --env dev" in said.err
    assert run("unlock", "--yes", "--force").code == 0
    assert int(recorded.lock()["fence"]["N"]) > 1_700_000_000
    assert events(recorded)[-1].detail == "was held by an unknown holder, by force"
    assert run("status").code == 3


def test_a_date_that_no_calendar_has_is_shown_as_it_is(run: Run, recorded: Tables) -> None:
    """Whatever the lock says, it can be cleared."""
    recorded.hold_lock()
    set_lock(recorded, "SET acquired_at = :value", {"N": "99999999999999999999"})
    said = run("unlock", "--yes", "-q")
    assert said.code == 0
    assert "99999999999999999999 ms" in said.out
    assert said.err == ""
