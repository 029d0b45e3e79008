"""``import --from``: scripts and names from a file of another tool, the comparison, and mistakes that write nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command_line import PYPROJECT, Project, Run
from tests.doubles.example_files import EXAMPLES, TEMPLATE, contract

STATE = EXAMPLES["terraform"]


@pytest.fixture
def empty(project: Project) -> Project:
    """The project without scripts."""
    for script in project.migrations.glob("*.py"):
        script.unlink()
    return project


def contents(project: Project) -> dict[str, tuple[int, bytes]]:
    """Every file of the project with its time and content."""
    return {
        str(path.relative_to(project.folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(project.folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_scripts_and_names(empty: Project, run: Run) -> None:
    """A script a table, and its name in pyproject.toml where the pattern gives another; then both say the same."""
    (empty.folder / "state.json").write_text(STATE)
    said = run("import", "--from", "state.json", "--env", "prod")
    assert said.code == 0
    assert said.out.splitlines() == [
        "✓ migrations/0001_create_table_carts.py: Carts-dev",
        "✓ migrations/0002_create_table_orders.py: Orders-dev",
        "✓ pyproject.toml: orders is Orders-dev in prod",
        "✓ pyproject.toml: Carts is Carts-dev in prod",
        "hint: adopt the tables, or create those that are missing: osem-migrate upgrade --env prod",
    ]
    text = (empty.folder / "pyproject.toml").read_text()
    assert text == (
        PYPROJECT + '\n[tool.osem-migrate.environments.prod.tables]\norders = "Orders-dev"\nCarts = "Carts-dev"\n'
    )
    assert (
        'SetTimeToLive("orders", attribute="expiresAt")'
        in (empty.migrations / "0002_create_table_orders.py").read_text()
    )
    checked = run("import", "--from", "state.json", "--env", "prod", "--check")
    assert (checked.code, checked.out) == (0, "✓ state.json and the scripts declare the same for prod.\n")
    again = run("import", "--from", "state.json", "--env", "prod")
    assert again.out.splitlines() == [
        "ℹ orders is left out: the scripts declare it already.",  # noqa: RUF001 - our own sign
        "ℹ Carts is left out: the scripts declare it already.",  # noqa: RUF001 - our own sign
        "✓ prod: nothing to import.",
    ]


def test_names_of_the_pattern_need_no_map(empty: Project, run: Run) -> None:
    """A table that is called as the configuration says goes under its logical name; the history table is left out."""
    state = STATE.replace("Orders-dev", "shop-dev-Orders").replace("Carts-dev", "shop-dev-SchemaMigrations")
    (empty.folder / "state.json").write_text(state)
    before = (empty.folder / "pyproject.toml").read_bytes()
    said = run("import", "--from", "state.json")
    assert said.out.splitlines()[:2] == [
        "✓ migrations/0001_create_table_orders.py: shop-dev-Orders",
        "ℹ Carts is left out: it is the history table.",  # noqa: RUF001 - our own sign
    ]
    assert (empty.folder / "pyproject.toml").read_bytes() == before


def test_a_name_that_only_a_map_can_give(empty: Project, run: Run) -> None:
    """Where the pattern would make too long a name of it, the map says what the table is called."""
    long = "o" * 250
    (empty.folder / "state.json").write_text(STATE.replace('"name": "orders"', f'"name": "{long}"'))
    said = run("import", "--from", "state.json", long)
    assert said.code == 0
    assert f'{long} = "Orders-dev"' in (empty.folder / "pyproject.toml").read_text()
    assert run("import", "--from", "state.json", long, "--check").code == 0


def test_a_dry_run(empty: Project, run: Run) -> None:
    """It prints the scripts and the names, and writes neither."""
    (empty.folder / "state.json").write_text(STATE)
    before = contents(empty)
    said = run("import", "--from", "state.json", "--dry-run", "Carts")
    assert said.code == 0
    assert said.out.startswith('# migrations/0001_create_table_carts.py\n"""Create table Carts."""\n')
    assert '# pyproject.toml\n[tool.osem-migrate.environments.dev.tables]\nCarts = "Carts-dev"\n' in said.out
    assert said.out.endswith("1 script and 1 name to write. Nothing is changed by this.\n")
    assert contents(empty) == before


def test_a_check_finds_what_either_side_has_more(project: Project, run: Run) -> None:
    """Exit 3 with every difference; nothing is written."""
    assert run("export", "terraform", "-o", "t.tf.json").code == 0
    assert run("export", "cloudformation", "-o", "t.yml").code == 0
    assert run("import", "--from", "t.yml", "--check").code == 0
    text = (project.folder / "t.yml").read_text()
    (project.folder / "t.yml").write_text(
        text.replace("AttributeName: planId", "AttributeName: id", 1).replace(
            "AttributeName: planId", "AttributeName: id"
        )
        + "  # nothing\n"
    )
    project.script("0004_index", 'AddIndex("Teams", "ownerId-index", partition_key=S("ownerId"))')
    project.script("0005_more", 'CreateTable("Extra", partition_key=S("id"))')
    before = contents(project)
    said = run("import", "--from", "t.yml", "--check")
    assert said.code == 3
    assert said.out.splitlines() == [
        "✗ DRIFT_TABLE_MISSING Extra: the scripts have a table, the file none",
        "✗ DRIFT_TABLE_KEYS Plans: the scripts have keys planId S, the file keys id S",
        "✗ DRIFT_INDEX_MISSING Teams/ownerId-index: the scripts have keys ownerId S, projection ALL, the file none",
        "⚠ t.yml and the scripts differ for dev: 3 differences.",
    ]
    data = run("import", "--from", "t.yml", "--check", "--json").document["data"]
    assert (data["in_sync"], data["check"], len(data["differences"])) == (False, True, 3)
    assert data["differences"][0] == {
        "code": "DRIFT_TABLE_MISSING",
        "table": "Extra",
        "subject": "Extra",
        "scripts": "a table",
        "file": "none",
    }
    assert contents(project) == before


def test_a_check_of_a_file_that_cannot_say_all(project: Project, run: Run) -> None:
    """What was just written is in sync; what no such file says is told as not compared, and no script changes it."""
    project.script(
        "0004_more",
        'AddIndex("Plans", "by-both", (S("ownerId"), S("state"))), '
        'AddIndex("Teams", "by-both", (S("ownerId"), S("state"))), SetTimeToLive("Plans", "until")',
    )
    assert run("export", "workbench", "-o", "m.json").code == 0
    said = run("import", "--from", "m.json", "--check")
    told = "ℹ not compared, as the file cannot say it:"  # noqa: RUF001 - our own sign
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        f"{told} time to live until (Plans)",
        f"{told} keys of several attributes (Plans/by-both, Teams/by-both)",
        "✓ m.json and the scripts declare the same for dev, as far as the file can say.",
    ]
    data = run("import", "--from", "m.json", "--check", "--json").document["data"]
    assert (data["in_sync"], data["not_compared"][0]) == (
        True,
        {"subject": "Plans", "scripts": "time to live until"},
    )
    assert run("new", "--from", "m.json", "--check").code == 0
    keys = {"Plans": "planId", "Teams": "teamId"}
    contract_ = [{"table": name, "pk": key, "attributes": {key: "S"}} for name, key in keys.items()]
    (project.folder / "c.json").write_text(json.dumps(contract_))
    said = run("import", "--from", "c.json", "--check")
    assert said.code == 3
    assert [line for line in said.out.splitlines() if line.startswith("✗")] == [
        "✗ DRIFT_INDEX_MISSING Teams/managerId-index: the scripts have keys managerId S, projection ALL, the file none",
    ]


def test_a_check_compares_names_too(project: Project, run: Run) -> None:
    """A table that the file calls otherwise than the configuration is a difference."""
    assert run("export", "cloudformation", "--env", "dev", "-o", "t.yml").code == 0
    text = (project.folder / "t.yml").read_text()
    (project.folder / "t.yml").write_text(text.replace("TableName: shop-dev-Teams", "TableName: MyTeams"))
    said = run("import", "--from", "t.yml", "--check")
    assert said.code == 3
    assert "✗ Teams: the file calls it MyTeams, pyproject.toml does not for dev" in said.out


def test_parameters(empty: Project, run: Run) -> None:
    """The environment chooses its stage; other values are given; what only a deployment knows is asked for."""
    (empty.folder / "t.yml").write_text(TEMPLATE.replace('"Ledger-${Stage}"', '"Ledger-${AWS::StackName}"'))
    refused = run("import", "--from", "t.yml", "--env", "prod")
    assert refused.code == 1
    assert (
        "✗ FORMAT_UNRESOLVED: t.yml:73: /Resources/Ledger/Properties/TableName/Fn::Sub: only a deployment"
        in refused.err
    )
    assert "hint: Give the value with --parameter AWS::StackName=VALUE." in refused.err
    said = run(
        "import", "--from", "t.yml", "--env", "prod", "--parameter", "AWS::StackName=one", "--parameter", "Reads=9"
    )
    assert said.code == 0
    assert "✓ pyproject.toml: Ledger is Ledger-one in prod" in said.out
    assert "✓ pyproject.toml: Orders is Orders-prod in prod" in said.out
    assert "Throughput(read=9, write=5)" in (empty.migrations / "0003_create_table_orders.py").read_text()


def test_a_contract(empty: Project, run: Run) -> None:
    """Its tables get the names of the pattern, and nothing is said of settings."""
    (empty.folder / "contract.json").write_text(json.dumps(contract()))
    said = run("import", "--from", "contract.json")
    assert said.out.splitlines()[:2] == [
        "✓ migrations/0001_create_table_shop.py: shop-dev-Shop",
        "✓ migrations/0002_create_table_users.py: shop-dev-Users",
    ]
    assert run("import", "--from", "contract.json", "--check").code == 0


def test_what_no_script_can_say_is_a_warning(empty: Project, run: Run) -> None:
    """With its place; --json has it, too."""
    (empty.folder / "model.json").write_text(EXAMPLES["workbench"])
    said = run("import", "--from", "model.json", "--dry-run")
    assert "⚠ model.json: /DataModel/0/TableFacets: facets are no part of a schema" in said.err
    data = run("import", "--from", "model.json", "--json").document["data"]
    assert len(data["warnings"]) == 3
    assert [script["path"] for script in data["scripts"]] == ["migrations/0001_create_table_orders.py"]


def _latin(folder: Path) -> None:
    (folder / "f").write_bytes(b"a: 1\nb: \xe9\n")


def _huge(folder: Path) -> None:
    with (folder / "f").open("wb") as file:
        file.truncate(50_000_000)


def _text(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "f").write_text(text)


def _stack(name: str) -> str:
    return STATE.replace("Orders-dev", name)


Mistake = tuple[Callable[[Path], object], list[str], str, str, int]
WRONG: dict[str, Mistake] = {
    "no such file": (lambda _folder: None, [], "FILE_NOT_READABLE", "f: the file cannot be read: No such file", 1),
    "a folder": (lambda folder: (folder / "f").mkdir(), [], "USAGE_INVALID", "'f' is a directory", 64),
    "no text": (_latin, [], "FORMAT_INVALID", "f:2: the file is no UTF-8 text", 1),
    "50 MB": (_huge, [], "FORMAT_TOO_LARGE", "f: the file is larger than 16 MiB", 1),
    "an empty file": (_text(""), [], "FORMAT_INVALID", "f: /: the file is empty; one document is wanted", 1),
    "two documents": (_text("a: 1\n---\na: 1\n"), [], "FORMAT_INVALID", "f: /: there are 2 documents in the file", 1),
    "no YAML": (_text("a: ["), [], "FORMAT_INVALID", "no YAML", 1),
    "another format": (_text(STATE), ["--format", "contract"], "FORMAT_INVALID", "f: /: tables is missing", 1),
    "no format": (_text('{"a": 1}'), [], "FORMAT_UNKNOWN", "the file has a at its top", 1),
    "a table that is not in it": (_text(STATE), ["Users"], "USAGE_INVALID", "no table 'Users' (there are: orders,", 64),
    "no value": (_text(STATE), ["--parameter", "Stage"], "USAGE_INVALID", "NAME=VALUE, not 'Stage'", 64),
    "a name that can be none": (_text(_stack("a b")), [], "FORMAT_INVALID", "resources/0: table 'a b': a name has", 1),
    "a table twice": (_text(_stack("Carts-dev")), [], "CONFIG_INVALID", "both mapped to 'Carts-dev'", 1),
    "the same table twice": (
        _text(_stack("shop-dev-Orders").replace("Carts-dev", "shop-dev-Orders")),
        [], "FORMAT_INVALID", "f: /values/root_module/child_modules/0/resources/0: table Orders is here twice", 1
    ),
    "a table of another environment": (
        _text(_stack("shop-prod-Orders")), [], "CONFIG_NAMES_CLASH", "shop-prod-Orders would belong to", 1
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG.values(), ids=WRONG)
def test_mistakes(empty: Project, run: Run, mistake: Mistake) -> None:
    """A code, what and where, the next thing to type; nothing is written."""
    prepare, words, code, says, exit_code = mistake
    prepare(empty.folder)
    before = contents(empty)
    said = run("import", "--from", "f", *words)
    assert (said.code, said.out) == (exit_code, "")
    assert f"✗ {code}: " in said.err
    assert says in said.err
    assert "hint: " in said.err
    assert "Traceback" not in said.err
    assert contents(empty) == before


@pytest.mark.parametrize("words", [["--check"], ["--format", "contract"], ["--parameter", "a=b"]])
def test_options_that_need_a_file(run: Run, words: list[str]) -> None:
    """Without --from they mean nothing, and are refused."""
    said = run("import", *words)
    assert said.code == 64
    assert "--check, --format and --parameter need --from" in said.err


def test_all_or_nothing(empty: Project, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pyproject.toml cannot be written, no scripts are."""
    (empty.folder / "state.json").write_text(STATE)
    before = contents(empty)

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, os.strerror(13), str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    said = run("import", "--from", "state.json")
    assert said.code == 1
    assert "✗ FILE_NOT_WRITABLE: pyproject.toml cannot be written: Permission denied" in said.err
    assert contents(empty) == before


def test_names_go_where_the_project_is_configured(empty: Project, run: Run) -> None:
    """An osem-migrate.toml gets them as a pyproject.toml would, under the same keys without the table of the tool."""
    (empty.folder / "pyproject.toml").unlink()
    (empty.folder / "osem-migrate.toml").write_text('application = "shop" # ours\n\n[environments.dev]\n')
    (empty.folder / "state.json").write_text(STATE)
    assert "# osem-migrate.toml\n[environments.dev.tables]\n" in run("import", "--from", "state.json", "--dry-run").out
    assert run("import", "--from", "state.json").code == 0
    text = (empty.folder / "osem-migrate.toml").read_text()
    assert text.startswith('application = "shop" # ours\n')
    assert "\n[environments.dev.tables]\n" in text
    assert run("import", "--from", "state.json", "--check").code == 0


@pytest.mark.parametrize("way", [PermissionError(13, "Permission denied"), KeyboardInterrupt()])
def test_names_without_scripts_are_taken_back(
    empty: Project, run: Run, monkeypatch: pytest.MonkeyPatch, way: BaseException
) -> None:
    """Nobody is left with half of it, whatever ended it; what pyproject.toml was, it is."""
    (empty.folder / "state.json").write_text(STATE)
    pyproject = empty.folder / "pyproject.toml"
    before, seen = pyproject.read_bytes(), []

    def refuse(*_: object) -> None:
        seen.append(pyproject.read_bytes())
        raise way

    monkeypatch.setattr("osem_migrate.commands.import_file.write_scripts", refuse)
    assert run("import", "--from", "state.json").code in {1, 130}
    assert b"environments.dev.tables" in seen[0]
    assert pyproject.read_bytes() == before


def test_a_pyproject_that_is_a_link_stays_one(empty: Project, run: Run) -> None:
    """The file that it leads to is changed."""
    (empty.folder / "state.json").write_text(STATE)
    pyproject = empty.folder / "pyproject.toml"
    real = pyproject.rename(empty.folder / "shared.toml")
    pyproject.symlink_to(real)
    assert run("import", "--from", "state.json").code == 0
    assert pyproject.is_symlink()
    assert "environments.dev.tables" in real.read_text()
