"""Functions of a script: those that no checksum can tell from an edited one are refused where they stand."""

import sys
from pathlib import Path

import pytest

from osem_migrate.errors import ScriptFunctionInvalid
from osem_migrate.files.loader import load
from tests.doubles.typed import typed
from tests.unit.files.scripts import put

HEAD = """import functools
from osem_migrate import CreateTable, S
from osem_migrate.operations.update_items import UpdateItems

def plain(item):
    return None

class Methods:
    def of(self, item):
        return None

def make(name):
    def inner(item):
        return {name: 1}
    return inner
"""
TAIL = """
operations = [CreateTable("Users", S("id")), UpdateItems("Users", change)]
"""
ALONE = HEAD.count("\n") + 1
REFUSED = {
    "lambda": ("change = lambda item: None", "lambda", ALONE, "is a lambda"),
    "closure": ("change = make('n')", "closure", 13, "is defined inside another function or class"),
    "static": ("change = Methods.of", "closure", 9, "inside another function or class"),
    "method": ("change = Methods().of", "bound_method", 9, "is a method of an object"),
    "wrapped": ("@functools.cache\ndef change(item):\n    return None", "no_function", ALONE + 3, "is no function"),
    "wraps": (
        "def change(item):\n    return None\nchange = functools.wraps(plain)(change)",
        "decorated",
        ALONE,
        "is decorated",
    ),
    "decorated": ("@(lambda f: f)\ndef change(item):\n    return None", "decorated", ALONE, "is decorated"),
    "partial": ("change = functools.partial(plain)", "no_function", ALONE + 1, "a partial is no function of a script"),
    "class": ("change = Methods", "no_function", ALONE + 1, "the class Methods is no function"),
    "builtin": ("change = len", "no_function", ALONE + 1, "is no function"),
    "generator": ("def change(item):\n    yield 1", "no_function", ALONE, "is a generator or a coroutine"),
    "none": ("def change():\n    pass", "arguments", ALONE, "takes other arguments"),
    "three": ("def change(a, b, c):\n    pass", "arguments", ALONE, "takes other arguments"),
    "keyword": ("def change(item, *, more):\n    pass", "arguments", ALONE, "takes other arguments"),
    "project": (
        "from helpers import full\ndef change(item):\n    return full(item)",
        "project_import",
        ALONE,
        "change uses helpers, a module of the project",
    ),
    "imported": ("from helpers import full as change", "project_import", ALONE + 1, "full is imported from helpers.py"),
    "made": ("exec('def change(item): return None')", "unreadable", 1, "cannot be read"),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_a_function_without_a_checksum_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, refused: tuple[str, str, int, str]
) -> None:
    """Code, reason, file and line, and what to write instead; nothing else of the script is blamed."""
    source, reason, line, words = refused
    (folder.parent / "helpers.py").write_text("def full(item):\n    return None\n")
    monkeypatch.syspath_prepend(folder.parent)
    monkeypatch.delitem(sys.modules, "helpers", raising=False)
    put(folder, "0001_users.py", HEAD + source + TAIL)
    with pytest.raises(ScriptFunctionInvalid) as caught:
        load(folder)
    error = caught.value
    assert error.code == "SCRIPT_FUNCTION_INVALID"
    assert error.details["reason"] == reason
    assert words in error.message
    assert "plain function at the top level" in typed(error)
    if source.startswith("exec"):
        assert error.details["file"] == "<string>"
        return
    assert (error.details["file"], error.details["line"]) == ("migrations/0001_users.py", line)
    assert error.message.startswith(f"migrations/0001_users.py:{line}: ")


def test_a_plain_function_is_read_with_its_script(folder: Path) -> None:
    """Formatting changes no checksum, what it does changes it."""
    source = "def change(item):\n    return {'n': 1}\n"
    checksums = []
    for text in (source, source + "# one\n", source.replace("1", "2")):
        path = put(folder, "0001_users.py", HEAD + text + TAIL)
        (migration,) = load(folder).migrations
        (function,) = migration.operations[1].functions
        assert (function.name, function.file, function.takes_lookup) == ("change", str(path), False)
        checksums.append(migration.checksum)
    assert checksums[0] == checksums[1]
    assert checksums[0] != checksums[2]


def test_a_second_argument_is_the_lookup(folder: Path) -> None:
    """Only where it has to be given."""
    taken = []
    for arguments in ("item, lookup", "item, more=1", "item, /, lookup", "item, *more, **others"):
        put(folder, "0001_users.py", f"{HEAD}def change({arguments}):\n    return None\n{TAIL}")
        (migration,) = load(folder).migrations
        taken.append(migration.operations[1].functions[0].takes_lookup)
    assert taken == [True, False, True, False]
