"""Policy: for one environment, and without asking anybody."""

from pathlib import Path

import pytest

from osem_migrate.commands.policy import PolicyOptions, region_of
from osem_migrate.commands.policy import policy as make_policy
from osem_migrate.config import Project
from osem_migrate.files.loader import load
from osem_migrate.planning.policy import Role
from tests.doubles.project import TEAMS, write_project

SETTINGS = """
table_name = "osem-{env}-{entity}"
[tool.osem-migrate.environments.dev]
[tool.osem-migrate.environments.prod]
region = "eu-west-1"
account_id = "123456789012"
profile = "nobody-has-it"
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose prod has a region, an account and a profile."""
    return write_project(tmp_path, {"0001_teams": TEAMS}, SETTINGS)


def resources(project: Project, env: str, account: str | None = None) -> set[str]:
    """What the policy is for."""
    scripts = load(project.migrations).migrations
    options = PolicyOptions(Role.UPGRADE, region="eu-west-1", account=account)
    policy = make_policy(project.environment(env), scripts, options)
    assert policy.role is Role.UPGRADE
    return {statement["Resource"] for statement in policy.document["Statement"]}


def test_the_account_of_the_configuration(project: Project) -> None:
    """It stands in every ARN; one that is asked for goes before it, and without any all are meant."""
    arn = "arn:aws:dynamodb:eu-west-1:{}:table/osem-{}-{}"
    assert resources(project, "prod") == {
        "*",
        arn.format("123456789012", "prod", "*"),
        arn.format("123456789012", "prod", "SchemaMigrations"),
    }
    assert arn.format("999999999999", "prod", "*") in resources(project, "prod", "999999999999")
    assert arn.format("*", "dev", "*") in resources(project, "dev")


def test_the_region(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """That which commands would use; a profile that is not on this machine is no reason to fail."""
    assert region_of(project.environment("dev")) == "us-east-1"
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert region_of(project.environment("dev")) == "eu-north-1"
    assert region_of(project.environment("dev"), region="eu-west-2") == "eu-west-2"
    assert region_of(project.environment("prod")) == "eu-west-1"
    assert region_of(project.environment("prod"), region="eu-west-2") == "eu-west-2"
    assert region_of(project.environment("dev"), profile="nobody-has-it") == "*"
