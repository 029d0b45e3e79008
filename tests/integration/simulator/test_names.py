"""Names on AWS: two applications under one prefix, another account's environment, and tables of CloudFormation."""

from pathlib import Path

import pytest

from osem_migrate import DestroyOptions
from osem_migrate.config import Project
from osem_migrate.errors import NamesClash, TableNotOurs
from tests.doubles.project import write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.simulator.simulator import ACCOUNT_ID

TEAMS = 'operations = [CreateTable("Teams", S("teamId"))]'
PAYROLL = 'operations = [CreateTable("Payroll", S("id"))]'
STACK = {"aws:cloudformation:stack-name": "shop-prod"}
SHARED = "table_name = '{entity}-{env}'\n"


def application(folder: Path, name: str, script: str, settings: str = TUNNEL) -> Project:
    """A project of that name, which keeps its history in the one table of the pattern."""
    write_project(folder, {"0001_first": script}, settings)
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('application = "osem"', f'application = "{name}"'))
    return Project.find(folder, environ={})


def test_two_applications_under_one_pattern_are_both_in_sync(aws: SimulatedAws, tmp_path: Path) -> None:
    """Each one's tables are the other's by no likeness of names: the records in the history they share tell."""
    projects = [
        application(tmp_path / name, name, script, SHARED + TUNNEL)
        for name, script in (("shop", TEAMS), ("payroll", PAYROLL))
    ]
    for project in projects:
        aws.migrator(project).upgrade()
    for project in projects:
        status = aws.migrator(project).status()
        assert status.problems == ()
        assert len(status.tables) == 1
    stranger = application(tmp_path / "other", "other", PAYROLL, SHARED + TUNNEL)
    with pytest.raises(TableNotOurs, match="Payroll-dev belongs to application 'payroll'"):
        aws.migrator(stranger).upgrade()
    aws.migrator(projects[0]).destroy(DestroyOptions(allow_data_loss=True))
    assert set(aws.simulator.account.tables) == {"Payroll-dev", "SchemaMigrations-dev"}
    assert aws.migrator(projects[1]).status().problems == ()


def test_without_static_text_the_account_is_not_ours(aws: SimulatedAws, tmp_path: Path) -> None:
    """Nobody's table is drift, and none is dropped, because it stands in the same account."""
    project = application(tmp_path / "shop", "shop", TEAMS, "table_name = '{entity}'\n" + TUNNEL)
    other = application(tmp_path / "other", "other", PAYROLL, "table_name = 'x-{env}-{entity}'\n" + TUNNEL)
    aws.migrator(other).upgrade()
    migrator = aws.migrator(project)
    migrator.upgrade()
    assert migrator.status().problems == ()
    assert [live.physical_name for live in migrator.tables()] == ["SchemaMigrations", "Teams"]
    assert aws.migrator(project).destroy(DestroyOptions(allow_data_loss=True)).kept == ()
    assert set(aws.simulator.account.tables) == {"x-dev-Payroll", "x-dev-SchemaMigrations"}


def test_a_table_under_the_usual_name_of_a_mapped_one_is_told(aws: SimulatedAws, tmp_path: Path) -> None:
    """It is no drift and nobody's: whoever mapped the other one should know of it."""
    plain = application(tmp_path / "first", "first", TEAMS, SHARED + TUNNEL)
    aws.migrator(plain).upgrade()
    mapping = SHARED + TUNNEL + "tables = { Teams = 'Stack-1' }\nhistory_table = 'History-{env}'\n"
    project = application(tmp_path / "shop", "shop", TEAMS, mapping)
    aws.migrator(project).upgrade()
    status = aws.migrator(project).status()
    assert status.problems == ()
    told = "Teams-dev was not compared: Teams is mapped to another table in the configuration"
    assert any(note.startswith(told) for note in status.notes)


@pytest.mark.parametrize("account", ["123456789012", "210987654321"])
def test_a_doubt_about_names_ends_with_the_connection(account: str, aws: SimulatedAws, tmp_path: Path) -> None:
    """Where only the account could tell two environments apart, the credentials' own account decides."""
    prod = TUNNEL.replace("environments.dev", "environments.prod") + f'account_id = "{account}"\n'
    project = application(tmp_path, "shop", TEAMS, f"table_name = '{{entity}}'\n{TUNNEL}{prod}")
    migrator = aws.migrator(project)
    if account != ACCOUNT_ID:
        assert len(migrator.upgrade().applied) == 1
        return
    with pytest.raises(NamesClash, match="of account 123456789012, where environment 'prod' is: table"):
        migrator.upgrade()
    assert aws.simulator.account.tables == {}


def test_a_table_of_cloudformation_is_told(aws: SimulatedAws, tmp_path: Path) -> None:
    """By import and status, and before a change: the stack's next update may undo what a script does."""
    project = application(tmp_path, "shop", TEAMS)
    aws.migrator(project).upgrade()
    told = "shop-dev-Teams: belongs to the CloudFormation stack shop-prod"
    aws.simulator.account.tables["shop-dev-Teams"].tags.shown.update(STACK)
    assert [note for note in aws.migrator(project).status().notes if note.startswith(told)]
    (project.migrations / "0002_index.py").write_text(
        'from osem_migrate import AddIndex, S\noperations = [AddIndex("Teams", "by-manager", S("managerId"))]\n'
    )
    migrator = aws.migrator(project)
    (warning,) = migrator.preview().warnings
    assert warning.startswith(told)


def test_a_table_of_cloudformation_is_told_when_it_is_adopted(aws: SimulatedAws, tmp_path: Path) -> None:
    """Also while no script declares it."""
    project = application(tmp_path, "shop", TEAMS)
    (project.migrations / "0001_first.py").unlink()
    id_ = {"AttributeName": "id"}
    aws.simulator.call(
        "CreateTable",
        {
            "TableName": "shop-dev-Carts",
            "AttributeDefinitions": [{**id_, "AttributeType": "S"}],
            "KeySchema": [{**id_, "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    aws.clock.sleep(60)
    aws.simulator.account.tables["shop-dev-Carts"].tags.written.update(STACK)
    told = "shop-dev-Carts: belongs to the CloudFormation stack shop-prod"
    assert [note for note in aws.migrator(project).status().notes if note.startswith(told)]
    assert [warning for warning in aws.migrator(project).plan_import().warnings if warning.startswith(told)]
