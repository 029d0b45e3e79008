"""``status``: what it finds, and the exit code that CI gates on."""

import re
from xml.etree import ElementTree as ET

import pytest

from osem_migrate.aws.lock import Lock
from tests.cli.command_line import HISTORY, Applied, Project, Run, Tables


@pytest.fixture
def upgraded(project: Project, run: Run, applied: Applied, tables: Tables) -> Tables:
    """dev, with everything applied."""
    applied()
    return tables


def _change(project: Project) -> None:
    project.script("0003_create_plans", 'CreateTable("Plans", partition_key=S("otherId"))')


def test_in_sync(upgraded: Tables, run: Run) -> None:
    """Everything applied and live as declared: every migration with its time, one summary, exit 0."""
    said = run("status")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert [line.split()[:3] for line in lines[:2]] == [
        ["✓", "applied", "0001_create_teams"],
        ["✓", "applied", "0002_add_manager_id_index_to_teams"],
    ]
    assert lines[-1] == (f"✓ dev ({upgraded.endpoint_url}) is in sync: 3 of 3 migrations applied, 2 tables, 1 index.")


def test_before_the_first_upgrade(run: Run, tables: Tables) -> None:
    """It works on nothing, creates nothing, and says what to type; no line ends in blanks."""
    said = run("status")
    assert (said.code, tables.names()) == (3, [])
    assert f"⚠ dev ({tables.endpoint_url}): 0 of 3 migrations applied; 3 pending." in said.out
    assert "hint: apply what is pending with: osem-migrate upgrade --env dev" in said.out
    assert not any(line != line.rstrip() for line in said.out.splitlines())


def test_the_remedy_repeats_how_the_environment_was_reached(run: Run, tables: Tables) -> None:
    """Options of the connection are part of the next command to type."""
    said = run("status", "--env", "staging", "--endpoint-url", tables.endpoint_url)
    assert f"osem-migrate upgrade --env staging --endpoint-url {tables.endpoint_url}" in said.out


def test_pending_is_3(project: Project, upgraded: Tables, run: Run) -> None:
    """A script that is not applied yet."""
    project.script("0004_create_users", 'CreateTable("Users", partition_key=S("id"))')
    said = run("status")
    assert said.code == 3
    assert "ℹ pending      0004_create_users" in said.out  # noqa: RUF001 - our own sign


@pytest.mark.parametrize(("state", "code"), [("changed", "MIGRATION_CHANGED"), ("future", "MIGRATION_FUTURE")])
def test_history_problems_are_4(state: str, code: str, project: Project, upgraded: Tables, run: Run) -> None:
    """An applied script that was edited, or that this checkout does not have."""
    if state == "changed":
        _change(project)
    else:
        (project.migrations / "0003_create_plans.py").unlink()
    said = run("status")
    assert said.code == 4
    assert f"✗ {state:<12} 0003_create_plans" in said.out
    (line,) = (line for line in said.out.splitlines() if "0003_create_plans  " in line)
    assert line.endswith(f", {code})")
    assert "1 history problem." in said.out


def test_drift_is_5(upgraded: Tables, run: Run) -> None:
    """A table deleted and an index removed by hand are named, with the commands that repair them."""
    upgraded.drop("shop-dev-Plans")
    upgraded.client.update_table(
        TableName="shop-dev-Teams", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "managerId-index"}}]
    )
    said = run("status")
    assert said.code == 5
    assert "✗ DRIFT_TABLE_MISSING shop-dev-Plans: " in said.out
    assert "✗ DRIFT_INDEX_MISSING shop-dev-Teams: " in said.out
    assert "    aws dynamodb create-table --cli-input-json " in said.out
    assert "2 differences." in said.out


def test_the_largest_wins(project: Project, upgraded: Tables, run: Run) -> None:
    """Pending, a history problem and drift at once: 5; ignoring one after the other: 4, 3, 0."""
    project.script("0004_create_users", 'CreateTable("Users", partition_key=S("id"))')
    _change(project)
    upgraded.drop("shop-dev-Teams")
    assert run("status").code == 5
    assert run("status", "--ignore", "drift").code == 4
    assert run("status", "--ignore", "drift,changed").code == 3
    assert run("status", "--ignore", " drift, changed ,pending,").code == 0
    assert run("status", "--ignore", "pending").code == 5


def test_exit_zero(upgraded: Tables, run: Run) -> None:
    """--exit-zero reports the same and never fails a build."""
    upgraded.drop("shop-dev-Plans")
    said = run("status", "--exit-zero")
    assert said.code == 0
    assert "DRIFT_TABLE_MISSING" in said.out


def test_it_writes_nothing(project: Project, upgraded: Tables, run: Run) -> None:
    """A question changes nothing, whatever it finds."""
    _change(project)
    before = upgraded.everything()
    for shape in ("text", "json", "github", "junit"):
        run("status", "--format", shape)
    assert upgraded.everything() == before


def test_the_unfinished_are_told(project: Project, upgraded: Tables, run: Run) -> None:
    """A failed migration shows as failed, with its cause and the way on, and beside it the drift that stopped it."""
    project.script("0004_create_users", 'CreateTable("Users", partition_key=S("id"))')
    upgraded.client.create_table(
        TableName="shop-dev-Users",
        KeySchema=[{"AttributeName": "x", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "x", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert run("upgrade").code == 1
    said = run("status")
    assert said.code == 5
    (line,) = (line for line in said.out.splitlines() if "0004_create_users  " in line)
    assert line.startswith("✗ failed       0004_create_users  after 0 of 1 operations: ")
    assert line.endswith("Z, MIGRATION_FAILED)")
    assert said.out.count("MIGRATION_FAILED") == 1
    assert "✗ DRIFT_TABLE_KEYS shop-dev-Users: Users: expected keys id S, found keys x S" in said.out
    assert "osem-migrate resolve 0004_create_users --applied --env dev" in said.out
    assert "Otherwise remove the cause, then continue with: osem-migrate upgrade --env dev" in said.out


def test_as_data(upgraded: Tables, run: Run) -> None:
    """--json has every migration with its record, and every problem with code, subject and remedy."""
    upgraded.drop("shop-dev-Plans")
    said = run("status", "--json")
    assert said.code == 5
    data = said.document["data"]
    assert (data["in_sync"], data["up_to_date"], said.document["exit_code"]) == (False, True, 5)
    counts = {"migrations": 3, "applied": 3, "tables": 1, "indexes": 1, "problems": 1}
    assert {name: number for name, number in data["counts"].items() if number} == counts
    assert data["tables"][0] == {"name": "Plans", "physical_name": "shop-dev-Plans", "status": None}
    first = data["migrations"][0]
    assert (first["id"], first["state"], first["file"]) == (
        "0001_create_teams",
        "applied",
        "migrations/0001_create_teams.py",
    )
    assert first["record"]["checksum"].startswith("sha256:v1:")
    assert first["record"]["error"] is None
    (problem,) = data["problems"]
    assert (problem["code"], problem["kind"], problem["subject"]) == ("DRIFT_TABLE_MISSING", "drift", "shop-dev-Plans")
    assert (problem["severity"], problem["expected"], problem["found"]) == ("error", "a table", "none")
    assert (problem["table"], problem["index"], problem["setting"], problem["ignored"]) == ("Plans", None, None, False)
    assert problem["remediation"]
    assert (data["remarks"], data["notes"]) == ([], [])
    assert "repair" not in data


def test_format_json_is_json(run: Run, tables: Tables) -> None:
    """--format json and --json are the same thing."""
    one, other = run("status", "--format", "json").document, run("status", "--json").document
    assert one["data"] == other["data"]


@pytest.mark.parametrize("shape", ["github", "junit"])
def test_two_formats_contradict_each_other(shape: str, run: Run, tables: Tables) -> None:
    """--json with another format is wrong usage, told as JSON."""
    said = run("status", "--json", "--format", shape)
    assert said.code == 64
    assert f"--format {shape}" in said.document["error"]["message"]


def test_for_github(upgraded: Tables, run: Run) -> None:
    """--format github prints annotations and keeps the exit code."""
    assert run("status", "--format", "github").out == "::notice::in sync\n"
    upgraded.drop("shop-dev-Plans")
    said = run("status", "--format", "github")
    assert said.code == 5
    assert said.out.startswith("::error title=DRIFT_TABLE_MISSING::shop-dev-Plans: ")


def test_for_test_reports(upgraded: Tables, run: Run) -> None:
    """--format junit prints an XML report and keeps the exit code."""
    upgraded.drop("shop-dev-Plans")
    said = run("status", "--format", "junit")
    assert said.code == 5
    suite = ET.fromstring(said.out)  # noqa: S314 - our own document
    assert (suite.get("tests"), suite.get("failures")) == ("5", "1")


@pytest.mark.parametrize(("alive", "code", "line"), [
    (True, 3, "ℹ running      0003_create_plans"),  # noqa: RUF001 - our own sign
    (False, 4, "✗ interrupted  0003_create_plans"),
])  # fmt: skip
def test_a_running_migration_is_no_problem_while_its_lock_lives(
    *, alive: bool, code: int, line: str, upgraded: Tables, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At work: pending. Recorded as running by a run that is gone: interrupted, a problem of the history."""
    table = HISTORY
    items = upgraded.client.scan(TableName=table)["Items"]
    record = next(item for item in items if item["item"].get("S") == "migration#0003_create_plans")
    del record["finished_at"]
    upgraded.client.put_item(TableName=table, Item={**record, "state": {"S": "running"}})
    upgraded.hold_lock()
    monkeypatch.setattr(Lock, "is_alive", lambda *_: alive)
    said = run("status")
    assert said.code == code
    (told,) = (told for told in said.out.splitlines() if line in told)
    assert ("being applied right now by ada@build-7 on build-7 (pid 4711)" in told) is alive
    assert re.search(r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, MIGRATION_", told)
    assert ("✗" in said.out) is not alive


def test_who_is_at_work_is_told_once(upgraded: Tables, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two migrations that a run is at, each with its beginning."""
    table = "shop-dev-SchemaMigrations"
    for item in upgraded.client.scan(TableName=table)["Items"]:
        if item["item"].get("S", "").startswith(("migration#0001", "migration#0003")):
            del item["finished_at"]
            upgraded.client.put_item(TableName=table, Item={**item, "state": {"S": "running"}})
    upgraded.hold_lock()
    monkeypatch.setattr(Lock, "is_alive", lambda *_: True)
    said = run("status").out
    assert len(re.findall(r"ℹ running      \w+  since [-\dT:]+Z\n", said)) == 2  # noqa: RUF001 - our own sign
    assert said.count("MIGRATION_RUNNING: being applied right now by ada@build-7 on build-7 (pid 4711)") == 1
    assert said.count("ada@build-7") == 1


def test_quiet_is_short(project: Project, upgraded: Tables, run: Run) -> None:
    """-q: what is wrong, without advice, and the summary; nothing of what is applied or only pending."""
    project.script("0004_create_users", 'CreateTable("Users", partition_key=S("id"))')
    (line,) = run("status", "-q").out.splitlines()
    assert line.startswith("⚠ dev")
    _change(project)
    upgraded.drop("shop-dev-Teams")
    first, second, third = run("status", "-q").out.splitlines()
    assert first.startswith("✗ changed      0003_create_plans  its script was changed after it was applied (")
    assert second.startswith("✗ DRIFT_TABLE_MISSING shop-dev-Teams: ")
    assert third.startswith("⚠ dev")


def test_an_advice_is_told_once(upgraded: Tables, run: Run) -> None:
    """A newer tool recorded all three migrations: each is named, and the one thing to do stands there once."""
    records = upgraded.client.scan(TableName="shop-dev-SchemaMigrations")["Items"]
    for item in records:
        if item["item"].get("S", "").startswith("migration#"):
            newer = {**item, "tool_version": {"S": "9.0.0"}}
            upgraded.client.put_item(TableName="shop-dev-SchemaMigrations", Item=newer)
    said = run("status").out
    assert said.count("MIGRATION_NEWER_TOOL") == 3
    assert said.count("Install osem-migrate 9.0.0 or later, as this one was installed.") == 1


def _stream(upgraded: Tables) -> None:
    upgraded.client.update_table(
        TableName="shop-dev-Teams", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    )


def _drop_index(upgraded: Tables) -> None:
    upgraded.client.update_table(
        TableName="shop-dev-Teams", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "managerId-index"}}]
    )


def test_what_nobody_declared_is_told(upgraded: Tables, run: Run) -> None:
    """With the line that declares it and the command that turns it off, and without failing a build."""
    _stream(upgraded)
    said = run("status")
    assert said.code == 0
    assert "ℹ DRIFT_SETTING_UNDECLARED shop-dev-Teams: stream NEW_IMAGE, which no script declares" in said.out  # noqa: RUF001 - our own sign
    assert 'SetStream("Teams", view="NEW_IMAGE")' in said.out
    assert "    aws dynamodb update-table --cli-input-json " in said.out
    assert said.out.splitlines()[-1].startswith("✓ dev")
    (remark,) = run("status", "--json").document["data"]["remarks"]
    assert (remark["code"], remark["severity"], remark["kind"]) == ("DRIFT_SETTING_UNDECLARED", "info", "note")
    assert (remark["table"], remark["setting"]) == ("Teams", "stream")
    assert run("status", "--format", "github").out.splitlines()[1:] == ["::notice::in sync"]


def test_strict_counts_what_nobody_declared(upgraded: Tables, run: Run) -> None:
    """Exit 5, unless drift is ignored."""
    _stream(upgraded)
    said = run("status", "--strict")
    assert said.code == 5
    assert "✗ DRIFT_SETTING_UNDECLARED shop-dev-Teams: " in said.out
    assert "hint:" not in said.out
    assert run("status", "--strict", "--ignore", "drift").code == 0


def test_an_unexpected_table_is_drift(upgraded: Tables, run: Run) -> None:
    """It is a case of the test report as well; another environment's table is not."""
    for name in ("shop-dev-Strangers", "shop-staging-Strangers"):
        upgraded.client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "x", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "x", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    said = run("status")
    assert said.code == 5
    assert "✗ DRIFT_TABLE_UNEXPECTED shop-dev-Strangers: " in said.out
    assert "1 difference." in said.out
    suite = ET.fromstring(run("status", "--format", "junit").out)  # noqa: S314 - our own document
    assert (suite.get("tests"), suite.get("failures")) == ("6", "1")


def test_a_repair_is_written_and_works(project: Project, upgraded: Tables, run: Run) -> None:
    """The script is named, says what it does, and upgrade brings everything back in sync with it."""
    _drop_index(upgraded)
    said = run("status")
    assert "hint: write a script that repairs what a script can: osem-migrate status --write-repair" in said.out
    said = run("status", "--write-repair")
    assert said.code == 5
    assert "✓ migrations/0004_repair_teams.py repairs what has drifted." in said.out
    assert "\n  ~ table Teams\n      + index managerId-index  managerId S, ALL\n" in said.out
    assert "hint: read it, then carry it out with: osem-migrate upgrade --env dev" in said.out
    assert "write a script" not in said.out
    assert (project.migrations / "0004_repair_teams.py").exists()
    assert run("upgrade").code == 0
    assert run("status").code == 0
    assert run("upgrade", "--env", "staging").code == 0
    assert run("status", "--env", "staging").code == 0
    assert run("downgrade", "--to", "3", "--yes").code == 0


def test_no_repair_is_offered_where_none_would_be_written(project: Project, upgraded: Tables, run: Run) -> None:
    """A script that is pending runs first, and fails on the drift."""
    _drop_index(upgraded)
    upgraded.client.update_time_to_live(
        TableName="shop-dev-Teams", TimeToLiveSpecification={"Enabled": True, "AttributeName": "old"}
    )
    project.script("0004_expire", 'SetTimeToLive("Teams", "new")')
    said = run("status")
    assert "DRIFT_INDEX_MISSING" in said.out
    assert "--write-repair" not in said.out
    assert "not repaired: 0004_expire is pending and runs before a new script" in run("status", "--write-repair").out


def test_a_repair_as_data(upgraded: Tables, run: Run) -> None:
    """--json has the path, what the script does, and what is left out."""
    _drop_index(upgraded)
    upgraded.drop("shop-dev-Plans")
    repair = run("status", "--write-repair", "--json").document["data"]["repair"]
    assert repair == {
        "path": "migrations/0004_repair_teams.py",
        "operations": ["repair Teams: index managerId-index"],
        "changes": [
            {
                "table": "Teams",
                "changes": [
                    {
                        "kind": "add",
                        "what": "index",
                        "name": "managerId-index",
                        "before": None,
                        "after": "managerId S, ALL",
                        "by_default": False,
                    }
                ],
            }
        ],
        "left_out": [
            {
                "physical_name": "shop-dev-Plans",
                "reason": "DRIFT_TABLE_MISSING of Plans needs a rebuild, which was not asked for",
            }
        ],
    }


def test_a_rebuild_makes_a_lost_table_anew(upgraded: Tables, run: Run) -> None:
    """Only when it was asked for."""
    upgraded.drop("shop-dev-Plans")
    said = run("status", "--write-repair")
    assert "⚠ shop-dev-Plans: not repaired: DRIFT_TABLE_MISSING of Plans needs a rebuild, which was not" in said.out
    assert "hint: rebuild it, too, with: osem-migrate status --write-repair --rebuild --env dev" in said.out
    assert "✓" not in said.out.splitlines()[-1]
    assert run("status", "--write-repair", "--rebuild").code == 5
    assert run("upgrade").code == 0
    assert run("status").code == 0


def test_nothing_to_repair(project: Project, upgraded: Tables, run: Run) -> None:
    """It says so, writes nothing, and exits as ever."""
    before = sorted(project.migrations.iterdir())
    said = run("status", "--write-repair")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "ℹ There is nothing to repair."  # noqa: RUF001 - our own sign
    assert sorted(project.migrations.iterdir()) == before
    assert run("status", "--write-repair", "--json").document["data"]["repair"]["path"] is None


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--rebuild",), "--rebuild needs --write-repair"),
        (("--write-repair", "--format", "junit"), "--write-repair and --format junit"),
        (("--write-repair", "--format", "github"), "--write-repair and --format github"),
    ],
)
def test_options_that_contradict_each_other(words: tuple[str, ...], complaint: str, run: Run) -> None:
    """Before anything is asked or written."""
    said = run("status", *words)
    assert said.code == 64
    assert complaint in said.err


def test_a_newer_tool_is_told(upgraded: Tables, run: Run) -> None:
    """What it recorded is read, whatever else it wrote there; the remedy is to update this one."""
    table = HISTORY
    upgraded.client.update_item(
        TableName=table,
        Key={"scope": {"S": "shop"}, "item": {"S": "migration#0003_create_plans"}},
        UpdateExpression="SET tool_version = :v, novelty = :n",
        ExpressionAttributeValues={":v": {"S": "9.0.0"}, ":n": {"M": {"a": {"N": "1"}}}},
    )
    said = run("status")
    assert said.code == 4
    assert "✗ MIGRATION_NEWER_TOOL 0003_create_plans: recorded by osem-migrate 9.0.0" in said.out
    assert "    Install osem-migrate 9.0.0 or later, as this one was installed." in said.out
    assert run("status", "--ignore", "newer_tool").code == 0


def test_a_record_that_nobody_can_read_is_told(upgraded: Tables, run: Run) -> None:
    """An id without a number is not a bug of ours, and hides nothing of the rest; what writes stops at it."""
    upgraded.client.put_item(
        TableName=HISTORY,
        Item={"scope": {"S": "shop"}, "item": {"S": "migration#nonsense"}},
    )
    data = run("status", "--json").document["data"]
    assert (data["counts"]["applied"], data["counts"]["unreadable"]) == (len(data["migrations"]) - 1, 1)
    assert [problem["code"] for problem in data["problems"]] == ["HISTORY_UNREADABLE"]
    said = run("status")
    assert (said.code, "the record of 'nonsense' cannot be read" in said.out) == (4, True)
    assert "The tables were not compared: nonsense" in said.out
    assert run("status", "--ignore", "unreadable").code == 0
    said = run("downgrade", "--to", "1", "--yes", "--json")
    assert (said.code, said.document["error"]["code"]) == (1, "HISTORY_UNREADABLE")
