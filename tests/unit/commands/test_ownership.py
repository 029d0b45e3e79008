"""Ownership: an application leaves alone what another one recorded in the same history table."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from osem_migrate import DestroyOptions, DowngradeOptions, ImportOptions, ResolveOptions, StampOptions, UpgradeOptions
from osem_migrate.config import Project
from osem_migrate.errors import AccessDenied, OwnerUnknown, TableNotOurs
from osem_migrate.execution.operation_run import Pace
from osem_migrate.history import RecordedTable, TableEffect
from osem_migrate.migrator import Migrator
from osem_migrate.planning.resolution import Resolution
from tests.doubles import beginnings
from tests.doubles.project import BY_MANAGER, HISTORY, TEAMS, write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.simulator import Deny
from tests.simulator.faults import Faults
from tests.unit.commands.test_destroy import PLANS, PLANS_TABLE, TEAMS_TABLE, account, names

NAMES = f'table_name = "osem-{{env}}-{{entity}}"\n{TUNNEL}'
CONFIRMED = DestroyOptions(allow_data_loss=True)


@pytest.fixture
def aws() -> Iterator[SimulatedAws]:
    """An account without tables."""
    with account() as aws:
        yield aws


def application(folder: Path, name: str, scripts: dict[str, str]) -> Project:
    """A project of another application name with the same tables' names."""
    made = write_project(folder / name, scripts, NAMES)
    settings = made.root / "pyproject.toml"
    settings.write_text(settings.read_text().replace('application = "osem"', f'application = "{name}"'))
    return Project.find(made.root, environ={})


@pytest.fixture
def ours(tmp_path: Path, aws: SimulatedAws) -> Project:
    """The application that has made Teams."""
    project = application(tmp_path, "shop", {"0001_teams": TEAMS, "0002_by_manager": BY_MANAGER})
    beginnings.upgrade(aws, project)
    return project


@pytest.fixture
def theirs(tmp_path: Path, ours: Project) -> Project:
    """Another one that declares Teams as well, and Plans before it."""
    return application(tmp_path, "other", {"0001_plans": PLANS, "0002_teams": TEAMS})


def records(aws: SimulatedAws, scope: str) -> dict[str, dict[str, Any]]:
    """The records of an application as items, by migration."""
    items = aws.simulator.call("Scan", {"TableName": HISTORY})["Items"]
    mine = [item for item in items if item["scope"]["S"] == scope and item["item"]["S"].startswith("migration#")]
    return {item["item"]["S"].removeprefix("migration#"): item for item in mine}


def age(aws: SimulatedAws, *scopes: str) -> None:
    """Take from the records what older versions did not write."""
    for scope in scopes:
        for item in records(aws, scope).values():
            kept = {name: value for name, value in item.items() if name != "tables"}
            aws.simulator.call("PutItem", {"TableName": HISTORY, "Item": kept})


def test_a_record_tells_its_tables(ours: Project, aws: SimulatedAws) -> None:
    """Which it made, which it changed, and the TableId of the one that it made."""
    table_id = aws.simulator.call("DescribeTable", {"TableName": TEAMS_TABLE})["Table"]["TableId"]
    history = aws.migrator(ours).deployment.history.read()
    assert history.records["0001_teams"].tables == {
        "Teams": RecordedTable(effect=TableEffect.CREATED, table_id=table_id)
    }
    assert history.records["0002_by_manager"].tables == {"Teams": RecordedTable(effect=TableEffect.CHANGED)}
    assert history.table_ids("Teams") == {table_id}


def test_what_is_taken_over_is_recorded_with_its_id(ours: Project, aws: SimulatedAws) -> None:
    """By the adoption of a first run, by stamp and by resolve alike."""
    table_id = aws.simulator.call("DescribeTable", {"TableName": TEAMS_TABLE})["Table"]["TableId"]
    takes: tuple[Callable[[Migrator], object], ...] = (
        lambda migrator: migrator.upgrade(),
        lambda migrator: migrator.stamp(StampOptions("2")),
        lambda migrator: [
            migrator.resolve(ResolveOptions(version, Resolution.APPLIED))
            for version in ("0001_teams", "0002_by_manager")
        ],
    )
    for take in takes:
        for name in records(aws, "shop"):
            key = {"scope": {"S": "shop"}, "item": {"S": f"migration#{name}"}}
            aws.simulator.call("DeleteItem", {"TableName": HISTORY, "Key": key})
        take(aws.migrator(ours))
        assert aws.migrator(ours).deployment.history.read().table_ids("Teams") == {table_id}


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize(
    "take",
    [
        lambda migrator: migrator.preview(),
        lambda migrator: migrator.upgrade(),
        lambda migrator: migrator.stamp(StampOptions("2")),
        lambda migrator: migrator.resolve(ResolveOptions("0002", Resolution.APPLIED)),
    ],
)
def test_nobody_takes_over_what_another_recorded(
    take: Callable[[Migrator], object], theirs: Project, aws: SimulatedAws, *, older: bool
) -> None:
    """Refused by name before anything is written, also by the hashes of a record that does not tell its tables."""
    if older:
        age(aws, "shop")
    with pytest.raises(TableNotOurs, match="osem-dev-Teams belongs to application 'shop'") as refused:
        take(aws.migrator(theirs))
    assert refused.value.details["owners"] == [{"physical_name": TEAMS_TABLE, "application": "shop"}]
    assert records(aws, "other") == {}
    assert names(aws) == [HISTORY, TEAMS_TABLE]


def test_import_leaves_out_what_another_recorded(tmp_path: Path, ours: Project, aws: SimulatedAws) -> None:
    """It says whose it is."""
    plan = aws.migrator(application(tmp_path, "other", {})).plan_import(
        ImportOptions(names=["Teams", "SchemaMigrations"])
    )
    assert plan.creations == ()
    assert plan.skipped[TEAMS_TABLE] == "it belongs to application 'shop'"


@pytest.fixture
def shared(theirs: Project, aws: SimulatedAws) -> Project:
    """What older versions let happen: both have recorded Teams, and neither says so but by hashes."""
    stored = records(aws, "shop")
    for item in stored.values():
        aws.simulator.call("DeleteItem", {"TableName": HISTORY, "Key": {key: item[key] for key in ("scope", "item")}})
    aws.migrator(theirs).upgrade(UpgradeOptions("1"))
    aws.migrator(theirs).stamp(StampOptions("2", verify=False))
    for item in stored.values():
        aws.simulator.call("PutItem", {"TableName": HISTORY, "Item": item})
    age(aws, "shop", "other")
    return theirs


def test_nobody_drops_what_another_recorded(shared: Project, ours: Project, aws: SimulatedAws) -> None:
    """Neither by destroy, which keeps it and drops the rest, nor by downgrade, which is refused."""
    with pytest.raises(TableNotOurs, match="belongs to application 'other'"):
        aws.migrator(ours).downgrade(DowngradeOptions("0", allow_data_loss=True))
    inventory = aws.migrator(shared).inventory()
    assert inventory.foreign == {TEAMS_TABLE: "shop"}
    assert aws.migrator(shared).destroy(CONFIRMED).dropped == (PLANS_TABLE,)
    assert names(aws) == [HISTORY, TEAMS_TABLE]
    # The other one is the only owner now.
    assert TEAMS_TABLE in aws.migrator(ours).destroy(CONFIRMED).dropped


def test_nobody_repairs_what_another_recorded(shared: Project, ours: Project, aws: SimulatedAws) -> None:
    """A repair might rebuild the table."""
    body = 'operations = [RepairTable("Teams", [AddIndex("Teams", "managerId-index", S("managerId"))])]'
    with pytest.raises(TableNotOurs):
        aws.migrator(application(ours.root.parent, "shop", {"0003_repair": body})).plan()


@pytest.mark.parametrize(
    "give_up",
    [
        lambda migrator: migrator.resolve(ResolveOptions("0001", Resolution.REVERTED, verify=False)),
        lambda migrator: migrator.downgrade(DowngradeOptions("0", allow_data_loss=True)),
        lambda migrator: migrator.destroy(CONFIRMED),
    ],
)
def test_what_was_given_up_is_free(give_up: Callable[[Migrator], object], tmp_path: Path, aws: SimulatedAws) -> None:
    """Reverted, or dropped with all the rest; then another application may have it."""
    one, other = (application(tmp_path, name, {"0001_teams": TEAMS}) for name in ("one", "other"))
    aws.migrator(one).upgrade()
    with pytest.raises(TableNotOurs):
        aws.migrator(other).upgrade()
    give_up(aws.migrator(one))
    assert aws.migrator(other).upgrade().applied == ("0001_teams",)


def test_what_a_later_script_dropped_is_free(tmp_path: Path, aws: SimulatedAws) -> None:
    """Also by the hashes of older records."""
    dropping = {"0001_teams": TEAMS, "0002_drop": 'operations = [DropTable("Teams")]'}
    aws.migrator(application(tmp_path, "one", dropping)).upgrade(UpgradeOptions(allow_data_loss=True))
    age(aws, "one")
    assert aws.migrator(application(tmp_path, "other", {"0001_teams": TEAMS})).upgrade().applied == ("0001_teams",)


@pytest.fixture
def deaf(aws: SimulatedAws, ours: Project) -> SimulatedAws:
    """The account of ``ours`` for a role that may not read the records of others, as one of an older policy."""
    aws.simulator.faults.plan(Deny(), action="Scan", times=None)
    return aws


def test_who_may_not_ask_creates_tables_with_a_note(tmp_path: Path, deaf: SimulatedAws) -> None:
    """What is not there yet is nobody's; also where the run that began to create it did not wait."""
    project = application(tmp_path, "plans", {"0001_plans": PLANS})
    plan = deaf.migrator(project).plan()
    (note,) = plan.notes
    assert note.startswith(
        "Whether another application has recorded one of the tables was not found out: dynamodb:Scan"
    )
    deaf.migrator(project).upgrade(UpgradeOptions(pace=Pace.NO_WAIT))
    assert deaf.migrator(project).upgrade().applied == ("0001_plans",)
    assert deaf.migrator(project).plan().notes == (), "nothing is pending, and nobody was asked"


@pytest.mark.parametrize(
    "take",
    [
        lambda migrator: migrator.plan(),
        lambda migrator: migrator.upgrade(),
        lambda migrator: migrator.stamp(StampOptions("2")),
        lambda migrator: migrator.resolve(ResolveOptions("0002", Resolution.APPLIED)),
    ],
    ids=["plan", "upgrade", "stamp", "resolve"],
)
def test_who_may_not_ask_takes_nothing_over(
    take: Callable[[Migrator], object], theirs: Project, deaf: SimulatedAws
) -> None:
    """The table may be another application's, and here it is; the remedy says what to grant."""
    with pytest.raises(OwnerUnknown, match="osem-dev-Teams: it is not known whether another application") as refused:
        take(deaf.migrator(theirs))
    assert refused.value.details["tables"] == [TEAMS_TABLE]
    assert "Grant dynamodb:Scan on the history table" in refused.value.remediation
    deaf.simulator.faults = Faults()
    assert records(deaf, "other") == {}


def test_who_may_not_ask_imports_nothing(tmp_path: Path, deaf: SimulatedAws) -> None:
    """Before any script is written."""
    with pytest.raises(OwnerUnknown, match="osem-dev-Teams: it is not known whether another application"):
        deaf.migrator(application(tmp_path, "other", {})).plan_import()


def test_who_may_not_ask_drops_the_very_tables_that_were_recorded(ours: Project, deaf: SimulatedAws) -> None:
    """By their TableIds, with a note; not one that somebody has made since."""
    migrator = deaf.migrator(ours)
    assert len(migrator.plan_downgrade(DowngradeOptions("0")).notes) == 1
    keys = deaf.simulator.call("DescribeTable", {"TableName": TEAMS_TABLE})["Table"]["KeySchema"]
    deaf.simulator.call("DeleteTable", {"TableName": TEAMS_TABLE})
    deaf.clock.sleep(60)
    made = {"TableName": TEAMS_TABLE, "KeySchema": keys, "BillingMode": "PAY_PER_REQUEST"}
    attributes = [{"AttributeName": "teamId", "AttributeType": "S"}]
    deaf.simulator.call("CreateTable", {**made, "AttributeDefinitions": attributes})
    deaf.clock.sleep(60)
    with pytest.raises(OwnerUnknown):
        migrator.plan_downgrade(DowngradeOptions("0"))


def test_who_may_not_ask_drops_nothing_of_older_records(tmp_path: Path, ours: Project, aws: SimulatedAws) -> None:
    """They tell no TableId; what is not dropped is as ever. ``destroy`` needs to ask in any case."""
    age(aws, "shop")
    aws.simulator.faults.plan(Deny(), action="Scan", times=None)
    drops: list[Callable[[Migrator], object]] = [lambda m: m.plan_downgrade(DowngradeOptions("0")), Migrator.plan]
    for drop in drops:
        with pytest.raises(OwnerUnknown):
            drop(aws.migrator(application(tmp_path, "shop", {"0003_drop": 'operations = [DropTable("Teams")]'})))
    with pytest.raises(AccessDenied):
        aws.migrator(ours).destroy(CONFIRMED)
    assert TEAMS_TABLE in names(aws)
    repair = 'operations = [RepairTable("Teams", to=[AddIndex("Teams", "managerId-index", S("managerId"))])]'
    (ours.root / "migrations" / "0003_drop.py").unlink()
    assert aws.migrator(application(tmp_path, "shop", {"0003_repair": repair})).upgrade().applied == ("0003_repair",)


def test_a_table_of_another_application_is_no_drift(tmp_path: Path, ours: Project, aws: SimulatedAws) -> None:
    """It stands under the same prefix, and the same history table says whose it is; where that may not be read, too."""
    other = application(tmp_path, "plans", {"0001_plans": PLANS})
    aws.migrator(other).upgrade()
    for project, table in ((other, TEAMS_TABLE), (ours, PLANS_TABLE)):
        status = aws.migrator(project).status()
        assert status.in_sync
        assert (status.notes, {live.physical_name for live in status.tables} & {table}) == ((), set())
    aws.simulator.faults.plan(Deny(), action="Scan", times=None)
    status = aws.migrator(other).status()
    assert [problem.code for problem in status.problems] == ["DRIFT_TABLE_UNEXPECTED"]
    assert status.notes[0].startswith("Whether another application has recorded one of the tables was not found out")


def test_an_application_that_was_renamed_is_told_of_its_old_name(
    tmp_path: Path, ours: Project, aws: SimulatedAws
) -> None:
    """Where nothing is recorded of it, and the same history table holds another's; a role may not be allowed to ask."""
    renamed = application(tmp_path, "store", {"0001_teams": TEAMS})
    (note,) = aws.migrator(renamed).status().notes
    assert note.startswith(f"{HISTORY} has no migrations of 'store', but of 'shop'.")
    assert "change application in the configuration back" in note
    aws.simulator.faults.plan(Deny(), action="Scan", times=None)
    (note,) = aws.migrator(renamed).status().notes
    assert "was not found out" in note
    assert aws.migrator(ours).status().notes == ()


def test_another_pattern_of_names_is_told_of_the_old_one(tmp_path: Path, ours: Project, aws: SimulatedAws) -> None:
    """There is no history table of the new one."""
    moved = write_project(
        tmp_path / "moved", {"0001_teams": TEAMS}, f'table_name = "osem2-{{env}}-{{entity}}"\n{TUNNEL}'
    )
    (note,) = aws.migrator(moved).status().notes
    assert note.startswith(f"There is no osem2-dev-SchemaMigrations, but {HISTORY}.")
    assert "change table_name in the configuration" in note
