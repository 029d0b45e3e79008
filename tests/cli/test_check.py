"""``check``: what can be wrong with scripts, before AWS is asked anything."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.command_line import Project, Run
from tests.cli.process import run_in_turn, run_process

ROOT = Path(__file__).parents[2]

FORGETFUL = """
from dataclasses import dataclass
from osem_migrate.operations import AddIndex, DropIndex

@dataclass(frozen=True)
class Forgetful(AddIndex):
    def reverse(self, before):
        return DropIndex("Teams", "managerId-index")
"""


def test_scripts_in_order(project: Project, run: Run) -> None:
    """One line a check, and 0."""
    said = run("check")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "✓ loads       3 scripts\n"
        "✓ one head    0003_create_plans\n"
        "✓ reversible  up, down and up again gives the same schema\n"
        "✓ lint        nothing in the scripts is an error to lint\n"
        "✓ schema.py   the scripts lead to what it declares, if there is one\n"
        "✓ constant    every script declares the same whenever it is read\n"
        "✓ 6 checks passed.\n"
    )
    data = run("check", "--json").document["data"]
    assert data["passed"]
    assert [check["outcome"] for check in data["checks"]] == ["passed"] * 6


def test_a_script_that_does_not_load(project: Project, run: Run) -> None:
    """The error of a run, with its place and remedy; what needs the scripts is skipped."""
    project.script("0004_bad", "", prelude="def broken(:\n")
    said = run("check")
    assert said.code == 1
    assert "✗ loads       failed: every script loads\n    SCRIPT_NOT_LOADABLE: migrations/0004_bad.py:" in said.out
    assert "ℹ reversible  skipped: " in said.out  # noqa: RUF001 - the sign for information
    assert said.out.endswith("✗ Not in order: loads.\n")


def test_two_heads(project: Project, run: Run) -> None:
    """Two branches that took the same number are found before they meet in production."""
    project.script("0003_create_sessions", 'CreateTable("Sessions", partition_key=S("sessionId"))')
    checks = {check["name"]: check for check in _failed(run)["checks"]}
    assert [check["outcome"] for check in checks.values()] == ["skipped", "failed"] + ["skipped"] * 4
    (error,) = checks["one head"]["errors"]
    assert error["code"] == "SCRIPT_NUMBER_DUPLICATE"
    assert error["details"]["file"] == "migrations/0003_create_sessions.py"


ITEMS = """from osem_migrate import DeleteItems, UpdateItems

def named(item):
    return {"name": "?"}

def is_old(item):
    return "old" in item
"""


def test_items_that_nothing_brings_back(project: Project, run: Run) -> None:
    """A script that deletes items, or has no undo function, is in order: it changes no schema."""
    project.script("0004_tidy", 'UpdateItems("Teams", named), DeleteItems("Teams", when=is_old)', prelude=ITEMS)
    said = run("check")
    assert said.code == 0
    assert said.out.endswith("✓ 6 checks passed.\n")


def test_a_gap_is_a_warning(project: Project, run: Run) -> None:
    """A number that is missing may be meant so."""
    project.script("0005_create_sessions", 'CreateTable("Sessions", partition_key=S("sessionId"))')
    said = run("check")
    assert said.code == 0
    assert "    migrations/0005_create_sessions.py: the number before it is 0003; is a script missing?\n" in said.out


def test_an_operation_that_does_not_fit(project: Project, run: Run) -> None:
    """It loads, and would stop an upgrade; what comes after it cannot be told."""
    project.script("0004_drop", 'DropIndex("Teams", "nobody-index")')
    project.script("0005_drop", 'DropIndex("Plans", "nobody-index")')
    (error,) = _failed(run)["checks"][2]["errors"]
    assert error["code"] == "SCRIPT_OPERATION_INAPPLICABLE"
    assert error["details"]["file"] == "migrations/0004_drop.py"


def test_what_does_not_fit_one_environment(project: Project, run: Run) -> None:
    """What an environment gives to new tables counts: a table has 50 tags at most, those of the configuration too."""
    project.script("0004_tag_plans", 'SetTags("Plans", {f"tag{number}": "x" for number in range(50)})')
    assert run("check").code == 0
    project.configure(
        '[tool.osem-migrate]\napplication = "shop"\n[tool.osem-migrate.environments.dev]\n'
        '[tool.osem-migrate.environments.prod]\ntags = { Team = "core" }\n'
    )
    (error,) = _failed(run)["checks"][2]["errors"]
    assert error["code"] == "SCRIPT_OPERATION_INAPPLICABLE"
    assert error["details"]["file"] == "migrations/0004_tag_plans.py"


def test_an_operation_whose_reverse_is_wrong(project: Project, run: Run) -> None:
    """An operation of the project's own that takes back something else is named, with what is otherwise."""
    project.script("0004_own", 'Forgetful("Teams", "name-index", S("name"))', prelude=FORGETFUL)
    (error,) = _failed(run)["checks"][2]["errors"]
    assert error["code"] == "SCRIPT_NOT_REVERSED"
    assert error["details"]["file"] == "migrations/0004_own.py"
    assert "after it is reversed, managerId-index: expected" in error["message"]


def test_it_asks_aws_nothing(project: Project) -> None:
    """Neither check, show nor init imports boto3."""
    for said in run_in_turn("check", "show 2", "init"):
        assert said.code == 0
        assert "osem_migrate.config" in said.modules
        assert not said.modules & {"boto3", "botocore", "tomlkit"}


def _failed(run: Run) -> dict[str, Any]:
    said = run("check", "--json")
    assert said.code == 1
    data: dict[str, Any] = said.document["data"]
    assert not data["passed"]
    return data


def test_what_lint_takes_for_an_error(project: Project, run: Run) -> None:
    """With lint's code, place and recipe; a comment that answers it is an answer here, too."""
    again = 'DropIndex("Teams", "managerId-index"), AddIndex("Teams", "managerId-index", S("managerId"), S("since"))'
    project.script("0004_again", again)
    (error,) = _failed(run)["checks"][3]["errors"]
    assert error["code"] == "SCRIPT_RISKY"
    assert "IDX02 index managerId-index of Teams is dropped and added again" in error["message"]
    assert error["details"]["file"] == "migrations/0004_again.py"
    assert "under a new name" in error["remediation"]


@pytest.mark.parametrize(
    ("prelude", "operations", "takes"),
    [
        ("import uuid", 'PutItems("Teams", [{"teamId": str(uuid.uuid4())}])', "a random value (uuid.uuid4)"),
        (
            "from datetime import date\n\ndef today():\n    return date.today().isoformat()\n\nDAY = today()",
            'PutItems("Teams", [{"teamId": "a", "since": DAY}])',
            "the time (datetime.date.today)",
        ),
        (
            "import time\n\ndef old(item):\n    return True",
            'DeleteItems("Teams", when=old, where=f"endsAt < {int(time.time())}")',
            "the time (time.time)",
        ),
        ("import uuid", 'PutItems("Teams", [{"teamId": str(uuid.uuid5(uuid.NAMESPACE_DNS, "a"))}])', None),
        (
            "import time\n\ndef old(item):\n    return item['endsAt'] < time.time()",
            'DeleteItems("Teams", when=old)',
            None,
        ),
    ],
    ids=["a seed", "through a helper", "a condition", "derived", "in a function for items"],
)
def test_what_is_declared_is_the_same_whenever_it_is_read(
    prelude: str, operations: str, takes: str | None, project: Project, run: Run
) -> None:
    """Or the script would count as changed as soon as it is applied; what a function for items takes is lint's."""
    project.script("0004_items", operations, prelude=f"from osem_migrate import DeleteItems, PutItems\n{prelude}")
    checks = run("check", "--json").document["data"]["checks"]
    (found,) = [one for one in checks if one["name"] == "constant"]
    assert found["outcome"] == ("failed" if takes else "passed")
    for error in found["errors"]:
        assert error["code"] == "SCRIPT_NOT_CONSTANT"
        assert f"what it declares takes {takes}" in error["message"]
        assert error["details"]["file"] == "migrations/0004_items.py"
    assert len(found["errors"]) == bool(takes)


def test_a_script_that_was_forgotten(project: Project, run: Run) -> None:
    """What schema.py declares and no script builds is told; a schema.py that cannot be read is told by its place."""
    schema = project.folder / "schema.py"
    schema.write_text('from osem_migrate import S, Table\n\nsessions = Table("Sessions", S("sessionId"))\n')
    (error,) = _failed(run)["checks"][4]["errors"]
    assert error["code"] == "SCRIPT_FORGOTTEN"
    assert "Sessions" in error["message"]
    assert "new --from schema.py" in error["remediation"]
    schema.write_text("tables = (\n")
    (error,) = _failed(run)["checks"][4]["errors"]
    assert (error["code"], error["details"]["file"]) == ("SCRIPT_NOT_LOADABLE", "schema.py")


@pytest.fixture
def hook() -> dict[str, Any]:
    """The hook of pre-commit, as other projects get it."""
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return dict(found)


@pytest.mark.parametrize(
    ("changed", "runs"),
    [
        ("migrations/0001_create_teams.py", True),
        ("db/scripts/10000_create_teams.py", True),
        ("pyproject.toml", True),
        ("osem-migrate.toml", True),
        ("schema.py", True),
        ("README.md", False),
        ("shop/schema.python", False),
    ],
)
def test_the_hook_runs_where_something_may_have_changed(hook: dict[str, Any], changed: str, *, runs: bool) -> None:
    """Whatever ``check`` reads is one of its files; it is asked once, whichever they are."""
    assert (re.search(hook["files"], changed) is not None, hook["pass_filenames"]) == (runs, False)


def test_the_hook_refuses_what_check_refuses(project: Project, run: Run, hook: dict[str, Any]) -> None:
    """Its entry, run as pre-commit does from the top of the repository, passes and then fails."""
    words = shlex.split(hook["entry"])
    assert words[0] == "osem-migrate"
    assert run(*words[1:]).code == 0
    schema = 'from osem_migrate import S, Table\ncarts = Table("Carts", S("id"))\n'
    (project.folder / "schema.py").write_text(schema, encoding="utf-8")
    assert run_process(*words[1:]).code == 1
