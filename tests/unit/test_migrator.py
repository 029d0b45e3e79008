"""The library's facade: where it connects to, whom it refuses to be, and what it says to type next."""

import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import click
import pytest
from moto import mock_aws

from osem_migrate import UpgradeOptions
from osem_migrate.aws.region import RegionChoice
from osem_migrate.aws.session import Identity, Session
from osem_migrate.cli.status import command as status_command
from osem_migrate.clock import SYSTEM_CLOCK
from osem_migrate.config import Project
from osem_migrate.config.project import DEFAULT_ENVIRONMENT, ENVIRONMENT_VARIABLE
from osem_migrate.deployment.connection import Connection
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import (
    AccountMismatch,
    ConfirmationRequired,
    CredentialsMissing,
    ExitCode,
    RegionMismatch,
    ScriptError,
    UnknownEnvironment,
)
from osem_migrate.events import EngineStarted, MigrationFinished, RunEvent
from osem_migrate.history import History
from osem_migrate.local import EngineKind
from osem_migrate.local import configured as module
from osem_migrate.migrator import Migrator
from tests.doubles.control_plane import ControlPlane
from tests.doubles.project import HISTORY, TEAMS, Watched, client_of, write_project
from tests.doubles.typed import typed
from tests.simulator.clock import VirtualClock
from tests.simulator.simulator import ACCOUNT_ID

PROD = '[tool.osem-migrate.environments.prod]\nregion = "eu-west-1"\n'
ACCOUNTED = f'{PROD}account_id = "{ACCOUNT_ID}"\n'
NOWHERE = "http://dynamodb.example.com:8000"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose prod is in eu-west-1."""
    return write_project(tmp_path, {"0001_teams": TEAMS}, PROD)


class FakeSession:
    """A session of AWS whose STS names an account, and whose DynamoDB has no history table."""

    def __init__(self, account: str = ACCOUNT_ID) -> None:
        self.region = RegionChoice("eu-west-1", "pyproject.toml")
        self.endpoint_url: str | None = None
        self.local = self.emulated = False
        self.profile: str | None = None
        self.asked = 0
        self.aws = ControlPlane(VirtualClock(beat=0.02))
        self._identity = Identity(account, f"arn:aws:iam::{account}:user/ada")

    def identity(self) -> Identity:
        self.asked += 1
        return self._identity

    def dynamodb(self) -> Any:
        return self.aws.client


def on_aws(project: Project, session: FakeSession, connection: Connection | None = None) -> Migrator:
    """A Migrator of prod on that session."""
    deployment = Deployment(
        project.environment("prod"),
        cast("Session", session),
        connection=connection or Connection(),
        tool_version="0.1.0",
        clock=session.aws.clock.clock,
        tell=lambda _event: None,
    )
    return Migrator(project, deployment)


@pytest.fixture
def accounted(tmp_path: Path) -> Project:
    """A project whose prod names its account; the history is empty, as far as these tests ask."""
    return write_project(tmp_path, {"0001_teams": TEAMS}, ACCOUNTED)


@pytest.mark.parametrize("says", ["us-west-2 was asked for", "AWS_REGION says us-west-2"])
def test_another_region_than_the_configured_one_stops(
    project: Project, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    """The message says where the other region came from, before any call, and names no option to a program."""
    connection = Connection()
    if not says.startswith("AWS_REGION"):
        connection = Connection(region="us-west-2")
    else:
        monkeypatch.setenv("AWS_REGION", "us-west-2")
    with pytest.raises(RegionMismatch, match=f"prod.*eu-west-1, but {says}$") as caught:
        Migrator.open("prod", project=project, connection=connection)
    assert "--force" in typed(caught.value)
    assert "--" not in caught.value.message + caught.value.remediation


@pytest.mark.parametrize(
    "connection",
    [
        Connection(),
        Connection(region="eu-west-1"),
        Connection(region="us-west-2", force=True),
        Connection(region="us-west-2", endpoint_url="http://localhost:1"),
    ],
    ids=["configured", "the same", "forced", "a local engine"],
)
def test_these_regions_are_fine(project: Project, connection: Connection) -> None:
    """The configured one, the same one, any with --force, and any on a local engine."""
    assert Migrator.open("prod", project=project, connection=connection).environment.name == "prod"


def test_an_unconfigured_region_is_no_mismatch(tmp_path: Path) -> None:
    """Where nobody said which, any will do."""
    project = write_project(tmp_path, {}, "[tool.osem-migrate.environments.prod]\n")
    assert (
        Migrator.open("prod", project=project, connection=Connection(region="us-west-2")).session.region.name
        == "us-west-2"
    )


def test_an_unknown_environment_stops(project: Project) -> None:
    """Before anything is connected to."""
    with pytest.raises(UnknownEnvironment, match="prod"):
        Migrator.open("prd", project=project)


def test_without_a_project_the_nearest_one_is_found(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the working folder upwards."""
    monkeypatch.chdir(project.migrations)
    assert Migrator.open("prod").project.root == project.root


@pytest.mark.parametrize("ask", ["upgrade", "plan", "status", "history", "tables"])
def test_another_account_stops_before_any_table_is_looked_at(accounted: Project, ask: str) -> None:
    """The wrong account's tables say nothing about this environment, and nothing of it is touched."""
    session = FakeSession(account="999999999999")
    with pytest.raises(AccountMismatch, match=f"{ACCOUNT_ID}.*user/ada.*999999999999") as caught:
        getattr(on_aws(accounted, session), ask)()
    assert caught.value.details == {"expected": ACCOUNT_ID, "found": "999999999999"}
    assert session.aws.calls == []


def test_the_right_account_is_asked_for_once(accounted: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many questions follow, one call to STS answers for all of them."""
    session = FakeSession()
    migrator = on_aws(accounted, session)
    monkeypatch.setattr(migrator.deployment.history, "read", History)
    migrator.plan()
    migrator.status()
    assert session.asked == 1


def test_a_question_needs_no_identity_where_no_account_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STS may be out of reach of a network that reaches DynamoDB."""
    session = FakeSession()
    migrator = on_aws(project, session)
    monkeypatch.setattr(migrator.deployment.history, "read", History)
    assert migrator.status().exit_code() is ExitCode.PENDING
    assert session.asked == 0


def test_a_place_has_the_account_that_is_known(project: Project, accounted: Project) -> None:
    """The one that was asked for, before that the configured one, and none on a local engine; nobody asks for it."""
    session = FakeSession(account="999999999999")
    deployment = on_aws(project, session).deployment
    assert (deployment.place.account_id, session.asked) == (None, 0)
    assert deployment.identity.account == deployment.place.account_id == "999999999999"
    deployment = on_aws(accounted, session).deployment
    assert deployment.place.account_id == ACCOUNT_ID
    assert deployment.identity.account == deployment.place.account_id == "999999999999"
    session.local, session.endpoint_url = True, "http://localhost:4610"
    place = deployment.place
    assert (place.account_id, place.endpoint_url, place.region) == (None, "http://localhost:4610", "eu-west-1")


def test_credentials_are_checked_before_the_first_write(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade asks STS who we are even where no account is named; without an answer nothing is created."""
    session = FakeSession()
    migrator = on_aws(project, session)
    monkeypatch.setattr(migrator.deployment.history, "read", History)

    def nobody() -> Identity:
        raise CredentialsMissing("none")

    monkeypatch.setattr(session, "identity", nobody)
    with pytest.raises(CredentialsMissing):
        migrator.upgrade()
    assert session.aws.mutations() == []


def test_a_mistake_in_a_script_costs_no_call(accounted: Project) -> None:
    """Not even to STS."""
    write_project(accounted.root, {"0002_mistake": "operations = ["}, ACCOUNTED)
    session = FakeSession()
    for ask in ("plan", "upgrade", "status"):
        with pytest.raises(ScriptError):
            getattr(on_aws(accounted, session), ask)()
    assert (session.asked, session.aws.calls) == (0, [])


@pytest.mark.parametrize(
    ("connection", "flags"),
    [
        (Connection(), ()),
        (Connection(region="eu-west-1"), ("--region", "eu-west-1")),
        (
            Connection(profile="ops", endpoint_url="http://localhost:1", force=True),
            ("--profile", "ops", "--endpoint-url", "http://localhost:1", "--force"),
        ),
    ],
)
def test_the_next_command_repeats_the_options(project: Project, connection: Connection, flags: tuple[str, ...]) -> None:
    """What was said on this command line is said on the one that continues."""
    session = FakeSession()
    caller = on_aws(project, session, connection).caller
    assert caller.show(["upgrade"]) == " ".join(["osem-migrate", "upgrade", "--env", "prod", *flags])


def test_the_aws_cli_is_sent_to_the_same_place(project: Project) -> None:
    """Region, endpoint and profile as they were decided, wherever they came from."""
    session = FakeSession()
    assert on_aws(project, session).caller.aws_flags == ("--region", "eu-west-1")
    session.endpoint_url = NOWHERE
    session.profile = "ops"
    assert on_aws(project, session).caller.aws_flags == (
        *("--region", "eu-west-1"),
        *("--endpoint-url", NOWHERE),
        *("--profile", "ops"),
    )


@pytest.mark.parametrize("running", [True, False])
def test_the_local_environment_has_an_engine_of_its_own(
    project: Project,
    moto_server: str,
    monkeypatch: pytest.MonkeyPatch,
    running: bool,  # noqa: FBT001 a parameter
) -> None:
    """``local`` needs no endpoint: the engine that runs is used, and started where none does."""
    here = SimpleNamespace(endpoint_url=moto_server, kind=EngineKind.MOTO, instead_of=4610)
    started: list[object] = []

    def start() -> SimpleNamespace:
        started.append(here)
        return here

    engine = SimpleNamespace(status=lambda: here if running else None, start=start)
    monkeypatch.setattr(module, "configured_engine", lambda _project: engine)
    told: list[RunEvent] = []
    migrator = Migrator.open("local", project=project, on_event=told.append)
    assert migrator.session.endpoint_url == moto_server
    assert told == ([] if running else [EngineStarted("moto", moto_server, 4610)])
    assert migrator.upgrade().applied == ("0001_teams",)
    assert started == ([] if running else [here])


@pytest.mark.parametrize(
    ("variable", "given", "name"),
    [(None, None, "dev"), ("prod", None, "prod"), ("", None, "dev"), ("prod", "dev", "dev"), (None, "prod", "prod")],
)
def test_an_environment_that_nobody_names_is_that_of_osem_env(
    project: Project, monkeypatch: pytest.MonkeyPatch, variable: str | None, given: str | None, name: str
) -> None:
    """A program finds the environment as the command line does: what is named, then OSEM_ENV, then dev."""
    if variable is not None:
        monkeypatch.setenv("OSEM_ENV", variable)
    with (project.root / "pyproject.toml").open("a") as configuration:
        configuration.write("[tool.osem-migrate.environments.dev]\n")
    found = Project.find(project.root)
    assert Migrator.open(*([given] if given is not None else []), project=found).environment.name == name
    if given is None:
        option = next(one for one in status_command.params if one.name == "environment")
        assert option.get_default(click.Context(status_command)) == DEFAULT_ENVIRONMENT
        assert option.envvar == ENVIRONMENT_VARIABLE


def test_callbacks_are_called_by_one_thread_at_a_time(tmp_path: Path, moto_server: str) -> None:
    """Lanes run side by side, and whoever listens need not know; a callback may even ask something itself."""
    project = write_project(
        tmp_path, {f"{number:04}_t": TEAMS.replace("Teams", f"T{number}") for number in range(1, 7)}
    )
    inside: set[str] = set()
    seen: dict[str, set[int]] = {"event": set(), "call": set()}
    overlaps: list[str] = []

    def told(kind: str) -> None:
        if kind in inside:
            overlaps.append(kind)
        inside.add(kind)
        time.sleep(0.001)
        seen[kind].add(threading.get_ident())
        inside.discard(kind)

    def on_event(event: RunEvent) -> None:
        told("event")
        if isinstance(event, MigrationFinished):
            migrator.tables()

    migrator = Migrator.open(
        "dev",
        project=project,
        connection=Connection(endpoint_url=moto_server),
        on_event=on_event,
        on_call=lambda _call: told("call"),
    )
    assert len(migrator.upgrade().applied) == 6
    assert overlaps == []
    assert min(map(len, seen.values())) > 1


def test_a_named_endpoint_starts_no_engine(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names an endpoint has an engine of their own."""
    monkeypatch.setattr(module, "configured_engine", lambda _project: pytest.fail("asked for"))
    connection = Connection(endpoint_url="http://localhost:1")
    assert Migrator.open("local", project=project, connection=connection).session.endpoint_url == "http://localhost:1"


@pytest.mark.parametrize("setting", ["configured", "asked for"])
def test_the_endpoint_of_the_environment_is_used(tmp_path: Path, setting: str) -> None:
    """pyproject.toml may name it; the command line goes before it."""
    project = write_project(tmp_path, {}, f'{PROD}endpoint_url = "{NOWHERE}"\n')
    asked = Connection(endpoint_url="http://localhost:1") if setting == "asked for" else None
    migrator = Migrator.open("prod", project=project, connection=asked)
    assert migrator.session.endpoint_url == (asked.endpoint_url if asked else NOWHERE)


def test_a_hazard_that_appears_behind_the_lock_is_confirmed_too(moto_server: str, tmp_path: Path) -> None:
    """The plan is made again under the lock; what it would destroy now, nobody has agreed to."""
    project = write_project(
        tmp_path,
        {
            "0001_teams": TEAMS,
            "0002_plans": 'operations = [CreateTable("Plans", S("planId"))]',
            "0003_gone": 'operations = [DropTable("Teams")]',
        },
        "[tool.osem-migrate.environments.dev]\n",
    )
    watched = Watched(project, connection=Connection(endpoint_url=moto_server))
    migrator = watched.migrator
    migrator.upgrade(UpgradeOptions("1"))
    before = watched.mutations()
    plan = migrator.plan(UpgradeOptions("2"))
    with pytest.raises(ConfirmationRequired):
        migrator.upgrade(UpgradeOptions(plan=plan))
    assert watched.mutations() == before
    lock = {"scope": {"S": "osem"}, "item": {"S": "lock"}}
    item = client_of(moto_server).get_item(TableName=HISTORY, Key=lock)["Item"]
    assert "owner" not in item, "the lock was released"


@pytest.mark.parametrize(
    "setting",
    [
        'SetBilling.on_demand("Teams", max_read=5)',
        'SetTableClass("Teams", "STANDARD_INFREQUENT_ACCESS")',
        'SetEncryption("Teams", "AWS_MANAGED")',
        'SetPointInTimeRecovery("Teams", True, days=10)',
    ],
)
def test_what_moto_forgets_inside_mock_aws_is_known_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """It answers in this process, where the calls seem to go to AWS: nobody may wait a minute for what never comes."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    project = write_project(tmp_path, {"0001_teams": TEAMS, "0002_set": f"operations = [{setting}]"})
    with mock_aws():
        clock = replace(SYSTEM_CLOCK, sleep=lambda seconds: pytest.fail(f"waits {seconds} s") if seconds >= 1 else None)
        migrator = Migrator.open("dev", project=project, clock=clock)
        assert migrator.session.emulated
        assert not migrator.session.local
        assert migrator.upgrade().applied == ("0001_teams", "0002_set")
        assert migrator.status().exit_code() == ExitCode.OK
    assert not migrator.session.emulated


def test_a_script_may_be_begun_from_a_program(project: Project) -> None:
    """As remedies say: no environment is needed for that."""
    path = Migrator.new("add season index to Teams", project)
    assert path == project.migrations / "0002_add_season_index_to_teams.py"
    assert path.is_file()


def test_an_unknown_environment_is_chosen_by_an_argument() -> None:
    """A program gives no option of the command line."""
    with pytest.raises(UnknownEnvironment) as caught:
        Migrator.open("nope")
    assert caught.value.remediation.endswith("or choose one with env='NAME'")
    assert typed(caught.value).endswith("or choose one with --env NAME")


def test_what_is_not_confirmed_names_the_look_and_the_consent() -> None:
    """Each of the commands that may lose data by its own names."""
    error = ConfirmationRequired("items would be lost")
    assert error.remediation == "Read the plan with migrator.preview(), then call it again with allow_data_loss=True."
    assert typed(error) == "Read the plan with --dry-run, then run the command again with --yes."
