"""Whatever a script says, it is taken or told to be wrong, with its file, and nothing is written."""

from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.operations import OPERATIONS
from tests.cli.command_line import Project
from tests.doubles.simulated_aws import SimulatedAws
from tests.torture.bad_input import check_told, contents, type_in, without_haste

COMMANDS = (("status",), ("upgrade", "--dry-run"), ("policy",), ("doctor",), ("verify", "--json"), ("stamp", "0003"))
HEAD = """
import sys, os, threading
from dataclasses import dataclass
from osem_migrate import *
from osem_migrate.operations import Operation
def fail(kind=ZeroDivisionError, *args): raise kind(*args)
class Deep(BaseException): pass
class Mute(Exception):
    def __str__(self): return 5
class Sly(Exception):
    def __str__(self): raise GeneratorExit
class Odd:
    def __eq__(self, other): fail(Sly)
    __hash__ = __repr__ = __str__ = __eq__
@dataclass(frozen=True)
class Own(Operation):
    table: str = "Teams"
    what: object = None
    def apply(self, schema): return schema
    def steps(self, before): return ()
    def reverse(self, before): return self
    def describe(self): return "do it"
"""
RAISED = ("ZeroDivisionError", "Deep", "Mute", "Sly", "GeneratorExit", "SystemExit", "MemoryError", "RecursionError",
          "StopIteration", "OsemMigrateError", "UnicodeError", "ImportError", "OSError", "SyntaxError")  # fmt: skip
VALUES = (
    *(
        "None",
        "5",
        "-1",
        "True",
        "1.5",
        "float('nan')",
        "10 ** 5000",
        "''",
        "'Teams'",
        "'x' * 300",
        "'\\ud800'",
        "b'x'",
    ),
    *("'a b'", "'\\0'", "'Größe'", "[]", "{}", "[1]", "{'a': 'b'}", "{5: None}", "Odd()", "Odd", "fail", "S('a')", "S"),
    *(
        "N('teamId')",
        "(S('a'), N('b'))",
        "Index('a-index', S('a'))",
        "LocalIndex('l-index', S('a'))",
        "Throughput(1, 1)",
    ),
    *("[Index('a-index', S('a'))]", "SetTags('Teams', {'a': 'b'})", "sys", "Own()", "(x := [], x.append(x), x)[2]"),
)
VALUE = st.sampled_from(VALUES)


def _call(name: str, given: list[str], named: dict[str, str]) -> str:
    return f"{name}({', '.join([*given, *(f'{key}={value}' for key, value in named.items())])})"


CALL = st.builds(
    _call,
    st.sampled_from(
        [
            *(kind.__name__ for kind in OPERATIONS),
            "Own",
            "SetBilling.on_demand",
            "SetBilling.provisioned",
            "CreateTable.__new__",
        ]
    ),
    st.lists(VALUE, max_size=4),
    st.dictionaries(
        st.sampled_from(("table", "settings", "throughput", "include", "drift", "what", "days")), VALUE, max_size=1
    ),
)
RIGHT = st.sampled_from(('CreateTable("Carts", S("id"))', 'DropTable("Plans")', 'AddIndex("Teams", "b-index", S("b"))'))
METHOD = st.builds(
    lambda name, body: f"    def {name}(self, *_): {body}\n",
    st.sampled_from(
        ("apply", "steps", "reverse", "describe", "__eq__", "__hash__", "__repr__", "hazard_on", "with_indexes")
    ),
    VALUE.map(lambda value: f"return {value}") | st.sampled_from(RAISED).map(lambda kind: f"fail({kind})"),
)
STATEMENT = st.one_of(
    st.sampled_from(RAISED).map(lambda kind: f"fail({kind})"),
    VALUE.map(lambda value: f"__depends__ = {value}"),
    VALUE.map(lambda value: f"__doc__ = {value}"),
    VALUE.map(lambda value: f"operations = {value}"),
    VALUE.map(lambda value: f"__yoyo_collector__ = step = __file__ = __name__ = {value}"),
    METHOD.map(lambda method: f"class Own(Own):\n{method}operations = [Own()]"),
    st.sampled_from(
        (
            "step('x', ignore_errors='never')",
            "from yoyo import step, group; step('x')",
            "threading.Thread(target=fail).start()",
            "def __getattr__(name): fail(Deep)",
            "sys.stdout.write('x'); os.write(1, b'x'); print('x', file=sys.__stderr__)",
            "sys.exit(0)",
            "import shop",
            "from . import shop",
            "globals().clear()",
            "del operations",
            "raise KeyError",
            "assert False",
            "await x",
            "return",
            "\ud800",
            "x = " + "(" * 300,
            "x = " + "9" * 5_000,
            "if x:",
            "\tx",
        )
    ),
)
SOURCE = st.builds(
    lambda operations, statements: "\n".join([HEAD, f"operations = [{', '.join(operations)}]", *statements]),
    st.lists(CALL | RIGHT, max_size=3),
    st.lists(STATEMENT, max_size=2),
).map(lambda text: text.encode("utf-8", "surrogatepass"))
OWN = st.lists(METHOD, min_size=1, max_size=2).map(
    lambda methods: f"{HEAD}class More(Own):\n{''.join(methods)}operations = [More(), More('Plans', 5)]\n".encode()
)
TEXT = (
    OWN
    | SOURCE
    | st.binary(max_size=40)
    | st.builds(lambda text, more: text[:600] + more, SOURCE, st.binary(max_size=9))
)
USUAL = st.just("0004_more.py")
NAME = st.one_of(
    USUAL,
    USUAL,
    USUAL,
    st.builds(
        lambda stem, suffix: f"{stem}{suffix}",
        st.sampled_from(
            ("0004_more", "0001_more", "9999_z", "4_x", "x", ".0004_x", "0004_X", "0004_\udcff", "9" * 200 + "_x")
        ),
        st.sampled_from((".py", ".PY", ".sql", ".py~", "", ".pyc", "/0004_x.py", ".py/x.py")),
    ),
)


@without_haste
@given(words=st.sampled_from(COMMANDS), name=NAME, source=TEXT)
def test_a_script_is_taken_or_told_to_be_wrong(
    aws: SimulatedAws, project: Project, words: tuple[str, ...], name: str, source: bytes
) -> None:
    """File and line of a mistake, or the command's own answer; never a traceback, and no file but what was there."""
    path = project.migrations / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(source)
    before = contents(project.folder)
    try:
        check_told(type_in(*words, "--env", "dev"))
        assert contents(project.folder) == before
        assert not aws.simulator.account.tables
    finally:
        path.unlink()
        if path.parent != project.migrations:
            path.parent.rmdir()
