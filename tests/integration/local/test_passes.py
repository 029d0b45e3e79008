"""Passes over items on DynamoDB Local: its conditions, segments and transactions are not ours."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import DowngradeOptions, PartialError, Resolution, ResolveOptions, UpgradeOptions
from osem_migrate.deployment.connection import Connection
from osem_migrate.errors import MigrationMissing
from tests.doubles.pass_site import FUNCTIONS, USERS
from tests.doubles.project import Watched, write_project
from tests.engines.engine import Engine

TABLES = """from osem_migrate import B
operations = [CreateTable("Users", S("id")), CreateTable("Sessions", B("id"), sort_key=N("at"))]"""
PASSES = f"""{FUNCTIONS}
operations = [
    UpdateItems("Users", full_name, undo=no_full_name, where="attribute_exists(first)"),
    PutItems("Users", [{{"id": "system"}}]),
]
"""
ORPHANS = f'{FUNCTIONS}\noperations = [DeleteItems("Sessions", is_orphan, lookups=["Users"])]\n'
COUNT = 100


@pytest.fixture
def scripts(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The tables, with users who have odd attributes, and sessions by binary keys."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    scripts = {"0001_tables": TABLES}
    watched(engine, tmp_path, scripts).migrator.upgrade()
    client = engine.client()
    for number in range(COUNT):
        client.put_item(TableName=USERS, Item=odd(number))
    for number in range(30):
        key: dict[str, Any] = {"id": {"B": bytes([number, 255])}, "at": {"N": "1E-20"}}
        owner = {"user": {"S": f"u{number}" if number % 2 else "nobody"}}
        client.put_item(TableName="osem-dev-Sessions", Item={**key, **owner})
    return scripts


def watched(engine: Engine, folder: Path, scripts: dict[str, str]) -> Watched:
    """A new process, so to speak."""
    return Watched(write_project(folder, scripts), connection=Connection(endpoint_url=engine.endpoint_url))


def odd(number: int) -> dict[str, Any]:
    """Reserved words, dots, 38 digits and every type."""
    return {
        "id": {"S": f"u{number}"},
        "first": {"S": "Ada"},
        "last": {"S": str(number)},
        "a.b#c": {"N": str(Decimal("0.12345678901234567890123456789012345678"))},
        "size": {"M": {"status": {"L": [{"NULL": True}, {"BOOL": False}, {"B": b"\x00"}]}}},
        "sets": {"NS": ["1", "2"]},
    }


def test_passes_run_on_another_engine(engine: Engine, tmp_path: Path, scripts: dict[str, str]) -> None:
    """Changes, seeds and deletions, and back: every item is as it was but for what the functions say."""
    scripts |= {"0002_passes": PASSES, "0003_orphans": ORPHANS}
    watched(engine, tmp_path, scripts).migrator.upgrade(UpgradeOptions(allow_data_loss=True))
    client = engine.client()
    found = {item["id"]["S"]: item for item in client.scan(TableName=USERS, ConsistentRead=True)["Items"]}
    assert len(found) == COUNT + 1
    assert found["u7"] == {**odd(7), "fullName": {"S": "Ada 7"}} | {"sets": found["u7"]["sets"]}
    assert client.scan(TableName="osem-dev-Sessions", Select="COUNT")["Count"] == 15


def test_a_downgrade_runs_on_another_engine(engine: Engine, tmp_path: Path, scripts: dict[str, str]) -> None:
    """By the undo function; what was seeded is taken back."""
    scripts |= {"0002_passes": PASSES}
    client = engine.client()
    client.put_item(TableName=USERS, Item={"id": {"S": "broken"}, "first": {"S": "x"}})
    with pytest.raises(PartialError, match="id broken: "):
        watched(engine, tmp_path, scripts).migrator.upgrade()
    client.delete_item(TableName=USERS, Key={"id": {"S": "broken"}})
    watched(engine, tmp_path, scripts).migrator.upgrade()
    watched(engine, tmp_path, scripts).migrator.downgrade(DowngradeOptions("1"))
    found = client.scan(TableName=USERS, ConsistentRead=True)["Items"]
    assert len(found) == COUNT
    assert all("fullName" not in item for item in found)


def test_a_renamed_pass_goes_on_on_another_engine(engine: Engine, tmp_path: Path, scripts: dict[str, str]) -> None:
    """With its failures, which are written with a checkpoint, and without going through anything again."""
    scripts |= {"0002_passes": PASSES}
    client = engine.client()
    client.put_item(TableName=USERS, Item={"id": {"S": "broken"}, "first": {"S": "x"}})
    with pytest.raises(PartialError, match="id broken: "):
        watched(engine, tmp_path, scripts).migrator.upgrade()
    (tmp_path / "migrations" / "0002_passes.py").unlink()
    scripts["0003_names"] = scripts.pop("0002_passes")
    renamed = watched(engine, tmp_path, scripts).migrator
    with pytest.raises(MigrationMissing, match="its script is 0003_names now"):
        renamed.upgrade()
    renamed.resolve(ResolveOptions("0003_names", Resolution.RENAMED))
    (failure,) = renamed.failures().failures
    assert (failure.key.migration, failure.item.key) == ("0003_names", {"id": {"S": "broken"}})
    client.delete_item(TableName=USERS, Key={"id": {"S": "broken"}})
    going_on = watched(engine, tmp_path, scripts)
    going_on.migrator.upgrade()
    assert [call.table for call in going_on.calls if call.action == "dynamodb:Scan"].count(USERS) == 0
    assert {one.key.migration for one in going_on.migrator.passes()} == {"0003_names"}
    found = client.scan(TableName=USERS, ConsistentRead=True)["Items"]
    assert sum("fullName" in item for item in found) == COUNT
