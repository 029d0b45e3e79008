"""Whole journeys on DynamoDB Local, with items in the tables: data stays, and queries on new indexes return it."""

import os
from typing import TYPE_CHECKING, Any

import pytest

from osem_migrate import DowngradeOptions, UpgradeOptions
from osem_migrate.config import Project
from osem_migrate.errors import ExitCode
from osem_migrate.events import OperationFinished, Waiting
from osem_migrate.execution.operation_run import Pace
from osem_migrate.history import RecordedState
from tests.doubles.project import BY_MANAGER, TEAMS, Watched, own_project, write_project
from tests.engines.engine import Engine

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_dynamodb.client import DynamoDBClient

ITEMS = 60
MANAGERS = 3
TORTURE = bool(os.environ.get("OSEM_TORTURE"))

# Where each index takes half a minute, one journey is enough for every day.
NOT_DELAYED = pytest.param("engine", False, id="engine")
DELAYED = pytest.param("delayed_engine", True, marks=pytest.mark.slow, id="delayed_engine")
DELAYED_IN_TORTURE = pytest.param("delayed_engine", marks=pytest.mark.skipif(not TORTURE, reason="OSEM_TORTURE=1"))


@pytest.fixture
def on_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """DynamoDB Local, the delayed one where the test asks for it, found through the variables of every SDK."""
    engine: Engine = request.getfixturevalue(getattr(request, "param", "engine"))
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    return engine


def _fill(client: "DynamoDBClient", table: str = "osem-dev-Teams") -> None:
    for number in range(ITEMS):
        item = {"teamId": {"S": f"t{number}"}, "managerId": {"S": f"m{number % MANAGERS}"}, "size": {"N": str(number)}}
        client.put_item(TableName=table, Item=item)


def _items(client: "DynamoDBClient", table: str = "osem-dev-Teams") -> list[dict[str, Any]]:
    return sorted(client.scan(TableName=table, ConsistentRead=True)["Items"], key=lambda item: item["teamId"]["S"])


def _led_by(client: "DynamoDBClient", manager: str) -> list[dict[str, Any]]:
    """What the index says."""
    found = client.query(
        TableName="osem-dev-Teams",
        IndexName="managerId-index",
        KeyConditionExpression="managerId = :m",
        ExpressionAttributeValues={":m": {"S": manager}},
    )["Items"]
    return sorted(found, key=lambda item: item["teamId"]["S"])


def _schema(client: "DynamoDBClient") -> dict[str, Any]:
    """Every table but the history: state, keys and indexes by name."""
    schema = {}
    for name in client.list_tables()["TableNames"]:
        if name.endswith("SchemaMigrations"):
            continue
        table: dict[str, Any] = dict(client.describe_table(TableName=name)["Table"])
        indexes = {
            index["IndexName"]: (index["KeySchema"], index["Projection"])
            for index in table.get("GlobalSecondaryIndexes", ())
        }
        keys = sorted((key["AttributeName"], key["AttributeType"]) for key in table["AttributeDefinitions"])
        schema[name] = (table["TableStatus"], table["KeySchema"], keys, indexes)
    return schema


def _records(project: Project) -> dict[str, tuple[RecordedState, tuple[int, ...], tuple[int, ...]]]:
    records = Watched(project).migrator.deployment.history.read().records
    return {name: (record.state, record.done, record.doubt) for name, record in records.items()}


def test_folded_and_unfolded_end_the_same(on_engine: Engine, tmp_path: "Path") -> None:
    """Folding spares eight UpdateTable calls; schema and history are identical."""
    project = own_project(tmp_path)
    client = on_engine.client()
    unfolded = Watched(project)
    unfolded.migrator.upgrade()
    schema, records = _schema(client), _records(project)
    log = [(event.what, event.migration) for event in unfolded.migrator.history()]
    reverted = Watched(project).migrator.downgrade(DowngradeOptions("0", allow_data_loss=True)).reverted
    assert len(reverted) == 14
    assert _schema(client) == {}
    seen = len(log) + len(reverted) * 2

    folded = Watched(project)
    assert len(folded.migrator.upgrade(UpgradeOptions(fold=True)).applied) == 14
    assert [name for name, table in folded.mutations()] == ["CreateTable"] * 6
    assert _schema(client) == schema
    assert _records(project) == records
    again = [(event.what, event.migration) for event in folded.migrator.history()][seen:]
    assert sorted(again) == sorted(log)
    assert folded.migrator.status().exit_code() is ExitCode.OK


@pytest.mark.parametrize("on_engine", ["engine", DELAYED_IN_TORTURE], indirect=True)
def test_a_later_index_finds_what_is_there(on_engine: Engine, tmp_path: "Path") -> None:
    """An index over a populated table returns every item as soon as upgrade says that it is done."""
    Watched(write_project(tmp_path, {"0001_teams": TEAMS})).migrator.upgrade()
    client = on_engine.client()
    _fill(client)
    before = _items(client)
    project = write_project(tmp_path, {"0002_by_manager": BY_MANAGER})
    assert Watched(project).migrator.upgrade(UpgradeOptions(fold=True)).applied == ("0002_by_manager",)
    assert _items(client) == before
    for manager in range(MANAGERS):
        assert _led_by(client, f"m{manager}") == [item for item in before if item["managerId"]["S"] == f"m{manager}"]


@pytest.mark.parametrize("on_engine", ["engine", DELAYED_IN_TORTURE], indirect=True)
def test_down_and_up_again_with_items(on_engine: Engine, tmp_path: "Path") -> None:
    """A downgrade drops the index and keeps the items; the next upgrade's index has them all again."""
    project = write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    Watched(project).migrator.upgrade()
    client = on_engine.client()
    _fill(client)
    before = _items(client)
    down = Watched(project)
    assert down.migrator.downgrade(DowngradeOptions("1", allow_data_loss=True)).reverted == ("0002_by_manager",)
    assert down.mutations() == [("UpdateTable", "osem-dev-Teams")]
    assert _items(client) == before
    assert "GlobalSecondaryIndexes" not in client.describe_table(TableName="osem-dev-Teams")["Table"]
    assert down.migrator.status().exit_code() is ExitCode.PENDING
    assert _records(project)["0002_by_manager"] == (RecordedState.REVERTED, (), ())
    assert Watched(project).migrator.downgrade(DowngradeOptions("1", allow_data_loss=True)).reverted == ()

    assert Watched(project).migrator.upgrade().applied == ("0002_by_manager",)
    assert _items(client) == before
    assert len(_led_by(client, "m2")) == ITEMS // MANAGERS
    assert Watched(project).migrator.status().exit_code() is ExitCode.OK


@pytest.mark.parametrize(("on_engine", "is_delayed"), [NOT_DELAYED, DELAYED], indirect=["on_engine"])
def test_begun_now_and_waited_for_later(*, on_engine: Engine, is_delayed: bool, tmp_path: "Path") -> None:
    """Without waiting, upgrade returns at once and says what is in progress; a waiting one begins nothing.

    On the delayed engine, whose index takes half a minute, it ends only when the index can be queried.
    """
    Watched(write_project(tmp_path, {"0001_teams": TEAMS})).migrator.upgrade()
    client = on_engine.client()
    _fill(client)
    before = _items(client)
    project = write_project(tmp_path, {"0002_by_manager": BY_MANAGER})
    begun = Watched(project)
    result = begun.migrator.upgrade(UpgradeOptions(pace=Pace.NO_WAIT))
    assert (result.applied, result.in_progress) == ((), ("0002_by_manager",))
    assert begun.mutations() == [("UpdateTable", "osem-dev-Teams")]
    assert _records(project)["0002_by_manager"] == (RecordedState.RUNNING, (), (0,))

    seen: list[str] = []

    def look(event: object) -> None:
        if isinstance(event, OperationFinished):
            table = client.describe_table(TableName="osem-dev-Teams")["Table"]
            seen.extend(index["IndexStatus"] for index in table["GlobalSecondaryIndexes"])

    waiting = Watched(project, on_event=look)
    assert waiting.migrator.upgrade(UpgradeOptions(pace=Pace.WAIT_ONLY)).applied == ("0002_by_manager",)
    assert waiting.mutations() == []
    assert seen == ["ACTIVE"]
    if is_delayed:
        waits = [event for event in waiting.events if isinstance(event, Waiting) and event.subject == "managerId-index"]
        assert waits[-1].waited > 5, "the engine was slow enough for the test to mean something"
        assert waiting.counts()["DescribeTable"] < 200
    assert _items(client) == before
    assert len(_led_by(client, "m0")) == ITEMS // MANAGERS
    assert Watched(project).migrator.status().exit_code() is ExitCode.OK


def test_one_step_at_a_time(on_engine: Engine, tmp_path: "Path") -> None:
    """Begin without waiting, wait without beginning, and again: everything comes about, each call made once."""
    project = write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    made = []
    for pace in (Pace.NO_WAIT, Pace.WAIT_ONLY, Pace.NO_WAIT, Pace.WAIT_ONLY):
        watched = Watched(project)
        watched.migrator.upgrade(UpgradeOptions(pace=pace))
        mutations = [name for name, table in watched.mutations() if table == "osem-dev-Teams"]
        made.append(mutations)
    assert made == [["CreateTable"], [], ["UpdateTable"], []]
    assert Watched(project).migrator.status().exit_code() is ExitCode.OK
