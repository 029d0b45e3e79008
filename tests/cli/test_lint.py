"""``lint``: what people, CI and editors read, what answers a finding, and what is asked of git."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from osem_migrate import AddIndex, CreateTable, LintOptions, Migrator, S
from osem_migrate.cli import reports
from osem_migrate.cli.documents.lint import lint_document
from osem_migrate.cli.sarif import sarif
from osem_migrate.commands.lint import LintReport
from osem_migrate.config import Project as Configured
from osem_migrate.migration import Extent, Migration
from osem_migrate.planning.lint.lint import Finding, lint
from osem_migrate.planning.lint.nolint import settle
from osem_migrate.planning.lint.reviewed import LintEnvironment
from osem_migrate.planning.lint.rules import RULES
from osem_migrate.planning.status.problem import Severity
from tests.cli.command_line import PYPROJECT, Project, Run
from tests.cli.process import run_in_turn, run_installed
from tests.documentation import published
from tests.unit.planning.test_laws import scripts

ROOT = Path(__file__).parents[2]
SAFE = PYPROJECT + "deletion_protection = true\npoint_in_time_recovery = true\n"
BY_STATUS = 'AddIndex("Teams", "status-index", partition_key=S("status"))'
AGAIN = (
    'DropIndex("Teams", "managerId-index"), '
    'AddIndex("Teams", "managerId-index", partition_key=S("managerId"), sort_key=S("teamName"))'
)

_TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}},
         "additionalProperties": False}  # fmt: skip
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_POSITIVE = {"type": "integer", "minimum": 1}


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


# What OASIS's schema of SARIF 2.1.0 says of the objects that are written here; no other member is.
SARIF = _closed(
    ["version", "runs", "$schema"],
    **{
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": _closed(
                ["tool", "results"],
                columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                tool=_closed(
                    ["driver"],
                    driver=_closed(
                        ["name", "version", "rules"],
                        name={"type": "string"},
                        version={"type": "string"},
                        rules={
                            "type": "array",
                            "uniqueItems": True,
                            "items": _closed(
                                ["id"],
                                id={"type": "string"},
                                shortDescription=_TEXT,
                                fullDescription=_TEXT,
                                help=_TEXT,
                                helpUri={"type": "string", "pattern": "^https://[^ ]+$"},
                                defaultConfiguration=_closed([], level=_LEVEL),
                            ),
                        },
                    ),
                ),
                results={
                    "type": "array",
                    "items": _closed(
                        ["message", "ruleId", "ruleIndex", "level", "locations"],
                        ruleId={"type": "string"},
                        ruleIndex={"type": "integer", "minimum": 0},
                        level=_LEVEL,
                        message=_TEXT,
                        locations={
                            "type": "array",
                            "minItems": 1,
                            "items": _closed(
                                ["physicalLocation"],
                                physicalLocation=_closed(
                                    ["artifactLocation"],
                                    artifactLocation=_closed(
                                        ["uri"], uri={"type": "string", "pattern": "^(file:///)?[A-Za-z0-9_.~%/-]+$"}
                                    ),
                                    region=_closed(["startLine"], startLine=_POSITIVE, startColumn=_POSITIVE),
                                ),
                            ),
                        },
                    ),
                },
            ),
        },
    },
)


def _check_sarif(document: Any) -> None:
    Draft202012Validator(SARIF).validate(document)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


@pytest.fixture(autouse=True)
def _safe(project: Project) -> None:
    """Nothing is to be found in the project's first three scripts."""
    project.configure(SAFE)


@pytest.fixture
def risky(project: Project) -> Project:
    """A project with a warning in its fourth script and an error in its fifth."""
    project.script("0004_by_status", BY_STATUS)
    project.script("0005_by_manager_and_name", AGAIN)
    return project


def test_nothing_found(run: Run) -> None:
    """It is said of how many scripts."""
    said = run("lint", "--strict")
    assert (said.code, said.out, said.err) == (0, "✓ Nothing found in 3 scripts.\n", "")


def test_a_finding_is_a_line_that_editors_follow(risky: Project, run: Run) -> None:
    """File, line and column, code, what is wrong; what to do instead stands below it."""
    said = run("lint")
    lines = said.out.splitlines()
    assert said.code == 1
    assert lines[0] == (
        "migrations/0004_by_status.py:5:15: IDX01 index status-index of Teams is partitioned by status, "
        "by its name of few values"
    )
    assert lines[1].startswith("    Spread it over a second attribute")
    assert lines[2] == (
        "migrations/0005_by_manager_and_name.py:5:54: IDX02 index managerId-index of Teams is dropped and added "
        "again in one release"
    )
    assert lines[-1] == "✗ 1 error and 1 warning in 5 scripts."


def test_warnings_count_with_strict_only(project: Project, run: Run) -> None:
    """Then they are an error of the command."""
    project.script("0004_by_status", BY_STATUS)
    assert [run("lint").code, run("lint", "--strict").code] == [0, 1]
    assert run("lint").out.endswith("⚠ 1 warning in 4 scripts.\n")
    assert run("lint", "--strict").out.endswith("✗ 1 warning in 4 scripts.\n")
    documents = [run("lint", *words, "--json").document for words in ((), ("--strict",))]
    assert [(one["exit_code"], one["data"]["passed"]) for one in documents] == [(0, True), (1, False)]


def test_a_recipe_is_told_once(project: Project, run: Run) -> None:
    """Though several scripts need it."""
    project.script("0004_by_status", BY_STATUS)
    project.script("0005_by_type", 'AddIndex("Teams", "type-index", partition_key=S("type"))')
    assert run("lint").out.count("Spread it over") == 1


@pytest.mark.parametrize("words", [("--json",), ("--format", "json")])
def test_as_data(risky: Project, run: Run, words: tuple[str, ...]) -> None:
    """Each finding with its place, and how many there are."""
    data = run("lint", *words).document["data"]
    assert data["counts"] == {"scripts": 5, "errors": 1, "warnings": 1}
    found = data["findings"][1]
    assert (found["code"], found["migration"], found["operation"], found["table"], found["environments"]) == (
        "IDX02",
        "0005_by_manager_and_name",
        1,
        "Teams",
        [],
    )


def test_annotations_of_github(risky: Project, run: Run) -> None:
    """One for each finding, in its place; one that all is well."""
    first, second = run("lint", "--format", "github").out.splitlines()
    assert first.startswith("::warning file=migrations/0004_by_status.py,line=5,col=15,title=IDX01::index status-")
    assert second.startswith("::error file=migrations/0005_by_manager_and_name.py,line=5,col=54,title=IDX02::")
    (risky.migrations / "0004_by_status.py").unlink()
    (risky.migrations / "0005_by_manager_and_name.py").unlink()
    assert run("lint", "--format", "github").out == "::notice::nothing found\n"


def test_a_report_of_junit(risky: Project, run: Run) -> None:
    """A case for each script; what is found in it is its failure."""
    suite = ET.fromstring(run("lint", "--format", "junit").out)  # noqa: S314 - our own
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("osem-migrate lint", "5", "2")
    failed = {case.get("name"): case.find("failure") for case in suite}
    assert [name for name, failure in failed.items() if failure is not None] == [
        "0004_by_status",
        "0005_by_manager_and_name",
    ]
    failure = failed["0004_by_status"]
    assert failure is not None
    assert failure.get("type") == "IDX01"
    assert (failure.text or "").startswith("line 5: warning IDX01: index status-index")


def test_sarif_is_what_its_schema_says(risky: Project, run: Run) -> None:
    """With every rule, and a result for each finding."""
    document = json.loads(run("lint", "--format", "sarif").out)
    _check_sarif(document)
    (only,) = document["runs"]
    assert [rule["id"] for rule in only["tool"]["driver"]["rules"]] == [
        *(rule.code for rule in RULES),
        "NOL01",
        "NOL02",
    ]
    assert [(one["ruleId"], one["level"]) for one in only["results"]] == [("IDX01", "warning"), ("IDX02", "error")]
    place = only["results"][0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "migrations/0004_by_status.py"},
        "region": {"startLine": 5, "startColumn": 15},
    }


@pytest.mark.parametrize("member", ["ruleId", "message", "locations"])
def test_sarif_without_a_member_is_none(risky: Project, run: Run, member: str) -> None:
    """The check of these tests finds what is missing, and what does not belong there."""
    for change in ({member: None}, {"surprise": 1}):
        document = json.loads(run("lint", "--format", "sarif").out)
        document["runs"][0]["results"][0].update(change)
        with pytest.raises(Exception, match=r"None|surprise"):
            _check_sarif(document)


def test_paths_in_sarif_are_those_of_uris(risky: Project, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Escaped; with their scheme where they are absolute."""
    folder = risky.folder / "my scripts"
    risky.migrations.rename(folder)
    risky.configure(SAFE.replace('application = "shop"', 'application = "shop"\nmigrations = "my scripts"'))

    def uri() -> str:
        document = json.loads(run("lint", "--format", "sarif").out)
        _check_sarif(document)
        found: str = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        return found

    assert uri() == "my%20scripts/0004_by_status.py"
    deep = risky.folder / "/".join("x" * 99)
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert uri().startswith("file:///")


def test_a_finding_without_a_place_is_of_its_file() -> None:
    """As where the script is gone by the time that somebody looks for the line."""
    teams = Migration("0000_teams", 0, (CreateTable("Teams", S("id")),))
    risky = Migration("0001_a", 1, (AddIndex("Teams", "by-type", S("type")),), file="migrations/0001_a.py")
    report = LintReport(findings=lint([teams, risky], [LintEnvironment(name="dev")]), scripts=(teams.id, risky.id))
    document = sarif(report)
    _check_sarif(document)
    (result,) = document["runs"][0]["results"]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "migrations/0001_a.py"}}}]
    assert reports.lint_github(report).startswith("::warning file=migrations/0001_a.py,title=IDX01::")


@pytest.mark.parametrize("shape", ["github", "sarif", "junit"])
def test_one_format_at_a_time(run: Run, shape: str) -> None:
    """--json is one."""
    said = run("lint", "--json", "--format", shape)
    assert (said.code, said.document["error"]["code"]) == (64, "USAGE_INVALID")


def test_a_comment_answers(risky: Project, run: Run) -> None:
    """In its place, with a reason; one that answers nothing is told."""
    status = risky.migrations / "0004_by_status.py"
    status.write_text(status.read_text().replace("]\n", "]  # nolint: IDX01 ten teams\n"))
    manager = risky.migrations / "0005_by_manager_and_name.py"
    manager.write_text(manager.read_text().replace("]\n", "]  # nolint: IDX02\n"))
    plans = risky.migrations / "0003_create_plans.py"
    plans.write_text(plans.read_text().replace("]\n", "]  # nolint: KEY03 once it was a date\n"))
    found = [line.split()[1] for line in run("lint").out.splitlines() if line.startswith("migrations/")]
    assert found == ["NOL02", "IDX02", "NOL01"]


def test_a_comment_for_another_release_or_environment_is_not_unused(project: Project, run: Run) -> None:
    """It may answer something that this call does not look at."""
    teams = project.migrations / "0001_create_teams.py"
    teams.write_text(teams.read_text().replace("]\n", "]  # nolint: IDX02, PRO01 see the wiki\n"))
    assert "NOL02 nolint: PRO01 finds nothing here" in run("lint").out
    assert run("lint", "--env", "dev").out == "✓ Nothing found in 3 scripts.\n"


def test_a_rule_can_be_left_out(project: Project, run: Run) -> None:
    """By the configuration, which has to name one that there is."""
    project.script("0004_by_status", BY_STATUS)
    project.configure(f'{SAFE}[tool.osem-migrate.lint]\nignore = ["IDX01"]\n')
    assert run("lint", "--strict").code == 0
    project.configure(f'{SAFE}[tool.osem-migrate.lint]\nignore = ["IDX1"]\n')
    said = run("lint")
    assert (said.code, "there is no rule 'IDX1'; did you mean 'IDX" in said.err) == (1, True)
    project.configure(f'{SAFE}[tool.osem-migrate.lint]\nignored = ["IDX01"]\n')
    assert "There is no such key; did you mean 'ignore'?" in run("lint").err


def test_an_environment_is_named_where_it_matters(project: Project, run: Run) -> None:
    """With --env, only that one is looked at."""
    project.configure(PYPROJECT)
    assert run("lint").out.count(", in a protected environment (in prod)\n") == 2
    for shape in ("github", "sarif", "junit"):
        assert run("lint", "--format", shape).out.count("in a protected environment (in prod)") >= 2, shape
    assert run("lint", "--env", "dev").out == "✓ Nothing found in 3 scripts.\n"
    assert run("lint", "--env", "prod").out.count(", in a protected environment\n") == 2
    said = run("lint", "--env", "prd")
    assert (said.code, "did you mean 'prod'" in said.err) == (1, True)


def test_local_alone_is_looked_at(project: Project, run: Run) -> None:
    """Where there is no other environment."""
    project.configure('[tool.osem-migrate]\napplication = "shop"\n')
    project.script("0004_by_status", BY_STATUS)
    assert "IDX01" in run("lint").out


def _git(folder: Path, *words: str) -> None:
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environ = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *words], cwd=folder, env=environ, capture_output=True, check=True)  # noqa: S607


def test_what_git_calls_new_is_one_release(risky: Project, run: Run) -> None:
    """Scripts that went out already are left alone, and those that go out together are looked at together."""
    later = risky.migrations / "0005_by_manager_and_name.py"
    later.unlink()
    _git(risky.folder, "init", "--quiet", "--initial-branch", "main")
    _git(risky.folder, "add", "--all")
    _git(risky.folder, "commit", "--quiet", "--message", "out")
    assert run("lint", "--git-base", "main", "--strict").out == "✓ Nothing found in 0 scripts.\n"
    drop, add = AGAIN.split(", ", 2)[0] + ', "managerId-index")', AGAIN.partition("), ")[2]
    risky.script("0005_drop", drop)
    risky.script("0006_add", add)
    assert "IDX02" not in run("lint").out
    said = run("lint", "--git-base", "main")
    assert said.code == 1
    assert said.out.startswith("migrations/0006_add.py:5:15: IDX02 ")
    assert "0006_add.py:5:15: IDX11 " in said.out
    assert said.out.endswith("✗ 1 error and 1 warning in 2 scripts.\n")


def test_what_git_cannot_say_is_an_error_with_its_code(risky: Project, run: Run) -> None:
    """Nothing is found then, rather than everything."""
    said = run("lint", "--git-base", "nowhere", "--json")
    assert said.document["error"]["code"] in {"GIT_REPOSITORY_MISSING", "GIT_REVISION_UNKNOWN"}
    _git(risky.folder, "init", "--quiet")
    said = run("lint", "--git-base", "nowhere")
    assert (said.code, said.out) == (1, "")
    assert "GIT_REVISION_UNKNOWN" in said.err


def test_a_script_in_the_middle_of_a_merge(project: Project, run: Run) -> None:
    """It is said so, and where; what Python says of the marks helps nobody."""
    path = project.migrations / "0003_create_plans.py"
    path.write_text(f"{path.read_text()}<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> feature\n")
    said = run("lint")
    assert said.code == 1
    assert "migrations/0003_create_plans.py:6: is in the middle of a merge" in said.err
    assert "git status" in said.err


def test_a_line_is_found_however_the_operations_are_made(project: Project, run: Run) -> None:
    """Where a script computes them, it is that of the assignment."""
    path = project.script("0004_by_status", f"*map(str, ()), {BY_STATUS}")
    path.write_text(path.read_text().replace("*map(str, ()), ", ""))
    body = path.read_text().replace(f"operations = [{BY_STATUS}]", f"def made():\n    return {BY_STATUS}\n\n")
    path.write_text(f"{body}\noperations = [\n    one for one in [made()]\n]\n")
    (line,) = (line for line in run("lint").out.splitlines() if "IDX01" in line)
    assert line.startswith("migrations/0004_by_status.py:10:1: IDX01")


def test_the_library_says_the_same(risky: Project) -> None:
    """Of the project around the working folder, or of another; without a connection."""
    report = Migrator.lint()
    assert ([one.code for one in report.findings], report.passed) == (["IDX01", "IDX02"], False)
    assert Migrator.lint(LintOptions(env="dev"), Configured.find(risky.folder, {})).findings == report.findings


def test_the_projects_own_scripts_are_answered() -> None:
    """Whatever fires on the scripts of this repository is answered there, with a reason."""
    report = Migrator.lint(project=Configured.find(ROOT, {}))
    assert [(one.file, one.line, one.code) for one in report.findings] == []
    assert len(report.scripts) == 14


def test_boto3_is_never_imported(risky: Project) -> None:
    """In no format; a hook of git runs it at every commit."""
    shapes = ("text", "json", "github", "sarif", "junit")
    for shape, said in zip(shapes, run_in_turn(*(f"lint --format {shape}" for shape in shapes)), strict=True):
        assert (said.code, said.err) == (1, ""), shape
        assert not said.modules & {"boto3", "botocore", "moto", "rich"}, shape


def test_the_console_script(risky: Project) -> None:
    """As it is installed."""
    assert run_installed("lint").code == 1


def _placed(migrations: tuple[Migration, ...], found: tuple[Finding, ...]) -> Iterator[Finding]:
    for migration in migrations:
        own = [one for one in found if one.migration == migration.id]
        extents = {position: Extent(5 + position, 5 + position, 5) for position in range(len(migration.operations))}
        yield from settle(own, [], extents, judged=frozenset(), script=migration)


@given(scripts(), st.booleans(), st.booleans())
def test_whatever_scripts_there_are_every_format_is_valid(
    migrations: tuple[Migration, ...],
    released: bool,  # noqa: FBT001 - drawn
    protected: bool,  # noqa: FBT001 - drawn
) -> None:
    """Lint finds what it finds in any scripts that fit together, and each format can say it."""
    environments = [LintEnvironment(name="dev"), LintEnvironment(name="prod", protected=protected, autoscaled=True)]
    new = {one.id for one in migrations} if released else None
    findings = tuple(_placed(migrations, lint(migrations, environments, new=new)))
    report = LintReport(findings=findings, scripts=tuple(one.id for one in migrations))
    published.check_part("LintDocument", lint_document(report))
    _check_sarif(sarif(report))
    suite = ET.fromstring(reports.lint_junit(report))  # noqa: S314 - our own
    assert len(suite) == len(migrations)
    assert len(reports.lint_github(report).splitlines()) == max(1, len(findings))
    assert all(one.line is not None and one.severity in {Severity.ERROR, Severity.WARNING} for one in findings)
