"""``status`` on DynamoDB Local: it names what is wrong, by the exit code that CI gates on, and changes nothing."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import ListOptions
from osem_migrate.errors import DriftFound, ExitCode
from osem_migrate.history import ShownState
from tests.doubles.project import BY_MANAGER, ENVIRONMENTS, HISTORY, TEAMS, WRITES, Watched, write_project
from tests.engines.engine import Engine
from tests.simulator.clock import VirtualClock

USERS = 'operations = [CreateTable("Users", S("userId"))]'
TEAMS_BY_MANAGER = (
    'operations = [CreateTable("Teams", S("teamId"), indexes=[Index("managerId-index", S("managerId"))])]'
)
SCRIPTS = {"0001_users": USERS, "0002_teams": TEAMS_BY_MANAGER}
EVERYTHING = {
    "Query": 1, "ListTables": 1, "DescribeTable": 2, "DescribeTimeToLive": 2, "DescribeContinuousBackups": 2
}  # fmt: skip


@pytest.fixture
def client(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Any:
    """DynamoDB Local, found through the environment variables that every AWS SDK knows."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    return engine.client()


@pytest.fixture
def upgraded(client: Any, tmp_path: Path) -> Path:
    """A project whose two tables and one index are live."""
    Watched(write_project(tmp_path, SCRIPTS)).migrator.upgrade()
    return tmp_path


def until_settled(client: Any, table: str) -> None:
    """Wait for an index made by hand; before that it is being built, which is no drift."""
    until = time.monotonic() + 60
    while any(
        index["IndexStatus"] != "ACTIVE"
        for index in client.describe_table(TableName=table)["Table"].get("GlobalSecondaryIndexes", ())
    ):
        assert time.monotonic() < until
        time.sleep(0.05)


def status_of(folder: Path, **scripts: str) -> tuple[ExitCode, list[tuple[str, str]], Watched]:
    """Exit code, problems as code and subject, and what was called; nothing of it may be a write."""
    watched = Watched(write_project(folder, scripts), clock=VirtualClock().clock)
    status = watched.migrator.status()
    assert watched.writes() == {}
    assert all(problem.remedy for problem in status.problems)
    return status.exit_code(), [(problem.code, problem.subject) for problem in status.problems], watched


def set_record(client: Any, migration: str, **changes: str) -> None:
    """Change attributes of a record by hand."""
    client.update_item(
        TableName=HISTORY,
        Key={"scope": {"S": "osem"}, "item": {"S": f"migration#{migration}"}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        ExpressionAttributeNames={f"#{name}": name for name in changes},
        ExpressionAttributeValues={f":{name}": {"S": text} for name, text in changes.items()},
    )


def hold_lock(client: Any, heartbeat: int = 1) -> None:
    """Somebody has the lock."""
    texts = {"owner": "x", "host": "build-7", "identity": "bob"}
    numbers = {"pid": 1, "lease_ms": 20_000, "heartbeat": heartbeat, "acquired_at": 1, "fence": 5}
    item = {name: {"S": text} for name, text in texts.items()} | {n: {"N": str(v)} for n, v in numbers.items()}
    client.put_item(TableName=HISTORY, Item={"scope": {"S": "osem"}, "item": {"S": "lock"}, **item})


def test_before_the_first_upgrade_everything_is_pending(client: Any, tmp_path: Path) -> None:
    """It works without a history table, asks for nothing but the history, and creates none."""
    code, problems, watched = status_of(tmp_path, **SCRIPTS)
    assert code is ExitCode.PENDING
    assert problems == [("MIGRATION_PENDING", "0001_users"), ("MIGRATION_PENDING", "0002_teams")]
    assert watched.counts() == {"Query": 1, "ListTables": 1}
    assert client.list_tables()["TableNames"] == []


def test_in_sync_takes_a_few_questions_a_table(upgraded: Path) -> None:
    """One query and one listing, a description of each table, and what else might be on there; exit code 0."""
    code, problems, watched = status_of(upgraded)
    assert (code, problems) == (ExitCode.OK, [])
    assert watched.counts() == EVERYTHING


def test_a_declared_setting_takes_no_more_questions(client: Any, tmp_path: Path) -> None:
    """What might be on is asked for anyway."""
    ttl = 'operations = [SetTimeToLive("Teams", "expiresAt")]'
    Watched(write_project(tmp_path, {**SCRIPTS, "0003_ttl": ttl})).migrator.upgrade()
    _, problems, watched = status_of(tmp_path)
    assert problems == []
    assert watched.counts() == EVERYTHING


def test_an_extra_script_is_pending(upgraded: Path) -> None:
    """Exit code 3 names it."""
    code, problems, _ = status_of(upgraded, **{"0003_more": 'operations = [CreateTable("More", S("id"))]'})
    assert (code, problems) == (ExitCode.PENDING, [("MIGRATION_PENDING", "0003_more")])


def test_a_deleted_table_is_drift(client: Any, upgraded: Path) -> None:
    """Exit code 5 names it."""
    client.delete_table(TableName="osem-dev-Users")
    code, problems, _ = status_of(upgraded)
    assert (code, problems) == (ExitCode.DRIFT, [("DRIFT_TABLE_MISSING", "osem-dev-Users")])


def test_a_removed_index_is_drift(client: Any, upgraded: Path) -> None:
    """Exit code 5 names table and index, with a command that builds it again."""
    removal: Any = [{"Delete": {"IndexName": "managerId-index"}}]
    client.update_table(TableName="osem-dev-Teams", GlobalSecondaryIndexUpdates=removal)
    watched = Watched(write_project(upgraded, {}))
    migrator = watched.migrator
    while migrator.tables()[1].busy:
        pass  # the engine itself takes some hundred milliseconds
    status = migrator.status()
    assert status.exit_code() is ExitCode.DRIFT
    (problem,) = status.problems
    assert (problem.code, problem.subject) == ("DRIFT_INDEX_MISSING", "osem-dev-Teams")
    assert "managerId-index" in problem.message
    assert "aws dynamodb update-table" in problem.remedy


def test_an_unexpected_index_is_drift(client: Any, upgraded: Path) -> None:
    """An index that nobody declared is named, too."""
    client.update_table(
        TableName="osem-dev-Users",
        AttributeDefinitions=[
            {"AttributeName": "userId", "AttributeType": "S"},
            {"AttributeName": "email", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "email-index",
                    "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )
    until_settled(client, "osem-dev-Users")
    code, problems, _ = status_of(upgraded)
    assert (code, problems) == (ExitCode.DRIFT, [("DRIFT_INDEX_UNEXPECTED", "osem-dev-Users")])


def test_other_keys_and_other_billing_are_drift(client: Any, upgraded: Path) -> None:
    """A table that was made anew by hand, otherwise than declared, differs in everything that counts."""
    client.delete_table(TableName="osem-dev-Users")
    client.create_table(
        TableName="osem-dev-Users",
        AttributeDefinitions=[{"AttributeName": "userId", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "userId", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    code, problems, _ = status_of(upgraded)
    assert code is ExitCode.DRIFT
    assert problems == [("DRIFT_TABLE_KEYS", "osem-dev-Users"), ("DRIFT_BILLING", "osem-dev-Users")]


def test_an_edited_script_is_a_history_problem(upgraded: Path) -> None:
    """Exit code 4."""
    code, problems, _ = status_of(upgraded, **{"0001_users": USERS.replace("userId", "email")})
    assert code is ExitCode.HISTORY
    assert ("MIGRATION_CHANGED", "0001_users") in problems


def test_a_failed_migration_is_a_history_problem(client: Any, upgraded: Path) -> None:
    """A run that met drift left its record, and status shows both."""
    client.delete_table(TableName="osem-dev-Teams")
    project = write_project(upgraded, {"0003_more": 'operations = [AddIndex("Teams", "x-index", S("x"))]'})
    with pytest.raises(DriftFound):
        Watched(project).migrator.upgrade()
    code, problems, _ = status_of(upgraded)
    assert code is ExitCode.DRIFT
    assert problems == [("MIGRATION_FAILED", "0003_more"), ("DRIFT_TABLE_MISSING", "osem-dev-Teams")]


def test_a_running_record_without_a_lock_is_interrupted(client: Any, upgraded: Path) -> None:
    """Nobody is at it any more."""
    set_record(client, "0002_teams", state="running")
    assert status_of(upgraded)[:2] == (ExitCode.HISTORY, [("MIGRATION_INTERRUPTED", "0002_teams")])


def test_a_running_record_with_a_still_heartbeat_is_interrupted(client: Any, upgraded: Path) -> None:
    """The holder is dead, although the lock is not free yet."""
    set_record(client, "0002_teams", state="running")
    hold_lock(client)
    assert status_of(upgraded)[:2] == (ExitCode.HISTORY, [("MIGRATION_INTERRUPTED", "0002_teams")])


def status_while(client: Any, folder: Path, act: Any) -> tuple[ExitCode, list[ShownState]]:
    """Status, while ``act`` happens each time that it sleeps."""
    clock = VirtualClock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        act(len(clock.slept))

    watched = Watched(write_project(folder, {}), clock=replace(clock.clock, sleep=sleep))
    status = watched.migrator.status()
    assert watched.writes() == {}
    return status.exit_code(), [migration.state for migration in status.migrations]


def test_a_running_record_with_a_beating_heart_is_running(client: Any, upgraded: Path) -> None:
    """Another run is at work: not a problem of the history, but not done either."""
    set_record(client, "0002_teams", state="running")
    hold_lock(client)
    code, states = status_while(client, upgraded, lambda times: hold_lock(client, heartbeat=times + 1))
    assert (code, states[-1]) == (ExitCode.PENDING, ShownState.RUNNING)


def test_a_run_that_ends_while_one_looks_is_not_interrupted(client: Any, upgraded: Path) -> None:
    """The lock is gone because the work is done: what was recorded last is what counts."""
    set_record(client, "0002_teams", state="running")
    hold_lock(client)

    def finish(_times: int) -> None:
        set_record(client, "0002_teams", state="applied")
        client.delete_item(TableName=HISTORY, Key={"scope": {"S": "osem"}, "item": {"S": "lock"}})

    assert status_while(client, upgraded, finish) == (ExitCode.OK, [ShownState.APPLIED, ShownState.APPLIED])


def test_the_largest_exit_code_wins(client: Any, upgraded: Path) -> None:
    """Pending, history and drift at once: drift; each can be ignored by name."""
    client.delete_table(TableName="osem-dev-Users")
    scripts = {"0003_more": 'operations = [CreateTable("More", S("id"))]'}
    status = Watched(write_project(upgraded, scripts)).migrator.status()
    assert status.exit_code() is ExitCode.DRIFT
    assert status.exit_code({"drift"}) is ExitCode.PENDING
    assert status.exit_code({"drift", "pending"}) is ExitCode.OK


def test_planning_writes_nothing(client: Any, upgraded: Path) -> None:
    """``--dry-run`` asks for the history and nothing else."""
    watched = Watched(write_project(upgraded, {"0003_by_season": BY_MANAGER.replace("manager", "season")}))
    assert not watched.migrator.plan().is_empty
    assert watched.counts() == {"Query": 1}


def test_tables_are_listed_with_what_they_hold(client: Any, upgraded: Path) -> None:
    """The environment's tables, the history too; details ask for every setting, and nothing is written."""
    client.create_table(
        TableName="somebody-elses",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    watched = Watched(write_project(upgraded, {}))
    assert [live.physical_name for live in watched.migrator.tables()] == [
        HISTORY,
        "osem-dev-Teams",
        "osem-dev-Users",
    ]
    assert watched.counts() == {"ListTables": 1, "DescribeTable": 3}
    watched.migrator.tables(ListOptions(details=True))
    assert watched.counts()["DescribeTimeToLive"] == 3
    assert watched.writes() == {}


def test_the_words_for_writes_are_words_of_the_api(client: Any) -> None:
    """The tests above would prove nothing if they looked for calls that do not exist."""
    known = set(client.meta.service_model.operation_names)
    assert known >= WRITES
    assert ENVIRONMENTS
    assert TEAMS
