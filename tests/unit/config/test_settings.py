"""Settings: every key of ``[tool.osem-migrate]``, and file and key of every mistake in them."""

from pathlib import Path

import pytest

from osem_migrate.config import Capacity, EnvironmentSettings, LocalSettings, Project, ProjectSettings
from osem_migrate.errors import ConfigurationError
from osem_migrate.local import EngineKind
from tests.unit.config.pyproject import HEAD, project

WHOLE = """
migrations = "db/migrations"
table_name = "shop_{env}_{entity}"
tags = { Team = "core" }

[tool.osem-migrate.environments.prod]
region = "eu-west-1"
account_id = "012345678901"
profile = "shop-prod"
endpoint_url = "http://localhost:8000"
protected = true
deletion_protection = true
point_in_time_recovery = false
tags = { Cost = "4711" }
capacity = { read = 5, write = 1 }

[tool.osem-migrate.local]
engine = "dynamodb-local"
port = 4611
dynamodb_local_folder = "/opt/dynamodb-local"
"""


def test_every_key_is_read(tmp_path: Path) -> None:
    """What is written is what is used."""
    assert project(tmp_path, WHOLE).settings == ProjectSettings(
        application="shop",
        migrations=Path("db/migrations"),
        table_name="shop_{env}_{entity}",
        tags={"Team": "core"},
        environments={
            "prod": EnvironmentSettings(
                region="eu-west-1",
                account_id="012345678901",
                profile="shop-prod",
                endpoint_url="http://localhost:8000",
                protected=True,
                deletion_protection=True,
                point_in_time_recovery=False,
                tags={"Cost": "4711"},
                capacity=Capacity(read=5, write=1),
            )
        },
        local=LocalSettings(engine="dynamodb-local", port=4611, dynamodb_local_folder=Path("/opt/dynamodb-local")),
    )


def test_only_the_application_is_needed(tmp_path: Path) -> None:
    """Everything else has a default that suits a beginning."""
    settings = project(tmp_path, "").settings
    assert settings.migrations == Path("migrations")
    assert settings.table_name == "{application}-{env}-{entity}"
    assert (settings.tags, settings.environments) == ({}, {})
    assert (settings.local.engine, settings.local.port, settings.local.dynamodb_local_folder) == ("moto", None, None)
    nothing = EnvironmentSettings()
    assert [nothing.protected, nothing.fold_indexes] == [False, None]
    assert (nothing.tables, nothing.ignore) == ({}, [])
    assert nothing.mutations_in_flight == 3
    assert nothing.autoscaled is False
    decided = {"protected", "tables", "ignore", "mutations_in_flight", "tags", "autoscaled"}
    assert nothing.model_dump(exclude=decided) == dict.fromkeys(EnvironmentSettings.model_fields.keys() - decided)


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        *(
            (
                f"[tool.osem-migrate.environments.dev]\nautoscaled = {wrong}",
                "environments.dev.autoscaled",
                "Input should be true, false or a list of table names",
            )
            for wrong in ("'Teams'", "1", "[1]")
        ),
        (
            "migratoins = 'x'",
            "migratoins",
            "There is no such key; did you mean 'migrations'? (there are: application, ",
        ),
        ("[tool.osem-migrate.environments.dev]\nregoin = 'x'", "environments.dev.regoin", "did you mean 'region'?"),
        ("[tool.osem-migrate.environments.capacity]\nregoin = 'x'", "environments.capacity.regoin", "'region'?"),
        ("[tool.osem-migrate.environments.dev.capacity]\nraed = 1", "environments.dev.capacity.read", "Field required"),
        (
            "[tool.osem-migrate.environments.dev.capacity]\nread = 1\nwrite = 1\nburst = 1",
            "environments.dev.capacity.burst",
            "There is no such key (there are: read, write)",
        ),
        (
            "[tool.osem-migrate.local]\ncapacity = 1",
            "local.capacity",
            "(there are: dynamodb_local_folder, engine, port)",
        ),
        ("migrations = 5", "migrations", "Input is not a valid path"),
        ('migrations = "a\\u0000b"', "migrations", "A path has no null character"),
        (
            '[tool.osem-migrate.local]\ndynamodb_local_folder = "\\u0000"',
            "local.dynamodb_local_folder",
            "A path has no null character",
        ),
        (
            f"[tool.osem-migrate.environments.dev]\ncapacity = {{ read = 1{'0' * 50}, write = 1 }}",
            "environments.dev.capacity.read",
            "less than or equal to",
        ),
        ("table_name = ['x']", "table_name", "Input should be a valid string"),
        ("tags = 'x'", "tags", "Input should be a table"),
        ("tags = { Team = 5 }", "tags.Team", "Input should be a valid string"),
        ("environments = 'dev'", "environments", "Input should be a table"),
        ("environments = { dev = 5 }", "environments.dev", "Input should be a table"),
        ("local = 5", "local", "Input should be a table"),
        ("[tool.osem-migrate.environments.dev]\nregion = 5", "environments.dev.region", "valid string"),
        ("[tool.osem-migrate.environments.dev]\nprofile = true", "environments.dev.profile", "valid string"),
        ("[tool.osem-migrate.environments.dev]\nendpoint_url = 1", "environments.dev.endpoint_url", "valid string"),
        ('[tool.osem-migrate.environments.p]\nendpoint_url = "ftp:/x"', "environments.p.endpoint_url", "http or https"),
        ('[tool.osem-migrate.environments.p]\nendpoint_url = "host:8000"', "environments.p.endpoint_url", "URL"),
        ('[tool.osem-migrate.environments.p]\nregion = "nowhere 1"', "environments.p.region", "name of a region"),
        ('[tool.osem-migrate.environments.p]\nregion = ""', "environments.p.region", "name of a region"),
        ("[tool.osem-migrate.environments.dev]\nprotected = 'no'", "environments.dev.protected", "valid boolean"),
        ("[tool.osem-migrate.environments.dev]\nprotected = 0", "environments.dev.protected", "valid boolean"),
        (
            "[tool.osem-migrate.environments.dev]\ndeletion_protection = 'x'",
            "environments.dev.deletion_protection",
            "valid boolean",
        ),
        (
            "[tool.osem-migrate.environments.dev]\npoint_in_time_recovery = 35",
            "environments.dev.point_in_time_recovery",
            "valid boolean",
        ),
        ("[tool.osem-migrate.environments.dev]\ntags = []", "environments.dev.tags", "Input should be a table"),
        ("[tool.osem-migrate.environments.dev]\ncapacity = 5", "environments.dev.capacity", "should be a table"),
        (
            "[tool.osem-migrate.environments.dev]\ncapacity = { read = 0, write = 1 }",
            "environments.dev.capacity.read",
            "greater than or equal to 1",
        ),
        (
            "[tool.osem-migrate.environments.dev]\ncapacity = { read = 1, write = '1' }",
            "environments.dev.capacity.write",
            "valid integer",
        ),
        ("[tool.osem-migrate.environments.dev]\naccount_id = 123456789012", "environments.dev.account_id", "string"),
        ("[tool.osem-migrate.environments.dev]\naccount_id = '1234'", "environments.dev.account_id", "match pattern"),
        (
            "[tool.osem-migrate.environments.dev]\naccount_id = '12345678901\u0661'",
            "environments.dev.account_id",
            "match pattern",
        ),
        (
            "[tool.osem-migrate.local]\nengine = 'localstack'",
            "local.engine",
            "Input should be 'moto' or 'dynamodb-local'",
        ),
        ("[tool.osem-migrate.local]\nport = 70000", "local.port", "less than or equal to 65535"),
        ("[tool.osem-migrate.local]\nport = '4610'", "local.port", "valid integer"),
        ("[tool.osem-migrate.local]\ndynamodb_local_folder = 1", "local.dynamodb_local_folder", "not a valid path"),
    ],
)
def test_a_mistake_names_file_and_key(tmp_path: Path, text: str, key: str, message: str) -> None:
    """A slip is told where it is, and never read as something else."""
    with pytest.raises(ConfigurationError) as caught:
        project(tmp_path, text)
    error, path = caught.value, tmp_path / "pyproject.toml"
    assert error.code == "CONFIG_INVALID"
    assert error.message.startswith(f"{path}: tool.osem-migrate.{key}: ")
    assert message in error.message
    assert error.details == {"file": str(path), "key": f"tool.osem-migrate.{key}"}
    assert "pyproject.toml" in error.remediation


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.osem-migrate]\n", "tool.osem-migrate.application: Field required"),
        ("[tool.osem-migrate]\napplication = ''\n", "tool.osem-migrate.application: String should match pattern"),
        ("[tool.osem-migrate]\napplication = 'a b'\n", "tool.osem-migrate.application: String should match pattern"),
        ("[tool]\nosem-migrate = 5\n", "tool.osem-migrate: Input should be a table"),
        (HEAD + "tags = {\n", "cannot be read: Invalid"),
        (HEAD + HEAD, "cannot be read: Cannot declare"),
        (HEAD.encode() + b"# caf\xe9\n", "cannot be read: 'utf-8' codec can't decode byte 0xe9"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str | bytes, message: str) -> None:
    """Broken TOML, another encoding and a missing application are told with the path."""
    path = tmp_path / "pyproject.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError) as caught:
        Project.find(tmp_path, {})
    assert caught.value.message.startswith(f"{path}")
    assert message in caught.value.message
    assert caught.value.details["file"] == str(path)
    assert caught.value.remediation


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions are told; tests may run as root, so the refusal is made up."""
    path = tmp_path / "pyproject.toml"
    path.write_text(HEAD)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ConfigurationError, match=r"cannot be read: .*Permission denied"):
        Project.find(tmp_path, {})


def test_the_engines_are_those_there_are() -> None:
    """Configuration may not import the engines, so the two lists are kept equal here."""
    for kind in EngineKind:
        assert LocalSettings.model_validate({"engine": kind.value}).engine == kind
    message = str(LocalSettings.model_fields["engine"].annotation)
    assert message.count("'") == 2 * len(EngineKind)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    """They are values, shared by whoever asks."""
    settings = project(tmp_path, "").settings
    with pytest.raises(ValueError, match="frozen"):
        settings.application = "other"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = " + "[" * 10_000 + "]" * 10_000, "it is nested too deeply"),
        ("x = " + "{a=" * 10_000 + "1" + "}" * 10_000, "it is nested too deeply"),
        ("x = " + "9" * 5_000, "digits"),
        ("x = 1979-02-31", "date"),
    ],
)
def test_what_no_parser_reads_is_told_with_the_file(tmp_path: Path, text: str, says: str) -> None:
    """Python gives up on such values with other errors than on a misplaced bracket, and so did every command."""
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        project(tmp_path, f"[tool.other]\n{text}\n")
    assert says in caught.value.message
    assert str(tmp_path / "pyproject.toml") in caught.value.message
