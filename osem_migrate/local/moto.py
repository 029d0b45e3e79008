"""The engine that pip installs: moto, in a process of its own, with its data in memory."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from typing import ClassVar

from osem_migrate.errors import LocalEngineError, LocalEngineMissing
from osem_migrate.local.state import EngineKind

PROGRAM = Path(__file__).with_name("moto_process.py")
PACKAGES = ("moto", "flask", "flask_cors", "werkzeug")


@dataclass(frozen=True, slots=True)
class Moto:
    """How moto is run.

    Args:
        token: what the process answers on ``identity_path`` to prove that it is the one started with it.
    """

    kind: ClassVar[EngineKind] = EngineKind.MOTO
    identity_path: ClassVar[str] = "/osem-migrate/engine"
    data: ClassVar[None] = None
    environment: ClassVar[Mapping[str, str]] = {
        "MOTO_ALLOW_NONEXISTENT_REGION": "true",  # DynamoDB Local takes any region too, and people like "local"
        "MOTO_DISABLE_GLOBAL_CORS": "true",  # no web page needs to read this machine's tables
    }
    token: str

    def require(self) -> None:
        """Make sure that moto is installed.

        Raises:
            LocalEngineMissing: it, or a package its server needs, is not.
        """
        absent = [name for name in PACKAGES if find_spec(name) is None]
        if absent:
            raise LocalEngineMissing(f"the local engine needs moto's server: no module named {', '.join(absent)}")

    def command(self, listener: socket) -> Sequence[str]:
        """Program and arguments that serve on the listening socket, which the process inherits.

        ``-P`` keeps the working directory out of the import path: a project's own ``moto/`` is not ours.
        """
        return [sys.executable, "-P", str(PROGRAM), str(listener.fileno()), self.identity_path, self.token]

    def inherited(self, listener: socket) -> tuple[int, ...]:
        """The descriptors that the process needs open."""
        return (listener.fileno(),)

    def recognises(self, answer: bytes) -> bool:
        """Whether an answer on ``identity_path`` is this process's, not some other server's."""
        return answer.endswith(f"\r\n\r\n{self.token}".encode())

    def diagnose(self, _log: str) -> LocalEngineError | None:
        """A known cause of an early end; moto has none."""
        return None
