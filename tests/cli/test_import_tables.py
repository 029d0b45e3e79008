"""``import``: the scripts it writes and what it says of them."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.cli.command_line import HISTORY, Project, Run, Tables

ROOT = Path(__file__).parents[2]


@pytest.fixture
def by_hand(project: Project, tables: Tables) -> Tables:
    """A table of dev and one of prod that no script knows, and no scripts at all."""
    for script in project.migrations.glob("*.py"):
        script.unlink()
    for environment in ("dev", "prod"):
        tables.client.create_table(
            TableName=f"shop-{environment}-Sessions",
            AttributeDefinitions=[
                {"AttributeName": "sessionId", "AttributeType": "S"},
                {"AttributeName": 'say "at"', "AttributeType": "N"},
                {"AttributeName": "userId", "AttributeType": "B"},
            ],
            KeySchema=[
                {"AttributeName": "sessionId", "KeyType": "HASH"},
                {"AttributeName": 'say "at"', "KeyType": "RANGE"},
            ],
            BillingMode="PROVISIONED",
            ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "userId-index",
                    "KeySchema": [{"AttributeName": "userId", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["device"]},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
                }
            ],
            LocalSecondaryIndexes=[
                {
                    "IndexName": "user-local",
                    "KeySchema": [
                        {"AttributeName": "sessionId", "KeyType": "HASH"},
                        {"AttributeName": "userId", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            Tags=[{"Key": "Team", "Value": "core"}],
        )
    return tables


def test_scripts_are_written_and_recorded(project: Project, run: Run, by_hand: Tables) -> None:
    """A line a table; status is in sync, an upgrade has nothing to do, and a second import neither."""
    said = run("import")
    assert said.code == 0, said.err
    first, last = said.out.splitlines()
    assert first == "✓ migrations/0001_create_table_sessions.py: shop-dev-Sessions"
    assert last.startswith("✓ 1 table of dev (eu-central-1") or "1 table of dev (http" in last
    assert run("status").code == 0
    assert "nothing to do" in run("upgrade").out
    again = run("import")
    assert (again.code, again.out.splitlines()[:2]) == (
        0,
        [
            f"ℹ {HISTORY} is left out: it is the history table.",  # noqa: RUF001 - our own sign
            "ℹ shop-dev-Sessions is left out: the scripts declare it already.",  # noqa: RUF001
        ],
    )
    assert "nothing to import" in again.out


def test_a_script_is_fit_to_be_committed(project: Project, run: Run, by_hand: Tables) -> None:
    """It is formatted and typed as this repository's own are, and says all that the table uses."""
    assert run("import").code == 0
    script = project.migrations / "0001_create_table_sessions.py"
    assert script.read_text() == (
        '"""Create table Sessions."""\n'
        "\n"
        "from osem_migrate import (\n"
        "    B,\n"
        "    CreateTable,\n"
        "    Index,\n"
        "    LocalIndex,\n"
        "    N,\n"
        "    S,\n"
        "    SetBilling,\n"
        "    SetStream,\n"
        "    SetTags,\n"
        "    Throughput,\n"
        ")\n"
        "\n"
        "operations = [\n"
        "    CreateTable(\n"
        '        "Sessions",\n'
        '        partition_key=S("sessionId"),\n'
        "        sort_key=N('say \"at\"'),\n"
        "        indexes=[\n"
        "            Index(\n"
        '                "userId-index",\n'
        '                partition_key=B("userId"),\n'
        '                projection="INCLUDE",\n'
        '                include=["device"],\n'
        "                throughput=Throughput(read=1, write=2),\n"
        "            ),\n"
        "        ],\n"
        '        local_indexes=[LocalIndex("user-local", sort_key=B("userId"), projection="KEYS_ONLY")],\n'
        "        settings=[\n"
        '            SetBilling("Sessions", mode="PROVISIONED", throughput=Throughput(read=5, write=6)),\n'
        '            SetStream("Sessions", view="NEW_IMAGE"),\n'
        '            SetTags("Sessions", tags={"Team": "core"}),\n'
        "        ],\n"
        "    ),\n"
        "]\n"
    )
    for words in (["ruff", "format", "--check"], ["ruff", "check", "--select", "E,F,I,Q,UP"]):
        command = [sys.executable, "-m", *words, "--line-length", "120", "--isolated", str(script)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_dry_run_prints_the_scripts(project: Project, run: Run, by_hand: Tables) -> None:
    """Each under its path, just as they would be written, and nothing is."""
    said = run("import", "Sessions", "--dry-run")
    assert said.code == 0
    assert said.out.startswith('# migrations/0001_create_table_sessions.py\n"""Create table Sessions."""\n')
    assert said.out.endswith("1 script to write. Nothing is changed by this.\n")
    assert list(project.migrations.glob("*.py")) == []
    assert HISTORY not in by_hand.names()
    data = run("import", "--dry-run", "--json").document["data"]
    (script,) = data["scripts"]
    assert (script["path"], script["table"]) == ("migrations/0001_create_table_sessions.py", "Sessions")
    assert script["physical_name"] == "shop-dev-Sessions"
    assert script["source"] in said.out
    assert (data["dry_run"], data["recorded"], data["skipped"]) == (True, [], [])


def test_as_data(project: Project, run: Run, by_hand: Tables) -> None:
    """--json has the scripts as they were written, and what is recorded."""
    data = run("import", "--json").document["data"]
    (script,) = data["scripts"]
    assert script["source"] == (project.folder / script["path"]).read_text()
    assert (data["dry_run"], data["recorded"]) == (False, ["0001_create_table_sessions"])
    assert data["counts"]["scripts"] == data["counts"]["recorded"] == 1
    assert any("encryption" in warning for warning in data["warnings"])


def test_nothing_to_import(run: Run, tables: Tables, project: Project) -> None:
    """Exit 1, with what may be wrong."""
    for script in project.migrations.glob("*.py"):
        script.unlink()
    said = run("import")
    assert (said.code, said.out) == (1, "")
    assert "✗ AWS_RESOURCE_NOT_FOUND: there are no tables to import that are called shop-dev-*" in said.err
    assert "Check environment, account and region (--env, --profile, --region)" in said.err


def test_pending_scripts_come_first(run: Run, tables: Tables) -> None:
    """The remedy is the command that applies them."""
    said = run("import")
    assert said.code == 1
    assert "✗ HISTORY_MIGRATIONS_PENDING: 0001_create_teams, " in said.err
    assert "osem-migrate upgrade --env dev" in said.err


def test_a_protected_environment_wants_a_yes(
    project: Project, run: Run, by_hand: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one, or the name typed, nothing is written; a dry run needs none."""
    assert run("import", "--env", "prod", "--dry-run").code == 0
    said = run("import", "--env", "prod")
    assert said.code == 1
    assert "✗ CONFIRMATION_REQUIRED: prod is protected, and 1 script would be written" in said.err
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    answers = iter(["dev", "prod"])
    monkeypatch.setattr(click, "prompt", lambda *_, **__: next(answers))
    assert run("import", "--env", "prod").code == 1
    assert list(project.migrations.glob("*.py")) == []
    assert run("import", "--env", "prod").code == 0
    assert run("status", "--env", "prod").code == 0


def test_yes_is_enough(run: Run, by_hand: Tables) -> None:
    """For scripts that run it, in a protected environment, too."""
    assert run("import", "--env", "prod", "--yes").code == 0


def test_a_failure_says_how_to_go_on(project: Project, run: Run, by_hand: Tables) -> None:
    """The scripts are there, and the command that records them is named."""
    run("import")
    by_hand.client.create_table(
        TableName="shop-dev-Plans",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    by_hand.hold_lock()
    said = run("import", "--lock-timeout", "0")
    assert said.code == 6
    assert (project.migrations / "0002_create_table_plans.py").is_file()
    assert "osem-migrate stamp 0002_create_table_plans --env dev" in said.err
