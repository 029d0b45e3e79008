"""Adoption by a first run: what fits is taken over without a call, and nothing is written where something does not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from osem_migrate import UpgradeOptions
from osem_migrate.errors import AdoptionMismatch, ExitCode
from osem_migrate.events import TableAdopted
from osem_migrate.execution.adoption import find_existing
from osem_migrate.history import History
from osem_migrate.planning.upgrade import make_plan
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS
from tests.doubles.site import Site
from tests.doubles.typed import typed
from tests.unit.planning.builders import CALLER, live_of, migration

if TYPE_CHECKING:
    from osem_migrate.deployment.deployment import Deployment
    from osem_migrate.planning.plan import Plan

SCRIPTS = {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER, "0003_users": TEAMS.replace("eam", "user")}
SWITCHED = {**SCRIPTS, "0004_billing": 'operations = [SetBilling.provisioned("Teams", read=1, write=1)]'}


def add_index(site: Site) -> None:
    """What no script knows of."""
    names = ("teamId", "managerId", "x")
    key = [{"AttributeName": "x", "KeyType": "HASH"}]
    index: Any = {"IndexName": "x-index", "KeySchema": key, "Projection": {"ProjectionType": "ALL"}}
    site.client.update_table(
        TableName="osem-dev-Teams",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )
    site.settle()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Site]:
    """No table yet."""
    with Site.standing(tmp_path) as site:
        yield site


def test_tables_that_are_as_declared_are_adopted_without_a_call(world: Site) -> None:
    """All of them, whatever their lane went through; the history says so, and status is in sync."""
    world.watched(SWITCHED).migrator.upgrade()
    world.forget()
    watched = world.watched(SWITCHED)
    assert watched.migrator.upgrade().applied == tuple(SWITCHED)
    assert watched.mutations() == [("CreateTable", HISTORY)]
    adopted = [event for event in watched.events if isinstance(event, TableAdopted)]
    assert [(event.physical_name, len(event.operations)) for event in adopted] == [
        ("osem-dev-Teams", 3),
        ("osem-dev-Tusers", 1),
    ]
    migrator = world.watched(SWITCHED).migrator
    assert migrator.status().exit_code() is ExitCode.OK
    assert [(event.what, event.detail) for event in migrator.history()] == [
        ("applied", "everything was done already")
    ] * 4


def test_what_is_behind_is_carried_on(world: Site) -> None:
    """A table as of an earlier script is brought forward, and one that is not there is made."""
    world.watched(SWITCHED).migrator.upgrade(UpgradeOptions(target="1"))
    world.forget()
    watched = world.watched(SWITCHED)
    watched.migrator.upgrade()
    assert sorted(watched.mutations()) == [
        ("CreateTable", HISTORY),
        ("CreateTable", "osem-dev-Tusers"),
        *[("UpdateTable", "osem-dev-Teams")] * 2,
    ]
    assert world.watched(SWITCHED).migrator.status().exit_code() is ExitCode.OK


def test_another_table_is_refused_before_anything_is_written(world: Site) -> None:
    """Not even the history table is made; table and difference are named, and what can be done about it."""
    world.watched(SCRIPTS).migrator.upgrade()
    world.forget()
    add_index(world)
    watched = world.watched(SCRIPTS)
    with pytest.raises(AdoptionMismatch, match=r"osem-dev-Teams: x-index: expected no index, found keys x S") as caught:
        watched.migrator.upgrade()
    assert watched.writes() == {}
    assert caught.value.exit_code is ExitCode.ERROR
    assert caught.value.details["differences"] == [
        {
            "physical_name": "osem-dev-Teams",
            "code": "DRIFT_INDEX_UNEXPECTED",
            "message": "x-index: expected no index, found keys x S, projection ALL",
        }
    ]
    assert "osem-migrate stamp 0003_users --no-verify --env dev" in typed(caught.value)
    assert "osem-migrate import --env dev" in typed(caught.value)
    assert "OSEM_DB_PREFIX" in typed(caught.value)


def test_a_question_foresees_it(world: Site) -> None:
    """The plan of a dry run leaves out what is there, refuses what upgrade would refuse, and writes nothing."""
    world.watched(SCRIPTS).migrator.upgrade(UpgradeOptions(target="1"))
    world.forget()
    watched = world.watched(SCRIPTS)
    foreseen = watched.migrator.preview(UpgradeOptions("2", plan=watched.migrator.plan(UpgradeOptions("2"))))
    assert [planned.operation.describe() for planned in foreseen.operations] == ["add index managerId-index to Teams"]
    add_index(world)
    with pytest.raises(AdoptionMismatch):
        watched.migrator.preview(UpgradeOptions("2", plan=watched.migrator.plan(UpgradeOptions("2"))))
    assert watched.writes() == {}
    assert watched.events == []


def test_an_empty_environment_costs_one_question_a_table(world: Site) -> None:
    """Each table is described once before anything is made, and no table at all once there is a history."""
    first = world.watched(SCRIPTS)
    first.migrator.upgrade(UpgradeOptions(target="1"))
    calls = [(call.action, call.table, call.outcome) for call in first.calls]
    missing = ("dynamodb:DescribeTable", "osem-dev-Teams", "ResourceNotFoundException")
    assert calls.count(missing) == 2, "once to see whether it is there, once by the operation itself"
    assert calls.index(missing) < calls.index(("dynamodb:CreateTable", HISTORY, "ok"))
    second = world.watched(SCRIPTS)
    second.migrator.upgrade()
    asked = [call.table for call in second.calls if call.outcome == "ResourceNotFoundException"]
    assert asked == ["osem-dev-Tusers"], "by the operation itself"


def test_a_table_may_change_while_the_lock_is_waited_for(world: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fitted before is looked at again once the lock is held."""
    world.watched(SCRIPTS).migrator.upgrade()
    world.forget()
    watched = world.watched(SCRIPTS)
    lock = watched.migrator.deployment.lock
    acquire = lock.acquire

    def late(*args: Any, **kwargs: Any) -> Any:
        add_index(world)
        return acquire(*args, **kwargs)

    monkeypatch.setattr(lock, "acquire", late)
    with pytest.raises(AdoptionMismatch):
        watched.migrator.upgrade()
    assert watched.counts()["TransactWriteItems"] == 0


@pytest.mark.parametrize("meanwhile", [True, False])
def test_tables_of_another_first_run_were_not_there_first(*, meanwhile: bool) -> None:
    """A table that does not fit may be half made by a run that has begun since: then its history says so."""
    declared = migration(1, migration(1).operations[0])
    plan: Plan = make_plan([declared], History())
    after = plan.operations[0].after
    assert after is not None
    found = live_of(replace(after, partition_key=replace(after.partition_key, name="other")))
    gateway = SimpleNamespace(describe_all=lambda wanted: [found] if wanted else [], learn=lambda live, _states: live)
    deployment = cast("Deployment", SimpleNamespace(gateway=gateway, caller=CALLER))
    if meanwhile:
        assert find_existing(deployment, plan, lambda: replace(plan, is_first=False)) == frozenset()
    else:
        with pytest.raises(AdoptionMismatch):
            find_existing(deployment, plan, lambda: plan)
