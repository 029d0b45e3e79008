"""``downgrade``: what it reverses, what it shows before, and what stops it before anything is changed."""

import re
from dataclasses import replace

import pytest

from osem_migrate.cli import downgrade
from osem_migrate.commands.downgrade import DowngradeOptions
from osem_migrate.migrator import Migrator
from tests.cli.command_line import HISTORY, Applied, Project, Run, Tables
from tests.doubles.typed import typed


@pytest.fixture
def upgraded(project: Project, run: Run, applied: Applied, tables: Tables) -> Project:
    """A project whose three scripts are applied to dev, with two items in Teams."""
    applied()
    for number in range(2):
        tables.client.put_item(TableName="shop-dev-Teams", Item={"teamId": {"S": f"t{number}"}})
    return project


def test_it_reverses_the_newest_and_then_nothing(upgraded: Project, run: Run, tables: Tables) -> None:
    """The newest are gone, the others kept with their items; a second run writes nothing and says so."""
    first = run("downgrade", "--to", "1", "--yes")
    assert first.code == 0
    assert first.out == f"✓ 2 migrations reverted on dev ({tables.endpoint_url}).\n"
    assert tables.names() == [HISTORY, "shop-dev-Teams"]
    teams = tables.client.describe_table(TableName="shop-dev-Teams")["Table"]
    assert not teams.get("GlobalSecondaryIndexes")
    assert tables.client.scan(TableName="shop-dev-Teams")["Count"] == 2
    before = tables.everything()
    second = run("downgrade", "--to", "1", "--yes")
    assert (second.code, second.err) == (0, "")
    assert second.out == f"✓ dev ({tables.endpoint_url}) has nothing above 1; nothing to do.\n"
    assert tables.everything() == before
    assert run("status").code == 3


def test_down_to_nothing_and_up_again(upgraded: Project, run: Run, tables: Tables) -> None:
    """0 reverses everything but the history, and upgrade starts afresh; the log keeps both."""
    assert run("downgrade", "--to", "0", "--yes").code == 0
    assert tables.names() == [HISTORY]
    assert run("upgrade").out.startswith("✓ 3 migrations applied")
    assert run("status").code == 0
    events = run("history", "--json").document["data"]["events"]
    of_plans = [event["what"] for event in events if event["migration"] == "0003_create_plans"]
    assert of_plans == ["started", "applied", "started", "reverted", "started", "applied"]


def test_as_data(upgraded: Project, run: Run, tables: Tables) -> None:
    """--json has what was reverted, newest first; nothing at all when there was nothing to do."""
    data = run("downgrade", "--to", "1", "--yes", "--json").document["data"]
    assert sorted(data["reverted"]) == ["0002_add_manager_id_index_to_teams", "0003_create_plans"]
    assert data["reverted"][0] == "0003_create_plans"
    assert (data["up_to_date"], data["counts"]) == (True, {"reverted": 2, "remaining": 0})
    again = run("downgrade", "--to", "1", "--yes", "--json").document["data"]
    assert (again["reverted"], again["up_to_date"]) == ([], True)


def test_a_dry_run_shows_every_change_and_every_loss(upgraded: Project, run: Run, tables: Tables) -> None:
    """Newest first, with item counts and sizes of what would be lost; nothing is changed, and no yes is needed."""
    before = tables.everything()
    said = run("downgrade", "--to", "0", "--dry-run", "-v")
    assert (said.code, tables.everything()) == (0, before)
    assert said.out.startswith(f"3 migrations to reverse on dev ({tables.endpoint_url}): 3 calls. Nothing is changed")
    assert re.findall(r"^ +\d+\. (.*)", said.out, re.MULTILINE) == [
        "DeleteTable shop-dev-Plans",
        "UpdateTable shop-dev-Teams managerId-index",
        "DeleteTable shop-dev-Teams",
    ]
    assert re.findall(r"^ +(- .*?)  \(", said.out, re.MULTILINE) == [
        "- table Plans  planId S",
        "- index managerId-index  managerId S, ALL",
        "- table Teams  teamId S",
    ]
    assert re.search(r"⚠ every item of table Teams is lost \(shop-dev-Teams: 2 items, \d+ bytes\)", said.out)
    assert re.search(r"⚠ every item of table Plans is lost \(shop-dev-Plans: 0 items, 0 bytes\)", said.out)
    assert "--fold" not in said.out


def test_a_dry_run_as_data(upgraded: Project, run: Run, tables: Tables) -> None:
    """The same calls, with the parameters that would be sent, and the hazards."""
    data = run("downgrade", "--to", "2", "--dry-run", "--json").document["data"]
    (migration,) = data["migrations"]
    (operation,) = migration["operations"]
    assert [(call["action"], call["parameters"]) for call in operation["calls"]] == [
        ("DeleteTable", {"TableName": "shop-dev-Plans"})
    ]
    assert operation["hazard"] == "every item of table Plans is lost"
    assert (data["direction"], data["counts"]["hazards"]) == ("downgrade", 1)


def test_where_to_has_to_be_said(upgraded: Project, run: Run, tables: Tables) -> None:
    """There is no default for how much to take away, and an unknown version is told before anything is read."""
    said = run("downgrade", "--yes")
    assert said.code == 64
    assert "--to" in said.err
    assert "TARGET_UNKNOWN" in run("downgrade", "--to", "9", "--yes").err


def test_deletion_protection_stops_before_anything_is_changed(upgraded: Project, run: Run, tables: Tables) -> None:
    """One protected table among those to drop: no other is touched either, nothing is recorded, the lock is free."""
    tables.client.update_table(TableName="shop-dev-Teams", DeletionProtectionEnabled=True)
    history = run("history").out
    said = run("downgrade", "--to", "0", "--yes", "--allow-data-loss")
    assert said.code == 1
    assert "✗ DELETION_PROTECTED: deletion protection is on for shop-dev-Teams" in said.err
    assert 'declare SetDeletionProtection("Teams", False) in a new script, and apply that first;' in said.err
    assert "aws dynamodb update-table --no-deletion-protection-enabled" in said.err
    assert "osem-migrate downgrade --to 0 --env dev\n" in said.err
    dry = run("downgrade", "--to", "0", "--dry-run")
    assert (dry.code, dry.out, dry.err) == (1, "", said.err)
    assert tables.names() == ["shop-dev-Plans", HISTORY, "shop-dev-Teams"]
    assert run("history").out == history
    assert "owner" not in tables.lock()
    tables.client.update_table(TableName="shop-dev-Teams", DeletionProtectionEnabled=False)
    assert run("downgrade", "--to", "0", "--yes").code == 0


def test_a_lock_that_is_held_exits_with_6(upgraded: Project, run: Run, tables: Tables) -> None:
    """It is the lock of upgrade."""
    tables.hold_lock()
    said = run("downgrade", "--to", "1", "--yes", "--lock-timeout", "0.1")
    assert said.code == 6
    assert "✗ LOCK_HELD: another run holds the upgrade lock: ada@build-7 on build-7 (pid 4711)" in said.err
    assert "shop-dev-Plans" in tables.names()


def test_a_changed_script_is_not_reversed(upgraded: Project, run: Run, tables: Tables) -> None:
    """What was applied can only be reversed as it was."""
    upgraded.script("0003_create_plans", 'CreateTable("Plans", partition_key=S("other"))')
    said = run("downgrade", "--to", "1", "--yes")
    assert said.code == 1
    assert "HISTORY_MIGRATION_CHANGED" in said.err
    assert "shop-dev-Plans" in tables.names()


def test_the_module_offers_one_command() -> None:
    """The lazy group finds the command under the agreed name."""
    assert downgrade.command.name == "downgrade"


def test_steps_reverse_the_newest_and_the_way_on_names_a_version(upgraded: Project, run: Run, tables: Tables) -> None:
    """One step is one migration; what continues an interrupted one goes no further than it was to go."""
    dry = run("downgrade", "--steps", "2", "--dry-run").out
    assert dry.startswith(f"2 migrations to reverse on dev ({tables.endpoint_url})")
    assert run("downgrade", "--steps", "1", "--yes").out.startswith("✓ 1 migration reverted")
    assert "shop-dev-Plans" not in tables.names()
    options = DowngradeOptions(steps=2, timeout=60)
    plan = Migrator.open("dev").plan_downgrade(options)
    assert typed(options.with_plan(plan).resume()) == "osem-migrate downgrade --to 0 --env dev"
    too_many = run("downgrade", "--steps", "3", "--yes")
    assert "✗ TARGET_UNKNOWN: 3 migrations cannot be reversed: only 2 can be" in too_many.err
    assert Migrator.open("dev").downgrade(replace(options, allow_data_loss=True)).reverted == (
        "0002_add_manager_id_index_to_teams",
        "0001_create_teams",
    )


def test_what_differs_of_a_table_is_told_before_it_is_dropped(upgraded: Project, run: Run, tables: Tables) -> None:
    """Drift of a setting stops no drop: it stands in the dry run, and in what has to be confirmed."""
    tables.client.update_table(
        TableName="shop-dev-Plans",
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    differs = "not as declared: Plans: expected billing on-demand, found billing provisioned, 5 read and 5 write units)"
    dry = run("downgrade", "--to", "2", "--dry-run")
    assert f"⚠ every item of table Plans is lost (shop-dev-Plans: 0 items, 0 bytes; {differs}" in dry.out
    refused = run("downgrade", "--to", "2")
    assert "CONFIRMATION_REQUIRED" in refused.err
    assert differs in refused.err
    assert run("downgrade", "--to", "2", "--yes").code == 0
    assert "shop-dev-Plans" not in tables.names()
