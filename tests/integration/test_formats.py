"""Other tools' files against engines: a template that is deployed is adopted, and what is live is exported again."""

from pathlib import Path
from typing import Any

import boto3
import pytest

from osem_migrate import ExportOptions, Migrator
from osem_migrate.commands.export import export_scripts
from osem_migrate.commands.import_file import ImportFileOptions, import_file, plan_file_import_of
from osem_migrate.config import Project
from osem_migrate.deployment.connection import Connection
from osem_migrate.files.loader import load
from osem_migrate.formats import Given, read
from tests.doubles.project import own_project, write_project
from tests.engines.engine import Engine

RICH = """operations = [CreateTable(
    "Orders", S("customerId"), N("createdAt"),
    indexes=[Index("by-status", S("status"), N("createdAt"), "INCLUDE", ["total"])],
    local_indexes=[LocalIndex("by-total", N("total"), "KEYS_ONLY")],
    settings=[SetBilling.provisioned("Orders", read=5, write=6), SetStream("Orders", "NEW_IMAGE"),
              SetTags("Orders", {"Team": "shop"})],
)]
"""
ENVIRONMENTS = """
tags = { Environment = "{env}" }
[tool.osem-migrate.environments.dev]
[tool.osem-migrate.environments.prod]
"""


@pytest.fixture
def stacks(moto_server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of CloudFormation in the engine where the tables are."""
    for variable, text in Engine(moto_server).environ().items():
        monkeypatch.setenv(variable, text)
    return boto3.client("cloudformation", endpoint_url=moto_server, region_name="us-east-1")


def connected(project: Project, endpoint_url: str, env: str) -> Migrator:
    """The library at that engine, with the scripts as they are now."""
    return Migrator.open(env, project=project, connection=Connection(endpoint_url=endpoint_url))


@pytest.mark.slow
@pytest.mark.parametrize("env", ["dev", "prod"])
def test_a_deployed_template_is_adopted(env: str, tmp_path: Path, moto_server: str, stacks: Any) -> None:
    """Exported, deployed with its parameter, adopted by upgrade: in sync. A file of what is live then says the same."""
    scripts = {"0001_orders": f"from osem_migrate import LocalIndex\n{RICH}"}
    project = write_project(tmp_path, scripts, ENVIRONMENTS)
    template = export_scripts(project, load(project.migrations).migrations, ExportOptions(format="cloudformation")).text
    parameters = [{"ParameterKey": "Environment", "ParameterValue": env}]
    stacks.create_stack(StackName="tables", TemplateBody=template, Parameters=parameters)
    outputs = stacks.describe_stacks(StackName="tables")["Stacks"][0]["Outputs"]
    exports = {output["OutputKey"]: (output["ExportName"], output["OutputValue"]) for output in outputs}
    assert exports["TableName"] == ("tables-TableName", f"osem-{env}-Orders")
    assert "/stream/" in exports["TableStreamArn"][1]
    migrator = connected(project, moto_server, env)
    result = migrator.upgrade()
    assert result.applied == ("0001_orders",)
    assert connected(project, moto_server, env).status().problems == ()
    (tmp_path / "live.yml").write_text(migrator.export(ExportOptions(format="cloudformation", live=True)).text)
    checked = plan_file_import_of(
        project, env, load(project.migrations).migrations, ImportFileOptions(file=tmp_path / "live.yml")
    )
    assert [one.describe() for one in checked.differences] == []
    assert checked.in_sync


@pytest.mark.slow
def test_a_template_becomes_scripts_that_adopt_its_stack(tmp_path: Path, moto_server: str, stacks: Any) -> None:
    """Imported, its stack is adopted by upgrade under the names that the template gave, which no pattern has."""
    source = write_project(tmp_path / "source", {"0001_orders": f"from osem_migrate import LocalIndex\n{RICH}"})
    template = export_scripts(source, load(source.migrations).migrations, ExportOptions(format="cloudformation")).text
    template = template.replace("TableName: osem-dev-Orders", "TableName: MyStack-Orders-1ABC")
    stacks.create_stack(StackName="tables", TemplateBody=template)
    project = write_project(tmp_path / "target", {})
    (tmp_path / "t.yml").write_text(template)
    plan = plan_file_import_of(project, "dev", (), ImportFileOptions(file=tmp_path / "t.yml"))
    assert plan.mapped == {"Orders": "MyStack-Orders-1ABC"}
    (draft,) = import_file(project, plan)
    project = Project.find(project.root, environ={})
    assert project.environment("dev").physical_name("Orders") == "MyStack-Orders-1ABC"
    connected(project, moto_server, "dev").upgrade()
    status = connected(project, moto_server, "dev").status()
    assert (status.problems, [live.physical_name for live in status.tables]) == ((), ["MyStack-Orders-1ABC"])
    assert draft.path.read_text() == (project.migrations / draft.path.name).read_text()
    again = plan_file_import_of(
        project, "dev", load(project.migrations).migrations, ImportFileOptions(file=tmp_path / "t.yml")
    )
    assert again.in_sync


def test_our_own_tables(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The repository's schema: what is live after an upgrade is the template of its scripts, on every engine."""
    for variable, text in engine.environ().items():
        monkeypatch.setenv(variable, text)
    project = own_project(tmp_path)
    migrator = connected(project, engine.endpoint_url, "dev")
    migrator.upgrade()
    live = read(migrator.export(ExportOptions(format="cloudformation", live=True)).text, file="live.yml").schema
    text = export_scripts(project, migrator.migrations, ExportOptions(format="cloudformation")).text
    declared = read(text, file="t.yml", given=Given(stages=("dev",))).schema
    assert live.tables.keys() == declared.tables.keys()
    for name, table in declared.tables.items():
        assert (live.tables[name].keys, live.tables[name].indexes) == (table.keys, table.indexes)
    page = migrator.export(ExportOptions(format="html")).text
    assert '<span class="badge good">in sync</span>' in page
