"""One engine for a whole test session, however many workers it has."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engines import dynamodb_local
from tests.engines.dynamodb_local import Server
from tests.engines.package import EngineMissing, fetch


@dataclass(frozen=True)
class SharedEngines:
    """The servers of one session: the first worker that needs one starts it, the controller stops them all.

    Args:
        folder: a folder of this session alone, known to all its workers.
        controller: the process id of the session; no server survives it.
    """

    folder: Path
    controller: int

    def endpoint_url(self, name: str, *options: str) -> str:
        """The address of the server called ``name``, started with ``options`` by whoever asks first.

        Raises:
            EngineMissing: it cannot run here; every later caller hears the same at once.
        """
        with self._locked(name):
            state = self.folder / f"{name}.json"
            if not state.exists():
                state.write_text(json.dumps(self._start(name, options)))
            found = json.loads(state.read_text())
        if reason := found.get("missing"):
            raise EngineMissing(reason)
        return str(found["endpoint_url"])

    def stop(self) -> None:
        """End every server and remove the session's folder."""
        for state in self.folder.glob("*.json"):
            found = json.loads(state.read_text())
            if "pid" in found:
                Server(**found).stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, name: str, options: tuple[str, ...]) -> dict[str, str | int]:
        try:
            log = self.folder / f"{name}.log"
            server = dynamodb_local.start(fetch(), log, watch=self.controller, options=options)
        except EngineMissing as reason:
            return {"missing": str(reason)}
        return {"endpoint_url": server.endpoint_url, "pid": server.pid}

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
