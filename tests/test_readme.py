"""The README is true: every command in it is run, every snippet is executed, every table agrees with the code."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import osem_migrate
from osem_migrate import operations
from osem_migrate.cli.main import COMMANDS
from osem_migrate.config import ProjectSettings
from osem_migrate.errors import ExitCode
from osem_migrate.operations import Operation, Setting
from tests.documentation import shown
from tests.documentation.checkout import SITE_PACKAGES, checkout, run, run_here, run_in_one_shell
from tests.engines.engine import Engine

TEXT = shown.read(shown.README)
BEGINNING = shown.section(TEXT, "In your own project")
REST = TEXT.replace(BEGINNING, "")


_INSTALLING = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one the wrong way round: no isolation
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PYTHONPATH": str(SITE_PACKAGES),
}


@pytest.fixture
def project(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A plain checkout of what the README's commands work on; the working folder, with the way to an engine."""
    for name, value in engine.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with checkout(tmp_path) as folder:
        yield folder


@pytest.mark.slow
def test_every_command_prints_what_the_readme_shows(project: Path, engine: Engine) -> None:
    """The README's commands, typed one after the other in a fresh checkout, print what it says they print.

    ``make demo`` runs the console script twice; the commands behind it run in this process.
    """
    items = list(shown.commands(REST))
    assert len(items) >= len(COMMANDS)
    for item in items:
        printed = run_here(item.command, project, engine.environ())
        if item.output:
            difference = f"$ {item.command}\n{printed}\n--- README ---\n{item.output}"
            assert shown.pattern(item.output).fullmatch(printed), difference


@pytest.mark.slow
def test_the_beginning_works_in_an_empty_folder(tmp_path: Path) -> None:
    """From nothing to tables: the commands of one terminal, as a beginner types them, with what they print.

    Nothing is downloaded: what the package requires is that of the tests.
    """
    (tmp_path / "osem-migrate").symlink_to(shown.ROOT)
    items = list(shown.commands(BEGINNING))
    printed = run_in_one_shell([item.command for item in items], tmp_path, _INSTALLING)
    try:
        for item, text in zip(items, printed, strict=True):
            assert shown.pattern(item.output).fullmatch(text), (
                f"$ {item.command}\n{text}\n--- README ---\n{item.output}"
            )
        assert [path for path in (tmp_path / "shop" / ".venv").rglob("osem_migrate/migrator.py") if path.is_file()]
    finally:
        stop = ". .venv/bin/activate && osem-migrate local stop"
        assert "Stopped moto" in run_in_one_shell([stop], tmp_path / "shop", _INSTALLING)[0]


def test_the_beginning_fits_on_one_screen() -> None:
    """Nobody has to scroll."""
    (block,) = shown.blocks(BEGINNING, "console")
    assert len(block.splitlines()) <= 24


def test_every_command_is_shown() -> None:
    """No command is missing from the README."""
    typed = " ".join(item.command for item in shown.commands(REST))
    assert [name for name in COMMANDS if f"osem-migrate {name} " not in typed] == []


def test_make_test_runs_the_tests(project: Path, engine: Engine) -> None:
    """The second command of the README runs pytest, after fetching the engine it needs."""
    assert "pytest" in run("make test", project, engine.environ())


def test_python_snippets_run(project: Path, engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """The script and the library example work as they are printed."""
    run_here("osem-migrate new 'add season index to Plans'", project, engine.environ())
    script, library = shown.blocks(TEXT, "python")
    assert (project / "migrations" / "0015_add_season_index_to_plans.py").read_text() == script
    exec(compile(library, "README.md", "exec", dont_inherit=True), {})  # noqa: S102 - our own README
    assert capsys.readouterr().out.splitlines()[-1] == "True"


def test_configuration_snippet_is_accepted() -> None:
    """Every key that the README shows exists, and every key that exists is shown."""
    (snippet,) = shown.blocks(TEXT, "toml")
    settings = ProjectSettings.model_validate(tomllib.loads(snippet)["tool"]["osem-migrate"])
    assert set(settings.environments) == {"dev", "prod"}
    models = [ProjectSettings, *(type(part) for part in (settings.environments["prod"], settings.local))]
    assert [key for model in models for key in model.model_fields if key not in snippet] == []


def test_operations_table_is_complete_and_valid() -> None:
    """Every operation has a row, and the code in each row constructs an operation."""
    rows = re.findall(r"^\| (`[A-Z].*?\)`) \|", TEXT, re.MULTILINE)
    snippets = [snippet for row in rows for snippet in re.findall(r"`([^`]+)`", row)]
    names = {name: getattr(osem_migrate, name) for name in (*"SNB", *_exported())}
    names |= dict.fromkeys(("full_name", "no_full_name", "is_orphan"), function_of_a_script)
    built = {type(eval(_completed(snippet), dict(names))).__name__ for snippet in snippets}  # noqa: S307 - our own README
    assert built == set(_exported())


def function_of_a_script(item: object) -> None:
    """What an operation on items runs."""
    del item


def _exported() -> list[str]:
    return [
        name
        for name, found in vars(operations).items()
        if isinstance(found, type) and issubclass(found, Operation) and found not in {Operation, Setting}
    ]


def _completed(snippet: str) -> str:
    return re.sub(r"\w+=[\[{]…[\]}](?:, )?", "", snippet).replace("…", "1")


def test_exit_codes_table_agrees_with_the_code() -> None:
    """The README lists exactly the exit codes there are."""
    section = TEXT.partition("## Exit codes")[2].partition("\n## ")[0]
    listed = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", section, re.MULTILINE) for code in row.split(",")}
    assert listed == {int(code) for code in ExitCode}
