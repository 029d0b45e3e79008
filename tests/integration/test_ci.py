"""The files for continuous integration in docs/ are ready to use: the script runs, and the workflow is well-formed."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
import yaml

from osem_migrate.cli.main import COMMANDS, cli
from osem_migrate.cli.main import run as run_words
from osem_migrate.errors import ExitCode
from tests.cli.command_line import ACCESS_KEY, SECRET_KEY, create_project
from tests.cli.process import PROGRAM
from tests.simulator import ScaledClock, Simulator, SimulatorServer, serve

DOCS = Path(__file__).parents[2] / "docs"
SCRIPT = DOCS / "ci.sh"
WORKFLOW = DOCS / "github-actions.yml"
REGION = "eu-central-1"
SCALE = 600  # an index takes a second


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatorServer]:
    """An account without tables, and a project in the working folder, as a pipeline finds them."""
    monkeypatch.chdir(create_project(tmp_path / "project").folder)
    with serve(Simulator(clock=ScaledClock(SCALE), region=REGION)) as server:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        monkeypatch.setenv("AWS_REGION", REGION)
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.endpoint_url)
        monkeypatch.setenv("PATH", f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}")
        yield server


def _script(*words: str) -> int:
    return subprocess.run(["/bin/sh", SCRIPT, *words], check=False, timeout=120).returncode


def _failures() -> int:
    suite = ET.parse("osem-migrate-junit.xml").getroot()  # noqa: S314 - our own document
    return int(suite.get("failures", ""))


def test_the_script_checks_and_deploys(server: SimulatorServer) -> None:
    """A check before the first deployment passes, with what is pending in its report; drift fails the next one."""
    assert _script("check", "dev") == ExitCode.OK
    assert _failures() == 3
    assert sorted(server.simulator.account.tables) == []
    assert _script("deploy", "dev") == ExitCode.OK
    assert _failures() == 0
    assert '"migration finished"' in Path("osem-migrate.log").read_text()
    assert run_words(["downgrade", "--to", "2", "--env", "dev", "--yes"]) == ExitCode.OK
    assert _script("check", "dev") == ExitCode.OK
    assert run_words(["upgrade", "--env", "dev", "--yes"]) == ExitCode.OK
    script = Path("migrations/0003_create_plans.py")
    script.rename("later.py")
    assert _script("deploy", "dev") == ExitCode.OK
    Path("later.py").rename(script)
    server.simulator.call("DeleteTable", {"TableName": "shop-dev-Plans"})
    stopped = subprocess.run(
        ["/bin/sh", SCRIPT, "check", "dev"], check=False, timeout=120, capture_output=True, text=True
    )
    assert stopped.returncode == ExitCode.DRIFT
    assert "stopped, because osem-migrate status exits with 5:" in stopped.stderr
    assert "DRIFT_TABLE_MISSING shop-dev-Plans" in stopped.stderr


@pytest.mark.parametrize("words", [(), ("deploy",), ("destroy", "dev"), ("check", "dev", "now")])
def test_the_script_says_how_it_is_used(words: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    """Anything else than it knows runs nothing."""
    assert _script(*words) == ExitCode.USAGE
    assert "usage: " in capfd.readouterr().err


@pytest.fixture
def workflow() -> dict[Any, Any]:
    """The workflow as GitHub reads it; YAML 1.1 takes its key ``on`` for a truth."""
    document: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    document["on"] = document.pop(True)
    return document


def _runs(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_the_workflow_does_each_thing_where_it_belongs(workflow: dict[Any, Any]) -> None:
    """Pull requests are only looked at; the main branch is upgraded, one at a time, behind the environment's rules."""
    assert set(workflow) == {"name", "on", "permissions", "env", "jobs"}
    assert set(workflow["on"]) == {"pull_request", "push"}
    assert workflow["on"]["push"] == {"branches": ["main"]}
    assert workflow["permissions"] == {"contents": "read"}
    status, upgrade = workflow["jobs"]["status"], workflow["jobs"]["upgrade"]
    assert "pull_request" in status["if"]
    assert "push" in upgrade["if"]
    assert any("osem-migrate status --format github" in line for line in _runs(status))
    assert not any("--yes" in line for line in _runs(status))
    assert any(re.search(r"osem-migrate upgrade .*--yes", line) for line in _runs(upgrade))
    assert upgrade["environment"] == "production"
    assert upgrade["concurrency"] == {"group": "osem-migrate-prod", "cancel-in-progress": False}


@pytest.mark.parametrize("name", ["status", "upgrade"])
def test_a_job_gets_its_role_without_a_stored_key(name: str, workflow: dict[Any, Any]) -> None:
    """It may ask for an OIDC token and for nothing else, and has its credentials before it needs them."""
    job = workflow["jobs"][name]
    assert set(job) <= {"if", "runs-on", "environment", "timeout-minutes", "concurrency", "permissions", "steps"}
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    uses = [step.get("uses", "").partition("@")[0] for step in job["steps"]]
    credentials = job["steps"][uses.index("aws-actions/configure-aws-credentials")]
    assert {"role-to-assume", "aws-region"} <= set(credentials["with"]) <= {
        "role-to-assume", "aws-region", "role-duration-seconds",
    }  # fmt: skip
    first = next(place for place, step in enumerate(job["steps"]) if step.get("run", "").startswith("osem-migrate"))
    assert uses.index("actions/checkout") < uses.index("aws-actions/configure-aws-credentials") < first
    assert "secrets." not in WORKFLOW.read_text(encoding="utf-8")


def _commands() -> list[str]:
    """Every command of ours in both files, as a shell would run it; comments may name one after a colon."""
    lines = SCRIPT.read_text(encoding="utf-8").splitlines() + WORKFLOW.read_text(encoding="utf-8").splitlines()
    found = [re.search(r"(?:^\s*|run: |: )(osem-migrate .+)$", line) for line in lines]
    return [match[1] for match in found if match is not None]


def test_both_files_hold_commands() -> None:
    """The look for them finds them: two for each way of the script, two or three for each job, and the policy's."""
    assert len(_commands()) == 10


@pytest.mark.parametrize("line", _commands())
def test_every_command_is_one_of_ours(line: str) -> None:
    """Command and options exist and take these values."""
    words = shlex.split(line.partition(" > ")[0].replace("$environment", "dev"))
    assert words[0] == "osem-migrate"
    assert words[1] in COMMANDS
    program = click.Context(cli, **cli.context_settings)
    command = cli.get_command(program, words[1])
    assert command is not None
    command.make_context(words[1], words[2:], parent=program)
