"""The documents of ``local start``, ``local stop`` and ``local status``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.details import Timestamp
from osem_migrate.local import EngineState


class EngineDocument(TypedDict):
    """The embedded engine that runs."""

    kind: str
    """moto or dynamodb-local."""
    endpoint_url: str
    port: int
    pid: int
    log: str
    """The file of its output."""
    data: str | None
    """The folder of its data; null when it keeps them in memory."""
    started_at: Timestamp


class LocalDocument(TypedDict):
    """Whether the engine runs."""

    running: bool
    engine: EngineDocument | None


class LocalStopDocument(TypedDict):
    """What became of the engine."""

    stopped: bool
    """Whether one was running."""
    engine: EngineDocument | None
    """The one that was stopped."""


PRINTED = {
    "local": Printed(()),
    "local start": Printed((LocalDocument,)),
    "local stop": Printed((LocalStopDocument,)),
    "local status": Printed((LocalDocument,)),
}


def local_document(state: EngineState | None) -> LocalDocument:
    """Of an engine that runs, or of none."""
    return {"running": state is not None, "engine": _engine(state)}


def local_stop_document(state: EngineState | None) -> LocalStopDocument:
    """Of an engine that was stopped, or of none."""
    return {"stopped": state is not None, "engine": _engine(state)}


def _engine(state: EngineState | None) -> EngineDocument | None:
    """How the tool recognises its own engine is nobody else's business."""
    if state is None:
        return None
    return {
        "kind": state.kind.value,
        "endpoint_url": state.endpoint_url,
        "port": state.port,
        "pid": state.pid,
        "log": str(state.log),
        "data": str(state.data) if state.data is not None else None,
        "started_at": state.started_at,
    }
