"""What would stop a run half-way is foreseen in the plan and the dry run, and what is lost is told before."""

from pathlib import Path

import pytest

from osem_migrate import DowngradeOptions, UpgradeOptions
from osem_migrate.errors import (
    AdoptionMismatch,
    ConfirmationRequired,
    DeletionProtected,
    DriftFound,
    ScriptOperationInapplicable,
)
from osem_migrate.events import RunEvent, Waiting
from osem_migrate.execution.operation_run import Pace
from tests.doubles.project import write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws

NAME = "osem-dev-Carts"
CREATE = 'operations = [CreateTable("Carts", S("id"))]'
UNPROTECTED = 'operations = [CreateTable("Carts", S("id"), settings=[SetDeletionProtection("Carts", False)])]'
DROP = 'operations = [DropTable("Carts")]'
PROTECTING = f"{TUNNEL}deletion_protection = true\n"
MUTATIONS = {"CreateTable", "UpdateTable", "DeleteTable"}


def changes(aws: SimulatedAws) -> list[str]:
    """The changes of Carts that AWS was asked for."""
    return [call.action for call in aws.simulator.calls if call.action in MUTATIONS and call.table == NAME]


def test_protection_that_the_environment_gave_goes_with_the_confirmed_drop(aws: SimulatedAws, tmp_path: Path) -> None:
    """No script could take it off: the next environment may not have it."""
    project = write_project(tmp_path, {"0001_carts": CREATE, "0002_drop": DROP}, PROTECTING)
    aws.migrator(project).upgrade(UpgradeOptions("1"))
    with pytest.raises(ConfirmationRequired, match="every item of table Carts is lost"):
        aws.migrator(project).upgrade()
    preview = aws.migrator(project).preview()
    assert [(step.action, step.part) for step in preview.steps] == [
        ("UpdateTable", "deletion protection off"),
        ("DeleteTable", ""),
    ]
    aws.migrator(project).upgrade(UpgradeOptions(allow_data_loss=True))
    assert changes(aws) == ["CreateTable", "UpdateTable", "DeleteTable"]
    assert aws.simulator.table(NAME) is None


def test_a_table_that_was_never_protected_is_dropped_all_the_same(aws: SimulatedAws, tmp_path: Path) -> None:
    """The environment's default is younger than the table."""
    project = write_project(tmp_path, {"0001_carts": CREATE}, TUNNEL)
    aws.migrator(project).upgrade()
    project = write_project(tmp_path, {"0002_drop": DROP}, PROTECTING)
    aws.migrator(project).upgrade(UpgradeOptions(allow_data_loss=True))
    assert changes(aws) == ["CreateTable", "DeleteTable"]


def test_protection_that_a_script_declares_is_foreseen(aws: SimulatedAws, tmp_path: Path) -> None:
    """In the plan and the dry run, before anything is changed."""
    create = 'operations = [CreateTable("Carts", S("id"), settings=[SetDeletionProtection("Carts", True)])]'
    project = write_project(tmp_path, {"0001_carts": create, "0002_drop": DROP}, PROTECTING)
    migrator = aws.migrator(project)
    for begin in (migrator.plan, migrator.preview, lambda: migrator.upgrade(UpgradeOptions(allow_data_loss=True))):
        with pytest.raises(DeletionProtected, match=r"0002_drop\.py drops table 'Carts', whose deletion") as caught:
            begin()
        assert 'SetDeletionProtection("Carts", False)' in caught.value.remediation
    assert changes(aws) == []
    both = 'operations = [SetDeletionProtection("Carts", False), DropTable("Carts")]'
    aws.migrator(write_project(tmp_path, {"0002_drop": both}, PROTECTING)).upgrade(UpgradeOptions(allow_data_loss=True))
    assert aws.simulator.table(NAME) is None


@pytest.mark.parametrize("later", [{}, {"0003_anew": UNPROTECTED}], ids=["dropped", "and made anew"])
@pytest.mark.parametrize("created", [CREATE, UNPROTECTED], ids=["undeclared", "declared off"])
def test_protection_that_a_person_set_is_foreseen_in_the_dry_run(
    created: str, later: dict[str, str], aws: SimulatedAws, tmp_path: Path
) -> None:
    """It says that somebody wants to keep the table, whatever was declared before or is of the next one."""
    aws.migrator(write_project(tmp_path, {"0001_carts": created}, TUNNEL)).upgrade()
    aws.simulator.call("UpdateTable", {"TableName": NAME, "DeletionProtectionEnabled": True})
    aws.clock.sleep(60)
    project = write_project(tmp_path, {"0002_drop": DROP, **later}, TUNNEL)
    for begin in (
        aws.migrator(project).preview,
        lambda: aws.migrator(project).upgrade(UpgradeOptions(allow_data_loss=True)),
    ):
        with pytest.raises(DeletionProtected):
            begin()
    assert aws.simulator.table(NAME) is not None


def test_a_table_that_the_plan_itself_creates_has_nothing_to_lose(aws: SimulatedAws, tmp_path: Path) -> None:
    """A fresh environment goes through all of the scripts without a question; one with the table there first asks."""
    project = write_project(tmp_path, {"0001_carts": CREATE, "0002_drop": DROP}, TUNNEL)
    migrator = aws.migrator(project)
    assert migrator.preview().hazards == ()
    parameters = {
        "TableName": NAME,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    aws.simulator.call("CreateTable", parameters)
    aws.clock.sleep(60)
    assert [hazard.text for hazard in migrator.preview().hazards] == ["every item of table Carts is lost"]
    with pytest.raises(ConfirmationRequired, match="every item of table Carts is lost"):
        aws.migrator(project).upgrade(UpgradeOptions(plan=migrator.plan()))
    assert aws.simulator.table(NAME) is not None


def test_another_view_of_a_stream_is_a_hazard(aws: SimulatedAws, tmp_path: Path) -> None:
    """The old stream ends with what is unread in it, and the new one has another ARN; so for one turned off."""
    stream = 'operations = [SetStream("Carts", {})]'
    project = write_project(tmp_path, {"0001_carts": CREATE, "0002_on": stream.format('"NEW_IMAGE"')}, TUNNEL)
    migrator = aws.migrator(project)
    migrator.upgrade()
    for view, lost in (
        ('"OLD_IMAGE"', "is lost, and its consumers stay on the old stream: the new one has another ARN"),
        ("None", "is lost"),
    ):
        project = write_project(tmp_path, {"0003_other": stream.format(view)}, TUNNEL)
        (hazard,) = aws.migrator(project).plan().hazards
        assert hazard.text == f"what is unread in the stream of table Carts {lost}"
        with pytest.raises(ConfirmationRequired):
            aws.migrator(project).upgrade()
    project = write_project(tmp_path, {"0003_other": stream.format('"OLD_IMAGE"')}, TUNNEL)
    plan = aws.migrator(project).plan()
    assert [step.part for step in plan.steps] == ["off", "on, OLD_IMAGE"]
    aws.migrator(project).upgrade(UpgradeOptions(allow_data_loss=True))
    assert aws.migrator(project).status().in_sync


def test_a_repair_of_a_stream_is_a_hazard_like_a_change_of_it(aws: SimulatedAws, tmp_path: Path) -> None:
    """The script that status writes is confirmed as one that a person wrote would be."""
    created = 'operations = [CreateTable("Carts", S("id"), settings=[SetStream("Carts", "NEW_IMAGE")])]'
    project = write_project(tmp_path, {"0001_carts": created}, TUNNEL)
    aws.migrator(project).upgrade()
    for view in (None, "OLD_IMAGE"):
        stream = {"StreamEnabled": True, "StreamViewType": view} if view else {"StreamEnabled": False}
        aws.simulator.call("UpdateTable", {"TableName": NAME, "StreamSpecification": stream})
        aws.clock.sleep(60)
    migrator = aws.migrator(project)
    migrator.write_repair(migrator.status())
    (hazard,) = aws.migrator(project).plan().hazards
    assert hazard.text.startswith("what is unread in the stream of table Carts is lost, and its consumers stay")
    with pytest.raises(ConfirmationRequired):
        aws.migrator(project).upgrade()
    aws.migrator(project).upgrade(UpgradeOptions(allow_data_loss=True))
    assert aws.migrator(project).status().in_sync


def test_an_index_that_is_being_built_is_dropped_without_waiting_for_it(aws: SimulatedAws, tmp_path: Path) -> None:
    """AWS deletes an index once it is backfilling; the rest of the backfill is nobody's business any more."""
    add = 'operations = [AddIndex("Carts", "wrong", S("wrong"))]'
    project = write_project(tmp_path, {"0001_carts": CREATE}, TUNNEL)
    aws.migrator(project).upgrade()
    project = write_project(tmp_path, {"0002_wrong": add}, TUNNEL)
    aws.migrator(project).upgrade(UpgradeOptions(pace=Pace.NO_WAIT))
    began = aws.clock.now()
    aws.migrator(project).downgrade(DowngradeOptions("1", allow_data_loss=True))
    assert aws.clock.now() - began < 300  # a build takes 468 seconds at least
    table = aws.simulator.table(NAME)
    assert table is not None
    assert "GlobalSecondaryIndexes" not in table


def test_each_line_of_a_plan_has_the_time_that_the_total_has(aws: SimulatedAws, tmp_path: Path) -> None:
    """Another attribute of time to live waits out its cool-down, in the second call."""
    scripts = {"0001_carts": 'operations = [CreateTable("Carts", S("id"), settings=[SetTimeToLive("Carts", "a")])]'}
    aws.migrator(write_project(tmp_path, scripts, TUNNEL)).upgrade()
    project = write_project(tmp_path, {"0002_rename": 'operations = [SetTimeToLive("Carts", "b")]'}, TUNNEL)
    plan = aws.migrator(project).plan()
    ((first, second),) = plan.estimates.values()
    assert first.high < 60 < second.low
    assert first + second == plan.estimate
    assert [step.part for step in plan.steps] == ["off", "on, b"]


def test_a_wait_reads_as_a_sentence(aws: SimulatedAws, tmp_path: Path) -> None:
    """What is not changed yet, and why: ``Carts is not changed yet: …``."""
    scripts = {"0001_carts": 'operations = [CreateTable("Carts", S("id"), settings=[SetTimeToLive("Carts", "a")])]'}
    aws.migrator(write_project(tmp_path, scripts, TUNNEL)).upgrade()
    project = write_project(tmp_path, {"0002_rename": 'operations = [SetTimeToLive("Carts", "b")]'}, TUNNEL)
    heard: list[RunEvent] = []
    aws.migrator(project, heard.append).upgrade()
    waits = {event.phase for event in heard if isinstance(event, Waiting)}
    assert any(phase.startswith("not changed yet: dynamodb:UpdateTimeToLive on osem-dev-Carts must") for phase in waits)
    assert not any(phase.startswith("dynamodb:") for phase in waits)


def test_a_name_that_is_too_long_here_is_found_before_anything_is_created(aws: SimulatedAws, tmp_path: Path) -> None:
    """By file and line, as the environment's prefix makes it so."""
    long = "x" * 250
    script = f'operations = [\n    CreateTable("Carts", S("id")),\n    CreateTable("{long}", S("id")),\n]'
    migrator = aws.migrator(write_project(tmp_path, {"0001_carts": script}, TUNNEL))
    for begin in (migrator.plan, migrator.upgrade):
        with pytest.raises(ScriptOperationInapplicable, match="a name has 3 to 255 characters") as caught:
            begin()
        assert (caught.value.details["line"], changes(aws)) == (7, [])


@pytest.mark.parametrize(
    ("script", "call", "by_hand", "turned_off"),
    [
        (
            'SetTimeToLive("Carts", "expiresAt")',
            "UpdateTimeToLive",
            {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "old"}},
            {"TimeToLiveSpecification": {"Enabled": False, "AttributeName": "old"}},
        ),
        (
            'SetStream("Carts", "OLD_IMAGE")',
            "UpdateTable",
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
            {"StreamSpecification": {"StreamEnabled": False}},
        ),
    ],
)
def test_what_is_on_undeclared_and_cannot_be_turned_on_again_is_foreseen(  # noqa: PLR0917 - one argument a part of the case
    script: str,
    call: str,
    by_hand: dict[str, object],
    turned_off: dict[str, object],
    aws: SimulatedAws,
    tmp_path: Path,
) -> None:
    """AWS refuses another attribute or view while one is on, so nothing is asked for; once it is off, it goes on."""
    aws.migrator(write_project(tmp_path, {"0001_carts": CREATE}, TUNNEL)).upgrade()
    aws.clock.sleep(2 * 3600)
    aws.simulator.call(call, {"TableName": NAME, **by_hand})
    aws.clock.sleep(2 * 3600)
    project = write_project(tmp_path, {"0002_set": f"operations = [{script}]"}, TUNNEL)
    (drift,) = aws.migrator(project).preview().drift
    assert drift.stops == "0002_set"
    asked = len(changes(aws))
    with pytest.raises(DriftFound, match=r"expected .* off, found .* (old|NEW_IMAGE)"):
        aws.migrator(project).upgrade()
    assert len(changes(aws)) == asked
    aws.simulator.call(call, {"TableName": NAME, **turned_off})
    aws.clock.sleep(2 * 3600)
    assert aws.migrator(project).upgrade().applied == ("0002_set",)
    assert aws.migrator(project).status().in_sync


def test_a_table_that_its_next_operation_stops_at_is_not_taken_over(aws: SimulatedAws, tmp_path: Path) -> None:
    """A first run creates nothing else beside it, and records nothing; its dry run says so."""
    keys = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    streaming = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    request = {"TableName": NAME, "BillingMode": "PAY_PER_REQUEST", "StreamSpecification": streaming, **keys}
    aws.simulator.call("CreateTable", request)
    aws.clock.sleep(60)
    scripts = {"0001_carts": CREATE, "0002_stream": 'operations = [SetStream("Carts", "OLD_IMAGE")]'}
    scripts["0003_orders"] = 'operations = [CreateTable("Orders", S("id"))]'
    migrator = aws.migrator(write_project(tmp_path, scripts, TUNNEL))
    for begin in (migrator.preview, migrator.upgrade):
        with pytest.raises(AdoptionMismatch, match="expected stream off, found stream NEW_IMAGE"):
            begin()
    assert list(aws.simulator.account.tables) == [NAME]
