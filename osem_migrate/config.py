"""Environments and names: the ``[tool.osem-migrate]`` table of pyproject.toml."""

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from osem_migrate.errors import ConfigurationError, PrefixOverlap, UnknownEnvironment
from osem_migrate.operations import SetBilling, SetDeletionProtection, SetPointInTimeRecovery, SetTags, Setting
from osem_migrate.schema import check_name

LOCAL = "local"
DEFAULT_ENVIRONMENT = "dev"
HISTORY_ENTITY = "SchemaMigrations"
PREFIX_VARIABLE = "OSEM_DB_PREFIX"
STATE_FOLDER = ".osem-migrate"

_STRICT = ConfigDict(extra="forbid", frozen=True)
_ENVIRONMENT_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


class Capacity(BaseModel):
    """Provisioned capacity units of every new table that does not declare its billing."""

    model_config = _STRICT

    read: Annotated[int, Field(ge=1)]
    write: Annotated[int, Field(ge=1)]


class EnvironmentSettings(BaseModel):
    """``[tool.osem-migrate.environments.NAME]``."""

    model_config = _STRICT

    region: str | None = None
    account_id: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    protected: bool = False
    deletion_protection: bool | None = None
    point_in_time_recovery: bool | None = None
    tags: Mapping[str, str] = Field(default_factory=dict)
    capacity: Capacity | None = None


class LocalSettings(BaseModel):
    """``[tool.osem-migrate.local]``: the embedded engine behind ``--env local``."""

    model_config = _STRICT

    engine: str = "moto"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    dynamodb_local_folder: Path | None = None


class ProjectSettings(BaseModel):
    """``[tool.osem-migrate]``."""

    model_config = _STRICT

    application: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_.-]{1,64}$")]
    migrations: Path = Path("migrations")
    table_name: str = "{application}-{env}-{entity}"
    tags: Mapping[str, str] = Field(default_factory=dict)
    environments: Mapping[str, EnvironmentSettings] = Field(default_factory=dict)
    local: LocalSettings = LocalSettings()


class Environment:
    """One environment: its settings, its physical names, and what every new table there gets."""

    def __init__(self, name: str, application: str, prefix: str, suffix: str, settings: EnvironmentSettings) -> None:
        """Use ``Project.environment`` instead."""
        self.name = name
        self.application = application
        self.prefix = prefix
        self.settings = settings
        self._suffix = suffix

    def physical_name(self, entity: str) -> str:
        """``osem-dev-Users`` for ``Users``; raises DefinitionError where DynamoDB would refuse the name."""
        name = f"{self.prefix}{entity}{self._suffix}"
        check_name("table", name)
        return name

    def logical_name(self, physical_name: str) -> str | None:
        """``Users`` for ``osem-dev-Users``; None for a table that is not of this environment."""
        if not physical_name.startswith(self.prefix) or not physical_name.endswith(self._suffix):
            return None
        return physical_name[len(self.prefix) : len(physical_name) - len(self._suffix)] or None

    @property
    def history_table(self) -> str:
        """Physical name of the history table."""
        return self.physical_name(HISTORY_ENTITY)

    @property
    def tags(self) -> dict[str, str]:
        """Tags of every table; ``{env}`` and ``{application}`` in a value are filled in."""
        names = {"env": self.name, "application": self.application}
        return {key: _fill(text, names) for key, text in self.settings.tags.items()}

    @property
    def defaults(self) -> tuple[Setting, ...]:
        """Settings of every new table unless its script says otherwise."""
        settings, every = self.settings, "defaults"
        found: list[Setting] = []
        if settings.capacity is not None:
            found.append(SetBilling.provisioned(every, read=settings.capacity.read, write=settings.capacity.write))
        if settings.deletion_protection is not None:
            found.append(SetDeletionProtection(every, settings.deletion_protection))
        if settings.point_in_time_recovery is not None:
            found.append(SetPointInTimeRecovery(every, settings.point_in_time_recovery))
        if self.tags:
            found.append(SetTags(every, self.tags))
        return tuple(found)


class Project:
    """The project around the working folder: where its scripts and state are, and its environments."""

    def __init__(self, root: Path, settings: ProjectSettings, environ: Mapping[str, str]) -> None:
        """Use ``Project.find`` instead."""
        self.root = root
        self.settings = settings
        self._environ = environ
        self._check_prefixes()

    @classmethod
    def find(cls, start: Path | None = None, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the nearest pyproject.toml with a ``[tool.osem-migrate]`` table, from ``start`` upwards."""
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            table = _table(folder / "pyproject.toml")
            if table is not None:
                return cls(folder, _settings(table, folder / "pyproject.toml"), environ)
        raise ConfigurationError(
            f"no pyproject.toml with a [tool.osem-migrate] table in {here} or above",
            remediation='Add it:\n[tool.osem-migrate]\napplication = "my-app"\n[tool.osem-migrate.environments.dev]',
        )

    @property
    def application(self) -> str:
        """The application's name, which is also its scope in the history table."""
        return self.settings.application

    @property
    def migrations(self) -> Path:
        """The folder of the scripts."""
        return self.root / self.settings.migrations

    @property
    def state_folder(self) -> Path:
        """Where the embedded engine keeps its process and log."""
        return self.root / STATE_FOLDER

    @property
    def environment_names(self) -> tuple[str, ...]:
        """Every environment, with the built-in ``local``."""
        return tuple(sorted({LOCAL, *self.settings.environments}))

    def environment(self, name: str) -> Environment:
        """The environment of that name; raises UnknownEnvironment with the nearest one."""
        if name not in self.environment_names:
            near = get_close_matches(name, self.environment_names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UnknownEnvironment(
                f"environment {name!r} is not configured{hint} (there are: {', '.join(self.environment_names)})",
                remediation=f"Add [tool.osem-migrate.environments.{name}] to {self.root / 'pyproject.toml'}, "
                f"or choose one with --env",
                environment=name,
            )
        settings = self.settings.environments.get(name, EnvironmentSettings())
        merged = settings.model_copy(update={"tags": {**self.settings.tags, **settings.tags}})
        return Environment(name, self.application, self._prefix(name), self._affixes(name)[1], merged)

    def _prefix(self, name: str) -> str:
        replaced = self._environ.get(PREFIX_VARIABLE)
        return _fill(replaced, self._names(name)) if replaced else self._affixes(name)[0]

    def _affixes(self, name: str) -> tuple[str, str]:
        before, placeholder, after = self.settings.table_name.partition("{entity}")
        if not placeholder or "{env}" not in before:
            raise ConfigurationError(
                f"table_name {self.settings.table_name!r} must contain {{env}} and, after it, {{entity}}, so that "
                "environments never share a table",
                remediation='For example: table_name = "osem-{env}-{entity}"',
            )
        return _fill(before, self._names(name)), _fill(after, self._names(name))

    def _names(self, name: str) -> dict[str, str]:
        return {"env": name, "application": self.application}

    def _check_prefixes(self) -> None:
        for name in self.environment_names:
            if not _ENVIRONMENT_NAME.fullmatch(name):
                raise ConfigurationError(
                    f"environment {name!r}: a name has lower-case letters, digits and '-', and starts with one of the first two"
                )
        for one, other in combinations(self.environment_names, 2):
            first, second = self._affixes(one)[0], self._affixes(other)[0]
            if first.startswith(second) or second.startswith(first):
                raise PrefixOverlap(
                    f"the tables of environments {one!r} ({first}…) and {other!r} ({second}…) could be confused",
                    environments=[one, other],
                )


def _table(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as unreadable:
        raise ConfigurationError(f"{path} cannot be read: {unreadable}", file=str(path)) from unreadable
    found = document.get("tool", {}).get("osem-migrate")
    return found if isinstance(found, dict) or found is None else {}


def _settings(table: dict[str, Any], path: Path) -> ProjectSettings:
    try:
        return ProjectSettings.model_validate(table)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        where = ".".join(["tool", "osem-migrate", *(str(part) for part in first["loc"])])
        raise ConfigurationError(f"{path}: {where}: {first['msg']}", file=str(path), key=where) from None


def _fill(template: str, names: Mapping[str, str]) -> str:
    """Replace ``{env}`` and ``{application}``; any other brace is the user's own."""
    for name, text in names.items():
        template = template.replace(f"{{{name}}}", text)
    return template
