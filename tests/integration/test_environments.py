"""Several environments in one account: side by side, and never in each other's way."""

from pathlib import Path
from typing import Any

from osem_migrate import UpgradeOptions
from osem_migrate.deployment.connection import Connection
from osem_migrate.errors import ExitCode
from tests.doubles.project import HISTORY, TEAMS, Watched, client_of, own_project, write_project

ENVIRONMENTS = ("dev", "staging", "prod")


def snapshot(client: Any, env: str) -> dict[str, Any]:
    """Everything that DynamoDB says of an environment's tables, and all their items."""
    names = [name for name in client.list_tables()["TableNames"] if name.startswith(f"osem-{env}-")]
    return {
        name: (client.describe_table(TableName=name)["Table"], client.scan(TableName=name)["Items"]) for name in names
    }


def test_environments_live_side_by_side(moto_server: str, tmp_path: Path) -> None:
    """Each upgrade makes its own seven tables and calls nothing of another environment."""
    project, client = own_project(tmp_path), client_of(moto_server)
    here = Connection(endpoint_url=moto_server)
    for position, env in enumerate(ENVIRONMENTS):
        earlier = {other: snapshot(client, other) for other in ENVIRONMENTS[:position]}
        watched = Watched(project, env, connection=here)
        assert len(watched.migrator.upgrade().applied) == 14
        assert {call.table for call in watched.calls if call.table is not None} == {
            *(live.physical_name for live in watched.migrator.tables())
        }
        assert all(str(call.table).startswith(f"osem-{env}-") for call in watched.calls if call.table is not None)
        assert {other: snapshot(client, other) for other in earlier} == earlier
    assert len(client.list_tables()["TableNames"]) == 3 * 7
    for env in ENVIRONMENTS:
        assert Watched(project, env, connection=here).migrator.status().exit_code() is ExitCode.OK


def test_what_is_broken_in_one_is_not_seen_in_another(moto_server: str, tmp_path: Path) -> None:
    """Drift belongs to its environment, and so do pending scripts and the lock."""
    project, client = (
        write_project(
            tmp_path,
            {"0001_teams": TEAMS},
            "[tool.osem-migrate.environments.dev]\n[tool.osem-migrate.environments.prod]\n",
        ),
        client_of(moto_server),
    )
    here = Connection(endpoint_url=moto_server)
    Watched(project, "dev", connection=here).migrator.upgrade()
    assert Watched(project, "prod", connection=here).migrator.status().exit_code() is ExitCode.PENDING
    Watched(project, "prod", connection=here).migrator.upgrade()
    client.delete_table(TableName="osem-dev-Teams")
    assert Watched(project, "dev", connection=here).migrator.status().exit_code() is ExitCode.DRIFT
    assert Watched(project, "prod", connection=here).migrator.status().exit_code() is ExitCode.OK


def test_the_tags_name_the_environment(moto_server: str, tmp_path: Path) -> None:
    """Every table, the history too, carries the environment's own tags."""
    project, client = own_project(tmp_path), client_of(moto_server)
    Watched(project, "staging", connection=Connection(endpoint_url=moto_server)).migrator.upgrade(
        UpgradeOptions(target="2")
    )
    for name in client.list_tables()["TableNames"]:
        arn = client.describe_table(TableName=name)["Table"]["TableArn"]
        tags = {tag["Key"]: tag["Value"] for tag in client.list_tags_of_resource(ResourceArn=arn)["Tags"]}
        assert tags == {"Environment": "staging", "Application": "osem-ladders"}


def test_two_applications_share_an_account(moto_server: str, tmp_path: Path) -> None:
    """Another application's tables of the same environment are neither listed nor compared."""
    here = Connection(endpoint_url=moto_server)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = write_project(tmp_path / "one", {"0001_teams": TEAMS})
    two = write_project(
        tmp_path / "two",
        {"0001_teams": TEAMS},
        'table_name = "shop-{env}-{entity}"\n[tool.osem-migrate.environments.dev]\n',
    )
    Watched(one, connection=here).migrator.upgrade()
    assert Watched(two, connection=here).migrator.status().exit_code() is ExitCode.PENDING
    Watched(two, connection=here).migrator.upgrade()
    assert [live.physical_name for live in Watched(one, connection=here).migrator.tables()] == [
        HISTORY,
        "osem-dev-Teams",
    ]
