"""What ``items status`` shows of one pass, by how it stands."""

import pytest

from osem_migrate.advice import as_typed
from osem_migrate.cli import output
from osem_migrate.cli.pass_status import show_pass
from osem_migrate.pass_state import PassReport
from osem_migrate.planning.items import PassCondition, PassStatus
from tests.doubles.pass_status import status

REPORT = PassReport(at=0, fence=1, rate=50, read=12, written=48.4, items=40, left=90)


def shown(found: PassStatus, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines that tell how fast it is, and what is below the table."""
    output.show_commands(as_typed)
    show_pass(found, brief=False)
    lines = capsys.readouterr().out.splitlines()
    return [line.strip() for line in lines[next(n for n, line in enumerate(lines) if "failures " in line) + 1 :]]


def test_one_that_runs_tells_how_fast(capsys: pytest.CaptureFixture[str]) -> None:
    """What it may read and write, what it does, and how long that takes."""
    found = status(PassCondition.RUNNING, attended=True, report=REPORT)
    assert shown(found, capsys) == [
        "rate       50 units/s",
        "kept       12 read, 48 written units/s, 40 items/s",
        "time left  about 1 min 30 s",
    ]
    failing = status(PassCondition.RUNNING, attended=True, failures=1)
    assert shown(failing, capsys)[-1] == "Then let the run try it again with: osem-migrate items retry"


def test_one_that_is_paused_says_by_whom(capsys: pytest.CaptureFixture[str]) -> None:
    """And when, and that nobody waits in it where that is so."""
    resume = "Let it go on with: osem-migrate items resume"
    since = "Paused by ada at 1970-01-01T00:00:00Z."
    attended = status(PassCondition.PAUSED, attended=True, report=REPORT)
    assert shown(attended, capsys)[2:] == ["time left  paused", since, resume]
    left = [since, "No run is at work on it.", resume, "Then go on with: osem-migrate upgrade"]
    assert shown(status(PassCondition.PAUSED), capsys) == left


def test_one_that_is_over_shows_what_it_left(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing goes on with it, so that nothing else is advised."""
    assert shown(status(PassCondition.DONE), capsys) == []
    left = ["See what failed with: osem-migrate items failures"]
    assert shown(status(PassCondition.DONE, failures=1), capsys) == left
