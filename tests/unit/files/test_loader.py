"""The loader: which files are scripts, what they mean, and file and line of every mistake in them."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from osem_migrate.errors import (
    FolderMissing,
    ScriptError,
    ScriptMisplaced,
    ScriptNameInvalid,
    ScriptNotLoadable,
    ScriptNumberDuplicate,
    ScriptOperationInapplicable,
    ScriptOperationsInvalid,
    SqlScriptUnsupported,
)
from osem_migrate.files.loader import load
from osem_migrate.history import History
from osem_migrate.operations import AddIndex, CreateTable
from osem_migrate.planning.policy import Role, grants
from osem_migrate.planning.replay import replay
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import S, Schema
from tests.doubles.typed import typed
from tests.unit.files.scripts import CREATE, put

HEAD = "from osem_migrate import AddIndex, CreateTable, S, SetBilling\n\n"
HUGE = "SetBilling.on_demand('T', max_read=10**5000)"
OWN_ERROR = """
from osem_migrate import OsemMigrateError
class Own(OsemMigrateError): __init__ = lambda self: setattr(self, 'details', 5)
"""


def mistake(folder: Path, kind: type[ScriptError], *, file: str | None, line: int | None = None) -> ScriptError:
    """The error of that very kind that loading ends in, once file and line are checked in message and details."""
    with pytest.raises(ScriptError) as caught:
        load(folder)
    error = caught.value
    assert type(error) is kind
    shown = f"migrations/{file}" if file is not None else "migrations"
    assert (error.details["file"], error.details.get("line")) == (shown, line)
    assert error.message.startswith(f"{shown}:{line}: " if line is not None else f"{shown}: ")
    assert typed(error)
    return error


def test_a_script_becomes_a_migration(folder: Path) -> None:
    """Id, number, summary, operations and file are those of the script, and its operations can be located."""
    put(
        folder,
        "0001_create_teams.py",
        '"""Teams: who leads whom.\n\nMore.\n"""\n\n'
        + HEAD
        + 'operations = [\n    CreateTable("Teams", S("teamId")),\n'
        '    AddIndex("Teams", "managerId-index", S("managerId")),\n]\n',
    )
    (migration,) = load(folder).migrations
    assert (migration.id, migration.number) == ("0001_create_teams", 1)
    assert migration.summary == "Teams: who leads whom."
    assert migration.operations == (
        CreateTable("Teams", S("teamId")),
        AddIndex("Teams", "managerId-index", S("managerId")),
    )
    assert migration.depends == ()
    assert migration.file == "migrations/0001_create_teams.py"
    assert [migration.locate(0), migration.locate(1)] == [9, 10]


def test_scripts_come_in_the_order_of_their_numbers(folder: Path) -> None:
    """Five digits come after four, although their names sort before."""
    for name in ("10000_e.py", "0002_b.py", "9999_d.py", "0001_a.py"):
        put(folder, name)
    assert [migration.number for migration in load(folder).migrations] == [1, 2, 9999, 10000]


def test_a_script_without_docstring_has_no_summary(folder: Path) -> None:
    """A docstring is good manners, not a condition."""
    put(folder, "0001_a.py")
    assert load(folder).migrations[0].summary == ""


def test_an_empty_folder_holds_no_migrations(folder: Path) -> None:
    """A project may begin with an empty folder."""
    assert load(folder).migrations == ()


def test_a_tuple_of_operations_is_as_good_as_a_list(folder: Path) -> None:
    """Whoever likes immutable things may have them."""
    put(folder, "0001_a.py", HEAD + 'operations = (CreateTable("Teams", S("id")),)\n')
    assert load(folder).migrations[0].operations == (CreateTable("Teams", S("id")),)


@pytest.mark.parametrize(
    "name",
    [
        *("__init__.py", "README.md", "README", "notes.txt", "0002_b.pyc", "0002_b.pyi"),
        *("0002_b.py~", "0002_b.py.orig", "0002_b.py.bak", "#0002_b.py#", "0002_b.py___jb_tmp___", "0002_b.py.swp"),
        *(".0002_b.py.swp", ".0002_b.py", "._0001_a.py", ".0002_b.sql", "\udcff\udcfe", ".\udcff.py"),
        *(".hidden/0002_b.py", "__pycache__/0002_b.py", "sub/__init__.py", "sub/.0002_b.py", "sub/0002_b.sql"),
    ],
)
def test_what_is_no_script_is_not_read(folder: Path, name: str) -> None:
    """A package marker, a README and what editors and file managers leave behind lie beside scripts everywhere."""
    put(folder, "0001_a.py")
    (folder / name).parent.mkdir(exist_ok=True)
    put(folder, name, b"\x00\x05\x16\x07 raise SystemExit")
    assert [migration.id for migration in load(folder).migrations] == ["0001_a"]


def test_the_lock_of_an_editor_is_not_read(folder: Path) -> None:
    """Emacs keeps a link to nowhere beside a file that is being edited."""
    put(folder, "0001_a.py")
    (folder / ".#0001_a.py").symlink_to("me@host.123:456")
    assert [migration.id for migration in load(folder).migrations] == ["0001_a"]


@pytest.mark.parametrize(
    "name", ["sub/0002_b.py", "sub/deeper/0002_b.py", "sub/b.PY", "2026/0001_a.py", "link/0002_b.py"]
)
def test_a_script_in_a_subfolder_is_an_error(folder: Path, tmp_path: Path, name: str) -> None:
    """Nobody would run it, and status would call that in sync; a link that leads back is followed once."""
    put(folder, "0001_a.py")
    (tmp_path / "elsewhere").mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "loop").symlink_to(folder)
    assert len(load(folder).migrations) == 1
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    put(folder, name)
    assert "directly in migrations" in mistake(folder, ScriptMisplaced, file=name).message


def test_what_bears_the_name_of_a_script_has_to_be_a_file(folder: Path) -> None:
    """A folder was passed over in silence; reading from a pipe would never end."""
    (folder / "0001_a.py").mkdir()
    assert mistake(folder, ScriptNotLoadable, file="0001_a.py").message.endswith("is a folder, not a file")
    (folder / "0001_a.py").rmdir()
    os.mkfifo(folder / "0001_a.py")
    assert "a pipe" in mistake(folder, ScriptNotLoadable, file="0001_a.py").message


@pytest.mark.parametrize("name", ["my [x] folder", "[x]", "a*b?", "with spaces", "größe", ".hidden [y]", "package:a:b"])
def test_the_folder_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """To yoyo a path is a pattern; characters that mean something in patterns are only themselves here."""
    folder = tmp_path / name / "migrations"
    folder.mkdir(parents=True)
    put(folder, "0001_a.py")
    assert [migration.id for migration in load(folder).migrations] == ["0001_a"]
    monkeypatch.chdir(folder.parent.parent)
    assert [migration.file for migration in load(Path(name) / "migrations").migrations] == [
        f"{name}/migrations/0001_a.py"
    ]


def test_a_relative_folder_gives_lines_too(folder: Path) -> None:
    """Tracebacks name files absolutely; a relative folder must not lose the line for that."""
    put(folder, "0001_a.py", "\n\n1 / 0\n")
    with pytest.raises(ScriptNotLoadable, match=r"^migrations/0001_a\.py:3: ZeroDivisionError: division by zero$"):
        load(Path("migrations"))


def test_a_missing_folder_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is not there, or is a file, is an error with the command that creates the first script."""
    monkeypatch.chdir(tmp_path)
    error = mistake(tmp_path / "migrations", FolderMissing, file=None)
    assert "osem-migrate new" in typed(error)
    put(tmp_path, "migrations", "")
    mistake(tmp_path / "migrations", FolderMissing, file=None)


def test_a_folder_that_may_not_be_read_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions are told, not thrown as a traceback; tests may run as root, so the refusal is made up."""

    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert mistake(folder, ScriptNotLoadable, file=None).message.endswith("cannot be read: Permission denied")


def test_a_path_elsewhere_is_shown_whole_when_that_is_shorter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is shown the way people would type it."""
    put(folder, "0001_a.py")
    below = folder.joinpath(*"abcdefghijklmnopqrstuvwxyz" * 4)
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert load(folder).migrations[0].file == str(folder / "0001_a.py")


@pytest.mark.parametrize(
    "name",
    [
        "1_a.py",
        "001_a.py",
        "0001.py",
        "0001_.py",
        "0001-a.py",
        "0001_A.py",
        "0001_größe.py",
        "0001__a.py",
        "0001_a_.py",
        "a.py",
        "\u0660\u0660\u0660\u0661_a.py",
        "post-apply.py",
        "post-apply_b.py",
        "0001_a b.py",
        "0001_a.PY",
        "0001_a.Py",
        "_yoyo_tmp.py",
        "_0001_a.py",
    ],
)
def test_a_bad_name_is_an_error(folder: Path, name: str) -> None:
    """A Python file that is no script was probably meant to be one; yoyo's hooks are none of ours."""
    put(folder, name)
    assert "NNNN_slug.py" in mistake(folder, ScriptNameInvalid, file=name).message


def test_a_name_that_is_not_utf_8_is_told_in_characters_that_any_terminal_shows(folder: Path) -> None:
    """Such a byte has no character of its own, and neither a terminal nor JSON takes what Python puts in its place."""
    put(folder, "0001_caf\udce9.py")
    error = mistake(folder, ScriptNameInvalid, file=r"0001_caf\xe9.py")
    assert error.message.encode()


@pytest.mark.parametrize(
    "name",
    ["0001_a.SQL", "0001_a.sql", "0001_a.rollback.sql", "0002_b.sql", "post-apply.sql", "notes.sql", "0001_a.py.sql"],
)
def test_sql_is_an_error(folder: Path, name: str) -> None:
    """Left to yoyo it would be run, be a collision or be passed over; DynamoDB has no SQL schema."""
    put(folder, "0001_a.py")
    put(folder, name, "CREATE TABLE t (x INT)")
    assert "migrator.new('TITLE')" in mistake(folder, SqlScriptUnsupported, file=name).remediation


@pytest.mark.parametrize(("name", "other"), [("0001_b.py", "0001_a.py"), ("0001_a.py", "00001_b.py")])
def test_a_number_twice_is_an_error_that_names_both(folder: Path, name: str, other: str) -> None:
    """Two branches that were merged have the same next number; which came first is for people to say."""
    put(folder, name)
    put(folder, other)
    error = mistake(folder, ScriptNumberDuplicate, file=name)
    assert other in error.message
    assert error.details["other"] == f"migrations/{other}"


def test_a_gap_is_a_warning(folder: Path) -> None:
    """A missing number is odd, and may be right: the scripts still load."""
    for name in ("0001_a.py", "0002_b.py", "0005_c.py", "0006_d.py", "0008_e.py"):
        put(folder, name)
    scripts = load(folder)
    assert len(scripts.migrations) == 5
    assert scripts.warnings == (
        "migrations/0005_c.py: the number before it is 0002; is a script missing?",
        "migrations/0008_e.py: the number before it is 0006; is a script missing?",
    )


def test_numbers_without_a_gap_warn_of_nothing(folder: Path) -> None:
    """A warning that is always there is read by nobody."""
    for name in ("0009_a.py", "0010_b.py", "0011_c.py"):
        put(folder, name)
    assert load(folder).warnings == ()


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("x = 1\noperations = [\n", 2, "SyntaxError: '[' was never closed"),
        ("if True:\nx = 1\n", 2, "IndentationError: expected an indented block after 'if' statement on line 1"),
        ("\nimport nothing_of_the_kind\n", 2, "ModuleNotFoundError: No module named 'nothing_of_the_kind'"),
        ("from osem_migrate import AddTable\n", 1, "ImportError: cannot import name 'AddTable' from 'osem_migrate'"),
        ("\n\nraise ValueError('no\\nway')\n", 3, "ValueError: no\nway"),
        ("assert 1 == 2\n", 1, "AssertionError"),
        ("import sys\nsys.exit(3)\n", 2, "SystemExit: 3"),
        ("import sys\nsys.exit()\n", 2, "SystemExit"),
        ("\nopen('nowhere')\n", 2, "FileNotFoundError: [Errno 2] No such file or directory: 'nowhere'"),
        ("def f():\n    g()\ndef g():\n    1 / 0\nf()\n", 4, "ZeroDivisionError: division by zero"),
        ("import json\n\njson.loads('{')\n", 3, "JSONDecodeError: Expecting property name enclosed in double quotes"),
        ("raise TypeError('of the script itself')\n", 1, "TypeError: of the script itself"),
        ("b'\\xff'.decode()\n", 1, "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff"),
        ("x = 1\r\ny = (\r\n", 2, "SyntaxError: '(' was never closed"),
        ("\nraise GeneratorExit\n", 2, "GeneratorExit"),
        ("class Own(BaseException): pass\nraise Own('stop')\n", 2, "Own: stop"),
        ("class Own(Exception):\n    def __str__(self): raise GeneratorExit\nraise Own\n", 3, "Own"),
        ("class Own(Exception):\n    def __str__(self): return 5\nraise Own\n", 3, "Own"),
        ("\nraise SyntaxError('of its own', (__file__, 'five', 1, 'text'))\n", 2, "SyntaxError: of its own"),
        ("from osem_migrate import OsemMigrateError as E\nraise E.__new__(E)\n", 2, "OsemMigrateError"),
        (f"{OWN_ERROR}raise Own\n", 4, "Own"),
    ],
)
def test_a_script_that_cannot_be_run_is_an_error_at_its_line(
    folder: Path, source: str, line: int, message: str
) -> None:
    """What Python says of a script is told in one sentence, at the line of the script."""
    put(folder, "0001_a.py")
    put(folder, "0002_b.py", source)
    error = mistake(folder, ScriptNotLoadable, file="0002_b.py", line=line)
    assert error.message.startswith(f"migrations/0002_b.py:{line}: {message}")
    assert error.message.count("0002_b.py") == 1


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("def deep():\n    return {}['key']\n", "KeyError: 'key'"),
        ("def deep():\n    import sys; sys.exit('enough')\n", "SystemExit: enough"),
        ("def deep(:\n", "SyntaxError: invalid syntax (shop_tables.py, line 1)"),
    ],
)
def test_an_exception_deep_in_another_module_is_at_the_line_of_the_script(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, message: str
) -> None:
    """The script is what the reader has at hand; another module is named only where it is the one to correct."""
    put(tmp_path, "shop_tables.py", module)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "shop_tables", raising=False)
    put(folder, "0001_a.py", "\nfrom shop_tables import deep; deep()\n")
    try:
        assert message in mistake(folder, ScriptNotLoadable, file="0001_a.py", line=2).message
    finally:
        sys.modules.pop("shop_tables", None)


def test_an_operation_that_could_never_be_is_an_error_at_its_line(folder: Path) -> None:
    """A declaration that breaks a limit is told in the limit's own words, with its facts and its remedy."""
    put(folder, "0001_a.py", HEAD + 'operations = [\n    CreateTable(\n        "Teams",\n        S(""),\n    ),\n]\n')
    error = mistake(folder, ScriptNotLoadable, file="0001_a.py", line=6)
    assert error.message == "migrations/0001_a.py:6: key attribute '': a name has 1 to 255 bytes"
    assert "Change the declaration" in typed(error)
    assert error.details["attribute"] == ""


def test_an_operation_refused_for_its_own_fields_is_at_the_line_where_it_begins(folder: Path) -> None:
    """Of an operation over several lines, the first is the one to look at."""
    put(folder, "0001_a.py", HEAD + 'operations = [\n    CreateTable("Teams", S("id")),\n    AddIndex(\n        "Teams",\n        "x",\n        S("a"),\n    ),\n]\n')  # fmt: skip # noqa: E501 - the lines are counted
    assert "3 to 255 characters" in mistake(folder, ScriptNotLoadable, file="0001_a.py", line=5).message


@pytest.mark.parametrize(
    "imports", ["from shop import KEY", "import shop.tables", "from . import shop", "from .shop import KEY"]
)
def test_a_script_that_imports_the_application_hears_why_it_may_not(folder: Path, imports: str) -> None:
    """What the application's code says today is not what it said when the script ran, nor what it will say."""
    put(folder, "0001_a.py", f"\n{imports}\n")
    error = mistake(folder, ScriptNotLoadable, file="0001_a.py", line=2)
    assert "imports osem_migrate and the standard library only" in error.remediation
    assert "the application's code has changed" in error.remediation


def test_a_name_that_is_not_ours_is_no_import_of_the_application(folder: Path) -> None:
    """A misspelt operation is a slip in the script, and no question of what a script may import."""
    put(folder, "0001_a.py", "from osem_migrate import AddTable\n")
    assert mistake(folder, ScriptNotLoadable, file="0001_a.py", line=1).advice == ScriptNotLoadable.remedy


@pytest.mark.parametrize(
    "source",
    [
        "\nstep('CREATE TABLE t (x INT)')\n",
        "\nstep('x', 'y', ignore_errors='never')\n",
        "\ngroup([])\n",
        "\ntransaction()\n",
        "from yoyo import step\nstep('x')\n",
        "import yoyo\nyoyo.group(steps=[1])\n",
    ],
)
def test_a_step_of_yoyo_is_an_error_at_its_line(folder: Path, source: str) -> None:
    """Collected and never run, it would be recorded as applied; its SQL means nothing to DynamoDB."""
    put(folder, "0001_a.py", source + CREATE.format(table="T"))
    error = mistake(folder, ScriptNotLoadable, file="0001_a.py", line=2)
    assert "SQL, which does not apply to DynamoDB" in error.message
    assert "operations = [" in error.remediation


def test_what_yoyo_leaves_in_a_script_may_be_written_over(folder: Path) -> None:
    """A name that a script defines is its own, whatever yoyo means by it."""
    own = "__yoyo_collector__ = step = group = transaction = __transactional__ = None\n"
    put(folder, "0001_a.py", own + CREATE.format(table="T"))
    assert len(load(folder).migrations) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import threading\nthreading.Thread(target=lambda: 1 / 0).start()\n",
        "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor().submit(print)\n",
    ],
)
def test_a_thread_is_an_error_at_its_line(folder: Path, source: str, capfd: pytest.CaptureFixture[str]) -> None:
    """What goes wrong in it would be a traceback on the terminal, at any time, and no mistake of anybody's."""
    put(folder, "0001_a.py", source)
    assert "starts no thread" in mistake(folder, ScriptNotLoadable, file="0001_a.py", line=2).message
    assert capfd.readouterr() == ("", "")
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()


def test_threads_of_the_program_go_on_while_scripts_are_read(folder: Path) -> None:
    """Only the script may start none: the program that loads it starts and ends threads as it likes."""
    put(folder, "0001_a.py", "import time\ntime.sleep(0.2)\n" + CREATE.format(table="T"))
    with ThreadPoolExecutor() as pool:
        loading = [pool.submit(load, folder) for _ in range(2)]
        while not all(one.done() for one in loading):
            other = threading.Thread(target=lambda: None)
            other.start()
            other.join()
        assert [len(one.result().migrations) for one in loading] == [1, 1]
    assert threading.Thread.start.__module__ == "threading"


def test_undecodable_bytes_are_an_error_at_their_line(folder: Path) -> None:
    """A script saved in another encoding is found by the line with the first such byte."""
    put(folder, "0001_a.py", b"# one\n# two\nx = 'caf\xe9'\n")
    assert "'utf-8' codec" in mistake(folder, ScriptNotLoadable, file="0001_a.py", line=3).message


def test_a_script_may_name_its_encoding_as_python_has_it(folder: Path) -> None:
    """Python reads its sources as UTF-8 unless their first lines say otherwise (PEP 263)."""
    declared = '"""Café."""\nfrom osem_migrate import CreateTable, S\noperations = [CreateTable("T", S("id"))]\n'
    put(folder, "0001_a.py", f"# -*- coding: latin-1 -*-\n{declared}".encode("latin-1"))
    put(folder, "0002_b.py", f"\ufeff{declared}".replace('"T"', '"U"'))
    assert [migration.summary for migration in load(folder).migrations] == ["Café.", "Café."]


def test_a_null_byte_is_an_error(folder: Path) -> None:
    """A file that only looks like text is no traceback."""
    put(folder, "0001_a.py", b"x = 1\x00\n")
    with pytest.raises(ScriptNotLoadable, match="null bytes"):
        load(folder)


def test_a_file_that_may_not_be_read_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions are told without the path twice; tests may run as root, so the refusal is made up."""
    path = put(folder, "0001_a.py")

    def refuse(_loader: object, name: str) -> None:
        raise PermissionError(13, "Permission denied", name)

    monkeypatch.setattr(SourceFileLoader, "get_data", refuse)
    message = mistake(folder, ScriptNotLoadable, file=path.name).message
    assert message == "migrations/0001_a.py: PermissionError: Permission denied"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("x = 1\n", None, "declares no operations"),
        ("", None, "declares no operations"),
        ("\n\noperations = 5\n", 3, "operations is of type int, not a list"),
        ("operations = {}\n", 1, "operations is of type dict, not a list"),
        ("\noperations: object = None\n", 2, "operations is of type NoneType, not a list"),
        ("from osem_migrate import operations\n", None, "operations is of type module, not a list"),
        ("operations = []\n", 1, "operations is empty"),
        ("operations = [1]\n\noperations = ()\n", 3, "operations is empty"),
        (HEAD + 'operations = [\n    CreateTable("T", S("a")),\n    "x",\n]\n', 5, "operations[1] is 'x', which is no"),
        (HEAD + "operations = [\n    CreateTable,\n]\n", 4, "operations[0] is the class CreateTable, which"),
        (HEAD + "\noperations = [x for x in (1, 2)]\n", 4, "operations[0] is 1, which is not an operation"),
        (HEAD + "\noperations = [len, print]\n", 4, "which is not an operation"),
        (HEAD + "\noperations = [CreateTable]\n", 4, "operations[0] is the class CreateTable, which is not an"),
        (HEAD + "\ndef go(): pass\noperations = [go]\n", 5, "operations[0] is the function go, which is not an"),
        ("operations = ['" + "long " * 999 + "']\n", 1, "operations[0] is 'long long lo..."),
        ("def __getattr__(name): raise GeneratorExit\n", None, "declares no operations"),
        ("__doc__ = 5\noperations = []\n", 2, "operations is empty"),
        ("class Own(tuple):\n    def __iter__(self): 1 / 0\noperations = Own([1])\n", 3, "operations is of type Own"),
        ("class Own:\n    def __repr__(self): raise GeneratorExit\noperations = [Own()]\n", 3, "GeneratorExit"),
        ("class Own:\n    __class__ = property(lambda self: 1 / 0)\noperations = [Own()]\n", 3, "ZeroDivisionError"),
        (HEAD + "operations = [CreateTable.__new__(CreateTable)]\n", 3, "AttributeError"),
        (HEAD + "\noperations = [\n    CreateTable('SchemaMigrations', S('a')),\n]\n", 5, "is the history table"),
        (
            "from osem_migrate import SetBilling\noperations = [SetBilling.on_demand('T', max_read=10**5000)]\n",
            2,
            "digits",
        ),
    ],
)
def test_operations_that_are_none_are_an_error_at_their_line(
    folder: Path, source: str, line: int | None, message: str
) -> None:
    """A script without operations, or with something else among them, would be recorded as applied and do nothing."""
    put(folder, "0001_a.py", source)
    error = mistake(folder, ScriptOperationsInvalid, file="0001_a.py", line=line)
    assert message in error.message
    assert len(error.message) < 200


def test_an_operation_that_does_not_fit_is_at_its_line(folder: Path) -> None:
    """Loading judges single scripts; the line is kept for whoever puts them together."""
    put(folder, "0001_a.py", HEAD + 'operations = [\n    CreateTable("Teams", S("id")),\n    AddIndex("Plans", "a-index", S("a")),\n]\n')  # fmt: skip # noqa: E501 - the lines are counted
    migrations = load(folder).migrations
    with pytest.raises(ScriptOperationInapplicable, match=r"^migrations/0001_a\.py:5: cannot add index a-index"):
        replay(migrations, Schema())


def test_windows_line_ends_change_nothing(folder: Path) -> None:
    """A script edited on Windows declares the same, and has the same lines."""
    source = HEAD + 'operations = [\n    CreateTable("Teams", S("id")),\n]\n'
    put(folder, "0001_a.py", source)
    (unix,) = load(folder).migrations
    put(folder, "0001_a.py", source.replace("\n", "\r\n"))
    (windows,) = load(folder).migrations
    assert windows == unix
    assert windows.checksum == unix.checksum
    assert windows.locate(0) == unix.locate(0) == 4


def test_ctrl_c_passes_through(folder: Path) -> None:
    """Whoever stops a run during loading wants it stopped, not explained."""
    put(folder, "0001_a.py", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        load(folder)


def test_no_bytecode_is_written_beside_the_scripts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only checkout stays as it was, and Python's own setting comes back afterwards."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    put(folder, "0001_a.py")
    load(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["0001_a.py"]
    assert sys.dont_write_bytecode is False


def test_an_edit_within_the_same_second_is_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python compares bytecode with its source by size and second alone, so none may be kept."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    found = []
    for table in ("Teams", "Plans"):
        path = put(folder, "0001_a.py", HEAD + f'operations = [CreateTable("{table}", S("id"))]\n')
        os.utime(path, (1_700_000_000, 1_700_000_000))
        found.append(load(folder).migrations[0].operations[0].table)
    assert found == ["Teams", "Plans"]


def test_nothing_reaches_standard_output_or_standard_error_of_the_process(folder: Path) -> None:
    """Not through logging's handler of last resort either, which only a process of its own can show."""
    put(folder, "0001_a.py", "1 / 0\n")
    program = (
        "import pathlib, osem_migrate.errors as e, osem_migrate.files.loader as l\n"
        "try:\n    l.load(pathlib.Path('migrations'))\nexcept e.ScriptNotLoadable:\n    pass\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", program], env=environ, check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_what_a_script_prints_is_no_result(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is for results: a print left in a script must not spoil the one JSON document there."""
    put(folder, "0001_a.py", HEAD + 'print("hello")\noperations = [CreateTable("Teams", S("id"))]\n')
    load(folder)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "hello\n")


def test_a_link_that_leads_nowhere_is_a_mistake(folder: Path) -> None:
    """Passed over in silence, its migration would be missing; the link and where it points are named."""
    put(folder, "0001_a.py")
    (folder / "0002_b.py").symlink_to("../elsewhere/0002_b.py")
    error = mistake(folder, ScriptNotLoadable, file="0002_b.py")
    assert "is a link to ../elsewhere/0002_b.py" in error.message
    assert "remove the link" in typed(error)
    (folder / "0002_b.py").unlink()
    (folder / "0002_b.py").symlink_to("0001_a.py")
    assert [migration.id for migration in load(folder).migrations] == ["0001_a", "0002_b"]


OWN = """
from dataclasses import dataclass, field
from typing import Any
from osem_migrate import CreateTable, S
from osem_migrate.operations import Operation


@dataclass(frozen=True)
class Own(Operation):
    table: str
    what: Any = None

    def apply(self, schema):
        return {apply}

    def steps(self, before):
        return ()

    def reverse(self, before):
        return self

    def describe(self):
        return "do it"

"""


def test_an_operation_of_ones_own_works(folder: Path) -> None:
    """It has a checksum by its fields, like every other."""
    put(folder, "0001_a.py", OWN.replace("{apply}", "schema") + 'operations = [Own("T", what=[1, "a"])]\n')
    put(folder, "0002_b.py", OWN.replace("{apply}", "schema") + 'operations = [Own("T", what=[2, "a"])]\n')
    one, two = load(folder).migrations
    assert one.checksum != two.checksum
    assert replay([one, two], Schema()) == Schema()


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ('Own("T", what=len)', "has no checksum"),
        ('Own("T", what={"a": [lambda: 1]})', "has no checksum"),
        ("Own(7)", "does not say which table it touches"),
        ('Own("T", what=10 ** 5000)', "ValueError"),
        ('Own("T", what=(lambda x: x.append(x) or x)([]))', "RecursionError"),
    ],
)
def test_an_operation_of_ones_own_has_to_be_a_value(folder: Path, operation: str, message: str) -> None:
    """What nothing could tell from a changed one is refused when it is read, with file and line."""
    source = OWN.replace("{apply}", "schema") + f"operations = [{operation}]\n"
    put(folder, "0001_a.py", source)
    line = source[: source.index("operations = [")].count("\n") + 1
    error = mistake(folder, ScriptOperationsInvalid, file="0001_a.py", line=line)
    assert message in error.message
    assert "texts, numbers, lists and mappings" in error.remediation


@pytest.mark.parametrize("apply", ["1 / 0", "schema.no_such_thing", "None", "exit(0)"])
def test_a_mistake_in_an_operation_of_ones_own_is_the_scripts(folder: Path, apply: str) -> None:
    """It is no defect of this tool, and says where it is."""
    put(folder, "0001_a.py", OWN.replace("{apply}", apply) + 'operations = [Own("T")]\n')
    with pytest.raises(ScriptOperationInapplicable, match="Own cannot be applied") as caught:
        replay(load(folder).migrations, Schema())
    assert caught.value.details["line"]


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("steps(self, before): return 5", "TypeError: 'int' object is not iterable"),
        ("steps(self, before): return [5]", "TypeError: steps returns int where Step is wanted"),
        ("steps(self, before): raise SystemExit(0)", "SystemExit: 0"),
        ("steps(self, before): raise GeneratorExit", "GeneratorExit: "),
        ("describe(self): return 5", "TypeError: describe returns int where str is wanted"),
    ],
)
def test_an_operation_of_ones_own_is_held_to_the_contract(folder: Path, method: str, message: str) -> None:
    """Whatever its methods return or raise, the plan says whose mistake it is, and no run ends as if all were well."""
    source = OWN.replace("{apply}", "schema") + f"    def {method}\n\n"
    put(folder, "0001_a.py", source + 'operations = [Own("T")]\n')
    with pytest.raises(ScriptOperationInapplicable) as caught:
        make_plan(load(folder).migrations, History())
    assert caught.value.message.endswith(f"Own cannot be applied: {message}")
    assert caught.value.details["line"]


def test_what_a_script_writes_past_python_goes_to_stderr(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output is for results: one JSON document and nothing else."""
    says = 'import os, subprocess\nos.write(1, b"fd\\n")\nsubprocess.run(["echo", "process"])\nprint("text")\n'
    put(folder, "0001_a.py", says + CREATE.format(table="T"))
    load(folder)
    said = capfd.readouterr()
    assert said.out == ""
    assert {"fd", "process", "text"} <= set(said.err.split())


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("creates_table = 5", "Own.creates_table is no True or False"),
        ("added_index = 'a-index'", "Own.added_index is no Index"),
        ("dropped_index = 5", "Own.dropped_index is no name of an index"),
        ("hazard = ()", "Own.hazard is no text"),
        ("declared_settings = None", "Own.declared_settings is no tuple of settings"),
        ("hazard = property(lambda self: exit(0))", "SystemExit: 0"),
    ],
)
def test_what_an_operation_of_ones_own_says_of_itself_has_to_be_of_its_kind(folder: Path, part: str, says: str) -> None:
    """Plan, policy and quotas read it anywhere, and would blame whoever reads it."""
    put(folder, "0001_a.py", OWN.replace("{apply}", "schema") + f"    {part}\n\noperations = [Own('T')]\n")
    with pytest.raises(ScriptOperationsInvalid) as caught:
        load(folder)
    assert says in caught.value.message
    assert caught.value.details["line"]


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("reverse(self, before): raise GeneratorExit", "cannot reverse: GeneratorExit"),
        ("reverse(self, before): return 5", "reverse returns int where Operation is wanted"),
        ("steps(self, before): return [5]", "steps returns int where Step is wanted"),
    ],
)
def test_a_policy_holds_operations_of_ones_own_to_the_contract(folder: Path, method: str, says: str) -> None:
    """It asks for what a plan never may: the way back."""
    source = OWN.replace("{apply}", "schema") + f"    def {method}\n\noperations = [Own('T')]\n"
    put(folder, "0001_a.py", source)
    with pytest.raises(ScriptOperationInapplicable) as caught:
        grants(Role.DOWNGRADE, load(folder).migrations)
    assert says in caught.value.message


def test_what_an_operation_of_ones_own_would_lose_is_held_to_the_contract(folder: Path) -> None:
    """A plan asks for it, long after the script was read."""
    source = (
        OWN.replace("{apply}", "schema")
        + "    def hazard_on(self, before): raise GeneratorExit\n\noperations = [Own('T')]\n"
    )
    put(folder, "0001_a.py", source)
    migrations = load(folder).migrations
    with pytest.raises(ScriptOperationInapplicable, match="GeneratorExit"):
        make_plan(migrations, History())
