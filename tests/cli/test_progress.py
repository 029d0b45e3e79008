"""What the rows of a run say, on a clock that the test moves."""

import os
from dataclasses import replace

import pytest

from osem_migrate import AddIndex, CreateTable, S
from osem_migrate.cli import terminal
from osem_migrate.cli.progress import RunProgress
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.planning.plan import Plan, PlannedOperation
from osem_migrate.planning.upgrade import make_plan
from tests.cli.story import CREATE, INDEX, PLAN, Ticking

WIDE = os.terminal_size((160, 12))


@pytest.fixture
def clock() -> Ticking:
    """A clock that the test moves."""
    return Ticking()


@pytest.fixture
def progress(clock: Ticking) -> RunProgress:
    """A run of two operations, of which none has begun."""
    progress = RunProgress(clock)
    progress.start(PLAN)
    return progress


def _shown(progress: RunProgress, room: os.terminal_size = WIDE) -> list[str]:
    """The rows without the sign in front."""
    return [row.plain[2:] for row in progress.rows(room)]


def _wait(
    progress: RunProgress, phase: str, waited: float, *, subject: str = "managerId-index", elapsed: float | None = None
) -> None:
    progress.wait(INDEX, subject, phase, waited=waited, elapsed=waited if elapsed is None else elapsed)


def _wide_plan(lanes: int) -> Plan:
    """A table each, with an index."""
    tables = [f"Table{lane}" for lane in range(lanes)]
    operations = [CreateTable(name, partition_key=S("id")) for name in tables]
    indexes = [AddIndex(name, "a-rather-long-name-index", partition_key=S("key")) for name in tables]
    scripts = [
        Migration(id=f"{at:04}_step", number=at, operations=(operation,), summary="")
        for at, operation in enumerate((*operations, *indexes), start=1)
    ]
    return make_plan(scripts, History())


def test_a_lane_has_phase_elapsed_time_and_the_usual_range(progress: RunProgress, clock: Ticking) -> None:
    """What is done, how far it is, for how long, and how long it usually takes; time goes on between two looks."""
    progress.begin(INDEX)
    _wait(progress, "backfilling", 90.0)
    _wait(progress, "updating", 90.0, subject="Teams")
    clock.seconds += 5
    assert _shown(progress) == [
        "0002 add index managerId-index to Teams  backfilling  1 min 35 s  usually 8 to 17 min",
        "0 of 2 done, 1 in work; 6 to 15 min left on AWS; 1 queued: 0001",
    ]


def test_time_counts_from_the_beginning_on_aws(progress: RunProgress) -> None:
    """An earlier run began it: neither the elapsed time nor what is left of the run begins anew."""
    progress.end(CREATE)
    progress.begin(INDEX)
    _wait(progress, "backfilling", 1.0, elapsed=400.0)
    assert _shown(progress) == [
        "0002 add index managerId-index to Teams  backfilling  6 min 40 s  usually 8 to 17 min",
        "1 of 2 done, 1 in work; 1 to 10 min left on AWS",
    ]
    _wait(progress, "backfilling", 2.0, elapsed=1001.0)
    assert _shown(progress)[-1].endswith("1 in work; longer than usual")


def test_a_phase_that_is_over_goes(progress: RunProgress) -> None:
    """A later look replaces the phases of the one before; what is not the lane's own subject is named."""
    progress.begin(INDEX)
    _wait(progress, "allocating", 1.0)
    _wait(progress, "updating", 2.0, subject="Teams")
    assert "  Teams updating  " in _shown(progress)[0]
    assert "allocating" not in _shown(progress)[0]


def test_at_80_columns_the_useful_half_is_there() -> None:
    """The name gives way, first to a shorter one and then to an ellipsis; what is queued is cut off last of all."""
    plan = _wide_plan(3)
    progress = RunProgress(Ticking())
    progress.start(plan)
    for planned in plan.operations[:3]:
        progress.end(planned)
    progress.begin(plan.operations[3])
    progress.wait(plan.operations[3], "a-rather-long-name-index", "backfilling", waited=1.0, elapsed=600.0)
    first, last = _shown(progress, os.terminal_size((79, 12)))
    assert first == "0004 a-rather-long-name-index …  backfilling  10 min 0 s  usually 8 to 17 min"
    assert len(first) == 77
    assert last == "3 of 6 done, 1 in work; 8 to 17 min left on AWS; 2 queued: 0005 0006"


@pytest.mark.parametrize("lines", [1, 2, 4, 20])
def test_more_lanes_than_room(lines: int) -> None:
    """As many lanes as fit above the last row, which says how many are hidden."""
    plan = _wide_plan(6)
    progress = RunProgress(Ticking())
    progress.start(plan)
    for planned in plan.operations[:6]:
        progress.begin(planned)
    rows = _shown(progress, os.terminal_size((100, lines)))
    assert len(rows) == min(lines, 7)
    hidden = 7 - len(rows)
    assert f"6 in work{f' ({hidden} hidden)' if hidden else ''};" in rows[-1]


def test_a_failure_ends_the_queue(progress: RunProgress) -> None:
    """Its row goes; what is queued will not begin, and is not counted for the time that is left."""
    other = replace(INDEX, operation=AddIndex("Plans", "teamId-index", partition_key=S("teamId")), position=1)
    progress.begin(CREATE)
    progress.begin(other)
    progress.fail(CREATE)
    assert _shown(progress)[-1].startswith("0 of 2 done, 1 in work, 1 failed; ")
    assert "queued" not in _shown(progress)[-1]
    progress.end(other)
    assert _shown(progress) == []


def test_a_sentence_for_a_phase_gets_a_third_of_the_row(progress: RunProgress) -> None:
    """DynamoDB's own words may be many; the time behind them stays."""
    progress.begin(INDEX)
    _wait(progress, "not changed yet: " + "Subscriber limit exceeded " * 9, 1.0, subject="Teams")
    (row, _) = _shown(progress, os.terminal_size((99, 12)))
    assert "Teams not changed yet: Subscribe…  1.0 s  usually 8 to 17 min" in row
    assert len(row) <= 97


def test_nothing_to_show(progress: RunProgress) -> None:
    """Before a lane begins, and for one that is not shown."""
    _wait(progress, "allocating", 1.0)
    assert _shown(progress) == []


def test_a_terminal_without_braille_spins_in_ascii(clock: Ticking, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ASCII terminal sees a spinner that it can show."""
    monkeypatch.setattr(terminal, "can_show", lambda *_, **__: False)
    progress = RunProgress(clock)
    progress.begin(INDEX)
    (row,) = progress.rows(WIDE)
    assert row.plain[0] in "|/-\\"


def test_an_operation_without_a_call_has_a_name() -> None:
    """One that is declared so already, of which there is only the table to name."""
    silent: PlannedOperation = replace(CREATE, steps=())
    progress = RunProgress(Ticking())
    progress.begin(silent)
    assert _shown(progress)[0].startswith("0001 create table Teams")
