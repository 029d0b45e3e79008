"""What a run tells people on stderr, and the log file, while it goes on."""

import json
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from osem_migrate.cli.invocation import Invocation
from osem_migrate.cli.run_reporter import RunReporter
from osem_migrate.errors import LockHeld, UsageError
from osem_migrate.events import (
    LockWaiting,
    MigrationFinished,
    MigrationStarted,
    OperationFailed,
    RunFailed,
    RunStarted,
    StepPerformed,
    TableAdopted,
    TableDropped,
    TableLeaving,
)
from tests.cli.command_line import ACCESS_KEY, SECRET_KEY, SESSION_TOKEN, Project, Run, Tables
from tests.cli.story import HOLDER, INDEX, PLAN, call, finished, started, waiting
from tests.doubles.screen import DrawnOn, Screen


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log file that does not exist yet."""
    return tmp_path / "run.log"


def _on_terminal(monkeypatch: pytest.MonkeyPatch, kind: str = "xterm") -> DrawnOn:
    """Make stderr a terminal; pytest would undo it between a fixture and its test."""
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr(sys, "stderr", screen := DrawnOn(Screen(80, 24)))
    return screen


def _entries(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def _tell_all(reporter: RunReporter) -> None:
    """A whole run that ends badly."""
    reporter.event(LockWaiting(HOLDER, 2.0))
    reporter.event(RunStarted(PLAN))
    reporter.event(MigrationStarted(PLAN.migrations[1]))
    reporter.event(started())
    reporter.call(call())
    reporter.event(StepPerformed(INDEX.steps[0], "shop-dev-Teams"))
    reporter.event(waiting("allocating", 1.0))
    reporter.event(finished())
    reporter.event(MigrationFinished(PLAN.migrations[1], 901.0))
    reporter.event(RunFailed(LockHeld("taken")))
    reporter.failed(LockHeld("taken"))
    reporter.close()


def test_the_log_has_everything_with_time_table_and_duration(log: Path) -> None:
    """One JSON object a line, UTC timestamps, milliseconds; whatever the verbosity is."""
    _tell_all(RunReporter(verbosity=-1, log_file=log))
    entries = _entries(log)
    assert [entry["event"] for entry in entries] == [
        "run started", "migration started", "operation started", "call", "step performed", "operation finished",
        "migration finished", "run failed", "command failed",
    ]  # fmt: skip
    assert all(entry["timestamp"].endswith("Z") and datetime.fromisoformat(entry["timestamp"]) for entry in entries)
    by_event = {entry["event"]: entry for entry in entries}
    assert by_event["run started"] | {"timestamp": ""} == {
        "timestamp": "", "event": "run started", "migrations": 2, "calls": 2,
    }  # fmt: skip
    operation = by_event["operation finished"]
    assert (operation["table"], operation["duration_ms"], operation["how"]) == ("shop-dev-Teams", 900_000, "performed")
    assert by_event["call"] == {
        "timestamp": "2026-11-21T09:34:47.191Z", "event": "call", "action": "dynamodb:UpdateTable",
        "table": "shop-dev-Teams", "duration_ms": 12, "attempts": 1, "outcome": "ok",
    }  # fmt: skip
    assert by_event["migration finished"]["duration_ms"] == 901_000
    assert by_event["command failed"]["code"] == "LOCK_HELD"


def test_a_log_is_appended_to(log: Path) -> None:
    """What stood in the file before stays."""
    log.write_text('{"event": "of yesterday"}\n')
    reporter = RunReporter(verbosity=0, log_file=log)
    reporter.event(started())
    # Before it is closed: a killed run leaves every line that it wrote.
    assert [entry["event"] for entry in _entries(log)] == ["of yesterday", "operation started"]
    reporter.close()


def test_a_log_takes_any_text(log: Path) -> None:
    """Bytes that are no UTF-8, in a name for instance, cannot break the log."""
    reporter = RunReporter(verbosity=-1, log_file=log)
    reporter.failed(LockHeld("held by \udcff ü"))
    reporter.close()
    assert _entries(log)[0]["message"] == "held by \udcff ü"


def test_a_log_hides_passwords_of_urls(log: Path) -> None:
    """User and password of an endpoint URL stay out."""
    reporter = RunReporter(verbosity=-1, log_file=log)
    reporter.failed(LockHeld("see http://ada:hunter2@host/"))
    reporter.close()
    assert "hunter2" not in log.read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_log_that_is_full_does_not_stop_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    """One warning, and the run goes on without."""
    reporter = RunReporter(verbosity=0, log_file=Path("/dev/full"))
    reporter.call(call())
    reporter.call(call())
    reporter.close()
    assert capsys.readouterr().err == "⚠ the log file /dev/full ends here: No space left on device\n"


def test_a_log_that_cannot_be_opened(tmp_path: Path) -> None:
    """Told before anything is done."""
    with pytest.raises(UsageError, match="no/where cannot be written: No such file"):
        RunReporter(verbosity=0, log_file=tmp_path / "no/where")


def test_plain_lines_where_nobody_sees_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Not a terminal: a line when something is done, and no escape codes."""
    _tell_all(RunReporter(verbosity=0, log_file=None))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "ℹ waiting for the upgrade lock, held by ada@build-7 on build-7 (pid 4711) (2.0 s so far)",  # noqa: RUF001
        "ℹ 2 migrations, 2 calls: usually 8 to 17 min on AWS; with --fold 14 to 22 s.",  # noqa: RUF001
        "ℹ shop-dev-Teams: managerId-index is allocating (1.0 s so far)",  # noqa: RUF001
        "✓ 0002_add_index: add index managerId-index to Teams (15 min 0 s)",
    ]


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """-q: nothing at all."""
    _tell_all(RunReporter(verbosity=-1, log_file=None))
    assert capsys.readouterr() == ("", "")


def test_verbose_has_starts_and_calls(capsys: pytest.CaptureFixture[str]) -> None:
    """-v: each operation when it starts, each call with its time, and how often it was tried."""
    reporter = RunReporter(verbosity=1, log_file=None)
    reporter.event(started())
    reporter.call(call())
    reporter.call(call("ThrottlingException", attempts=3, table=None))
    first, second, third = capsys.readouterr().err.splitlines()
    assert first.endswith("Z 0002_add_index: add index managerId-index to Teams: started")
    assert second.endswith("2026-11-21T09:34:47.191Z dynamodb:UpdateTable shop-dev-Teams: ok in 12 ms")
    assert third.endswith("dynamodb:UpdateTable -: ThrottlingException in 12 ms, 3 attempts")


def test_a_table_that_goes(capsys: pytest.CaptureFixture[str], log: Path) -> None:
    """That it takes long is told while it does, and at last that it is gone; the log has it in any case."""
    for verbosity in (0, -1):
        reporter = RunReporter(verbosity=verbosity, log_file=log)
        reporter.event(TableLeaving("shop-dev-Teams", "Teams is deleting", 1.5))
        reporter.event(TableDropped("shop-dev-Teams", 4.25))
        reporter.close()
    said = capsys.readouterr().err
    assert said == (
        "ℹ shop-dev-Teams: Teams is deleting (1.5 s so far)\n"  # noqa: RUF001 - our own sign
        "✓ shop-dev-Teams: dropped (4.2 s)\n"
    )
    entries = [entry for entry in _entries(log) if entry["event"] == "table dropped"]
    assert [(entry["table"], entry["duration_ms"]) for entry in entries] == [("shop-dev-Teams", 4250)] * 2


def test_a_table_that_is_adopted(capsys: pytest.CaptureFixture[str], log: Path) -> None:
    """That it needs nothing, and up to which script; the log has it in any case."""
    for verbosity in (0, -1):
        reporter = RunReporter(verbosity=verbosity, log_file=log)
        reporter.event(TableAdopted("shop-dev-Teams", (INDEX,)))
        reporter.close()
    said = "✓ shop-dev-Teams exists already and matches the scripts up to 0002_add_index: adopted.\n"
    assert capsys.readouterr().err == said
    entries = [entry for entry in _entries(log) if entry["event"] == "table adopted"]
    assert [(entry["table"], entry["up_to"], entry["operations"]) for entry in entries] == [
        ("shop-dev-Teams", "0002_add_index", 1)
    ] * 2


def test_nobody_hears_calls_unless_asked() -> None:
    """Neither -v nor a log file: calls are not even told of."""
    assert not Invocation(command="status").hears_calls
    assert Invocation(command="status", verbosity=1).hears_calls
    assert Invocation(command="status", log_file=Path("log")).hears_calls


def test_a_long_wait_is_told_now_and_again(capsys: pytest.CaptureFixture[str]) -> None:
    """After a second, then every half minute; a new wait for the same thing begins anew; short ones are silent."""
    reporter = RunReporter(verbosity=0, log_file=None)
    for waited in (0.2, 0.8, 1.1, 5.0, 31.2, 40.0, 62.0):
        reporter.event(waiting("allocating", waited))
    reporter.event(waiting("backfilling", 0.1))
    reporter.event(waiting("backfilling", 1.5))
    told = capsys.readouterr().err.splitlines()
    assert [line.partition("is ")[2] for line in told] == [
        "allocating (1.1 s so far)", "allocating (31 s so far)", "allocating (1 min 2 s so far)",
        "backfilling (1.5 s so far)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("adopted", "note", "end"),
    [
        (True, "it was there already", "to Teams: it was there already (15 min 0 s)"),
        (False, None, "to Teams (15 min 0 s)"),
    ],
)
def test_how_an_operation_ended(
    *, adopted: bool, note: str | None, end: str, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was found in place is told as such, to people and to the log."""
    reporter = RunReporter(verbosity=0, log_file=log)
    reporter.event(finished(adopted=adopted, note=note))
    reporter.close()
    assert capsys.readouterr().err.strip().endswith(end)
    (entry,) = _entries(log)
    assert entry["how"] == ("adopted" if adopted else "performed")
    assert entry.get("note") == note


def test_on_a_terminal_there_are_live_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the plan on: what is in work stands below whatever is told, and is gone when the run has failed."""
    screen = _on_terminal(monkeypatch)
    reporter = RunReporter(verbosity=0, log_file=None)
    reporter.event(RunStarted(PLAN))
    reporter.event(started())
    reporter.event(waiting("backfilling", 0.5, elapsed=200.0))
    plan, lane, last = screen.wait_for("backfilling")
    assert plan.endswith("usually 8 to 17 min on AWS; with --fold 14 to 22 s.")
    assert lane[1:] == " 0002 managerId-index of Teams  backfilling  3 min 20 s  usually 8 to 17 min"
    assert last == "  0 of 2 done, 1 in work; 4 to 13 min left on AWS; 1 queued: 0001"
    reporter.event(OperationFailed(INDEX, "shop-dev-Teams", LockHeld("taken")))
    reporter.event(RunFailed(LockHeld("taken")))
    assert screen.rows == [plan]
    reporter.close()


@pytest.mark.parametrize(("kind", "verbosity"), [("dumb", 0), ("xterm", -1)])
def test_no_live_rows_where_none_are_wanted(kind: str, verbosity: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dumb terminal and -q get none, and a dumb one no colours either."""
    screen = _on_terminal(monkeypatch, kind)
    reporter = RunReporter(verbosity=verbosity, log_file=None)
    reporter.event(RunStarted(PLAN))
    reporter.event(started())
    reporter.event(waiting("backfilling", 31.0))
    reporter.event(finished())
    reporter.close()
    assert "\x1b" not in screen.sent
    assert ("backfilling (31 s so far)" in screen.sent) is (verbosity == 0)


def test_a_long_wait_counts_from_its_beginning_on_aws(capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no terminal either: an earlier run may have begun what this one waits for."""
    reporter = RunReporter(verbosity=0, log_file=None)
    reporter.event(waiting("backfilling", 1.5, elapsed=300.0))
    assert capsys.readouterr().err.endswith("managerId-index is backfilling (5 min 0 s so far)\n")


def test_lanes_tell_without_mixing(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Many lanes at once: every line whole, on stderr and in the log, and none lost."""
    reporter = RunReporter(verbosity=1, log_file=log)
    lanes, rounds = 16, 25
    together = threading.Barrier(lanes, timeout=30)

    def lane(_number: int) -> None:
        together.wait()
        for _ in range(rounds):
            reporter.event(started())
            reporter.call(call())
            reporter.event(finished())

    with ThreadPoolExecutor(lanes) as pool:
        list(pool.map(lane, range(lanes)))
    reporter.close()
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3 * lanes * rounds
    ends = (": started", "ok in 12 ms", "(15 min 0 s)")
    assert [sum(line.endswith(end) for line in told) for end in ends] == [lanes * rounds] * 3
    assert len(_entries(log)) == 3 * lanes * rounds


def test_a_real_run_is_logged_call_by_call(project: Project, run: Run, tables: Tables, log: Path) -> None:
    """An upgrade's log has each operation once, each mutating call, and durations that fit into the run."""
    before = datetime.now().astimezone()
    assert run("upgrade", "-q", "--log-file", str(log)).code == 0
    entries = _entries(log)
    operations = [entry for entry in entries if entry["event"] == "operation finished"]
    assert sorted(entry["table"] for entry in operations) == ["shop-dev-Plans", "shop-dev-Teams", "shop-dev-Teams"]
    calls = [entry["action"] for entry in entries if entry["event"] == "call"]
    assert calls.count("dynamodb:CreateTable") == 3
    assert calls.count("dynamodb:UpdateTable") == 1
    assert all(entry["duration_ms"] >= 0 and entry["table"] for entry in operations)
    for entry in entries:
        assert abs(datetime.fromisoformat(entry["timestamp"]) - before) < timedelta(minutes=5)
    length = len(entries)
    assert run("status", "--log-file", str(log)).code == 0
    questions = [entry["action"] for entry in _entries(log)[length:]]
    assert questions.count("dynamodb:DescribeTable") == 2
    assert all(re.fullmatch("dynamodb:(Describe|List|Query).*", action) for action in questions)


def test_a_failing_run_is_logged_to_its_end(project: Project, run: Run, tables: Tables, log: Path) -> None:
    """The last line says how the command ended, whether it failed before, during or after the work."""
    assert run("upgrade", "--env", "nope", "--log-file", str(log)).code == 1
    assert _entries(log)[-1]["code"] == "CONFIG_ENVIRONMENT_UNKNOWN"
    project.script("0002_add_manager_id_index_to_teams", 'AddIndex("Nothing", "x-index", partition_key=S("x"))')
    assert run("upgrade", "--log-file", str(log)).code == 1
    last = _entries(log)[-1]
    assert (last["event"], last["code"]) == ("command failed", "SCRIPT_OPERATION_INAPPLICABLE")


@pytest.mark.parametrize(
    "words", [["upgrade"], ["upgrade", "--dry-run"], ["status"], ["history"], ["list", "--details"]]
)
@pytest.mark.parametrize("reached", [True, False])
def test_no_credential_is_ever_told(
    *, words: list[str], reached: bool, run: Run, tables: Tables, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Key, secret and session token are in no output and no log, at any verbosity, with or without an answer."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION_TOKEN)
    if not reached:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://dynamodb.invalid")
    said = run(*words, "-v", "--log-file", str(log))
    assert said.code in ({0, 3} if reached else {1})
    told = said.out + said.err + log.read_text()
    assert "dynamodb:" in said.err
    for secret in (ACCESS_KEY, SECRET_KEY, SESSION_TOKEN):
        assert secret not in told


def test_whose_else_a_table_is_is_said_before_it_is_changed(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning of the plan, which only a look at the live tables brought."""
    RunReporter(verbosity=0, log_file=None).event(RunStarted(replace(PLAN, warnings=("T belongs to a stack.",))))
    assert "⚠ T belongs to a stack.\n" in capsys.readouterr().err
    RunReporter(verbosity=-1, log_file=None).event(RunStarted(replace(PLAN, warnings=("T belongs to a stack.",))))
    assert capsys.readouterr().err == ""
