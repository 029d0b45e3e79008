"""One addition touches few places: a setting, a command and a kind of step, planted in a copy, in just those."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SETTING = '''"""SetColour: a setting that there is not."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from osem_migrate.operations.base import Setting
from osem_migrate.schema.value import value


@value
class SetColour(Setting):
    """Paint the table."""

    table: str
    colour: str

    noun: ClassVar[str] = "colour"
    members: ClassVar[frozenset[str]] = frozenset({"Colour"})

    @classmethod
    def default(cls, table: str) -> Self:
        return cls(table, "none")

    @classmethod
    def read(cls, table: str, description: Mapping[str, Any]) -> Self | None:
        return cls(table, description["Table"].get("Colour", "none"))

    @classmethod
    def is_changing(cls, description: Mapping[str, Any]) -> bool:
        return description["Table"].get("Colour") == "DRYING"

    def create_parameters(self) -> dict[str, Any]:
        return {"Colour": self.colour}

    @property
    def create_permissions(self) -> tuple[str, ...]:
        return ("dynamodb:Paint",)

    def data(self) -> dict[str, str]:
        return {"name": self.colour}

    @property
    def text(self) -> str:
        return self.colour
'''
ASK_SETTING = """
from datetime import UTC, datetime
from types import SimpleNamespace

from docs.generator.json_schema import schema
from osem_migrate import CreateTable, S, SetColour
from osem_migrate.aws.describe import Describer
from osem_migrate.cli.documents.table import table_document
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.operations.source import imported_names, render
from osem_migrate.planning.drift.diff import diff
from osem_migrate.planning.drift.undeclared import undeclared
from osem_migrate.planning.import_tables import declare
from osem_migrate.planning.policy import Role, grants
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.planning.verify import check_table
from osem_migrate.schema import Schema

create = CreateTable("Teams", S("teamId"), settings=[SetColour("Teams", "red")])
table = create.apply(Schema()).table("Teams")
described = {
    "TableName": "Teams", "TableStatus": "ACTIVE", "TableArn": "arn:aws:dynamodb:x:1:table/Teams", "Colour": "blue",
    "AttributeDefinitions": [{"AttributeName": "teamId", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "teamId", "KeyType": "HASH"}], "CreationDateTime": datetime.now(UTC),
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
}
client = SimpleNamespace(describe_table=lambda **_: {"Table": described})
describer = Describer(client, str, emulated=False, sleep=lambda _: None)
live = describer.describe("Teams")
assert live.beyond == ()
assert table_document(live)["settings"]["colour"] == {"name": "blue"}
assert "colour" in schema()["$defs"]["SettingsDocument"]["required"]
(difference,) = diff(live, table)
assert difference.describe() == "Teams: expected colour red, found colour blue"
assert [step.describe() for step in difference.repair] == ["set colour of Teams to red"]
bare = CreateTable("Teams", S("teamId")).apply(Schema()).table("Teams")
assert [one.found for one in undeclared(live, bare)] == ["colour blue"]
assert "colour: expected red, found blue" in [check.describe() for check in check_table(live, table).checks]
assert SetColour("Teams", "blue") in declare(live.table).settings
described["Colour"] = "DRYING"
assert describer.describe("Teams").busy == {"colour": "changing"}
assert "SetColour" in imported_names([create]) and 'SetColour("Teams", colour="red")' in render(create)
scripts = [Migration(id="0001_a", number=1, operations=(create,))]
scripts.append(Migration(id="0002_b", number=2, operations=(SetColour("Teams", "green"),)))
plan = make_plan(scripts, History())
assert [call.parameters.get("Colour") for call in plan.calls] == ["red", "green"]
assert any("dynamodb:Paint" in grant.actions for grant in grants(Role.UPGRADE, scripts))
assert scripts[1].checksum.startswith("sha256:v1:")
"""
COMMAND = '''"""``osem-migrate greet``: a command that there is not."""

import click

from osem_migrate.cli import output
from osem_migrate.cli.invocation import Invocation
from osem_migrate.cli.options import unconnected
from osem_migrate.errors import ExitCode


@click.command("greet")
@click.argument("name")
@unconnected
def command(invocation: Invocation, *, name: str) -> ExitCode:
    """Say hello.

    To NAME.
    """
    from osem_migrate.cli.documents.greet import greet_document
    from osem_migrate.commands.greet import greet

    said = greet(name)
    return invocation.finish(lambda: greet_document(said), lambda: output.echo(said))
'''
DOCUMENT = '''"""The document of ``greet``."""

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed


class GreetDocument(TypedDict):
    """A greeting."""

    said: str


PRINTED = {"greet": Printed((GreetDocument,))}


def greet_document(said: str) -> GreetDocument:
    """What was said."""
    return {"said": said}
'''
GREET = '''"""Greet."""


def greet(name: str) -> str:
    return f"Hello {name}"
'''
ASK_COMMAND = """
import json
import subprocess
import sys

from docs.generator.command_reference import reference
from docs.generator.json_schema import schema
from osem_migrate.cli.main import run

assert run(["greet", "Ada"]) == 0
assert run(["greet", "Ada", "--json"]) == 0
assert run(["greet"]) == 64
assert "greet" in schema()["properties"]["command"]["enum"] and "GreetDocument" in schema()["$defs"]
assert "osem-migrate greet" in reference() and "Say hello." in reference()
"""
STEP = '''

@dataclass(frozen=True, slots=True, kw_only=True)
class Walk(Step):
    """A kind of step that there is not: it looks at every item, which no description shows."""

    @property
    def is_described(self) -> bool:
        return False

    @property
    def action(self) -> str:
        return "Walk"

    @property
    def permissions(self) -> tuple[str, ...]:
        return ("dynamodb:Scan",)

    def call(self, address: str) -> dict[str, Any]:
        return {"TableName": address}

    def settled_when(self, name: str) -> str:
        return f"every item of {name} was seen"
'''
DRIVER = '''"""WalkDriver: goes through a table in four parts."""

from osem_migrate.execution.operation_run import OperationRun

WALKED: list[int] = []


class WalkDriver:
    """Keeps the part that is next."""

    def carry_out(self, run: OperationRun) -> bool:
        """Walk on from the cursor."""
        for part in range(int(run.cursor or 0), 4):
            run.services.stop.check()
            WALKED.append(part)
            run.changed = True
            run.keep(str(part + 1))
        run.advance()
        return True
'''
ASK_STEP = """
from dataclasses import dataclass, replace
from osem_migrate import AddIndex, CreateTable, S
from osem_migrate.aws.gateway import Gateway
from osem_migrate.errors import Interrupted, PartialError, ScriptError
from osem_migrate.execution.drivers import walk
from osem_migrate.files.loader import load
from osem_migrate.history import RecordedState
from osem_migrate.operations import Operation
from osem_migrate.operations.step import Walk
from osem_migrate.planning.adoption import without_live_operations
from osem_migrate.planning.policy import Role, grants
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.stop import Stop
from tests.doubles.aws_cli_calls import Account
from tests.doubles.history import HistoryInMemory
from tests.unit.planning.builders import migration


@dataclass(frozen=True)
class WalkThrough(Operation):
    table: str

    def apply(self, schema):
        schema.table(self.table)
        return schema

    def steps(self, before):
        return (Walk(table=self.table, after=before.table(self.table), subject=self.table),)

    def reverse(self, before):
        return self

    def describe(self):
        return f"walk through {self.table}"


create, index = CreateTable("Teams", S("teamId")), AddIndex("Teams", "by-owner", S("owner"))
scripts = [migration(1, create), migration(2, WalkThrough("Teams")), migration(3, index)]
account = Account()
stop = Stop(account.clock.clock)
walk.WALKED.clear()
stopping = walk.WalkDriver.carry_out


def interrupted(self, run):
    if len(walk.WALKED) == 0:
        keep = run.keep
        def and_stop(cursor):
            keep(cursor)
            if cursor == "2":
                stop.request(Interrupted("stopped"))
        run.keep = and_stop
    return stopping(self, run)


walk.WalkDriver.carry_out = interrupted
try:
    account.carry_out(make_plan(scripts, account.past), stop=stop)
except PartialError:
    pass
else:
    raise AssertionError("it was to stop")
assert walk.WALKED == [0, 1], walk.WALKED
(progress,) = account.history.records[scripts[1].id].progress.values()
assert (progress.step, progress.cursor) == (0, "2")
plan = make_plan(scripts, account.past)
assert [op.operation.describe() for op in plan.operations][0] == "walk through Teams"
account.carry_out(plan)
assert walk.WALKED == [0, 1, 2, 3], "it goes on at its cursor"
assert {record.state for record in account.history.records.values()} == {RecordedState.APPLIED}
assert account.history.records[scripts[1].id].progress == {}

# Never adopted: on tables that are there already as all of it makes them, it is what is left.
first = make_plan(scripts, type(account.past)())
account.aws.settle()
gateway = Gateway(account.aws.client, "osem-dev-{}".format, emulated=False, sleep=lambda _: None)
live = gateway.describe("Teams")
left = without_live_operations(first, [live])
assert [op.operation.describe() for op in left.operations] == ["walk through Teams"]
account.history = HistoryInMemory()
walk.WALKED.clear()
account.carry_out(left)
assert walk.WALKED == [0, 1, 2, 3]
assert any("dynamodb:Scan" in grant.actions for grant in grants(Role.UPGRADE, scripts))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package, its contracts and what asks it questions, to plant something in."""
    for folder in ("osem_migrate", "docs/generator", "tests"):
        # With what is compiled of it, but for pytest's own and for what another process is just writing.
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.pyc.*", "*-pytest-*"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(path: Path, text: str) -> None:
    """A new file, or text at the end of one that is there."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def add_line(path: Path, before: str, line: str) -> None:
    """One line more."""
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, before
    path.write_text(text.replace(before, f"{line}\n{before}"), encoding="utf-8")


def ask(copy: Path, questions: str) -> None:
    """The questions hold in the copy, and so do its contracts."""
    environ = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", questions], cwd=copy, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    kept = subprocess.run([*lint, "--no-cache"], cwd=copy, env=environ, capture_output=True, text=True, check=False)
    assert kept.returncode == 0, kept.stdout


def test_a_setting_is_its_file_and_a_line_in_the_export_list(copy: Path) -> None:
    """It is described, compared, checked, imported, written, planned and permitted without another place."""
    plant(copy / "osem_migrate/operations/set_colour.py", SETTING)
    add_line(
        copy / "osem_migrate/operations/__init__.py",
        "from osem_migrate.operations.set_deletion_protection import SetDeletionProtection as SetDeletionProtection",
        "from osem_migrate.operations.set_colour import SetColour as SetColour",
    )
    ask(copy, ASK_SETTING)


def test_a_command_is_its_files_and_a_line_in_the_list(copy: Path) -> None:
    """It runs, refuses what is wrong with its code, and stands in the reference and in the schema of its document."""
    plant(copy / "osem_migrate/cli/greet.py", COMMAND)
    plant(copy / "osem_migrate/cli/documents/greet.py", DOCUMENT)
    plant(
        copy / "osem_migrate/commands/greet.py",
        '"""Greet."""\n\n\ndef greet(name: str) -> str:\n    return f"Hello {name}"\n',
    )
    add_line(
        copy / "osem_migrate/cli/main.py",
        '    "local": ("osem_migrate.cli.local", "Start, stop and inspect the embedded engine behind --env local."),',
        '    "greet": ("osem_migrate.cli.greet", "Say hello."),',
    )
    ask(copy, ASK_COMMAND)


def test_a_kind_of_step_is_its_class_and_a_driver(copy: Path) -> None:
    """It runs, resumes at its cursor, and is never taken for granted."""
    plant(copy / "osem_migrate/operations/step.py", STEP)
    plant(copy / "osem_migrate/execution/drivers/walk.py", DRIVER)
    add_line(
        copy / "osem_migrate/execution/drivers/__init__.py",
        "    Call: CallDriver(),",
        "    Walk: WalkDriver(),",
    )
    add_line(
        copy / "osem_migrate/execution/drivers/__init__.py",
        "from osem_migrate.operations.step import Call, Step",
        "from osem_migrate.execution.drivers.walk import WalkDriver\nfrom osem_migrate.operations.step import Walk",
    )
    ask(copy, ASK_STEP)
