"""What was there already is believed only as far as it is known; else the call is made, or nothing is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from osem_migrate import DowngradeOptions, ResolveOptions, StampOptions, UpgradeOptions
from osem_migrate.commands.export import ExportOptions
from osem_migrate.errors import AccessDenied, AdoptionMismatch, DriftFound, ExitCode
from osem_migrate.execution.operation_run import Pace
from osem_migrate.history import ShownState
from osem_migrate.migrator import Migrator
from osem_migrate.planning.resolution import Resolution
from tests.doubles.project import write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws

OWN = "arn:aws:kms:us-east-1:123456789012:key/0b0c9a4e-1d4b-4a0e-9a57-5b8f3f5b0001"
ENCRYPTED = f'operations = [CreateTable("Teams", S("id"), settings=[SetEncryption("Teams", "{OWN}")])]'
MANAGED = 'operations = [SetEncryption("Teams", "AWS_MANAGED")]'
NAME = "osem-dev-Teams"


def key_of(aws: SimulatedAws) -> str:
    """The ARN of the key that the table has."""
    table = aws.simulator.table(NAME)
    assert table is not None
    return str(table["SSEDescription"]["KMSMasterKeyArn"])


def performed(aws: SimulatedAws) -> list[str]:
    """The changes of Teams that AWS was asked for."""
    changes = {"UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups"}
    return [call.action for call in aws.simulator.calls if call.action in changes and call.table == NAME]


@pytest.mark.parametrize("kms", [True, False], ids=["KMS tells", "KMS is denied"])
def test_the_way_from_a_key_of_ones_own_to_the_managed_one(aws: SimulatedAws, tmp_path: Path, *, kms: bool) -> None:
    """Both show as an ARN: who believes the first to be the second loses the table once that key is deleted."""
    if not kms:
        aws.simulator.faults.deny("DescribeKey")
    project = write_project(tmp_path, {"0001_teams": ENCRYPTED, "0002_managed": MANAGED}, TUNNEL)
    aws.migrator(project).upgrade()
    assert performed(aws) == ["UpdateTable"]
    assert key_of(aws) == aws.simulator.account.key_arn("alias/aws/dynamodb")
    status = aws.migrator(project).status()
    assert status.in_sync
    assert any("may be AWS's key or your own: KMS did not say" in note for note in status.notes) is not kms
    (checked,) = aws.migrator(project).verify().tables
    assert any("it is unknown whether it has encryption AWS_MANAGED" in note for note in checked.notes) is not kms


def test_a_key_of_ones_own_is_drift_where_the_managed_one_is_declared(aws: SimulatedAws, tmp_path: Path) -> None:
    """As far as KMS tells; AWS takes a call for what is so already, and says so."""
    managed = ENCRYPTED.replace(OWN, "AWS_MANAGED")
    project = write_project(tmp_path, {"0001_teams": managed}, TUNNEL)
    aws.migrator(project).upgrade()
    specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": OWN}
    aws.simulator.call("UpdateTable", {"TableName": NAME, "SSESpecification": specification})
    aws.clock.sleep(3600)
    (problem,) = aws.migrator(project).status().problems
    assert problem.code == "DRIFT_SETTING"
    assert OWN in problem.message
    assert not aws.migrator(project).verify().passed


def make(aws: SimulatedAws) -> None:
    """Somebody makes the table by hand, with a key of their own."""
    request = {
        "TableName": NAME,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": OWN},
    }
    aws.simulator.call("CreateTable", request)
    aws.clock.sleep(60)


@pytest.mark.parametrize(
    ("take", "error"),
    [
        (lambda migrator: migrator.preview(), AdoptionMismatch),
        (lambda migrator: migrator.upgrade(), AdoptionMismatch),
        (lambda migrator: migrator.stamp(StampOptions("1")), AdoptionMismatch),
        (lambda migrator: migrator.resolve(ResolveOptions("1", Resolution.APPLIED)), DriftFound),
    ],
    ids=["preview", "upgrade", "stamp", "resolve"],
)
@pytest.mark.parametrize("kms", [True, False], ids=["KMS tells", "KMS is denied"])
def test_a_table_is_not_taken_over_with_a_key_that_nobody_knows(
    take: Callable[[Migrator], object], error: type[Exception], aws: SimulatedAws, tmp_path: Path, *, kms: bool
) -> None:
    """It might be any key; the message says who knows, and once nobody asks any more it is recorded."""
    if not kms:
        aws.simulator.faults.deny("DescribeKey")
    make(aws)
    project = write_project(tmp_path, {"0001_teams": ENCRYPTED.replace(OWN, "AWS_MANAGED")}, TUNNEL)
    for _ in range(2):
        with pytest.raises(error, match=f"expected encryption AWS_MANAGED, found encryption {OWN}") as caught:
            take(aws.migrator(project))
        assert ("allow kms:DescribeKey" in str(caught.value)) is not kms
    assert aws.migrator(project).deployment.history.read().records == {}
    assert aws.migrator(project).stamp(StampOptions("1", verify=False)).recorded


def test_the_managed_key_is_taken_over_where_kms_tells(aws: SimulatedAws, tmp_path: Path) -> None:
    """And a script that sets it is carried out where KMS does not, as a call is worth more than belief."""
    make(aws)
    managed = {"Enabled": True, "SSEType": "KMS"}
    aws.simulator.call("UpdateTable", {"TableName": NAME, "SSESpecification": managed})
    aws.clock.sleep(3600)
    project = write_project(tmp_path, {"0001_teams": ENCRYPTED.replace(OWN, "AWS_MANAGED")}, TUNNEL)
    assert not aws.migrator(project).preview().operations
    aws.simulator.faults.deny("DescribeKey")
    plain = 'operations = [CreateTable("Teams", S("id"))]'
    project = write_project(tmp_path, {"0001_teams": plain, "0002_managed": MANAGED}, TUNNEL)
    assert [planned.operation.describe() for planned in aws.migrator(project).preview().operations] == [
        "set encryption of Teams to AWS_MANAGED"
    ]
    assert aws.migrator(project).upgrade().applied == ("0001_teams", "0002_managed")


@pytest.mark.parametrize("kms", [True, False], ids=["KMS tells", "KMS is denied"])
def test_the_managed_key_is_declared_by_its_name_where_kms_tells(
    aws: SimulatedAws, tmp_path: Path, *, kms: bool
) -> None:
    """By import and by a file for another tool: no other account or region has the key by its ARN."""
    make(aws)
    managed = {"Enabled": True, "SSEType": "KMS"}
    aws.simulator.call("UpdateTable", {"TableName": NAME, "SSESpecification": managed})
    aws.clock.sleep(3600)
    if not kms:
        aws.simulator.faults.deny("DescribeKey")
    migrator = aws.migrator(write_project(tmp_path, {}, TUNNEL))
    plan = migrator.plan_import()
    exported = migrator.export(ExportOptions(format="cloudformation", live=True))
    for text in (plan.drafts[0].source, exported.text):
        assert (key_of(aws) in text) is not kms
    assert ('SetEncryption("Teams", key="AWS_MANAGED")' in plan.drafts[0].source) is kms
    assert any("which other accounts and regions do not have" in warning for warning in plan.warnings) is not kms


def test_a_later_script_takes_no_such_table_over_either(aws: SimulatedAws, tmp_path: Path) -> None:
    """However often it is run; what an interrupted run of ours has made is ours, and needs no such question."""
    aws.simulator.faults.deny("DescribeKey")
    users = {"0000_users": 'operations = [CreateTable("Users", S("id"))]'}
    aws.migrator(write_project(tmp_path, users, TUNNEL)).upgrade()
    make(aws)
    project = write_project(tmp_path, {"0001_teams": ENCRYPTED.replace(OWN, "AWS_MANAGED")}, TUNNEL)
    for _ in range(2):
        with pytest.raises(DriftFound, match=r"cannot take over osem-dev-Teams, which exists already: .*allow kms"):
            aws.migrator(project).upgrade()
    aws.simulator.call("DeleteTable", {"TableName": NAME})
    aws.clock.sleep(60)
    aws.migrator(project).upgrade(UpgradeOptions(pace=Pace.NO_WAIT))
    assert aws.migrator(project).upgrade().applied == ("0001_teams",)


def test_what_the_arn_of_the_managed_key_declares_is_the_managed_key(aws: SimulatedAws, tmp_path: Path) -> None:
    """As import writes it; the next script may say it better, and KMS says that nothing is to be done."""
    arn = aws.simulator.account.key_arn("alias/aws/dynamodb")
    scripts = {"0001_teams": ENCRYPTED.replace(OWN, arn), "0002_managed": MANAGED}
    project = write_project(tmp_path, scripts, TUNNEL)
    aws.migrator(project).upgrade()
    assert performed(aws) == []
    assert aws.migrator(project).status().in_sync


@pytest.mark.parametrize(
    ("declared", "call", "by_hand"),
    [
        (
            'SetPointInTimeRecovery("Teams", True)',
            "UpdateContinuousBackups",
            {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}},
        ),
        (
            'SetTimeToLive("Teams", None, enabled=False)',
            "UpdateTimeToLive",
            {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expiresAt"}},
        ),
        (
            'SetStream("Teams", None)',
            "UpdateTable",
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
        ),
        ('SetDeletionProtection("Teams", False)', "UpdateTable", {"DeletionProtectionEnabled": True}),
    ],
)
def test_what_takes_no_call_is_looked_at_all_the_same(
    aws: SimulatedAws, tmp_path: Path, declared: str, call: str, by_hand: dict[str, object]
) -> None:
    """0002 declares what 0001 does; somebody has changed it since, and nothing may be recorded as if it were so."""
    scripts = {"0001_teams": f'operations = [CreateTable("Teams", S("id"), settings=[{declared}])]'}
    aws.migrator(write_project(tmp_path, scripts, TUNNEL)).upgrade()
    aws.clock.sleep(2 * 3600)
    aws.simulator.call(call, {"TableName": NAME, **by_hand})
    aws.clock.sleep(60)
    project = write_project(tmp_path, {"0002_again": f"operations = [{declared}]"}, TUNNEL)
    with pytest.raises(Exception, match="matches neither the state before nor after it") as caught:
        aws.migrator(project).upgrade()
    assert getattr(caught.value, "code", None) == "DRIFT_FOUND"


def test_time_to_live_that_nobody_declared_is_not_off_because_a_script_says_so(
    aws: SimulatedAws, tmp_path: Path
) -> None:
    """No call turns it off without its attribute; to record it as off would be a lie."""
    project = write_project(tmp_path, {"0001_teams": 'operations = [CreateTable("Teams", S("id"))]'}, TUNNEL)
    aws.migrator(project).upgrade()
    specification = {"Enabled": True, "AttributeName": "expiresAt"}
    aws.simulator.call("UpdateTimeToLive", {"TableName": NAME, "TimeToLiveSpecification": specification})
    aws.clock.sleep(60)
    script = 'operations = [SetTimeToLive("Teams", None, enabled=False)]'
    with pytest.raises(Exception, match="expected time to live off, found time to live expiresAt"):
        aws.migrator(write_project(tmp_path, {"0002_off": script}, TUNNEL)).upgrade()


def test_waiting_until_nothing_is_in_progress_ends(aws: SimulatedAws, tmp_path: Path) -> None:
    """What was never begun is not in progress: it is announced to nobody, and no round writes an entry about it."""
    add = 'operations = [AddIndex("Teams", "by-{0}", S("{0}"))]'
    scripts = {"0001_teams": 'operations = [CreateTable("Teams", S("id"))]'}
    scripts |= {f"000{at}_by_{name}": add.format(name) for at, name in enumerate("abc", 2)}
    project = write_project(tmp_path, scripts, TUNNEL)
    aws.migrator(project).upgrade(UpgradeOptions("1"))
    begun = aws.migrator(project).upgrade(UpgradeOptions(pace=Pace.NO_WAIT))
    assert begun.in_progress == ("0002_by_a",)
    waited = aws.migrator(project).upgrade(UpgradeOptions(pace=Pace.WAIT_ONLY))
    assert (waited.applied, waited.in_progress) == (("0002_by_a",), ())
    entries = len(aws.migrator(project).history())
    again = aws.migrator(project).upgrade(UpgradeOptions(pace=Pace.WAIT_ONLY))
    assert (again.applied, again.in_progress, again.plan.is_empty) == ((), (), False)
    assert len(aws.migrator(project).history()) == entries
    states = {one.id: one.state for one in aws.migrator(project).status().migrations}
    assert {states["0003_by_b"], states["0004_by_c"]} == {ShownState.PENDING}
    assert aws.migrator(project).upgrade().applied == ("0003_by_b", "0004_by_c")


def test_what_was_refused_when_it_was_begun_is_not_waited_for(aws: SimulatedAws, tmp_path: Path) -> None:
    """The table was busy with somebody else's change: no call was taken, and waiting for one would never end."""
    first = 'operations = [CreateTable("Teams", S("id"))]'
    project = write_project(tmp_path, {"0001_teams": first}, TUNNEL)
    aws.migrator(project).upgrade()
    index = {
        "IndexName": "by-hand",
        "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    request = {
        "TableName": NAME,
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "x")],
        "GlobalSecondaryIndexUpdates": [{"Create": index}],
    }
    aws.simulator.call("UpdateTable", request)
    both = 'operations = [SetStream("Teams", "NEW_IMAGE"), AddIndex("Teams", "by-hand", S("x"))]'
    project = write_project(tmp_path, {"0002_both": both}, TUNNEL)
    assert aws.migrator(project).upgrade(UpgradeOptions(pace=Pace.NO_WAIT)).in_progress == ("0002_both",)
    waited = aws.migrator(project).upgrade(UpgradeOptions(pace=Pace.WAIT_ONLY))
    assert waited.in_progress == ()
    status = aws.migrator(project).status()
    assert {one.id: one.state for one in status.migrations}["0002_both"] is ShownState.PENDING
    assert status.exit_code() == ExitCode.PENDING
    assert aws.migrator(project).upgrade().applied == ("0002_both",)


def test_a_migration_of_which_a_part_is_done_is_pending_after_a_wait(aws: SimulatedAws, tmp_path: Path) -> None:
    """Neither interrupted, as nobody was, nor in progress, as nothing is."""
    script = 'operations = [CreateTable("Teams", S("id")), AddIndex("Teams", "by-a", S("a"))]'
    project = write_project(tmp_path, {"0001_teams": script}, TUNNEL)
    aws.migrator(project).upgrade(UpgradeOptions(pace=Pace.NO_WAIT))
    assert aws.migrator(project).upgrade(UpgradeOptions(pace=Pace.WAIT_ONLY)).in_progress == ()
    (one,) = aws.migrator(project).status().migrations
    assert one.state is ShownState.PENDING
    assert aws.migrator(project).upgrade().applied == ("0001_teams",)


@pytest.mark.parametrize("pace", [Pace.WAIT_ONLY, Pace.FULL])
@pytest.mark.parametrize(
    "script",
    [
        'CreateTable("Orders", S("id"))',
        'AddIndex("Teams", "by-a", S("a"))',
        'SetStream("Teams", "NEW_IMAGE")',
        'DropIndex("Teams", "by-b")',
        'DropTable("Teams")',
    ],
)
def test_what_an_earlier_run_began_was_not_there_already(
    aws: SimulatedAws, tmp_path: Path, script: str, pace: Pace
) -> None:
    """It is ours, and whoever reads the log is not to look for somebody else."""
    teams = 'operations = [CreateTable("Teams", S("id"), indexes=[Index("by-b", S("b"))])]'
    aws.migrator(write_project(tmp_path, {"0001_teams": teams}, TUNNEL)).upgrade()
    project = write_project(tmp_path, {"0002_more": f"operations = [{script}]"}, TUNNEL)
    migrator = aws.migrator(project)
    migrator.upgrade(UpgradeOptions(pace=Pace.NO_WAIT, allow_data_loss=True))
    assert migrator.upgrade(UpgradeOptions(pace=pace, allow_data_loss=True)).applied == ("0002_more",)
    assert migrator.history()[-1].detail.endswith(" (an earlier run had begun it)")


def test_what_a_downgrade_finds_gone_was_never_made(aws: SimulatedAws, tmp_path: Path) -> None:
    """An upgrade had begun to make it; that says nothing of the way back."""
    aws.migrator(
        write_project(tmp_path, {"0001_teams": 'operations = [CreateTable("Teams", S("id"))]'}, TUNNEL)
    ).upgrade()
    project = write_project(tmp_path, {"0002_orders": 'operations = [CreateTable("Orders", S("id"))]'}, TUNNEL)
    aws.simulator.faults.deny("CreateTable")
    with pytest.raises(AccessDenied):
        aws.migrator(project).upgrade()
    aws.migrator(project).downgrade(DowngradeOptions("1", allow_data_loss=True))
    assert aws.migrator(project).history()[-1].detail == "drop table Orders (it was gone already)"
