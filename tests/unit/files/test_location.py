"""Lines of operations, however the list is written."""

from pathlib import Path

import pytest

from osem_migrate.files.location import line_of_assignment, line_of_operation
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
