"""What grows for years stays affordable: the log is not read for a status, and what is odd in a history is told."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import DestroyOptions, ResolveOptions
from osem_migrate.aws import history_items
from osem_migrate.aws.history_table import HistoryTable
from osem_migrate.clock import Clock
from osem_migrate.commands.history import HistoryOptions
from osem_migrate.config import Project
from osem_migrate.errors import (
    ArgumentInvalid,
    ConfirmationRequired,
    DestructionIncomplete,
    ExitCode,
    HistoryUnreadable,
    ResolutionRefused,
    ScriptOperationsInvalid,
)
from osem_migrate.execution.executor import WIDEST
from osem_migrate.files.record_size import MOST, find_beyond
from osem_migrate.history import LogEntry, Progress, RecordedError, RecordedTable, ShownState, TableEffect
from osem_migrate.operations import CreateTable, SetTags
from osem_migrate.planning.resolution import Resolution
from osem_migrate.schema import S
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS, WRITES, write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws, _json, client_answered_by
from tests.doubles.typed import typed
from tests.simulator import Fail
from tests.simulator.values import item_size
from tests.unit.aws.test_history_items import RECORD
from tests.unit.aws.test_history_table import LEASE

KEYS = {"scope", "item"}
TAG = "operations = [SetTags('Teams', {'a': 'b'})]"
PLANS = 'operations = [CreateTable("Plans", S("planId"))]'


@pytest.fixture
def project(tmp_path: Path, aws: SimulatedAws) -> Project:
    """Teams with an index, applied."""
    made = write_project(tmp_path, {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER}, TUNNEL)
    aws.migrator(made).upgrade()
    return made


def put(aws: SimulatedAws, item: dict[str, Any]) -> None:
    """Write an item into the history table, as somebody else would."""
    aws.clock.advance(1)  # so that no partition is throttled
    aws.simulator.call("PutItem", {"TableName": HISTORY, "Item": item})


def log(aws: SimulatedAws, application: str, count: int, detail: str = "") -> None:
    """So many old entries of an application."""
    for number in range(count):
        entry = LogEntry(at=1_700_000_000_000 + number, what="advanced", migration=None, by="ada", detail=detail)
        put(aws, history_items.log_item(application, entry, fence=1, number=number))


@contextmanager
def read(aws: SimulatedAws) -> Iterator[Counter[str]]:
    """Counts the items that Query and Scan answer with, by what they are, and the calls."""
    found: Counter[str] = Counter()
    call = aws.simulator.call

    def counting(action: str, parameters: Any, **more: Any) -> dict[str, Any]:
        answer = call(action, parameters, **more)
        if action in {"Query", "Scan"} and parameters["TableName"] == HISTORY:
            found[action] += 1
            found["items"] += answer["ScannedCount"]
            found["events"] += sum(item.get("item", {"S": ""})["S"].startswith("event#") for item in answer["Items"])
        return answer

    aws.simulator.call = counting  # type: ignore[method-assign]
    try:
        yield found
    finally:
        aws.simulator.call = call  # type: ignore[method-assign]


def test_neither_status_nor_upgrade_reads_the_log(project: Project, aws: SimulatedAws) -> None:
    """Ours and that of others may be long: only records and lock are read, and one more item of each application."""
    log(aws, "osem", 40)
    for application in ("billing", "shop"):
        log(aws, application, 40)
        put(aws, history_items.record_item(application, RECORD))
    write_project(project.root, {"0003_plans": PLANS}, TUNNEL)
    with read(aws) as found:
        aws.migrator(project).status()
    assert (found["Query"], found["items"], found["events"]) == (1, 3, 0), "the lock and two records"
    with read(aws) as found:
        assert aws.migrator(project).upgrade().applied
    assert found["events"] == 0
    assert found["items"] < 40


def test_history_reads_no_more_than_it_shows(project: Project, aws: SimulatedAws) -> None:
    """Where a page ends before the limit, only the rest of it is asked for."""
    log(aws, "osem", 400, "x" * 4000)
    with read(aws) as found:
        assert len(aws.migrator(project).history(HistoryOptions(limit=3))) == 3
    assert (found["Query"], found["items"]) == (1, 3)
    with read(aws) as found:
        assert len(aws.migrator(project).history(HistoryOptions(limit=390))) == 390
    assert found["Query"] > 1, "a page of a megabyte has no room for them"
    assert found["items"] == 390


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_shows_nothing_is_a_mistake(limit: int) -> None:
    """As on the command line."""
    with pytest.raises(ArgumentInvalid, match=f"limit takes a number of at least 1, not {limit}"):
        HistoryOptions(limit=limit)


def test_a_limit_beyond_what_dynamodb_takes_is_everything(project: Project, aws: SimulatedAws) -> None:
    """A request has room for 32 bits of it."""
    asked: list[int] = []
    migrator = aws.migrator(project)

    def see(**given: Any) -> None:
        asked.append(given["params"]["Limit"])

    migrator.session._core.register("before-parameter-build.dynamodb.Query", see)
    assert len(migrator.history(HistoryOptions(limit=10**12))) == 4
    assert asked == [2**31 - 1]


def test_history_holds_one_page_at_a_time(project: Project, aws: SimulatedAws) -> None:
    """A page is read when its first entry is asked for, so that memory does not grow with the log."""
    log(aws, "osem", 600, "x" * 4000)
    with read(aws) as found:
        entries = aws.migrator(project).entries()
        assert found["Query"] == 0
        next(entries)
        assert (found["Query"], found["items"] < 300) == (1, True)
        assert sum(1 for _ in entries) > 600
        assert found["Query"] >= 3


def test_forgetting_a_long_history_goes_on_where_it_was_cut_off(project: Project, aws: SimulatedAws) -> None:
    """Wherever it ends, what is left is the log's end or the oldest records, which the next destroy can read."""
    write_project(project.root, {f"{number:04}_tag": TAG for number in range(3, 130)}, TUNNEL)
    for migration in aws.migrator(project).migrations[2:]:
        record = replace(RECORD, migration=migration.id, checksum=migration.checksum, operations_total=1, done=(0,))
        put(aws, history_items.record_item("osem", replace(record, operation_hashes=migration.operation_hashes)))
    put(aws, {"scope": {"S": "other"}, "item": {"S": "event#1"}})
    # Of the destroy that has begun, of the log, and of the newest 99 records.
    aws.simulator.faults.plan(Fail("InternalServerError"), action="TransactWriteItems", nth=4, times=None)
    destroy = DestroyOptions(allow_data_loss=True)
    with pytest.raises(DestructionIncomplete):
        aws.migrator(project).destroy(destroy)
    aws.simulator.faults.clear()
    left = sorted(aws.migrator(project).deployment.history.read().records)
    assert left == ["0001_teams", "0002_by_manager", *(f"{number:04}_tag" for number in range(3, 31))]
    aws.migrator(project).destroy(destroy)
    kept = aws.simulator.call("Scan", {"TableName": HISTORY})["Items"]
    assert {(item["scope"]["S"], item["item"]["S"]) for item in kept} == {("osem", "lock"), ("other", "event#1")}


def test_large_records_go_into_as_many_transactions_as_dynamodb_takes() -> None:
    """Four megabytes are the most of one, whatever the number of its items."""
    client = client_answered_by(lambda **_: _json(200, {}))
    sizes: list[int] = []
    client.meta.events.register(
        "before-parameter-build.dynamodb.TransactWriteItems",
        lambda params, **_: sizes.append(sum(len(json.dumps(action)) for action in params["TransactItems"])),
    )
    large = replace(RECORD, operation_hashes=("sha256:v1:" + "f" * 64,) * 3000)
    records = [replace(large, migration=f"{number:04}_tag") for number in range(1, 20)]
    HistoryTable(client, HISTORY, "osem", Clock()).write(LEASE, [(None, record) for record in records])
    assert len(sizes) == 2
    assert max(sizes) < 4_000_000


ODD = {
    "without a member": {"checksum": None},
    "of a wrong type": {"fence": {"S": "x"}},
    "in an unknown state": {"state": {"S": "squashed"}},
    "of 350 KB": {"done": {"S": "x" * 350_000}},
    "of 350 KB in another place": {"fence": {"S": "x" * 350_000}},
    "of nothing but its key": {name: None for name in history_items.record_item("osem", RECORD) if name not in KEYS},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_an_odd_record_is_told_and_can_be_mended(project: Project, aws: SimulatedAws, odd: dict[str, Any]) -> None:
    """Status shows all the rest, what writes stops before its first call, and resolve records the migration anew."""
    key = {"scope": {"S": "osem"}, "item": {"S": "migration#0002_by_manager"}}
    item = aws.simulator.call("GetItem", {"TableName": HISTORY, "Key": key})["Item"]
    put(aws, {name: value for name, value in (item | odd).items() if value is not None})
    status = aws.migrator(project).status()
    assert [(one.id, one.state) for one in status.migrations] == [
        ("0001_teams", ShownState.APPLIED),
        ("0002_by_manager", ShownState.UNREADABLE),
    ]
    (problem,) = status.problems
    assert (problem.code, problem.kind.exit_code) == ("HISTORY_UNREADABLE", ExitCode.HISTORY)
    assert str(problem.file).endswith("migrations/0002_by_manager.py")
    assert len(problem.message) < 400
    assert status.notes == (
        "osem-dev-Teams was not compared: what is recorded of 0002_by_manager, which concerns it, cannot be read.",
    )
    before = [call for call in aws.simulator.calls if call.action in WRITES]
    with pytest.raises(HistoryUnreadable) as caught:
        aws.migrator(project).upgrade()
    assert "osem-migrate resolve 0002_by_manager --applied --env dev" in typed(caught.value)
    with pytest.raises(HistoryUnreadable):
        aws.migrator(project).destroy(DestroyOptions(allow_data_loss=True))
    assert before == [call for call in aws.simulator.calls if call.action in WRITES]
    assert aws.migrator(project).history()
    with pytest.raises(ResolutionRefused, match="cannot be read"):
        aws.migrator(project).resolve(ResolveOptions("2", Resolution.ACCEPT_CHECKSUM))
    assert aws.migrator(project).resolve(ResolveOptions("2", Resolution.APPLIED)).before == "unreadable"
    assert aws.migrator(project).status().in_sync


def test_an_odd_record_of_what_is_gone_can_be_mended(project: Project, aws: SimulatedAws) -> None:
    """As reverted, once the tables confirm that; the next upgrade applies it again."""
    put(aws, {"scope": {"S": "osem"}, "item": {"S": "migration#0003_plans"}})
    write_project(project.root, {"0003_plans": PLANS}, TUNNEL)
    assert aws.migrator(project).resolve(ResolveOptions("3", Resolution.REVERTED)).recorded
    assert aws.migrator(project).upgrade().applied == ("0003_plans",)


ODD_NAMES = ("0009_squashed", "9" * 30 + "_far", "squashed", "", "lock", "0009_" + "x" * 900)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_odd_record_without_a_script_can_be_deleted(project: Project, aws: SimulatedAws, name: str) -> None:
    """Whatever it is called: each refusal names the next command, and it goes only once that is confirmed."""
    put(aws, {"scope": {"S": "osem"}, "item": {"S": f"migration#{name}"}, "done": {"S": "x" * 350_000}})
    with pytest.raises(HistoryUnreadable):
        aws.migrator(project).upgrade()
    (problem,) = aws.migrator(project).status().problems
    assert (problem.subject, problem.state) == (name, "unreadable")
    for resolution in (Resolution.APPLIED, Resolution.ACCEPT_CHECKSUM, Resolution.REVERTED):
        with pytest.raises(ResolutionRefused, match="is gone") as refused:
            aws.migrator(project).resolve(ResolveOptions(name, resolution))
        assert "--reverted --no-verify --env dev" in typed(refused.value)
    unchecked = ResolveOptions(name, Resolution.REVERTED, verify=False, reason="of a trial")
    writes = [call for call in aws.simulator.calls if call.action in WRITES]
    with pytest.raises(ConfirmationRequired) as caught:
        aws.migrator(project).resolve(unchecked)
    assert "--reverted --yes --no-verify --reason 'of a trial' --env dev" in typed(caught.value)
    assert writes == [call for call in aws.simulator.calls if call.action in WRITES]
    done = aws.migrator(project).resolve(replace(unchecked, allow_data_loss=True))
    assert (done.recorded, done.before, done.after, done.record) == (True, "unreadable", "reverted", None)
    *_, last = aws.migrator(project).history()
    assert (last.what, last.migration, last.reason) == ("resolved as reverted", name, "of a trial")
    assert last.detail == "was unreadable, not compared with the live tables, and its record deleted"
    assert aws.migrator(project).status().in_sync


def test_of_several_odd_records_each_is_told(project: Project, aws: SimulatedAws) -> None:
    """The lock among them; one after the other is mended."""
    for name in ("migration#0001_teams", "migration#0002_by_manager"):
        put(aws, {"scope": {"S": "osem"}, "item": {"S": name}})
    with pytest.raises(HistoryUnreadable, match=r"2 items cannot be read.*0001_teams.*0002_by_manager") as caught:
        aws.migrator(project).upgrade()
    assert len(caught.value.parts) == 2
    put(aws, {"scope": {"S": "osem"}, "item": {"S": "lock"}, "owner": {"S": "f00d"}})
    found = {problem.subject: problem for problem in aws.migrator(project).status().problems}
    assert found.keys() == {"0001_teams", "0002_by_manager", "lock"}
    assert "osem-migrate unlock --force --env dev" in typed(found["lock"].advice)


def test_an_odd_entry_of_the_log_hides_no_other(project: Project, aws: SimulatedAws) -> None:
    """It is shown where it stands, with why it says no more."""
    put(aws, {"scope": {"S": "osem"}, "item": {"S": "event#1700000000000#1"}, "what": {"N": "1"}})
    put(aws, {"scope": {"S": "osem"}, "item": {"S": "event#someday"}})
    first, *others, last = aws.migrator(project).history()
    assert (first.at, first.what) == (1_700_000_000_000, "unreadable")
    assert "cannot be read: at is missing" in first.detail
    assert (last.at, last.what) == (0, "unreadable")
    assert {"started", "applied"} <= {entry.what for entry in others}


def test_the_longest_script_there_can_be_has_room_in_its_record() -> None:
    """Names of 255 characters, every lane under way, and an error as long as errors are kept; 1,000 operations fit."""
    operations = [CreateTable(f"{number:0255}", S("id")) for number in range(4000)]
    most = find_beyond(operations)
    assert most is not None
    identity = "arn:aws:sts::123456789012:assumed-role/" + "r" * 500
    record = replace(
        RECORD,
        migration="0001_" + "a" * 240,
        operations_total=most,
        done=tuple(range(most - WIDEST)),
        doubt=tuple(range(most - WIDEST, most)),
        progress={at: Progress(step=1, begun_at=1_800_000_000_000) for at in range(most - WIDEST, most)},
        operation_hashes=("sha256:v1:" + "f" * 64,) * most,
        applied_by=identity,
        created_by=identity,
        error=RecordedError(code="DRIFT_FOUND", message="x" * 1_000_000),
        tables={one.table: RecordedTable(effect=TableEffect.CREATED, table_id="f" * 36) for one in operations[:most]},
    )
    assert MOST * 0.9 < item_size(history_items.record_item("osem", record)) <= MOST
    assert find_beyond([SetTags("Teams", {"a": "b"})] * 4000) is None


def test_a_script_beyond_that_is_refused_where_it_is_read(tmp_path: Path, aws: SimulatedAws) -> None:
    """With the file and the line of the first operation that has no room, before any call."""
    tags = ",\n".join(["SetTags('Teams', {'a': 'b'})"] * 5000)
    project = write_project(tmp_path, {"0001_tags": f"operations = [\n{tags}\n]"}, TUNNEL)
    with pytest.raises(ScriptOperationsInvalid, match=r"operations\[\d+\]: there is no room for it") as caught:
        aws.migrator(project).upgrade()
    assert caught.value.details["file"].endswith("migrations/0001_tags.py")
    assert caught.value.details["line"] > 4000
    assert "osem-migrate new TITLE" in typed(caught.value)
    assert aws.simulator.calls == []
