"""``upgrade`` on real engines: what it makes, what it leaves alone, and by which calls."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from osem_migrate import UpgradeOptions
from osem_migrate.deployment.connection import Connection
from osem_migrate.errors import ConfirmationRequired, DriftFound, ExitCode, LockHeld, PartialError, ScriptError
from osem_migrate.events import LockWaiting, OperationFinished
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS, Watched, client_of, own_project, write_project
from tests.doubles.typed import typed
from tests.engines.engine import Engine

ADD_INDEX = {
    "AttributeDefinitions": [
        {"AttributeName": "teamId", "AttributeType": "S"},
        {"AttributeName": "managerId", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexUpdates": [
        {
            "Create": {
                "IndexName": "managerId-index",
                "KeySchema": [{"AttributeName": "managerId", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        }
    ],
}


@pytest.fixture
def on_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """DynamoDB Local, found through the environment variables that every AWS SDK knows."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    return engine


def test_the_projects_own_migrations(on_engine: Engine, tmp_path: Path) -> None:
    """Six tables, eight indexes, a history, by 7 + 8 calls; then nothing, by one question; and status agrees."""
    project = own_project(tmp_path)
    first = Watched(project)
    upgraded = first.migrator.upgrade()
    assert [name[:4] for name in upgraded.applied] == [f"{number:04}" for number in range(1, 15)]

    client = on_engine.client()
    names = sorted(client.list_tables()["TableNames"])
    assert names == [
        f"osem-dev-{entity}"
        for entity in (
            "AssessmentPlans",
            "AssessmentReports",
            "Assessments",
            "ConfigVersions",
            "SchemaMigrations",
            "Teams",
            "Users",
        )
    ]
    described = [client.describe_table(TableName=name)["Table"] for name in names]
    indexes = [index for table in described for index in table.get("GlobalSecondaryIndexes", ())]
    assert len(indexes) == 8
    assert {index["IndexStatus"] for index in indexes} == {"ACTIVE"}
    assert {table["TableStatus"] for table in described} == {"ACTIVE"}

    assert Counter(name for name, _ in first.mutations()) == {"CreateTable": 7, "UpdateTable": 8}
    assert all(len(request["GlobalSecondaryIndexUpdates"]) == 1 for request in first.requests)
    assert first.counts()["TransactWriteItems"] == 1 + 2 * 14, "the plan, and the intent and the end of each migration"

    second = Watched(project)
    assert second.migrator.upgrade().applied == ()
    assert second.counts() == {"Query": 1}, "one look at the history, no lock, no write"

    status = Watched(project)
    assert status.migrator.status().exit_code() is ExitCode.OK
    assert status.writes() == {}
    assert status.counts()["DescribeTable"] == 6
    history = Watched(project).migrator.history()
    assert Counter(event.what for event in history) == {"started": 14, "applied": 14}


def test_an_index_made_by_hand_is_adopted(on_engine: Engine, tmp_path: Path) -> None:
    """Made exactly as the pending script declares, still building: it is waited for, recorded, and not asked for."""
    Watched(write_project(tmp_path, {"0001_teams": TEAMS})).migrator.upgrade()
    on_engine.client().update_table(TableName="osem-dev-Teams", **ADD_INDEX)  # type: ignore[arg-type]
    watched = Watched(write_project(tmp_path, {"0002_by_manager": BY_MANAGER}))
    assert watched.migrator.upgrade().applied == ("0002_by_manager",)
    assert watched.mutations() == []
    finished = [event for event in watched.events if isinstance(event, OperationFinished)]
    assert [event.adopted for event in finished] == [True]
    assert watched.migrator.status().exit_code() is ExitCode.OK


def test_an_index_made_by_hand_otherwise_is_drift(on_engine: Engine, tmp_path: Path) -> None:
    """Of the right name, with another projection: nothing is touched, and the difference is named."""
    project = write_project(
        tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER.replace("))]", "), None, 'KEYS_ONLY')]")}
    )
    Watched(project).migrator.upgrade(UpgradeOptions(target="1"))
    on_engine.client().update_table(TableName="osem-dev-Teams", **ADD_INDEX)  # type: ignore[arg-type]
    watched = Watched(project)
    with pytest.raises(DriftFound, match="KEYS_ONLY") as caught:
        watched.migrator.upgrade()
    assert caught.value.exit_code is ExitCode.ERROR
    assert watched.mutations() == []
    codes = [problem.code for problem in watched.migrator.status().problems]
    assert codes == ["MIGRATION_FAILED", "DRIFT_INDEX_PROJECTION"]


def test_items_survive_and_new_indexes_find_them(on_engine: Engine, tmp_path: Path) -> None:
    """An index built over items that are there returns them as soon as upgrade says that it is done."""
    Watched(write_project(tmp_path, {"0001_teams": TEAMS})).migrator.upgrade()
    client = on_engine.client()
    for number in range(60):
        item = {"teamId": {"S": f"t{number}"}, "managerId": {"S": f"m{number % 3}"}, "size": {"N": str(number)}}
        client.put_item(TableName="osem-dev-Teams", Item=item)
    before = sorted(client.scan(TableName="osem-dev-Teams")["Items"], key=lambda item: item["teamId"]["S"])
    Watched(write_project(tmp_path, {"0002_by_manager": BY_MANAGER})).migrator.upgrade()
    found = client.query(
        TableName="osem-dev-Teams",
        IndexName="managerId-index",
        KeyConditionExpression="managerId = :m",
        ExpressionAttributeValues={":m": {"S": "m1"}},
    )
    assert found["Count"] == 20
    assert {"teamId", "managerId", "size"} == found["Items"][0].keys()
    after = sorted(client.scan(TableName="osem-dev-Teams")["Items"], key=lambda item: item["teamId"]["S"])
    assert after == before


def test_a_target_stops_there(on_engine: Engine, tmp_path: Path) -> None:
    """``--to`` applies up to that version, and the rest stays pending."""
    watched = Watched(write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER}))
    assert watched.migrator.upgrade(UpgradeOptions(target="0001")).applied == ("0001_teams",)
    assert watched.migrator.status().exit_code() is ExitCode.PENDING
    assert [m.migration.id for m in watched.migrator.plan().migrations] == ["0002_by_manager"]


@pytest.mark.parametrize("script", ['operations = [AddIndex("Nobody", "x-index", S("x"))]', "operations = [", ""])
def test_a_mistake_in_a_script_writes_nothing(on_engine: Engine, tmp_path: Path, script: str) -> None:
    """It costs no write at all, not even the history table, and names the file."""
    watched = Watched(write_project(tmp_path, {"0001_teams": TEAMS, "0002_mistake": script}))
    with pytest.raises(ScriptError, match=r"0002_mistake\.py"):
        watched.migrator.upgrade()
    assert watched.writes() == {}
    assert on_engine.client().list_tables()["TableNames"] == []


def test_data_is_lost_only_after_a_yes(on_engine: Engine, tmp_path: Path) -> None:
    """A plan that drops a table stops before the lock is taken; confirmed, it runs."""
    Watched(write_project(tmp_path, {"0001_teams": TEAMS})).migrator.upgrade()
    project = write_project(tmp_path, {"0002_no_teams": 'operations = [DropTable("Teams")]'})
    watched = Watched(project)
    with pytest.raises(ConfirmationRequired, match="Teams"):
        watched.migrator.upgrade()
    assert watched.writes() == {}
    assert Watched(project).migrator.upgrade(UpgradeOptions(allow_data_loss=True)).applied == ("0002_no_teams",)
    assert on_engine.client().list_tables()["TableNames"] == [HISTORY]


def test_a_lock_that_is_held_is_exit_code_6(on_engine: Engine, tmp_path: Path) -> None:
    """Another run is at it: nothing is touched, and people are told whom they wait for."""
    Watched(write_project(tmp_path, {"0001_teams": TEAMS})).migrator.upgrade()
    holder = {"owner": "x", "host": "build-7", "identity": "arn:aws:iam::1:user/bob", "run_url": "https://ci/1"}
    numbers = {"pid": 1, "lease_ms": 20_000, "heartbeat": 1, "acquired_at": 1, "fence": 5}
    item = {name: {"S": text} for name, text in holder.items()} | {n: {"N": str(v)} for n, v in numbers.items()}
    on_engine.client().put_item(TableName=HISTORY, Item={"scope": {"S": "osem"}, "item": {"S": "lock"}, **item})
    watched = Watched(write_project(tmp_path, {"0002_by_manager": BY_MANAGER}))
    with pytest.raises(LockHeld, match="https://ci/1") as caught:
        watched.migrator.upgrade(UpgradeOptions(lock_timeout=0.6))
    assert caught.value.exit_code is ExitCode.LOCKED
    assert watched.writes() == {}
    assert any(isinstance(event, LockWaiting) for event in watched.events)


def test_two_upgrades_at_once_do_the_work_once(on_engine: Engine, tmp_path: Path) -> None:
    """The second waits for the lock, plans again, and finds nothing left to do."""
    project = write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    runs = [Watched(project), Watched(project)]
    barrier = threading.Barrier(2, timeout=30)

    def upgrade(run: Watched) -> tuple[str, ...]:
        barrier.wait()
        return run.migrator.upgrade().applied

    with ThreadPoolExecutor(2) as pool:
        applied = list(pool.map(upgrade, runs))
    assert sorted(applied) == [(), ("0001_teams", "0002_by_manager")]
    made = [mutation for run in runs for mutation in run.mutations() if mutation[1] == "osem-dev-Teams"]
    assert made == [("CreateTable", "osem-dev-Teams"), ("UpdateTable", "osem-dev-Teams")]


def test_what_dynamodb_local_lacks_is_a_note(on_engine: Engine, tmp_path: Path) -> None:
    """Tags and recovery are left out there, said once each by status, and never drift."""
    settings = "[tool.osem-migrate.environments.dev]\npoint_in_time_recovery = true\ntags = { Env = 'dev' }\n"
    more = 'operations = [SetTags("Teams", {"Team": "core"}), SetTableClass("Teams", "STANDARD_INFREQUENT_ACCESS")]'
    watched = Watched(write_project(tmp_path, {"0001_teams": TEAMS, "0002_more": more}, settings))
    assert len(watched.migrator.upgrade().applied) == 2
    notes = [event.note for event in watched.events if isinstance(event, OperationFinished)]
    assert [note for note in notes if note] == [
        "this local engine does not support tags; it was left out",
        "this local engine does not support table class; it was left out",
    ]
    status = watched.migrator.status()
    assert status.exit_code() is ExitCode.OK
    assert len(status.notes) == 3


def test_settings_arrive_on_an_engine_that_has_them(moto_server: str, tmp_path: Path) -> None:
    """Tags, recovery and time to live are on the table, and status compares them."""
    settings = "[tool.osem-migrate.environments.dev]\ntags = { Env = '{env}' }\ndeletion_protection = true\n"
    script = """operations = [
        CreateTable("Teams", S("teamId"), settings=[SetPointInTimeRecovery("Teams", True, days=7)]),
        SetTimeToLive("Teams", "expiresAt"),
        SetTimeToLive("Teams", "deleteAt"),
        SetBilling.provisioned("Teams", read=2, write=3),
    ]"""
    project = write_project(tmp_path, {"0001_teams": script}, settings)
    watched = Watched(project, connection=Connection(endpoint_url=moto_server))
    watched.migrator.upgrade()
    client = client_of(moto_server)
    table = client.describe_table(TableName="osem-dev-Teams")["Table"]
    assert table["DeletionProtectionEnabled"] is True
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    assert client.describe_time_to_live(TableName="osem-dev-Teams")["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "deleteAt",
    }
    assert watched.migrator.status().exit_code() is ExitCode.OK
    client.tag_resource(ResourceArn=table["TableArn"], Tags=[{"Key": "Env", "Value": "prod"}])
    off = {"PointInTimeRecoveryEnabled": False}
    client.update_continuous_backups(TableName="osem-dev-Teams", PointInTimeRecoverySpecification=off)
    status = Watched(project, connection=Connection(endpoint_url=moto_server)).migrator.status()
    assert status.exit_code() is ExitCode.DRIFT
    assert [problem.code for problem in status.problems] == ["DRIFT_SETTING"]
    assert [remark.code for remark in status.remarks] == ["DRIFT_SETTING_DEFAULT"]


def test_a_timeout_is_partial_and_the_next_run_only_waits(on_engine: Engine, tmp_path: Path) -> None:
    """``--timeout`` ends the wait, not the build: exit code 2 names the command, which then adopts the index."""
    project = write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    with pytest.raises(PartialError, match="has not settled") as caught:
        Watched(project).migrator.upgrade(UpgradeOptions(timeout=0.01))
    assert caught.value.exit_code is ExitCode.PARTIAL
    assert caught.value.applied == ("0001_teams",)
    assert "osem-migrate upgrade --env dev" in typed(caught.value)
    again = Watched(project)
    assert again.migrator.upgrade().applied == ("0002_by_manager",)
    assert again.mutations() == []
