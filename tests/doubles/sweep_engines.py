"""Engines with tables that are live as their scripts declare, to be changed by hand and put back."""

import copy
import os
import random
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import TYPE_CHECKING, Any, Protocol
from unittest import mock

from osem_migrate.aws.gateway import Gateway
from osem_migrate.deployment.connection import Connection
from osem_migrate.files.writer import script_source
from osem_migrate.history import Holder, Record, RecordedState
from osem_migrate.migrator import Migrator
from osem_migrate.operations import CreateTable
from osem_migrate.operations.step import RESOURCE_ARN, Call
from osem_migrate.schema import Schema, Table
from tests.doubles.manual_changes import ManualChange, construction, drop_steps
from tests.doubles.project import ENVIRONMENTS
from tests.doubles.simulated_aws import SHORTENED, TUNNEL, SimulatedAws, project_of
from tests.engines.engine import Engine
from tests.simulator import Limiter, Simulator, VirtualClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "osem-dev-"
BEAT = 0.02  # real seconds between two heartbeats, however far apart they are in simulated time


class SweepEngine(Protocol):
    """Where tables are: an engine with a Migrator whose scripts are applied."""

    migrator: Migrator
    lacks: frozenset[str]
    """Kinds of change that mean nothing there."""

    def change_by_hand(self, table: Table, change: ManualChange) -> None:
        """Make the change by hand."""

    def mends(self, steps: Sequence[Call]) -> bool:
        """Whether such calls do there what they do on AWS."""

    def perform(self, steps: Sequence[Call]) -> None:
        """Make these calls, each once the one before has settled."""

    def pristine(self, table: Table) -> AbstractContextManager[None]:
        """The table is live as declared; whatever the block does to it is undone in the end."""


def _record_applied(migrator: Migrator) -> None:
    """The history that an upgrade would have left."""
    deployment = migrator.deployment
    now = deployment.clock.milliseconds()
    me = Holder(
        owner="sweep",
        host="here",
        pid=1,
        identity="sweep",
        run_url=None,
        fence=0,
        lease_ms=20_000,
        heartbeat=0,
        acquired_at=now,
    )
    lease = deployment.lock.acquire(me, timeout=0, on_wait=lambda *_: None)
    records = [
        Record(
            migration=migration.id,
            state=RecordedState.APPLIED,
            checksum=migration.checksum,
            operations_total=len(migration.operations),
            done=tuple(range(len(migration.operations))),
            operation_hashes=migration.operation_hashes,
            started_at=now,
            finished_at=now,
            applied_by="sweep",
            tool_version=deployment.tool_version,
            fence=lease.holder.fence,
            created_at=now,
            updated_at=now,
            created_by="sweep",
        )
        for migration in migrator.scripts.migrations
    ]
    deployment.history.write(lease, [(None, record) for record in records])
    lease.release()


def _write_scripts(folder: Path, creations: Sequence[CreateTable]) -> None:
    folder.mkdir(exist_ok=True)
    for number, create in enumerate(creations, 1):
        script = folder / f"{number:04}_{create.table.lower()}.py"
        script.write_text(script_source(create.describe(), [create]), encoding="utf-8")


def _perform(client: "DynamoDBClient", gateway: Gateway, step: Call) -> None:
    physical = gateway.physical_name(step.table)
    if step.named_by == RESOURCE_ARN:
        physical = client.describe_table(TableName=physical)["Table"]["TableArn"]
    getattr(client, step.method)(**step.call(physical))


class SimulatedGround:
    """The simulator in this process: each table is put back by laying a copy of it in its place."""

    lacks: frozenset[str] = frozenset()
    SETTLED = 1200.0  # simulated seconds in which everything settles, an index build too
    COOLED = 3600.0  # after which time to live can be changed again

    def __init__(self, folder: Path, creations: Sequence[CreateTable], noise: random.Random) -> None:
        clock = VirtualClock(beat=BEAT)
        # How often AWS takes a call is the business of other tests.
        simulator = Simulator(clock=clock, durations=SHORTENED, limiter=Limiter(clock.now, mutations=None))
        self.aws = SimulatedAws(clock, simulator)
        self._clock = clock
        _write_scripts(folder / "migrations", creations)
        self.migrator = self.aws.migrator(project_of(folder, TUNNEL))
        self._client = self.migrator.session.dynamodb()
        self.migrator.deployment.history.create({})
        self._settle()
        _record_applied(self.migrator)
        for create in creations:
            self.perform(construction(create.apply(Schema()).table(create.table)))
        add_noise(self._client, noise)

    def change_by_hand(self, table: Table, change: ManualChange) -> None:
        """By the very calls."""
        del table
        self.perform(change.calls)

    def mends(self, steps: Sequence[Call]) -> bool:
        """All of them."""
        del steps
        return True

    def perform(self, steps: Sequence[Call]) -> None:
        """Each call, and then time."""
        for step in steps:
            _perform(self._client, self.migrator.deployment.gateway, step)
            self._clock.advance(self.COOLED if step.method == "update_time_to_live" else self.SETTLED)
            self._settle()

    @contextmanager
    def pristine(self, table: Table) -> Iterator[None]:
        """A copy of the table, and one of the history, is what the block works on."""
        tables = self.aws.simulator.account.tables
        names = (f"{PREFIX}{table.name}", self.migrator.environment.history_table)
        originals = {name: tables[name] for name in names}
        tables.update({name: copy.deepcopy(original) for name, original in originals.items()})
        try:
            yield
        finally:
            tables.update(originals)

    def later(self) -> Migrator:
        """Another Migrator, which reads the scripts as they are by now."""
        return self.aws.migrator(self.migrator.project)

    def _settle(self) -> None:
        self._clock.advance(self.SETTLED)
        self.aws.simulator.account.settle()


@contextmanager
def on_simulator(creations: Sequence[CreateTable], seed: int) -> Iterator[SimulatedGround]:
    """The simulator with these tables, and DescribeTable as noisy as it may be."""
    surroundings = SimulatedAws(VirtualClock(beat=BEAT)).surroundings()
    with TemporaryDirectory(prefix="osem-migrate-sweep-") as folder, surroundings:
        engine = SimulatedGround(Path(folder), creations, random.Random(seed))  # noqa: S311 - repeatable, not secret
        yield engine
        assert engine.aws.simulator.unknown == []


class LocalGround:
    """DynamoDB Local: each table is put back by making it anew, which takes no time there."""

    lacks = frozenset(
        {
            "encryption",
            "table class",
            "tags",
            "point-in-time recovery",
            "maximum throughput",
            "index maximum throughput",
            "undeclared encryption",
            "undeclared table class",
            "undeclared point-in-time recovery",
            "tags of others",
            "warm throughput",
        }
    )
    PAUSE, LOOKS = 0.02, 1000

    def __init__(self, folder: Path, creations: Sequence[CreateTable], noise: random.Random, engine: Engine) -> None:
        _write_scripts(folder / "migrations", creations)
        connection = Connection(endpoint_url=engine.endpoint_url)
        self.migrator = Migrator.open("dev", project=project_of(folder, ENVIRONMENTS), connection=connection)
        self._client = self.migrator.session.dynamodb()
        self.migrator.deployment.history.create({})
        _record_applied(self.migrator)
        for create in creations:
            self.perform(construction(create.apply(Schema()).table(create.table)))
        add_noise(self._client, noise)

    def change_by_hand(self, table: Table, change: ManualChange) -> None:
        """By a table made anew where that comes to the same."""
        calls = change.calls
        if change.anew is not None:
            calls = (*drop_steps(table), *construction(change.anew))
        self.perform(calls)

    def mends(self, steps: Sequence[Call]) -> bool:
        """An index that is deleted at times never goes away, and billing is not switched to an index's old capacity."""
        updates = [update for step in steps for update in step.parameters.get("GlobalSecondaryIndexUpdates", ())]
        modes = {step.parameters.get("BillingMode") for step in steps if step.method == "update_table"}
        return not any("Delete" in update for update in updates) and "PROVISIONED" not in modes

    def perform(self, steps: Sequence[Call]) -> None:
        """Each call, and then as long as it takes."""
        gateway = self.migrator.deployment.gateway
        for step in steps:
            _perform(self._client, gateway, step)
            for _ in range(self.LOOKS):
                if not (busy := gateway.describe(step.table).busy):
                    break
                sleep(self.PAUSE)
            else:
                raise AssertionError(f"{step} is not done: {busy}")

    @contextmanager
    def pristine(self, table: Table) -> Iterator[None]:
        """Made anew as soon as the block is left."""
        yield
        if self.migrator.deployment.gateway.describe(table.name).table is not None:
            protected = self._client.describe_table(TableName=f"{PREFIX}{table.name}")["Table"]
            if protected.get("DeletionProtectionEnabled"):
                self._client.update_table(TableName=f"{PREFIX}{table.name}", DeletionProtectionEnabled=False)
            self._client.delete_table(TableName=f"{PREFIX}{table.name}")
        self.perform(construction(table))


@contextmanager
def on_dynamodb_local(engine: Engine, creations: Sequence[CreateTable], seed: int) -> Iterator[LocalGround]:
    """DynamoDB Local with these tables, in a database of its own."""
    own = Engine(engine.endpoint_url)
    with TemporaryDirectory(prefix="osem-migrate-sweep-") as folder, mock.patch.dict(os.environ, own.environ()):
        yield LocalGround(Path(folder), creations, random.Random(seed), own)  # noqa: S311 - repeatable, not secret


def add_noise(client: "DynamoDBClient", chance: random.Random) -> None:
    """Let DescribeTable answer in any order, with other counts, and with what nobody asked for, as AWS may."""

    def disturb(parsed: dict[str, Any], **_: Any) -> None:
        table = parsed.get("Table")
        if table is None:
            return
        indexes = table.get("GlobalSecondaryIndexes", [])
        local = table.get("LocalSecondaryIndexes", [])
        for index in (*indexes, *local):
            chance.shuffle(index["Projection"].get("NonKeyAttributes", []))
        for counted in (table, *indexes, *local):
            counted["ItemCount"] = chance.randrange(10**6)
        table["AttributeDefinitions"].append({"AttributeName": "leftOver-definition", "AttributeType": "N"})
        for members in (table["AttributeDefinitions"], indexes, local):
            chance.shuffle(members)
        table["TableSizeBytes"] = chance.randrange(10**9)
        table.setdefault("ProvisionedThroughput", {})["NumberOfDecreasesToday"] = chance.randrange(4)
        table["SomethingNew"] = {"Status": "ACTIVE"}

    client.meta.events.register("after-call.dynamodb.DescribeTable", disturb)
