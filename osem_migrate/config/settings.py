"""Settings: what ``[tool.osem-migrate]`` may say, checked."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from osem_migrate.advice import AGAIN, did_you_mean
from osem_migrate.config.configuration import Configuration
from osem_migrate.errors import ConfigurationError
from osem_migrate.place import is_url

_REGION = re.compile(r"(?![0-9]+$)(?!-)[a-zA-Z0-9-]{1,63}(?<!-)")  # what can stand in a host name, as botocore asks
_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)


def _without_null(path: Path) -> Path:
    if "\0" in str(path):
        raise PydanticCustomError("path", "A path has no null character")
    return path


def _endpoint(url: str) -> str:
    if not is_url(url):
        # The text is not repeated: a URL may hold a password.
        raise PydanticCustomError("endpoint", "Input should be an http or https URL")
    return url


def _region(name: str) -> str:
    if not _REGION.fullmatch(name):
        raise PydanticCustomError("region", "Input should be the name of a region, such as eu-west-1")
    return name


# Strictly, it would have to be a Path already, and TOML knows only strings.
_Path = Annotated[Path, Field(strict=False), AfterValidator(_without_null)]
_Units = Annotated[int, Field(ge=1, le=2**63 - 1)]


def _tables(given: object) -> bool | tuple[str, ...]:
    """All tables, none, or those of a list of logical names; a type of both would complain of each in turn."""
    if isinstance(given, bool):
        return given
    if isinstance(given, list | tuple) and all(isinstance(name, str) for name in given):
        return tuple(given)
    raise PydanticCustomError("tables", "Input should be true, false or a list of table names")


class Capacity(BaseModel):
    """Provisioned capacity units of every new table that does not declare its billing."""

    model_config = _STRICT

    read: _Units
    write: _Units


class EnvironmentSettings(BaseModel):
    """``[tool.osem-migrate.environments.NAME]``."""

    model_config = _STRICT

    name: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_.-]+$")] | None = None
    table_name: str | None = None
    history_table: str | None = None
    tables: Mapping[str, str] = Field(default_factory=dict)
    ignore: list[str] = Field(default_factory=list)
    region: Annotated[str, AfterValidator(_region)] | None = None
    account_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")] | None = None
    profile: str | None = None
    endpoint_url: Annotated[str, AfterValidator(_endpoint)] | None = None
    local: bool | None = None
    protected: bool = False
    deletion_protection: bool | None = None
    point_in_time_recovery: bool | None = None
    tags: Mapping[str, str] = Field(default_factory=dict)
    capacity: Capacity | None = None
    autoscaled: Annotated[bool | tuple[str, ...], PlainValidator(_tables)] = False
    fold_indexes: bool | None = None
    mutations_in_flight: Annotated[int, Field(ge=1, le=100)] = 3
    item_rate: Annotated[int, Field(ge=1)] | None = None


class LocalSettings(BaseModel):
    """``[tool.osem-migrate.local]``: the embedded engine behind ``--env local``."""

    model_config = _STRICT

    engine: Literal["moto", "dynamodb-local"] = "moto"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    dynamodb_local_folder: _Path | None = None


class LintSettings(BaseModel):
    """``[tool.osem-migrate.lint]``."""

    model_config = _STRICT

    ignore: list[str] = Field(default_factory=list)


class ProjectSettings(BaseModel):
    """``[tool.osem-migrate]``."""

    model_config = _STRICT

    application: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_.-]{1,64}$")]
    migrations: _Path = Path("migrations")
    table_name: str = "{application}-{env}-{entity}"
    history_table: str | None = None
    tables: Mapping[str, str] = Field(default_factory=dict)
    ignore: list[str] = Field(default_factory=list)
    tags: Mapping[str, str] = Field(default_factory=dict)
    environments: Mapping[str, EnvironmentSettings] = Field(default_factory=dict)
    local: LocalSettings = LocalSettings()
    lint: LintSettings = LintSettings()


def parse_settings(table: Any, file: Configuration) -> ProjectSettings:
    """The settings that the table holds; raises ConfigurationError with file and key at the first mistake."""
    try:
        return ProjectSettings.model_validate(table)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        parts = [str(part) for part in first["loc"]]
        message = _complaint(first["type"], first["loc"]) or first["msg"]
        raise ConfigurationError(
            f"{file.place(*parts)}: {message}",
            remediation=f"Correct it in {file.path.name} and {AGAIN}.",
            file=str(file.path),
            key=file.key(*parts),
        ) from None


def _complaint(kind: str, location: tuple[int | str, ...]) -> str | None:
    """Our words where pydantic's would speak of Python: for what should be a table, and for an unknown key."""
    if kind in {"model_type", "dict_type"}:
        return "Input should be a table"
    if kind != "extra_forbidden":
        return None
    known = sorted(_table_around(location).model_fields)
    return f"There is no such key{did_you_mean(str(location[-1]), known)} (there are: {', '.join(known)})"


def _table_around(location: tuple[int | str, ...]) -> type[BaseModel]:
    match location:
        case ("environments", _, "capacity", _):
            return Capacity
        case ("environments", _, _):
            return EnvironmentSettings
        case ("local", _):
            return LocalSettings
        case ("lint", _):
            return LintSettings
        case _:
            return ProjectSettings
