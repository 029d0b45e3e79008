"""``doctor``: a line each with a symbol, a remedy below what is wrong, and an exit code to gate on."""

import re
import sys

import pytest

from tests.cli.command_line import ACCESS_KEY, HISTORY, SECRET_KEY, Applied, Project, Run, Tables

CHECKS = [
    *("python", "libraries", "configuration", "scripts", "connection", "credentials", "identity", "account"),
    *("endpoint", "clock", "history table", "item passes", "lock", "permissions"),
]


def test_a_line_each(run: Run, applied: Applied, tables: Tables) -> None:
    """On a local engine everything is looked at but the permissions, which it does not check."""
    applied()
    said = run("doctor")
    assert said.code == 0
    lines = said.out.splitlines()
    assert [line[2:17].strip() for line in lines[:14]] == CHECKS
    assert {line[0] for line in lines[:13]} == {"✓"}
    assert lines[13] == "ℹ permissions    a local engine checks none"  # noqa: RUF001 - our own sign
    assert re.fullmatch(r"✓ libraries      boto3 [\d.]+, botocore [\d.]+, click .*", lines[1])
    assert lines[2] == "✓ configuration  shop, environment dev, tables shop-dev-*, not protected"
    assert lines[-1] == "✓ Nothing has failed."


def test_what_is_broken_has_a_remedy(project: Project, run: Run, tables: Tables) -> None:
    """Below its line; what depends on it is skipped, and the exit code is 1."""
    said = run("doctor", "--env", "nowhere")
    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[2].startswith("✗ configuration  environment 'nowhere' is not configured")
    assert lines[3].startswith("    Add [tool.osem-migrate.environments.nowhere] to ")
    assert lines[4] == "ℹ scripts        skipped, because it needs: configuration"  # noqa: RUF001 - our own sign
    assert lines[-1] == "✗ 1 check failed."
    assert said.err == ""


def test_warnings_are_counted(project: Project, run: Run, tables: Tables) -> None:
    """They leave the exit code at 0."""
    project.script("0005_create_later", 'CreateTable("Later", partition_key=S("id"))')
    said = run("doctor")
    assert said.code == 0
    assert "⚠ scripts        4 in migrations/, for 3 tables; migrations/0005_create_later.py: the number" in said.out
    assert said.out.endswith("✓ Nothing has failed, 1 warning.\n")


def test_as_data(run: Run, tables: Tables) -> None:
    """The envelope has every finding with its health, and the region once it is known."""
    document = run("doctor", "--json").document
    assert (document["success"], document["region"], document["exit_code"]) == (True, "eu-central-1", 0)
    assert (document["application"], document["table_pattern"]) == ("shop", "shop-dev-*")
    assert (document["data"]["passed"], document["data"]["role"]) == (True, "status")
    assert document["data"]["counts"]["findings"] == len(CHECKS)
    assert [finding["check"] for finding in document["data"]["findings"]] == CHECKS
    assert {finding["health"] for finding in document["data"]["findings"]} == {"ok", "skipped"}
    broken = run("doctor", "--env", "nowhere", "--json")
    assert (broken.code, broken.document["region"], broken.document["exit_code"]) == (1, None, 1)
    (failed,) = [finding for finding in broken.document["data"]["findings"] if finding["health"] == "failed"]
    assert failed["code"] == "CONFIG_ENVIRONMENT_UNKNOWN"
    assert failed["remediation"]


@pytest.mark.parametrize("words", [("--json",), ("--verbose",)])
def test_no_credential_is_shown(run: Run, tables: Tables, words: tuple[str, ...]) -> None:
    """Neither key nor secret, in any form of the answer."""
    said = run("doctor", *words)
    assert ACCESS_KEY not in said.out + said.err
    assert SECRET_KEY not in said.out + said.err


def test_verbose_shows_the_calls(run: Run, tables: Tables) -> None:
    """As with every command."""
    assert f"dynamodb:DescribeTable {HISTORY}" in run("doctor", "--verbose").err


def test_a_library_that_does_not_fit(run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named with what is supported, and how to get there."""
    monkeypatch.setattr("importlib.metadata.version", lambda name: "9.9" if name == "rich" else "1.44.5")
    monkeypatch.setattr("importlib.metadata.requires", lambda name: ["rich<16,>=14"] if name == "osem-migrate" else [])
    said = run("doctor")
    assert said.code == 1
    assert (
        "✗ libraries      rich 9.9; supported: rich <16,>=14\n"
        "    Install supported versions: pip install 'rich<16,>=14'\n" in said.out
    )


def test_a_python_that_is_too_old(run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named with what is supported."""
    monkeypatch.setattr("sys.version_info", (3, 10, 1))
    monkeypatch.setattr("importlib.metadata.requires", lambda _name: [])
    said = run("doctor")
    assert (
        "✗ python         Python 3.10.1; supported: Python >=3.11\n    Run osem-migrate with Python >=3.11." in said.out
    )
    assert "ℹ libraries      osem-migrate is not installed as a package" in said.out  # noqa: RUF001 - our own sign


def test_a_library_that_is_not_there(run: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be looked at without it, but that is no defect to report."""
    monkeypatch.setitem(sys.modules, "osem_migrate.commands.doctor", None)
    said = run("doctor")
    assert said.code == 1
    assert said.err.startswith("✗ ERROR: a part of osem-migrate is missing: ")
    assert said.err.endswith("hint: Install osem-migrate again, as it was installed; what it requires comes with it.\n")
