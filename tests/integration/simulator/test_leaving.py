"""What is declared and on its way out is drift, in every format: it does not come back by itself."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from osem_migrate import migrator as facade
from osem_migrate.cli.main import run
from tests.doubles.project import write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws

NAME = "osem-dev-Teams"
SCRIPTS = {
    "0001_teams": 'operations = [CreateTable("Teams", S("id"))]',
    "0002_by_x": 'operations = [AddIndex("Teams", "by-x", S("x"))]',
}
DRIFT = 5

Status = Callable[..., str]


@pytest.fixture
def status(
    aws: SimulatedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Status:
    """What a command of the command line prints of the environment, where everything is applied; it exits with 5."""
    aws.migrator(write_project(tmp_path, SCRIPTS, TUNNEL)).upgrade()
    monkeypatch.setattr(facade, "connect", aws.connect)
    monkeypatch.chdir(tmp_path)

    def said(*words: str) -> str:
        assert run(list(words)) == DRIFT
        return capsys.readouterr().out

    return said


def leave_table(aws: SimulatedAws) -> None:
    """Somebody deletes the table; AWS shows it for some seconds yet."""
    aws.simulator.call("DeleteTable", {"TableName": NAME})
    table = aws.simulator.table(NAME)
    assert table is not None
    assert table["TableStatus"] == "DELETING"


def leave_index(aws: SimulatedAws) -> None:
    """Somebody deletes the index."""
    delete = [{"Delete": {"IndexName": "by-x"}}]
    aws.simulator.call("UpdateTable", {"TableName": NAME, "GlobalSecondaryIndexUpdates": delete})
    table = aws.simulator.table(NAME)
    assert table is not None
    assert table["GlobalSecondaryIndexes"][0]["IndexStatus"] == "DELETING"


@pytest.mark.parametrize(
    ("leave", "code", "message"),
    [
        (leave_table, "DRIFT_TABLE_MISSING", "Teams: expected a table, found one that is being deleted"),
        (
            leave_index,
            "DRIFT_INDEX_MISSING",
            "by-x: expected keys x S, projection ALL, found one that is being deleted",
        ),
    ],
    ids=["a table", "an index"],
)
def test_what_is_being_deleted_is_drift_in_every_format(
    leave: Callable[[SimulatedAws], None], code: str, message: str, status: Status, aws: SimulatedAws
) -> None:
    """For people, machines, annotations and test reports alike, and for verify; what is in progress is said, too."""
    leave(aws)
    text = status("status")
    assert f"✗ {code} {NAME}: {message}" in text
    assert "2 of 2 migrations applied; 1 difference." in text
    assert "is in sync" not in text
    data = json.loads(status("status", "--json"))["data"]
    assert [(problem["code"], problem["kind"], problem["message"]) for problem in data["problems"]] == [
        (code, "drift", message)
    ]
    assert data["in_sync"] is False
    assert "IN_PROGRESS" in [remark["code"] for remark in data["remarks"]]
    assert json.loads(status("status", "--format", "json"))["data"] == data
    annotations = status("status", "--format", "github").splitlines()
    assert [line for line in annotations if line.startswith("::error") and code in line and message in line]
    suite = ET.fromstring(status("status", "--format", "junit"))  # noqa: S314 - it is ours
    assert [failure.get("type") for failure in suite.iter("failure")] == [code]
    assert "✗" in status("verify")


def test_it_is_missing_once_it_is_gone(status: Status, aws: SimulatedAws) -> None:
    """The same code before and after, so that nobody's alert ends for a minute."""
    leave_table(aws)
    aws.clock.sleep(60)
    assert f"✗ DRIFT_TABLE_MISSING {NAME}: Teams: expected a table, found none" in status("status")
