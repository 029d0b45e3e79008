"""Passes over items beside an application at work, killed and stopped for real, as often as OSEM_TORTURE says."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.project import HISTORY, write_project
from tests.simulator import Hook, serve
from tests.simulator.calls import ITEM_WRITES, OK, Call
from tests.torture.boundaries import DEAD_LEASE
from tests.torture.child import ChildProcesses, Command, Ended, children
from tests.torture.scenarios import TUNNEL, _run
from tests.torture.stage import Recording, Stage, shorten_lease

ROUNDS = 20 if os.environ.get("OSEM_TORTURE") else 2
WRITERS, ITEMS = 8, 64
USERS = "osem-dev-Users"
BEGIN = 'operations = [CreateTable("Users", S("id"))]'
PASS = """
from osem_migrate import REMOVE

def full_name(item):
    return None if "fullName" in item else {"fullName": f"{item['first']} {item['last']}"}

def no_full_name(item):
    return {"fullName": REMOVE}

operations = [UpdateItems("Users", full_name, undo=no_full_name, segments=8)]
"""
UPGRADE = Command("upgrade")
DOWNGRADE = Command("downgrade", {"target": "1", "allow_data_loss": True})


@pytest.fixture(scope="module")
def processes() -> Iterator[ChildProcesses]:
    """A warm process that forks the children."""
    with children() as warm:
        yield warm


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A table; the pass is not there yet."""
    write_project(tmp_path, {"0001_users": BEGIN}, TUNNEL)
    return tmp_path


def populated(project: Path, processes: ChildProcesses) -> Stage:
    """Where the pass begins: a table of users, each with a first and a last name."""
    simulator = _run(Stage(), project, UPGRADE, processes).stage.put_up()
    for number in range(ITEMS):
        simulator.call("PutItem", {"TableName": USERS, "Item": typed(user(number))})
    write_project(project, {"0002_pass": PASS}, TUNNEL)
    return simulator.stage


def user(number: int, first: str = "Ada") -> dict[str, str]:
    """``{"id": "u3", "first": "Ada", "last": "3"}``."""
    return {"id": f"u{number}", "first": first, "last": str(number)}


def typed(item: dict[str, str]) -> dict[str, Any]:
    """In typed JSON."""
    return {name: {"S": value} for name, value in item.items()}


def items(simulator: Recording) -> dict[str, dict[str, str]]:
    """All items by their id."""
    found = simulator._apply("Scan", {"TableName": USERS, "ConsistentRead": True})["Items"]
    return {item["id"]["S"]: {name: value["S"] for name, value in item.items()} for item in found}


class Application:
    """Eight writers, each with items of its own; what it wrote last of each it knows."""

    def __init__(self, simulator: Recording, seed: int) -> None:
        self._simulator = simulator
        self._over = threading.Event()
        self._seed = seed
        self.wrote: dict[str, dict[str, str] | None] = {f"u{number}": user(number) for number in range(ITEMS)}

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Until the block is left."""
        with ThreadPoolExecutor(WRITERS) as pool:
            done = [pool.submit(self._work, me) for me in range(WRITERS)]
            try:
                yield
            finally:
                self._over.set()
        for one in done:
            one.result()

    def _work(self, me: int) -> None:
        chance = random.Random(self._seed * WRITERS + me)  # noqa: S311 - the same every time
        turn = 0
        while not self._over.wait(0.004):
            turn += 1
            self._write(chance.randrange(ITEMS // WRITERS) * WRITERS + me, f"w{me}-{turn}", chance.random())

    def _write(self, number: int, word: str, what: float) -> None:
        """Delete, create, rename, choose the full name that the pass would make, or write what is none of its."""
        name = f"u{number}"
        known = self.wrote[name]
        if known is None or what < 0.15:
            new: dict[str, str] | None = user(number, word) if known is None else None
        elif what < 0.5:
            new = {**user(number, word), **{key: value for key, value in known.items() if key == "other"}}
        else:
            new = {**known, ("fullName" if what < 0.75 else "other"): word}
        self._send(name, known, new)
        self.wrote[name] = new

    def _send(self, name: str, known: dict[str, str] | None, new: dict[str, str] | None) -> None:
        asked: dict[str, Any] = {"TableName": USERS}
        if new is None:
            self._simulator.call("DeleteItem", {**asked, "Key": typed({"id": name})}, access_key="application")
        elif known is None:
            self._simulator.call("PutItem", {**asked, "Item": typed(new)}, access_key="application")
        else:
            changed = {key: value for key, value in new.items() if known.get(key) != value}
            renamed = "first" in changed
            asked["UpdateExpression"] = "SET " + ", ".join(f"#{key} = :{key}" for key in changed)
            asked["UpdateExpression"] += " REMOVE fullName" if renamed else ""
            asked["ExpressionAttributeNames"] = {f"#{key}": key for key in changed}
            asked["ExpressionAttributeValues"] = typed({f":{key}": value for key, value in changed.items()})
            self._simulator.call("UpdateItem", {**asked, "Key": typed({"id": name})}, access_key="application")

    def expected(self) -> dict[str, dict[str, str]]:
        """What has to be there once the pass is through: what was written last, and a full name where none was."""
        return {name: with_name(item) for name, item in self.wrote.items() if item is not None}


def with_name(item: dict[str, str]) -> dict[str, str]:
    """As the pass leaves it."""
    return {"fullName": f"{item['first']} {item['last']}", **item}


def is_ours(call: Call) -> bool:
    """Whether it is a child's."""
    return call.access_key != "application"


def send(what: signal.Signals, pid: "Future[int]", _: Call) -> None:
    """A signal to a child, in the middle of a call of its."""
    os.kill(pid.result(), what)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_write_of_an_application_is_lost(seed: int, project: Path, processes: ChildProcesses) -> None:
    """Eight writers all the while, runs that are killed anywhere: nothing lost, nothing deleted comes back."""
    simulator = populated(project, processes).put_up()
    chance = random.Random(seed)  # noqa: S311 - the same every time
    application = Application(simulator, seed)
    codes = []
    with serve(simulator) as server:
        with application.at_work():
            for _ in range(2):
                pid: Future[int] = Future()
                kill = Hook(before=partial(send, signal.SIGKILL, pid))
                simulator.faults.plan(kill, where=is_ours, nth=chance.randrange(1, 120))
                ended = processes.run(UPGRADE, project, server.endpoint_url, pid=pid)
                codes.append(ended.code)
                assert ended.code in {0, 2, -signal.SIGKILL}, ended.words
                simulator.faults.clear()
                shorten_lease(simulator, DEAD_LEASE)
        ended = processes.run(UPGRADE, project, server.endpoint_url)
    assert ended.code == 0, ended.words
    found = items(simulator)
    if 0 in codes:  # the pass was through before the application was
        found = {name: with_name(item) for name, item in found.items()}
    assert found == application.expected()
    assert simulator.unknown == []


MOMENTS = {
    "a write": {"action": "UpdateItem", "table": USERS, "nth": 3},
    "a page": {"action": "Scan", "table": USERS, "nth": 2},
    "a claim": {"action": "TransactWriteItems", "table": HISTORY, "nth": 4},
    "a checkpoint": {"action": "TransactWriteItems", "table": HISTORY, "nth": 5},
}


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_a_run_that_was_stopped_writes_nothing_when_it_wakes_up(
    moment: dict[str, Any], project: Path, processes: ChildProcesses
) -> None:
    """Meanwhile another has waited for its lease, finished its pass, and taken it all back."""
    simulator = populated(project, processes).put_up()
    stopped, pid = threading.Event(), Future[int]()

    def stop(call: Call) -> None:
        send(signal.SIGSTOP, pid, call)
        stopped.set()

    simulator.faults.plan(Hook(before=stop), **moment)
    with serve(simulator) as server, children() as others, ThreadPoolExecutor(1) as pool:
        first: Future[Ended] = pool.submit(processes.run, UPGRADE, project, server.endpoint_url, pid=pid)
        try:
            assert stopped.wait(60)
            for command in (UPGRADE, DOWNGRADE):
                ended = others.run(command, project, server.endpoint_url)
                assert ended.code == 0, ended.words
            begin = len(simulator.calls)
        finally:
            os.kill(pid.result(), signal.SIGCONT)
        woken = first.result()
    assert woken.code != 0
    assert "the upgrade lock" in woken.words
    late = [call for call in simulator.calls[begin:] if call.action in ITEM_WRITES and call.outcome == OK]
    assert late == []
    assert items(simulator) == {f"u{number}": user(number) for number in range(ITEMS)}
