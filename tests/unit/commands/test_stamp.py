"""Stamping: migrations are recorded as applied once the live tables confirm it, and no table is touched."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import StampOptions
from osem_migrate.errors import AdoptionMismatch, ExitCode, LockHeld, MigrationChanged, ResourceInUse, TargetUnknown
from osem_migrate.history import RecordedState
from osem_migrate.live_table import LiveIndex
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS
from tests.doubles.site import Site
from tests.doubles.typed import typed

SCRIPTS = {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER, "0003_users": TEAMS.replace("eam", "user")}
IDS = tuple(SCRIPTS)
LOCK = {"scope": {"S": "osem"}, "item": {"S": "lock"}}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Site]:
    """All tables are there, and no history."""
    with Site.standing(tmp_path) as site:
        site.watched(SCRIPTS).migrator.upgrade()
        site.forget()
        yield site


def test_everything_up_to_the_version_is_recorded(world: Site) -> None:
    """The history table is made first; no other table is touched, and status is in sync with what is recorded."""
    watched = world.watched(SCRIPTS)
    stamped = watched.migrator.stamp(StampOptions("3", reason="moved from another tool"))
    assert (stamped.version, stamped.recorded) == (IDS[2], IDS)
    assert watched.mutations() == [("CreateTable", HISTORY)]
    assert watched.counts()["TransactWriteItems"] == 1
    migrator = world.watched(SCRIPTS).migrator
    assert migrator.status().exit_code() is ExitCode.OK
    assert [(event.what, event.migration, event.detail, event.reason) for event in migrator.history()] == [
        ("stamped", name, "compared with the live tables", "moved from another tool") for name in IDS
    ]
    record = migrator.deployment.history.read().records[IDS[0]]
    assert (record.state, record.done, record.fence) == (RecordedState.APPLIED, (0,), 1)
    assert record.applied_by == record.created_by == migrator.history()[0].by


def test_again_there_is_nothing_to_do(world: Site) -> None:
    """Without a lock, and without a write."""
    world.watched(SCRIPTS).migrator.stamp(StampOptions("2"))
    watched = world.watched(SCRIPTS)
    assert watched.migrator.stamp(StampOptions("0002_by_manager")).recorded == ()
    assert watched.writes() == {}
    assert world.watched(SCRIPTS).migrator.stamp(StampOptions("3")).recorded == IDS[2:]


def test_only_what_is_missing_below_is_recorded(world: Site) -> None:
    """A script that came late, below the newest applied one: it is recorded, and the others are left alone."""
    late = world.folder / "migrations" / "0002_by_manager.py"
    source = late.read_text()
    late.unlink()
    migrator = world.watched({}).migrator
    assert migrator.stamp(StampOptions("3", verify=False)).recorded == (IDS[0], IDS[2])
    late.write_text(source)
    assert world.watched(SCRIPTS).migrator.stamp(StampOptions("2")).recorded == (IDS[1],)
    assert world.watched(SCRIPTS).migrator.status().exit_code() is ExitCode.OK


def test_tables_that_say_otherwise_are_named(world: Site) -> None:
    """Every difference of every table that these scripts touch, and nothing is written."""
    world.client.update_table(
        TableName="osem-dev-Teams", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "managerId-index"}}]
    )
    world.client.delete_table(TableName="osem-dev-Tusers")
    world.settle()
    watched = world.watched(SCRIPTS)
    with pytest.raises(AdoptionMismatch) as caught:
        watched.migrator.stamp(StampOptions("3"))
    assert "osem-dev-Teams: managerId-index: expected keys managerId S, projection ALL, found none" in str(caught.value)
    assert "osem-dev-Tusers: Tusers: expected a table, found none" in str(caught.value)
    assert [one["physical_name"] for one in caught.value.details["differences"]] == [
        "osem-dev-Teams",
        "osem-dev-Tusers",
    ]
    assert "osem-migrate upgrade --to 3 --env dev" in typed(caught.value)
    assert "osem-migrate stamp 3 --no-verify --env dev" in typed(caught.value)
    assert watched.writes() == {}
    assert world.tables() == ["osem-dev-Teams"]
    first = world.watched(SCRIPTS).migrator.stamp(StampOptions("1"))
    assert first.recorded == IDS[:1], "what the first script makes is there"


def test_unverified_it_is_recorded_all_the_same_and_the_log_says_so(world: Site) -> None:
    """Nobody looked, and nobody is to think so."""
    world.client.delete_table(TableName="osem-dev-Tusers")
    world.settle()
    assert world.watched(SCRIPTS).migrator.stamp(StampOptions("3", verify=False)).recorded == IDS
    log = world.watched(SCRIPTS).migrator.history()
    assert {event.detail for event in log} == {"not compared with the live tables"}
    assert world.watched(SCRIPTS).migrator.status().exit_code() is ExitCode.DRIFT


def test_what_the_scripts_dropped_must_be_gone(world: Site) -> None:
    """A table that the scripts create and drop is expected not to be there."""
    scripts = {**SCRIPTS, "0004_gone": 'operations = [DropTable("Tusers")]'}
    with pytest.raises(AdoptionMismatch, match="expected no table, found one"):
        world.watched(scripts).migrator.stamp(StampOptions("4"))
    world.client.delete_table(TableName="osem-dev-Tusers")
    world.settle()
    assert len(world.watched(scripts).migrator.stamp(StampOptions("4")).recorded) == 4


def test_an_index_that_is_still_built_is_not_ready(world: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its keys are right, and queries on it would fail."""
    watched = world.watched(SCRIPTS)
    gateway = watched.migrator.deployment.gateway
    describe_all = gateway.describe_all

    def building(*args: Any, **kwargs: Any) -> Any:
        index = LiveIndex(status="CREATING", backfilling=True)
        return [
            replace(live, indexes={"managerId-index": index}) if live.name == "Teams" else live
            for live in describe_all(*args, **kwargs)
        ]

    monkeypatch.setattr(gateway, "describe_all", building)
    with pytest.raises(ResourceInUse, match="osem-dev-Teams: managerId-index is backfilling"):
        watched.migrator.stamp(StampOptions("3"))
    assert watched.writes() == {}


@pytest.mark.parametrize("version", ["4", "0", "nothing"])
def test_an_unknown_version_is_refused(world: Site, version: str) -> None:
    """Before anything is written."""
    watched = world.watched(SCRIPTS)
    with pytest.raises(TargetUnknown):
        watched.migrator.stamp(StampOptions(version))
    assert watched.writes() == {}


def test_a_changed_script_is_refused(world: Site) -> None:
    """What is recorded of a version must be what its script says."""
    world.watched(SCRIPTS).migrator.stamp(StampOptions("2"))
    changed = {**SCRIPTS, "0001_teams": TEAMS.replace("teamId", "id")}
    with pytest.raises(MigrationChanged):
        world.watched(changed).migrator.stamp(StampOptions("3"))


def test_an_unfinished_migration_is_finished_by_it(world: Site) -> None:
    """What a failed run left in doubt is settled, and who began it stays known."""
    deployment = world.watched(SCRIPTS).migrator.deployment
    world.watched(SCRIPTS).migrator.stamp(StampOptions("3"))
    record = deployment.history.read().records[IDS[1]]
    world.client.update_item(
        TableName=HISTORY,
        Key={"scope": {"S": "osem"}, "item": {"S": f"migration#{IDS[1]}"}},
        UpdateExpression="SET #s = :s, done = :none, doubt = :doubt, createdBy = :eve",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={
            ":s": {"S": "failed"},
            ":none": {"L": []},
            ":doubt": {"L": [{"N": "0"}]},
            ":eve": {"S": "eve"},
        },
    )
    assert world.watched(SCRIPTS).migrator.stamp(StampOptions("3")).recorded == (IDS[1],)
    now = deployment.history.read().records[IDS[1]]
    assert (now.state, now.done, now.doubt, now.created_by) == (RecordedState.APPLIED, (0,), (), "eve")
    assert now.created_at == record.created_at


def test_another_run_holds_it_up(world: Site) -> None:
    """The lock is waited for, and nothing is recorded without it; what that run did is not recorded again."""
    world.watched(SCRIPTS).migrator.stamp(StampOptions("2"))
    numbers = {"pid": 1, "lease_ms": 3_600_000, "heartbeat": 3, "acquired_at": 1, "fence": 5}
    item = {name: {"N": str(number)} for name, number in numbers.items()}
    item |= {name: {"S": "bob"} for name in ("owner", "host", "identity")}
    world.client.put_item(TableName=HISTORY, Item={**LOCK, **item})
    watched = world.watched(SCRIPTS)
    with pytest.raises(LockHeld, match="bob"):
        watched.migrator.stamp(StampOptions("3", lock_timeout=0))
    assert watched.counts()["TransactWriteItems"] == 0


def test_what_another_run_recorded_meanwhile_is_not_recorded_again(
    world: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history is read again under the lock."""
    watched = world.watched(SCRIPTS)
    lock = watched.migrator.deployment.lock
    acquire = lock.acquire

    def late(*args: Any, **kwargs: Any) -> Any:
        world.watched(SCRIPTS).migrator.stamp(StampOptions("2"))
        return acquire(*args, **kwargs)

    monkeypatch.setattr(lock, "acquire", late)
    assert watched.migrator.stamp(StampOptions("3")).recorded == (IDS[2],)
