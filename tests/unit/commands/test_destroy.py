"""Destroy: what goes, what stays, what stops it before anything is changed, and that it can always be finished."""

import os
import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import DestroyOptions, DowngradeOptions, UpgradeOptions
from osem_migrate.config import Project
from osem_migrate.errors import (
    AccessDenied,
    AwsError,
    ConfirmationRequired,
    DeletionProtected,
    DestructionIncomplete,
    DriftFound,
    EnvironmentProtected,
    ExitCode,
    Interrupted,
    LockHeld,
    LockLost,
    MigrationMissing,
    OsemMigrateError,
    PartialError,
    ResourceNotFound,
)
from osem_migrate.events import RunEvent, TableDropped, TableLeaving
from osem_migrate.live_table import LiveTable
from osem_migrate.stop import Stop
from tests.doubles import beginnings
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS, write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.doubles.skipping_clock import SkippingClock
from tests.doubles.typed import typed
from tests.simulator import INTERNAL, THROTTLED, Deny, Drop, Fail, Hook, LoseResponse, Simulator, exactly
from tests.simulator.calls import Call
from tests.simulator.faults import Faults
from tests.torture.stage import BRIEF

PLANS = 'operations = [CreateTable("Plans", S("planId"))]'
SCRIPTS = {"0001_teams": TEAMS, "0002_plans": PLANS, "0003_by_manager": BY_MANAGER}
TEAMS_TABLE, PLANS_TABLE = "osem-dev-Teams", "osem-dev-Plans"
ALL = [PLANS_TABLE, HISTORY, TEAMS_TABLE]
ELSE = "osem-dev-Elsewhere"
BUILDING = 60.0  # seconds; longer than a busy machine needs to come from one call to the next


@contextmanager
def account() -> Iterator[SimulatedAws]:
    """An account without tables, where nobody counts how often one looks, and no index takes minutes."""
    with SkippingClock() as clock:
        simulator = Simulator(clock=clock, durations=BRIEF)
        simulator.account.limiter.read = lambda *_: None  # type: ignore[method-assign]
        aws = SimulatedAws(clock, simulator)
        with aws.surroundings():
            yield aws
        assert simulator.unknown == []


@pytest.fixture
def aws() -> Iterator[SimulatedAws]:
    """An account without tables."""
    with account() as aws:
        yield aws


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two tables, one with an index."""
    return write_project(tmp_path, SCRIPTS, TUNNEL)


@pytest.fixture
def upgraded(project: Project, aws: SimulatedAws) -> Project:
    """The same, applied."""
    beginnings.upgrade(aws, project)
    aws.simulator.calls.clear()
    return project


def names(aws: SimulatedAws) -> list[str]:
    """Every table of the account."""
    return sorted(aws.simulator.account.tables)


def create(aws: SimulatedAws, name: str, key: str = "id", **more: Any) -> None:
    """Make a table by hand, and wait for it."""
    request = {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    aws.simulator.call("CreateTable", {**request, **more})
    aws.clock.sleep(20.0)


def changes(aws: SimulatedAws) -> list[tuple[str, str | None]]:
    """Every call that was carried out and is no question, with its table."""
    return [(call.action, call.table) for call in aws.simulator.calls if call.applied and not call.reads]


def slowly(aws: SimulatedAws, seconds: float = 60.0) -> None:
    """From now on a table takes that long to go."""
    aws.simulator.account.durations = replace(BRIEF, delete_table=exactly(seconds))


def destroy(aws: SimulatedAws, project: Project, **options: Any) -> tuple[str, ...]:
    """Destroy as a new process, confirmed."""
    return aws.migrator(project).destroy(DestroyOptions(allow_data_loss=True, **options)).dropped


def test_what_the_scripts_built_goes_and_the_rest_stays(upgraded: Project, aws: SimulatedAws) -> None:
    """The history goes last; a table that no script built and those of other environments are kept, and named."""
    create(aws, ELSE)
    create(aws, "osem-prod-Teams")
    events: list[RunEvent] = []
    result = aws.migrator(upgraded, events.append).destroy(DestroyOptions(allow_data_loss=True))
    assert sorted(result.dropped) == sorted(ALL)
    assert result.dropped[-1] == HISTORY
    assert result.kept == (ELSE,)
    assert names(aws) == [ELSE, "osem-prod-Teams"]
    assert sorted(e.physical_name for e in events if isinstance(e, TableDropped)) == sorted(ALL)


def test_upgrade_afterwards_creates_everything_again(upgraded: Project, aws: SimulatedAws) -> None:
    """Nothing of the earlier history is left that could stand in the way."""
    destroy(aws, upgraded)
    migrator = aws.migrator(upgraded)
    assert migrator.status().exit_code() is ExitCode.PENDING
    assert len(migrator.upgrade().applied) == len(SCRIPTS)
    assert migrator.status().exit_code() is ExitCode.OK


def test_where_nothing_is_nothing_is_asked_for(project: Project, aws: SimulatedAws) -> None:
    """No write, no lock, no history table; what is there of others is named all the same."""
    create(aws, ELSE)
    aws.simulator.calls.clear()
    result = aws.migrator(project).destroy()
    assert (result.dropped, result.kept) == ((), (ELSE,))
    assert changes(aws) == []


def test_without_a_yes_nothing_is_changed(upgraded: Project, aws: SimulatedAws) -> None:
    """The library asks for a confirmation as the command does."""
    with pytest.raises(ConfirmationRequired):
        aws.migrator(upgraded).destroy()
    assert changes(aws) == []


def test_a_protected_environment_is_refused_before_any_call(tmp_path: Path, aws: SimulatedAws) -> None:
    """Whatever was confirmed, and also where somebody only wants to look."""
    migrator = aws.migrator(write_project(tmp_path, SCRIPTS, f"{TUNNEL}protected = true\n"))
    with pytest.raises(EnvironmentProtected) as caught:
        migrator.destroy(DestroyOptions(allow_data_loss=True))
    with pytest.raises(EnvironmentProtected):
        migrator.inventory()
    assert caught.value.exit_code is ExitCode.ERROR
    assert aws.simulator.calls == []


def test_deletion_protection_stops_it_and_the_remedy_works(tmp_path: Path, aws: SimulatedAws) -> None:
    """Before anything is changed; the commands that it names turn the protection off, and then it goes on."""
    project = write_project(tmp_path, SCRIPTS, f"{TUNNEL}deletion_protection = true\n")
    aws.migrator(project).upgrade()
    aws.simulator.calls.clear()
    with pytest.raises(DeletionProtected, match=f"{PLANS_TABLE}, {TEAMS_TABLE}") as caught:
        destroy(aws, project)
    assert changes(aws) == []
    assert caught.value.details["tables"] == [PLANS_TABLE, TEAMS_TABLE]
    _, *commands, again = typed(caught.value).splitlines()
    for command in commands:
        words = shlex.split(command)
        assert words[:4] == ["aws", "dynamodb", "update-table", "--no-deletion-protection-enabled"]
        name = words[words.index("--table-name") + 1]
        aws.simulator.call("UpdateTable", {"TableName": name, "DeletionProtectionEnabled": False})
    assert again.startswith("osem-migrate destroy --env dev")
    aws.clock.sleep(20.0)
    assert sorted(destroy(aws, project)) == sorted(ALL)


def test_a_lock_that_is_held_stops_it(upgraded: Project, aws: SimulatedAws) -> None:
    """Exit code 6, like upgrade, and nothing is changed."""
    held = {name: {"S": name} for name in ("owner", "host", "identity")}
    held |= {name: {"N": "900000"} for name in ("pid", "fence", "lease_ms", "heartbeat", "acquired_at")}
    item = {"scope": {"S": "osem"}, "item": {"S": "lock"}, **held}
    aws.simulator.call("PutItem", {"TableName": HISTORY, "Item": item})
    aws.simulator.calls.clear()
    with pytest.raises(LockHeld):
        destroy(aws, upgraded, lock_timeout=2.0)
    assert changes(aws) == []


def test_a_script_that_is_gone_leaves_it_open_what_was_built(upgraded: Project, aws: SimulatedAws) -> None:
    """Nothing is dropped by halves; the remedy names the environment."""
    (upgraded.migrations / "0002_plans.py").unlink()
    with pytest.raises(MigrationMissing, match="0002_plans") as caught:
        destroy(aws, upgraded)
    assert "--env dev" in typed(caught.value)
    assert changes(aws) == []


def test_it_waits_for_an_index_that_is_being_built(upgraded: Project, aws: SimulatedAws) -> None:
    """DynamoDB refuses to delete a table meanwhile, and nobody has to ask again by hand."""
    index = {
        "IndexName": "by-hand",
        "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    definitions = [{"AttributeName": name, "AttributeType": "S"} for name in ("teamId", "managerId", "city")]
    updates = [{"Create": index}]
    aws.simulator.account.durations = replace(BRIEF, index_build=exactly(BUILDING))
    aws.simulator.call(
        "UpdateTable",
        {"TableName": TEAMS_TABLE, "AttributeDefinitions": definitions, "GlobalSecondaryIndexUpdates": updates},
    )
    began = aws.simulator.clock.now()
    events: list[RunEvent] = []
    aws.migrator(upgraded, events.append).destroy(DestroyOptions(allow_data_loss=True))
    assert names(aws) == []
    assert aws.simulator.clock.now() - began > BUILDING
    assert any("by-hand is " in event.phase for event in events if isinstance(event, TableLeaving))
    deletes = [call for call in aws.simulator.calls if call.action == "DeleteTable"]
    assert [call.outcome for call in deletes] == ["ok"] * 3


def test_a_table_that_an_upgrade_stopped_at_is_not_ours(project: Project, aws: SimulatedAws) -> None:
    """Somebody made Plans by hand with other keys; upgrade stopped there, and destroy keeps it."""
    aws.migrator(project).upgrade(UpgradeOptions("1"))
    create(aws, PLANS_TABLE, key="somethingElse")
    with pytest.raises((DriftFound, PartialError)):
        aws.migrator(project).upgrade()
    result = aws.migrator(project).destroy(DestroyOptions(allow_data_loss=True))
    assert result.kept == (PLANS_TABLE,)
    assert names(aws) == [PLANS_TABLE]


def test_a_table_that_a_killed_upgrade_began_is_ours(project: Project, aws: SimulatedAws) -> None:
    """It was asked for under our intent, and nothing after it was recorded."""
    aws.simulator.faults.plan(Hook(after=lambda _call: _cut(aws)), action="CreateTable", table=PLANS_TABLE)
    with pytest.raises(OsemMigrateError):
        aws.migrator(project).upgrade()
    aws.simulator.faults = Faults()
    assert PLANS_TABLE in names(aws)
    assert PLANS_TABLE in destroy(aws, project)
    assert names(aws) == []


def _cut(aws: SimulatedAws) -> None:
    """From now on this process reaches nothing, which leaves what a kill -9 leaves."""
    aws.simulator.faults.plan(Drop(), times=None)


def _cut_at(aws: SimulatedAws, number: int, *, applied: bool) -> None:
    if applied:
        aws.simulator.faults.plan(LoseResponse(), number=number)
    aws.simulator.faults.plan(Drop(), where=lambda call: call.number >= number + applied, times=None)


def _code(aws: SimulatedAws, project: Project) -> ExitCode:
    """What the process would end with."""
    try:
        destroy(aws, project)
    except OsemMigrateError as stopped:
        return stopped.exit_code
    return ExitCode.OK


CUTS = range(1, 40) if os.environ.get("OSEM_TORTURE") else (12, 17, 22, 27)


@pytest.mark.parametrize("number", CUTS)
def test_wherever_it_is_killed_the_next_one_finishes(number: int, upgraded: Project, aws: SimulatedAws) -> None:
    """At any call, applied or not; an exit code of 1 means that nothing was changed."""
    create(aws, ELSE)
    aws.simulator.calls.clear()
    _cut_at(aws, number, applied=number % 2 == 0)
    code = _code(aws, upgraded)
    sent = [call for call in aws.simulator.calls if call.mutates]
    if any(call.applied for call in sent):
        assert code in {ExitCode.OK, ExitCode.PARTIAL}
    else:
        # Of a call that was cut off nobody knows whether it was carried out.
        assert code in ({ExitCode.ERROR, ExitCode.PARTIAL} if sent else {ExitCode.ERROR})
    aws.simulator.faults = Faults()
    destroy(aws, upgraded)
    assert names(aws) == [ELSE]
    assert destroy(aws, upgraded) == ()


def test_an_upgrade_may_follow_at_once(upgraded: Project, aws: SimulatedAws) -> None:
    """Killed while the history table was on its way out: upgrade waits until it is gone, and makes a new one."""
    slowly(aws, 300.0)  # longer than anybody asks on without an answer
    aws.simulator.faults.plan(Hook(after=lambda _call: _cut(aws)), action="DeleteTable", table=HISTORY)
    with pytest.raises(DestructionIncomplete):
        destroy(aws, upgraded)
    aws.simulator.faults = Faults()
    described = aws.simulator.table(HISTORY)
    assert described is not None
    assert described["TableStatus"] == "DELETING"
    assert len(aws.migrator(upgraded).upgrade().applied) == len(SCRIPTS)


def test_a_history_on_its_way_out_is_waited_for(upgraded: Project, aws: SimulatedAws) -> None:
    """The second run has nothing left to ask, needs no lock, and says what is gone in the end."""
    aws.simulator.call("UpdateTable", {"TableName": HISTORY, "DeletionProtectionEnabled": False})
    aws.clock.sleep(20.0)
    slowly(aws)
    for name in (PLANS_TABLE, TEAMS_TABLE, HISTORY):
        aws.clock.sleep(61.0)
        aws.simulator.call("DeleteTable", {"TableName": name})
    aws.simulator.calls.clear()
    assert destroy(aws, upgraded) == (HISTORY,)
    assert changes(aws) == []
    assert names(aws) == []


def test_two_at_once(upgraded: Project, aws: SimulatedAws) -> None:
    """The second waits for the lock, and takes it for done when lock and tables are gone."""
    with ThreadPoolExecutor(2) as pool:
        dropped = list(pool.map(lambda _: destroy(aws, upgraded), range(2)))
    assert set(dropped[0] + dropped[1]) == set(ALL)
    assert names(aws) == []
    deletes = [call.table for call in aws.simulator.calls if call.action == "DeleteTable" and call.applied]
    assert sorted(filter(None, deletes)) == sorted(ALL)


def test_a_history_that_others_use_keeps_theirs(upgraded: Project, aws: SimulatedAws) -> None:
    """Only the records and events of this application go; a second time there is nothing left to destroy."""
    other = {"scope": {"S": "other"}, "item": {"S": "migration#0001_theirs"}, "state": {"S": "applied"}}
    aws.simulator.call("PutItem", {"TableName": HISTORY, "Item": other})
    assert sorted(destroy(aws, upgraded)) == [PLANS_TABLE, TEAMS_TABLE]
    left = aws.simulator.call("Scan", {"TableName": HISTORY})["Items"]
    assert other in left
    assert {item["item"]["S"] for item in left if item["scope"]["S"] == "osem"} <= {"lock"}
    assert destroy(aws, upgraded) == ()
    assert len(aws.migrator(upgraded).upgrade().applied) == len(SCRIPTS)


def test_a_request_to_stop_is_heard(upgraded: Project, aws: SimulatedAws) -> None:
    """Between two calls; the way on is named, the lock released, and the next one finishes."""
    stop = Stop(aws.clock.clock)

    def ask(_call: Call) -> None:
        stop.request(Interrupted.by(KeyboardInterrupt()))

    aws.simulator.faults.plan(Hook(after=ask), action="DeleteTable")
    with pytest.raises(DestructionIncomplete) as caught:
        destroy(aws, upgraded, stop=stop)
    assert caught.value.exit_code is ExitCode.INTERRUPTED
    assert "osem-migrate destroy --env dev" in typed(caught.value)
    history = aws.migrator(upgraded).history()
    assert (history[-1].what, history[-1].detail) == ("destroying", f"{PLANS_TABLE}, {TEAMS_TABLE}")
    assert aws.migrator(upgraded).deployment.history.read().holder is None
    destroy(aws, upgraded)
    assert names(aws) == []


def test_a_timeout_is_partial(upgraded: Project, aws: SimulatedAws) -> None:
    """DynamoDB goes on with what it took up."""
    slowly(aws)
    with pytest.raises(DestructionIncomplete, match="the first tables are being deleted") as caught:
        destroy(aws, upgraded, timeout=0.5)
    assert caught.value.exit_code is ExitCode.PARTIAL
    assert caught.value.dropped == ()
    destroy(aws, upgraded)
    assert names(aws) == []


def test_a_denied_call_changes_nothing(upgraded: Project, aws: SimulatedAws) -> None:
    """Without the permission it is an error that names it, and the lock is released."""
    aws.simulator.faults.plan(Deny(), action="DeleteTable", times=None)
    with pytest.raises(AccessDenied, match="DeleteTable"):
        destroy(aws, upgraded)
    aws.simulator.faults = Faults()
    assert names(aws) == ALL
    assert aws.migrator(upgraded).status().exit_code() is ExitCode.OK


def test_what_dynamodb_refuses_for_now_is_asked_for_again(upgraded: Project, aws: SimulatedAws) -> None:
    """Throttled for longer than the SDK repeats, and a table that is busy: neither stops it."""
    aws.simulator.faults.plan(THROTTLED, action="DeleteTable", times=12)
    busy = Fail("ResourceInUseException", "Table tags are being updated")
    aws.simulator.faults.plan(busy, action="DeleteTable", table=HISTORY)
    assert sorted(destroy(aws, upgraded)) == sorted(ALL)


def test_a_service_that_fails_may_have_done_it(upgraded: Project, aws: SimulatedAws) -> None:
    """Nobody knows what a call did that ended in a 500, so it is partial; after a minute there is no point in more."""
    aws.simulator.faults.plan(INTERNAL, action="DeleteTable", times=None)
    with pytest.raises(DestructionIncomplete) as caught:
        destroy(aws, upgraded)
    assert caught.value.cause.code == "AWS_SERVICE_FAILED"


def test_a_history_table_that_is_gone_under_the_lock_is_an_error(upgraded: Project, aws: SimulatedAws) -> None:
    """Where the tables are still there it was no other destroy that took it."""
    gone = Fail("ResourceNotFoundException", "Requested resource not found")
    aws.simulator.faults.plan(gone, action="GetItem", times=None)
    with pytest.raises(ResourceNotFound):
        destroy(aws, upgraded)
    assert names(aws) == ALL


def test_what_went_before_a_denied_call_is_named(upgraded: Project, aws: SimulatedAws) -> None:
    """The tables are gone and the history is not: partial, and status still knows what was there."""
    aws.simulator.faults.plan(Deny(frozenset({"UpdateTable"})), action="DeleteTable")
    with pytest.raises(DestructionIncomplete, match="UpdateTable") as caught:
        destroy(aws, upgraded)
    assert sorted(caught.value.dropped) == [PLANS_TABLE, TEAMS_TABLE]
    assert isinstance(caught.value.cause, AwsError)
    aws.simulator.faults = Faults()
    assert aws.migrator(upgraded).status().exit_code() is ExitCode.DRIFT
    assert destroy(aws, upgraded) == (HISTORY,)


def test_a_first_upgrade_that_made_only_the_history_table(project: Project, aws: SimulatedAws) -> None:
    """Killed while it was CREATING, the history table is waited for, locked, and dropped."""
    aws.simulator.faults.plan(Hook(after=lambda _call: _cut(aws)), action="CreateTable", table=HISTORY)
    with pytest.raises(OsemMigrateError):
        aws.migrator(project).upgrade()
    aws.simulator.faults = Faults()
    assert destroy(aws, project) == (HISTORY,)
    assert names(aws) == []


def test_it_names_what_it_would_drop(upgraded: Project, aws: SimulatedAws) -> None:
    """The inventory has counts, what is kept and what is guarded, and asks nothing but questions."""
    create(aws, ELSE)
    aws.simulator.call("UpdateTable", {"TableName": TEAMS_TABLE, "DeletionProtectionEnabled": True})
    aws.simulator.calls.clear()
    found = aws.migrator(upgraded).inventory()
    assert [live.physical_name for live in found.tables] == [PLANS_TABLE, TEAMS_TABLE]
    assert (found.guarded, found.kept) == ((TEAMS_TABLE,), (ELSE,))
    assert (found.is_empty, found.recorded, found.shared) == (False, True, False)
    assert changes(aws) == []


def test_the_library_opens_it_like_any_other(upgraded: Project, aws: SimulatedAws) -> None:
    """A Migrator that has upgraded may destroy, and upgrade again."""
    migrator = aws.migrator(upgraded)
    migrator.destroy(DestroyOptions(allow_data_loss=True))
    assert migrator.upgrade().applied


def test_nothing_is_dropped_without_the_lock(upgraded: Project, aws: SimulatedAws) -> None:
    """Somebody took it over after we began: not one table goes, and theirs is the history."""
    theirs = {name: {"S": "theirs"} for name in ("owner", "host", "identity")}
    theirs |= {name: {"N": "900000"} for name in ("pid", "fence", "lease_ms", "heartbeat", "acquired_at")}

    def take(_call: Call) -> None:
        item = {"scope": {"S": "osem"}, "item": {"S": "lock"}, **theirs}
        aws.simulator.call("PutItem", {"TableName": HISTORY, "Item": item})

    aws.simulator.faults.plan(Hook(after=take), action="TransactWriteItems")
    with pytest.raises(LockLost, match="theirs"):
        destroy(aws, upgraded)
    assert names(aws) == ALL
    assert "DeleteTable" not in {call.action for call in aws.simulator.calls}


def test_a_request_to_stop_comes_before_the_next_call(upgraded: Project, aws: SimulatedAws) -> None:
    """Asked for while a table is looked at, it keeps that table."""
    stop = Stop(aws.clock.clock)

    def ask(_call: Call) -> None:
        stop.request(Interrupted.by(KeyboardInterrupt()))

    # Two inventories come before it, one of them under the lock.
    aws.simulator.faults.plan(Hook(before=ask), action="DescribeTable", table=PLANS_TABLE, nth=3)
    with pytest.raises((Interrupted, DestructionIncomplete)) as caught:
        destroy(aws, upgraded, stop=stop)
    assert caught.value.exit_code is ExitCode.INTERRUPTED
    assert PLANS_TABLE not in {call.table for call in aws.simulator.calls if call.action == "DeleteTable"}


def test_a_description_that_lags_behind_is_not_believed(
    upgraded: Project, aws: SimulatedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shown as ACTIVE still, the history table is not asked for again: the lock that allows it is gone already."""
    slowly(aws)
    migrator = aws.migrator(upgraded)
    gateway, describe = migrator.deployment.gateway, migrator.deployment.gateway.describe
    lagging: list[LiveTable] = []

    def lag(name: str, kinds: tuple[()] = ()) -> LiveTable:
        live = describe(name, kinds)
        if name == "SchemaMigrations" and live.status == "DELETING" and len(lagging) < 3:
            lagging.append(live)
            return replace(live, status="ACTIVE")
        return live

    monkeypatch.setattr(gateway, "describe", lag)
    assert migrator.destroy(DestroyOptions(allow_data_loss=True)).dropped[-1] == HISTORY
    assert len(lagging) == 3
    assert names(aws) == []


def remake(aws: SimulatedAws, name: str, key: str) -> None:
    """Somebody drops a table and makes one of the same name."""
    aws.simulator.call("DeleteTable", {"TableName": name})
    aws.clock.sleep(20.0)
    create(aws, name, key)


def test_a_table_with_other_keys_is_asked_for_separately(upgraded: Project, aws: SimulatedAws) -> None:
    """Somebody made it for a purpose of their own; a yes for what the scripts built is none for that."""
    remake(aws, PLANS_TABLE, "orderId")
    inventory = aws.migrator(upgraded).inventory()
    (found,) = inventory.changed[PLANS_TABLE]
    assert found.describe() == "Plans: expected keys planId S, found keys orderId S"
    with pytest.raises(
        ConfirmationRequired, match=r"Plans is not as the scripts built it.*found keys orderId S"
    ) as refused:
        destroy(aws, upgraded)
    assert "osem-migrate destroy --yes --drop-changed --env dev" in typed(refused.value)
    assert "DestroyOptions(allow_data_loss=True, drop_changed=True)" in refused.value.remediation
    assert names(aws) == ALL
    assert set(destroy(aws, upgraded, drop_changed=True)) == set(ALL)


@pytest.mark.parametrize(
    ("changes", "differences"),
    [
        ({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "managerId-index"}}]}, 1),
        ({"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}, 0),
        ({"TableClass": "STANDARD_INFREQUENT_ACCESS"}, 0),
    ],
)
def test_a_lost_index_is_a_change_and_a_setting_is_none(
    changes: dict[str, Any], differences: int, upgraded: Project, aws: SimulatedAws
) -> None:
    """What can be set back at any time says nothing about whose table it is."""
    aws.simulator.call("UpdateTable", {"TableName": TEAMS_TABLE, **changes})
    aws.clock.sleep(600.0)
    assert len(aws.migrator(upgraded).inventory().changed.get(TEAMS_TABLE, ())) == differences


def test_a_table_that_was_replaced_is_named(project: Project, aws: SimulatedAws) -> None:
    """By its TableId; it has the same shape, so it is not asked for separately. Older records know no TableId."""
    aws.migrator(project).upgrade()
    assert aws.migrator(project).inventory().replaced == ()
    remake(aws, PLANS_TABLE, "planId")
    assert aws.migrator(project).inventory().replaced == (PLANS_TABLE,)
    for item in aws.simulator.call("Scan", {"TableName": HISTORY})["Items"]:
        item.pop("tables", None)
        aws.simulator.call("PutItem", {"TableName": HISTORY, "Item": item})
    assert aws.migrator(project).inventory().replaced == ()
    assert set(destroy(aws, project)) == set(ALL)


def test_a_table_that_our_own_downgrade_made_again_is_ours(tmp_path: Path, aws: SimulatedAws) -> None:
    """Its TableId is recorded, too."""
    dropping = {"0001_teams": TEAMS, "0002_drop": 'operations = [DropTable("Teams")]'}
    project = write_project(tmp_path, dropping, TUNNEL)
    aws.migrator(project).upgrade(UpgradeOptions(allow_data_loss=True))
    aws.migrator(project).downgrade(DowngradeOptions("1"))
    inventory = aws.migrator(project).inventory()
    assert [live.physical_name for live in inventory.tables] == [TEAMS_TABLE]
    assert inventory.replaced == ()
