"""What status gathers: every table of the environment, as far as AWS tells, and nothing that it need not know."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from osem_migrate.aws.region import RegionChoice
from osem_migrate.commands.status import StatusOptions
from osem_migrate.commands.status import status as find_status
from osem_migrate.deployment.connection import Connection
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import AccessDenied, ExitCode, Throttled
from osem_migrate.history import History
from osem_migrate.migration import Migration
from osem_migrate.operations import CreateTable, SetBilling, SetTimeToLive
from osem_migrate.operations.step import calls
from osem_migrate.planning.status.status import Status
from osem_migrate.schema import S, Schema
from tests.doubles.control_plane import ControlPlane
from tests.doubles.project import write_project
from tests.simulator.clock import VirtualClock
from tests.unit.planning.builders import history, migration, record

if TYPE_CHECKING:
    from osem_migrate.aws.session import Session

TEAMS = migration(1, CreateTable("Teams", S("teamId")))
EXPIRING = migration(1, CreateTable("Teams", S("teamId"), settings=[SetTimeToLive("Teams", "expiresAt")]))
SCALED = migration(1, CreateTable("Teams", S("teamId"), settings=[SetBilling.provisioned("Teams", read=5, write=5)]))


class AwsSession:
    """A session whose DynamoDB is in memory, and whose autoscaler owns what a test says."""

    def __init__(self, *, local: bool = False) -> None:
        self.region = RegionChoice("eu-west-1", "pyproject.toml")
        self.endpoint_url, self.profile = None, None
        self.local = self.emulated = local
        self.aws = ControlPlane(VirtualClock())
        self.scalable: list[str] | Exception = []
        self.clients = 0

    def dynamodb(self) -> Any:
        return self.aws.client

    def autoscaling(self) -> Any:
        self.clients += 1
        return self

    def describe_scalable_targets(self, **parameters: Any) -> dict[str, Any]:
        if isinstance(self.scalable, Exception):
            raise self.scalable
        resource = parameters["ResourceIds"][0]
        return {
            "ScalableTargets": [
                {"ResourceId": resource, "ScalableDimension": f"dynamodb:table:{side}"} for side in self.scalable
            ]
        }


class Environment:
    """One deployment of dev on that session; what was recorded is told to it."""

    def __init__(self, folder: Path, settings: str = "", *, local: bool = False) -> None:
        project = write_project(folder, {}, f"[tool.osem-migrate.environments.dev]\n{settings}\n")
        self.session = AwsSession(local=local)
        self.aws = self.session.aws
        self.deployment = Deployment(
            project.environment("dev"),
            cast("Session", self.session),
            connection=Connection(),
            tool_version="0.1.0",
            clock=VirtualClock().clock,
            tell=lambda _event: None,
        )

    def create(self, script: Migration) -> None:
        """What the script declares, live and settled."""
        (create,) = script.operations
        for step in calls(create.steps(Schema())):
            live = self.deployment.gateway.describe(create.table)
            self.deployment.gateway.perform(step, live, guard=lambda: None)
            self.aws.settle()
        self.aws.calls.clear()

    def status(self, *scripts: Migration, past: History | None = None, **options: Any) -> Status:
        """The status, where these scripts are applied."""
        recorded = past or history(*(record(script) for script in scripts))
        self.deployment.observe = lambda: (recorded, False)  # type: ignore[method-assign]
        return find_status(self.deployment, scripts, StatusOptions(**options))

    def asked(self) -> list[str]:
        """The names of all calls, sorted."""
        return sorted(name for name, _ in self.aws.calls)


@pytest.fixture
def dev(tmp_path: Path) -> Environment:
    """Teams, live."""
    environment = Environment(tmp_path)
    environment.create(TEAMS)
    return environment


def codes(status: Status) -> list[str]:
    """The codes of all problems, then those of all remarks in brackets."""
    return [problem.code for problem in status.problems] + [f"({remark.code})" for remark in status.remarks]


def test_every_table_is_asked_for_what_might_be_on(dev: Environment) -> None:
    """One listing, and each table's description, time to live and recovery, and the tags that tell of another owner."""
    assert codes(dev.status(TEAMS)) == []
    assert dev.asked() == [
        "DescribeContinuousBackups",
        "DescribeTable",
        "DescribeTimeToLive",
        "ListTables",
        "ListTagsOfResource",
    ]


@pytest.mark.parametrize("strict", [False, True])
def test_what_somebody_turned_on_is_told(dev: Environment, *, strict: bool) -> None:
    """As a remark, or as drift with --strict."""
    recovery = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    request = {"TableName": "osem-dev-Teams", "PointInTimeRecoverySpecification": recovery}
    dev.aws.by_hand("UpdateContinuousBackups", request)
    found = dev.status(TEAMS, strict=strict)
    assert codes(found) == ["DRIFT_SETTING_UNDECLARED" if strict else "(DRIFT_SETTING_UNDECLARED)"]
    assert found.exit_code() is (ExitCode.DRIFT if strict else ExitCode.OK)


def test_a_role_that_may_not_ask_is_not_told(dev: Environment) -> None:
    """What nobody declared is no reason to fail, nor to note; one question is enough to find out."""
    dev.aws.refuse("DescribeContinuousBackups", "AccessDeniedException", "no", times=99)
    found = dev.status(TEAMS)
    assert (codes(found), found.notes) == ([], ())


def test_a_role_that_may_not_ask_fails_where_nothing_may_be_missed(dev: Environment) -> None:
    """Strict is strict; and what was declared has to be read in any case."""
    dev.aws.refuse("DescribeTimeToLive", "AccessDeniedException", "no", times=99)
    with pytest.raises(AccessDenied, match="DescribeTimeToLive"):
        dev.status(TEAMS, strict=True)
    with pytest.raises(AccessDenied, match="DescribeTimeToLive"):
        dev.status(EXPIRING)


def test_a_service_that_limits_questions_is_noted(dev: Environment) -> None:
    """Nothing is missed without a word."""
    dev.aws.refuse("DescribeTimeToLive", "ThrottlingException", "Rate exceeded", times=99)
    found = dev.status(TEAMS)
    assert found.in_sync
    (note,) = found.notes
    assert note.startswith("Not all undeclared settings were looked for: dynamodb:DescribeTimeToLive")


def test_tables_that_nobody_declared_are_found(dev: Environment) -> None:
    """Under this environment's prefix; another's, the history's and other people's are none of its business."""
    for name in ("Strangers", "SchemaMigrations"):
        dev.create(migration(1, CreateTable(name, S("id"))))
    (create,) = calls(CreateTable("Strangers", S("id")).steps(Schema()))
    for name in ("osem-prod-Strangers", "others"):
        dev.aws.by_hand("CreateTable", create.call(name))
    found = dev.status(TEAMS)
    assert [(problem.code, problem.subject) for problem in found.problems] == [
        ("DRIFT_TABLE_UNEXPECTED", "osem-dev-Strangers")
    ]


def test_a_role_that_may_not_list_is_a_note(dev: Environment) -> None:
    """Everything else is compared as ever."""
    dev.aws.refuse("ListTables", "AccessDeniedException", "no")
    found = dev.status(TEAMS)
    assert found.in_sync
    (note,) = found.notes
    assert note.startswith("Undeclared tables were not looked for: dynamodb:ListTables")


def test_any_other_refusal_of_the_listing_is_told(dev: Environment) -> None:
    """An answer without it would be half an answer."""
    dev.aws.refuse("ListTables", "ThrottlingException", "Rate exceeded")
    with pytest.raises(Throttled):
        dev.status(TEAMS)


def test_where_nothing_can_be_compared_nothing_is_unexpected(dev: Environment) -> None:
    """A script that this checkout lacks may have created it."""
    dev.create(migration(1, CreateTable("Strangers", S("id"))))
    past = history(record(TEAMS), record(migration(9)))
    assert codes(dev.status(TEAMS, past=past)) == ["MIGRATION_FUTURE"]


PLANS = migration(2, CreateTable("Plans", S("id")))


@pytest.mark.parametrize(
    ("later", "drift"),
    [
        ([history(record(TEAMS))], []),
        ([history(record(TEAMS), record(PLANS))], ["DRIFT_TABLE_MISSING"]),
        ([history(record(TEAMS), record(PLANS, updated_at=at)) for at in (7, 8, 9)], ["DRIFT_TABLE_MISSING"]),
    ],
    ids=["it was reverted", "nobody is at work", "never at rest"],
)
def test_a_run_that_ends_while_one_looks_is_no_drift(dev: Environment, later: list[History], drift: list[str]) -> None:
    """Where something seems to have drifted, the history is read again, though not for ever."""
    answers = iter([history(record(TEAMS), record(PLANS)), *later])
    dev.deployment.observe = lambda: (next(answers), False)  # type: ignore[method-assign]
    found = find_status(dev.deployment, [TEAMS, PLANS], StatusOptions())
    assert [code for code in codes(found) if code.startswith("DRIFT")] == drift


def scaled(folder: Path, settings: str = "", *, local: bool = False) -> Environment:
    """Teams, declared with 5 units of each kind, live with 9 read units."""
    environment = Environment(folder, settings, local=local)
    environment.create(SCALED)
    throughput = {"ReadCapacityUnits": 9, "WriteCapacityUnits": 5}
    environment.aws.by_hand("UpdateTable", {"TableName": "osem-dev-Teams", "ProvisionedThroughput": throughput})
    environment.aws.settle()
    return environment


@pytest.mark.parametrize(
    ("scalable", "drift"),
    [
        (["ReadCapacityUnits", "WriteCapacityUnits"], []),
        (["WriteCapacityUnits"], ["DRIFT_BILLING"]),
        ([], ["DRIFT_BILLING"]),
        (AccessDenied("no right"), ["DRIFT_BILLING"]),
    ],
)
def test_capacity_that_an_autoscaler_owns_is_no_drift(
    scalable: list[str] | Exception, drift: list[str], tmp_path: Path
) -> None:
    """Application-autoscaling knows; where it may not be asked, the difference is told."""
    dev = scaled(tmp_path)
    dev.session.scalable = scalable
    found = dev.status(SCALED)
    assert (codes(found), found.notes) == (drift, ())
    assert dev.session.clients == 1


def test_nobody_is_asked_where_nothing_differs(dev: Environment) -> None:
    """Most environments have no autoscaler."""
    dev.status(TEAMS)
    assert dev.session.clients == 0


@pytest.mark.parametrize(
    ("settings", "drift"),
    [
        ("autoscaled = true", []),
        ('autoscaled = ["Teams"]', []),
        ('autoscaled = ["Users"]', ["DRIFT_BILLING"]),
        ("autoscaled = false", ["DRIFT_BILLING"]),
    ],
)
def test_the_configuration_may_say_whose_the_capacity_is(settings: str, drift: list[str], tmp_path: Path) -> None:
    """Of all tables, or of those that it names; then nobody is asked."""
    dev = scaled(tmp_path, settings)
    assert codes(dev.status(SCALED)) == drift
    assert dev.session.clients == (1 if drift else 0)


def test_a_local_engine_has_no_autoscaler(tmp_path: Path) -> None:
    """AWS is not asked about tables that are not there."""
    dev = scaled(tmp_path, local=True)
    assert codes(dev.status(SCALED)) == ["DRIFT_BILLING"]
    assert dev.session.clients == 0
