"""The recipes of docs/library.md: each is run as it stands there."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from osem_migrate.migrator import Migrator
from tests.documentation import shown
from tests.engines.engine import Engine

TEXT = shown.read(shown.DOCS / "library.md")
ORDERS = (
    '"""Orders."""\n\nfrom osem_migrate import CreateTable, S\n\n'
    'operations = [CreateTable("Orders", partition_key=S("orderId"))]\n'
)
PYPROJECT = '[tool.osem-migrate]\napplication = "shop"\n\n[tool.osem-migrate.environments.dev]\n\n'


@pytest.fixture
def shop(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reader's project, with the files of the page; the working folder, with the way to an engine."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_create_table_orders.py").write_text(ORDERS)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT + "".join(shown.blocks(TEXT, "toml")))
    for item in shown.commands(TEXT):
        if item.is_file:
            (tmp_path / item.command).write_text(item.output)
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_program_upgrades_and_checks(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan is shown, carried out as it was shown, and told; the check before it stops, that behind it does not."""
    upgrade, check = (block for block in shown.blocks(TEXT, "python") if not block.startswith("# "))
    with pytest.raises(SystemExit) as stopped:
        _run(check)
    assert stopped.value.code == 3
    assert "MIGRATION_PENDING 0001_create_table_orders" in capsys.readouterr().out
    _run(upgrade)
    said = capsys.readouterr().out
    assert said.startswith("create table Orders\n")
    assert "OperationFinished(" in said
    assert said.endswith("applied: ('0001_create_table_orders',)\n")
    _run(check)
    assert capsys.readouterr().out == ""


def test_a_lambda_is_called_until_nothing_is_left(
    shop: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds its project beside it, wherever it runs, and says what is done."""
    spec = importlib.util.spec_from_file_location("lambda_function", shop / "lambda_function.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    spec.loader.exec_module(module)
    answers: list[Any] = [module.handler({"env": "dev"}, None) for _ in range(3)]
    assert {name for answer in answers for name in answer["applied"]} == {"0001_create_table_orders"}
    assert answers[-1] == {"applied": [], "in_progress": [], "in_sync": True}


def test_the_fixtures_give_tables_to_tests(shop: Path, engine: Engine) -> None:
    """Both, in a process of pytest's own, and all tests of the page pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_orders.py"]
    environ = {name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    environ |= {"DYNAMODB_LOCAL": engine.endpoint_url, "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(command, cwd=shop, env=environ, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_every_method_is_named() -> None:
    """The table leaves out nothing that Migrator can do."""
    methods = {name for name, found in vars(Migrator).items() if callable(found) or isinstance(found, staticmethod)}
    public = {name for name in methods if not name.startswith("_")}
    assert sorted(name for name in public if f"`{name}`" not in TEXT) == []


def _run(block: str) -> None:
    exec(compile(block, "library.md", "exec", dont_inherit=True), {})  # noqa: S102 - our own page
