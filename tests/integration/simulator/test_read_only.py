"""Questions change nothing: they run under the policy of a reader, give the same answers, and attempt no write."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import DowngradeOptions, ListOptions, PolicyOptions
from osem_migrate.cli.documents.doctor import doctor_document
from osem_migrate.cli.documents.history import entry_document
from osem_migrate.cli.documents.list_tables import list_document
from osem_migrate.cli.documents.plan import plan_document
from osem_migrate.cli.documents.status import status_document
from osem_migrate.cli.documents.verify import verify_document
from osem_migrate.cli.main import run as run_words
from osem_migrate.commands.doctor import DoctorOptions
from osem_migrate.config import Project
from osem_migrate.history import ShownState
from osem_migrate.migrator import Migrator
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.policy import Role
from tests.doubles.permitted import READER, RUNNER, acting_as, limit, own_project_on_aws, quick_aws
from tests.doubles.project import BY_MANAGER, TEAMS, write_project
from tests.doubles.simulated_aws import CREDENTIALS, TUNNEL, SimulatedAws
from tests.doubles.skipping_clock import SkippingClock
from tests.simulator import Hook, Simulator, serve
from tests.simulator.policy import Policy
from tests.simulator.simulator import ACCOUNT_ID

Question = Callable[[Migrator], Any]

# One table after the other, so that a run that is held at one call is at rest as a whole.
ONE_LANE = {
    "0001_teams": TEAMS,
    "0002_by_manager": BY_MANAGER,
    "0003_by_season": 'operations = [AddIndex("Teams", "season-index", S("season"))]',
    "0004_expiry": 'operations = [SetTimeToLive("Teams", "expiresAt")]',
}


def _as_data(migrator: Migrator, plan: Plan) -> Any:
    return plan_document(plan, migrator.environment, migrator.session.region.name)


PATIENCE = 60.0  # real seconds after which a held run is known not to come

QUESTIONS: dict[str, Question] = {
    "status": lambda migrator: status_document(migrator.status()),
    "verify": lambda migrator: verify_document(migrator.verify()),
    "list": lambda migrator: list_document(migrator.tables(ListOptions(details=True)), migrator.unfinished_passes()),
    "history": lambda migrator: {"events": [entry_document(entry) for entry in migrator.history()]},
    "doctor": lambda migrator: doctor_document(
        Migrator.doctor(
            DoctorOptions(
                environment="dev", start=migrator.project.root, tool_version="1", clock=migrator.deployment.clock
            )
        ),
        "status",
    ),
    "policy": lambda migrator: migrator.policy(PolicyOptions(Role.DOWNGRADE)).document,
    "upgrade --dry-run": lambda migrator: _as_data(migrator, migrator.plan()),
    "downgrade --dry-run": lambda migrator: _as_data(migrator, migrator.plan_downgrade(DowngradeOptions("0"))),
}


@pytest.fixture
def aws() -> Iterator[SimulatedAws]:
    """An account without tables."""
    with SkippingClock() as clock, quick_aws(clock) as aws:
        yield aws


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """This repository's own migrations, in an environment of AWS."""
    return own_project_on_aws(tmp_path)


def answers(aws: SimulatedAws, project: Project, access_key: str) -> dict[str, Any]:
    """Every question, asked by one identity."""
    with acting_as(access_key):
        migrator = aws.migrator(project)
        return {name: ask(migrator) for name, ask in QUESTIONS.items()}


def check_reader(aws: SimulatedAws, project: Project) -> dict[str, Any]:
    """The reader is told what everybody is told, is refused nothing, and attempts no write."""
    limit(aws, READER, aws.migrator(project), Role.STATUS)
    told, known = answers(aws, project, READER), answers(aws, project, RUNNER)
    for question, answer in told.items():
        assert answer == known[question], question
    asked = [call for call in aws.simulator.calls if call.access_key == READER]
    assert asked
    assert [call for call in asked if not call.reads] == []
    assert [call for call in asked if call.outcome == "AccessDeniedException"] == []
    return told


def states(told: dict[str, Any]) -> set[str]:
    """The states that status shows."""
    return {migration["state"] for migration in told["status"]["migrations"]}


def test_before_there_is_a_history(aws: SimulatedAws, project: Project) -> None:
    """Nothing is created by asking: afterwards there is no table at all."""
    told = check_reader(aws, project)
    assert states(told) == {ShownState.PENDING}
    assert aws.simulator.account.tables == {}


def test_during_somebody_elses_upgrade_and_after_it(aws: SimulatedAws, tmp_path: Path) -> None:
    """A run that is held in the middle is seen at work, is not disturbed, and ends as if nobody had looked."""
    project = write_project(tmp_path, ONE_LANE, TUNNEL)
    held, release = threading.Event(), threading.Event()

    def hold(_call: object) -> None:
        held.set()
        release.wait(PATIENCE)

    runner = aws.migrator(project)
    runner.session.dynamodb()  # with the credentials of now
    aws.simulator.faults.plan(Hook(before=hold), action="UpdateTable", nth=2)
    upgrade = threading.Thread(target=runner.upgrade)
    upgrade.start()
    try:
        assert held.wait(PATIENCE)
        told = check_reader(aws, project)
    finally:
        release.set()
        upgrade.join(PATIENCE)
    assert ShownState.RUNNING in states(told)
    assert any("heartbeat is active" in finding["message"] for finding in told["doctor"]["findings"])
    told = check_reader(aws, project)
    assert told["status"]["in_sync"]
    assert told["verify"]["passed"]


COMMANDS = (
    ("status", "--exit-zero"),
    ("verify",),
    ("list", "--details"),
    ("history",),
    ("doctor",),
    ("policy",),
    ("upgrade", "--dry-run"),
    ("downgrade", "--to", "0", "--dry-run"),
)


def test_on_the_command_line(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command as it is typed, by a reader, before anything is there: it ends well and asks questions only."""
    for name, text in CREDENTIALS.items():
        monkeypatch.setenv(name, text)
    monkeypatch.chdir(project.root)
    options = PolicyOptions(Role.STATUS, region="us-east-1", account=ACCOUNT_ID)
    reader = Migrator.open("dev", project=project).policy(options)
    with serve(Simulator()) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.endpoint_url)
        server.simulator.policies[RUNNER] = Policy.read(reader.document)
        codes = {words: run_words([*words, "--endpoint-url", server.endpoint_url]) for words in COMMANDS}
        assert set(codes.values()) == {0}, codes
        assert {call.action for call in server.calls if not call.reads} == set()
        assert "AccessDeniedException" not in {call.outcome for call in server.calls}
        assert server.simulator.account.tables == {}
