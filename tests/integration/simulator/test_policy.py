"""Policy: the whole journey runs under it, and uses all that it names."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from osem_migrate import (
    DestroyOptions,
    DowngradeOptions,
    ForecastOptions,
    ListOptions,
    Resolution,
    ResolveOptions,
    UpgradeOptions,
    VerifyOptions,
)
from osem_migrate.commands.doctor import DoctorOptions
from osem_migrate.config import Project
from osem_migrate.errors import AccessDenied, Interrupted, OsemMigrateError, PartialError
from osem_migrate.events import OperationFinished, RunEvent
from osem_migrate.migrator import Migrator
from osem_migrate.planning.doctor import Health
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.policy import Role
from osem_migrate.stop import Stop
from tests.doubles.permitted import RUNNER, limit, own_project_on_aws, quick_aws
from tests.doubles.project import write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws, client_answered_by
from tests.doubles.skipping_clock import SkippingClock

# Everything that takes a call of its own, in both directions.
EVERYTHING = """operations = [
    CreateTable("Teams", S("teamId")),
    AddIndex("Teams", "managerId-index", S("managerId")),
    SetTags("Teams", {"Owner": "platform"}),
    SetTags("Teams", {"Owner": None, "Team": "core"}),
    SetTimeToLive("Teams", "expiresAt"),
    SetPointInTimeRecovery("Teams", enabled=True),
]"""


@pytest.fixture
def aws() -> Iterator[SimulatedAws]:
    """An account without tables."""
    with SkippingClock() as clock, quick_aws(clock) as aws:
        yield aws


def everything(folder: Path) -> Project:
    """A project whose one script asks for all that a table can have."""
    return write_project(folder, {"0001_everything": EVERYTHING}, TUNNEL)


def look(migrator: Migrator) -> None:
    """Every question there is."""
    migrator.status()
    migrator.verify()
    migrator.history()
    migrator.tables(ListOptions(details=True))
    migrator.plan()
    migrator.plan_downgrade(DowngradeOptions("0"))
    options = DoctorOptions(
        environment="dev", start=migrator.project.root, tool_version="1", clock=migrator.deployment.clock
    )
    report = Migrator.doctor(options)
    assert report.count(Health.FAILED) == report.count(Health.WARNING) == 0, report


def named(*keys: str) -> Callable[[Path], Project]:
    """The same with tables of other names."""

    def make(folder: Path) -> Project:
        return write_project(folder, {"0001_everything": EVERYTHING}, "\n".join([*keys, TUNNEL]))

    return make


STAGE_LAST = named("table_name = '{entity}-{env}'")
NO_STAGE = named("table_name = '{entity}'")
MAPPED = named("tables = { Teams = 'MyStack-TableCD117FA1-1ABCD' }", "history_table = 'log-of-{application}'")


def upgrade_with_a_break(aws: SimulatedAws, project: Project) -> None:
    """A first run that is asked to stop after its first operation, and a second one that finishes the work."""
    stop = Stop(aws.clock.clock)

    def interrupt(event: RunEvent) -> None:
        if isinstance(event, OperationFinished):
            stop.request(Interrupted("stopped"))

    with pytest.raises(PartialError):
        aws.migrator(project, interrupt).upgrade(UpgradeOptions(stop=stop))
    aws.migrator(project).upgrade()


def damage(aws: SimulatedAws, migrator: Migrator, name: str) -> None:
    """Let what is recorded of a migration, of which there is no script, be nothing that anybody can read."""
    item = {"scope": {"S": migrator.project.application}, "item": {"S": f"migration#{name}"}, "number": {"S": "odd"}}
    aws.simulator._apply("PutItem", {"TableName": migrator.environment.history_table, "Item": item})


def set_right(aws: SimulatedAws, project: Project) -> None:
    """Delete what is recorded of a migration that nobody can read."""
    damage(aws, aws.migrator(project), "0099_lost")
    options = ResolveOptions("0099_lost", Resolution.REVERTED, verify=False, allow_data_loss=True)
    assert aws.migrator(project).resolve(options).record is None


@pytest.mark.parametrize("make", [own_project_on_aws, everything, STAGE_LAST, NO_STAGE, MAPPED])
def test_the_journey_needs_every_permission_and_no_other(
    make: Callable[[Path], Project], aws: SimulatedAws, tmp_path: Path
) -> None:
    """Looking, a probe, an interrupted upgrade, its resumption and the way back use all that their policies name."""
    project = make(tmp_path)
    migrator = aws.migrator(project)
    upgrading = limit(aws, RUNNER, migrator, Role.UPGRADE)
    upgrade_with_a_break(aws, project)
    set_right(aws, project)
    looking = limit(aws, RUNNER, migrator, Role.STATUS)
    look(aws.migrator(project))
    probing = limit(aws, RUNNER, migrator, Role.STATUS, probe=True)
    assert aws.migrator(project).verify(VerifyOptions(probe=True)).passed
    downgrading = limit(aws, RUNNER, migrator, Role.DOWNGRADE)
    aws.migrator(project).downgrade(DowngradeOptions("0", allow_data_loss=True))
    assert set(aws.simulator.account.tables) == {migrator.environment.history_table}
    superfluous = (
        looking.named - looking.used,
        probing.named - looking.named - probing.used,
        upgrading.named - looking.named - upgrading.used,
        downgrading.named - upgrading.named - downgrading.used,
    )
    assert superfluous == (set(), set(), set(), set())
    assert "AccessDeniedException" not in {call.outcome for call in aws.simulator.calls}
    assert aws.simulator.unknown == []


# Every operation on items, each with what it reads, looks up and writes; one item cannot be handled at first.
ITEMS = """
def team_of(item, lookup):
    found = lookup("Teams", managerId=item["userId"])
    found = found or lookup("Teams", teamId="t0")
    return {"teamId": found["teamId"] if found is not None else "none", "name": item["first"]}

def no_team(item, lookup):
    lookup("Teams", teamId="t0")
    return {"teamId": REMOVE, "name": REMOVE}

def is_orphan(item, lookup):
    return lookup("Users", userId=item["userId"]) is None

operations = [
    PutItems("Users", [{"userId": "seed", "first": "Ada"}]),
    UpdateItems("Users", team_of, undo=no_team, lookups=["Teams"]),
    AddIndex("Users", "by-team", S("teamId"), check_items=True),
    CheckItems("Users"),
]
"""
TABLES_OF_ITEMS = """operations = [
    CreateTable("Users", S("userId")),
    CreateTable("Teams", S("teamId"), indexes=[Index("by-manager", S("managerId"))]),
    CreateTable("Sessions", S("id")),
]"""
ORPHANS = (
    ITEMS.split("operations = [", maxsplit=1)[0]
    + """operations = [
    DeleteItems("Sessions", is_orphan, lookups=["Users"]),
]"""
)


def test_passes_over_items_need_every_permission_and_no_other(aws: SimulatedAws, tmp_path: Path) -> None:
    """A preview of either way, a run that leaves an item, the next one, and the way back use what their policies name.

    A deletion, which has no way back, is a script of its own.
    """
    head = "from osem_migrate import *\n"
    scripts = {"0001_tables": TABLES_OF_ITEMS, "0002_items": head + ITEMS}
    project = write_project(tmp_path, scripts, TUNNEL)
    aws.migrator(project).upgrade(UpgradeOptions("1"))
    client = client_answered_by(aws.answer)
    client.put_item(TableName="osem-dev-Users", Item={"userId": {"S": "u1"}})
    client.put_item(TableName="osem-dev-Users", Item={"userId": {"S": "u2"}, "first": {"S": "Bob"}})
    client.put_item(TableName="osem-dev-Teams", Item={"teamId": {"S": "t1"}, "managerId": {"S": "u1"}})
    client.put_item(TableName="osem-dev-Sessions", Item={"id": {"S": "s1"}, "userId": {"S": "nobody"}})

    previewing = limit(aws, RUNNER, aws.migrator(project), Role.STATUS, sample=True)
    preview(aws, project)
    upgrading = limit(aws, RUNNER, aws.migrator(project), Role.UPGRADE)
    with pytest.raises(PartialError, match="userId u1"):
        aws.migrator(project).upgrade()
    by_hand = {"userId": {"S": "u1"}, "first": {"S": "Eve"}}
    aws.simulator._apply("PutItem", {"TableName": "osem-dev-Users", "Item": by_hand})
    aws.migrator(project).upgrade()
    limit(aws, RUNNER, aws.migrator(project), Role.STATUS, sample=True)
    sampled(aws.migrator(project), aws.migrator(project).plan_downgrade(DowngradeOptions("1")))
    downgrading = limit(aws, RUNNER, aws.migrator(project), Role.DOWNGRADE)
    aws.migrator(project).downgrade(DowngradeOptions("1", allow_data_loss=True))

    orphans = write_project(tmp_path, {**scripts, "0002_items": head + ORPHANS}, TUNNEL)
    deleting = limit(aws, RUNNER, aws.migrator(orphans), Role.UPGRADE)
    preview(aws, orphans)
    aws.migrator(orphans).upgrade(UpgradeOptions(allow_data_loss=True))
    assert aws.simulator._apply("Scan", {"TableName": "osem-dev-Sessions"})["Count"] == 0

    superfluous = (
        previewing.named - previewing.used,
        upgrading.named - upgrading.used,
        downgrading.named - upgrading.named - downgrading.used,
        deleting.named - deleting.used,
    )
    assert [{one for one in unused if _is_of_items(*one)} for unused in superfluous] == [set(), set(), set(), set()]
    assert "AccessDeniedException" not in {call.outcome for call in aws.simulator.calls}
    assert aws.simulator.unknown == []


def test_a_pass_follows_its_script_under_the_policy_of_an_upgrade(aws: SimulatedAws, tmp_path: Path) -> None:
    """What is recorded under the old name is deleted there, with the pass, and nobody else's."""
    head = "from osem_migrate import *\n"
    scripts = {"0001_tables": TABLES_OF_ITEMS, "0002_items": head + ITEMS}
    project = write_project(tmp_path, scripts, TUNNEL)
    aws.migrator(project).upgrade(UpgradeOptions("1"))
    client_answered_by(aws.answer).put_item(TableName="osem-dev-Users", Item={"userId": {"S": "u1"}})
    with pytest.raises(PartialError, match="userId u1"):
        aws.migrator(project).upgrade()
    (tmp_path / "migrations" / "0002_items.py").rename(tmp_path / "migrations" / "0003_items.py")
    policy = limit(aws, RUNNER, aws.migrator(project), Role.UPGRADE)
    resolved = aws.migrator(project).resolve(ResolveOptions("3", Resolution.RENAMED))
    assert [found.status.key.migration for found in resolved.passes] == ["0003_items"] * 2
    kept = aws.simulator._apply("Scan", {"TableName": "osem-dev-SchemaMigrations"})["Items"]
    assert not [item for item in kept if "0002_items" in item["scope"]["S"] + item["item"]["S"][:30]]
    assert any(action == "dynamodb:DeleteItem" for _, action in policy.used)


def test_who_looks_deletes_nothing_of_the_history(aws: SimulatedAws, tmp_path: Path) -> None:
    """Who may upgrade deletes items of this application alone, and who may look, none; also where orders are given."""
    migrator = aws.migrator(everything(tmp_path))
    history = aws.simulator.account.arn(migrator.environment.history_table)
    for role, chosen in ((Role.STATUS, {"items": True}), (Role.UPGRADE, {}), (Role.DOWNGRADE, {})):
        policy = limit(aws, RUNNER, migrator, role, **chosen)
        own = [migrator.project.application, f"{migrator.project.application}#pass#0001_everything#0#upgrade"]
        for partition in own:
            assert policy.allows("dynamodb:DeleteItem", history, partition) is (role is not Role.STATUS)
        assert not policy.allows("dynamodb:DeleteItem", history, "another")
        assert not policy.allows("dynamodb:DeleteItem", history)


@pytest.mark.parametrize("is_shared", [False, True])
def test_destroy_needs_no_more_than_a_downgrade(is_shared: bool, aws: SimulatedAws, tmp_path: Path) -> None:  # noqa: FBT001
    """With the history table; where another application has its history there, only what is this one's is deleted."""
    project = write_project(tmp_path, {"0001_teams": 'operations = [CreateTable("Teams", S("teamId"))]'}, TUNNEL)
    migrator = aws.migrator(project)
    migrator.upgrade()
    history = migrator.environment.history_table
    theirs = {"scope": {"S": "another"}, "item": {"S": "event#1"}}
    if is_shared:
        aws.simulator._apply("PutItem", {"TableName": history, "Item": theirs})
    limit(aws, RUNNER, migrator, Role.DOWNGRADE)
    aws.migrator(project).destroy(DestroyOptions(allow_data_loss=True))
    assert set(aws.simulator.account.tables) == ({history} if is_shared else set())
    if is_shared:
        left = aws.simulator._apply("Scan", {"TableName": history})["Items"]
        assert [item for item in left if item["item"]["S"] != "lock"] == [theirs]
    assert "AccessDeniedException" not in {call.outcome for call in aws.simulator.calls}


def _is_of_items(sid: str, action: str) -> bool:
    """Whether it allows anything on items, beside what every run reads of the history."""
    return action.endswith(("Item", "Scan", "Query")) and sid != "ReadHistory"


def preview(aws: SimulatedAws, project: Project) -> None:
    """A sample of what is pending, of which nothing is written."""
    migrator = aws.migrator(project)
    sampled(migrator, migrator.preview())


def sampled(migrator: Migrator, plan: Plan) -> None:
    """Look at some of the items that a plan is about."""
    plan = migrator.forecast(plan, ForecastOptions(sample=10))
    assert any(found.sample is not None for found in plan.forecasts)


@pytest.mark.parametrize(
    ("make", "foreign"),
    [
        (STAGE_LAST, "Teams-prod"),
        (STAGE_LAST, "dev-Teams"),
        (NO_STAGE, "Users"),
        (NO_STAGE, "Teams-2"),
        (MAPPED, "MyStack-TableCD117FA1-1ABCD2"),
    ],
)
def test_no_policy_reaches_beyond_the_names(
    make: Callable[[Path], Project], foreign: str, aws: SimulatedAws, tmp_path: Path
) -> None:
    """Whatever the pattern, a table that is none of the environment's is out of reach, but for the list of all."""
    policy = limit(aws, RUNNER, aws.migrator(make(tmp_path)), Role.DOWNGRADE)
    arn = aws.simulator.account.arn(foreign)
    assert {action for _, action in policy.named if policy.allows(action, arn)} == {"dynamodb:ListTables"}


def test_a_change_is_not_tried_on_a_table_that_somebody_has(aws: SimulatedAws, tmp_path: Path) -> None:
    """Where the policy names each table, no name that nobody has is under it: a trial would take it for denied."""
    project = NO_STAGE(tmp_path)
    migrator = aws.migrator(project)
    migrator.upgrade()
    limit(aws, RUNNER, migrator, Role.UPGRADE)
    options = DoctorOptions(
        environment="dev", role=Role.UPGRADE, start=project.root, tool_version="1", clock=migrator.deployment.clock
    )
    report = Migrator.doctor(options)
    assert report.count(Health.FAILED) == report.count(Health.WARNING) == 0, report
    assert "dynamodb:UpdateTable: not tried" in " ".join(finding.message for finding in report.findings)


@pytest.mark.parametrize("role", list(Role))
def test_no_role_alone_can_probe(role: Role, aws: SimulatedAws, tmp_path: Path) -> None:
    """Nobody who was not given it writes an item of a table, or queries an index."""
    project = own_project_on_aws(tmp_path)
    migrator = aws.migrator(project)
    migrator.upgrade()
    limit(aws, RUNNER, migrator, role)
    with pytest.raises(AccessDenied, match="PutItem"):
        aws.migrator(project).verify(VerifyOptions(probe=True))


@pytest.mark.parametrize("role", [Role.STATUS, Role.UPGRADE])
def test_a_role_can_do_no_more(role: Role, aws: SimulatedAws, tmp_path: Path) -> None:
    """Who may look cannot upgrade, who may upgrade cannot drop a table; the refusal names what to grant."""
    project = everything(tmp_path)
    migrator = aws.migrator(project)
    if role is Role.UPGRADE:
        migrator.upgrade()
    tables = set(aws.simulator.account.tables)
    limit(aws, RUNNER, migrator, role)
    beyond = aws.migrator(project)
    with pytest.raises(OsemMigrateError) as caught:
        beyond.upgrade() if role is Role.STATUS else beyond.downgrade(DowngradeOptions("0", allow_data_loss=True))
    denied = caught.value.cause if isinstance(caught.value, PartialError) else caught.value
    assert isinstance(denied, AccessDenied)
    assert denied.remediation.startswith("Grant dynamodb:")
    assert set(aws.simulator.account.tables) == tables


def test_another_environments_tables_are_out_of_reach(aws: SimulatedAws, tmp_path: Path) -> None:
    """The policy of one prefix is no use on another: not one of its actions, but for the list of all tables."""
    staging = TUNNEL.replace("environments.dev", "environments.staging")
    project = write_project(tmp_path, {"0001_everything": EVERYTHING}, TUNNEL + staging)
    policy = limit(aws, RUNNER, aws.migrator(project), Role.DOWNGRADE)
    for table in ("Teams", "SchemaMigrations"):
        arns = [aws.simulator.account.arn(f"osem-{env}-{table}") for env in ("dev", "staging")]
        allowed = [{action for _, action in policy.named if policy.allows(action, arn)} for arn in arns]
        assert allowed[0] > {"dynamodb:CreateTable", "dynamodb:DeleteTable"}
        assert allowed[1] == {"dynamodb:ListTables"}
    with pytest.raises(AccessDenied):
        aws.migrator(project, env="staging").upgrade()
    assert aws.simulator.account.tables == {}
