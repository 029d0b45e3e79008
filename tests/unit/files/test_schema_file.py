"""schema.py: the tables that it declares, and whatever a file of the project may do instead."""

import sys
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from osem_migrate.errors import SchemaFileInvalid, ScriptError, ScriptNotLoadable
from osem_migrate.files import running
from osem_migrate.files.loader import load
from osem_migrate.files.schema_file import load_schema_file
from osem_migrate.operations import CreateTable, SetTimeToLive
from osem_migrate.schema import S, Schema
from tests.doubles.typed import typed
from tests.unit.files.scripts import put

HEAD = "from osem_migrate import Index, S, SetBilling, SetTimeToLive, Table\n"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the file is; the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "schema.py"


def schema(path: Path, text: str) -> Schema:
    """What the file declares."""
    path.write_text(HEAD + text)
    return load_schema_file(path)


def test_its_tables(path: Path) -> None:
    """Every Table that a name of the module holds, alone, in a list or in a mapping; as CreateTable makes it."""
    found = schema(
        path,
        'teams = Table("Teams", S("teamId"), settings=[SetTimeToLive("Teams", "expiresAt")])\n'
        'also = teams\nothers = [Table("Users", S("id")), 5]\nmore = {"carts": Table("Carts", S("id"))}\n',
    )
    assert sorted(found.tables) == ["Carts", "Teams", "Users"]
    create = CreateTable("Teams", S("teamId"), settings=[SetTimeToLive("Teams", "expiresAt")])
    assert found.tables["Teams"] == create.apply(Schema()).tables["Teams"]


def test_it_imports_what_lies_beside_it(path: Path) -> None:
    """As where Python runs the file itself; the path is as before afterwards."""
    (path.parent / "beside_the_schema.py").write_text(f'{HEAD}users = Table("Users", S("id"))\n')
    before = list(sys.path)
    assert list(schema(path, "from beside_the_schema import users\n").tables) == ["Users"]
    assert sys.path == before


def test_what_it_prints_is_no_result(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output is for results, also where a program that it starts prints."""
    schema(path, 'import os\nprint("noise")\nos.system("echo more")\nt = Table("T", S("id"))\n')
    said = capfd.readouterr()
    assert said.out == ""
    assert {"noise", "more"} <= set(said.err.split())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0\n", "schema.py:2: ZeroDivisionError: division by zero"),
        ("def broken(:\n", "schema.py:2: SyntaxError: invalid syntax"),
        ("raise SystemExit(3)\n", "schema.py:2: SystemExit: 3"),
        ("import no_such_module\n", "schema.py:2: ModuleNotFoundError: No module named 'no_such_module'"),
        ('t = Table("T", S(5))\n', "schema.py:2: Key: name takes a text"),
    ],
)
def test_what_it_raises_is_told_by_its_line(path: Path, text: str, message: str) -> None:
    """Whatever that is, it is a mistake of the file, and what to do is said."""
    with pytest.raises(ScriptNotLoadable) as caught:
        schema(path, text)
    assert caught.value.message.startswith(message)
    assert typed(caught.value)
    if "no_such_module" in text:
        assert "may import what lies beside it" in typed(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "schema.py: declares no Table"),
        ("x = Table\n", "schema.py: declares no Table"),
        ('a = Table("T", S("id"))\nb = Table("T", S("other"))\n', "schema.py:3: table 'T' is declared twice"),
        ('t = Table("SchemaMigrations", S("id"))\n', "schema.py:2: SchemaMigrations is the history table"),
        ('t = Table("T", S("id"), settings=[SetTimeToLive("U", "at")])\n',
         "schema.py:2: table 'T': its time to live setting names table 'U'"),
        ('t = Table("T", S("id"), settings=["ttl"])\n', "schema.py:2: table 'T': the text 'ttl' is not a setting"),
    ],
)  # fmt: skip
def test_what_is_no_schema_is_refused(path: Path, text: str, message: str) -> None:
    """By the line of the name that holds the table."""
    with pytest.raises(SchemaFileInvalid) as caught:
        schema(path, text)
    assert caught.value.message.startswith(message)
    assert typed(caught.value)


ENDLESS = ("while True:\n    pass\n", "import time\ntime.sleep(3600)\n")


@pytest.mark.parametrize("text", ENDLESS)
def test_one_that_never_ends_is_given_up(path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it repeats or waits; a file that only declares takes no minute."""
    monkeypatch.setattr(running, "LONGEST", 0.2)
    with pytest.raises(ScriptNotLoadable, match=r"^schema\.py:\d: it has not ended within 0\.2 seconds$") as caught:
        schema(path, text)
    assert "only declares" in typed(caught.value)


def test_a_script_that_never_ends_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts are held to the same."""
    monkeypatch.setattr(running, "LONGEST", 0.2)
    put(folder, "0001_endless.py", "while True:\n    pass\n")
    with pytest.raises(ScriptError, match="has not ended within"):
        load(folder)


def test_another_thread_loads_it_too(path: Path) -> None:
    """Only the main thread can be interrupted; in another one a file has all the time that it takes."""
    found: list[Schema] = []
    thread = threading.Thread(target=lambda: found.append(schema(path, 't = Table("T", S("id"))\n')))
    thread.start()
    thread.join()
    assert list(found[0].tables) == ["T"]


def test_ctrl_c_is_no_mistake_of_the_file(path: Path) -> None:
    """Somebody who has had enough stops the command, whatever runs."""
    with pytest.raises(KeyboardInterrupt):
        schema(path, "raise KeyboardInterrupt\n")


def test_a_file_that_cannot_be_read_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one without the permission to read it."""

    def refuse(_path: object) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("importlib._bootstrap_external.FileLoader.get_data", lambda _self, path: refuse(path))
    path.write_text("")
    with pytest.raises(ScriptNotLoadable, match=r"^schema\.py: PermissionError: Permission denied"):
        load_schema_file(path)
