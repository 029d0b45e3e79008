"""A project in a folder of its own, and a Migrator that is watched."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.awsrequest import AWSResponse

from osem_migrate.clock import SYSTEM_CLOCK, Clock
from osem_migrate.config import Project
from osem_migrate.deployment.connection import Connection
from osem_migrate.events import RunEvent
from osem_migrate.migrator import Migrator

if TYPE_CHECKING:
    from osem_migrate.aws.api_calls import ApiCall

ROOT = Path(__file__).parents[2]
HEADER = "from osem_migrate.operations import *\nfrom osem_migrate import Index, N, S, Throughput\n"
HISTORY = "osem-dev-SchemaMigrations"
ENVIRONMENTS = "[tool.osem-migrate.environments.dev]\n"
MUTATIONS = frozenset({"CreateTable", "UpdateTable", "DeleteTable", "UpdateTimeToLive", "UpdateContinuousBackups"})
WRITES = MUTATIONS | {"TagResource", "UntagResource", "TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"}

TEAMS = 'operations = [CreateTable("Teams", S("teamId"))]'
BY_MANAGER = 'operations = [AddIndex("Teams", "managerId-index", S("managerId"))]'


def write_project(folder: Path, scripts: dict[str, str], settings: str = ENVIRONMENTS) -> Project:
    """A project whose scripts are these bodies by name; what is there already stays."""
    (folder / "migrations").mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(f'[tool.osem-migrate]\napplication = "osem"\n{settings}')
    for name, body in scripts.items():
        (folder / "migrations" / f"{name}.py").write_text(f'"""{name}."""\n{HEADER}\n{body}\n')
    return Project.find(folder, environ={})


def own_project(folder: Path) -> Project:
    """A copy of this repository's configuration and migrations."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    return Project.find(folder, environ={})


class Watched:
    """A Migrator with every call and event that it made.

    Args:
        answer: what answers its requests in place of an endpoint.

    Attributes:
        requests: the parameters of every UpdateTable.
    """

    def __init__(
        self,
        project: Project,
        env: str = "dev",
        *,
        connection: Connection | None = None,
        on_event: Callable[[RunEvent], None] = lambda _event: None,
        clock: Clock = SYSTEM_CLOCK,
        answer: Callable[..., AWSResponse] | None = None,
    ) -> None:
        self.calls: list[ApiCall] = []
        self.events: list[RunEvent] = []
        self.requests: list[dict[str, Any]] = []

        def hear(event: RunEvent) -> None:
            self.events.append(event)
            on_event(event)

        self.migrator = Migrator.open(
            env, project=project, connection=connection, on_call=self.calls.append, on_event=hear, clock=clock
        )
        if answer is not None:
            self.migrator.session._core.register("before-send", answer)  # type: ignore[arg-type]
        self.migrator.session.dynamodb().meta.events.register(
            "before-parameter-build.dynamodb.UpdateTable", lambda params, **_: self.requests.append(dict(params))
        )

    def counts(self) -> Counter[str]:
        """How often each operation was called, failed calls too."""
        return Counter(call.action.removeprefix("dynamodb:") for call in self.calls)

    def writes(self) -> Counter[str]:
        """The same for what is no question."""
        return Counter({name: count for name, count in self.counts().items() if name in WRITES})

    def mutations(self) -> list[tuple[str, str | None]]:
        """Every control-plane change with its table, in order."""
        named = [(call.action.removeprefix("dynamodb:"), call.table) for call in self.calls]
        return [(name, table) for name, table in named if name in MUTATIONS]


def client_of(endpoint_url: str) -> Any:
    """A client of a moto server."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="osemlocal",
        aws_secret_access_key="osemlocal",
    )
