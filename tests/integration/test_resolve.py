"""``resolve`` on DynamoDB Local and on simulated AWS: torn runs are set right, and status is in sync afterwards."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from osem_migrate import ResolveOptions, UpgradeOptions
from osem_migrate.commands.resolved_record import PENDING
from osem_migrate.config import Project
from osem_migrate.errors import DriftFound, ExitCode, Interrupted, MigrationChanged, OsemMigrateError
from osem_migrate.events import LockWaiting, OperationStarted, StepPerformed
from osem_migrate.execution.operation_run import Pace
from osem_migrate.history import RecordedState, ShownState
from osem_migrate.planning.resolution import Resolution
from osem_migrate.stop import Stop
from tests.doubles.project import BY_MANAGER, ENVIRONMENTS, HISTORY, TEAMS, Watched, write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.doubles.skipping_clock import SkippingClock
from tests.engines.engine import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

LOCK: Any = {"TableName": HISTORY, "Key": {"scope": {"S": "osem"}, "item": {"S": "lock"}}}
BOTH = 'operations = [CreateTable("Teams", S("teamId")), SetStream("Teams", "NEW_IMAGE")]'
OLD_IMAGE = BOTH.replace("NEW_IMAGE", "OLD_IMAGE")
APPLIED, REVERTED, ACCEPT = Resolution.APPLIED, Resolution.REVERTED, Resolution.ACCEPT_CHECKSUM


@pytest.fixture
def client(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> "DynamoDBClient":
    """DynamoDB Local, found through the environment variables that every AWS SDK knows."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    return engine.client()


def interrupted(project: Project, kind: type, *, after: int) -> None:
    """An upgrade that was stopped at the ``after``-th event of a kind."""
    stop, left = Stop(), [after]

    def hear(event: object) -> None:
        left[0] -= isinstance(event, kind)
        if left[0] == 0:
            stop.request(Interrupted("stopped"))

    with pytest.raises(OsemMigrateError):
        Watched(project, on_event=hear).migrator.upgrade(UpgradeOptions(stop=stop))


def set_stream(client: "DynamoDBClient", view: Literal["NEW_IMAGE", "OLD_IMAGE"]) -> None:
    """What the second operation of BOTH does, by hand."""
    client.update_table(TableName="osem-dev-Teams", StreamSpecification={"StreamEnabled": True, "StreamViewType": view})


def test_an_interrupted_run_that_was_finished_by_hand(client: "DynamoDBClient", tmp_path: Path) -> None:
    """One operation done, one in doubt; with the rest done in the console it is applied, and nothing is left to do."""
    project = write_project(tmp_path, {"0001_teams": BOTH})
    interrupted(project, OperationStarted, after=2)
    watched = Watched(project)
    with pytest.raises(DriftFound, match="stream") as caught:
        watched.migrator.resolve(ResolveOptions("1", APPLIED))
    assert caught.value.details["differences"] != []
    assert watched.migrator.status().migrations[0].state is ShownState.INTERRUPTED

    set_stream(client, "NEW_IMAGE")
    done = watched.migrator.resolve(ResolveOptions("1", APPLIED, reason="finished in the console"))
    assert (done.recorded, done.before, done.tables) == (True, "running", ("osem-dev-Teams",))
    assert done.record is not None
    assert (done.record.state, done.record.done, done.record.doubt) == (RecordedState.APPLIED, (0, 1), ())
    status = watched.migrator.status()
    assert (status.exit_code(), status.migrations[0].record) == (ExitCode.OK, done.record)
    assert watched.migrator.upgrade().plan.is_empty
    assert watched.mutations() == []


def test_an_interrupted_run_that_was_undone_by_hand(client: "DynamoDBClient", tmp_path: Path) -> None:
    """While its table is there it is not reverted; once it is gone it is, and the next upgrade begins anew."""
    project = write_project(tmp_path, {"0001_teams": BOTH})
    interrupted(project, StepPerformed, after=1)
    watched = Watched(project)
    with pytest.raises(DriftFound, match="expected no table"):
        watched.migrator.resolve(ResolveOptions("1", REVERTED))
    client.delete_table(TableName="osem-dev-Teams")
    done = watched.migrator.resolve(ResolveOptions("1", REVERTED))
    assert done.record is not None
    assert (done.record.state, done.record.done, done.record.doubt) == (RecordedState.REVERTED, (), ())
    assert watched.migrator.status().exit_code() is ExitCode.PENDING
    assert watched.migrator.upgrade().applied == ("0001_teams",)
    assert watched.migrator.status().exit_code() is ExitCode.OK


def test_half_a_run_whose_script_was_changed(client: "DynamoDBClient", tmp_path: Path) -> None:
    """What was done of it was edited: upgrade refuses, until the tables confirm the script as it is now."""
    project = write_project(tmp_path, {"0001_teams": f"{BOTH[:-1]}, {BY_MANAGER.partition('[')[2]}"})
    interrupted(project, OperationStarted, after=3)
    write_project(tmp_path, {"0001_teams": f"{OLD_IMAGE[:-1]}, {BY_MANAGER.partition('[')[2]}"})
    watched = Watched(project)
    with pytest.raises(MigrationChanged):
        watched.migrator.upgrade()
    with pytest.raises(DriftFound):
        watched.migrator.resolve(ResolveOptions("1", ACCEPT))
    client.update_table(TableName="osem-dev-Teams", StreamSpecification={"StreamEnabled": False})
    set_stream(client, "OLD_IMAGE")
    done = watched.migrator.resolve(ResolveOptions("1", ACCEPT))
    assert done.record is not None
    assert (done.record.state, done.record.done, done.record.doubt) == (RecordedState.RUNNING, (0, 1), (2,))
    assert watched.migrator.upgrade().applied == ("0001_teams",)
    assert watched.migrator.status().exit_code() is ExitCode.OK


def test_what_was_recorded_while_one_waited_is_seen(client: "DynamoDBClient", tmp_path: Path) -> None:
    """The history is read again under the lock: another run was faster, and nothing is written twice."""
    project = write_project(tmp_path, {"0001_teams": TEAMS})
    client.create_table(
        TableName="osem-dev-Teams",
        AttributeDefinitions=[{"AttributeName": "teamId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "teamId", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    other = Watched(project).migrator
    assert other.resolve(ResolveOptions("1", APPLIED)).before == PENDING, "which creates the history table, too"
    assert other.resolve(ResolveOptions("1", REVERTED, verify=False)).recorded
    texts = {"owner": "other", "host": "build-7", "identity": "bob"}
    numbers = {"pid": 1, "lease_ms": 60_000, "heartbeat": 3, "acquired_at": 1, "fence": 5}
    item = {name: {"S": text} for name, text in texts.items()} | {n: {"N": str(v)} for n, v in numbers.items()}
    client.put_item(TableName=HISTORY, Item={**LOCK["Key"], **item})

    def finish(event: object) -> None:
        if isinstance(event, LockWaiting):
            client.update_item(**LOCK, UpdateExpression="REMOVE #o", ExpressionAttributeNames={"#o": "owner"})
            other.resolve(ResolveOptions("1", APPLIED))

    late = Watched(project, on_event=finish).migrator.resolve(ResolveOptions("1", APPLIED))
    assert (late.recorded, late.before) == (False, "applied")
    whats = [event.what for event in other.history()]
    assert whats == ["resolved as applied", "resolved as reverted", "resolved as applied"]
    assert [event.reason for event in other.history()] == [None] * 3


def test_who_asks_to_stop_writes_nothing(client: "DynamoDBClient", tmp_path: Path) -> None:
    """Even with the lock in hand, which is let go."""
    project = write_project(tmp_path, {"0001_teams": TEAMS})
    watched, stop = Watched(project), Stop()
    watched.migrator.upgrade()
    stop.request(Interrupted("stopped"))
    with pytest.raises(Interrupted):
        watched.migrator.resolve(ResolveOptions("1", REVERTED, verify=False, stop=stop))
    assert watched.migrator.status().exit_code() is ExitCode.OK
    assert "owner" not in client.get_item(**LOCK)["Item"]


def test_what_is_still_being_built_confirms_nothing(tmp_path: Path) -> None:
    """On AWS an index is CREATING for minutes: only once it is ACTIVE may its migration be called applied."""
    project = write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER}, TUNNEL)
    with SkippingClock() as clock:
        aws = SimulatedAws(clock)
        with aws.surroundings():
            migrator = aws.migrator(project)
            migrator.upgrade(UpgradeOptions("1"))
            migrator.upgrade(UpgradeOptions(pace=Pace.NO_WAIT))
            with pytest.raises(DriftFound, match="osem-dev-Teams: managerId-index has not settled: it is "):
                migrator.resolve(ResolveOptions("2", APPLIED))
            clock.sleep(3600)
            assert migrator.resolve(ResolveOptions("2", APPLIED)).recorded
            assert migrator.status().exit_code() is ExitCode.OK


def test_capacity_that_an_autoscaler_owns_is_no_difference(client: "DynamoDBClient", tmp_path: Path) -> None:
    """As for ``status``; and of many tables the log gives the number."""
    tables = ", ".join(f'CreateTable("{name}", S("id"))' for name in ("Users", "Plans", "Notes"))
    billing = 'SetBilling.provisioned("Teams", read=5, write=5)'
    script = {"0001_many": f'operations = [CreateTable("Teams", S("teamId"), settings=[{billing}]), {tables}]'}
    migrator = Watched(write_project(tmp_path, script)).migrator
    migrator.upgrade()
    migrator.resolve(ResolveOptions("1", REVERTED, verify=False))
    client.update_table(
        TableName="osem-dev-Teams", ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 7}
    )
    with pytest.raises(DriftFound, match="billing"):
        migrator.resolve(ResolveOptions("1", APPLIED))
    autoscaled = Watched(write_project(tmp_path, {}, f'{ENVIRONMENTS}autoscaled = ["Teams"]\n')).migrator
    assert len(autoscaled.resolve(ResolveOptions("1", APPLIED)).tables) == 4
    assert autoscaled.history()[-1].detail == "was reverted, compared with 4 tables"
    assert autoscaled.status().exit_code() is ExitCode.OK
