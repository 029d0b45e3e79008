"""What is recorded of an engine can be read back, and nothing else is taken for it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from osem_migrate.local import EngineKind, EngineState

STATE = EngineState(
    kind=EngineKind.DYNAMODB_LOCAL,
    pid=4711,
    birth="boot/123",
    token="",
    folder="1:2",
    port=4610,
    instead_of=None,
    endpoint_url="http://127.0.0.1:4610",
    log=Path("/project/.state/dynamodb-local.log"),
    data=Path("/project/.state/dynamodb-local-data"),
    started_at="2026-11-21T09:00:00.000Z",
)
IN_MEMORY = EngineState(**{name: getattr(STATE, name) for name in STATE.as_dict()} | {"data": None})


ELSEWHERE = replace(STATE, port=46405, instead_of=4610)


@pytest.mark.parametrize("state", [STATE, IN_MEMORY, ELSEWHERE])
def test_a_state_survives_json(state: EngineState) -> None:
    """What was written is what is read, paths and missing data folder included."""
    assert EngineState.from_dict(json.loads(json.dumps(state.as_dict()))) == state


@pytest.mark.parametrize(
    "change",
    [
        {"pid": "4711"},
        {"pid": True},
        {"port": None},
        {"kind": "redis"},
        {"log": None},
        {"data": 5},
        {"another": 1},
        {"instead_of": "4610"},
    ],
)
def test_a_wrong_member_is_refused(change: dict[str, Any]) -> None:
    """A member of another type, or one nobody knows, is a ValueError and never half a state."""
    with pytest.raises(ValueError, match=r"."):
        EngineState.from_dict(STATE.as_dict() | change)


@pytest.mark.parametrize("recorded", [None, [], "text", 5, {}, {"pid": 1}])
def test_another_document_is_refused(recorded: object) -> None:
    """JSON that is no engine's state is a ValueError."""
    with pytest.raises(ValueError, match="not the members"):
        EngineState.from_dict(recorded)
