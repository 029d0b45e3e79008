"""The project's own scripts build the data model of OSEM Ladders exactly."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from osem_migrate.config import Project
from osem_migrate.files.loader import load
from osem_migrate.history import History
from osem_migrate.operations import AddIndex, CreateTable, SetBilling
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.replay import replay
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Schema

ROOT = Path(__file__).parents[1]
SCRIPTS = load(ROOT / "migrations")
Keys = tuple[str, ...]

# Table, its partition key, and its indexes: partition and sort keys, each with its type.
MODEL: Mapping[str, tuple[str, Mapping[str, tuple[Keys, Keys]]]] = {
    "Users": ("userId S", {}),
    "Teams": ("teamId S", {"managerId-index": (("managerId S",), ())}),
    "AssessmentPlans": (
        "planId S",
        {"teamId-index": (("teamId S",), ()), "status-index": (("status S",), ())},
    ),
    "Assessments": (
        "assessmentId S",
        {
            "planId-teamMemberId-index": (("planId S",), ("teamMemberId S",)),
            "teamMemberId-index": (("teamMemberId S",), ()),
        },
    ),
    "AssessmentReports": (
        "reportId S",
        {"planId-index": (("planId S",), ()), "teamMemberId-index": (("teamMemberId S",), ())},
    ),
    "ConfigVersions": ("configId S", {"isActive-index": (("isActive N",), ("createdAt N",))}),
}


def _schema() -> Schema:
    return replay(SCRIPTS.migrations, Schema())


def _plan(environment: str) -> Plan:
    defaults = Project.find(ROOT, {}).environment(environment).defaults
    return make_plan(SCRIPTS.migrations, History(), defaults=defaults)


def test_the_scripts_build_the_data_model() -> None:
    """Six tables and eight indexes with these keys, and nothing besides."""
    found = {
        name: (
            f"{table.partition_key.name} {table.partition_key.type}",
            {
                index.name: (
                    tuple(f"{key.name} {key.type}" for key in index.partition_keys),
                    tuple(f"{key.name} {key.type}" for key in index.sort_keys),
                )
                for index in table.indexes
            },
        )
        for name, table in _schema().tables.items()
    }
    assert found == MODEL
    assert len(found) == 6
    assert sum(len(indexes) for _, indexes in found.values()) == 8


def test_no_table_has_a_sort_key_or_a_local_index() -> None:
    """Every item of OSEM Ladders is found by one id."""
    assert {(table.sort_key, table.local_indexes) for table in _schema().tables.values()} == {(None, ())}


def test_every_index_projects_everything() -> None:
    """No query needs a second read; none caps its own throughput."""
    indexes = [index for table in _schema().tables.values() for index in table.indexes]
    assert {(index.projection, index.include, index.throughput) for index in indexes} == {("ALL", (), None)}


def test_every_table_is_on_demand_and_nothing_else_is_declared() -> None:
    """Encryption is AWS's own, point-in-time recovery off, as AWS has it by default; tags come from configuration."""
    for name, table in _schema().tables.items():
        assert table.settings == (SetBilling.on_demand(name),)


@pytest.mark.parametrize("environment", ["local", "dev", "staging", "prod"])
def test_every_environment_gets_the_same_tables_with_its_own_tags(environment: str) -> None:
    """Six CreateTable calls, on-demand and tagged, then eight UpdateTable calls with one index each."""
    steps = _plan(environment).calls
    assert [step.method for step in steps] == ["create_table"] * 6 + ["update_table"] * 8
    for step in steps[:6]:
        assert step.parameters["BillingMode"] == "PAY_PER_REQUEST"
        assert {tag["Key"]: tag["Value"] for tag in step.parameters["Tags"]} == {
            "Environment": environment,
            "Application": "osem-ladders",
        }
        assert not step.parameters.keys() & {"GlobalSecondaryIndexes", "SSESpecification", "StreamSpecification"}
    for step in steps[6:]:
        (update,) = step.parameters["GlobalSecondaryIndexUpdates"]
        assert update["Create"]["Projection"] == {"ProjectionType": "ALL"}


def test_tables_are_named_after_environment_and_entity() -> None:
    """osem-dev-Users, in every environment of the project."""
    project = Project.find(ROOT, {})
    assert project.environment_names == ("dev", "local", "prod", "staging")
    for name in project.environment_names:
        assert project.environment(name).physical_name("Users") == f"osem-{name}-Users"
    assert [name for name in project.environment_names if project.environment(name).settings.protected] == ["prod"]


def test_there_are_fourteen_scripts_with_one_operation_each() -> None:
    """0001 to 0006 create one table each, 0007 to 0014 add one index each; no number is left out."""
    assert [migration.number for migration in SCRIPTS.migrations] == list(range(1, 15))
    assert SCRIPTS.warnings == ()
    kinds = [[type(operation) for operation in migration.operations] for migration in SCRIPTS.migrations]
    assert kinds == [[CreateTable]] * 6 + [[AddIndex]] * 8


def test_a_script_is_named_after_what_it_does() -> None:
    """The folder's listing reads like the plan."""
    for migration in SCRIPTS.migrations:
        (operation,) = migration.operations
        table = _snake(operation.table)
        if isinstance(operation, AddIndex):
            expected = f"add_{_snake(operation.name.replace('-', '_'))}_to_{table}"
        else:
            expected = f"create_{table}"
        assert migration.id == f"{migration.number:04}_{expected}"


def _snake(name: str) -> str:
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


@pytest.mark.parametrize("path", sorted((ROOT / "migrations").glob("*.py")), ids=lambda path: path.stem)
def test_every_docstring_states_the_assumption(path: Path) -> None:
    """A reader of any one script learns what it is for, and that there is a single organisation, without an orgId."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    summary, _, rest = docstring.partition("\n")
    assert summary.endswith(".")
    assert "Single organisation" in rest
    assert "orgId" in rest
    if "add_" in path.stem:
        assert "answers" in summary


def test_no_key_is_an_organisation() -> None:
    """The assumption holds."""
    assert "orgId" not in {name for table in _schema().tables.values() for name in table.attributes}


def test_the_boolean_key_explains_itself() -> None:
    """A Number stands for a Boolean only because DynamoDB has no Boolean keys; the script says so."""
    source = (ROOT / "migrations" / "0014_add_is_active_index_to_config_versions.py").read_text(encoding="utf-8")
    assert "isActive is a Number, 0 or 1, because a key of DynamoDB cannot be Boolean." in source
