"""The state folder is read without being created, written whole, and used by one command at a time."""

from itertools import count
from pathlib import Path

import pytest

from osem_migrate.errors import LocalEngineError
from osem_migrate.local.folder import StateFolder
from osem_migrate.local.state import EngineKind, EngineState


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    """A state folder that does not exist yet, in a project that does not either."""
    return StateFolder(tmp_path / "project" / ".state")


def _state(folder: StateFolder) -> EngineState:
    return EngineState(
        kind=EngineKind.MOTO,
        pid=4711,
        birth="boot/123",
        token="t",
        folder=folder.identity,
        port=4610,
        instead_of=None,
        endpoint_url="http://127.0.0.1:4610",
        log=folder.log(EngineKind.MOTO),
        data=None,
        started_at="2026-11-21T09:00:00.000Z",
    )


def _no_sleep(_seconds: float) -> None:
    """Time is what the clock of the test says."""


def _enter(folder: StateFolder) -> None:
    ticks = count()
    with folder.locked(patience=3, clock=lambda: float(next(ticks)), sleep=_no_sleep):
        folder.write(_state(folder))


def test_reading_creates_nothing(folder: StateFolder) -> None:
    """A question about a folder that is not there leaves it that way."""
    assert folder.read() is None
    assert not folder.path.exists()


def test_a_state_is_kept_until_cleared(folder: StateFolder) -> None:
    """What is written is read until it is cleared; clearing twice is fine."""
    _enter(folder)
    assert folder.read() == _state(folder)
    folder.clear()
    folder.clear()
    assert folder.read() is None


def test_nothing_else_is_left_behind(folder: StateFolder) -> None:
    """Writing replaces the file in one step and leaves no draft."""
    _enter(folder)
    assert sorted(path.name for path in folder.path.iterdir()) == [".gitignore", "engine.json", "engine.lock"]


def test_the_folder_is_never_committed(folder: StateFolder) -> None:
    """Version control ignores everything in the folder, and an existing .gitignore stays as it is."""
    _enter(folder)
    assert (folder.path / ".gitignore").read_text() == "*\n"
    (folder.path / ".gitignore").write_text("mine\n")
    _enter(folder)
    assert (folder.path / ".gitignore").read_text() == "mine\n"


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[]", b"\xff\xfe\x00", b"[" * 100_000, b'{"pid": 1}'])
def test_an_illegible_state_is_no_state(content: bytes, folder: StateFolder) -> None:
    """Whatever an editor, a full disk or another version left there counts as nothing recorded."""
    folder.path.mkdir(parents=True)
    (folder.path / "engine.json").write_bytes(content)
    assert folder.read() is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The error says which path, and the remedy which folder."""
    (tmp_path / "file").write_text("")
    folder = StateFolder(tmp_path / "file" / ".state")
    with pytest.raises(LocalEngineError) as caught:
        _enter(folder)
    assert str(folder.path) in caught.value.message
    assert str(folder.path) in caught.value.remediation


def test_a_state_that_cannot_be_read_is_named(folder: StateFolder) -> None:
    """A file system's refusal is an error with the path, not an absent engine."""
    (folder.path / "engine.json").mkdir(parents=True)
    with pytest.raises(LocalEngineError, match=r"cannot read .*engine\.json"):
        folder.read()


def test_a_second_command_waits_only_so_long(folder: StateFolder) -> None:
    """While one command holds the folder another one waits, then gives up and names the lock file."""
    ticks = count()
    with folder.locked(patience=3, clock=lambda: 0.0, sleep=_no_sleep):
        with pytest.raises(LocalEngineError, match="another command") as caught:
            _enter(folder)
        assert "engine.lock" in caught.value.remediation
    with folder.locked(patience=3, clock=lambda: float(next(ticks)), sleep=_no_sleep):
        pass
