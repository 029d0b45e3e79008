"""``new --from``: the scripts that lead to a schema.py, to a file of another tool, or to what is live."""

import pytest

from tests.cli.command_line import Project, Run, Tables
from tests.cli.process import run_in_turn
from tests.doubles.example_files import EXAMPLES

SCHEMA = """
from osem_migrate import Index, S, SetTimeToLive, Table

teams = Table("Teams", S("teamId"), indexes=[Index("managerId-index", S("managerId"))])
plans = Table("Plans", S("planId"), settings=[SetTimeToLive("Plans", "expiresAt")])
"""
NAMES = ["0001_create_teams.py", "0002_add_manager_id_index_to_teams.py", "0003_create_plans.py"]


def schema(project: Project, text: str = SCHEMA) -> None:
    """Write schema.py."""
    (project.folder / "schema.py").write_text(text)


def written(project: Project) -> list[str]:
    """The scripts that came to be."""
    return sorted(path.name for path in project.migrations.glob("*.py") if path.name not in NAMES)


def test_scripts_lead_to_the_schema(project: Project, run: Run, tables: Tables) -> None:
    """What is missing is written, each step in a script that says it; once it is there, nothing is."""
    schema(project, SCHEMA + 'sessions = Table("Sessions", S("sessionId"))\n')
    said = run("new", "--from", "schema.py")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "✓ migrations/0004_create_table_sessions.py: create table Sessions",
        "✓ migrations/0005_set_time_to_live_of_plans_to_expires_at.py: set time to live of Plans to expiresAt",
        "hint: read the scripts, then see what they do: osem-migrate upgrade --dry-run",
    ]
    assert run("upgrade").code == 0
    again = run("new", "--from", "schema.py")
    assert (again.code, again.out) == (0, "✓ The scripts lead to schema.py already; nothing was written.\n")
    checked = run("new", "--from", "schema.py", "--check")
    assert (checked.code, checked.out) == (0, "✓ The scripts lead to schema.py.\n")
    live = run("new", "--from", "dev", "--check")
    assert (live.code, live.out) == (0, "✓ The scripts lead to dev.\n")


def test_a_check_writes_nothing(project: Project, run: Run) -> None:
    """It prints every difference, and exits with 3."""
    schema(project)
    said = run("new", "--from", "schema.py", "--check")
    assert said.code == 3
    assert said.out.splitlines() == [
        "✗ DRIFT_SETTING Plans: the scripts have time to live off, schema.py time to live expiresAt",
        "⚠ The scripts do not lead to schema.py: 1 difference.",
        "hint: write what is missing: osem-migrate new --from schema.py",
    ]
    assert written(project) == []
    data = run("new", "--from", "schema.py", "--check", "--json").document["data"]
    assert (data["check"], data["in_sync"], data["counts"]) == (True, False, {"scripts": 1, "differences": 1})
    assert data["differences"] == [
        {
            "code": "DRIFT_SETTING",
            "table": "Plans",
            "subject": "Plans",
            "scripts": "time to live off",
            "source": "time to live expiresAt",
            "in_place": True,
        }
    ]
    assert data["scripts"][0]["operations"] == ["set time to live of Plans to expiresAt"]


def test_a_title_names_the_scripts(project: Project, run: Run) -> None:
    """One script is called so; several say after it what each does."""
    schema(project)
    assert run("new", "Plans expire", "--from", "schema.py").code == 0
    assert written(project) == ["0004_plans_expire.py"]
    schema(project, SCHEMA + 'a = Table("A", S("id"))\nb = Table("B", S("id"))\n')
    assert run("new", "More tables.", "--from", "schema.py").code == 0
    assert written(project)[1:] == ["0005_more_tables_create_table_a.py", "0006_more_tables_create_table_b.py"]


def test_a_table_that_is_gone_is_told(project: Project, run: Run) -> None:
    """Its items go with it, and none is taken for a renamed one."""
    schema(project, SCHEMA.replace('"Plans"', '"Schedules"'))
    said = run("new", "--from", "schema.py")
    assert said.err == (
        "⚠ Plans is not in schema.py: the script drops it, with its items. "
        "If Schedules is to be the same table: no table can be renamed.\n"
    )
    assert written(project) == ["0004_create_table_schedules.py", "0005_drop_table_plans.py"]


CHANGED = SCHEMA.replace('S("managerId"))', 'S("managerId"), S("since"))')


def test_an_index_that_changed_needs_a_decision(project: Project, run: Run) -> None:
    """It is refused with both ways, and nothing of the rest is written either."""
    schema(project, CHANGED)
    said = run("new", "--from", "schema.py")
    assert said.code == 1
    assert said.err.splitlines() == [
        (
            "✗ CHANGE_REFUSED: no script was written: index managerId-index of Teams has keys managerId S, "
            "and is to have keys managerId S / since S"
        ),
        "",
        (
            "hint: An index cannot be changed. Build it under a new name, and drop the old one in a script of its own: "
            "--rename-index managerId-index=managerId-index-2; or drop it and build it again under its name, while "
            "queries on it fail: --replace-indexes"
        ),
    ]
    assert written(project) == []
    assert run("new", "--from", "schema.py", "--check").code == 3


def test_an_index_is_replaced(project: Project, run: Run) -> None:
    """Asked for, it is dropped and added."""
    schema(project, CHANGED)
    assert run("new", "--from", "schema.py", "--replace-indexes").code == 0
    assert [name[4:] for name in written(project)] == [
        "_set_time_to_live_of_plans_to_expires_at.py",
        "_drop_index_manager_id_index_from_teams.py",
        "_add_index_manager_id_index_to_teams.py",
    ]


def test_an_index_is_built_under_a_new_name(project: Project, run: Run) -> None:
    """Added first, and the old one dropped in another script; the schema has to follow, which is told."""
    schema(project, CHANGED)
    said = run("new", "--from", "schema.py", "--rename-index", "managerId-index=by-manager")
    assert said.err == "⚠ Call the index by-manager in schema.py, too; it still says managerId-index.\n"
    assert [name[4:] for name in written(project)] == [
        "_set_time_to_live_of_plans_to_expires_at.py",
        "_add_index_by_manager_to_teams.py",
        "_drop_index_manager_id_index_from_teams.py",
    ]
    schema(project, CHANGED.replace("managerId-index", "by-manager"))
    assert run("new", "--from", "schema.py", "--check").code == 0


def test_an_index_that_leaves_no_room_for_its_successor(project: Project, run: Run) -> None:
    """An attribute has one type in all keys of a table: the old index has to go first, which is told."""
    schema(
        project, SCHEMA.replace("import Index, S,", "import Index, N, S,").replace('S("managerId")', 'N("managerId")')
    )
    said = run("new", "--from", "schema.py", "--rename-index", "managerId-index=by-manager", "--check")
    assert "managerId-index goes before by-manager is built, and queries on it fail meanwhile" in said.err


@pytest.mark.parametrize(
    ("renamed", "message"),
    [
        ("managerId-indx=new", "no index 'managerId-indx' changes under its name; did you mean 'managerId-index'?"),
        ("managerId-index=by-team", "table 'Teams' has an index 'by-team' already"),
        ("managerId-index", "--rename-index takes OLD=NEW, not 'managerId-index'"),
    ],
)
def test_a_new_name_that_cannot_be(project: Project, run: Run, renamed: str, message: str) -> None:
    """Wrong usage, and nothing is written."""
    schema(project, CHANGED.replace("indexes=[", 'indexes=[Index("by-team", S("team")), '))
    said = run("new", "--from", "schema.py", "--rename-index", renamed)
    assert (said.code, message in said.err) == (64, True)
    assert written(project) == []


def test_keys_are_never_changed(project: Project, run: Run) -> None:
    """The recipe is a table of another name; no script drops the old one."""
    schema(project, SCHEMA.replace('S("planId")', 'S("plan")'))
    said = run("new", "--from", "schema.py", "--replace-indexes")
    assert said.code == 1
    assert "Plans has keys planId S, and is to have keys plan S" in said.err
    assert "Declare the table that is wanted under another name beside the old one" in said.err
    assert written(project) == []
    data = run("new", "--from", "schema.py", "--check", "--json").document["data"]
    assert {one["code"]: one["in_place"] for one in data["differences"]}["DRIFT_TABLE_KEYS"] is False


def test_a_file_of_another_tool(project: Project, run: Run) -> None:
    """Its tables are called as the environment calls them, and only what it can say is compared."""
    (project.folder / "state.json").write_text(
        EXAMPLES["terraform"].replace("Orders-dev", "shop-prod-Orders").replace("Carts-dev", "Carts")
    )
    said = run("new", "--from", "state.json", "--env", "prod", "--check", "--json")
    data = said.document["data"]
    assert said.document["environment"] == "prod"
    codes = {one["table"]: one["code"] for one in data["differences"]}
    assert codes == dict.fromkeys(("Carts", "Orders"), "DRIFT_TABLE_UNEXPECTED") | dict.fromkeys(
        ("Plans", "Teams"), "DRIFT_TABLE_MISSING"
    )
    assert any("Carts is called Carts there, and shop-prod-Carts in prod" in one for one in data["warnings"])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("stagng", "there is no file and no environment 'stagng'; did you mean 'staging'?"),
        ("shema.py", "there is no file and no environment 'shema.py'; did you mean 'schema.py'?"),
        ("nowhere/schema.py", "there is no file and no environment 'nowhere/schema.py'"),
        ("migrations", "'migrations' is no file, and no environment is called so"),
        ("x" * 5000, "there is no file and no environment"),
        ("", "there is no file and no environment ''"),
    ],
)
def test_a_source_that_there_is_not(project: Project, run: Run, source: str, message: str) -> None:
    """The nearest one is named, before a script is looked at."""
    schema(project)
    project.script("0004_broken", "", prelude="def broken(:\n")
    said = run("new", "--from", source)
    assert (said.code, message in said.err) == (64, True)
    assert "dev, local, prod, staging" in said.err


@pytest.mark.parametrize("name", ["", "x", "a b"])
def test_a_new_name_that_no_index_can_have(project: Project, run: Run, name: str) -> None:
    """It is wrong usage, and not a mistake in a script."""
    schema(project)
    said = run("new", "--from", "schema.py", "--rename-index", f"by-day={name}")
    assert (said.code, f"--rename-index by-day={name}: index {name!r}: a name has 3 to 255" in said.err) == (64, True)


def test_an_environment_has_names_of_its_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """--env is for files; an OSEM_ENV that is set for other commands is in nobody's way."""
    said = run("new", "--from", "dev", "--env", "prod")
    assert (said.code, "--env is for files of other tools" in said.err) == (64, True)
    monkeypatch.setenv("OSEM_ENV", "prod")
    assert "--env is for files" not in run("new", "--from", "dev", "--check").err


def test_pending_scripts_come_first(run: Run, tables: Tables) -> None:
    """An environment that is behind lacks what nobody wants to have undone; the remedy is for that environment."""
    said = run("new", "--from", "staging")
    assert said.code == 1
    assert "must be applied before the scripts can be compared with it" in said.err
    assert "osem-migrate upgrade --env staging" in said.err


@pytest.mark.parametrize("text", ["1 / 0\n", "print('noise')\nx = 5\n"])
def test_a_schema_that_cannot_be_loaded(project: Project, run: Run, text: str) -> None:
    """An error with its place; nothing is written, and stdout stays empty."""
    schema(project, text)
    said = run("new", "--from", "schema.py")
    assert (said.code, said.out, written(project)) == (1, "", [])
    assert "schema.py" in said.err.splitlines()[-3]


def test_a_folder_that_cannot_be_written(project: Project, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several scripts none is left half-written."""
    schema(project, SCHEMA + 'sessions = Table("Sessions", S("sessionId"))\n')
    opened = type(project.migrations).open

    def refuse(path: object, mode: str = "r", **options: object) -> object:
        if mode == "x" and "0005" in str(path):
            raise PermissionError(13, "Permission denied")
        return opened(path, mode, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(type(project.migrations), "open", refuse)
    said = run("new", "--from", "schema.py")
    assert (said.code, written(project)) == (1, [])
    assert "a script cannot be written here: Permission denied" in said.err


def test_boto3_is_for_environments_alone(project: Project) -> None:
    """A schema.py is compared without the SDK of AWS."""
    schema(project)
    (said,) = run_in_turn("new --from schema.py --check")
    assert not said.modules & {"boto3", "botocore"}


def test_the_library_does_the_same(project: Project) -> None:
    """A plan, then its scripts."""
    from osem_migrate import AutogenerateOptions, Migrator  # noqa: PLC0415 - loaded on first use

    schema(project)
    plan = Migrator.plan_autogenerate(AutogenerateOptions(source="schema.py"))
    assert [draft.path for draft in Migrator.autogenerate(plan)] == [draft.path for draft in plan.drafts]
    assert [name[4:] for name in written(project)] == ["_set_time_to_live_of_plans_to_expires_at.py"]
