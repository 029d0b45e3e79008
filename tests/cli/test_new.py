"""``new``: the next numbered script, ready to edit."""

import runpy

import pytest

from osem_migrate import AddIndex, S
from tests.cli.command_line import Project, Run, Tables


def test_it_prints_the_path_of_a_script_that_loads(project: Project, run: Run, tables: Tables) -> None:
    """The next free number, a slug, the table that the title means; an upgrade applies it as it is."""
    said = run("new", "add status index to Plans")
    assert (said.code, said.err) == (0, "ℹ Understood: add index status-index to Plans.\n")  # noqa: RUF001 - our own sign
    assert said.out == "migrations/0004_add_status_index_to_plans.py\n"
    script = runpy.run_path(str(project.folder / said.out.strip()))
    assert script["operations"] == [AddIndex("Plans", "status-index", partition_key=S("status"))]
    assert run("upgrade").code == 0


def test_it_knows_the_tables_of_the_scripts(project: Project, run: Run) -> None:
    """A title may name a table the short way."""
    project.script("0004_create_assessments", 'CreateTable("TeamAssessments", partition_key=S("id"))')
    path = run("new", "add status index to Assessments").out.strip()
    assert 'AddIndex("TeamAssessments"' in (project.folder / path).read_text()


def test_a_title_without_a_pattern_leaves_the_operations_open(project: Project, run: Run, tables: Tables) -> None:
    """The script says what is missing where upgrade looks for it."""
    path = run("new", "Spring cleaning").out.strip()
    assert path == "migrations/0004_spring_cleaning.py"
    said = run("upgrade")
    assert said.code == 1
    assert f"✗ SCRIPT_OPERATIONS_INVALID: {path}:" in said.err


def test_broken_scripts_are_no_reason_not_to_write(project: Project, run: Run) -> None:
    """A folder with a mistake in it still takes a new script."""
    project.script("0004_bad", "", prelude="def broken(:\n")
    assert run("new", "create table Sessions").out == "migrations/0005_create_table_sessions.py\n"


def test_the_first_script_of_a_project(project: Project, run: Run) -> None:
    """Without a folder, it is made."""
    for script in project.migrations.iterdir():
        script.unlink()
    project.migrations.rmdir()
    assert run("new", "create the first table").out.startswith("migrations/0001_create_the_first_table.py")


def test_the_path_is_as_seen_from_here(project: Project, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder below the project the path that is printed can be opened."""
    below = project.folder / "src"
    below.mkdir()
    monkeypatch.chdir(below)
    path = run("new", "create table Sessions").out.strip()
    assert path == "../migrations/0004_create_table_sessions.py"
    assert (below / path).is_file()


def test_as_data(run: Run) -> None:
    """--json has the path, and what was understood; nothing goes to stderr."""
    said = run("new", "create table Sessions", "--json")
    assert (said.err, said.document["environment"]) == ("", None)
    assert said.document["data"] == {
        "path": "migrations/0004_create_table_sessions.py",
        "operation": "create table Sessions",
        "note": "Understood: create table Sessions.",
    }


def test_what_is_not_clear_is_told_and_left_open(project: Project, run: Run) -> None:
    """The choices go to stderr, unless -q is given, and the script is the usual template."""
    said = run("new", "enable ttl on Team", "-q")
    assert (said.code, said.err) == (0, "")
    assert 'SetTimeToLive("Teams", attribute="expiresAt")' in (project.folder / said.out.strip()).read_text()
    said = run("new", "enable ttl on orbit")
    assert said.err == (
        "ℹ The operation is left to you: no script creates a table orbit (there are: Plans, Teams).\n"  # noqa: RUF001
    )
    assert "operations: list[Operation] = []" in (project.folder / said.out.strip()).read_text()


def test_without_a_title(run: Run) -> None:
    """Only --from can do without; what is for --from alone is refused without it."""
    said = run("new")
    assert (said.code, said.err.splitlines()[0]) == (64, "✗ USAGE_INVALID: Missing argument 'TITLE'.")
    idle = (["--check"], ["--replace-indexes"], ["--rename-index", "a=b"], ["--parameter", "a=b"])
    for words in (*idle, ["--env", "prod"], ["--region", "eu-west-1"], ["--profile", "team"], ["--force"]):
        said = run("new", "title", *words)
        assert said.code == 64
        assert f"{words[0]}: only with --from" in said.err
