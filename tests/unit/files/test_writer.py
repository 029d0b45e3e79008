"""New scripts: their number, their name, what the title says, and that they are fit to be committed."""

import ast
import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate import operations
from osem_migrate.errors import ScriptError, ScriptNotLoadable, ScriptOperationsInvalid, UsageError
from osem_migrate.files.folder import is_there, script_paths
from osem_migrate.files.loader import load
from osem_migrate.files.writer import draft_scripts, script_source, write_scripts
from osem_migrate.operations import (
    AddIndex,
    CheckItems,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    PutItems,
    RepairTable,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.operations.function_operation import FunctionOperation
from osem_migrate.schema import B, Index, LocalIndex, N, S, Throughput
from tests.doubles.typed import typed
from tests.doubles.warm import WARM
from tests.unit.files.scripts import PATIENCE, put, write_twenty

ROOT = Path(__file__).parents[3]


def write_script(folder: Path, title: str, *operations: Operation) -> Path:
    """Write one script, and give its path."""
    (draft,) = write_scripts(folder, [(title, operations)])
    return draft.path


def test_a_script_is_ready_to_edit(folder: Path) -> None:
    """The whole file, with its title as docstring and the operation as a person would write it."""
    path = write_script(folder, "add status index to Plans", AddIndex("AssessmentPlans", "status-index", S("status")))
    assert path == folder / "0001_add_status_index_to_plans.py"
    assert path.read_text() == (
        '"""Add status index to Plans."""\n'
        "\n"
        "from osem_migrate import AddIndex, S\n"
        "\n"
        "operations = [\n"
        '    AddIndex("AssessmentPlans", "status-index", partition_key=S("status")),\n'
        "]\n"
    )
    (migration,) = load(folder).migrations
    assert migration.operations == (AddIndex("AssessmentPlans", "status-index", S("status")),)
    assert migration.summary == "Add status index to Plans."


def test_free_text_leaves_the_operations_to_be_declared(folder: Path) -> None:
    """Until then the script is refused at the line to edit, rather than recorded as applied."""
    path = write_script(folder, "make everything faster")
    assert path.read_text() == (
        '"""Make everything faster."""\n\nfrom osem_migrate import Operation\n\noperations: list[Operation] = []\n'
    )
    with pytest.raises(ScriptOperationsInvalid, match=r"^migrations/0001_make_everything_faster\.py:5: "):
        load(folder)


EVERY_KIND: tuple[Operation, ...] = (
    CreateTable(
        "Teams",
        S("teamId"),
        N("at"),
        indexes=[Index("b-index", (S("b"), B("c")), projection="INCLUDE", include=["d"], throughput=Throughput(1, 2))],
        local_indexes=[LocalIndex("l-index", S("device"), "KEYS_ONLY")],
        settings=[SetBilling.provisioned("Teams", read=1, write=1), SetTimeToLive("Teams", "expiresAt")],
    ),
    AddIndex("Teams", "a-index", S("a")),
    SetBilling.on_demand("Teams"),
    SetDeletionProtection("Teams", enabled=True),
    SetEncryption("Teams", "AWS_OWNED"),
    SetPointInTimeRecovery("Teams", enabled=True, days=7),
    SetStream("Teams", "NEW_IMAGE"),
    SetTableClass("Teams", "STANDARD"),
    SetTags("Teams", {"Team": "core", "Old": None}),
    SetTimeToLive("Teams", None, enabled=False),
    RepairTable("Teams", to=[AddIndex("Teams", "a-index", S("a"))], found=[Index("a-index", S("b"))]),
    PutItems("Teams", [{"teamId": "1", "at": 1, "tags": ["a"]}]),
    CheckItems("Teams", "b-index", max_failures=5),
    CheckItems("Teams", Index("c-index", S("c"))),
    DropIndex("Teams", "a-index"),
    DropTable("Teams"),
)


def test_every_operation_is_among_those_that_the_tools_check() -> None:
    """A new operation is rendered and checked like the others; a function has no source of its own to be rendered."""
    kinds = {kind for kind in vars(operations).values() if isinstance(kind, type) and issubclass(kind, Operation)}
    assert {type(operation) for operation in EVERY_KIND} == {
        kind for kind in kinds - {Operation, Setting} if not issubclass(kind, FunctionOperation)
    }


@pytest.mark.slow
def test_a_script_passes_ruff_and_mypy_and_loads(folder: Path) -> None:
    """What we generate is held to the rules that a careful project has; both tools run on it as they are."""
    titles: dict[str, Operation] = {
        "create table Sessions": CreateTable("Sessions", S("sessionId")),
        "add userId-createdAt index to Sessions": AddIndex("Sessions", "user-index", S("userId"), N("createdAt")),
        "drop index userId from Sessions": DropIndex("Sessions", "userId-index"),
        "drop table Sessions": DropTable("Sessions"),
    }
    for title, operation in titles.items():
        write_script(folder, title, operation)
    write_script(folder, 'why\n"""quotes""" and \\N{backslashes} matter')
    put(folder, "0006_every_kind.py", script_source("every kind of operation", EVERY_KIND))
    for command in (
        ["ruff", "check", "--select", "E,F,I,UP,B,N,D1,D2,Q,RUF", "--ignore", "D203,N999", "--line-length", "100"],
        ["ruff", "format", "--check", "--line-length", "100"],
        ["mypy", "--strict", "--python-executable", sys.executable],
    ):
        files = sorted(str(path) for path in folder.glob("*.py"))
        done = subprocess.run(
            [sys.executable, "-m", *command, *files], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    (folder / "0005_why_quotes_and_n_backslashes_matter.py").unlink()
    assert [len(migration.operations) for migration in load(folder).migrations] == [1, 1, 1, 1, len(EVERY_KIND)]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("add status index to AssessmentPlans", "0001_add_status_index_to_assessment_plans.py"),
        ("Größe für Überflieger", "0001_grosse_fur_uberflieger.py"),
        ("../../etc/passwd", "0001_etc_passwd.py"),
        ("a/b\\c:d", "0001_a_b_c_d.py"),
        ("  spaces\tand\nlines  ", "0001_spaces_and_lines.py"),
        ("__init__", "0001_init.py"),
        ("2nd try", "0001_2nd_try.py"),
        ("--help", "0001_help.py"),
        ("x" * 300, f"0001_{'x' * 60}.py"),
        ("word " * 60, "0001_word_word_word_word_word_word_word_word_word_word_word_word.py"),
        ("x" * 59 + " y", f"0001_{'x' * 59}.py"),
    ],
)
def test_a_title_becomes_a_file_name(folder: Path, title: str, name: str) -> None:
    """Any title gives a name that the loader accepts, in this folder and no other."""
    path = write_script(folder, title)
    assert path == folder / name
    assert sorted(folder.iterdir()) == [path]


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("", "has no letters"),
        ("   ", "has no letters"),
        ("?!/\\", "has no letters"),
        ("索引を追加", "has no letters"),
        ("a\0b", "cannot be printed"),
        ("a\x1b[31mb", "cannot be printed"),
        ("a\u202eb", "cannot be printed"),
        ("a\udcffb", "cannot be printed"),
    ],
)
def test_a_title_that_cannot_be_one_is_wrong_usage(folder: Path, title: str, message: str) -> None:
    """It is refused before anything is written."""
    with pytest.raises(UsageError, match=message) as caught:
        write_script(folder, title)
    assert typed(caught.value)
    assert list(folder.iterdir()) == []


HOSTILE = (
    '"""\nimport os\nos.abort()\n"""',
    '"""; import os; os.abort()  #',
    '""""""',
    'a"',
    '"a',
    '""a""',
    "a\\",
    'a\\"""',
    "\\N{nothing of the kind} \\x",
    "a\r\nimport os",
    "{0} %s {title}",
    "'''",
)


def check_only_text(title: str) -> None:
    """The script of a title is a docstring with the words of the title, an import and an empty list."""
    words = " ".join(title.split())
    docstring, imports, declared = ast.parse(script_source(title, ())).body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(docstring.value, ast.Constant)
    assert str(docstring.value.value).casefold().startswith(words.replace('"""', "'''").casefold())
    assert isinstance(imports, ast.ImportFrom)
    assert isinstance(declared, ast.AnnAssign)


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_is_never_code(folder: Path, title: str) -> None:
    """Quotes, escapes and line ends in a title stay inside the docstring."""
    check_only_text(title)
    try:
        path = write_script(folder, title)
    except UsageError:
        return
    compile(path.read_bytes(), path, "exec", dont_inherit=True)


@given(st.lists(st.sampled_from([*"\"\\\n '#a{N}"]) | st.characters(), max_size=30).map("".join))
def test_no_title_is_code(title: str) -> None:
    """The same of whatever can be typed, unless it is refused."""
    try:
        check_only_text(title)
    except UsageError:
        assert not " ".join(title.split()).isprintable()


@pytest.mark.parametrize(
    ("title", "sentence"),
    [("add x.", "Add x."), ("why?", "Why?"), ("now!", "Now!"), ("add x", "Add x."), ("ñandú", "Ñandú.")],
)
def test_the_docstring_is_a_sentence(title: str, sentence: str) -> None:
    """It begins with a capital and ends with one full stop."""
    assert script_source(title, ()).startswith(f'"""{sentence}"""\n')


@pytest.mark.parametrize(
    ("there", "name"),
    [
        ([], "0001_next.py"),
        (["0001_a.py"], "0002_next.py"),
        (["0001_a.py", "0007_b.py"], "0008_next.py"),
        (["9999_a.py"], "10000_next.py"),
        (["9999_a.py", "10000_b.py"], "10001_next.py"),
        (["0003_next.py"], "0004_next.py"),
        (["README.md", "__init__.py", "12_a.py", "2024-01_notes.txt", ".0009_a.py"], "0001_next.py"),
        (["0005_a.sql"], "0006_next.py"),
    ],
)
def test_the_next_number_is_above_every_other(folder: Path, there: list[str], name: str) -> None:
    """A gap is never filled: a lower number would be out of order where the higher one is applied."""
    for other in there:
        put(folder, other, "untouched")
    assert write_script(folder, "next").name == name
    assert {(folder / other).read_text() for other in there} <= {"untouched"}


def test_a_missing_folder_is_created(tmp_path: Path) -> None:
    """The first script of a project makes the folder, with those above it."""
    assert write_script(tmp_path / "db" / "migrations", "first").read_text().startswith('"""First."""')


def test_a_file_that_is_there_is_never_overwritten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the number was miscounted, what exists stays and the loss is told."""
    path = put(folder, "0001_next.py", "mine")
    monkeypatch.setattr("osem_migrate.files.writer._next_number", lambda _: 1)
    with pytest.raises(ScriptError, match="File exists"):
        write_script(folder, "next")
    assert path.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in its place, or a refusal by the system, is a sentence with the path."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "migrations", "")
    with pytest.raises(
        ScriptError, match=r"^migrations: a script cannot be written here: it is a file, where a folder has"
    ) as caught:
        write_script(tmp_path / "migrations", "next")
    assert typed(caught.value)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ScriptError, match="Read-only file system"):
        write_script(tmp_path / "other", "next")


def test_a_folder_that_the_system_does_not_look_into_is_an_error(tmp_path: Path) -> None:
    """Such as a name that is too long: with the path, a code, and what to check, and before anything is written."""
    folder = tmp_path / ("m" * 300)
    for ask in (is_there, script_paths, lambda path: write_script(path, "next")):
        with pytest.raises(ScriptNotLoadable, match="cannot be read: File name too long") as caught:
            ask(folder)
        assert "Check the folder's name in the configuration" in typed(caught.value)


SEVERAL = (("create table Users", (CreateTable("Users", S("id")),)), ("drop it", (DropTable("Users"),)))


def test_several_scripts_are_written_as_they_were_drafted(folder: Path) -> None:
    """Under the next numbers, in the order given."""
    put(folder, "0004_there.py", "")
    drafts = draft_scripts(folder, SEVERAL)
    assert [draft.path.name for draft in drafts] == ["0005_create_table_users.py", "0006_drop_it.py"]
    assert not drafts[0].path.exists()
    assert write_scripts(folder, SEVERAL) == drafts
    assert [draft.path.read_text() for draft in drafts] == [draft.source for draft in drafts]
    (folder / "0004_there.py").unlink()
    assert [migration.operations for migration in load(folder).migrations] == [operations for _, operations in SEVERAL]


def test_without_a_folder_drafts_begin_at_one(tmp_path: Path) -> None:
    """And none is made for them."""
    assert draft_scripts(tmp_path / "none", SEVERAL)[0].path.name == "0001_create_table_users.py"
    assert not (tmp_path / "none").exists()


def test_of_several_scripts_all_are_written_or_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one's place is taken: the first is taken back, and what was there stays."""
    blocking = folder / "0002_drop_it.py"
    blocking.mkdir()
    monkeypatch.setattr("osem_migrate.files.writer._next_number", lambda _: 1)
    with pytest.raises(ScriptError, match="File exists"):
        write_scripts(folder, SEVERAL)
    assert [path.name for path in folder.iterdir()] == [blocking.name]


def test_a_title_that_makes_no_name_leaves_no_folder(tmp_path: Path) -> None:
    """What is wrong with one of them is known before anything is made."""
    with pytest.raises(UsageError):
        write_scripts(tmp_path / "none", [*SEVERAL, ("!", ())])
    assert not (tmp_path / "none").exists()


def test_the_number_is_chosen_once_nobody_else_chooses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process wrote while this one waited for its turn is counted."""
    lock = fcntl.flock

    def another_was_first(opened: int, how: int) -> None:
        assert os.path.samestat(os.fstat(opened), folder.stat())
        assert how == fcntl.LOCK_EX
        put(folder, "0001_theirs.py")
        lock(opened, how)

    monkeypatch.setattr(fcntl, "flock", another_was_first)
    assert write_script(folder, "ours").name == "0002_ours.py"


def test_processes_at_once_never_share_a_number(folder: Path) -> None:
    """Each gets a number of its own, whether the titles differ or not, and the folder loads afterwards."""
    ready = WARM.Barrier(3)
    writers = [WARM.Process(target=write_twenty, args=(folder, number, ready)) for number in "123"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(PATIENCE)
        assert writer.exitcode == 0
    scripts = load(folder)
    assert [migration.number for migration in scripts.migrations] == list(range(1, 61))
    assert sorted(path.suffix for path in folder.iterdir()) == [".py"] * 60
