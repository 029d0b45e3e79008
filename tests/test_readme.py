"""The README is true: every command in it is run, every snippet is executed, every table agrees with the code."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import osem_migrate
from osem_migrate import operations
from osem_migrate.cli.main import COMMANDS
from osem_migrate.config import ProjectSettings
from osem_migrate.errors import ExitCode
from osem_migrate.operations import Operation, Setting
from tests.engines.engine import Engine

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Shown:
    """One command of the README and what it says is printed; ``…`` stands for anything."""

    command: str
    output: str


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def _commands() -> Iterator[Shown]:
    for block in _blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield Shown(command, output)


def _pattern(output: str) -> re.Pattern[str]:
    """A line that is only ``…`` stands for any lines; elsewhere it stands for any characters of its line."""
    lines = []
    for line in output.splitlines():
        if line == "…":
            lines.append(r"(?:.*\n)*")
        else:
            lines.append(".*".join(re.escape(part) for part in line.split("…")) + r"\n")
    return re.compile("".join(lines))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A plain checkout of what the README's commands work on."""
    for name in ("Makefile", "README.md", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    yield tmp_path
    subprocess.run([BIN / "osem-migrate", "local", "stop"], cwd=tmp_path, capture_output=True, check=False)


def _run(command: str, project: Path, engine: Engine) -> str:
    # make would install into .venv; the tests run in an environment that has everything already.
    venv = BIN.parent
    command = command.replace("make demo", f"make demo VENV={venv} -o {venv}/.installed")
    command = command.replace("make test", "make --dry-run test")
    # The tests may run under make themselves, and must not look like a part of it.
    own = {name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environ = {**own, **engine.environ(), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    shell = ["sh", "-c", command]  # the README's own words, quotes and all
    done = subprocess.run(
        shell, cwd=project, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.stdout.replace(f"{venv}/bin", ".venv/bin")


def test_every_command_prints_what_the_readme_shows(project: Path, engine: Engine) -> None:
    """The README's commands, typed one after the other in a fresh checkout, print what it says they print."""
    shown = list(_commands())
    assert len(shown) >= len(COMMANDS)
    for item in shown:
        printed = _run(item.command, project, engine)
        if item.output:
            difference = f"$ {item.command}\n{printed}\n--- README ---\n{item.output}"
            assert _pattern(item.output).fullmatch(printed), difference


def test_every_command_is_shown() -> None:
    """No command is missing from the README."""
    typed = " ".join(shown.command for shown in _commands())
    assert [name for name in COMMANDS if f"osem-migrate {name} " not in typed] == []


def test_make_test_runs_the_tests(project: Path, engine: Engine) -> None:
    """The second command of the README runs pytest, after fetching the engine it needs."""
    assert "pytest" in _run("make test", project, engine)


def test_python_snippets_run(project: Path, engine: Engine) -> None:
    """The script and the library example work as they are printed."""
    _run("osem-migrate new 'add season index to Plans'", project, engine)
    script, library = _blocks("python")
    assert (project / "migrations" / "0015_add_season_index_to_plans.py").read_text() == script
    environ = {**os.environ, **engine.environ()}
    snippet = [sys.executable, "-c", library]
    done = subprocess.run(snippet, cwd=project, env=environ, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "True"


def test_configuration_snippet_is_accepted() -> None:
    """Every key that the README shows exists, and every key that exists is shown."""
    (snippet,) = _blocks("toml")
    settings = ProjectSettings.model_validate(tomllib.loads(snippet)["tool"]["osem-migrate"])
    assert set(settings.environments) == {"dev", "prod"}
    models = [ProjectSettings, *(type(part) for part in (settings.environments["prod"], settings.local))]
    assert [key for model in models for key in model.model_fields if key not in snippet] == []


def test_operations_table_is_complete_and_valid() -> None:
    """Every operation has a row, and the code in each row constructs an operation."""
    rows = re.findall(r"^\| (`[A-Z].*?\)`) \|", README, re.MULTILINE)
    snippets = [snippet for row in rows for snippet in re.findall(r"`([^`]+)`", row)]
    names = {name: getattr(osem_migrate, name) for name in (*"SNB", *_exported())}
    built = {type(eval(_completed(snippet), dict(names))).__name__ for snippet in snippets}  # noqa: S307 - our own README
    assert built == set(_exported())


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
    section = README.partition("## Exit codes")[2].partition("\n## ")[0]
    listed = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", section, re.MULTILINE) for code in row.split(",")}
    assert listed == {int(code) for code in ExitCode}
