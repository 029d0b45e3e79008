"""Brownfield: tables that other tools made, under the names that those give, adopted as they are and then upgraded."""

import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from osem_migrate import DestroyOptions, ImportOptions
from osem_migrate.config import Project
from osem_migrate.deployment.connection import Connection
from osem_migrate.errors import ResourceNotFound
from osem_migrate.migrator import Migrator
from tests.doubles.typed import typed
from tests.engines.engine import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SERVERLESS = 'table_name = "{entity}-{env}"\n'
SAM = 'table_name = "shop-{env}-{entity}-table"\n'
NO_STAGE = 'table_name = "{entity}"\n[tool.osem-migrate.environments.dev]\naccount_id = "111111111111"\n'
CDK = (
    'history_table = "{application}-{env}-migrations"\n'
    "[tool.osem-migrate.environments.dev.tables]\n"
    'Orders = "ShopStack-OrdersTable315BB997-1Q8TAKJ2"\nCarts = "ShopStack-CartsTable0A3C-7GQ"\n'
)


@dataclass(frozen=True)
class Case:
    """What a project has: its names, its tables by them, what it has to name for an import, and tables of others."""

    settings: str
    tables: Mapping[str, str]
    strangers: Sequence[str]
    named: Sequence[str] = ()


CASES = {
    "serverless": Case(SERVERLESS, {"Orders": "Orders-dev", "Carts": "Carts-dev"}, ["Orders-prod"]),
    "sam": Case(SAM, {"Orders": "shop-dev-Orders-table", "Carts": "shop-dev-Carts-table"}, ["shop-dev-Orders"]),
    "cdk": Case(
        CDK,
        {"Orders": "ShopStack-OrdersTable315BB997-1Q8TAKJ2", "Carts": "ShopStack-CartsTable0A3C-7GQ"},
        ["ShopStack-UsersTable99-ZZ"],
    ),
    "no stage": Case(NO_STAGE, {"Orders": "Orders", "Carts": "Carts"}, ["Payroll"], ["Orders", "Carts"]),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_tables_of_other_tools_are_adopted_and_upgraded(
    case: Case, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Import, in sync; one more script, applied to the tables under their names; what is somebody else's stays."""
    for variable, text in engine.environ().items():
        monkeypatch.setenv(variable, text)
    client = engine.client()
    for name in (*case.tables.values(), *case.strangers):
        create(client, name)
    project = project_of(tmp_path, case.settings)
    migrator = connected(project, engine)
    imported = migrator.plan_import(ImportOptions(names=case.named))
    assert [creation.table for creation in imported.creations] == sorted(case.tables)
    migrator.import_tables(imported, ImportOptions(names=case.named))
    assert connected(project, engine).status().problems == ()
    (project.migrations / "0003_index.py").write_text(
        'from osem_migrate import AddIndex, S\noperations = [AddIndex("Orders", "by-owner", S("ownerId"))]\n'
    )
    connected(project, engine).upgrade()
    status = connected(project, engine).status()
    assert (status.problems, {live.physical_name for live in status.tables}) == ((), set(case.tables.values()))
    described = client.describe_table(TableName=case.tables["Orders"])["Table"]
    assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["by-owner"]
    for name in case.strangers:
        assert "GlobalSecondaryIndexes" not in client.describe_table(TableName=name)["Table"]


def test_without_static_text_nothing_is_imported_unasked(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account holds tables of others as well; the remedy is the command that names some."""
    for variable, text in engine.environ().items():
        monkeypatch.setenv(variable, text)
    create(engine.client(), "Payroll")
    with pytest.raises(ResourceNotFound) as caught:
        connected(project_of(tmp_path, NO_STAGE), engine).plan_import()
    assert "say which: osem-migrate import Payroll" in typed(caught.value)


@pytest.mark.parametrize("said", ["local = true\n", ""], ids=["said to be local", "recognised"])
def test_an_engine_behind_a_services_name(
    said: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a compose file: without credentials, nobody is asked who that is, and what the engine lacks is a note."""
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    address, resolve, asked = urlsplit(engine.endpoint_url), socket.getaddrinfo, set()

    def resolved(host: str, *more: Any, **options: Any) -> Any:
        asked.add(host)
        return resolve(address.hostname if host == "dynamodb-service" else host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    name = f"compose{secrets.token_hex(4)}"  # whoever has no credentials shares the engine's tables
    settings = (
        "tags = { Team = 'core' }\n[tool.osem-migrate.environments.compose]\n"
        f'endpoint_url = "http://dynamodb-service:{address.port}"\n{said}'
    )
    (tmp_path / "migrations").mkdir()
    (tmp_path / "pyproject.toml").write_text(f'[tool.osem-migrate]\napplication = "{name}"\n{settings}')
    (tmp_path / "migrations" / "0001_carts.py").write_text(
        'from osem_migrate import CreateTable, S\noperations = [CreateTable("Carts", S("id"))]\n'
    )
    project = Project.find(tmp_path, environ={})
    assert len(Migrator.open("compose", project=project).upgrade().applied) == 1
    status = Migrator.open("compose", project=project).status()
    assert (status.problems, [live.physical_name for live in status.tables]) == ((), [f"{name}-compose-Carts"])
    assert asked <= {"dynamodb-service", address.hostname}
    Migrator.open("compose", project=project).destroy(DestroyOptions(allow_data_loss=True))


def create(client: "DynamoDBClient", name: str) -> None:
    """A table as some other tool makes it."""
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def project_of(folder: Path, settings: str) -> Project:
    """A project without scripts."""
    (folder / "migrations").mkdir()
    section = "[tool.osem-migrate.environments.dev]\n"
    dev = "" if section in settings or "environments.dev.tables" in settings else section
    (folder / "pyproject.toml").write_text(f'[tool.osem-migrate]\napplication = "shop"\n{settings}{dev}')
    return Project.find(folder, environ={})


def connected(project: Project, engine: Engine) -> Migrator:
    """The library, as if in a new process."""
    return Migrator.open("dev", project=project, connection=Connection(endpoint_url=engine.endpoint_url))
