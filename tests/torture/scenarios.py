"""Scenarios: a project, where it stands, and the one command that is disturbed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.doubles.project import HISTORY, own_project, write_project
from tests.simulator import serve
from tests.torture.child import ChildProcesses, Command
from tests.torture.stage import Picture, Recording, Stage

TUNNEL = """
[tool.osem-migrate.environments.dev]
local = false
tags = { Team = "ladders" }
"""
ITEMS = 12

TEAMS = 'operations = [CreateTable("Teams", S("teamId")), CreateTable("Users", S("userId"))]'
BY_MANAGER = 'operations = [AddIndex("Teams", "managerId-index", S("managerId"))]'
SETTINGS = """operations = [
    SetBilling.provisioned("Teams", read=5, write=5),
    SetTimeToLive("Teams", "expiresAt"),
    SetTags("Teams", {"Owner": "platform"}),
    SetStream("Users", "NEW_AND_OLD_IMAGES"),
    SetPointInTimeRecovery("Users", enabled=True),
]"""

PASS = """
def numbered(item):
    return {"label": f"{item['managerId']}/{item['status']}"}

def odd(item, lookup):
    return item["isActive"] == 1 and lookup("Teams", teamId="teamId-3") is not None

operations = [
    UpdateItems("Teams", numbered, segments=2),
    DeleteItems("Users", odd, lookups=["Teams"], segments=1),
    PutItems("Users", [{"userId": "system", "isActive": 0}]),
]
"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One command at one place.

    Attributes:
        name: for people.
        project: the folder of pyproject.toml and migrations.
        command: what is disturbed, and then run again.
        stage: where it begins.
        end: what is there the moment after a run that nothing disturbed.
        calls: how many calls that run made.
        changes: how often that run changed what: action and table.
    """

    name: str
    project: Path
    command: Command
    stage: Stage
    end: Picture
    calls: int
    changes: dict[tuple[str, str | None], int]


NAMES = ("osem", "osem folded", "a later index", "a downgrade", "a downgrade to nothing", "settings", "a pass")


def scenario(name: str, folder: Path, children: ChildProcesses) -> Scenario:
    """One of NAMES, with its project in ``folder``; lives through it once, undisturbed."""
    upgrade = Command("upgrade")
    folded = Command("upgrade", {"fold": True})
    match name:
        case "osem":
            return _rehearse(name, _osem(folder), Stage(), upgrade, children)
        case "osem folded":
            return _rehearse(name, _osem(folder), Stage(), folded, children)
        case "a later index" | "settings":
            write_project(folder, {"0001_teams": TEAMS}, TUNNEL)
            stage = _populated(folder, upgrade, children)
            write_project(folder, {"0002_more": SETTINGS if name == "settings" else BY_MANAGER}, TUNNEL)
            return _rehearse(name, folder, stage, upgrade, children)
        case "a pass":
            write_project(folder, {"0001_teams": TEAMS}, TUNNEL)
            stage = _populated(folder, upgrade, children)
            write_project(folder, {"0002_more": PASS}, TUNNEL)
            return _rehearse(name, folder, stage, Command("upgrade", {"allow_data_loss": True}), children)
        case "a downgrade":
            stage = _populated(_osem(folder), folded, children)
            return _rehearse(
                name, folder, stage, Command("downgrade", {"target": "6", "allow_data_loss": True}), children
            )
        case "a downgrade to nothing":
            write_project(folder, {"0001_teams": TEAMS, "0002_more": BY_MANAGER}, TUNNEL)
            stage = _populated(folder, folded, children)
            return _rehearse(
                name, folder, stage, Command("downgrade", {"target": "0", "allow_data_loss": True}), children
            )
    raise LookupError(name)


def changes(simulator: Recording) -> dict[tuple[str, str | None], int]:
    """How often the calls in the log changed what: action and table."""
    found: dict[tuple[str, str | None], int] = {}
    for call in simulator.calls:
        if call.mutates and call.applied:
            found[call.action, call.table] = found.get((call.action, call.table), 0) + 1
    return found


def _downgrade(target: str) -> Command:
    return Command("downgrade", {"target": target, "allow_data_loss": True})


def _osem(folder: Path) -> Path:
    """This repository's own migrations, in an environment that leads to the simulator."""
    own_project(folder)
    pyproject = folder / "pyproject.toml"
    mark = "[tool.osem-migrate.environments.dev]\n"
    pyproject.write_text(pyproject.read_text().replace(mark, f"{mark}local = false\n"))
    return folder


def _run(stage: Stage, project: Path, command: Command, children: ChildProcesses) -> Recording:
    simulator = stage.put_up()
    with serve(simulator) as server:
        ended = children.run(command, project, server.endpoint_url)
    assert ended.code == 0, ended.words
    assert simulator.unknown == []
    return simulator


def _populated(project: Path, command: Command, children: ChildProcesses) -> Stage:
    """The stage after a command, with items in every table."""
    simulator = _run(Stage(), project, command, children)
    simulator = simulator.stage.put_up()
    for name in simulator.call("ListTables", {})["TableNames"]:
        if name != HISTORY:
            key = simulator.call("DescribeTable", {"TableName": name})["Table"]["KeySchema"][0]["AttributeName"]
            for item in _some(key):
                simulator.call("PutItem", {"TableName": name, "Item": item})
    return simulator.stage


def _some(key: str) -> Iterator[dict[str, Any]]:
    for number in range(ITEMS):
        attributes = ("managerId", "teamId", "teamMemberId", "planId", "status")
        item = {name: {"S": f"{name}-{number % 3}"} for name in attributes}
        yield {**item, "isActive": {"N": str(number % 2)}, key: {"S": f"{key}-{number}"}}


def _rehearse(name: str, project: Path, stage: Stage, command: Command, children: ChildProcesses) -> Scenario:
    simulator = _run(stage, project, command, children)
    calls, changed = len(simulator.calls), changes(simulator)
    return Scenario(name, project, command, stage, Picture.of(simulator), calls, changed)
