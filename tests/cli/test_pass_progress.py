"""What a pass over items tells people on stderr, and the log file, while it goes on."""

import json
import os
from pathlib import Path

import pytest

from osem_migrate.cli.progress import RunProgress
from osem_migrate.cli.run_reporter import RunReporter
from osem_migrate.events import PassProgress
from tests.cli.story import INDEX, PLAN


def told(waited: float, *, scan: int = 0, failed: int = 0) -> PassProgress:
    """A checkpoint."""
    return PassProgress(
        operation=INDEX,
        physical_name="shop-dev-Teams",
        scan=scan,
        examined=12_000,
        changed=3_400,
        failed=failed,
        waited=waited,
    )


def test_a_line_tells_now_and_again_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Not at once, nor with every checkpoint: items, failures, and what it is at."""
    reporter = RunReporter(verbosity=0, log_file=None)
    for waited in (0.5, 5.0, 10.0):
        reporter.event(told(waited))
    reporter.event(told(40.0, scan=1, failed=2))
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        "shop-dev-Teams: 12,000 examined, 3,400 changed (5.0 s so far)",
        "shop-dev-Teams: 12,000 examined, 3,400 changed, 2 failures (checking that nothing is left) (40 s so far)",
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
    }


def test_the_live_row_of_its_lane_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of a phase of AWS's; a lane that is over shows nothing."""
    monkeypatch.setenv("TERM", "xterm")
    progress = RunProgress()
    progress.start(PLAN)
    progress.goes_on(INDEX, "12,000 examined")
    progress.begin(INDEX)
    progress.goes_on(INDEX, "12,000 examined")
    assert "12,000 examined" in progress.rows(os.terminal_size((160, 10)))[0].plain
