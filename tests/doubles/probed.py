"""Tables on the simulator to be probed, in time that passes only when somebody sleeps."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osem_migrate.commands.probe import probe_tables
from osem_migrate.commands.verify import VerifyOptions
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import CreateTable, SetTimeToLive
from osem_migrate.planning.probe import MARKER
from osem_migrate.planning.verify import Check
from osem_migrate.schema import B, Index, LocalIndex, N, S, Schema
from osem_migrate.stop import Stop
from tests.doubles.simulated_aws import SimulatedAws, project_of
from tests.simulator import Call, Durations, Simulator
from tests.simulator.clock import VirtualClock

if TYPE_CHECKING:
    from osem_migrate.deployment.deployment import Deployment

Item = dict[str, Any]

TEAMS = CreateTable(
    "Teams",
    S("teamId"),
    N("version"),
    indexes=[
        Index("manager-index", (S("managerId"), B("digest")), (N("since"), S("teamId"))),
        Index("title-index", S("owner"), None, "INCLUDE", ["title"]),
        Index("keys-index", N("since"), projection="KEYS_ONLY"),
    ],
    local_indexes=[LocalIndex("status-local", S("status"))],
    settings=[SetTimeToLive("Teams", "expiresAt")],
)
USERS = CreateTable("Users", B("userId"))
KEY: Item = {"teamId": {"S": "osem-migrate/probe"}, "version": {"N": "-271828182845"}}
ITEM_CALLS = ("PutItem", "GetItem", "Query", "DeleteItem")


@cache
def _connected() -> tuple[VirtualClock, SimulatedAws, "Deployment"]:
    """A deployment of environment dev whose calls go to whichever simulator is there; made once, because that takes."""
    clock = VirtualClock()
    aws = SimulatedAws(clock, Simulator(clock=clock))
    with tempfile.TemporaryDirectory() as folder, aws.surroundings():
        deployment = aws.migrator(project_of(Path(folder))).deployment
        deployment.session.dynamodb()
    return clock, aws, deployment


class ProbedTables:
    """An account whose tables are ACTIVE, and a deployment that is to probe them.

    Attributes:
        clock: its time.
        simulator: the account.
        deployment: of environment dev.
    """

    def __init__(self, creations: tuple[CreateTable, ...], durations: Durations) -> None:
        self.clock, self._aws, self.deployment = _connected()
        self.simulator = Simulator(clock=self.clock, durations=durations, sleep=self.clock.sleep)
        self._aws.simulator = self.simulator
        self._creations = creations
        self.began = 0.0

    @classmethod
    @contextmanager
    def standing(cls, *creations: CreateTable, durations: Durations | None = None) -> Iterator["ProbedTables"]:
        """Such an account, with these tables or Teams and Users; nothing unknown was asked of it in the end."""
        probed = cls(creations or (TEAMS, USERS), durations or Durations())
        with probed._aws.surroundings():
            for create in probed._creations:
                for step in create.steps(Schema()):
                    getattr(probed.client, step.method)(**step.call(f"osem-dev-{create.table}"))
                    probed.clock.sleep(60)
            probed.simulator.calls.clear()
            probed.clock.slept.clear()
            probed.began = probed.clock.seconds
            yield probed
        assert probed.simulator.unknown == []

    @property
    def waited(self) -> float:
        """Seconds since the tables stood there."""
        return self.clock.seconds - self.began

    @property
    def client(self) -> Any:
        """boto3's, of the deployment."""
        return self.deployment.session.dynamodb()

    def live_tables(self) -> list[LiveTable]:
        """What DynamoDB describes."""
        wanted = {
            create.table: [type(setting) for setting in create.apply(Schema()).table(create.table).settings]
            for create in self._creations
        }
        return self.deployment.gateway.describe_all(wanted)

    def probe(self, stop: Stop | None = None) -> dict[str, tuple[Check, ...]]:
        """One probe of all tables."""
        again = VerifyOptions(probe=True).again()
        return probe_tables(self.deployment, self.live_tables(), stop or Stop(self.clock.clock), again=again)

    def put(self, item: Item, table: str = "osem-dev-Teams") -> None:
        """An item of somebody else's, seen by nobody."""
        self.simulator._apply("PutItem", {"TableName": table, "Item": item})

    def items(self) -> list[Item]:
        """All items of all tables."""
        return [item for table in self.simulator.account.tables.values() for item in table.items.rows.values()]

    def samples(self) -> list[Item]:
        """Those of probes."""
        return [item for item in self.items() if MARKER in item]

    def made(self, action: str) -> list[Call]:
        """The calls of one kind."""
        return [call for call in self.simulator.calls if call.action == action]


def failed(checks: dict[str, tuple[Check, ...]]) -> list[str]:
    """What did not pass, by table."""
    return [f"{name}: {check.describe()}" for name, found in checks.items() for check in found if not check.passed]


def describe_all(checks: dict[str, tuple[Check, ...]]) -> list[str]:
    """Every check, by table."""
    return sorted(f"{name}: {check.describe()}" for name, found in checks.items() for check in found)
