"""What a pass over items tells people on stderr, and the log file, while it goes on."""

import json
import os
from pathlib import Path

import pytest

from osem_migrate.cli import pass_text
from osem_migrate.cli.progress import RunProgress
from osem_migrate.cli.run_reporter import RunReporter
from osem_migrate.events import PassProgress, PassSteered
from osem_migrate.pass_state import PassOrder, Said
from tests.cli.story import INDEX, PLAN

ADA = Said(by="ada@laptop", at=1_795_253_687_191)


def told(waited: float, *, scan: int = 0, failed: int = 0, paused: Said | None = None) -> PassProgress:
    """A checkpoint."""
    return PassProgress(
        operation=INDEX,
        physical_name="shop-dev-Teams",
        scan=scan,
        examined=12_000,
        changed=3_400,
        failed=failed,
        waited=waited,
        bytes_examined=12_582_912,
        size_bytes=41_943_040,
        read=12.4,
        written=50.0,
        left=254.0,
        paused=paused,
    )


def test_a_line_tells_now_and_again_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Not at once, nor with every checkpoint: items, failures, bytes, units, time left, and what it is at."""
    reporter = RunReporter(verbosity=0, log_file=None)
    for waited in (0.5, 5.0, 10.0):
        reporter.event(told(waited))
    reporter.event(told(40.0, scan=1, failed=2))
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        (
            "shop-dev-Teams: 12,000 examined, 3,400 changed, about 12.0 MB of 40.0 MB, 12 read, 50 written units/s, "
            "about 4 min 14 s left (5.0 s so far)"
        ),
        (
            "shop-dev-Teams: 12,000 examined, 3,400 changed, 2 failures, about 12.0 MB of 40.0 MB, 12 read, 50 written "
            "units/s, about 4 min 14 s left (checking that nothing is left) (40 s so far)"
        ),
    ]


def test_the_log_has_every_checkpoint(tmp_path: Path) -> None:
    """As facts."""
    reporter = RunReporter(verbosity=-1, log_file=tmp_path / "run.log")
    reporter.event(told(5.0, failed=1))
    reporter.close()
    (entry,) = map(json.loads, (tmp_path / "run.log").read_text().splitlines())
    assert {name: entry[name] for name in entry if name != "timestamp"} == {
        "event": "pass",
        "migration": INDEX.migration.id,
        "table": "shop-dev-Teams",
        "scan": 0,
        "examined": 12_000,
        "changed": 3_400,
        "failed": 1,
        "bytes_examined": 12_582_912,
        "table_size_bytes": 41_943_040,
        "read_units_per_second": 12.4,
        "written_units_per_second": 50.0,
        "seconds_left": 254,
        "paused": False,
    }


def test_an_order_is_told_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Who gave it, and what takes it back; a pause is told of again while it lasts, with what ends it."""
    reporter = RunReporter(verbosity=0, log_file=tmp_path / "run.log")
    for order in PassOrder:
        rate = 50 if order is PassOrder.RATE else None
        reporter.event(PassSteered(operation=INDEX, physical_name="shop-dev-Teams", order=order, said=ADA, rate=rate))
    reporter.event(told(40.0, paused=ADA))
    reporter.close()
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        "shop-dev-Teams: 50 units a second from now on, set by ada@laptop",
        "shop-dev-Teams: paused by ada@laptop; it keeps the lock, and goes on after: osem-migrate items resume",
        "shop-dev-Teams: resumed by ada@laptop",
        "shop-dev-Teams: what failed is tried again, asked for by ada@laptop",
        (
            "shop-dev-Teams: paused by ada@laptop since 2026-11-21T09:34:47Z; let it go on with: "
            "osem-migrate items resume (40 s so far)"
        ),
    ]
    steered = json.loads((tmp_path / "run.log").read_text().splitlines()[0])
    assert (steered["event"], steered["order"], steered["by"]) == ("pass steered", "rate", "ada@laptop")
    assert steered["rate"] == 50


def _summary(progress: RunProgress, left: float | None) -> str:
    """The last row, once a pass has told how long it takes yet."""
    progress.goes_on(INDEX, "12,000 examined", left=left)
    return progress.rows(os.terminal_size((160, 10)))[-1].plain


def test_the_live_row_of_its_lane_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of a phase of AWS's, and of what is usual the time that is left; a lane that is over shows nothing."""
    monkeypatch.setenv("TERM", "xterm")
    progress = RunProgress()
    progress.start(PLAN)
    progress.goes_on(INDEX, "12,000 examined", left=254.0)
    progress.begin(INDEX)
    progress.goes_on(INDEX, "12,000 examined", left=254.0)
    row = progress.rows(os.terminal_size((160, 10)))[0].plain
    assert "12,000 examined" in row
    assert row.endswith("4 min 14 s left")
    assert "3 h 27 min to 3 h 36 min left on AWS" in _summary(progress, left=12_000.0)
    assert "; how long yet is not known" in _summary(progress, left=None)
    assert pass_text.brief(told(5.0, failed=2, scan=1)) == (
        "2 failed, 12,000 examined, 3,400 changed, checking, 12 read, 50 written units/s"
    )
    assert pass_text.brief(told(5.0, paused=ADA)) == "paused by ada@laptop"
