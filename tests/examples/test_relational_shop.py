"""examples/relational-shop: its tests pass in a copy, on both engines, and its scripts are those of its contract."""

import re
from pathlib import Path

import pytest

from osem_migrate.commands.import_file import ImportFileOptions, plan_file_import_of
from osem_migrate.config import Project
from osem_migrate.files.loader import load
from tests.documentation import shown
from tests.examples.copied import EXAMPLES, copied, run_tests

PROJECT = EXAMPLES / "relational-shop"


@pytest.mark.slow
def test_its_tests_pass_in_a_copy(tmp_path: Path, dynamodb_local: str) -> None:
    """Every test on both engines, and none is skipped."""
    said = run_tests(copied("relational-shop", tmp_path), "-q", environ={"SHOP_DYNAMODB_URL": dynamodb_local})
    assert re.search(r"^\d+ passed in", said, re.MULTILINE), said


def test_its_scripts_are_those_of_its_contract(tmp_path: Path) -> None:
    """``import --from --check`` finds no difference."""
    copy = copied("relational-shop", tmp_path)
    project = Project.find(copy, environ={})
    options = ImportFileOptions(file=copy / "src" / "shop" / "contract.json")
    plan = plan_file_import_of(project, "dev", load(project.migrations).migrations, options)
    assert plan.in_sync
    assert plan.creations == ()


def test_its_readme_begins_with_two_commands() -> None:
    """One installs, one tests; and the page on testing has a command for each file of tests."""
    first, *_ = shown.blocks(shown.read(PROJECT / "README.md"), "sh")
    install, test = first.splitlines()
    assert install.startswith("python -m pip install ")
    assert test == "python -m pytest"
    named = re.findall(r"tests/(test_\w+\.py)", shown.read(PROJECT / "docs" / "testing.md"))
    assert sorted(named) == sorted(path.name for path in (PROJECT / "tests").glob("test_*.py"))
