"""What a run that does not wait comes to: nothing that is within a pass, nor what is behind one."""

import pytest

from osem_migrate.history import Progress, RecordedState
from osem_migrate.operations import AddIndex, CheckItems, CreateTable
from osem_migrate.planning.plan import Direction
from osem_migrate.planning.unwaited import at_passes, reached, unwaited, valid_progress
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Index, S
from tests.unit.planning.builders import history, migration, record

TABLES = migration(1, CreateTable("Users", S("id")), CreateTable("Teams", S("id")))
INDEX = Index("by-mail", S("mail"))
CHECK = migration(2, CheckItems("Users", INDEX))
INDEXES = migration(3, AddIndex("Users", "by-mail", S("mail")), AddIndex("Teams", "by-name", S("name")))
CHECKED = migration(2, AddIndex("Users", "by-mail", S("mail"), check_items=True))
FAILED = RecordedState.FAILED


def test_what_is_behind_a_pass_in_its_lane_is_not_come_to() -> None:
    """The other lane is; what it overtakes is announced, and what is unfinished stands in the history already."""
    plan = make_plan([TABLES, CHECK, INDEXES], history(record(TABLES)))
    keys = unwaited(plan, {})
    assert keys == {(INDEXES.id, 1)}
    assert [one.migration.number for one in reached(plan, {}, keys).migrations] == [2, 3]
    begun = record(CHECK, FAILED, 0, doubt=(0,))
    assert [one.migration.number for one in reached(plan, {CHECK.id: begun}, keys).migrations] == [3]
    assert reached(plan, {}, ()).migrations == ()


@pytest.mark.parametrize(
    ("progress", "is_reached"),
    [
        (Progress(), True),
        (Progress(cursor="1"), False),
        (Progress(step=1), True),
        (Progress(step=2), True),
    ],
    ids=["not begun", "within its pass", "behind it", "over"],
)
def test_a_check_that_was_begun_is_not_gone_on_with(progress: Progress, *, is_reached: bool) -> None:
    """One that was not may turn out not to be needed, as where its index is being built; one that is over is over."""
    records = {CHECKED.id: record(CHECKED, FAILED, 0, doubt=(0,), progress={0: progress})}
    plan = make_plan([TABLES, CHECKED], history(record(TABLES), *records.values()))
    assert bool(unwaited(plan, records)) is is_reached
    assert at_passes(plan, records) == ((CHECKED.id,) if progress.step == 0 else ())


def test_progress_holds_in_its_direction_and_for_what_is_declared_so_still() -> None:
    """A pass that was moved begins anew; its other steps stay done."""
    earlier = record(CHECKED, FAILED, 0, doubt=(0,), progress={0: Progress(step=1, cursor="4", begun_at=7)})
    found = {direction: valid_progress(earlier, CHECKED, {0}, direction) for direction in Direction}
    assert found == {Direction.UPGRADE: earlier.progress, Direction.DOWNGRADE: {}}
    assert valid_progress(earlier, CHECKED, set(), Direction.UPGRADE) == {}
    edited = migration(2, AddIndex("Users", "by-mail", S("other"), check_items=True))
    assert valid_progress(earlier, edited, {0}, Direction.UPGRADE) == {}
    moved = migration(2, AddIndex("Teams", "by-name", S("name")), *CHECKED.operations)
    assert valid_progress(earlier, moved, {0, 1}, Direction.UPGRADE) == {1: Progress(step=1, begun_at=7)}
    assert valid_progress(record(CHECKED), CHECKED, {0}, Direction.UPGRADE) == {}
