"""Record, Holder, History and Event: what the history table says."""

from dataclasses import replace
from typing import Any

import pytest

from osem_migrate.history import History, Holder, LogEntry, Record, RecordedError, RecordedState, ShownState

RECORD = Record(
    migration="0007_add_manager_index",
    state=RecordedState.APPLIED,
    checksum="sha256:v1:0",
    operations_total=1,
    done=(0,),
    operation_hashes=("sha256:v1:1",),
    started_at=1,
    finished_at=2,
    applied_by="arn:aws:iam::123456789012:user/ada",
    tool_version="0.1.0",
    fence=3,
    created_at=1,
    updated_at=2,
    created_by="arn:aws:iam::123456789012:user/ada",
)
HOLDER = Holder(
    owner="9f0c",
    host="build-7",
    pid=4711,
    identity="arn:aws:iam::123456789012:user/ada",
    run_url=None,
    fence=3,
    lease_ms=20_000,
    heartbeat=1,
    acquired_at=1,
)


@pytest.mark.parametrize(
    ("state", "applied", "unfinished"),
    [
        (RecordedState.RUNNING, False, True),
        (RecordedState.APPLIED, True, False),
        (RecordedState.FAILED, False, True),
        (RecordedState.REVERTED, False, False),
    ],
)
def test_what_a_state_means(state: RecordedState, *, applied: bool, unfinished: bool) -> None:
    """Only applied is applied; running and failed were begun and want to be continued."""
    record = replace(RECORD, state=state)
    assert (record.is_applied, record.is_unfinished) == (applied, unfinished)
    assert History(records={record.migration: record}).is_applied(record.migration) is applied


def test_how_many_are_live_is_what_is_listed() -> None:
    """Lanes overtake each other: the operations that are live need not be the first ones."""
    assert replace(RECORD, operations_total=3, done=(0, 2)).operations_done == 2
    assert replace(RECORD, done=()).operations_done == 0


@pytest.mark.parametrize(
    ("changes", "attended"),
    [
        ({"state": RecordedState.RUNNING}, True),
        ({"state": RecordedState.RUNNING, "started_at": None}, False),
        ({"state": RecordedState.RUNNING, "left_at": 3}, False),
        ({"state": RecordedState.FAILED}, False),
        ({"state": RecordedState.APPLIED}, False),
    ],
    ids=["at work", "not begun", "left under way", "failed", "applied"],
)
def test_only_what_a_run_is_at_work_on_is_attended(changes: dict[str, Any], *, attended: bool) -> None:
    """Neither what a run has not come to yet, nor what it left to DynamoDB on purpose, needs a heartbeat."""
    assert replace(RECORD, **changes).is_attended is attended


def test_every_recorded_state_can_be_shown() -> None:
    """People see the recorded states under the same names."""
    assert {state.value for state in RecordedState} < {state.value for state in ShownState}


def test_the_number_orders_records() -> None:
    """The id begins with it."""
    assert RECORD.number == 7


def test_nothing_is_applied_where_nothing_was_recorded() -> None:
    """An environment without a history table is simply new."""
    assert not History().is_applied("0001_a")
    assert (History().exists, History().holder) == (False, None)


@pytest.mark.parametrize(
    ("run_url", "text"),
    [
        (None, "arn:aws:iam::123456789012:user/ada on build-7 (pid 4711)"),
        (
            "https://ci.example/run/1",
            "arn:aws:iam::123456789012:user/ada on build-7 (pid 4711, https://ci.example/run/1)",
        ),
    ],
)
def test_the_holder_of_the_lock_can_be_found(run_url: str | None, text: str) -> None:
    """Who, on which machine, which process, and which CI run if it is one."""
    assert replace(HOLDER, run_url=run_url).describe() == text


def test_what_may_be_left_out() -> None:
    """Most records have no error and most events no detail."""
    assert RECORD.error is None
    assert replace(RECORD, error=RecordedError(code="LOCK_LOST", message="…")).error is not None
    assert LogEntry(at=1, what="applied", migration=None, by="ada").detail == ""
