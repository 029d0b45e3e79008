"""The project: where it is found, which environments it has, and that none of them reaches into another."""

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from osem_migrate.config import HISTORY_ENTITY, Project
from osem_migrate.errors import ConfigurationError, DefinitionError, NamesClash, UnknownEnvironment
from tests.doubles.typed import typed
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
def test_no_project_says_how_to_begin(tmp_path: Path, text: str | None) -> None:
    """Without configuration the error names the command that writes it."""
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        Project.find(tmp_path, {})
    expected = f"no pyproject.toml with a [tool.osem-migrate] table, and no osem-migrate.toml, in {tmp_path} or above"
    assert (caught.value.code, caught.value.message) == ("CONFIG_INVALID", expected)
    assert typed(caught.value) == "In the folder of the project, begin with: osem-migrate init"


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
    ("name", "hint"), [("prdo", "did you mean 'prod'?"), ("Staging", "did you mean 'staging'?"), ("qa", ""), ("", "")]
)
def test_an_unknown_environment_is_an_error_with_the_nearest(tmp_path: Path, name: str, hint: str) -> None:
    """The message has what there is, the remedy what to write and where, if an environment may have that name."""
    with pytest.raises(UnknownEnvironment) as caught:
        project(tmp_path, THREE).environment(name)
    error = caught.value
    assert error.code == "CONFIG_ENVIRONMENT_UNKNOWN"
    assert f"{name!r} is not configured" in error.message
    assert ("did you mean" in error.message) == bool(hint)
    assert hint in error.message
    assert "dev, local, prod, staging" in error.message
    added = f"Add [tool.osem-migrate.environments.{name}] to {tmp_path / 'pyproject.toml'}, or choose one with"
    assert error.remediation.startswith(added if name.islower() else "Choose one with")
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
    assert found.environment(name).physical_name("Users") == f"shop-{name}-Users"


@pytest.mark.parametrize(
    "pattern", ["osem-{env}", "", "osem-{env}-{Entity}", "{environment}-{entity}", "osem {entity}"]
)
def test_a_pattern_that_names_no_table_is_an_error(tmp_path: Path, pattern: str) -> None:
    """File and key are named, and what would do, also where a single table has a name of its own."""
    for text, key in (
        (f"table_name = '{pattern}'\n", "table_name"),
        (f"[tool.osem-migrate.environments.dev]\ntable_name = '{pattern} '\n", "environments.dev.table_name"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            project(tmp_path, text)
        assert caught.value.message.startswith(f"{tmp_path / 'pyproject.toml'}: tool.osem-migrate.{key}: ")
        assert 'table_name = "{application}-{env}-{entity}"' in caught.value.remediation
        assert 'Orders = "MyOrders-{env}"' in caught.value.remediation


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("osem-{env}-{entity}", ("prod", "prod-eu")),
        ("osem-{env}{entity}", ("dev", "dev2")),
        ("{env}{entity}", ("p", "prod")),
        ("{entity}-{env}", ("eu", "prod-eu")),
        ("{entity}", ("dev", "prod")),
        ("shop-{entity}", ("dev", "prod")),
    ],
)
def test_a_table_of_two_environments_is_an_error(tmp_path: Path, pattern: str, names: tuple[str, str]) -> None:
    """Osem-prod-eu-Users would be table eu-Users of prod, too: the example that is shown belongs to both."""
    text = f"table_name = '{pattern}'\n" + "".join(f"[tool.osem-migrate.environments.{name}]\n" for name in names)
    with pytest.raises(NamesClash) as caught:
        project(tmp_path, text)
    error = caught.value
    assert error.code == "CONFIG_NAMES_CLASH"
    assert error.details["environments"] == sorted(names)
    assert all(repr(name) in error.message for name in names)
    assert error.message.startswith(
        f"{tmp_path / 'pyproject.toml'}: tool.osem-migrate: table {error.details['table']} "
    )
    assert "account_id" in error.remediation


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
    assert environment.physical_name("Users") == f"{prefix}Users"
    assert environment.history_table == f"{prefix}SchemaMigrations"
    assert environment.logical_name(f"{prefix}Users") == "Users"


@pytest.mark.parametrize("variable", ["shop-prod-", "shop-prod-eu-", "shop-", "s"])
def test_the_variable_cannot_reach_into_another_environment(tmp_path: Path, variable: str) -> None:
    """--env dev must not find itself among the tables of prod because of a variable left in a shell."""
    with pytest.raises(NamesClash, match=r"^OSEM_DB_PREFIX: ") as caught:
        project(tmp_path, THREE, OSEM_DB_PREFIX=variable).environment("dev")
    assert "Unset OSEM_DB_PREFIX" in caught.value.remediation
    assert caught.value.details["environments"][0] == "dev"


def test_the_variable_may_say_what_is_configured(tmp_path: Path) -> None:
    """An environment's own prefix, or one inside it, takes nothing from anybody."""
    for variable in ("shop-dev-", "shop-dev-x-"):
        environment = project(tmp_path, THREE, OSEM_DB_PREFIX=variable).environment("dev")
        assert environment.physical_name("Users") == f"{variable}Users"


@pytest.mark.parametrize("variable", ["a b", "{oops}-", "x" * 250, "{entity}-"])
def test_a_variable_that_dynamodb_would_refuse_is_an_error(tmp_path: Path, variable: str) -> None:
    """The variable is named, not the file, which is innocent."""
    with pytest.raises(ConfigurationError, match=r"^OSEM_DB_PREFIX: .*(3 to 255 characters|which is no field)"):
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


D, P = "table_name = 'd-{entity}'\n", "table_name = 'p-{entity}'\n"


@pytest.mark.parametrize(
    ("dev", "prod", "verdict"),
    [
        ("account_id = '111111111111'", "account_id = '222222222222'", "apart"),
        ("account_id = '111111111111'", "account_id = '111111111111'", "clash"),
        ("", "account_id = '222222222222'", "doubt"),
        ("profile = 'shop-dev'", "profile = 'shop-prod'", "doubt"),
        ("profile = 'shop'", "profile = 'shop'", "clash"),
        ("region = 'eu-west-1'", "region = 'eu-west-2'", "apart"),
        ("region = 'eu-west-1'", "", "clash"),
        ("endpoint_url = 'http://localhost:8000'", "", "apart"),
        ("endpoint_url = 'http://localhost:8000'\nlocal = false", "", "clash"),
        ("endpoint_url = 'http://db:8000'\nlocal = true", "", "apart"),
        ("endpoint_url = 'http://db:8000'", "endpoint_url = 'http://db:8000/'\nregion = 'eu-west-1'", "clash"),
        ("endpoint_url = 'http://[::1]:8000'", "endpoint_url = 'http://[::1]:8000'", "clash"),
        ("table_name = '{entity}-dev'", "table_name = 'prod-{entity}'", "clash"),
        ("table_name = '{entity}-dev'", "table_name = '{entity}-prod'", "apart"),
        ("table_name = '{entity}-dev'\ntables = { A = 'Old-prod' }", "table_name = '{entity}-prod'", "clash"),
        (
            "table_name = 'd-{entity}'\ntables = { A = 'Old' }",
            "table_name = 'p-{entity}'\ntables = { B = 'Old' }",
            "clash",
        ),
        (
            "table_name = 'd-{entity}'\nhistory_table = 'log'",
            "table_name = 'p-{entity}'\nhistory_table = 'log'",
            "clash",
        ),
        ("table_name = 'd-{entity}'\nhistory_table = 'log-{env}'", "table_name = 'p-{entity}'", "apart"),
    ],
)
def test_names_may_be_the_same_where_the_place_is_another(tmp_path: Path, dev: str, prod: str, verdict: str) -> None:
    """Account, region and endpoint tell tables apart as well as their names do; a doubt is kept for the connection."""
    both = (("dev", dev), ("prod", prod))
    sections = "".join(f"[tool.osem-migrate.environments.{name}]\n{keys}\n" for name, keys in both)
    text = f"table_name = '{{entity}}'\n{sections}"
    if verdict == "clash":
        with pytest.raises(NamesClash) as caught:
            project(tmp_path, text)
        assert caught.value.details["table"] in caught.value.message
        return
    neighbours = project(tmp_path, text).environment("dev").neighbours
    assert [other.name for other in neighbours] == (["prod"] if verdict == "doubt" else [])


TEMPLATES = st.sampled_from(
    ["{entity}", "{entity}-{env}", "{env}-{entity}", "{application}-{env}-{entity}", "x-{entity}", "{entity}-{env}-x"]
)
PHYSICAL = st.sampled_from(["Orders-dev", "dev-Orders", "Orders", "SchemaMigrations-prod", "MyStack-1AB"])
SECTIONS = st.fixed_dictionaries(
    {"table_name": TEMPLATES},
    optional={
        "name": st.sampled_from(["dev", "Dev", "dev-x", "prod"]),
        "history_table": PHYSICAL | st.just("{env}-log"),
        "tables": st.dictionaries(st.sampled_from(["Orders", "Users"]), PHYSICAL, max_size=1),
        "ignore": st.just(["legacy-*"]),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["dev", "prod", "x-dev"]), SECTIONS, min_size=2))
def test_no_generated_environments_share_a_table(tmp_path: Path, sections: dict[str, dict[str, object]]) -> None:
    """What is accepted gives no name to two; of what is refused, the example belongs to both, each taken alone."""

    def written(found: dict[str, dict[str, object]]) -> Project:
        document = {"tool": {"osem-migrate": {"application": "shop", "environments": found}}}
        (tmp_path / "pyproject.toml").write_text(tomlkit.dumps(document))
        return Project.find(tmp_path, {})

    try:
        single = {name: written({name: section}).environment(name) for name, section in sections.items()}
    except ConfigurationError:  # a mapped name that is ignored, or mapped twice: no clash of two environments
        return
    refused: Mapping[str, Any] | None = None
    try:
        both = written(sections)
    except NamesClash as clash:
        refused = clash.details
    event("accepted" if refused is None else "refused")
    if refused is not None:
        assert all(single[name].logical_name(refused["table"]) is not None for name in refused["environments"])
        return
    environments = [both.environment(name) for name in sections]
    for one in environments:
        for entity in ("Orders", "Users", "dev", "prod-Orders", "Orders-dev", "Orders-dev-x", HISTORY_ENTITY):
            try:
                physical = one.physical_name(entity)
            except DefinitionError:
                continue
            owners = [(other.name, other.logical_name(physical)) for other in environments]
            assert [owner for owner in owners if owner[1] is not None] == [(one.name, entity)]


def test_the_embedded_engine_holds_nobody_elses_tables(tmp_path: Path) -> None:
    """Local may have the names of any environment."""
    text = "table_name = '{entity}'\n[tool.osem-migrate.environments.dev]\n"
    assert project(tmp_path, text).environment("local").physical_name("Users") == "Users"


def test_an_environment_may_be_spelled_otherwise(tmp_path: Path) -> None:
    """``name`` is what {env} stands for, in names and in tags; the pattern may be the environment's own."""
    text = (
        "tags = { Stage = '{env}' }\n[tool.osem-migrate.environments.prod]\nregion = 'eu-west-2'\nname = 'Prod'\n"
        "[tool.osem-migrate.environments.dev]\nregion = 'eu-west-1'\ntable_name = '{entity}_{env}'\n"
        "history_table = '{application}.log'\n"
    )
    found = project(tmp_path, text)
    prod, dev = found.environment("prod"), found.environment("dev")
    assert (prod.physical_name("Users"), prod.history_table) == ("shop-Prod-Users", "shop-Prod-SchemaMigrations")
    assert prod.tags == {"Stage": "Prod"}
    assert (dev.physical_name("Users"), dev.history_table) == ("Users_dev", "shop.log")


def test_tables_may_have_names_of_their_own(tmp_path: Path) -> None:
    """The map of all environments is a template; that of one goes before it."""
    text = (
        "[tool.osem-migrate.tables]\nDigest = 'VibeDigest-{env}'\n[tool.osem-migrate.environments.dev]\n"
        "[tool.osem-migrate.environments.prod.tables]\nDigest = 'MyStack-TableCD117FA1-1ABCD'\n"
    )
    found = project(tmp_path, text)
    assert found.environment("dev").physical_name("Digest") == "VibeDigest-dev"
    assert found.environment("prod").physical_name("Digest") == "MyStack-TableCD117FA1-1ABCD"
    assert found.environment("local").physical_name("Digest") == "VibeDigest-local"


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("tables = { Orders = '{stage}' }", "tables.Orders", r"contains \{stage\}"),
        ("tables = { 'Or ders' = 'abc' }", "tables.Or ders", "logical name"),
        ("tables = { SchemaMigrations = 'abc' }", "tables.SchemaMigrations", "set by history_table"),
        ("tables = { A = 'abc', B = 'abc' }", "tables of environment 'local'", "both mapped to 'abc'"),
        ("tables = { A = 'abc', a = 'abd' }", "tables of environment 'local'", "differ in case only"),
        ("tables = { A = 5 }", "tables.A", "valid string"),
        ("tables = ['A']", "tables", "should be a table"),
        ("ignore = 'legacy'", "ignore", "should be a valid list"),
        ("tables = { A = 'a b' }", "tables.A", "3 to 255 characters"),
        ("history_table = 'a b'", "history_table", "3 to 255 characters"),
        ("history_table = '{entity}'", "history_table", r"contains \{entity\}"),
    ],
)
def test_a_map_that_cannot_be_is_an_error(tmp_path: Path, text: str, key: str, reason: str) -> None:
    """File and key are named."""
    with pytest.raises(ConfigurationError, match=reason) as caught:
        project(tmp_path, text)
    assert caught.value.message.startswith(f"{tmp_path / 'pyproject.toml'}: tool.osem-migrate.{key}: ")


def test_the_variable_cannot_replace_names_that_are_written_out(tmp_path: Path) -> None:
    """A run with OSEM_DB_PREFIX is to have tables of its own, which a mapped name would not be."""
    text = "[tool.osem-migrate.environments.dev.tables]\nOrders = 'Orders-1'\n"
    with pytest.raises(ConfigurationError, match="OSEM_DB_PREFIX cannot give environment 'dev' tables of its own"):
        project(tmp_path, text, OSEM_DB_PREFIX="pr-7-").environment("dev")
    assert project(tmp_path, text, OSEM_DB_PREFIX="pr-7-").environment("local").physical_name("A") == "pr-7-A"


def test_tags_that_are_too_many_together_are_an_error(tmp_path: Path) -> None:
    """Those of all environments and those of one, which are fine by themselves."""
    shared, own = ("{" + ", ".join(f"{kind}{n} = 'x'" for n in range(30)) + "}" for kind in ("a", "b"))
    with pytest.raises(
        ConfigurationError, match=r"prod\.tags with tool\.osem-migrate\.tags: 60 tags; DynamoDB allows 50"
    ):
        project(tmp_path, f"tags = {shared}\n{THREE}tags = {own}\n")


def test_a_name_that_is_too_long_in_another_environment_is_an_error(tmp_path: Path) -> None:
    """Whoever works on dev hears of it before it matters there."""
    text = f"{THREE}[tool.osem-migrate.environments.{'x' * 250}]\n"
    with pytest.raises(ConfigurationError, match=r"table_name: .*3 to 255 characters"):
        project(tmp_path, text)


def test_a_configuration_that_the_system_keeps_from_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a folder that nobody may look into: with the path, and the code of the configuration."""

    def refuse(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(ConfigurationError, match=r"pyproject\.toml cannot be read: Permission denied") as caught:
        Project.find(tmp_path, environ={})
    assert caught.value.details["file"].endswith("pyproject.toml")
