"""The published schema of --json: it is closed, complete, and what the documents of any schema are."""

import copy
from collections.abc import Iterator
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from docs.generator.json_schema import printed
from osem_migrate.cli.documents.envelope import SCHEMA_VERSION
from osem_migrate.cli.documents.list_tables import list_document
from osem_migrate.cli.documents.plan import plan_document
from osem_migrate.cli.documents.status import status_document
from osem_migrate.cli.main import cli
from osem_migrate.config import Environment, EnvironmentSettings
from osem_migrate.config.names import Names, Pattern
from osem_migrate.errors import DestructionIncomplete, DriftFound, OsemMigrateError, PartialError
from osem_migrate.history import ShownState
from osem_migrate.migrator import Migrator
from osem_migrate.operations import SETTINGS
from osem_migrate.planning.doctor import Health
from osem_migrate.planning.downgrade import make_downgrade
from osem_migrate.planning.fold import fold
from osem_migrate.planning.status.status import Expectation, assess
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Schema, Table
from tests import strategies
from tests.cli.command_line import Run, Tables
from tests.cli.envelope import Failure, checked
from tests.documentation import published
from tests.unit.planning.builders import CALLER, applied, live, live_of
from tests.unit.planning.drifts import Drift, drifts
from tests.unit.planning.test_laws import progress, scripts

SOME = 25  # examples of folders of scripts, which are slow to draw
STAGING = Environment("staging", "osem", Names(Pattern("osem-staging-", "")), EnvironmentSettings())
REGION = "eu-west-1"

# Where the names of members are the user's own, or AWS's.
OPEN = {"parameters", "tags", "kms:ViaService"}
OPTIONAL = {"error", "repair", "Condition"}


def test_the_schema_is_one() -> None:
    """It is what JSON Schema lets a schema be: no validator of anybody's refuses it."""
    Draft202012Validator.check_schema(published.validator().schema)


def test_every_object_is_closed() -> None:
    """No member but those that the schema names, and each of them in every document, but for a few that are named."""
    found = list(published.objects(published.validator().schema))
    assert len(found) > 50
    for place, schema in found:
        assert schema["additionalProperties"] is False, place
        missing = schema["properties"].keys() - set(schema.get("required", ()))
        assert missing <= OPTIONAL or place == "#/$defs/Details", place


def test_every_command_has_its_documents() -> None:
    """What can be typed, the commands of a group among it, and nothing else."""
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    groups = {name: command for name, command in commands.items() if isinstance(command, click.Group)}
    inner = {f"{name} {part}" for name, group in groups.items() for part in group.commands}
    assert printed().keys() == commands.keys() | inner
    assert {name for name, says in printed().items() if not says.done} == set(groups)
    schema = published.validator().schema
    assert set(schema["properties"]["command"]["enum"]) == {*printed(), None}
    assert schema["properties"]["schema_version"]["const"] == SCHEMA_VERSION


def test_every_state_is_counted() -> None:
    """A state, a health or a setting that there will be one day takes its place in the documents."""
    definitions = published.validator().schema["$defs"]
    assert definitions["StatusCounts"]["properties"].keys() >= {state.value for state in ShownState}
    assert definitions["DoctorCounts"]["properties"].keys() >= {health.value for health in Health}
    assert definitions["SettingsDocument"]["required"] == [kind.member() for kind in SETTINGS]


@given(st.lists(strategies.tables(), max_size=3, unique_by=lambda table: table.name), st.booleans())
def test_whatever_is_live_is_listed_as_published(tables: list[Table], emulated: bool) -> None:  # noqa: FBT001 - drawn
    """All keys, indexes and settings that there may be, and a table that went meanwhile."""
    gone = live(None, name="Gone", physical_name="osem-staging-Gone", status=None)
    document = list_document([*(live_of(table, emulated=emulated) for table in tables), gone], ())
    published.check_part("ListDocument", document)
    for table, shown in zip(tables, document["tables"], strict=False):
        assert [key["name"] for key in shown["keys"]] == [key.name for key in table.keys]
        assert [key["role"] for key in shown["keys"]] == ["HASH", "RANGE"][: len(table.keys)]
        assert {index["name"] for index in shown["local_indexes"]} == {index.name for index in table.local_indexes}


@settings(max_examples=SOME)
@given(st.data())
def test_whatever_is_planned_is_as_published(data: st.DataObject) -> None:
    """An upgrade from anywhere on, folded or not, and the way back; the counts are those of what follows."""
    migrations = data.draw(scripts())
    history, _ = data.draw(progress(migrations))
    plan = make_plan(migrations, history)
    for planned in (plan, fold(plan), make_downgrade(migrations, applied(*migrations), "0")):
        document = plan_document(planned, STAGING, REGION)
        published.check_part("PlanDocument", document)
        operations = [one for migration in document["migrations"] for one in migration["operations"]]
        assert document["counts"]["operations"] == len(operations)
        assert document["counts"]["hazards"] == sum(one["hazard"] is not None for one in operations)
        calls = sum(len(one["calls"]) for one in operations)
        assert document["counts"]["calls"] == calls + (planned.creates_history and not planned.is_empty)


@given(drifts())
def test_whatever_has_drifted_is_as_published(drift: Drift) -> None:
    """Each difference says as data which table, which index and which setting it is of."""
    expected = Expectation(schema=Schema({drift.expected.name: drift.expected}))
    hurt = live(drift.live, name=drift.expected.name)
    status = assess((), applied(), expected, [hurt], lock_alive=False, caller=CALLER)
    document = status_document(status, {"drift"})
    published.check_part("StatusDocument", document)
    (problem,) = document["problems"]
    assert (problem["table"], problem["ignored"]) == (drift.expected.name, True)
    assert (problem["index"] is None) == (drift.subject == drift.expected.name)
    assert document["counts"]["problems"] == 1


def test_a_member_that_nobody_has_published_is_found(run: Run, tables: Tables) -> None:
    """In the envelope, in what a command says, and in whatever that contains; so is one that is missing."""
    documents = [run(*words.split(), "--json").document for words in ("upgrade --dry-run", "status", "upgrade --to 99")]
    assert [document["success"] for document in documents] == [True, True, False]
    for document in documents:
        for path in places(document):
            more, less = copy.deepcopy(document), copy.deepcopy(document)
            inner(more, path)["surprise"] = 1
            with pytest.raises(AssertionError):
                published.check(more)
            del inner(less, path)[next(iter(inner(less, path)))]
            if path != ("error", "details"):
                with pytest.raises(AssertionError):
                    published.check(less)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all objects whose members are named in the schema, unless they are empty."""
    if isinstance(value, dict) and value:
        yield path
        for name, item in value.items():
            yield from () if name in OPEN else places(item, (*path, name))
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*path, number))


def inner(value: Any, path: tuple[Any, ...]) -> Any:
    """What is at that path."""
    for step in path:
        value = value[step]
    return value


CAUSE = DriftFound("not as expected", table="shop-dev-Teams", differences=[])


@pytest.mark.parametrize(
    ("words", "method", "error", "counts"),
    [
        (
            "downgrade --to 0 --yes",
            "downgrade",
            PartialError(("0003_create_plans",), CAUSE, resume="again"),
            {"reverted": 1, "remaining": 2},
        ),
        ("downgrade --to 0 --yes", "downgrade", CAUSE, {"reverted": 0, "remaining": 3}),
        (
            "destroy --yes",
            "destroy",
            DestructionIncomplete(("shop-dev-Teams",), CAUSE, resume="again"),
            {"dropped": 1, "remaining": 2, "kept": 0},
        ),
        ("destroy --yes", "destroy", CAUSE, {"dropped": 0, "remaining": 3, "kept": 0}),
        ("upgrade", "upgrade", CAUSE, {"applied": 0, "in_progress": 0, "pending": 0, "future": 0}),
    ],
)
def test_what_was_done_before_it_stopped_is_in_the_data(  # noqa: PLR0917 - fixtures and cases
    words: str,
    method: str,
    error: OsemMigrateError,
    counts: dict[str, int],
    run: Run,
    tables: Tables,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the members that it would have had at its end, and nowhere in the details of the error."""
    assert run("upgrade").code == 0

    def stop(*_: object) -> None:
        raise error

    monkeypatch.setattr(Migrator, method, stop)
    document = checked(run(*words.split(), "--json"))
    assert isinstance(document, Failure)
    assert document.data["counts"] == counts
    assert document.error.details.keys() == set(error.details)
    assert not {"applied", "dropped", "reverted"} & error.details.keys()


def test_where_it_is_is_said_by_every_document(run: Run, tables: Tables) -> None:
    """Application, names, region and endpoint: after success, and after a failure as soon as they are known."""
    for words in ("status --exit-zero", "list", "upgrade --to 99", "doctor"):
        document = checked(run(*words.split(), "--json"))
        where = (document.environment, document.application, document.table_pattern, document.endpoint_url)
        assert where == ("dev", "shop", "shop-dev-*", tables.endpoint_url), words


def test_what_is_ignored_is_marked(run: Run, tables: Tables) -> None:
    """So a program can tell what decides the exit code."""
    said = run("status", "--ignore", "pending", "--json")
    assert (said.code, {problem["ignored"] for problem in said.document["data"]["problems"]}) == (0, {True})
    said = run("status", "--exit-zero", "--json")
    assert (said.document["exit_code"], said.document["data"]["problems"][0]["ignored"]) == (0, False)
