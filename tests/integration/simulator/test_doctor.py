"""Doctor: what is broken is a finding with a remedy, what depends on it is skipped, and looking changes nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from osem_migrate.aws.autoscaling import Autoscaling
from osem_migrate.commands.doctor import DoctorOptions
from osem_migrate.commands.permissions import authorized
from osem_migrate.config import Project
from osem_migrate.deployment.connection import Connection
from osem_migrate.errors import AccessDenied, AwsError, EndpointUnreachable, ExitCode
from osem_migrate.migrator import Migrator
from osem_migrate.planning.doctor import DoctorReport, Finding, Health
from osem_migrate.planning.policy import Role
from tests.doubles.permitted import RUNNER, limit, quick_aws
from tests.doubles.project import HISTORY, TEAMS, write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.doubles.skipping_clock import SkippingClock
from tests.doubles.typed import typed
from tests.simulator import Fail, Hook

EVERYTHING = """operations = [
    CreateTable("Teams", S("teamId")),
    AddIndex("Teams", "managerId-index", S("managerId")),
    SetTags("Teams", {"Team": "core"}),
    SetTags("Teams", {"Team": None}),
    SetTimeToLive("Teams", "expiresAt"),
    SetPointInTimeRecovery("Teams", enabled=True),
    SetEncryption("Teams", "arn:aws:kms:us-east-1:123456789012:key/1"),
]"""
TRIED = {
    *("ConditionCheckItem", "DeleteTable", "PutItem", "TagResource", "UntagResource", "UpdateContinuousBackups"),
    *("UpdateItem", "UpdateTable", "UpdateTimeToLive"),
}


@pytest.fixture
def aws() -> Iterator[SimulatedAws]:
    """An account without tables."""
    with SkippingClock() as clock, quick_aws(clock) as aws:
        yield aws


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose dev is AWS."""
    write_project(tmp_path, {"0001_teams": TEAMS}, TUNNEL)
    return tmp_path


def project_in(folder: Path) -> Project:
    """The project as it is there."""
    return Project.find(folder, environ={})


def examine(aws: SimulatedAws, folder: Path, **more: Any) -> DoctorReport:
    """Look at dev."""
    options = {"environment": "dev", "start": folder, "tool_version": "1", "clock": aws.clock.clock}
    return Migrator.doctor(DoctorOptions(**{**options, **more}))


def found(report: DoctorReport, check: str) -> Finding:
    """The one finding of a check."""
    (finding,) = [finding for finding in report.findings if finding.check == check]
    return finding


def healths(report: DoctorReport) -> dict[str, Health]:
    """How everything is; of the permissions, the worst counts."""
    order = [Health.OK, Health.SKIPPED, Health.WARNING, Health.FAILED]
    worst: dict[str, Health] = {}
    for finding in report.findings:
        worst[finding.check] = max(worst.get(finding.check, Health.OK), finding.health, key=order.index)
    return worst


def skipped(report: DoctorReport) -> list[str]:
    """What was skipped."""
    return [finding.check for finding in report.findings if finding.health is Health.SKIPPED]


def contents(aws: SimulatedAws) -> str:
    """Everything that there is in the account."""
    tables = {
        name: [aws.simulator.table(name), list(table.items.rows.values())]
        for name, table in aws.simulator.account.tables.items()
    }
    return json.dumps(tables, default=str, sort_keys=True)


def test_all_is_well(aws: SimulatedAws, folder: Path) -> None:
    """Before the first upgrade and after it: every line is fine, and names what it found."""
    report = examine(aws, folder)
    assert report.exit_code is ExitCode.OK
    assert set(healths(report).values()) == {Health.OK, Health.SKIPPED}
    assert [finding.check for finding in report.findings][:13] == [
        *("python", "libraries", "configuration", "scripts", "connection", "credentials", "identity", "account"),
        *("endpoint", "clock", "history table", "item passes", "lock"),
    ]
    assert found(report, "configuration").message == "osem, environment dev, tables osem-dev-*, not protected"
    assert found(report, "scripts").message == "1 in migrations/, for 1 table"
    assert found(report, "connection").message.startswith("region us-east-1 from AWS_REGION, endpoint http://")
    assert found(report, "credentials").message == "from environment variables"
    assert found(report, "identity").message == "arn:aws:iam::123456789012:user/simulated"
    assert found(report, "history table").message == f"there is no {HISTORY} yet; the first upgrade creates it"
    assert report.place.region == "us-east-1"
    assert aws.simulator.account.tables == {}
    aws.migrator(project_in(folder)).upgrade()
    later = examine(aws, folder)
    assert set(healths(later).values()) == {Health.OK, Health.SKIPPED}
    assert found(later, "history table").message == f"{HISTORY} is ACTIVE"
    assert found(later, "lock").message == "free"


def test_no_credential_is_ever_told(aws: SimulatedAws, folder: Path) -> None:
    """Neither the secret nor the key is in anything that was found."""
    told = repr(examine(aws, folder, role=Role.DOWNGRADE))
    assert RUNNER not in told
    assert "'simulated'" not in told


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("pyproject.toml", "[tool.other]", ("configuration", "CONFIG_INVALID")),
        ("migrations/0001_teams.py", "1/0", ("scripts", "SCRIPT_NOT_LOADABLE")),
    ],
)
def test_what_is_broken_before_the_first_call(
    file: str, text: str, expected: tuple[str, str], aws: SimulatedAws, folder: Path
) -> None:
    """The error is the finding; nothing that depends on it is looked at, and everything else is."""
    (folder / file).write_text(text)
    broken, code = expected
    report = examine(aws, folder)
    assert report.exit_code is ExitCode.ERROR
    assert (found(report, broken).health, found(report, broken).code) == (Health.FAILED, code)
    assert found(report, broken).remedy
    unconnected = broken == "configuration"
    assert (found(report, "connection").message == "skipped, because it needs: configuration") is unconnected
    assert (aws.simulator.calls == []) is unconnected


def test_scripts_that_do_not_fit_together(aws: SimulatedAws, folder: Path) -> None:
    """Loading them is not enough: an index on a table that nobody created is found."""
    write_project(folder, {"0002_index": 'operations = [AddIndex("Users", "by-name", S("name"))]'}, TUNNEL)
    assert found(examine(aws, folder), "scripts").code == "SCRIPT_OPERATION_INAPPLICABLE"


def test_a_gap_in_the_numbers_is_a_warning(aws: SimulatedAws, folder: Path) -> None:
    """It may be meant; nothing depends on it."""
    write_project(folder, {"0003_users": 'operations = [CreateTable("Users", S("userId"))]'}, TUNNEL)
    report = examine(aws, folder)
    assert found(report, "scripts").health is Health.WARNING
    assert "is a script missing?" in found(report, "scripts").message
    assert report.exit_code is ExitCode.OK


def test_credentials_that_are_not_there(aws: SimulatedAws, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No call is made without them."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    report = examine(aws, folder)
    assert found(report, "credentials").code == "AWS_CREDENTIALS_MISSING"
    assert skipped(report) == [
        *("identity", "account", "endpoint", "clock", "history table", "item passes", "lock", "permissions"),
    ]
    assert aws.simulator.calls == []


def test_credentials_that_have_expired(aws: SimulatedAws, folder: Path) -> None:
    """STS and DynamoDB both say so; what depends on neither is still told."""
    aws.simulator.faults.expire(RUNNER)
    report = examine(aws, folder)
    assert found(report, "identity").code == "AWS_CREDENTIALS_EXPIRED"
    assert found(report, "endpoint").code == "AWS_CREDENTIALS_EXPIRED"
    assert found(report, "clock").health is Health.OK
    assert skipped(report) == ["account", "history table", "item passes", "lock", "permissions"]


def test_an_endpoint_that_does_not_answer(folder: Path) -> None:
    """Port 9 of this machine; nobody says what time it is there, either."""
    options = DoctorOptions(
        environment="dev", start=folder, tool_version="1", connection=Connection(endpoint_url="http://127.0.0.1:9")
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
        patch.setenv("AWS_ACCESS_KEY_ID", RUNNER)
        patch.setenv("AWS_SECRET_ACCESS_KEY", "simulated")
        patch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
        report = Migrator.doctor(options)
    assert found(report, "endpoint").code == "AWS_ENDPOINT_UNREACHABLE"
    assert found(report, "clock").health is Health.SKIPPED


@pytest.mark.parametrize(("ahead", "health"), [(-90, Health.WARNING), (400, Health.FAILED)])
def test_the_clock(ahead: int, health: Health, aws: SimulatedAws, folder: Path) -> None:
    """It is compared with the date of AWS's answers: a minute is worth a warning, five are too many."""
    true = aws.clock.clock
    wrong = replace(true, now=lambda: true.now() + timedelta(seconds=ahead))
    finding = found(examine(aws, folder, clock=wrong), "clock")
    assert finding.health is health
    assert ("behind" in finding.message) is (ahead < 0)


def test_another_account(aws: SimulatedAws, folder: Path) -> None:
    """It is a failure, with both numbers."""
    write_project(folder, {}, f'{TUNNEL}account_id = "999999999999"\n')
    finding = found(examine(aws, folder), "account")
    assert finding.health is Health.FAILED
    assert finding.message == "123456789012, but the environment is in 999999999999"


def test_a_table_that_is_no_history(aws: SimulatedAws, folder: Path) -> None:
    """Something else of that name: an upgrade would fail on it."""
    aws.simulator.call(
        "CreateTable",
        {
            "TableName": HISTORY,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    report = examine(aws, folder)
    assert found(report, "history table").health is Health.FAILED
    assert "lock" in skipped(report)


def test_a_history_without_protection(aws: SimulatedAws, folder: Path) -> None:
    """A warning, with the command that turns it on."""
    aws.migrator(project_in(folder)).upgrade()
    aws.simulator.call("UpdateTable", {"TableName": HISTORY, "DeletionProtectionEnabled": False})
    finding = found(examine(aws, folder), "history table")
    assert finding.health is Health.WARNING
    assert finding.remedy is not None
    assert f"aws dynamodb update-table --table-name {HISTORY} --deletion-protection-enabled --region" in typed(
        finding.advice
    )


def test_a_lock_whose_holder_has_died(aws: SimulatedAws, folder: Path) -> None:
    """It is told who that was, and that the next run takes over."""
    aws.migrator(project_in(folder)).upgrade()
    migrator = aws.migrator(project_in(folder))
    holder = migrator.deployment.actor().as_holder(lease_ms=20_000, acquired_at=0)
    migrator.deployment.lock.acquire(holder, timeout=0, on_wait=lambda *_: None)  # and no heartbeat
    finding = found(examine(aws, folder), "lock")
    assert finding.health is Health.WARNING
    assert "user/simulated on " in finding.message
    assert "osem-migrate upgrade --env dev" in (typed(finding.advice))


def test_permissions_to_write_are_tried_without_writing(aws: SimulatedAws, folder: Path) -> None:
    """Every request is refused by DynamoDB itself, whether the history table is there or not; nothing has changed."""
    project = write_project(folder, {"0001_teams": EVERYTHING}, TUNNEL)
    before = examine(aws, folder, role=Role.DOWNGRADE)
    assert aws.simulator.account.tables == {}
    limit(aws, RUNNER, aws.migrator(project), Role.DOWNGRADE)
    again = examine(aws, folder, role=Role.DOWNGRADE)
    assert aws.simulator.account.tables == {}
    for report in (before, again):
        assert report.count(Health.FAILED) == report.count(Health.WARNING) == 0, report
        permissions = [finding for finding in report.findings if finding.check == "permissions"]
        tried = {f.message.split()[0].removeprefix("dynamodb:") for f in permissions if f.health is Health.OK}
        assert tried >= TRIED
        assert {f.message.partition(": not tried")[0] for f in permissions if f.health is Health.SKIPPED} == {
            *("dynamodb:CreateTable", "dynamodb:DeleteItem", "kms:CreateGrant", "kms:DescribeKey"),
        }
    assert not [call for call in aws.simulator.calls if call.applied and not call.reads]


def test_trying_leaves_an_environment_as_it_is(aws: SimulatedAws, folder: Path) -> None:
    """With tables and a history, too: not a single call that is no question takes effect."""
    aws.migrator(project_in(folder)).upgrade()
    known, seen = len(aws.simulator.calls), contents(aws)
    report = examine(aws, folder, role=Role.DOWNGRADE)
    assert report.exit_code is ExitCode.OK
    assert contents(aws) == seen
    assert not [call for call in aws.simulator.calls[known:] if call.applied and not call.reads]


@pytest.mark.parametrize("denied", [TRIED, {"ListTables", "DescribeTimeToLive", "ListTagsOfResource", "GetItem"}])
def test_permissions_that_are_denied(denied: set[str], aws: SimulatedAws, folder: Path) -> None:
    """Exactly those are found, each with what to grant and where to see the whole policy."""
    migrator = aws.migrator(write_project(folder, {"0001_teams": EVERYTHING}, TUNNEL))
    aws.simulator.faults.deny(*denied)
    findings = authorized(migrator.deployment, migrator.scripts.migrations, Role.DOWNGRADE)
    failed = [finding for finding in findings if finding.health is Health.FAILED]
    assert {finding.message.split()[0].removeprefix("dynamodb:") for finding in failed} == denied
    assert {finding.code for finding in failed} == {"AWS_ACCESS_DENIED"}
    for finding in failed:
        grant, whole = (typed(finding.advice)).splitlines()
        assert grant.startswith(f"Grant {finding.message.split()[0]} on ")
        assert whole.startswith("The whole policy: osem-migrate policy --role downgrade --env dev")


@pytest.mark.parametrize(
    ("refusal", "health"),
    [(None, Health.OK), (AccessDenied("no"), Health.FAILED), (EndpointUnreachable("no"), Health.WARNING)],
)
def test_autoscaling_is_asked_by_its_own_service(
    refusal: AwsError | None, health: Health, aws: SimulatedAws, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where capacity is provisioned; the simulator has no such service, so its answer is made up."""
    provisioned = f'{TEAMS[:-1]}, SetBilling.provisioned("Teams", read=1, write=1)]'
    migrator = aws.migrator(write_project(folder, {"0001_teams": provisioned}, TUNNEL))
    asked = mock.Mock(side_effect=refusal, return_value=frozenset())
    monkeypatch.setattr(Autoscaling, "owned", asked)
    findings = authorized(migrator.deployment, migrator.scripts.migrations, Role.STATUS)
    told = {finding.message: finding.health for finding in findings}
    message = {Health.OK: "", Health.FAILED: " is denied"}.get(health)
    action = "application-autoscaling:DescribeScalableTargets"
    assert told["no" if message is None else action + message] is health
    asked.assert_called_once_with(HISTORY, ())


def test_a_reader_who_may_not_even_describe(aws: SimulatedAws, folder: Path) -> None:
    """The endpoint has answered all the same; the history table cannot be seen."""
    aws.simulator.faults.deny("DescribeTable")
    report = examine(aws, folder)
    assert found(report, "endpoint").health is Health.OK
    assert found(report, "history table").code == "AWS_ACCESS_DENIED"


def test_a_permission_that_cannot_be_told(aws: SimulatedAws, folder: Path) -> None:
    """A refusal of another kind may have come before anybody asked who is calling: a warning, and no failure."""
    aws.simulator.faults.plan(Fail("ValidationException", "no"), action="DescribeTimeToLive", times=None)
    report = examine(aws, folder)
    (warned,) = [finding for finding in report.findings if finding.health is Health.WARNING]
    assert warned.message.startswith("dynamodb:DescribeTimeToLive on osem-dev-Teams")


def test_a_reader_is_told_how_to_try_more(aws: SimulatedAws, folder: Path) -> None:
    """By default only questions are asked."""
    last = examine(aws, folder).findings[-1]
    assert last.message == "those for upgrade were not tried"
    assert (typed(last.advice)).endswith("osem-migrate doctor --role upgrade --env dev")
    assert [call for call in aws.simulator.calls if not call.reads] == []


def test_a_defect_of_ours_is_a_finding(aws: SimulatedAws, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks, the report is complete."""

    def broken(_folder: Path) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("osem_migrate.commands.doctor.load", broken)
    report = examine(aws, folder)
    assert found(report, "scripts").message == "ZeroDivisionError: surprise"
    assert found(report, "history table").health is Health.OK


def test_a_run_that_is_at_work(aws: SimulatedAws, folder: Path) -> None:
    """A heartbeat that moves: told from one that stands still."""
    aws.migrator(project_in(folder)).upgrade()
    looked: list[DoctorReport] = []
    migrator = aws.migrator(
        write_project(folder, {"0002_users": 'operations = [CreateTable("Users", S("id"))]'}, TUNNEL)
    )
    hook = Hook(before=lambda _call: looked.append(examine(aws, folder)))
    aws.simulator.faults.plan(hook, action="CreateTable", table="osem-dev-Users")
    migrator.upgrade()
    assert found(looked[0], "lock").health is Health.WARNING
    assert "its heartbeat is active" in found(looked[0], "lock").message
