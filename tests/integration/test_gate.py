"""The gate: every exit code and every format, as a pipeline meets them, on the simulator.

What a signal stops is the console script as a process, and so is one command of each deployment; OSEM_TORTURE=1 runs
them all as processes.
"""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree as ET

import pytest

from osem_migrate.cli.main import COMMANDS
from osem_migrate.cli.main import run as run_words
from osem_migrate.errors import ExitCode
from tests.cli.command_line import (
    ACCESS_KEY,
    SECRET_KEY,
    SESSION_TOKEN,
    Project,
    Result,
    Tables,
    create_project,
    tables_at,
)
from tests.cli.envelope import Failure, Success, checked
from tests.cli.process import run_process, running
from tests.simulator import Deny, Hook, ScaledClock, Simulator, SimulatorServer, serve
from tests.simulator.calls import Call

TORTURE = "OSEM_TORTURE" in os.environ
SCALE = 600  # an index takes a second
HISTORY = "shop-dev-SchemaMigrations"
IN_SYNC, PENDING, HISTORY_PROBLEM, DRIFT = 0, 3, 4, 5

# https://docs.github.com/actions/reference/workflow-commands-for-github-actions: properties and message are escaped, so
# a percent sign stands only before the code of an escaped character.
_VALUE = r"(?:[^%\r\n,:]|%25|%0D|%0A|%3A|%2C)+"
_PROPERTY = rf"(?:file|line|endLine|col|endColumn|title)={_VALUE}"
ANNOTATION = re.compile(rf"::(error|warning|notice)(?: {_PROPERTY}(?:,{_PROPERTY})*)?::(?:[^%\r\n]|%25|%0D|%0A)+")


class Pipeline:
    """A project and an account, and the console script run between the two.

    Args:
        server: the account.
        said: what this process prints.
    """

    def __init__(self, server: SimulatorServer, said: pytest.CaptureFixture[str]) -> None:
        self.server = server
        self._said = said
        self.tables: Tables = tables_at(server.endpoint_url)
        self.environ = {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": SESSION_TOKEN,
            "AWS_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL_DYNAMODB": server.endpoint_url,
        }

    def run(self, words: str) -> Result:
        """Run what it runs, in this process."""
        if TORTURE:
            return self.run_script(words)
        self._said.readouterr()
        with mock.patch.dict(os.environ, self.environ):
            code = run_words(words.split())
        said = self._said.readouterr()
        return Result(code, said.out, said.err)

    def run_script(self, words: str) -> Result:
        """Run it to its end."""
        return run_process(*words.split(), environ=self.environ)

    def run_signalled(self, words: str, number: signal.Signals, *, action: str, table: str) -> Result:
        """Run it, and send it a signal once DynamoDB has taken up that call."""

        def send(_call: Call) -> None:
            process.send_signal(number)

        self.server.faults.plan(Hook(after=send), action=action, table=table)
        with running(*words.split(), environ=self.environ) as process:
            return process.wait()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two tables and an index, for the environments dev, staging and prod (protected)."""
    project = create_project(tmp_path / "project")
    monkeypatch.chdir(project.folder)
    return project


@pytest.fixture
def pipeline(project: Project, capsys: pytest.CaptureFixture[str]) -> Iterator[Pipeline]:
    """An account without tables, in which an hour takes six seconds."""
    with serve(Simulator(clock=ScaledClock(SCALE), region="eu-central-1")) as server:
        yield Pipeline(server, capsys)
        assert server.simulator.unknown == []


def standing(said: Result) -> dict[str, Any]:
    """The data of ``status``."""
    data = checked(said).data
    assert data["in_sync"] == (not data["problems"])
    return data


def failure(said: Result) -> Failure:
    """The envelope of a command that failed, on a stdout that holds nothing else."""
    document = checked(said)
    assert isinstance(document, Failure)
    return document


def annotations(said: Result) -> list[str]:
    """The workflow commands, each of the syntax that GitHub reads."""
    lines = said.out.splitlines()
    assert lines
    assert [line for line in lines if not ANNOTATION.fullmatch(line)] == []
    return lines


def report(said: Result) -> dict[str, list[ET.Element]]:
    """The failures of each case of a JUnit report, once its counts and attributes are those that readers require."""
    root = ET.fromstring(said.out)  # noqa: S314 - our own document
    assert root.tag == "testsuite"
    cases = root.findall("testcase")
    failed = [case for case in cases if case.find("failure") is not None]
    assert root.get("name")
    assert (root.get("tests"), root.get("failures")) == (str(len(cases)), str(len(failed)))
    found = {}
    for case in cases:
        assert case.get("classname")
        found[case.get("name") or ""] = case.findall("failure")
        for element in case.findall("failure"):
            assert all((element.get("type"), element.get("message"), element.text))
    assert "" not in found
    assert len(found) == len(cases)
    return found


def test_a_deployment_from_nothing_to_drift(project: Project, pipeline: Pipeline) -> None:
    """3 before, 0 for the upgrade, 3 half-way, 6 while another holds the lock, 5 after a change by hand, 64 and 1."""
    pending = pipeline.run_script("status --format junit")
    assert pending.code == PENDING
    assert {name: len(failures) for name, failures in report(pending).items()} == dict.fromkeys(
        ("0001_create_teams", "0002_add_manager_id_index_to_teams", "0003_create_plans"), 1
    )

    upgraded = pipeline.run("upgrade --to 2 --json")
    assert upgraded.code == ExitCode.OK
    assert checked(upgraded).data["applied"] == ["0001_create_teams", "0002_add_manager_id_index_to_teams"]

    annotated = pipeline.run("status --format github")
    assert annotated.code == PENDING
    (line,) = annotations(annotated)
    assert line.startswith("::warning file=migrations/0003_create_plans.py,")

    pipeline.tables.hold_lock()
    locked = pipeline.run("upgrade --lock-timeout 0 --json")
    assert locked.code == ExitCode.LOCKED
    assert failure(locked).error.code == "LOCK_HELD"
    pipeline.tables.client.delete_item(TableName=HISTORY, Key={"scope": {"S": "shop"}, "item": {"S": "lock"}})

    pipeline.tables.drop("shop-dev-Teams")
    drifted = pipeline.run("status --format json")
    assert drifted.code == DRIFT
    assert [problem["code"] for problem in standing(drifted)["problems"] if problem["kind"] == "drift"] == [
        "DRIFT_TABLE_MISSING"
    ]
    drifted = pipeline.run("status --format github --ignore pending")
    assert drifted.code == DRIFT
    assert any(line.startswith("::error ") for line in annotations(drifted))

    assert failure(pipeline.run("upgrade --nonsense --json")).error.code == "USAGE_INVALID"
    refused = pipeline.run("destroy --env prod --yes")
    assert (refused.code, refused.out) == (ExitCode.ERROR, "")
    assert refused.err.startswith("✗ ENVIRONMENT_PROTECTED: ")


def test_a_deployment_that_fails_half_way(project: Project, pipeline: Pipeline) -> None:
    """2 with what was applied, 4 until it is repaired, 0 once it is; the lock is nobody's in between."""
    denied = pipeline.server.faults.plan(Deny(), action="UpdateTable", table="shop-staging-Teams")
    stopped = pipeline.run_script("upgrade --env staging --json")
    assert stopped.code == ExitCode.PARTIAL
    assert denied.struck
    document = failure(stopped)
    error = document.error
    assert (error.code, error.details["cause"]["code"]) == ("PARTIALLY_APPLIED", "AWS_ACCESS_DENIED")
    assert document.data["pending"] == ["0002_add_manager_id_index_to_teams"]
    assert "osem-migrate upgrade --env staging" in error.remediation

    failed = pipeline.run("status --env staging --json")
    assert failed.code == HISTORY_PROBLEM
    states = {migrated["id"]: migrated["state"] for migrated in standing(failed)["migrations"]}
    assert states["0002_add_manager_id_index_to_teams"] == "failed"
    failed = pipeline.run("status --env staging --format github")
    assert failed.code == HISTORY_PROBLEM
    files = {line.split(",")[0] for line in annotations(failed)}
    assert "::error file=migrations/0002_add_manager_id_index_to_teams.py" in files


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_deployment_that_is_stopped(number: signal.Signals, code: int, project: Project, pipeline: Pipeline) -> None:
    """130 for Ctrl-C and 143 for SIGTERM, with one document that says how to go on; the next run finishes: 0."""
    words = "upgrade --json -q"
    stopped = pipeline.run_signalled(words, number, action="UpdateTable", table="shop-dev-Teams")
    assert stopped.code == code
    assert failure(stopped).error.details["cause"]["code"] == "INTERRUPTED"
    assert pipeline.run(words).code == ExitCode.OK
    if code == ExitCode.TERMINATED:
        in_sync = pipeline.run("status --format github")
        assert (in_sync.code, annotations(in_sync)) == (IN_SYNC, ["::notice::in sync"])


# One line for each command, in an order in which each of them has something to say.
LINES = {
    "init": "init",
    "check": "check",
    "lint": "lint",
    "show": "show head",
    "doctor": "doctor",
    "policy": "policy --role status",
    "upgrade": "upgrade",
    "status": "status",
    "verify": "verify",
    "history": "history",
    "items": "items status",
    "list": "list --details",
    "stamp": "stamp 3",
    "resolve": "resolve 3 --applied",
    "unlock": "unlock",
    "completion": "completion bash",
    "export": "export mermaid",
    "import": "import --dry-run",
    "downgrade": "downgrade --to 2 --yes",
    "destroy": "destroy --yes",
    "new": "new a-title",
    "local": "local status",
}


def test_every_command_has_one_document(project: Project, pipeline: Pipeline) -> None:
    """--json of every command that there is: an envelope of one shape, when it works and when it does not."""
    assert set(LINES) == set(COMMANDS)
    for command, line in LINES.items():
        quiet = "" if command in {"init", "check", "lint", "show", "new", "local", "policy", "completion"} else " -q"
        said = pipeline.run(f"{line} --json{quiet}")
        document = checked(said)
        assert isinstance(document, Success), line
        assert not isinstance(document, Failure), (line, said.out)
        assert said.code == ExitCode.OK, (line, said.out)
        assert document.command == (line if command in {"items", "local"} else command)
        wrong = pipeline.run(f"{command} --json --nonsense")
        assert (wrong.code, wrong.err) == (ExitCode.USAGE, "")
        assert failure(wrong).error.code == "USAGE_INVALID"
