"""Where tests begin in a simulated account: what an upgrade leaves, without the upgrade."""

from collections.abc import Mapping
from typing import Any
from unittest import mock

from osem_migrate.config import Project
from tests.doubles.simulated_aws import SimulatedAws
from tests.simulator.calls import READS

_Asked = list[tuple[str, Mapping[str, Any]]]
_BY_PROJECT: dict[object, _Asked] = {}


def upgrade(aws: SimulatedAws, project: Project) -> None:
    """Upgrade an account without tables: by the command once a process, then by the changes that it asked for."""
    assert not aws.simulator.account.tables
    files = [project.root / "pyproject.toml", *sorted((project.root / "migrations").glob("*.py"))]
    key = tuple((file.name, file.read_text(encoding="utf-8")) for file in files)
    if key not in _BY_PROJECT:
        _BY_PROJECT[key] = _asked(aws, project)
        return
    for action, parameters in _BY_PROJECT[key]:
        aws.simulator.call(action, parameters)
        aws.clock.advance(60.0)  # where nobody is watching


def _asked(aws: SimulatedAws, project: Project) -> _Asked:
    asked: _Asked = []
    call = aws.simulator.call

    def note(action: str, parameters: Mapping[str, Any], **others: Any) -> dict[str, Any]:
        answer = call(action, parameters, **others)
        if not action.startswith(READS):
            asked.append((action, parameters))
        return answer

    with mock.patch.object(aws.simulator, "call", note):
        aws.migrator(project).upgrade()
    return asked
