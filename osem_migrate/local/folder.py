"""The state folder: where an engine's state, lock, log and data live."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from osem_migrate.advice import AGAIN
from osem_migrate.errors import LocalEngineError
from osem_migrate.local.state import EngineKind, EngineState

STATE = "engine.json"
LOCK = "engine.lock"
INTERVAL = 0.05


@dataclass(frozen=True, slots=True)
class StateFolder:
    """One project's state folder, created by the first ``locked``.

    Args:
        path: absolute; it may not exist yet.
    """

    path: Path

    @property
    def identity(self) -> str:
        """What tells this folder from a copy of it, wherever it is moved; it has to exist."""
        found = self.path.stat()
        return f"{found.st_dev}:{found.st_ino}"

    def log(self, kind: EngineKind) -> Path:
        """The file that an engine of this kind writes its output to."""
        return self.path / f"{kind}.log"

    def data(self, kind: EngineKind) -> Path:
        """The folder that an engine of this kind may keep its data in."""
        return self.path / f"{kind}-data"

    def read(self) -> EngineState | None:
        """What the last start recorded; ``None`` when there is nothing, nothing legible, or what a copy brought along.

        Raises:
            LocalEngineError: the file may not be read.
        """
        try:
            text = (self.path / STATE).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as reason:
            raise self._refused("read", self.path / STATE, reason) from reason
        try:
            state = EngineState.from_dict(json.loads(text))
        except (ValueError, RecursionError):
            return None
        return state if state.folder == self.identity else None

    def write(self, state: EngineState) -> None:
        """Record the state; a reader sees the old file or the new one, never half of one.

        Raises:
            LocalEngineError: the folder may not be written.
        """
        draft = self.path / f"{STATE}.{os.getpid()}"
        with self._writing(draft):
            draft.write_text(json.dumps(state.as_dict(), indent=2) + "\n", encoding="utf-8")
            draft.replace(self.path / STATE)

    def clear(self) -> None:
        """Forget the recorded state; nothing recorded is fine.

        Raises:
            LocalEngineError: the folder may not be written.
        """
        with self._writing(self.path / STATE):
            (self.path / STATE).unlink(missing_ok=True)

    @contextmanager
    def locked(self, *, patience: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> Iterator[None]:
        """Create the folder if need be and be the only command that starts or stops its engine meanwhile.

        Args:
            patience: seconds to wait for another command.
            clock: monotonic seconds.
            sleep: waits the seconds it is given.

        Raises:
            LocalEngineError: the folder may not be written, or the other command takes longer than that.
        """
        with self._writing(self.path):
            self._create()
            descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            deadline = clock() + patience
            while not _lock(descriptor):
                if clock() > deadline:
                    raise LocalEngineError(
                        f"another command has been starting or stopping the local engine for {patience:.0f} s",
                        remediation=f"End the command that holds {self.path / LOCK}, then run this one again.",
                        path=str(self.path / LOCK),
                    )
                sleep(INTERVAL)
            yield
        finally:
            os.close(descriptor)

    def create(self, folder: Path) -> None:
        """Make a folder in here; one that exists is fine.

        Raises:
            LocalEngineError: the state folder may not be written.
        """
        with self._writing(folder):
            folder.mkdir(exist_ok=True)

    def _create(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        # Nothing in here belongs into version control, wherever the project keeps its state.
        with suppress(FileExistsError), (self.path / ".gitignore").open("x", encoding="utf-8") as ignored:
            ignored.write("*\n")

    @contextmanager
    def _writing(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as reason:
            raise self._refused("write", path, reason) from reason

    def _refused(self, verb: str, path: Path, reason: OSError) -> LocalEngineError:
        return LocalEngineError(
            f"cannot {verb} {path}: {reason.strerror or reason}",
            remediation=f"Make {self.path} a folder that you can read and write, then {AGAIN}.",
            path=str(path),
        )


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
