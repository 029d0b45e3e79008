"""What is written to the history table comes back the same, and what nobody can read is said to be so."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from osem_migrate.aws import history_items
from osem_migrate.errors import HistoryUnreadable
from osem_migrate.history import Holder, LogEntry, Record, RecordedError, RecordedState
from osem_migrate.listing import one_line
from tests.doubles.typed import typed

RECORD = Record(
    migration="0007_add_manager_id_index_to_teams",
    state=RecordedState.APPLIED,
    checksum="sha256:v1:aa",
    operations_total=2,
    done=(0, 1),
    operation_hashes=("sha256:v1:bb", "sha256:v1:cc"),
    started_at=1_800_000_000_000,
    finished_at=1_800_000_000_999,
    applied_by="arn:aws:iam::123456789012:user/ada",
    tool_version="0.1.0",
    fence=7,
    created_at=1_800_000_000_000,
    updated_at=1_800_000_000_999,
    created_by="arn:aws:iam::123456789012:user/ada",
)
HOLDER = Holder(
    owner="f00d",
    host="build-7",
    pid=4711,
    identity="ada@build-7",
    run_url="https://ci.example/run/1",
    fence=3,
    lease_ms=20_000,
    heartbeat=12,
    acquired_at=1_800_000_000_000,
)


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        replace(RECORD, state=RecordedState.RUNNING, done=(1,), doubt=(0,), finished_at=None),
        replace(RECORD, state=RecordedState.RUNNING, done=(), started_at=None, finished_at=None),
        replace(RECORD, state=RecordedState.RUNNING, done=(), doubt=(0, 1), left_at=1_800_000_000_500),
        replace(RECORD, state=RecordedState.FAILED, error=RecordedError(code="DRIFT_FOUND", message="it differs")),
        replace(
            RECORD,
            state=RecordedState.FAILED,
            error=RecordedError(code="ITEMS_FAILED", message="2 failed: u1; odd: no", parts=("u1", "odd: no")),
        ),
        replace(RECORD, state=RecordedState.REVERTED),
    ],
    ids=lambda record: str(record.state),
)
def test_a_record_comes_back_as_it_was(record: Record) -> None:
    """Every field survives, with Python's own types."""
    assert history_items.read_record(history_items.record_item("osem", record)) == record


def test_a_record_stands_under_its_application_and_migration() -> None:
    """The keys and the field names are those other tools may rely on; timestamps are Numbers; None is left out."""
    item = history_items.record_item("osem", replace(RECORD, finished_at=None))
    assert item["scope"] == {"S": "osem"}
    assert item["item"] == {"S": "migration#0007_add_manager_id_index_to_teams"}
    assert item["createdAt"] == {"N": "1800000000000"}
    assert item["operations_done"] == {"N": "2"}, "how many, for people and their queries"
    assert item["done"] == {"L": [{"N": "0"}, {"N": "1"}]}
    assert item["doubt"] == {"L": []}
    assert {"updatedAt", "createdBy", "operation_hashes", "checksum", "fence"} <= item.keys()
    assert not {"finished_at", "left_at", "error"} & item.keys()


@pytest.mark.parametrize("damage", ["state", "checksum", "operation_hashes", "createdBy", "done", "doubt"])
def test_an_incomplete_record_is_unreadable(damage: str) -> None:
    """A record without a field is an error that names the migration, never a traceback."""
    item = history_items.record_item("osem", RECORD)
    del item[damage]
    with pytest.raises(HistoryUnreadable, match="0007_add_manager_id_index_to_teams") as caught:
        history_items.read_record(item)
    assert caught.value.details["migration"] == RECORD.migration


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("state", {"S": "squashed"}),
        ("fence", {"S": "x"}),
        ("fence", {"N": "NaN"}),
        ("error", {"S": "text"}),
        ("error", {"M": {"code": {"N": "1"}, "message": {"S": "x"}}}),
        ("error", {"M": {"code": {"S": "X"}, "message": {"S": "x"}, "parts": {"L": [{"N": "2"}]}}}),
        ("error", {"M": {"code": {"S": "X"}, "message": {"S": "x"}, "parts": {"L": [{"S": "x"}]}}}),
        ("checksum", {"N": "1"}),
        ("applied_by", {"NULL": True}),
        ("operation_hashes", {"L": [{"N": "1"}]}),
        ("createdAt", {"N": "-1"}),
        ("finished_at", {"N": "253402300800000"}),
        ("item", {"S": "migration#\u0661_x"}),
        ("item", {"S": f"migration#{'9' * 300}_x"}),
        ("item", {"S": "migration#"}),
    ],
)
def test_a_record_of_another_tool_is_unreadable(field: str, value: dict[str, str]) -> None:
    """A state, a type or a shape that this version does not know asks for an update of the tool."""
    with pytest.raises(HistoryUnreadable) as caught:
        history_items.read_record({**history_items.record_item("osem", RECORD), field: value})
    assert "update the tool" in typed(caught.value)


@pytest.mark.parametrize("holder", [HOLDER, replace(HOLDER, run_url=None)])
def test_a_holder_comes_back_as_it_was(holder: Holder) -> None:
    """The lock's owner survives, with and without a CI run."""
    values = history_items.holder_values(holder)
    assert history_items.read_holder(history_items.serialize({**values, "fence": holder.fence})) == holder


def test_a_long_list_is_cut_where_the_message_is() -> None:
    """What it lists takes room but once, and is told from what stands before it as far as there is any of it."""
    parts = tuple(f"item {number} is odd" for number in range(1000))
    error = RecordedError(code="X", message=one_line("1000 items failed", parts), parts=parts)
    item = history_items.record_item("osem", replace(RECORD, error=error))
    assert history_items.size(item) < 15_000
    back = history_items.read_record(item).error
    assert back is not None
    assert len(back.message) == 4096
    assert back.message == one_line("1000 items failed", back.parts)
    assert back.parts[:-1] == parts[: len(back.parts) - 1]
    assert back.parts[-1].endswith("…")


def test_a_released_lock_has_no_holder() -> None:
    """Only the fence stays on the item."""
    assert history_items.read_holder(history_items.serialize({"scope": "osem", "item": "lock", "fence": 3})) is None
    assert history_items.read_holder({}) is None


def test_half_a_holder_is_unreadable() -> None:
    """A lock item that somebody edited by hand is an error of ours."""
    with pytest.raises(HistoryUnreadable, match="the lock"):
        history_items.read_holder(history_items.serialize({"owner": "f00d"}))


def test_a_fence_comes_back_as_it_was() -> None:
    """It counts from nothing, and a lock whose fence is no number is an error of ours."""
    assert history_items.read_fence({}) == 0
    assert history_items.read_fence(history_items.serialize({"fence": 3})) == 3
    with pytest.raises(HistoryUnreadable, match="the lock") as caught:
        history_items.read_fence(history_items.serialize({"fence": "x"}))
    assert "unlock --force" in typed(caught.value)


@pytest.mark.parametrize(
    "event",
    [
        LogEntry(
            at=1_800_000_000_000, what="applied", migration="0001_a", by="ada@build-7", detail="create table Users"
        ),
        LogEntry(at=1_800_000_000_000, what="unlocked", migration=None, by="ada@build-7"),
        LogEntry(at=1, what="failed", migration="0001_a", by="ada", detail="X: 2 failed: u1; u2", parts=("u1", "u2")),
        LogEntry(at=1_800_000_000_000, what="unlocked", migration=None, by="ada@build-7", reason="the laptop fell"),
    ],
)
def test_an_event_comes_back_as_it_was(event: LogEntry) -> None:
    """The log keeps what was done, by whom and when."""
    assert history_items.read_log_item(history_items.log_item("osem", event, fence=1, number=0)) == event


def test_half_an_event_is_unreadable() -> None:
    """The log says which of its entries cannot be read."""
    with pytest.raises(HistoryUnreadable, match="event#1"):
        history_items.read_log_item(history_items.serialize({"item": "event#1", "what": "applied"}))


def test_events_sort_by_time_then_by_fence_then_by_number() -> None:
    """The sort key alone puts the log in order, and no two events of a run share one."""
    at = [(999, 1, 0), (1000, 1, 1), (1000, 1, 2), (1000, 2, 0), (1_800_000_000_000, 1, 0)]
    keys = [
        history_items.log_item(
            "osem", LogEntry(at=when, what="applied", migration=None, by="a"), fence=fence, number=number
        )
        for when, fence, number in at
    ]
    assert [key["item"]["S"] for key in keys] == sorted({key["item"]["S"] for key in keys})


@pytest.mark.parametrize("item", [{}, {"item": {"N": "1"}, "scope": {"NULL": True}}, {"item": {}, "scope": {}}])
@pytest.mark.parametrize("read", [history_items.sort_key, history_items.scope])
def test_an_item_without_its_keys_is_unreadable(read: Callable[[Any], str], item: dict[str, Any]) -> None:
    """No DynamoDB answers so; something else may."""
    with pytest.raises(HistoryUnreadable, match="an item of the history table cannot be read"):
        read(item)


@pytest.mark.parametrize(("field", "value"), [("at", {"N": "1E+40"}), ("what", {"N": "1"}), ("reason", {"BOOL": True})])
def test_an_event_of_other_types_is_unreadable(field: str, value: dict[str, Any]) -> None:
    """What it says is shown and put into JSON, so it has to be what it should."""
    entry = LogEntry(at=1_800_000_000_000, what="applied", migration="0001_a", by="ada@build-7")
    with pytest.raises(HistoryUnreadable):
        history_items.read_log_item({**history_items.log_item("osem", entry, fence=1, number=0), field: value})
