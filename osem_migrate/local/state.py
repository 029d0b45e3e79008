"""What is recorded of a running engine."""

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Self


class EngineKind(StrEnum):
    """Which program answers: moto (data in memory) or Amazon's DynamoDB Local (data in a folder)."""

    MOTO = "moto"
    DYNAMODB_LOCAL = "dynamodb-local"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """An engine that runs, or ran, on this machine.

    Args:
        kind: which program it is.
        pid: its process.
        birth: what tells this process from a later one with the same pid.
        token: what moto answers to prove that it is this one; random for each start.
        folder: what tells the state folder that it was started for from a copy of it.
        port: the TCP port on the loopback address.
        instead_of: the port that it would have if no other program had that; ``None`` where it has the port it should.
        endpoint_url: ``http://127.0.0.1:PORT``.
        log: the file of its standard output and error.
        data: the folder of its data; ``None`` when it keeps them in memory.
        started_at: ISO 8601, UTC.
    """

    kind: EngineKind
    pid: int
    birth: str
    token: str
    folder: str
    port: int
    instead_of: int | None
    endpoint_url: str
    log: Path
    data: Path | None
    started_at: str

    def as_dict(self) -> dict[str, Any]:
        """The state as JSON-able members, with paths as text."""
        return asdict(self) | {"log": str(self.log), "data": None if self.data is None else str(self.data)}

    @classmethod
    def from_dict(cls, recorded: object) -> Self:
        """Read ``as_dict``'s answer back.

        Raises:
            ValueError: a member is missing, unknown or of the wrong type.
        """
        if not isinstance(recorded, dict) or recorded.keys() != {field.name for field in fields(cls)}:
            raise ValueError("not the members of an engine's state")
        for name, value in recorded.items():
            expected = int if name in {"pid", "port", "instead_of"} else str
            if type(value) is not expected and not (name in {"data", "instead_of"} and value is None):
                raise ValueError(f"{name} is {value!r}")
        data = recorded["data"]
        typed = {"kind": EngineKind(recorded["kind"]), "log": Path(recorded["log"]), "data": data and Path(data)}
        return cls(**(recorded | typed))
