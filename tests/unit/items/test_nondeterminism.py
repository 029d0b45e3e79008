"""Nondeterminism: what a function takes from elsewhere than the item, and what only looks like it."""

import ast
from textwrap import indent

import pytest

from osem_migrate.items.nondeterminism import Influence, influences
from osem_migrate.items.origins import Origin


def _influences(source: str) -> tuple[Influence, ...]:
    """Those of the last function of a module."""
    module = ast.parse(source)
    return influences(module, [one for one in module.body if isinstance(one, ast.FunctionDef)][-1])


def _of(imports: str, expression: str) -> list[str]:
    """The names that are found in a function that returns this."""
    return [one.name for one in _influences(f"{imports}\ndef f(item):\n    return {expression}\n")]


@pytest.mark.parametrize(
    ("imports", "expression", "name"),
    [
        ("from datetime import datetime", "datetime.now()", "datetime.datetime.now"),
        ("from datetime import datetime as dt, UTC", "dt.now(UTC).isoformat()", "datetime.datetime.now"),
        ("import datetime", "datetime.datetime.utcnow()", "datetime.datetime.utcnow"),
        ("import datetime as d", "d.date.today()", "datetime.date.today"),
        ("from datetime import *", "datetime.now()", "datetime.datetime.now"),
        ("from datetime import datetime", "datetime.fromtimestamp(item['at'])", "datetime.datetime.fromtimestamp"),
        (
            "from datetime import datetime",
            "datetime.fromtimestamp(item['at'], None)",
            "datetime.datetime.fromtimestamp",
        ),
        ("import time as t", "t.time()", "time.time"),
        ("from time import time", "time()", "time.time"),
        ("import time", "time.gmtime()", "time.gmtime"),
        ("import time", "time.localtime(item['at'])", "time.localtime"),
        ("import random", "random.choice([1, 2])", "random.choice"),
        ("import random", "random.Random().random()", "random.Random"),
        ("from random import Random as R", "R(None).random()", "random.Random"),
        ("import uuid", "str(uuid.uuid4())", "uuid.uuid4"),
        ("from uuid import uuid4", "list(map(str, (uuid4() for _ in 'ab')))", "uuid.uuid4"),
        ("import secrets", "secrets.token_hex(8)", "secrets.token_hex"),
        ("import os", "os.urandom(8)", "os.urandom"),
        ("import os", "os.environ['STAGE']", "os.environ"),
        ("from os import environ as e", "e.get('STAGE')", "os.environ"),
        ("import os", "os.getenv('STAGE')", "os.getenv"),
        ("import os.path", "os.path.exists(item['file'])", "os.path.exists"),
        ("import os.path as p", "p.exists(item['file'])", "os.path.exists"),
        ("", "open(item['file']).read()", "open"),
        ("", "hash(item['id'])", "hash"),
        ("from pathlib import Path", "Path('map.json').read_text()", "read_text"),
        ("from pathlib import Path\nHERE = Path('map')", "HERE.read_bytes()", "read_bytes"),
        ("import urllib.request", "urllib.request.urlopen(item['url']).read()", "urllib.request.urlopen"),
        ("import boto3", "boto3.client('s3')", "boto3.client"),
        ("from ulid import ULID", "str(ULID())", "ulid.ULID"),
        ("import time", "[time.time() for each in item]", "time.time"),
        ("import time", "(lambda: time.time())()", "time.time"),
        ("import time", "f'{time.time()}'", "time.time"),
        ("import time\nclock = time.time", "clock()", "time.time"),
        ("import time\ndef helper(): return time.time()", "helper()", "time.time"),
        ("import time\nclass C:\n    def at(self): return time.time()", "C().at()", "time.time"),
        ("try:\n    import random as r\nexcept ImportError:\n    r = None", "r.random()", "random.random"),
    ],
)
def test_what_is_taken_from_elsewhere(imports: str, expression: str, name: str) -> None:
    """The time, chance, the machine, files and the network, whatever the import calls them and however deep it is."""
    (found,) = _influences(f"{imports}\ndef f(item):\n    return {expression}\n")
    assert (found.name, found.when_read) == (name, False)


@pytest.mark.parametrize(
    ("imports", "expression"),
    [
        ("from datetime import datetime", "datetime.fromisoformat(item['at']).isoformat()"),
        ("from datetime import datetime", "datetime.strptime(item['at'], '%Y')"),
        ("from datetime import datetime, UTC", "datetime.fromtimestamp(item['at'], UTC)"),
        ("from datetime import datetime, UTC", "datetime.fromtimestamp(item['at'], tz=UTC)"),
        ("from datetime import datetime", "datetime.fromtimestamp(*item['at'])"),
        ("from datetime import datetime", "datetime.fromtimestamp(**item['at'])"),
        ("from datetime import datetime", "datetime(2026, 1, 1)"),
        ("from datetime import timedelta", "timedelta(days=1)"),
        ("import time", "time.gmtime(item['at'])"),
        ("import time", "time.strftime('%Y', time.gmtime(item['at']))"),
        ("import time", "time.strptime(item['at'])"),
        ("import uuid", "uuid.UUID(item['id'])"),
        ("import uuid", "uuid.uuid5(uuid.NAMESPACE_URL, item['id'])"),
        ("import uuid", "uuid.uuid3(uuid.NAMESPACE_URL, item['id'])"),
        ("import random", "random.Random(item['id']).random()"),
        ("import os", "os.path.join(item['a'], os.path.basename(item['b']))"),
        ("import os.path as p", "p.splitext(item['a'])"),
        ("from pathlib import Path", "Path(item['file']).suffix"),
        ("from urllib.parse import urlsplit", "urlsplit(item['url']).hostname"),
        ("import hashlib, hmac, secrets", "hashlib.sha256(item['a']).hexdigest(), secrets.compare_digest('a', 'b')"),
        ("from boto3.dynamodb.types import Binary", "Binary(b'')"),
        ("from ulid import ULID", "ULID.from_str(item['id'])"),
        ("def hash(value): return 1", "hash(item['id'])"),
        ("import itertools", "next(itertools.count(item['n']))"),
        ("import time\nUNUSED = time.time()", "item['time']"),
        ("import time", "[time for time in item['times'] if time.time]"),
        ("from project import clock", "clock.now()"),
        ("from .local import time", "time.time()"),
        ("", "item.hash(1)"),
        ("", "unknown()"),
    ],
)
def test_what_only_looks_like_it(imports: str, expression: str) -> None:
    """What depends on its arguments alone, what the function does not use, and what has the name by accident."""
    assert _of(imports, expression) == []


@pytest.mark.parametrize(
    "body",
    [
        "time = item['time']\nreturn time.time()",
        "def inner(time): return time.time()\nreturn inner(item)",
        "for time in item['times']: pass\nreturn time.time()",
        "at: time.time() = item['at']\nreturn at",
        "try: return item['at']\nexcept time.error: return None",
    ],
)
def test_a_name_of_its_own_is_not_the_module(body: str) -> None:
    """As an argument, a variable or a target; annotations and kinds of errors are not asked for anything either."""
    assert _influences(f"import time\ndef f(item):\n{indent(body, '    ')}\n") == ()


def test_an_import_within_the_function_counts() -> None:
    """There it hides what the module has under that name; what is global is the module's again."""
    source = "def f(item):\n    from time import time as clock\n    return clock()\n"
    assert [one.name for one in _influences(source)] == ["time.time"]
    shared = "import time\ndef f(item):\n    global time\n    time = time\n    return time.time()\n"
    assert [one.name for one in _influences(shared)] == ["time.time"]


@pytest.mark.parametrize(
    ("before", "name", "line"),
    [
        ("from datetime import datetime\nNOW = datetime.now()", "datetime.datetime.now", 2),
        ("import os\nNOW = os.environ['STAGE']", "os.environ", 2),
        ("import os\nNOW = {}\nNOW['x'] = os.getpid()", "os.getpid", 3),
        ("from pathlib import Path\nNOW = Path('map.json').read_text()", "read_text", 2),
        ("import uuid\nclass NOW:\n    id = uuid.uuid4()", "uuid.uuid4", 3),
    ],
)
def test_what_is_taken_when_the_script_is_read_is_told_apart(before: str, name: str, line: int) -> None:
    """A constant of the module that is another one in each run."""
    (found,) = _influences(f"{before}\ndef f(item):\n    return NOW\n")
    assert (found.name, found.line, found.when_read) == (name, line, True)


def test_a_default_is_taken_when_the_script_is_read() -> None:
    """It is not asked for again with each item."""
    (found,) = _influences("import time\ndef f(item, *, now=time.time()):\n    return now\n")
    assert (found.origin, found.when_read) == (Origin.TIME, True)


@pytest.mark.parametrize("shared", ["random.Random(7)", "itertools.count(1)", "itertools.cycle('ab')"])
def test_what_all_items_share_goes_on_from_one_to_the_next(shared: str) -> None:
    """It gives the next value each time, also where it always begins with the same."""
    (found,) = _influences(f"import itertools, random\nSHARED = {shared}\ndef f(item):\n    return next(SHARED)\n")
    assert (found.origin, found.line, found.when_read) == (Origin.ORDER, 2, False)


def test_each_thing_is_found_once_at_its_first_line() -> None:
    """In the order of the lines, whichever of the functions it is in."""
    source = (
        "import os, time\n"
        "def late(): return os.getpid(), time.time()\n"
        "def f(item):\n"
        "    return late(), time.time(), os.getpid(), os.getppid()\n"
    )
    assert [(one.name, one.line) for one in _influences(source)] == [
        ("os.getpid", 2),
        ("time.time", 2),
        ("os.getppid", 4),
    ]
