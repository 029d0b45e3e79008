"""Importing: the scripts of what is there, recorded as applied, or nothing at all."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import ImportOptions, StampOptions
from osem_migrate.deployment.connection import Connection
from osem_migrate.errors import (
    ExitCode,
    LockHeld,
    MigrationMissing,
    MigrationsPending,
    ResourceInUse,
    ResourceNotFound,
    ScriptError,
)
from osem_migrate.files.loader import load
from osem_migrate.operations import CreateTable, SetEncryption
from osem_migrate.schema import S
from tests.doubles.project import HISTORY, TEAMS, Watched, client_of, write_project
from tests.doubles.typed import typed

TAGGED = '[tool.osem-migrate.environments.dev]\ntags = { Team = "core" }\n'


class World:
    """Two tables made by hand before a moto server, and a project without scripts."""

    def __init__(self, endpoint_url: str, folder: Path) -> None:
        self.connection = Connection(endpoint_url=endpoint_url)
        self.client = client_of(endpoint_url)
        self.folder = folder
        write_project(folder, {}, TAGGED)
        self.scripts.rmdir()
        for name in ("Users", "Teams"):
            self.make(f"osem-dev-{name}")

    @property
    def scripts(self) -> Path:
        """The migrations folder."""
        return self.folder / "migrations"

    def make(self, name: str) -> None:
        """A table without anything, but for the tag that all have."""
        self.client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": "Team", "Value": "core"}],
        )

    def watched(self, scripts: dict[str, str] | None = None) -> Watched:
        """A new process, so to speak."""
        project = write_project(self.folder, scripts or {}, TAGGED)
        if not scripts and not any(self.scripts.iterdir()):
            self.scripts.rmdir()
        return Watched(project, connection=self.connection)

    def hold_lock(self) -> None:
        """Somebody is at work."""
        numbers = {"pid": 1, "lease_ms": 3_600_000, "heartbeat": 3, "acquired_at": 1, "fence": 5}
        item: dict[str, Any] = {"scope": {"S": "osem"}, "item": {"S": "lock"}}
        item |= {name: {"N": str(number)} for name, number in numbers.items()}
        item |= {name: {"S": "bob"} for name in ("owner", "host", "identity")}
        self.client.put_item(TableName=HISTORY, Item=item)


@pytest.fixture
def world(moto_server: str, tmp_path: Path) -> World:
    """Nothing imported yet, and no folder of scripts."""
    return World(moto_server, tmp_path)


def test_every_table_of_the_environment_gets_a_script(world: World) -> None:
    """And no other; applied there, and in sync at once. What every table gets is not written."""
    world.make("osem-staging-Teams")
    watched = world.watched()
    survey = watched.migrator.plan_import()
    assert watched.writes() == {}
    assert not world.scripts.exists()
    assert [create.table for create in survey.creations] == ["Teams", "Users"]
    assert survey.creations[0] == CreateTable("Teams", S("id"))
    imported = watched.migrator.import_tables(survey)
    assert [draft.path.name for draft in imported.drafts] == [
        "0001_create_table_teams.py",
        "0002_create_table_users.py",
    ]
    assert imported.drafts == survey.drafts
    assert [draft.path.read_text() for draft in imported.drafts] == [draft.source for draft in survey.drafts]
    assert tuple(one.operations[0] for one in load(world.scripts).migrations) == survey.creations
    assert imported.recorded == ("0001_create_table_teams", "0002_create_table_users")
    assert watched.mutations() == [("CreateTable", HISTORY)]
    assert watched.migrator.status().exit_code() is ExitCode.OK, "the same Migrator knows the new scripts"
    log = watched.migrator.history()
    assert [(event.what, event.reason) for event in log] == [("stamped", "imported")] * 2
    assert world.watched().migrator.upgrade().applied == ()


def test_tables_may_be_named(world: World) -> None:
    """By either name; then nothing else is looked at, and no list of all tables is asked for."""
    watched = world.watched()
    assert [
        create.table
        for create in watched.migrator.plan_import(ImportOptions(names=["Users", "osem-dev-Teams"])).creations
    ] == [
        "Teams",
        "Users",
    ]
    assert watched.counts()["ListTables"] == 0
    with pytest.raises(ResourceNotFound, match="there is no table osem-dev-Nothing"):
        watched.migrator.plan_import(ImportOptions(names=["Nothing"]))


def test_what_is_declared_already_is_left_out(world: World) -> None:
    """And so is the history table; each is said to be. With nothing left nothing is written."""
    first = world.watched()
    first.migrator.import_tables(first.migrator.plan_import(ImportOptions(names=["Teams"])))
    world.make("osem-dev-Plans")
    second = world.watched()
    survey = second.migrator.plan_import()
    assert survey.skipped == {
        HISTORY: "it is the history table",
        "osem-dev-Teams": "the scripts declare it already",
    }
    second.migrator.import_tables(survey)
    third = world.watched()
    survey = third.migrator.plan_import()
    assert (survey.creations, len(survey.skipped)) == ((), 4)
    assert third.migrator.import_tables(survey).recorded == ()
    assert third.writes() == {}
    assert third.migrator.status().exit_code() is ExitCode.OK
    assert [path.name for path in sorted(world.scripts.glob("*.py"))] == [
        "0001_create_table_teams.py",
        "0002_create_table_plans.py",
        "0003_create_table_users.py",
    ]


def test_an_empty_environment_has_nothing_to_import(world: World) -> None:
    """The remedy says what may be wrong; a history table alone is nothing, either, and other tables are shown."""
    for name in ("Users", "Teams"):
        world.client.delete_table(TableName=f"osem-dev-{name}")
    with pytest.raises(ResourceNotFound, match=r"that are called osem-dev-\*") as caught:
        world.watched().migrator.plan_import()
    assert "Check environment, account and region" in typed(caught.value)
    assert caught.value.exit_code is ExitCode.ERROR
    world.watched().migrator.deployment.history.create({})
    with pytest.raises(ResourceNotFound):
        world.watched().migrator.plan_import(ImportOptions(names=["SchemaMigrations"]))


def test_pending_scripts_come_first(world: World) -> None:
    """Behind them, what is imported would be applied out of order; upgrade is the way, and adopts."""
    scripts = {"0001_users": TEAMS.replace('"Teams", S("teamId")', '"Users", S("id")')}
    watched = world.watched(scripts)
    with pytest.raises(MigrationsPending, match="0001_users") as caught:
        watched.migrator.plan_import()
    assert "osem-migrate upgrade --env dev" in typed(caught.value)
    assert watched.writes() == {}
    watched.migrator.upgrade()
    assert [create.table for create in watched.migrator.plan_import().creations] == ["Teams"]


def test_a_history_of_other_scripts_is_refused(world: World) -> None:
    """Somebody else's checkout is in charge of this environment."""
    first = world.watched()
    first.migrator.import_tables(first.migrator.plan_import(ImportOptions(names=["Teams"])))
    (world.scripts / "0001_create_table_teams.py").unlink()
    with pytest.raises(MigrationMissing):
        world.watched().migrator.plan_import()


def test_where_no_script_can_be_written_nothing_is_recorded(world: World) -> None:
    """The folder's place is taken by a file."""
    watched = world.watched()
    survey = watched.migrator.plan_import()
    world.scripts.write_text("in the way")
    with pytest.raises(ScriptError, match="cannot be written"):
        watched.migrator.import_tables(survey)
    assert watched.writes() == {}


def test_where_the_recording_fails_the_scripts_stay(world: World) -> None:
    """And the remedy says which command records them; it works when typed."""
    first = world.watched()
    first.migrator.import_tables(first.migrator.plan_import(ImportOptions(names=["Teams"])))
    world.hold_lock()
    second = world.watched()
    with pytest.raises(LockHeld) as caught:
        second.migrator.import_tables(second.migrator.plan_import(), ImportOptions(lock_timeout=0))
    assert "0002_create_table_users" in typed(caught.value)
    assert "osem-migrate stamp 0002_create_table_users --env dev" in typed(caught.value)
    lock = {"scope": {"S": "osem"}, "item": {"S": "lock"}}
    world.client.delete_item(TableName=HISTORY, Key=lock)
    third = world.watched().migrator
    assert third.stamp(StampOptions("0002_create_table_users")).recorded == ("0002_create_table_users",)
    assert third.status().exit_code() is ExitCode.OK


@pytest.mark.parametrize(
    ("changes", "phase"),
    [({"status": "UPDATING"}, "updating"), ({"status": "ARCHIVED"}, "archived"), ({"changing": ("tags",)}, "changing")],
)
def test_a_table_on_its_way_is_not_imported(
    world: World, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], phase: str
) -> None:
    """What it will be is not known yet."""
    watched = world.watched()
    _seeing(watched, monkeypatch, **changes)
    with pytest.raises(ResourceInUse, match=f"osem-dev-Teams: .* is {phase}"):
        watched.migrator.plan_import()


def test_what_no_script_can_say_is_warned_of(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members that no operation declares, keys that other accounts do not have, and what a local engine hides."""
    watched = world.watched()
    _seeing(watched, monkeypatch, beyond=("Replicas", "VectorIndexes"), unreadable=frozenset({SetEncryption}))
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    gateway = watched.migrator.deployment.gateway
    seen = gateway.describe_all

    def encrypted(*args: Any, **kwargs: Any) -> Any:
        return [
            replace(live, table=live.table.with_setting(SetEncryption(live.name, key)))
            for live in seen(*args, **kwargs)
            if live.table is not None
        ]

    monkeypatch.setattr(gateway, "describe_all", encrypted)
    warnings = watched.migrator.plan_import(ImportOptions(names=["Teams"])).warnings
    assert [warning.partition(":")[0] for warning in warnings] == ["osem-dev-Teams"] * 3
    assert "Replicas, VectorIndexes" in warnings[0]
    assert key in warnings[1]
    assert "encryption" in warnings[2]


def _seeing(watched: Watched, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let every table look as if it had these fields."""
    gateway = watched.migrator.deployment.gateway
    describe_all = gateway.describe_all
    monkeypatch.setattr(
        gateway,
        "describe_all",
        lambda *args, **kwargs: [replace(live, **changes) for live in describe_all(*args, **kwargs)],
    )


def test_a_tag_that_names_the_environment_is_warned_of(world: World) -> None:
    """Its script would give it to every environment; where the configuration says so, the script leaves it out."""
    arn = world.client.describe_table(TableName="osem-dev-Teams")["Table"]["TableArn"]
    world.client.tag_resource(ResourceArn=arn, Tags=[{"Key": "Environment", "Value": "dev"}])
    plan = world.watched().migrator.plan_import(ImportOptions(names=["Teams"]))
    assert any('tags = { Environment = "{env}" }' in warning for warning in plan.warnings)
    templated = '[tool.osem-migrate.environments.dev]\ntags = { Environment = "{env}" }\n'
    project = write_project(world.folder, {}, templated)
    plan = Watched(project, connection=world.connection).migrator.plan_import(ImportOptions(names=["Teams"]))
    assert not any("Environment" in warning for warning in plan.warnings)
    assert "Environment" not in plan.drafts[0].source
