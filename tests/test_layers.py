"""The layers of the package are a contract: it holds, and every part of it can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    return subprocess.run([*command, "--no-cache", *options], cwd=folder, capture_output=True, text=True, check=False)


def test_the_contracts_hold() -> None:
    """No module imports against the order of the layers."""
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("contract", "module", "line"),
    [
        ("layers", "schema/planted.py", "from osem_migrate import config"),
        ("layers", "utilities.py", ""),
        ("layers", "local/planted.py", "from osem_migrate import aws"),
        ("layers", "events.py", "from osem_migrate import config"),
        ("layers", "formats/planted.py", "from osem_migrate import files"),
        ("layers", "commands/planted.py", "from osem_migrate import access"),
        ("layers", "cli/planted.py", "from osem_migrate import access"),
        ("access", "access/planted.py", "from osem_migrate import operations"),
        ("access", "access/planted.py", "from osem_migrate.aws import endpoint"),
        ("independent", "files/planted.py", "from osem_migrate import planning"),
        ("independent", "formats/planted.py", "from osem_migrate import planning"),
        ("one-door", "migrator.py", "def planted():\n    import boto3"),
        ("one-door", "local/planted.py", "import botocore.session"),
        ("pure-planning", "planning/planted.py", "import time"),
        ("pure-planning", "planning/planted.py", "from datetime import datetime"),
        ("pure-planning", "planning/planted.py", "from pathlib import Path"),
        ("pure-planning", "planning/planted.py", "import os.path"),
        ("rules", "planning/lint/rules/planted.py", "from osem_migrate.planning.lint.rules import idx01"),
    ],
)
def test_a_planted_import_breaks_its_contract(contract: str, module: str, line: str, tmp_path: Path) -> None:
    """Each contract notices the import, or the module without a layer, that it is there to forbid."""
    shutil.copytree(ROOT / "osem_migrate", tmp_path / "osem_migrate", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "osem_migrate" / module).open("a") as source:
        source.write(f"\n{line}\n")
    done = _lint(tmp_path, "--contract", contract)
    assert done.returncode == 1, done.stdout + done.stderr
    planted = f"osem_migrate.{module.removesuffix('.py').replace('/', '.')}"
    assert planted in done.stdout.partition("Broken contracts")[2]


@pytest.mark.parametrize(
    "module",
    [
        "osem_migrate",
        "osem_migrate.cli.main",
        "osem_migrate.planning",
        "osem_migrate.commands.lint",
        "osem_migrate.access.client",
    ],
)
def test_boto3_waits_until_it_is_needed(module: str) -> None:
    """The library, the command line, planning, lint and what applications import start without loading the SDK."""
    script = f"import sys, {module}; print(sorted({{'boto3', 'botocore', 'moto'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
