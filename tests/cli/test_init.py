"""``init``: an empty folder, or one with a pyproject.toml, becomes a project; all of it, or nothing."""

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from osem_migrate.cli.main import run as run_words
from osem_migrate.config import Project as Configured
from tests.cli.command_line import Result, Run

PYPROJECT = '# Ours.\n[project]\nname = "Web-Shop" # the package\n\n[tool.other]\nb = 2 # kept\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder; the working folder."""
    empty = tmp_path / "My Shop"
    empty.mkdir()
    monkeypatch.chdir(empty)
    return empty


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command line in this process, in that folder."""

    def run_once(*words: str) -> Result:
        capsys.readouterr()
        code = run_words(list(words))
        said = capsys.readouterr()
        return Result(code, said.out, said.err)

    return run_once


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder: files with their bytes, folders without."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_an_empty_folder(folder: Path, run: Run) -> None:
    """A file of its own, the folder of the scripts, and what to type next; the name is that of the folder."""
    said = run("init")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "✓ osem-migrate.toml: application my-shop, environments dev and local\n"
        "✓ migrations/\n"
        "hint: write the first script: osem-migrate new 'create table Orders'\n"
        "hint: build the tables on this machine: osem-migrate upgrade --env local\n"
    )
    assert contents(folder) == {
        "osem-migrate.toml": b'application = "my-shop"\n\n[environments.dev]\n',
        "migrations": None,
    }
    assert Configured.find(folder, {}).environment("dev").physical_name("Orders") == "my-shop-dev-Orders"


def test_twice(folder: Path, run: Run) -> None:
    """What is there stays, to the byte, and the answer says so; also with the same options."""
    run("init", "--application", "shop", "--script", "create table Orders")
    before = contents(folder)
    for words in ((), ("--application", "shop"), ("--script", "create table Orders")):
        said = run("init", *words)
        assert said.code == 0
        assert said.out.startswith("✓ osem-migrate.toml has set up shop already; nothing to do.\n")
        assert contents(folder) == before
    assert run("init", "--json").document["data"]["written"] == []


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_pyproject_keeps_its_comments_and_its_order(folder: Path, run: Run, newline: str) -> None:
    """The section is added behind everything else, in the line endings of the file; the package gives the name."""
    text = PYPROJECT.replace("\n", newline)
    (folder / "pyproject.toml").write_text(text, newline="")
    assert "✓ pyproject.toml: application web-shop, " in run("init").out
    section = '\n[tool.osem-migrate]\napplication = "web-shop"\n\n[tool.osem-migrate.environments.dev]\n'
    assert (folder / "pyproject.toml").read_bytes().decode() == text + section.replace("\n", newline)
    assert not (folder / "osem-migrate.toml").exists()


@pytest.mark.parametrize("text", ["", "[tool]\n", "tool.x = 1\n", "[tool]\nx = { a = 1 }\n[a]\n", "tool = { x = 1 }\n"])
def test_whichever_way_it_is_spelled(folder: Path, run: Run, text: str) -> None:
    """The file says afterwards what it said before, and the section."""
    (folder / "pyproject.toml").write_text(text)
    assert run("init").code == 0
    document = tomllib.loads((folder / "pyproject.toml").read_text())
    section = document["tool"].pop("osem-migrate")
    assert section == {"application": "my-shop", "environments": {"dev": {}}}
    assert document == {"tool": {}, **tomllib.loads(text)}


def test_the_options(folder: Path, run: Run) -> None:
    """Application, pattern and a first script, which is written as new would."""
    words = ("--application", "Shop", "--table-name", "{entity}-{env}", "--script", "create table Orders")
    data = run("init", *words, "--json").document["data"]
    assert data == {
        "configuration": "osem-migrate.toml",
        "application": "Shop",
        "migrations": "migrations",
        "environments": ["dev", "local"],
        "script": "migrations/0001_create_table_orders.py",
        "written": ["osem-migrate.toml", "migrations", "migrations/0001_create_table_orders.py"],
    }
    assert Configured.find(folder, {}).environment("dev").physical_name("Orders") == "Orders-dev"
    assert run("check").code == 0


def test_below_a_project(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder below, the nearest pyproject.toml is the project's; its paths are as seen from there."""
    (folder / "pyproject.toml").write_text(PYPROJECT)
    below = folder / "src"
    below.mkdir()
    monkeypatch.chdir(below)
    assert run("init").out.startswith("✓ ../pyproject.toml: application web-shop")
    assert run("init").out.startswith("✓ ../pyproject.toml has set up web-shop already")
    assert contents(below) == {}
    (below / "pyproject.toml").write_text("")
    assert run("init").out.startswith("✓ pyproject.toml: application src")  # one of several in a repository


def test_what_is_missing_is_added(folder: Path, run: Run) -> None:
    """A project without its folder, as git leaves it behind, gets the folder back."""
    run("init")
    (folder / "migrations").rmdir()
    before = (folder / "osem-migrate.toml").read_bytes()
    assert run("init").out.startswith("✓ migrations/\n")
    assert (folder / "osem-migrate.toml").read_bytes() == before


def test_a_link_stays_a_link(folder: Path, run: Run, tmp_path: Path) -> None:
    """The file that it points to is changed, and the link still points there."""
    (tmp_path / "shared.toml").write_text(PYPROJECT)
    (folder / "pyproject.toml").symlink_to(tmp_path / "shared.toml")
    assert run("init").code == 0
    assert (folder / "pyproject.toml").is_symlink()
    assert "[tool.osem-migrate]" in (tmp_path / "shared.toml").read_text()


def _file(folder: Path) -> None:
    (folder / "migrations").write_text("")


def _toml(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "pyproject.toml").write_text(text)


def _both(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.osem-migrate]\napplication = "a"\n')
    (folder / "osem-migrate.toml").write_text('application = "b"\n')


BAD = {
    "no TOML": (_toml("[tool\n"), (), "CONFIG_INVALID", "pyproject.toml cannot be read: Expected", 1),
    "no UTF-8": (lambda folder: (folder / "pyproject.toml").write_bytes(b"a='\xff'"), (), "CONFIG_INVALID", "utf-8", 1),
    "a section that is none": (_toml("tool.osem-migrate = 5\n"), (), "CONFIG_INVALID", "should be a table", 1),
    "a tool that is none": (_toml("tool = 5\n"), (), "CONFIG_INVALID", "pyproject.toml: tool: Input should be a", 1),
    "tools in a list": (_toml("[[tool]]\n"), (), "CONFIG_INVALID", "pyproject.toml: tool: Input should be a table", 1),
    "a section with a slip": (_toml("[tool.osem-migrate]\n"), (), "CONFIG_INVALID", "application: Field required", 1),
    "a folder": (lambda folder: (folder / "pyproject.toml").mkdir(), (), "CONFIG_INVALID", "is a folder", 1),
    "a link to nothing": (lambda folder: (folder / "pyproject.toml").symlink_to("gone"), (), "CONFIG_INVALID",
                          "is a link to no file", 1),
    "configured twice": (_both, (), "CONFIG_TWICE", "by osem-migrate.toml, and by [tool.osem-migrate] in pyproject", 1),
    "migrations is a file": (_file, (), "FILE_NOT_WRITABLE", "migrations: it is a file, where a folder has to be", 1),
    "a script, and a file": (_file, ("--script", "create table Orders"), "FILE_NOT_WRITABLE", "it is a file", 1),
    "another application": (_toml('[tool.osem-migrate]\napplication = "a"\n'), ("--application", "b"), "CONFIG_EXISTS",
                            "tool.osem-migrate.application is 'a' already, not 'b'", 1),
    "another pattern": (_toml('[tool.osem-migrate]\napplication = "a"\n'), ("--table-name", "{entity}"),
                        "CONFIG_EXISTS", "tool.osem-migrate.table_name is not set, not '{entity}'", 1),
    "no name": (lambda _folder: None, ("--application", "my shop"), "USAGE_INVALID", "--application takes", 64),
    "no pattern": (lambda _folder: None, ("--table-name", "{env}"), "USAGE_INVALID", "contains {entity} never", 64),
    "no title": (lambda _folder: None, ("--script", "…"), "USAGE_INVALID", "has no letters a to z", 64),
}  # fmt: skip


@pytest.mark.parametrize(("prepare", "words", "code", "message", "exit_code"), BAD.values(), ids=BAD)
def test_what_is_refused(  # noqa: PLR0917 - a column each
    folder: Path,
    run: Run,
    prepare: Callable[[Path], object],
    words: tuple[str, ...],
    code: str,
    message: str,
    exit_code: int,
) -> None:
    """Each mistake has its code, its place and something to do about it; nothing is written."""
    prepare(folder)
    before = contents(folder)
    said = run("init", *words)
    assert (said.code, said.out) == (exit_code, "")
    assert f"✗ {code}: " in said.err
    assert message in said.err
    assert "\nhint: " in said.err
    assert contents(folder) == before


@pytest.mark.parametrize(
    "way", [PermissionError(13, os.strerror(13)), OSError(28, os.strerror(28)), KeyboardInterrupt()]
)
@pytest.mark.parametrize("method", ["open", "mkdir", "replace", "write_bytes"])
def test_all_or_nothing(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, way: BaseException, method: str
) -> None:
    """Whichever step fails, at its first or its second time, and for whatever reason: the folder is what it was."""
    (folder / "pyproject.toml").write_text(PYPROJECT)
    before = contents(folder)
    done = getattr(Path, method)
    for last in (0, 1):
        steps: list[Path] = []

        def fail(self: Path, *given: object, **named: object) -> object:
            changes = not given or given[0] not in {"r", "rb"}
            if method == "open" and (not changes or "x" not in given):
                return done(self, *given, **named)
            steps.append(self)  # noqa: B023 - it is called within the round
            if len(steps) - 1 == last:  # noqa: B023 - likewise
                raise way
            return done(self, *given, **named)

        with monkeypatch.context() as patched:
            patched.setattr(Path, method, fail)
            said = run("init", "--script", "create table Orders")
        if len(steps) <= last:  # this step is taken once only
            assert said.code == 0
            break
        assert said.code == (130 if isinstance(way, KeyboardInterrupt) else 1)
        assert isinstance(way, KeyboardInterrupt) or "_NOT_WRITABLE: " in said.err or "SCRIPT_INVALID: " in said.err
        assert contents(folder) == before


def test_every_command_reads_a_file_of_its_own(folder: Path, run: Run) -> None:
    """osem-migrate.toml configures as a pyproject.toml does, and its keys are told as they are spelled there."""
    run("init", "--script", "create table Orders")
    assert run("show", "1", "--env", "dev").code == 0
    said = run("status", "--env", "stagin")
    assert "✗ CONFIG_ENVIRONMENT_UNKNOWN" in said.err
    assert f"Add [environments.stagin] to {folder / 'osem-migrate.toml'}" in said.err
    (folder / "osem-migrate.toml").write_text('application = "a"\n[environments.dev]\nregoin = "x"\n')
    said = run("check")
    assert f"{folder / 'osem-migrate.toml'}: environments.dev.regoin: There is no such key" in said.err
    assert "hint: Correct it in osem-migrate.toml and run the command again." in said.err
