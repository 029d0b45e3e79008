"""Project: where its scripts and state are, and its environments, whose tables never overlap."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

from osem_migrate.advice import command, did_you_mean
from osem_migrate.config.environment import Environment, Neighbour, clash, fill_all
from osem_migrate.config.location import Location
from osem_migrate.config.names import ENTITY, HISTORY_ENTITY, Names, Pattern, filled
from osem_migrate.config.settings import (
    FILE,
    SECTION,
    EnvironmentSettings,
    ProjectSettings,
    parse_settings,
    read_table,
)
from osem_migrate.errors import ConfigurationError, DefinitionError, NamesClash, UnknownEnvironment
from osem_migrate.operations import SetTags
from osem_migrate.schema.limits import check_logical_name, check_name

LOCAL = "local"
DEFAULT_ENVIRONMENT = "dev"
ENVIRONMENT_VARIABLE = "OSEM_ENV"
PREFIX_VARIABLE = "OSEM_DB_PREFIX"
STATE_FOLDER = ".osem-migrate"

_NAME_EXAMPLES = (
    'For example: table_name = "{application}-{env}-{entity}", or "{entity}-{env}". A table with a name of its own: '
    f'[{SECTION}.tables] Orders = "MyOrders-{{env}}"'
)
_EVERY = "*"  # the table of what every table has
_ENVIRONMENT_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


class Project:
    """The project around the working folder: where its scripts and state are, and its environments."""

    def __init__(self, root: Path, settings: ProjectSettings, environ: Mapping[str, str]) -> None:
        """Use ``Project.find`` instead."""
        self.root = root
        self.settings = settings
        self._environ = environ
        self._check_names()
        self._names = {name: self._read_names(name) for name in self.environment_names}
        self._check_clashes()
        self._check_tags()

    @classmethod
    def find(cls, start: Path | None = None, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the nearest pyproject.toml with a ``[tool.osem-migrate]`` table, from ``start`` upwards.

        Raises:
            ConfigurationError: there is none, or what it says cannot be used; the message names file and key.
            NamesClash: a table would belong to two environments.
        """
        here = _resolved(start or Path())
        folders = (here, *here.parents)
        for folder in folders:
            table = read_table(folder / FILE)
            if table is not None:
                return cls(folder, parse_settings(table, folder / FILE), environ)
        nearest = next((folder / FILE for folder in folders if (folder / FILE).is_file()), None)
        where = f"Add this to {nearest}:" if nearest is not None else f"Write this to {here / FILE}:"
        raise ConfigurationError(
            f"no {FILE} with a [{SECTION}] table in {here} or above",
            remediation=f'{where}\n[{SECTION}]\napplication = "my-app"\n[{SECTION}.environments.dev]',
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

    @property
    def default_environment(self) -> str:
        """The environment where nobody names one: what OSEM_ENV says, else ``dev``."""
        return self._environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_ENVIRONMENT

    def environment(self, name: str) -> Environment:
        """The environment of that name.

        Raises:
            UnknownEnvironment: there is none; it says which is nearest.
            ConfigurationError: OSEM_DB_PREFIX gives it names that cannot be used.
            NamesClash: OSEM_DB_PREFIX gives it tables of another one.
        """
        if name not in self.environment_names:
            raise self._unknown(name)
        names = self._names[name]
        if replaced := self._environ.get(PREFIX_VARIABLE):
            names = self._replaced(name, names, replaced)
        neighbours = self._neighbours(name, names)
        for other, is_certain in neighbours:
            if is_certain:
                raise self._clash(name, other)
        return Environment(
            name, self.application, names, self._settings(name), neighbours=tuple(other for other, _ in neighbours)
        )

    def with_tables(self, name: str, tables: Mapping[str, str]) -> Self:
        """This project with more tables of an environment mapped; raises ConfigurationError where that cannot be."""
        own = self.settings.environments.get(name, EnvironmentSettings())
        mapped = own.model_copy(update={"tables": {**own.tables, **tables}})
        environments = {**self.settings.environments, name: mapped}
        return type(self)(self.root, self.settings.model_copy(update={"environments": environments}), self._environ)

    def _key(self, name: str) -> str:
        return f"{self.root / FILE}: {SECTION}.{name}"

    def _settings(self, name: str) -> EnvironmentSettings:
        """What is configured for an environment, with what is configured for all of them."""
        settings = self.settings.environments.get(name, EnvironmentSettings())
        return settings.model_copy(update={"tags": {**self.settings.tags, **settings.tags}})

    def _values(self, name: str) -> dict[str, str]:
        """What the fields of a template stand for."""
        return {"env": self._settings(name).name or name, "application": self.application}

    def _read_names(self, name: str) -> Names:
        settings, values = self._settings(name), self._values(name)
        own, every = f"environments.{name}.", ""
        with _blamed_on(self._key(f"{own if settings.table_name else every}table_name"), _NAME_EXAMPLES):
            pattern = Pattern.parse(settings.table_name or self.settings.table_name, values)
        mapped: dict[str, str] = {}
        for where, tables in ((every, self.settings.tables), (own, settings.tables)):
            for entity, template in tables.items():
                with _blamed_on(self._key(f"{where}tables.{entity}")):
                    _check_entity(entity)
                    mapped[entity] = filled(template, values)
                    check_name("table", mapped[entity])
        if history := settings.history_table or self.settings.history_table:
            with _blamed_on(self._key(f"{own if settings.history_table else every}history_table")):
                mapped[HISTORY_ENTITY] = filled(history, values)
                check_name("table", mapped[HISTORY_ENTITY])
        with _blamed_on(f"{self._key('tables')} of environment {name!r}"):
            names = Names(pattern, mapped, (*self.settings.ignore, *settings.ignore))
            names.physical(HISTORY_ENTITY)
        return names

    def _replaced(self, name: str, names: Names, replaced: str) -> Names:
        """The names with another prefix, which OSEM_DB_PREFIX gives to keep them apart from all others."""
        if names.mapped:
            written = ", ".join(sorted(names.mapped.values()))
            raise ConfigurationError(
                f"{PREFIX_VARIABLE} cannot give environment {name!r} tables of its own: {written} would stay the same",
                remediation=f"Unset {PREFIX_VARIABLE}, or choose an environment without tables and history_table.",
                environment=name,
            )
        with _blamed_on(PREFIX_VARIABLE):
            prefix = filled(replaced, self._values(name))
            pattern = Pattern.parse(f"{prefix}{{{ENTITY}}}{names.pattern.suffix}", {})
            names = replace(names, pattern=pattern)
            names.physical(HISTORY_ENTITY)
        return names

    def _check_names(self) -> None:
        for name in self.environment_names:
            if not _ENVIRONMENT_NAME.fullmatch(name):
                raise ConfigurationError(
                    f"{self._key(f'environments.{name}')}: a name has lower-case letters, digits and '-', "
                    'and starts with a letter or a digit; tables whose names spell it otherwise: name = "Prod" in it',
                    environment=name,
                )

    def _check_clashes(self) -> None:
        for name in self.environment_names:
            for other, is_certain in self._neighbours(name, self._names[name]):
                if is_certain:
                    raise self._clash(name, other)

    def _check_tags(self) -> None:
        """Those of all environments: whoever works on dev learns what is wrong with prod before it matters there."""
        for name in self.environment_names:
            for key, tags in self._tags(name):
                with _blamed_on(self._key(key)):
                    SetTags(_EVERY, fill_all(tags, self._values(name)))

    def _tags(self, name: str) -> Iterator[tuple[str, Mapping[str, str]]]:
        """The places where an environment's tags stand, and all of them together, each with its key."""
        own = self.settings.environments.get(name, EnvironmentSettings()).tags
        yield "tags", self.settings.tags
        yield f"environments.{name}.tags", own
        yield f"environments.{name}.tags with {SECTION}.tags", self._settings(name).tags

    def _neighbours(self, name: str, names: Names) -> list[tuple[Neighbour, bool]]:
        """The environments that may have tables of the same names, each with whether it is sure."""
        place = self._location(name)
        found = []
        for other in self.environment_names:
            if other == name or (same := place.may_be(theirs := self._location(other))) is False:
                continue
            table = names.shared_with(self._names[other])
            if table is not None:
                neighbour = Neighbour(name=other, table=table, account_id=theirs.account_id, region=theirs.region)
                found.append((neighbour, same is True))
        return found

    def _location(self, name: str) -> Location:
        return Location.configured(self._settings(name), embedded=name == LOCAL)

    def _clash(self, name: str, other: Neighbour) -> NamesClash:
        if self._environ.get(PREFIX_VARIABLE):
            remedy = f"Unset {PREFIX_VARIABLE}, or give it a prefix that no other environment has."
            return clash(PREFIX_VARIABLE, name, other, remediation=remedy)
        return clash(f"{self.root / FILE}: {SECTION}", name, other)

    def _unknown(self, name: str) -> UnknownEnvironment:
        hint = did_you_mean(name, self.environment_names)
        choice = f"one with {command('--env', 'NAME')}"
        add = f"Add [{SECTION}.environments.{name}] to {self.root / FILE}, or choose {choice}"
        return UnknownEnvironment(
            f"environment {name!r} is not configured{hint} (there are: {', '.join(self.environment_names)})",
            remediation=add if _ENVIRONMENT_NAME.fullmatch(name) else f"Choose {choice}",
            environment=name,
        )


def _resolved(start: Path) -> Path:
    try:
        return start.resolve()
    except OSError as gone:
        raise ConfigurationError(
            f"the working folder cannot be read: {gone.strerror}", remediation="Change to the folder of the project."
        ) from gone


@contextmanager
def _blamed_on(where: str, remediation: str | None = None) -> Iterator[None]:
    """Turn a value that DynamoDB could never accept into an error of the configuration that it comes from."""
    try:
        yield
    except DefinitionError as refused:
        message = refused.message.removeprefix(f"table {_EVERY!r}: ")
        raise ConfigurationError(f"{where}: {message}", remediation=remediation) from refused


def _check_entity(entity: str) -> None:
    check_logical_name(entity)
    if entity == HISTORY_ENTITY:
        raise DefinitionError(f"{HISTORY_ENTITY} is the history table; its name is set by history_table")
