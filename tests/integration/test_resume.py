"""A run that stops anywhere is finished by the next one, on DynamoDB Local."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import UpgradeOptions
from osem_migrate.aws import lock as lock_module
from osem_migrate.config import Project
from osem_migrate.errors import ExitCode, Interrupted, LockLost, OsemMigrateError, PartialError, Termination
from osem_migrate.events import (
    MigrationStarted,
    OperationFinished,
    OperationStarted,
    RunEvent,
    RunFailed,
    StepPerformed,
    Waiting,
)
from osem_migrate.history import ShownState
from osem_migrate.stop import Stop
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS, Watched, write_project
from tests.doubles.simulated_aws import SimulatedAws, project_of
from tests.engines.engine import Engine
from tests.simulator import Durations

BOTH = """operations = [
    CreateTable("Teams", S("teamId")),
    SetTimeToLive("Teams", "expiresAt"),
    SetStream("Teams", "NEW_IMAGE"),
]"""


@pytest.fixture
def client(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Any:
    """DynamoDB Local, found through the environment variables that every AWS SDK knows."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    return engine.client()


def stopping(kind: type, stop: Stop, by: KeyboardInterrupt, *, after: int = 1) -> Callable[[object], None]:
    """A callback that asks the run to stop at the ``after``-th event of a kind, as a signal handler would."""
    left = [after]

    def hear(event: object) -> None:
        if isinstance(event, kind):
            left[0] -= 1
            if left[0] == 0:
                stop.request(Interrupted.by(by))

    return hear


@pytest.mark.parametrize(
    ("by", "code"), [(KeyboardInterrupt(), ExitCode.INTERRUPTED), (Termination(), ExitCode.TERMINATED)]
)
def test_an_index_build_that_was_interrupted_goes_on(
    client: Any, tmp_path: Path, by: KeyboardInterrupt, code: ExitCode
) -> None:
    """Stopped right after UpdateTable: the record can be resumed, and the index is not asked for again."""
    project = write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    stop = Stop()
    first = Watched(project, on_event=stopping(StepPerformed, stop, by, after=2))
    with pytest.raises(PartialError) as caught:
        first.migrator.upgrade(UpgradeOptions(stop=stop))
    assert caught.value.exit_code is code
    assert caught.value.applied == ("0001_teams",)
    status = Watched(project).migrator.status()
    assert status.exit_code() is ExitCode.HISTORY
    assert status.migrations[1].state is ShownState.INTERRUPTED

    second = Watched(project)
    assert second.migrator.upgrade().applied == ("0002_by_manager",)
    assert second.mutations() == []
    assert Watched(project).migrator.status().exit_code() is ExitCode.OK


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        *((MigrationStarted, after) for after in (1, 2)),
        *((kind, after) for kind in (OperationStarted, StepPerformed, OperationFinished) for after in (1, 2, 3, 4)),
    ],
)
def test_wherever_it_stops_the_next_run_finishes(client: Any, tmp_path: Path, kind: type, after: int) -> None:
    """Every change is asked for exactly once over both runs, whatever the moment of the interruption."""
    project = write_project(tmp_path, {"0001_teams": BOTH, "0002_users": TEAMS.replace("eam", "eamster")})
    stop = Stop()
    first = Watched(project, on_event=stopping(kind, stop, KeyboardInterrupt(), after=after))
    try:
        first.migrator.upgrade(UpgradeOptions(stop=stop))
        code = ExitCode.OK
    except OsemMigrateError as stopped:
        code = stopped.exit_code
    # A request that comes when no lane has anything left to begin changes nothing.
    assert code is (ExitCode.OK if Watched(project).migrator.plan().is_empty else ExitCode.INTERRUPTED)
    second = Watched(project)
    second.migrator.upgrade()
    made: dict[str | None, list[str]] = {}
    for name, table in first.mutations() + second.mutations():
        made.setdefault(table, []).append(name)
    assert made == {
        HISTORY: ["CreateTable"],
        "osem-dev-Teams": ["CreateTable", "UpdateTimeToLive", "UpdateTable"],
        "osem-dev-Teamsters": ["CreateTable"],
    }
    assert Watched(project).migrator.status().exit_code() is ExitCode.OK


def test_a_repaired_cause_is_continued_from(client: Any, tmp_path: Path) -> None:
    """Drift that the third operation needs gone: the first stays done, and after the repair only the rest is."""
    script = BOTH.replace('SetStream("Teams", "NEW_IMAGE")', 'AddIndex("Teams", "by-manager", S("managerId"))')
    project = write_project(tmp_path, {"0001_teams": script})
    key = {"AttributeName": "managerId", "KeyType": "HASH"}
    types: dict[str, Any] = {"teamId": "S", "managerId": "N"}
    index = {"IndexName": "by-hand", "KeySchema": [key], "Projection": {"ProjectionType": "ALL"}}

    def interfere(event: object) -> None:
        if isinstance(event, OperationFinished) and event.operation.position == 1:
            client.update_table(
                TableName="osem-dev-Teams",
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()],
                GlobalSecondaryIndexUpdates=[{"Create": index}],
            )

    with pytest.raises(PartialError) as caught:
        Watched(project, on_event=interfere).migrator.upgrade()
    assert caught.value.cause.code == "DRIFT_FOUND"
    record = Watched(project).migrator.status().migrations[0].record
    assert record is not None
    assert (record.state.value, record.done, record.doubt) == ("failed", (0, 1), (2,))
    assert record.error is not None
    assert record.error.code == "DRIFT_FOUND"

    removal = [{"Delete": {"IndexName": "by-hand"}}]
    client.update_table(TableName="osem-dev-Teams", GlobalSecondaryIndexUpdates=removal)
    second = Watched(project)
    assert second.migrator.upgrade().applied == ("0001_teams",)
    assert second.mutations() == [("UpdateTable", "osem-dev-Teams")]
    assert [event.what for event in second.migrator.history()] == [
        *("started", "advanced"),
        *("started", "advanced"),
        *("started", "failed"),
        *("started", "applied"),
    ]


def test_a_killed_run_is_replaced_after_its_lease(client: Any, tmp_path: Path) -> None:
    """A process that died with the lock in its hand holds the next one up for its lease, and no longer."""
    Watched(write_project(tmp_path, {"0001_teams": TEAMS})).migrator.upgrade()
    texts = {"owner": "dead", "host": "build-7", "identity": "bob"}
    numbers = {"pid": 1, "lease_ms": 700, "heartbeat": 3, "acquired_at": 1, "fence": 5}
    item = {name: {"S": text} for name, text in texts.items()} | {n: {"N": str(v)} for n, v in numbers.items()}
    client.put_item(TableName=HISTORY, Item={"scope": {"S": "osem"}, "item": {"S": "lock"}, **item})
    watched = Watched(write_project(tmp_path, {"0002_more": TEAMS.replace("Teams", "More")}))
    assert watched.migrator.upgrade().applied == ("0002_more",)
    record = watched.migrator.status().migrations[1].record
    assert record is not None
    assert record.fence == 6


def test_a_run_whose_lock_was_taken_over_writes_nothing_more(client: Any, tmp_path: Path) -> None:
    """Taken over in the middle of an operation: the next record is refused whole, and the run stops."""
    project = write_project(tmp_path, {"0001_teams": BOTH})

    def take_over(event: object) -> None:
        if isinstance(event, StepPerformed) and event.step.action == "UpdateTimeToLive":
            client.update_item(
                TableName=HISTORY,
                Key={"scope": {"S": "osem"}, "item": {"S": "lock"}},
                UpdateExpression="SET fence = fence + :one, #o = :other",
                ExpressionAttributeNames={"#o": "owner"},
                ExpressionAttributeValues={":one": {"N": "1"}, ":other": {"S": "thief"}},
            )

    watched = Watched(project, on_event=take_over)
    with pytest.raises(PartialError) as caught:
        watched.migrator.upgrade()
    assert isinstance(caught.value.cause, LockLost)
    assert watched.mutations()[-1] == ("UpdateTimeToLive", "osem-dev-Teams")
    status = Watched(project).migrator.history()
    assert [event.what for event in status] == ["started", "advanced", "started"]
    lock = client.get_item(TableName=HISTORY, Key={"scope": {"S": "osem"}, "item": {"S": "lock"}})["Item"]
    assert lock["owner"]["S"] == "thief"


def test_the_heart_beats_while_an_index_builds(client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is renewed by a thread of its own, beside the waiting, and no thread is left behind."""
    monkeypatch.setattr(lock_module, "HEARTBEAT_SECONDS", 0.02)
    project = write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    beats: list[int] = []

    def look(event: object) -> None:
        if isinstance(event, OperationFinished):
            item = client.get_item(TableName=HISTORY, Key={"scope": {"S": "osem"}, "item": {"S": "lock"}})["Item"]
            beats.append(int(item["heartbeat"]["N"]))

    Watched(project, on_event=look).migrator.upgrade()
    assert beats[1] > beats[0]
    assert not [thread for thread in threading.enumerate() if thread.name == "osem-migrate-heartbeat"]
    assert (
        "owner" not in client.get_item(TableName=HISTORY, Key={"scope": {"S": "osem"}, "item": {"S": "lock"}})["Item"]
    )


def _waits(project: Project, aws: SimulatedAws, *, stop_at: type | None = None, after: int = 1) -> list[Waiting]:
    """What a run tells of its waits, on the simulator; it may be asked to stop at an event."""
    events: list[RunEvent] = []
    stop = Stop(aws.clock.clock)
    asks = stopping(stop_at or RunFailed, stop, KeyboardInterrupt(), after=after)

    def hear(event: RunEvent) -> None:
        events.append(event)
        asks(event)

    with pytest.raises(OsemMigrateError) if stop_at is not None else nullcontext():
        aws.migrator(project, hear).upgrade(UpgradeOptions(stop=stop))
    return [event for event in events if isinstance(event, Waiting) and event.subject == "managerId-index"]


def test_elapsed_time_counts_from_the_beginning_on_aws(aws: SimulatedAws, tmp_path: Path) -> None:
    """A run that takes an index build up again tells how long it is since AWS began it, not since it looked."""
    write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    project = project_of(tmp_path)
    aws.simulator.account.durations = Durations()  # as on AWS, where the build is still going on after two minutes
    _waits(project, aws, stop_at=StepPerformed, after=2)
    aws.clock.sleep(120.0)
    first, *_, last = _waits(project, aws)
    assert 120 <= first.elapsed < 180
    assert first.waited < 30
    assert last.elapsed - first.elapsed == pytest.approx(last.waited - first.waited, abs=5)


def test_what_was_recorded_and_never_asked_for_begins_when_it_is_asked_for(aws: SimulatedAws, tmp_path: Path) -> None:
    """Stopped between the record and the call: the next run counts from its own call, and so does the one after it."""
    write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    project = project_of(tmp_path)
    aws.simulator.account.durations = Durations()  # the same
    _waits(project, aws, stop_at=OperationStarted, after=2)
    aws.clock.sleep(3600.0)
    waits = _waits(project, aws, stop_at=Waiting, after=3)
    assert max(wait.elapsed for wait in waits) < 60
    aws.clock.sleep(120.0)
    assert 120 <= _waits(project, aws)[0].elapsed < 240
