"""One engine a session: started once, remembered, stopped."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.engines import dynamodb_local, shared
from tests.engines.dynamodb_local import Server
from tests.engines.package import EngineMissing
from tests.engines.shared import SharedEngines


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, ...]]:
    """The options of every start that was asked for; nothing really starts."""
    asked: list[tuple[str, ...]] = []

    def start(folder: Path, log: Path, *, watch: int, options: tuple[str, ...]) -> Server:
        asked.append(options)
        time.sleep(0.05)  # long enough that workers without a lock would overtake each other
        return Server(f"http://127.0.0.1:{len(asked)}", pid=1000 + len(asked))

    monkeypatch.setattr(shared, "fetch", lambda: tmp_path)
    monkeypatch.setattr(dynamodb_local, "start", start)
    return asked


def test_workers_share_one_server(starts: list[tuple[str, ...]], tmp_path: Path) -> None:
    """However many workers ask at once, one server starts and all get its address."""
    workers = [SharedEngines(tmp_path, controller=1) for _ in range(8)]
    with ThreadPoolExecutor(len(workers)) as pool:
        answers = [pool.submit(worker.endpoint_url, "plain") for worker in workers]
    assert {answer.result() for answer in answers} == {"http://127.0.0.1:1"}
    assert len(starts) == 1


def test_names_are_servers_of_their_own(starts: list[tuple[str, ...]], tmp_path: Path) -> None:
    """A second name is a second server, with its own options."""
    engines = SharedEngines(tmp_path, controller=1)
    assert engines.endpoint_url("plain") != engines.endpoint_url("slow", "-delayTransientStatuses")
    assert starts == [(), ("-delayTransientStatuses",)]


def test_a_missing_engine_is_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When the engine cannot run, every worker hears why, and only the first one waits for it."""
    attempts: list[int] = []

    def fetch() -> Path:
        attempts.append(1)
        raise EngineMissing("no java")

    monkeypatch.setattr(shared, "fetch", fetch)
    for worker in (SharedEngines(tmp_path, controller=1), SharedEngines(tmp_path, controller=1)):
        with pytest.raises(EngineMissing, match="no java"):
            worker.endpoint_url("plain")
    assert len(attempts) == 1


def test_stopping_ends_every_server(
    starts: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every server that was started is stopped, and the folder is gone."""
    stopped: list[int] = []
    monkeypatch.setattr(Server, "stop", lambda server: stopped.append(server.pid))
    engines = SharedEngines(tmp_path / "session", controller=1)
    engines.folder.mkdir()
    engines.endpoint_url("plain")
    engines.endpoint_url("slow")
    engines.stop()
    assert sorted(stopped) == [1001, 1002]
    assert not engines.folder.exists()
