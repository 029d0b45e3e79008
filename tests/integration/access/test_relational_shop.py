"""``examples/relational-shop`` is a project that works: its tests pass in a copy, on moto and on DynamoDB Local."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from osem_migrate.commands.import_file import ImportFileOptions, plan_file_import_of
from osem_migrate.config import Project
from osem_migrate.files.loader import load

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "relational-shop"
LEFT = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".osem-migrate")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The example in a folder of its own."""
    return shutil.copytree(EXAMPLE, tmp_path / "relational-shop", ignore=LEFT)


@pytest.mark.slow
def test_its_tests_pass(copy: Path, dynamodb_local: str) -> None:
    """The second command of its README, with this interpreter: every test on both engines, none skipped."""
    assert "\npython -m pytest\n" in (copy / "README.md").read_text()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SHOP_DYNAMODB_URL": dynamodb_local},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^\d+ passed in", done.stdout, re.MULTILINE), done.stdout


def test_its_scripts_are_those_of_its_contract(copy: Path) -> None:
    """``import --from --check`` finds no difference."""
    project = Project.find(copy, environ={})
    options = ImportFileOptions(file=copy / "src" / "shop" / "contract.json")
    plan = plan_file_import_of(project, "dev", load(project.migrations).migrations, options)
    assert plan.in_sync
    assert plan.creations == ()


def test_its_pages_name_every_test_file() -> None:
    """The page on testing has a command for each entity."""
    page = (EXAMPLE / "docs" / "testing.md").read_text()
    files = {path.name for path in (EXAMPLE / "tests").glob("test_*.py")}
    assert files == set(re.findall(r"tests/(test_\w+\.py)", page))
