"""Which script a version names, and what is said where it names none."""

import pytest

from osem_migrate.errors import TargetUnknown
from osem_migrate.operations import CreateTable
from osem_migrate.planning.history_check import find_version, unknown_version
from osem_migrate.schema import S
from tests.unit.planning.builders import migration

ALL = [migration(number, CreateTable(f"T{number}", S("id"))) for number in (1, 2, 12)]


@pytest.mark.parametrize(("version", "number"), [("1", 1), ("0002", 2), ("12", 12), ("0012_change", 12), ("head", 12)])
def test_a_version_is_a_number_a_name_or_head(version: str, number: int) -> None:
    """Head is the newest script, whatever its number."""
    assert find_version(ALL, version).number == number


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("0012_chang", "no migration '0012_chang'; did you mean '0012_change'?"),
        ("change", "did you mean '0012_change'?"),
        ("heda", "did you mean 'head'?"),
        ("99", "no migration '99'; the newest is 0012_change"),
    ],
)
def test_a_version_that_is_none_is_answered_with_the_nearest(version: str, said: str) -> None:
    """Or with the newest, where nothing is near."""
    with pytest.raises(TargetUnknown) as refused:
        find_version(ALL, version)
    assert said in refused.value.message


def test_without_scripts_there_is_no_version() -> None:
    """Not even head."""
    with pytest.raises(TargetUnknown, match="no migration 'head'"):
        find_version([], "head")
    assert unknown_version("7", []).message == "no migration '7'; there is none yet"
