"""``verify``: the checklist, its exit codes and formats, and the probe."""

import os
import re
import signal
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from osem_migrate.commands import probe
from tests.cli.command_line import HISTORY, Applied, Project, Run, Tables

if TYPE_CHECKING:
    from osem_migrate.stop import Stop

TEAMS = """\
shop-dev-Teams
✓ table: present
✓ status: ACTIVE
✓ keys: teamId S
✓ index managerId-index: ACTIVE, keys managerId S, projection ALL
✓ billing: on-demand
"""


@pytest.fixture
def upgraded(project: Project, run: Run, applied: Applied, tables: Tables) -> Tables:
    """dev, with everything applied."""
    applied()
    return tables


def test_every_point_of_every_table(upgraded: Tables, run: Run) -> None:
    """A heading a table, a line a point, and a summary; exit 0, and nothing written in any format."""
    before = upgraded.everything()
    said = run("verify")
    assert (said.code, said.err) == (0, "")
    assert f"\n{TEAMS}\n" in said.out
    assert said.out.endswith(f"✓ dev ({upgraded.endpoint_url}): 2 tables checked; all 9 checks passed.\n")
    assert [run("verify", "--format", shape).code for shape in ("json", "junit")] == [0, 0]
    assert run("verify", "--format", "github").out == "::notice::verified\n"
    assert upgraded.everything() == before


def test_before_the_first_upgrade(run: Run, tables: Tables) -> None:
    """Nothing to verify is said in one line, is no failure, and creates nothing."""
    for words in (("verify",), ("verify", "--probe")):
        said = run(*words)
        assert said.code == 0
        assert said.out.endswith(
            f"Nothing is applied to dev ({tables.endpoint_url}) yet; there is nothing to verify.\n"
        )
    assert run("verify", "--format", "github").out == "::notice::there is nothing to verify\n"
    assert tables.names() == []


def test_drift_is_5(upgraded: Tables, run: Run) -> None:
    """What was expected, what was found, and where the remedy is."""
    upgraded.drop("shop-dev-Plans")
    upgraded.client.update_table(
        TableName="shop-dev-Teams", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "managerId-index"}}]
    )
    said = run("verify")
    assert said.code == 5
    assert "shop-dev-Plans\n✗ table: expected present, found missing\n" in said.out
    assert "✗ index managerId-index: expected ACTIVE, keys managerId S, projection ALL, found none\n" in said.out
    assert "2 tables checked; 2 of 6 checks failed.\n" in said.out
    assert said.out.endswith("hint: see what differs, and its remedy, with: osem-migrate status --env dev\n")


def test_drift_in_every_format(upgraded: Tables, run: Run) -> None:
    """The same exit code and the same checks; a table that did not pass is not probed."""
    upgraded.drop("shop-dev-Plans")
    said = run("verify", "--probe")
    assert said.code == 5
    assert "found missing\nℹ it was not probed\n" in said.out  # noqa: RUF001 - our own sign
    assert "2 tables checked, 1 probed; 1 of 8 checks failed.\n" in said.out
    said = run("verify", "--probe", "--json")
    assert said.code == 5
    _check_document(said.document["data"])
    said = run("verify", "--probe", "--format", "github")
    assert said.code == 5
    assert said.out.splitlines() == [
        "::error title=VERIFY_FAILED::shop-dev-Plans: table: expected present, found missing",
        "::notice::shop-dev-Plans: it was not probed",
    ]
    said = run("verify", "--format", "junit")
    assert said.code == 5
    suite = ET.fromstring(said.out)  # noqa: S314 - our own document
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("6", "1", "0")
    (case,) = [case for case in suite if case.find("failure") is not None]
    assert (case.get("classname"), case.get("name")) == ("shop-dev-Plans", "table")


def _check_document(data: dict[str, Any]) -> None:
    """Every table with its checks: name, passed, expected, found."""
    assert data["passed"] is False
    assert data["counts"] == {"tables": 2, "checked": 2, "probed": 1, "checks": 8, "failed": 1}
    plans, teams = data["tables"]
    assert plans == {
        "name": "Plans",
        "physical_name": "shop-dev-Plans",
        "entity": None,
        "passed": False,
        "checked": True,
        "probed": False,
        "checks": [{"name": "table", "passed": False, "expected": "present", "found": "missing"}],
        "notes": ["it was not probed"],
    }
    assert (teams["passed"], teams["probed"], len(teams["checks"])) == (True, True, 7)


def test_the_probe_leaves_everything_as_it_was(upgraded: Tables, run: Run) -> None:
    """A line more for each table and index, and no item afterwards."""
    upgraded.client.put_item(TableName="shop-dev-Teams", Item={"teamId": {"S": "t1"}, "managerId": {"S": "m1"}})
    before = upgraded.everything()
    said = run("verify", "--probe")
    assert (said.code, said.err) == (0, "")
    assert "✓ probe table: written and read back\n✓ probe index managerId-index: shows the item\n" in said.out
    assert "2 tables checked, 2 probed; all 12 checks passed.\n" in said.out
    assert upgraded.everything() == before


def test_a_probe_that_fails_is_to_be_tried_again(upgraded: Tables, run: Run) -> None:
    """A description shows nothing: the hint names the probe itself."""
    upgraded.client.put_item(TableName="shop-dev-Teams", Item={"teamId": {"S": "osem-migrate/probe"}})
    said = run("verify", "--probe")
    assert said.code == 5
    assert "✗ probe table: expected written and read back, found another item has its key" in said.out
    assert said.out.endswith("hint: try once more with: osem-migrate verify --probe --env dev\n")


def test_a_protected_environment_wants_yes(run: Run, applied: Applied, tables: Tables) -> None:
    """Refused before anything is asked of AWS; the remedy works when typed."""
    applied("--env", "prod")
    before = tables.everything()
    said = run("verify", "--probe", "--env", "prod")
    assert (said.code, said.out) == (1, "")
    assert "PROBE_UNCONFIRMED: prod is protected" in said.err
    remedy = re.search(r"hint: Confirm it with: osem-migrate (.*)\n", said.err)
    assert remedy is not None
    assert run(*remedy[1].split()).code == 0
    assert run("verify", "--env", "prod").code == 0
    assert tables.everything() == before


def test_an_unfinished_migration_is_said_to_be_one(upgraded: Tables, run: Run) -> None:
    """During somebody else's upgrade its tables are neither right nor wrong; nothing is written to them."""
    table = HISTORY
    items = upgraded.client.scan(TableName=table)["Items"]
    record = next(item for item in items if item["item"].get("S") == "migration#0003_create_plans")
    upgraded.client.put_item(TableName=table, Item={**record, "state": {"S": "running"}})
    upgraded.hold_lock()
    before = upgraded.everything()
    said = run("verify", "--probe")
    assert said.code == 0
    assert "shop-dev-Plans\nℹ a migration there is unfinished" in said.out  # noqa: RUF001 - our own sign
    assert "1 table checked, 1 probed, 1 not checked; all 7 checks passed.\n" in said.out
    assert upgraded.everything() == before
    suite = ET.fromstring(run("verify", "--format", "junit").out)  # noqa: S314 - our own document
    assert (suite.get("tests"), suite.get("skipped")) == ("6", "1")


@pytest.mark.parametrize("shape", ["github", "junit"])
def test_two_formats_contradict_each_other(shape: str, run: Run, tables: Tables) -> None:
    """--json with another format is wrong usage, told as JSON."""
    said = run("verify", "--json", "--format", shape)
    assert said.code == 64
    assert f"--format {shape}" in said.document["error"]["message"]


def test_the_help_says_what_a_probe_does(run: Run) -> None:
    """What it writes, what sees the item, and what it needs to be allowed."""
    text = " ".join(run("verify", "--help").out.split())
    needs = '"policy --probe" prints what the identity needs'
    for words in ("osemMigrateProbe", "streams", "autoscaled", needs, "the next one removes its item"):
        assert words in text


def test_a_signal_ends_the_probe(upgraded: Tables, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given the stop that Ctrl-C and SIGTERM set; the error names the command that probes again."""
    before = upgraded.everything()

    def pressed(*given: Any, again: str) -> Any:
        stop: Stop = given[-1]
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.is_requested
        return probe.probe_tables(*given, again=again)

    monkeypatch.setattr("osem_migrate.commands.verify.probe_tables", pressed)
    said = run("verify", "--probe")
    assert said.code == 143
    assert "hint: Continue with: osem-migrate verify --probe --env dev" in said.err
    assert upgraded.everything() == before
