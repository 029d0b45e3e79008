"""``__depends__``: names of scripts in the same folder, that come earlier."""

from pathlib import Path

import pytest

from osem_migrate.errors import DependencyCycle, DependencyUnknown, ScriptError, ScriptOperationsInvalid
from osem_migrate.files.loader import load
from tests.unit.files.scripts import CREATE, put


def put_depending(folder: Path, name: str, depends: str) -> None:
    """Write a script that says this of its dependencies in line 2."""
    put(folder, name, f"\n__depends__ = {depends}\n" + CREATE.format(table=f"Table{name[:4]}"))


def mistake(folder: Path, kind: type[ScriptError], place: str) -> ScriptError:
    """The error of that very kind at ``file:line``."""
    with pytest.raises(ScriptError) as caught:
        load(folder)
    assert type(caught.value) is kind
    assert caught.value.message.startswith(f"migrations/{place}: ")
    return caught.value


@pytest.mark.parametrize(
    ("depends", "names"),
    [
        ('"0001_a"', ("0001_a",)),
        ('["0002_b", "0001_a"]', ("0001_a", "0002_b")),
        ('{"0002_b", "0001_a"}', ("0001_a", "0002_b")),
        ('("0001_a", "0001_a")', ("0001_a",)),
        ("frozenset()", ()),
        ("[]", ()),
    ],
)
def test_dependencies_are_names_in_any_collection(folder: Path, depends: str, names: tuple[str, ...]) -> None:
    """A string, a list, a set or a tuple, as yoyo has it."""
    put(folder, "0001_a.py")
    put(folder, "0002_b.py")
    put_depending(folder, "0003_c.py", depends)
    migrations = load(folder).migrations
    assert [migration.number for migration in migrations] == [1, 2, 3]
    assert [migration.depends for migration in migrations] == [(), (), names]


@pytest.mark.parametrize(
    "depends", ["5", "None", "[5]", "[['0001_a']]", "b'0001_a'", "{'0001_a', 5}", "iter(['0001_a'])"]
)
def test_dependencies_that_are_no_names_are_an_error(folder: Path, depends: str) -> None:
    """Whatever else is written there ends in a sentence, not in a TypeError."""
    put(folder, "0001_a.py")
    put_depending(folder, "0002_b.py", depends)
    assert "not names of scripts" in mistake(folder, DependencyUnknown, "0002_b.py:2").message


@pytest.mark.parametrize(
    "depends",
    [
        'type("Own", (set,), {"__iter__": lambda self: 1 / 0})(["0001_a"])',
        '[type("Own", (str,), {"__hash__": lambda self: 1 / 0})("0001_a")]',
        'type("Own", (), {"__repr__": lambda self: exit(0)})()',
    ],
)
def test_dependencies_that_cannot_be_read_are_an_error(folder: Path, depends: str) -> None:
    """A class of the script's own may raise anything when it is looked at; that is the script's mistake."""
    put(folder, "0001_a.py")
    put_depending(folder, "0002_b.py", depends)
    assert "__depends__ cannot be read" in mistake(folder, ScriptOperationsInvalid, "0002_b.py:2").message


@pytest.mark.parametrize(
    ("depends", "message"),
    [
        ('{"0001_a", "0007_x"}', "depends on '0007_x', which is not a script in this folder"),
        ('"0001_a.py"', "depends on '0001_a.py', which is not a script in this folder; did you mean '0001_a'?"),
        ('"__init__"', "depends on '__init__', which is not a script in this folder"),
    ],
)
def test_an_unknown_name_is_an_error_at_its_line(folder: Path, depends: str, message: str) -> None:
    """A name that no script has is most often a slip, so the nearest is offered."""
    put(folder, "__init__.py", "")
    put(folder, "0001_a.py")
    put_depending(folder, "0002_b.py", depends)
    assert mistake(folder, DependencyUnknown, "0002_b.py:2").message.endswith(message)


def test_two_folders_do_not_see_each_others_scripts(folder: Path, tmp_path: Path) -> None:
    """Though yoyo remembers every script of the process, a name from another folder is unknown all the same."""
    other = tmp_path / "other"
    other.mkdir()
    put(other, "0001_of_the_other.py")
    put_depending(other, "0002_of_the_other.py", '"0001_of_the_other"')
    assert len(load(other).migrations) == 2
    put(folder, "0001_a.py")
    put_depending(folder, "0002_b.py", '"0001_of_the_other"')
    mistake(folder, DependencyUnknown, "0002_b.py:2")
    put_depending(folder, "0002_b.py", '"0001_a"')
    assert [migration.depends for migration in load(folder).migrations] == [(), ("0001_a",)]
    assert [migration.depends for migration in load(other).migrations] == [(), ("0001_of_the_other",)]


def test_the_same_name_in_two_folders_is_two_scripts(folder: Path, tmp_path: Path) -> None:
    """Each folder has its own 0001_a, and a dependency means the one beside it."""
    other = tmp_path / "other"
    other.mkdir()
    for place, table in ((folder, "Teams"), (other, "Plans"), (folder, "Teams")):
        put(place, "0001_a.py", CREATE.format(table=table))
        put_depending(place, "0002_b.py", '"0001_a"')
        assert load(place).migrations[0].operations[0].table == table


@pytest.mark.parametrize(
    ("depends", "circle", "place"),
    [
        ({"0001_a": ["0001_a"]}, "0001_a → 0001_a", "0001_a.py:2"),
        ({"0001_a": ["0002_b"], "0002_b": ["0001_a"]}, "0001_a → 0002_b → 0001_a", "0001_a.py:2"),
        (
            {"0001_a": ["0002_b"], "0002_b": ["0003_c"], "0003_c": ["0002_b"], "0004_d": ["0003_c"]},
            "0002_b → 0003_c → 0002_b",
            "0002_b.py:2",
        ),
        ({"0002_b": ["0001_a", "0003_c"], "0003_c": ["0002_b"]}, "0002_b → 0003_c → 0002_b", "0002_b.py:2"),
    ],
)
def test_a_circle_is_an_error_that_shows_it(
    folder: Path, depends: dict[str, list[str]], circle: str, place: str
) -> None:
    """Only the scripts of the circle are named, not those that wait for it."""
    for name in ("0001_a", "0002_b", "0003_c", "0004_d"):
        put_depending(folder, f"{name}.py", repr(depends.get(name, [])))
    assert mistake(folder, DependencyCycle, place).message.endswith(f"depends on itself: {circle}")


def test_a_dependency_on_a_higher_number_is_an_error(folder: Path) -> None:
    """The number is the order; a dependency may only agree with it."""
    put(folder, "0001_a.py")
    put_depending(folder, "0002_b.py", '["0001_a", "0003_c"]')
    put(folder, "0003_c.py")
    error = mistake(folder, DependencyCycle, "0002_b.py:2")
    assert error.message.endswith("depends on 0003_c, which has a higher number")
    assert "__depends__" in error.remediation
