"""Tables, scripts and names as large as DynamoDB takes them, and what is beyond that."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from osem_migrate import DestroyOptions, DowngradeOptions, ExportOptions
from osem_migrate.commands.check import check
from osem_migrate.commands.show import show
from osem_migrate.config import Project
from osem_migrate.errors import QuotaExceeded, ScriptError
from osem_migrate.files.loader import load
from osem_migrate.files.quota import beyond_quota
from osem_migrate.formats import WRITABLE
from osem_migrate.history import History
from osem_migrate.planning.destroy import managed
from osem_migrate.planning.downgrade import make_downgrade
from osem_migrate.planning.history_check import check_history
from osem_migrate.planning.ownership import known_tables
from osem_migrate.planning.resolution import Resolution, ResolveContext
from osem_migrate.planning.resolve import decide
from osem_migrate.planning.status.migrations import migration_statuses
from osem_migrate.planning.status.status import expect
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import MAX_INDEXES
from tests.doubles.project import WRITES, write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.simulator import shapes
from tests.unit.planning.builders import applied
from tests.unit.planning.builders import history as history_of

ELSEWHERE = f'history_table = "osem-dev-Elsewhere"\n{TUNNEL}'
LONGEST = 255


def wide(included: int) -> str:
    """A table with as many indexes as there may be, each with so many included attributes."""
    indexes = "".join(
        f'\n    Index("by{at}-index", S("key{at}"), projection="INCLUDE", '
        f"include={tuple(f'a{at}x{more}' for more in range(included))}),"
        for at in range(MAX_INDEXES)
    )
    return f'operations = [CreateTable("Wide", S("id"), indexes=[{indexes}\n])]'


def test_as_many_indexes_and_attributes_as_there_may_be(aws: SimulatedAws, tmp_path: Path) -> None:
    """Twenty indexes with a hundred attributes among them: created, compared, imported again, and in every file."""
    project = write_project(tmp_path / "one", {"0001_wide": wide(5)}, TUNNEL)
    migrator = aws.migrator(project)
    assert migrator.scripts.warnings == ()
    assert migrator.upgrade().applied == ("0001_wide",)
    assert aws.migrator(project).status().in_sync
    assert aws.migrator(project).verify().passed
    for name in WRITABLE:
        text = aws.migrator(project).export(ExportOptions(format=name)).text
        assert all(f"by{at}-index" in text for at in range(MAX_INDEXES)), name
    again = write_project(tmp_path / "two", {}, ELSEWHERE)
    other = aws.migrator(again)
    other.import_tables(other.plan_import())
    assert aws.migrator(again).status().in_sync
    (ours, theirs) = (aws.migrator(one).show("1").operations[0].after for one in (project, again))
    assert ours is not None
    assert theirs is not None
    assert ours.indexes == theirs.indexes


def test_what_aws_raises_on_request_is_a_warning(
    aws: SimulatedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty attributes in each of twenty indexes: told with file and line; DynamoDB decides, and its no is a quota."""
    project = write_project(tmp_path, {"0001_wide": wide(20)}, TUNNEL)
    (warning,) = aws.migrator(project).scripts.warnings
    assert warning.endswith(
        "table 'Wide' comes to have 400 INCLUDE attributes over all its indexes; AWS allows 100 unless it has raised "
        "that quota for the account"
    )
    assert "0001_wide.py:5: " in warning
    with pytest.raises(QuotaExceeded, match="exceeds per-table limit of 100") as refused:
        aws.migrator(project).upgrade()
    assert "Service Quotas" in refused.value.remediation
    monkeypatch.setattr(shapes, "MAX_INCLUDED_IN_ALL", 400)
    assert aws.migrator(project).upgrade().applied == ("0001_wide",)
    assert aws.migrator(project).status().in_sync


def test_what_nobody_raises_is_refused_before_the_first_call(aws: SimulatedAws, tmp_path: Path) -> None:
    """One attribute more than an index includes."""
    project = write_project(tmp_path, {"0001_wide": wide(21)}, TUNNEL)
    with pytest.raises(ScriptError, match=r"21 .*allows 20"):
        aws.migrator(project).upgrade()
    assert aws.simulator.calls == []


def test_names_as_long_as_there_are(aws: SimulatedAws, tmp_path: Path) -> None:
    """Of table, index, attribute and script: everything works with them."""
    table = "T" * (LONGEST - len("osem-dev-"))
    name = f"0001_{'m' * (LONGEST - len('0001_.py'))}"
    long = "i" * LONGEST
    script = (
        f'operations = [CreateTable("{table}", S("{"k" * LONGEST}")), AddIndex("{table}", "{long}", S("{long}")),'
        f'SetTags("{table}", {{"{"t" * 128}": "{"v" * 256}"}})]'
    )
    project = write_project(tmp_path / "one", {name: script}, TUNNEL)
    assert aws.migrator(project).upgrade().applied == (name,)
    assert aws.migrator(project).status().in_sync
    assert aws.migrator(project).verify().passed
    assert f"osem-dev-{table}" in {live.physical_name for live in aws.migrator(project).tables()}
    assert {entry.migration for entry in aws.migrator(project).history()} == {name}
    again = write_project(tmp_path / "two", {}, ELSEWHERE)
    other = aws.migrator(again)
    other.import_tables(other.plan_import())
    assert aws.migrator(again).status().in_sync
    aws.migrator(project).downgrade(DowngradeOptions(target="0", allow_data_loss=True))
    assert aws.migrator(project).destroy(DestroyOptions(allow_data_loss=True)).dropped


@pytest.mark.parametrize(
    "script",
    [
        f'CreateTable("{"T" * (LONGEST - 8)}", S("id"))',
        f'CreateTable("{"T" * (LONGEST + 1)}", S("id"))',
        f'CreateTable("Teams", S("{"k" * (LONGEST + 1)}"))',
        f'CreateTable("Teams", S("id"), indexes=[Index("{"i" * (LONGEST + 1)}", S("k"))])',
        f'SetTags("Teams", {{"{"t" * 129}": "x"}})',
        f'SetTags("Teams", {{"t": "{"x" * 257}"}})',
    ],
)
def test_names_that_are_longer_are_refused_before_anything_is_written(
    aws: SimulatedAws, tmp_path: Path, script: str
) -> None:
    """Also where only the environment's prefix makes a table's name too long; the message names the script."""
    project = write_project(tmp_path, {"0001_long": f"operations = [{script}]"}, TUNNEL)
    with pytest.raises(ScriptError) as refused:
        aws.migrator(project).upgrade()
    assert refused.value.details["file"].endswith("0001_long.py")
    assert not [call for call in aws.simulator.calls if call.action in WRITES]


def lines(work: Callable[[], object]) -> int:
    """How many lines of this package Python runs for it, every turn of a loop counted."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        if "osem_migrate" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def _project(folder: Path, count: int) -> Project:
    """A third of the scripts create tables, the others change one of them."""
    scripts = {}
    for number in range(1, count + 1):
        table = f"Table{(number - 1) // 3:04}"
        kind = ('CreateTable("{}", S("id"))', 'AddIndex("{}", "by-owner", S("owner"))', 'SetTags("{}", {{"a": "b"}})')
        scripts[f"{number:04}_step"] = f"operations = [{kind[(number - 1) % 3].format(table)}]"
    return write_project(folder, scripts, TUNNEL)


def _decisions(project: Project) -> dict[str, Callable[[], object]]:
    scripts = load(project.migrations).migrations
    history = applied(*scripts)
    renamed = [replace(record, migration=f"9{name}") for name, record in history.records.items()]
    past = ResolveContext(migrations=scripts, history=history)
    return {
        "load": lambda: load(project.migrations),
        "check": lambda: check(project),
        "show": lambda: show(project.environment("dev"), scripts, "head"),
        "plan": lambda: make_plan(scripts, History()),
        "plan, applied": lambda: make_plan(scripts, history),
        "downgrade": lambda: make_downgrade(scripts, history, "0"),
        "history": lambda: check_history(scripts, history.records),
        "status": lambda: migration_statuses(scripts, history, lock_alive=False),
        "status, renamed": lambda: migration_statuses(scripts, history_of(*renamed), lock_alive=False),
        "expected": lambda: expect(scripts, history),
        "destroy": lambda: managed(scripts, history),
        "tables": lambda: known_tables(scripts, history),
        "resolve": lambda: decide(past, "30", Resolution.REVERTED),
        "quotas": lambda: [*beyond_quota(scripts)],
    }


def test_nothing_is_quadratic_in_the_scripts(tmp_path: Path) -> None:
    """Of twice as many scripts each decision takes twice the steps, counted rather than timed; quadratic is four."""
    few, many = (_decisions(_project(tmp_path / str(count), count)) for count in (30, 60))
    steps = {name: (lines(few[name]), lines(many[name])) for name in few}
    assert {name: found for name, found in steps.items() if found[1] > 2.5 * found[0]} == {}
    assert min(more for _, more in steps.values()) > 100, "what is counted runs in this package"
