"""Lines of operations, however the list is written."""

from pathlib import Path

import pytest

from osem_migrate.files.location import comments, extents_of_operations, line_of_assignment, line_of_operation
from osem_migrate.migration import Comment, Extent
from tests.unit.files.scripts import put


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("operations = [\n    1,\n    2,\n]\n", [2, 3]),
        ("operations = [1,\n    f(\n    2)]\n", [1, 2]),
        ("operations = (\n    1,\n    2,\n)\n", [2, 3]),
        ("operations: list[int] = [\n    1,\n    2,\n]\n", [2, 3]),
        ("\na = operations = [\n    1,\n]\n", [3, 2]),
        ("operations = []\noperations = [\n    1,\n]\n", [3, 2]),
        ("operations = [\n    1,\n]\noperations += [2]\n", [2, 1]),
        ("\noperations = list(range(2))\n", [2, 2]),
        ("\noperations = [x for x in y]\n", [2, 2]),
        ("operations = [\n    1,\n    *more,\n    2,\n]\n", [2, 1, 1, 1]),
        ("operations: list[int]\n", [1, 1]),
        ("if True:\n    operations = [1]\n", [None]),
        ("for operations in [[1]]:\n    pass\n", [None]),
        ("operations[0] = 1\nother = [1]\n", [None]),
        ("operations = (\n", [None]),
        (b"operations = ['\xff']", [None]),
        (b"operations = [1]\x00", [None]),
    ],
)
def test_an_operation_is_found_where_it_is_written(folder: Path, source: str | bytes, lines: list[int | None]) -> None:
    """Its own line where it stands in a list; the assignment's where it is computed; none rather than a wrong one."""
    path = put(folder, "0001_a.py", source)
    assert [line_of_operation(path, position) for position in range(len(lines))] == lines


def test_a_script_that_is_gone_has_no_lines(folder: Path) -> None:
    """A file removed since it was loaded must not hide the error that is being told."""
    assert line_of_operation(folder / "0001_a.py", 0) is None
    assert line_of_assignment(folder / "0001_a.py", "operations") is None
    assert extents_of_operations(folder / "0001_a.py", 2) == {}
    assert comments(folder / "0001_a.py", "nolint") == []


@pytest.mark.parametrize(
    ("source", "extents"),
    [
        ("operations = [\n    f(\n        1),\n  2,\n]\n", [(2, 3, 5), (4, 4, 3)]),
        ("operations = ['ü€', f(1)]\n", [(1, 1, 15), (1, 1, 21)]),
        ("# coding: latin-1\noperations = ['\xfc', f(1)]\n".encode("latin-1"), [(2, 2, 15), (2, 2, 20)]),
        ("\r\noperations = [\r\n    f(1),\r\n]\r\n", [(3, 3, 5)]),
        ("\n operations = 1\n", []),
        ("\noperations = list(\n    range(2)\n)\n", [(2, 4, 1), (2, 4, 1)]),
        ("operations = [\n    *more,\n    2,\n]\n", [(1, 4, 1), (1, 4, 1)]),
        ("if True:\n    operations = [1]\n", []),
    ],
)
def test_the_extent_of_an_operation(folder: Path, source: str | bytes, extents: list[tuple[int, int, int]]) -> None:
    """Its lines and the column of its call, in characters; those of the assignment where the list is computed."""
    found = extents_of_operations(put(folder, "0001_a.py", source), len(extents))
    assert found == {position: Extent(*extent) for position, extent in enumerate(extents)}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a = 1  # nolint: X\n# other\n", [Comment(1, 8, "# nolint: X")]),
        ("a = '# nolint: X'\n", []),
        ("a = '''\n# nolint\n'''  # NOLINT\n", [Comment(3, 6, "# NOLINT")]),
        ("ü = 1 # nolint ü\n", [Comment(1, 7, "# nolint ü")]),
        (b"a = 1 # nolint \xff\n", []),
        ("a = (  # nolint\n", []),
        ("a = 1\n", []),
    ],
)
def test_comments_with_a_word(folder: Path, source: str | bytes, found: list[Comment]) -> None:
    """Comments of Python, and no text that looks like one."""
    assert comments(put(folder, "0001_a.py", source), "nolint") == found
