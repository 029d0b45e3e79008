"""Defaults of new tables: changing them makes no drift of the tables that are there, for any command."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from osem_migrate import DowngradeOptions, StampOptions
from osem_migrate.config import Project
from osem_migrate.errors import ExitCode
from tests.doubles import beginnings
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS, write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.unit.commands.test_destroy import TEAMS_TABLE, account

DEFAULTS = [
    ('tags = { Environment = "{env}" }', 'SetTags("Teams", tags={"Environment": "dev"})'),
    ("capacity = { read = 5, write = 5 }", 'SetBilling.provisioned("Teams", read=5, write=5)'),
    ("deletion_protection = true", 'SetDeletionProtection("Teams", enabled=True)'),
    ("point_in_time_recovery = true", 'SetPointInTimeRecovery("Teams", enabled=True)'),
]


@pytest.fixture
def aws() -> Iterator[SimulatedAws]:
    """An account without tables."""
    with account() as aws:
        yield aws


def changed(folder: Path, setting: str, **scripts: str) -> Project:
    """The project, where new tables get something else from now on."""
    return write_project(folder, scripts, f"{TUNNEL}{setting}\n")


@pytest.mark.parametrize(("setting", "declaration"), DEFAULTS)
def test_an_older_table_is_no_drift(tmp_path: Path, aws: SimulatedAws, setting: str, declaration: str) -> None:
    """A note with the script; verify passes, the next script finds the table as it expects it, and so does stamp."""
    beginnings.upgrade(aws, write_project(tmp_path, {"0001_teams": TEAMS}, TUNNEL))
    migrator = aws.migrator(changed(tmp_path, setting))
    found = migrator.status()
    assert (found.exit_code(), [remark.code for remark in found.remarks]) == (ExitCode.OK, ["DRIFT_SETTING_DEFAULT"])
    assert re.split(r"[.(]", declaration)[0] in found.remarks[0].remedy
    assert migrator.verify().passed
    aws.migrator(changed(tmp_path, setting, **{"0002_by_manager": BY_MANAGER})).upgrade()
    for name in ("0001_teams", "0002_by_manager"):
        key = {"scope": {"S": "osem"}, "item": {"S": f"migration#{name}"}}
        aws.simulator.call("DeleteItem", {"TableName": HISTORY, "Key": key})
    assert len(aws.migrator(changed(tmp_path, setting)).stamp(StampOptions("2")).recorded) == 2
    assert aws.migrator(changed(tmp_path, setting)).status().in_sync


@pytest.mark.parametrize(("setting", "declaration"), DEFAULTS)
def test_the_script_applies_it(tmp_path: Path, aws: SimulatedAws, setting: str, declaration: str) -> None:
    """Although it declares what a new table would have anyway; on one that has it, nothing is called."""
    beginnings.upgrade(aws, write_project(tmp_path, {"0001_teams": TEAMS}, TUNNEL))
    project = changed(tmp_path, setting, **{"0002_set": f"operations = [{declaration}]"})
    aws.migrator(project).upgrade()
    found = aws.migrator(project).status()
    assert (found.in_sync, found.remarks) == (True, ())
    changes = {"UpdateTable", "TagResource", "UpdateContinuousBackups"}
    assert [call.action for call in aws.simulator.calls if call.action in changes and call.table == TEAMS_TABLE]


@pytest.mark.parametrize(("setting", "declaration"), DEFAULTS)
def test_a_new_table_gets_all_of_it(tmp_path: Path, aws: SimulatedAws, setting: str, declaration: str) -> None:
    """What is made under the defaults has them, and neither is there anything to note nor anything left to do."""
    project = changed(tmp_path, setting, **{"0001_teams": TEAMS})
    aws.migrator(project).upgrade()
    found = aws.migrator(project).status()
    assert (found.in_sync, found.remarks) == (True, ())
    if "protection" not in setting:
        aws.migrator(project).downgrade(DowngradeOptions("0", allow_data_loss=True))


def test_what_a_script_declares_is_drift_still(tmp_path: Path, aws: SimulatedAws) -> None:
    """Of tags, each key by itself."""
    tagged = 'operations = [CreateTable("Teams", S("teamId"), settings=[SetTags("Teams", {"Team": "core"})])]'
    aws.migrator(write_project(tmp_path, {"0001_teams": tagged}, TUNNEL)).upgrade()
    arn = aws.simulator.call("DescribeTable", {"TableName": TEAMS_TABLE})["Table"]["TableArn"]
    aws.simulator.call("UntagResource", {"ResourceArn": arn, "TagKeys": ["Team"]})
    aws.clock.sleep(60.0)
    found = aws.migrator(changed(tmp_path, 'tags = { Environment = "dev" }')).status()
    (problem,) = found.problems
    assert (problem.code, problem.expected, problem.found) == ("DRIFT_SETTING", "tags Team=core", "no tags")
    assert [remark.code for remark in found.remarks] == ["DRIFT_SETTING_DEFAULT"]


@pytest.mark.parametrize(("setting", "declaration"), DEFAULTS)
def test_a_first_run_adopts_what_lacks_them(tmp_path: Path, aws: SimulatedAws, setting: str, declaration: str) -> None:
    """A table that was made before this tool, or before the defaults."""
    beginnings.upgrade(aws, write_project(tmp_path, {"0001_teams": TEAMS}, TUNNEL))
    key = {"scope": {"S": "osem"}, "item": {"S": "migration#0001_teams"}}
    aws.simulator.call("DeleteItem", {"TableName": HISTORY, "Key": key})
    project = changed(tmp_path, setting)
    assert aws.migrator(project).upgrade().applied == ("0001_teams",)
    assert aws.migrator(project).status().in_sync


@pytest.mark.parametrize(("setting", "declaration"), DEFAULTS)
def test_a_later_run_adopts_what_lacks_them(tmp_path: Path, aws: SimulatedAws, setting: str, declaration: str) -> None:
    """As a first run does; what takes a call of its own is asked for, as a run may have ended before it."""
    project = changed(tmp_path, setting, **{"0001_users": 'operations = [CreateTable("Users", S("id"))]'})
    aws.migrator(project).upgrade()
    request = {
        "TableName": TEAMS_TABLE,
        "KeySchema": [{"AttributeName": "teamId", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "teamId", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    aws.simulator.call("CreateTable", request)
    aws.clock.sleep(60)
    assert aws.migrator(changed(tmp_path, setting, **{"0002_teams": TEAMS})).upgrade().applied == ("0002_teams",)
    found = aws.migrator(project).status()
    noted = [] if "Recovery" in declaration else ["DRIFT_SETTING_DEFAULT"]
    assert (found.in_sync, [remark.code for remark in found.remarks]) == (True, noted)
