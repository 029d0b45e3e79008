"""What a plan drops is looked at first: protected tables stop it at once, and those made by hand are named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from osem_migrate import DowngradeOptions, UpgradeOptions
from osem_migrate.commands.upgrade import losses
from osem_migrate.errors import ConfirmationRequired, DeletionProtected
from osem_migrate.events import RunEvent, RunStarted
from osem_migrate.execution.operation_run import Pace
from osem_migrate.planning.plan import REPLACED
from tests.doubles.project import write_project
from tests.doubles.simulated_aws import NOWHERE, TUNNEL, SimulatedAws
from tests.doubles.typed import typed
from tests.integration.simulator.test_foreseen import CREATE, DROP, NAME, PROTECTING, changes

PROTECTED = 'operations = [CreateTable("Carts", S("id"), settings=[SetDeletionProtection("Carts", True)])]'
OFF = 'operations = [SetDeletionProtection("Carts", False)]'
ORDERS = 'operations = [CreateTable("Orders", S("id"))]'
ALL = DowngradeOptions("0", allow_data_loss=True)
HAZARD = "every item of table Carts is lost"


def protect(aws: SimulatedAws, *, on: bool) -> None:
    """What a person does in the console."""
    aws.simulator.call("UpdateTable", {"TableName": NAME, "DeletionProtectionEnabled": on})
    aws.clock.sleep(60)


def replace(aws: SimulatedAws) -> None:
    """Somebody deletes the table and makes one of the same shape."""
    aws.simulator.call("DeleteTable", {"TableName": NAME})
    aws.clock.sleep(60)
    keys = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    aws.simulator.call("CreateTable", {"TableName": NAME, "BillingMode": "PAY_PER_REQUEST", **keys})
    aws.clock.sleep(60)


@pytest.mark.parametrize("created", [CREATE, PROTECTED], ids=["by a person", "declared"])
def test_a_downgrade_of_a_protected_table_is_refused_in_its_plan(
    created: str, aws: SimulatedAws, tmp_path: Path
) -> None:
    """The dry run says so too, with the ways out, and nothing is asked of the other tables."""
    project = write_project(tmp_path, {"0001_carts": created, "0002_orders": ORDERS}, TUNNEL)
    migrator = aws.migrator(project)
    migrator.upgrade()
    if created == CREATE:
        protect(aws, on=True)
    for begin in (migrator.plan_downgrade, migrator.downgrade):
        with pytest.raises(DeletionProtected, match="deletion protection is on for osem-dev-Carts") as caught:
            begin(ALL)
        advice = typed(caught.value)
        assert 'declare SetDeletionProtection("Carts", False) in a new script, and apply that first' in advice
        assert (
            f"aws dynamodb update-table --no-deletion-protection-enabled --region us-east-1 --endpoint-url {NOWHERE}"
            in advice
        )
        assert f"--table-name {NAME}" in advice
        assert advice.endswith("\nosem-migrate downgrade --to 0 --env dev")
    assert changes(aws)[1:] == ["UpdateTable"] * (created == CREATE)
    assert aws.simulator.table("osem-dev-Orders") is not None
    if created == CREATE:
        protect(aws, on=False)
        migrator.downgrade(ALL)
        assert aws.simulator.table(NAME) is None


def test_the_script_that_turns_it_off_leads_on(aws: SimulatedAws, tmp_path: Path) -> None:
    """It is reversed first, which turns the protection on again; nobody wants that kept."""
    migrator = aws.migrator(write_project(tmp_path, {"0001_carts": PROTECTED, "0002_off": OFF}, TUNNEL))
    migrator.upgrade()
    plan = migrator.plan_downgrade(ALL)
    assert [(step.action, step.part) for step in plan.steps] == [
        ("UpdateTable", ""),
        ("UpdateTable", "deletion protection off"),
        ("DeleteTable", ""),
    ]
    assert [hazard.text for hazard in plan.hazards] == [HAZARD]
    migrator.downgrade(ALL)
    assert aws.simulator.table(NAME) is None


def test_protection_that_the_environment_gave_goes_with_the_confirmed_downgrade(
    aws: SimulatedAws, tmp_path: Path
) -> None:
    """As with a drop that a script declares: no script could take it off."""
    migrator = aws.migrator(write_project(tmp_path, {"0001_carts": CREATE}, PROTECTING))
    migrator.upgrade()
    with pytest.raises(ConfirmationRequired, match=HAZARD):
        migrator.downgrade(DowngradeOptions("0"))
    migrator.downgrade(ALL)
    assert aws.simulator.table(NAME) is None


def test_a_person_who_protects_a_table_of_the_plan_stops_the_run(aws: SimulatedAws, tmp_path: Path) -> None:
    """Between the plan that was confirmed and the lock."""
    project = write_project(tmp_path, {"0001_carts": CREATE}, TUNNEL)
    aws.migrator(project).upgrade()
    plan = aws.migrator(project).plan_downgrade(ALL)
    log = aws.migrator(project).history()
    protect(aws, on=True)
    with pytest.raises(DeletionProtected):
        aws.migrator(project).downgrade(DowngradeOptions("0", plan=plan))
    assert aws.migrator(project).history() == log
    assert aws.migrator(project).lock() is None
    assert changes(aws) == ["CreateTable", "UpdateTable"]


def test_waiting_drops_nothing_and_is_not_refused(aws: SimulatedAws, tmp_path: Path) -> None:
    """Whoever only waits for an earlier call need not think of a later one."""
    aws.migrator(write_project(tmp_path, {"0001_carts": CREATE}, TUNNEL)).upgrade()
    protect(aws, on=True)
    project = write_project(tmp_path, {"0002_drop": DROP}, TUNNEL)
    assert aws.migrator(project).upgrade(UpgradeOptions(pace=Pace.WAIT_ONLY)).applied == ()


def test_a_table_that_was_replaced_by_hand_is_named_before_a_downgrade_drops_it(
    aws: SimulatedAws, tmp_path: Path
) -> None:
    """In the plan, and so in what is confirmed; by its TableId, as it looks the same."""
    project = write_project(tmp_path, {"0001_carts": CREATE, "0002_orders": ORDERS}, TUNNEL)
    migrator = aws.migrator(project)
    migrator.upgrade()
    assert [hazard.text for hazard in migrator.plan_downgrade(DowngradeOptions("0")).hazards] == [
        "every item of table Orders is lost",
        HAZARD,
    ]
    replace(aws)
    plan = migrator.plan_downgrade(DowngradeOptions("0"))
    assert [hazard.text for hazard in plan.hazards] == [
        "every item of table Orders is lost",
        f"{HAZARD}; {REPLACED}",
    ]
    assert {live.name for live in losses(migrator.deployment, plan)} == {"Carts", "Orders"}
    with pytest.raises(ConfirmationRequired, match=REPLACED):
        migrator.downgrade(DowngradeOptions("0"))
    assert migrator.downgrade(DowngradeOptions("0", plan=plan)).reverted == ("0002_orders", "0001_carts")


@pytest.mark.parametrize("script", [True, False], ids=["upgrade", "downgrade"])
def test_one_that_is_replaced_after_it_was_confirmed_is_asked_for_again(
    aws: SimulatedAws, tmp_path: Path, *, script: bool
) -> None:
    """What was agreed to was another table; a drop that a script declares is no other case."""
    aws.migrator(write_project(tmp_path, {"0001_carts": CREATE}, TUNNEL)).upgrade()
    project = write_project(tmp_path, {"0002_drop": DROP} if script else {}, TUNNEL)
    heard: list[RunEvent] = []
    migrator = aws.migrator(project, heard.append)
    plan = migrator.plan() if script else migrator.plan_downgrade(DowngradeOptions("0"))
    replace(aws)
    run: Callable[[], object] = (
        (lambda: migrator.upgrade(UpgradeOptions(plan=plan)))
        if script
        else (lambda: migrator.downgrade(DowngradeOptions("0", plan=plan)))
    )
    with pytest.raises(ConfirmationRequired, match=f"the plan has changed since .*{REPLACED}"):
        run()
    assert not any(isinstance(event, RunStarted) for event in heard)
    assert aws.simulator.table(NAME) is not None


def test_a_plan_without_drops_asks_nothing_of_the_tables(aws: SimulatedAws, tmp_path: Path) -> None:
    """The history says it all."""
    migrator = aws.migrator(write_project(tmp_path, {"0001_carts": CREATE}, TUNNEL))
    migrator.upgrade()
    asked = len(aws.simulator.calls)
    write_project(tmp_path, {"0002_orders": ORDERS}, TUNNEL)
    assert not aws.migrator(migrator.project).plan().is_empty
    assert not [call for call in aws.simulator.calls[asked:] if call.action == "DescribeTable"]
