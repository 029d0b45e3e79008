"""Where a recorded operation stands by now is told by its hash, and where there is none by its place."""

import pytest

from osem_migrate.history import RecordedState
from osem_migrate.operations import AddIndex
from osem_migrate.planning.positions import now_at
from osem_migrate.schema import S
from tests.unit.planning.builders import migration, record

A, B, C, D = (AddIndex("Users", f"by-{name}", S(name)) for name in "abcd")


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ((A, B), {0: 0, 1: 1}),
        ((C, A, B), {0: 1, 1: 2}),
        ((A, C, B), {0: 0, 1: 2}),
        ((B, A), {0: 1, 1: 0}),
        ((C, B), {0: 0, 1: 1}),
        ((B,), {1: 0}),
        ((A,), {0: 0}),
        ((C, D, A), {0: 2, 1: 1}),
    ],
    ids=["as it was", "before", "between", "exchanged", "edited", "first gone", "last gone", "moved and edited"],
)
def test_where_an_operation_stands_by_now(now: tuple[AddIndex, ...], found: dict[int, int]) -> None:
    """One that was moved is found; one that was edited stays where it is; one that is gone is nowhere."""
    earlier = record(migration(1, A, B), RecordedState.FAILED, 0)
    assert now_at(earlier, migration(1, *now)) == found


@pytest.mark.parametrize(
    ("then", "now", "found"),
    [
        ((A, A), (B, A, A), {0: 1, 1: 2}),
        ((A, A), (A, B, A), {0: 0, 1: 2}),
        ((A, A), (A,), {0: 0}),
        ((A, B, A), (B, A), {1: 0, 2: 1}),
        ((A, B), (A, A), {0: 0, 1: 1}),
        ((A, B, A, C), (C, A, A, B), {0: 1, 1: 3, 2: 2, 3: 0}),
    ],
    ids=["before", "between", "last gone", "first gone", "made equal", "shuffled"],
)
def test_equal_operations_are_told_apart(
    then: tuple[AddIndex, ...], now: tuple[AddIndex, ...], found: dict[int, int]
) -> None:
    """How far one of them came is not what the other one has done: no two of them stand at one position."""
    earlier = record(migration(1, *then), RecordedState.FAILED, 0)
    assert now_at(earlier, migration(1, *now)) == found
