"""The layers of the package are a contract: it holds, and every part of it can fail."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


# The contract, the module that is planted or added to, what is added, and the module that it imports by that.
PLANTED = [
    ("layers", "schema/planted.py", "from osem_migrate import config", "osem_migrate.config"),
    ("layers", "utilities.py", "", None),
    ("layers", "local/planted.py", "from osem_migrate import aws", "osem_migrate.aws"),
    ("layers", "events.py", "from osem_migrate import config", "osem_migrate.config"),
    ("layers", "formats/planted.py", "from osem_migrate import files", "osem_migrate.files"),
    ("layers", "commands/planted.py", "from osem_migrate import access", "osem_migrate.access"),
    ("layers", "cli/planted.py", "from osem_migrate import access", "osem_migrate.access"),
    ("access", "access/planted.py", "from osem_migrate import operations", "osem_migrate.operations"),
    ("access", "access/planted.py", "from osem_migrate.aws import endpoint", "osem_migrate.aws.endpoint"),
    ("independent", "files/planted.py", "from osem_migrate import planning", "osem_migrate.planning"),
    ("independent", "formats/planted.py", "from osem_migrate import planning", "osem_migrate.planning"),
    ("one-door", "migrator.py", "def planted():\n    import boto3", "boto3"),
    ("one-door", "local/planted.py", "import botocore.session", "botocore"),
    ("pure-planning", "planning/planted.py", "import time", "time"),
    ("pure-planning", "planning/planted.py", "from datetime import datetime", "datetime"),
    ("pure-planning", "planning/planted.py", "from pathlib import Path", "pathlib"),
    ("pure-planning", "planning/planted.py", "import os.path", "os"),
    (
        "rules",
        "planning/lint/rules/planted.py",
        "from osem_migrate.planning.lint.rules import idx01",
        "osem_migrate.planning.lint.rules.idx01",
    ),
]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    return subprocess.run([*command, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_the_contracts_hold() -> None:
    """No module imports against the order of the layers."""
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_planted_import_breaks_its_contract(tmp_path: Path) -> None:
    """Each contract notices each import, and the module without a layer, that it is there to forbid."""
    shutil.copytree(ROOT / "osem_migrate", tmp_path / "osem_migrate", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for _, module, line, _ in PLANTED:
        with (tmp_path / "osem_migrate" / module).open("a") as source:
            source.write(f"\n{line}\n")
    done = _lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = _broken_contracts(done.stdout)
    unnoticed = []
    for contract, module, line, imported in PLANTED:
        planted = f"osem_migrate.{module.removesuffix('.py').replace('/', '.')}"
        told = f"- {planted} -> {imported} (" if imported else f"- {planted} ("
        if told not in broken.get(contract, ""):
            unnoticed.append((contract, module, line))
    assert unnoticed == [], done.stdout


def _broken_contracts(report: str) -> dict[str, str]:
    """What a report says of each contract that is broken, in one line, by the contract's id."""
    told = " ".join(report.partition("Broken contracts")[2].split())
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    ids = {contract["name"]: contract["id"] for contract in contracts}
    _, *parts = re.split(f"({'|'.join(map(re.escape, ids))})", told)
    return {ids[name]: said for name, said in zip(parts[::2], parts[1::2], strict=True)}


def test_boto3_waits_until_it_is_needed() -> None:
    """The library, the command line, planning, lint and what applications import start without loading the SDK."""
    modules = "osem_migrate, osem_migrate.cli.main, osem_migrate.planning, osem_migrate.commands.lint"
    script = f"import sys, {modules}, osem_migrate.access.client\n"
    script += "print(sorted({'boto3', 'botocore', 'moto'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
