"""An environment: its names, its tags, and what every new table there gets."""

from pathlib import Path

import pytest

from osem_migrate.errors import DefinitionError
from osem_migrate.operations import SetBilling, SetDeletionProtection, SetPointInTimeRecovery, SetTags
from osem_migrate.schema import S, Schema
from tests.unit.config.pyproject import project


@pytest.mark.parametrize(
    ("physical", "logical"),
    [
        ("osem-dev-Users", "Users"),
        ("osem-dev-My-Table", "My-Table"),
        ("osem-dev-", None),
        ("osem-dev", None),
        ("osem-staging-Users", None),
        ("Users", None),
        ("my-osem-dev-Users", None),
        ("osem-dev-osem-dev-Users", "osem-dev-Users"),
    ],
)
def test_tables_of_others_have_no_logical_name(tmp_path: Path, physical: str, logical: str | None) -> None:
    """Only what begins with the prefix is of this environment."""
    environment = project(
        tmp_path, 'table_name = "osem-{env}-{entity}"\n[tool.osem-migrate.environments.dev]'
    ).environment("dev")
    assert environment.logical_name(physical) == logical


def test_names_follow_the_pattern(tmp_path: Path) -> None:
    """Prefix, suffix and both placeholders; the history table is named like any other."""
    environment = project(
        tmp_path, 'table_name = "{application}.{env}.{entity}.{env}"\n[tool.osem-migrate.environments.dev]'
    ).environment("dev")
    assert environment.physical_name("Users") == "shop.dev.Users.dev"
    assert environment.history_table == "shop.dev.SchemaMigrations.dev"
    assert environment.logical_name("shop.dev.Users.dev") == "Users"
    assert environment.logical_name("shop.dev.Users.prod") is None


def test_a_name_that_dynamodb_refuses_is_an_error(tmp_path: Path) -> None:
    """Too long, or with other characters: told before anything is asked of AWS."""
    environment = project(tmp_path, "").environment("local")
    assert environment.physical_name("x" * 244) == "shop-local-" + "x" * 244
    for entity in ("x" * 245, "a b", "größe"):
        with pytest.raises(DefinitionError, match="3 to 255 characters"):
            environment.physical_name(entity)


def test_tags_are_merged_and_filled(tmp_path: Path) -> None:
    """An environment's own tags come on top of everybody's."""
    found = project(
        tmp_path,
        'tags = { Environment = "{env}", App = "{application}/{env}", Owner = "core" }\n'
        '[tool.osem-migrate.environments.prod]\ntags = { Owner = "ops", Cost = "1" }\n'
        "[tool.osem-migrate.environments.dev]\n",
    )
    everybody = {"Owner": "core"}
    assert found.environment("dev").tags == {**everybody, "Environment": "dev", "App": "shop/dev"}
    assert found.environment("prod").tags == {
        **everybody,
        "Environment": "prod",
        "App": "shop/prod",
        "Owner": "ops",
        "Cost": "1",
    }
    assert found.environment("local").tags["Environment"] == "local"


def test_defaults_are_what_the_environment_says(tmp_path: Path) -> None:
    """Each becomes a setting of every new table; what is not said is no setting."""
    found = project(
        tmp_path,
        "[tool.osem-migrate.environments.dev]\n"
        "[tool.osem-migrate.environments.off]\ndeletion_protection = false\npoint_in_time_recovery = false\n"
        "[tool.osem-migrate.environments.prod]\ndeletion_protection = true\npoint_in_time_recovery = true\n"
        'capacity = { read = 5, write = 1 }\ntags = { Env = "{env}" }\n',
    )
    assert found.environment("dev").defaults == ()
    off = Schema(defaults=found.environment("off").defaults)
    assert [setting.for_table("T") for setting in off.defaults] == [
        SetDeletionProtection("T", enabled=False),
        SetPointInTimeRecovery("T", enabled=False),
    ]
    prod = found.environment("prod").defaults
    assert {setting.for_table("T").describe() for setting in prod} == {
        SetBilling.provisioned("T", read=5, write=1).describe(),
        SetDeletionProtection("T", enabled=True).describe(),
        SetPointInTimeRecovery("T", enabled=True).describe(),
        SetTags("T", {"Env": "prod"}).describe(),
    }


def test_defaults_reach_new_tables(tmp_path: Path) -> None:
    """A table created in the environment has them, under its own name."""
    from osem_migrate.operations import CreateTable  # noqa: PLC0415 - only this test creates one

    environment = project(
        tmp_path, "[tool.osem-migrate.environments.prod]\ncapacity = { read = 5, write = 1 }\n"
    ).environment("prod")
    table = CreateTable("T", S("id")).apply(Schema(defaults=environment.defaults)).table("T")
    assert table.setting(SetBilling) == SetBilling.provisioned("T", read=5, write=1)


def test_protection_is_asked_for(tmp_path: Path) -> None:
    """An environment is protected only where configuration says so."""
    found = project(
        tmp_path, "[tool.osem-migrate.environments.dev]\n[tool.osem-migrate.environments.prod]\nprotected = true\n"
    )
    assert [found.environment(name).settings.protected for name in ("dev", "local", "prod")] == [False, False, True]


@pytest.mark.parametrize(
    ("settings", "teams", "users"),
    [("", False, False), ("autoscaled = true", True, True), ('autoscaled = ["Teams"]', True, False)],
)
def test_capacity_may_be_left_to_an_autoscaler(tmp_path: Path, settings: str, *, teams: bool, users: bool) -> None:
    """Of all tables, or of those that are named by their logical names."""
    dev = project(tmp_path, f"[tool.osem-migrate.environments.dev]\n{settings}\n").environment("dev")
    assert (dev.is_autoscaled("Teams"), dev.is_autoscaled("Users")) == (teams, users)
