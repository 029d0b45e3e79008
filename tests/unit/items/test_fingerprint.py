"""Fingerprints: golden hashes that hold on every supported Python, and what changes one and what does not."""

import ast

import pytest

from osem_migrate.items.fingerprint import ProjectImport, fingerprint

SOURCE = r'''
"""Doc."""
from __future__ import annotations
import re as regex
from dataclasses import dataclass
from decimal import Decimal
from osem_migrate import REMOVE, UpdateItems

LIMIT: int = 5
RATES = {"a": Decimal("1.5"), "b": 2.5, "c": 1j, "d": b"\x00", "é": ...}
RATES["e"] = -0.0

@dataclass
class Pair:
    """Doc."""
    one: int
    two: str = "x"
    def both(self) -> str:
        """Doc."""
        return f"{self.one!r:>{LIMIT}}{self.two}" f"-{self.one:}" "tail"

def helper(value: str, /, limit=LIMIT, *rest, key: int = 3, **more) -> str:
    """Doc."""
    global RATES
    total: int = 0
    empty: int
    try:
        total += len(value) if (n := len(value)) > limit else ~n
    except (ValueError, KeyError) as error:
        raise RuntimeError(f"{error}") from error
    finally:
        del total
    match value.split(","):
        case [first, *others] if others:
            return first
        case {"a": 1, **more} | Pair(one=2, two=more):
            return u"b" "c"
        case None | True | -1 | "s":
            pass
        case _:
            with open(value) as f, open(value): yield from f
    return regex.sub(r"\d", lambda m: m.group(0) * 2, value[1:2:3, ...])

def nested(item):
    def inner(x, *, y=RATES): return [a async for a in x if a] if False else {**item, "x": [*y]}
    class C(Pair, metaclass=type):
        z: int
    squares = {k: v for k, v in RATES.items() if k not in ("a",)}
    assert squares, f"{squares=} {{}} {LIMIT:0{LIMIT}d}"
    try:
        pass
    except* OSError: pass
    async def co(): await item; return 1_000_000_000_000_000_000_000
    return inner, C, co, (lambda *a, k=1, **b: (a, k, b)), not LIMIT <= 3 < 5 is None

def full_name(item):
    """Doc."""
    return {"fullName": helper(item["first"]), "old": REMOVE}

operations = [UpdateItems("Users", full_name)]
'''
GOLDEN = {
    "helper": "sha256:v1:9a935e903a8661431a989971de2902270d7f214479397972efda1e37aab2ccad",
    "nested": "sha256:v1:b805186b5f49bb4f24571bcb436835c1e0ae4a8a3ff0b5cbf2484a8c198aaa7e",
    "full_name": "sha256:v1:f68f4bd9640c25e4fae08e692651a00d576950c30b6fdee666e37ff1dc5c22c4",
}
SMALL = """
from decimal import Decimal
from osem_migrate import REMOVE, UpdateItems

RATES = {"a": 1}
OTHER = 1

class Plan:
    level: int = 1

def rate(name, default=OTHER):
    return RATES.get(name, default)

def change(item):
    OTHERS = 2
    return {"rate": rate(item["name"]), "plan": Plan.level, "old": REMOVE}

def unused(item):
    return None
"""


def of(source: str, name: str = "change") -> str:
    """The fingerprint of a function of a source."""
    module = ast.parse(source)
    (node,) = (one for one in module.body if isinstance(one, ast.FunctionDef) and one.name == name)
    return fingerprint(module, node)


@pytest.mark.parametrize(("name", "golden"), GOLDEN.items())
def test_the_hash_is_the_same_on_every_python(name: str, golden: str) -> None:
    """A golden hash each, over about every construct that there is: a record holds them for years."""
    assert of(SOURCE, name) == golden


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"a": 1}', '{  # rates\n    "a": 1,\n}'),
        ('"a": 1', "'a': 0x1"),
        ("def rate(name, default=OTHER):", 'def rate(name: "str", default: int = OTHER) -> int:\n    "Doc."'),
        ("OTHER = 1", "OTHER: int = 1"),
        ("level: int", "level: 'Decimal'"),
        ("class Plan:", "class Plan:\n    '''Doc.'''"),
        ("REMOVE, UpdateItems", "REMOVE, PutItems, UpdateItems"),
        ("    OTHERS = 2", "    OTHERS = 2\n    seen: bool"),
        ("return None", "return {'n': 5}"),
        ("from decimal import Decimal\n", ""),
    ],
)
def test_what_changes_nothing_that_it_does_changes_no_hash(old: str, new: str) -> None:
    """Formatting, comments, docstrings, annotations, and what the function does not use."""
    assert SMALL.count(old) == 1 or old == "class Plan:"
    assert of(SMALL.replace(old, new)) == of(SMALL)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"a": 1', '"a": True'),
        ('"a": 1', '"a": 1.0'),
        ("OTHER = 1", "OTHER = 2"),
        ("OTHER = 1", "OTHER = 1\nRATES['b'] = 2"),
        ("OTHER = 1", "OTHER = 1\nRATES.update(b=2)"),
        ("OTHER = 1", "OTHER = 1\nif OTHER:\n    RATES = {}"),
        ("OTHER = 1", "OTHER = 1\nfor RATES in ():\n    pass"),
        ("level: int = 1", "level: int = 2"),
        ("level: int = 1", "level: int = 1\n    name: str"),
        ("RATES.get(name, default)", "RATES.get(default, name)"),
        ('"old": REMOVE', '"old": None'),
        ("import REMOVE,", "import REMOVE as RENAMED,"),
        ("def change(item):", "def change(item, more=None):"),
        ("    OTHERS = 2", "    global OTHER\n    OTHER = 2"),
    ],
)
def test_what_changes_something_that_it_does_changes_the_hash(old: str, new: str) -> None:
    """Its own text, a function or a class that it uses, a constant of these, and what is done to one in place."""
    assert SMALL.count(old) == 1
    assert of(SMALL.replace(old, new)) != of(SMALL)


def test_what_is_asked_of_an_imported_module_does_not_change_it() -> None:
    """Only a call whose value nobody takes is there for what it does; a constant may be changed by either."""
    used = "import random\ndef change(item):\n    return {'n': random.choice(item['all'])}\n"
    assert of(f"{used}OTHER = [random.random()]\n") == of(used)
    assert of(f"{used}random.seed(7)\n") != of(used)
    named = "NAMES = ['a', 'b']\ndef change(item):\n    return {'n': NAMES[0]}\n"
    assert of(f"{named}FIRST = NAMES.pop(0)\n") != of(named)


def test_a_star_import_counts_where_it_may_be_what_a_name_means() -> None:
    """A name that nothing else binds may come from it; a builtin and a bound one do not."""
    star = "from decimal import *\n"
    used, bound = (
        "def change(item):\n    return {'n': Decimal(1)}\n",
        "def change(item):\n    return {'n': len(item)}\n",
    )
    assert of(star + used) != of(used)
    assert of(star + bound) == of(bound)


@pytest.mark.parametrize(
    ("source", "module", "line"),
    [
        ("from app.names import full\ndef change(item): return full(item)", "app.names", 1),
        ("import app\ndef change(item): return app.full(item)", "app", 1),
        ("from . import names\ndef change(item): return names.full(item)", ".", 1),
        ("def change(item):\n    from ..app import full\n    return full(item)", "..app", 2),
        ("def help():\n    import tests.unit\ndef change(item): return help()", "tests.unit", 2),
    ],
)
def test_an_import_of_the_project_is_refused(source: str, module: str, line: int) -> None:
    """Its text would change what the function does, and no hash would tell; where it is imported is said."""
    with pytest.raises(ProjectImport) as caught:
        of(source)
    assert (caught.value.module, caught.value.line) == (module, line)


@pytest.mark.parametrize("module", ["re", "os.path", "osem_migrate", "click", "boto3.dynamodb"])
def test_an_installed_library_counts_by_its_name(module: str) -> None:
    """The standard library, this package, and what is installed."""
    assert of(f"import {module}\ndef change(item): return {module}.x").startswith("sha256:v1:")


def test_an_unused_import_of_the_project_is_no_matter() -> None:
    """Only what the function uses counts."""
    assert of("import app\ndef change(item): return None") == of("def change(item): return None")
