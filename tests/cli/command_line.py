"""A project to run the command line in, and what a run of it leaves."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import EndpointConnectionError

from tests.documentation import published

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REGION = "eu-central-1"
HISTORY = "shop-dev-SchemaMigrations"
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SESSION_TOKEN = "FwoGZXIvYXdzEBYaDHnotarealsessiontoken0123456789abcdefABCDEF=="

PYPROJECT = """
[tool.osem-migrate]
application = "shop"
table_name = "shop-{env}-{entity}"

[tool.osem-migrate.environments.dev]
[tool.osem-migrate.environments.staging]
[tool.osem-migrate.environments.prod]
protected = true
"""
SCRIPTS = {
    "0001_create_teams": 'CreateTable("Teams", partition_key=S("teamId"))',
    "0002_add_manager_id_index_to_teams": 'AddIndex("Teams", "managerId-index", partition_key=S("managerId"))',
    "0003_create_plans": 'CreateTable("Plans", partition_key=S("planId"))',
}


@dataclass(frozen=True)
class Result:
    """What one run said: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output, which is as published."""
        document: dict[str, Any] = json.loads(self.out)
        published.check(document)
        return document


Run = Callable[..., Result]
Applied = Callable[..., None]
"""``upgrade`` with these words, where a test begins."""


@dataclass(frozen=True)
class Project:
    """A project folder of a user.

    Args:
        folder: holds pyproject.toml.
    """

    folder: Path

    @property
    def migrations(self) -> Path:
        """The folder of its scripts."""
        return self.folder / "migrations"

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Its files by name, as they are."""
        files = [self.folder / "pyproject.toml", *sorted(self.migrations.glob("*.py"))]
        return tuple((file.name, file.read_text()) for file in files)

    def configure(self, text: str) -> None:
        """Replace its pyproject.toml."""
        (self.folder / "pyproject.toml").write_text(text)

    def script(self, name: str, operation: str, *, prelude: str = "") -> Path:
        """Write a script of one operation."""
        path = self.migrations / f"{name}.py"
        names = "AddIndex, CreateTable, DropIndex, DropTable, S, SetTags, SetTimeToLive"
        path.write_text(
            f'"""Test {name}."""\n\nfrom osem_migrate import {names}\n{prelude}\noperations = [{operation}]\n'
        )
        return path


def create_project(folder: Path) -> Project:
    """A project of two tables and an index, with the environments dev, staging and prod (protected)."""
    project = Project(folder)
    project.migrations.mkdir(parents=True)
    project.configure(PYPROJECT)
    for name, operation in SCRIPTS.items():
        project.script(name, operation)
    return project


@dataclass(frozen=True)
class Tables:
    """What is in an engine, seen past the tool."""

    endpoint_url: str
    client: "DynamoDBClient" = field(repr=False)

    def names(self) -> list[str]:
        """Physical names, sorted."""
        try:
            return sorted(self.client.list_tables()["TableNames"])
        except EndpointConnectionError:
            return []

    def everything(self) -> str:
        """All there is, as one text that any write would change."""
        found = {
            name: [self.client.describe_table(TableName=name)["Table"], self.client.scan(TableName=name)["Items"]]
            for name in self.names()
        }
        return json.dumps(found, default=str, sort_keys=True)

    def drop(self, name: str) -> None:
        """Delete a table by hand."""
        self.client.update_table(TableName=name, DeletionProtectionEnabled=False)
        self.client.delete_table(TableName=name)

    def hold_lock(self, *, lease_ms: int = 3_600_000) -> None:
        """Take the upgrade lock of dev for somebody on another machine."""
        values: Mapping[str, Any] = {
            ":owner": {"S": "0123"},
            ":host": {"S": "build-7"},
            ":pid": {"N": "4711"},
            ":identity": {"S": "ada@build-7"},
            ":lease_ms": {"N": str(lease_ms)},
            ":heartbeat": {"N": "3"},
            ":acquired_at": {"N": "1795253687191"},
        }
        names = [name.removeprefix(":") for name in values]
        self.client.update_item(
            TableName=HISTORY,
            Key={"scope": {"S": "shop"}, "item": {"S": "lock"}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in names),
            ExpressionAttributeNames={f"#{name}": name for name in names},
            ExpressionAttributeValues=values,
        )

    def lock(self) -> dict[str, Any]:
        """The lock's item of dev."""
        key = {"scope": {"S": "shop"}, "item": {"S": "lock"}}
        return self.client.get_item(TableName=HISTORY, Key=key, ConsistentRead=True).get("Item", {})


def tables_at(endpoint_url: str) -> Tables:
    """The tables of an engine that the credentials of this module reach."""
    session = boto3.session.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
    return Tables(endpoint_url, session.client("dynamodb", endpoint_url=endpoint_url))
