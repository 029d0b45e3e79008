"""``verify --probe`` on DynamoDB Local: any table that can be declared is probed through every index it has."""

import os
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given, settings

from osem_migrate import VerifyOptions
from osem_migrate.commands.probe import probe_tables
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.live_table import LiveTable
from osem_migrate.migrator import Migrator
from osem_migrate.operations import CreateTable
from osem_migrate.planning.probe import MARKER, TEXT, make_sample
from osem_migrate.planning.verify import check_table
from osem_migrate.schema import Schema, Table
from osem_migrate.stop import Stop
from tests import strategies
from tests.doubles.project import TEAMS, Watched, own_project, write_project
from tests.engines.engine import Engine

TORTURE = bool(os.environ.get("OSEM_TORTURE"))
TABLES = 200 if TORTURE else 6
TABLE = "osem-dev-Users"
OTHERS = {"S": {"S": "somebody's"}, "N": {"N": "7"}, "B": {"B": b"somebody's"}}
BY_TEAM = """operations = [
    CreateTable("Plans", S("planId"), N("version"), indexes=[Index("team-index", (S("teamId"), N("season")))]),
    SetTimeToLive("Plans", "expiresAt"),
]"""


@pytest.fixture
def client(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Any:
    """DynamoDB Local, found through the environment variables that every AWS SDK knows."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    return engine.client()


@pytest.fixture
def deployment(client: Any, tmp_path: Path) -> Deployment:
    """Environment dev there."""
    return Migrator.open(project=write_project(tmp_path, {"0001_teams": TEAMS})).deployment


def _create(client: Any, create: CreateTable) -> None:
    for step in create.steps(Schema()):
        try:
            getattr(client, step.method)(**step.call(TABLE))
        except ClientError as refusal:
            # Tags and recovery: this engine does not know them, and a probe has no need of them.
            if refusal.response["Error"]["Code"] != "UnknownOperationException":
                raise


def _live(deployment: Deployment, table: Table) -> LiveTable:
    (live,) = deployment.gateway.describe_all({"Users": [type(setting) for setting in table.settings]})
    return live


def _somebodys_items(client: Any, table: Table) -> list[dict[str, Any]]:
    """One item of other keys, and one that shares every key attribute with a sample but those of the table."""
    own = {key.name: OTHERS[key.type] for key in table.keys}
    twin = make_sample(table, "-", now=0)
    shared = {name: value for name, value in twin.item.items() if name != twin.marker}
    if table.sort_key is not None:
        partition = {table.partition_key.name: twin.item[table.partition_key.name]}
        client.put_item(TableName=TABLE, Item=shared | own | partition)
    client.put_item(TableName=TABLE, Item=shared | own)
    return _items(client)


def _items(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.scan(TableName=TABLE, ConsistentRead=True)["Items"]
    return sorted(found, key=repr)


@settings(
    max_examples=TABLES,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(create=strategies.create_tables("Users"))
def test_any_table_is_probed_through_every_index(create: CreateTable, client: Any, deployment: Deployment) -> None:
    """Every index shows the sample, multi-attribute keys and all projections too; everybody's items stay."""
    _create(client, create)
    try:
        table = create.apply(Schema()).table("Users")
        live = _live(deployment, table)
        assert check_table(live, table).passed
        before = _somebodys_items(client, table)
        checks = probe_tables(deployment, [live], Stop(), again="")["Users"]
        assert [check.describe() for check in checks if not check.passed] == []
        assert len(checks) == 1 + len(table.all_indexes)
        assert _items(client) == before
    finally:
        client.update_table(TableName=TABLE, DeletionProtectionEnabled=False)
        client.delete_table(TableName=TABLE)


def test_a_whole_environment(client: Any, tmp_path: Path) -> None:
    """This repository's own six tables and eight indexes: verified without a write, then probed."""
    project = own_project(tmp_path)
    Watched(project).migrator.upgrade()
    checked = Watched(project)
    assert checked.migrator.verify().passed
    assert checked.writes() == {}
    assert checked.counts()["DescribeTable"] == 6
    probed = Watched(project)
    found = probed.migrator.verify(VerifyOptions(probe=True))
    assert found.passed
    assert len(found.probed) == 6
    assert probed.writes() == {"PutItem": 6, "DeleteItem": 6}
    assert probed.counts()["Query"] >= 1 + 8
    for name in client.list_tables()["TableNames"]:
        assert not [item for item in client.scan(TableName=name)["Items"] if MARKER in item]


def test_what_a_killed_probe_left_is_removed(client: Any, tmp_path: Path) -> None:
    """A sample of yesterday: replaced and removed; it would have expired by itself a day later."""
    project = write_project(tmp_path, {"0001_plans": BY_TEAM})
    Watched(project).migrator.upgrade()
    left = {"planId": {"S": TEXT}, "version": {"N": "-271828182845"}, MARKER: {"S": "1790000000000-0123"}}
    client.put_item(TableName="osem-dev-Plans", Item=left)
    assert Watched(project).migrator.verify(VerifyOptions(probe=True)).passed
    assert client.scan(TableName="osem-dev-Plans")["Items"] == []
