"""The project: where it is found, which environments it has, and that none of them reaches into another."""

import os
import shutil
from pathlib import Path

import pytest

from osem_migrate.config import Project
from osem_migrate.errors import ConfigurationError, PrefixOverlap, UnknownEnvironment
from tests.unit.config.pyproject import HEAD, project

THREE = "".join(f"[tool.osem-migrate.environments.{name}]\n" for name in ("dev", "staging", "prod"))


def test_a_project_is_found_from_any_folder_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest pyproject.toml that speaks of us counts, not the nearest one."""
    below = tmp_path / "services" / "api" / "src"
    below.mkdir(parents=True)
    (tmp_path / "services" / "pyproject.toml").write_text('[project]\nname = "api"\n')
    (tmp_path / "services" / "api" / "pyproject.toml").write_text('tool = "none"\n')
    (below / "pyproject.toml").mkdir()
    (tmp_path / "pyproject.toml").write_text(HEAD)
    for found in (Project.find(below, {}), Project.find(tmp_path, {})):
        assert found.root == tmp_path
        assert found.application == "shop"
        assert found.migrations == tmp_path / "migrations"
        assert found.state_folder == tmp_path / ".osem-migrate"
    monkeypatch.chdir(below)
    assert Project.find().root == tmp_path
    (tmp_path / "services" / "pyproject.toml").write_text(HEAD.replace("shop", "api"))
    assert Project.find().application == "api"


def test_the_scripts_may_be_elsewhere(tmp_path: Path) -> None:
    """Relative to the project, or absolute."""
    assert project(tmp_path, 'migrations = "db/scripts"').migrations == tmp_path / "db" / "scripts"
    assert project(tmp_path, 'migrations = "/srv/scripts"').migrations == Path("/srv/scripts")


@pytest.mark.parametrize("text", [None, "", "[project]\nname = 'x'\n", "[tool.other]\n", "tool = 5\n"])
def test_no_project_says_what_to_write(tmp_path: Path, text: str | None) -> None:
    """Without configuration the error shows the smallest one."""
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        Project.find(tmp_path, {})
    assert f"no pyproject.toml with a [tool.osem-migrate] table in {tmp_path} or above" in caught.value.message
    where, _, example = caught.value.remediation.partition("\n")
    assert where == f"{'Write' if text is None else 'Add'} this to {tmp_path / 'pyproject.toml'}:"
    (tmp_path / "pyproject.toml").write_text(example)
    assert Project.find(tmp_path, {}).environment("dev").physical_name("Users") == "my-app-dev-Users"


def test_a_working_folder_that_is_gone_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell may stand in a folder that somebody deleted."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    shutil.rmtree(gone)
    with pytest.raises(ConfigurationError, match="working folder cannot be read: No such file"):
        Project.find(environ={})
    os.chdir(tmp_path)


def test_local_is_always_there(tmp_path: Path) -> None:
    """The embedded engine needs no configuration; environments are listed in order."""
    assert project(tmp_path, "").environment_names == ("local",)
    assert project(tmp_path, THREE).environment_names == ("dev", "local", "prod", "staging")
    text = '[tool.osem-migrate.environments.local]\nregion = "eu-west-1"\n'
    assert project(tmp_path, text).environment("local").settings.region == "eu-west-1"


@pytest.mark.parametrize(
    ("name", "hint"), [("prdo", "did you mean 'prod'?"), ("Staging", "did you mean 'staging'?"), ("qa", "")]
)
def test_an_unknown_environment_is_an_error_with_the_nearest(tmp_path: Path, name: str, hint: str) -> None:
    """The message has what there is, the remedy what to write and where."""
    with pytest.raises(UnknownEnvironment) as caught:
        project(tmp_path, THREE).environment(name)
    error = caught.value
    assert error.code == "CONFIG_ENVIRONMENT_UNKNOWN"
    assert f"{name!r} is not configured" in error.message
    assert ("did you mean" in error.message) == bool(hint)
    assert hint in error.message
    assert "dev, local, prod, staging" in error.message
    assert f"[tool.osem-migrate.environments.{name}] to {tmp_path / 'pyproject.toml'}" in error.remediation
    assert error.details == {"environment": name}


@pytest.mark.parametrize("name", ["Prod", "pro d", "-dev", "pröd", "pro_d", "pro.d", "", "dev\\n"])
def test_a_bad_environment_name_is_an_error(tmp_path: Path, name: str) -> None:
    """It is part of every table's name, and typed on the command line."""
    with pytest.raises(ConfigurationError, match="lower-case letters, digits and '-'") as caught:
        project(tmp_path, f'[tool.osem-migrate.environments."{name}"]\n')
    assert caught.value.message.startswith(f"{tmp_path / 'pyproject.toml'}: tool.osem-migrate.environments.")
    assert caught.value.code == "CONFIG_INVALID"
    assert caught.value.remediation


@pytest.mark.parametrize("name", ["d", "1", "eu-west-1", "pr-42-"])
def test_digits_and_hyphens_may_be_in_a_name(tmp_path: Path, name: str) -> None:
    """Preview environments are named after numbers and branches."""
    found = project(tmp_path, f"[tool.osem-migrate.environments.{name}]\n")
    assert found.environment(name).prefix == f"shop-{name}-"


@pytest.mark.parametrize(
    "pattern", ["osem-{entity}", "osem-{env}", "{entity}-{env}", "", "osem-{env}-{Entity}", "{environment}-{entity}"]
)
def test_a_pattern_without_its_placeholders_is_an_error(tmp_path: Path, pattern: str) -> None:
    """Without {env} before {entity}, environments would share their tables."""
    with pytest.raises(ConfigurationError, match=r"must contain \{env\} and, after it, \{entity\}") as caught:
        project(tmp_path, f"table_name = '{pattern}'\n")
    assert caught.value.message.startswith(f"{tmp_path / 'pyproject.toml'}: tool.osem-migrate.table_name: ")
    assert "osem-{env}-{entity}" in caught.value.remediation


@pytest.mark.parametrize(
    "pattern", ["osem {env} {entity}", "{app}-{env}-{entity}", "{env}-{entity}-{entity}", "ö-{env}-{entity}"]
)
def test_a_pattern_that_dynamodb_would_refuse_is_an_error(tmp_path: Path, pattern: str) -> None:
    """A slip in a placeholder shows before the first table."""
    with pytest.raises(ConfigurationError, match="3 to 255 characters") as caught:
        project(tmp_path, f"table_name = '{pattern}'\n").environment("local")
    assert caught.value.message.startswith(f"{tmp_path / 'pyproject.toml'}: tool.osem-migrate.table_name: ")


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("osem-{env}-{entity}", ("prod", "prod-eu")),
        ("osem-{env}{entity}", ("dev", "dev2")),
        ("{env}{entity}", ("p", "prod")),
        ("{env}-{entity}", ("local-x", "local")),
    ],
)
def test_overlapping_prefixes_are_an_error(tmp_path: Path, pattern: str, names: tuple[str, str]) -> None:
    """Osem-prod-eu-Users would be table eu-Users of prod, too."""
    text = f"table_name = '{pattern}'\n" + "".join(f"[tool.osem-migrate.environments.{name}]\n" for name in names)
    with pytest.raises(PrefixOverlap) as caught:
        project(tmp_path, text)
    error = caught.value
    assert error.code == "CONFIG_PREFIX_OVERLAP"
    assert error.details == {"environments": sorted(names)}
    assert all(repr(name) in error.message for name in names)
    assert error.message.startswith(f"{tmp_path / 'pyproject.toml'}: tool.osem-migrate.table_name: ")
    assert "Rename" in error.remediation


def test_prefixes_that_only_begin_alike_are_fine(tmp_path: Path) -> None:
    """Neither of osem-prod- and osem-prod2- is the beginning of the other."""
    text = "".join(f"[tool.osem-migrate.environments.{name}]\n" for name in ("prod", "prod2", "preprod"))
    assert len(project(tmp_path, text).environment_names) == 4


@pytest.mark.parametrize(
    ("variable", "prefix"),
    [("feature-x-", "feature-x-"), ("ci-{env}.", "ci-dev."), ("{application}_{env}_", "shop_dev_"), ("", "shop-dev-")],
)
def test_the_environment_variable_replaces_the_prefix(tmp_path: Path, variable: str, prefix: str) -> None:
    """OSEM_DB_PREFIX stands for all that comes before the table's own name; empty is as good as unset."""
    environment = project(tmp_path, THREE, OSEM_DB_PREFIX=variable).environment("dev")
    assert environment.prefix == prefix
    assert environment.physical_name("Users") == f"{prefix}Users"
    assert environment.history_table == f"{prefix}SchemaMigrations"
    assert environment.logical_name(f"{prefix}Users") == "Users"


@pytest.mark.parametrize("variable", ["shop-prod-", "shop-prod-eu-", "shop-", "s", "shop-local-"])
def test_the_variable_cannot_reach_into_another_environment(tmp_path: Path, variable: str) -> None:
    """--env dev must not find itself among the tables of prod because of a variable left in a shell."""
    with pytest.raises(PrefixOverlap, match=r"^OSEM_DB_PREFIX: ") as caught:
        project(tmp_path, THREE, OSEM_DB_PREFIX=variable).environment("dev")
    assert "Unset OSEM_DB_PREFIX" in caught.value.remediation
    assert caught.value.details["environments"][0] == "dev"


def test_the_variable_may_say_what_is_configured(tmp_path: Path) -> None:
    """An environment's own prefix, or one inside it, takes nothing from anybody."""
    for variable in ("shop-dev-", "shop-dev-x-"):
        assert project(tmp_path, THREE, OSEM_DB_PREFIX=variable).environment("dev").prefix == variable


@pytest.mark.parametrize("variable", ["a b", "{oops}-", "x" * 250])
def test_a_variable_that_dynamodb_would_refuse_is_an_error(tmp_path: Path, variable: str) -> None:
    """The variable is named, not the file, which is innocent."""
    with pytest.raises(ConfigurationError, match=r"^OSEM_DB_PREFIX: .*3 to 255 characters"):
        project(tmp_path, THREE, OSEM_DB_PREFIX=variable).environment("dev")


@pytest.mark.parametrize(
    "tags",
    [
        *("{ 'aws:x' = '1' }", "{ '' = '1' }", "{ Team = '" + "x" * 257 + "' }"),
        *("{ Team = 'R&D' }", "{ 'Team!' = 'x' }", "{ Team = '{team}' }"),
    ],
)
def test_tags_that_dynamodb_would_refuse_are_an_error(tmp_path: Path, tags: str) -> None:
    """File and key are named, in whichever place the tag stands, and whichever environment is chosen."""
    places = {
        f"tags = {tags}\n{THREE}": "tags",
        f"{THREE}tags = {tags}\n": "environments.prod.tags",
    }
    for text, key in places.items():
        with pytest.raises(ConfigurationError) as caught:
            project(tmp_path, text)
        assert caught.value.message.startswith(f"{tmp_path / 'pyproject.toml'}: tool.osem-migrate.{key}: ")
        assert "'*'" not in caught.value.message
        assert caught.value.code == "CONFIG_INVALID"


def test_tags_that_are_too_many_together_are_an_error(tmp_path: Path) -> None:
    """Those of all environments and those of one, which are fine by themselves."""
    shared, own = ("{" + ", ".join(f"{kind}{n} = 'x'" for n in range(30)) + "}" for kind in ("a", "b"))
    with pytest.raises(
        ConfigurationError, match=r"prod\.tags with tool\.osem-migrate\.tags: 60 tags; DynamoDB allows 50"
    ):
        project(tmp_path, f"tags = {shared}\n{THREE}tags = {own}\n")


def test_a_name_that_is_too_long_in_another_environment_is_an_error(tmp_path: Path) -> None:
    """Whoever works on dev hears of it; only a replaced prefix says nothing about the others."""
    text = f"{THREE}[tool.osem-migrate.environments.{'x' * 250}]\n"
    with pytest.raises(ConfigurationError, match=r"table_name: .*3 to 255 characters"):
        project(tmp_path, text)
    assert project(tmp_path, text, OSEM_DB_PREFIX="mine-").environment("dev").prefix == "mine-"
