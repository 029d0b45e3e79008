"""Round trip: tables made by hand, imported, and made again in a fresh environment, are the same tables.

OSEM_TORTURE=1 sends 200 generated tables round on either engine; otherwise a sample of each.
"""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest import mock

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from osem_migrate.config import Project
from osem_migrate.deployment.connection import Connection
from osem_migrate.errors import ExitCode
from osem_migrate.migrator import Migrator
from osem_migrate.operations import CreateTable, SetBilling, SetDeletionProtection, SetStream, SetTimeToLive, Setting
from osem_migrate.operations.step import RESOURCE_ARN
from osem_migrate.schema import Schema
from tests import strategies
from tests.doubles.manual_changes import construction
from tests.doubles.simulated_aws import NOWHERE, SimulatedAws, project_of
from tests.doubles.skipping_clock import SkippingClock
from tests.engines.engine import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TORTURE = bool(os.environ.get("OSEM_TORTURE"))
ON_SIMULATOR, ON_DYNAMODB_LOCAL = (200, 200) if TORTURE else (12, 4)
KEPT_LOCALLY = (SetBilling, SetDeletionProtection, SetStream, SetTimeToLive)
SETTLED = 1200.0  # simulated seconds in which everything settles
HERE, THERE = "dev", "copy"

# What tells two tables apart that are the same: names, dates and counts.
OWN = frozenset(
    {
        *("TableName", "TableId", "TableArn", "IndexArn", "CreationDateTime", "LatestStreamLabel", "LatestStreamArn"),
        *("LastUpdateToPayPerRequestDateTime", "LastUpdateDateTime", "LastIncreaseDateTime", "LastDecreaseDateTime"),
        *("ItemCount", "TableSizeBytes", "IndexSizeBytes", "EarliestRestorableDateTime", "LatestRestorableDateTime"),
    }
)
BESIDE = ("describe_time_to_live", "describe_continuous_backups")

defaults = st.fixed_dictionaries(
    {},
    optional={
        "deletion_protection": st.sampled_from(("true", "false")),
        "point_in_time_recovery": st.sampled_from(("true", "false")),
        "tags": st.sampled_from(('{ Team = "core" }', '{ Team = "core", Owner = "ada" }')),
        "capacity": st.just("{ read = 5, write = 6 }"),
    },
)
"""What an environment gives every new table, as pyproject.toml says it."""


class Count:
    """How many tables came round, and how many are to."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.tables = 0


def send_round(
    visit: Callable[[tuple[CreateTable, ...], Mapping[str, str]], None],
    kinds: Collection[type[Setting]] | None,
    done: Count,
) -> None:
    """Generate tables, the same ones every time, until there are enough."""

    def unless_enough(creations: tuple[CreateTable, ...], given_to_all: Mapping[str, str]) -> None:
        if done.tables < done.wanted:
            visit(creations, given_to_all)

    generated = settings(
        max_examples=done.wanted,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    generated(given(strategies.creations(kinds), defaults)(unless_enough))()


def project(folder: Path, given_to_all: Mapping[str, str], place: str) -> Project:
    """Two environments that differ in nothing but their name."""
    settings = place + "".join(f"{name} = {text}\n" for name, text in given_to_all.items())
    sections = [f"[tool.osem-migrate.environments.{name}]\n{settings}" for name in (HERE, THERE)]
    return project_of(folder, "\n".join(sections))


def make_by_hand(client: "DynamoDBClient", creations: Sequence[CreateTable], settle: Callable[[], None]) -> None:
    """Each table with plain calls of boto3."""
    for create in creations:
        for step in construction(create.apply(Schema()).table(create.table)):
            name = physical(HERE, create.table)
            if step.named_by == RESOURCE_ARN:
                name = client.describe_table(TableName=name)["Table"]["TableArn"]
            getattr(client, step.method)(**step.call(name))
            settle()


def physical(environment: str, table: str) -> str:
    """As the default pattern of names says."""
    return f"osem-{environment}-{table}"


def picture(client: "DynamoDBClient", name: str, beside: Sequence[str]) -> dict[str, Any]:
    """A table as AWS describes it, without what is its own alone."""
    table: dict[str, Any] = dict(client.describe_table(TableName=name)["Table"])
    if table.get("TableClassSummary", {}).get("TableClass") == "STANDARD":
        del table["TableClassSummary"]  # there on a table that was asked for it, and no other class than without
    found: dict[str, Any] = {"Table": table, **{ask: getattr(client, ask)(TableName=name) for ask in beside}}
    if beside == BESIDE:
        found["Tags"] = client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    for answer in found.values():
        if isinstance(answer, dict):
            answer.pop("ResponseMetadata", None)
    sorted_picture: dict[str, Any] = _without_own(found)
    return sorted_picture


def _without_own(part: Any) -> Any:
    if isinstance(part, dict):
        # AWS sorts these two; the order of keys means something.
        return {name: _sorted(name, _without_own(value)) for name, value in part.items() if name not in OWN}
    return [_without_own(item) for item in part] if isinstance(part, list) else part


def _sorted(name: str, value: Any) -> Any:
    return value if name == "KeySchema" or not isinstance(value, list) else sorted(value, key=repr)


def check_round(
    here: Migrator,
    there: Migrator,
    creations: Sequence[CreateTable],
    *,
    settle: Callable[[], None],
    beside: Sequence[str],
) -> None:
    """Import here, upgrade there: in sync on either side, and alike."""
    imported = here.import_tables(here.plan_import())
    assert len(imported.recorded) == len(creations)
    assert here.status().exit_code() is ExitCode.OK
    assert there.upgrade().applied == imported.recorded
    assert there.status().exit_code() is ExitCode.OK
    client = here.deployment.session.dynamodb()
    for create in creations:
        settle()  # and AWS answers again: of time to live, it tells four times at once
        original, copy = (picture(client, physical(name, create.table), beside) for name in (HERE, THERE))
        assert copy == original


def test_tables_on_the_simulator_come_round() -> None:
    """With every setting there is, and DescribeTable, time to live, recovery and tags all compared."""
    done = Count(ON_SIMULATOR)

    def visit(creations: tuple[CreateTable, ...], given_to_all: Mapping[str, str]) -> None:
        with TemporaryDirectory(prefix="osem-migrate-round-") as folder, SkippingClock() as clock:
            aws = SimulatedAws(clock)
            with aws.surroundings():
                where = project(Path(folder), given_to_all, f'endpoint_url = "{NOWHERE}"\nlocal = false\n')
                here, there = (aws.migrator(where, env=name) for name in (HERE, THERE))
                settle = partial(clock.sleep, SETTLED)
                make_by_hand(here.session.dynamodb(), creations, settle)
                check_round(here, there, creations, settle=settle, beside=BESIDE)
            assert aws.simulator.unknown == []
        done.tables += len(creations)

    send_round(visit, None, done)
    print(f"{done.tables} tables came round on the simulator")  # noqa: T201 - the count is what a sweep is for
    assert done.tables >= done.wanted


def test_tables_on_dynamodb_local_come_round(engine: Engine) -> None:
    """With what DynamoDB Local keeps of what it is told."""
    done = Count(ON_DYNAMODB_LOCAL)

    def visit(creations: tuple[CreateTable, ...], given_to_all: Mapping[str, str]) -> None:
        with own_database(engine) as own, TemporaryDirectory(prefix="osem-migrate-round-") as folder:
            where = project(Path(folder), given_to_all, "")
            here, there = (
                Migrator.open(name, project=where, connection=Connection(endpoint_url=own.endpoint_url))
                for name in (HERE, THERE)
            )
            settle = partial(_wait, here, creations)
            make_by_hand(here.session.dynamodb(), creations, settle)
            check_round(here, there, creations, settle=settle, beside=BESIDE[:1])
        done.tables += len(creations)

    send_round(visit, KEPT_LOCALLY, done)
    print(f"{done.tables} tables came round on DynamoDB Local")  # noqa: T201 - the count is what a sweep is for
    assert done.tables >= done.wanted


@contextmanager
def own_database(engine: Engine) -> Iterator[Engine]:
    """An empty DynamoDB Local."""
    own = Engine(engine.endpoint_url)
    with mock.patch.dict(os.environ, own.environ()):
        yield own


def _wait(here: Migrator, creations: Sequence[CreateTable]) -> None:
    while any(live.busy for live in here.deployment.gateway.describe_all({create.table: () for create in creations})):
        time.sleep(0.02)
