"""Project: where its scripts and state are, and its environments, whose tables never overlap."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import Self

from osem_migrate.config.environment import HISTORY_ENTITY, Environment, fill
from osem_migrate.config.settings import (
    FILE,
    SECTION,
    EnvironmentSettings,
    ProjectSettings,
    parse_settings,
    read_table,
)
from osem_migrate.errors import ConfigurationError, DefinitionError, PrefixOverlap, UnknownEnvironment
from osem_migrate.operations import SetTags

LOCAL = "local"
DEFAULT_ENVIRONMENT = "dev"
ENVIRONMENT_VARIABLE = "OSEM_ENV"
PREFIX_VARIABLE = "OSEM_DB_PREFIX"
STATE_FOLDER = ".osem-migrate"

_ENVIRONMENT_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


class Project:
    """The project around the working folder: where its scripts and state are, and its environments."""

    def __init__(self, root: Path, settings: ProjectSettings, environ: Mapping[str, str]) -> None:
        """Use ``Project.find`` instead."""
        self.root = root
        self.settings = settings
        self._environ = environ
        self._check_names()

    @classmethod
    def find(cls, start: Path | None = None, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the nearest pyproject.toml with a ``[tool.osem-migrate]`` table, from ``start`` upwards.

        Raises:
            ConfigurationError: there is none, or what it says cannot be used; the message names file and key.
            PrefixOverlap: the tables of two environments could be confused.
        """
        here = _resolved(start or Path())
        for folder in (here, *here.parents):
            table = read_table(folder / FILE)
            if table is not None:
                return cls(folder, parse_settings(table, folder / FILE), environ)
        raise ConfigurationError(
            f"no {FILE} with a [{SECTION}] table in {here} or above",
            remediation=f'Add it:\n[{SECTION}]\napplication = "my-app"\n[{SECTION}.environments.dev]',
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
        """The environment of that name; raises UnknownEnvironment with the nearest one."""
        if name not in self.environment_names:
            raise self._unknown(name)
        settings = self.settings.environments.get(name, EnvironmentSettings())
        merged = settings.model_copy(update={"tags": {**self.settings.tags, **settings.tags}})
        prefix, suffix = self._affixes(name)
        where = self._key("table_name")
        if replaced := self._environ.get(PREFIX_VARIABLE):
            prefix, where = fill(replaced, self._names(name)), PREFIX_VARIABLE
            self._check_replaced(name, prefix)
        environment = Environment(name, self.application, prefix, suffix, merged)
        with _blamed_on(where):
            environment.physical_name(HISTORY_ENTITY)
        with _blamed_on(f"{self._key('tags')} with those of environment {name!r}"):
            SetTags("*", environment.tags)
        return environment

    def _key(self, name: str) -> str:
        return f"{self.root / FILE}: {SECTION}.{name}"

    def _names(self, name: str) -> dict[str, str]:
        return {"env": name, "application": self.application}

    def _affixes(self, name: str) -> tuple[str, str]:
        """What configuration puts before and after the table's own name."""
        before, placeholder, after = self.settings.table_name.partition("{entity}")
        if not placeholder or "{env}" not in before:
            raise ConfigurationError(
                f"{self._key('table_name')}: {self.settings.table_name!r} must contain {{env}} and, after it, "
                "{entity}, so that environments never share a table",
                remediation='For example: table_name = "osem-{env}-{entity}"',
            )
        return fill(before, self._names(name)), fill(after, self._names(name))

    def _check_names(self) -> None:
        for name in self.environment_names:
            if not _ENVIRONMENT_NAME.fullmatch(name):
                raise ConfigurationError(
                    f"{self._key(f'environments.{name}')}: a name has lower-case letters, digits and '-', "
                    "and starts with a letter or a digit",
                    environment=name,
                )
        prefixes = {name: self._affixes(name)[0] for name in self.environment_names}
        for one, other in combinations(prefixes, 2):
            if _overlap(prefixes[one], prefixes[other]):
                raise PrefixOverlap(
                    f"{self._key('table_name')}: the tables of environments {one!r} ({prefixes[one]}…) and {other!r} "
                    f"({prefixes[other]}…) could be confused",
                    environments=[one, other],
                )

    def _check_replaced(self, name: str, prefix: str) -> None:
        for other in self.environment_names:
            theirs = self._affixes(other)[0]
            if other != name and _overlap(prefix, theirs):
                raise PrefixOverlap(
                    f"{PREFIX_VARIABLE}: tables of environment {name!r} ({prefix}…) could be confused with those of "
                    f"{other!r} ({theirs}…)",
                    remediation=f"Unset {PREFIX_VARIABLE}, or give it a prefix that no other environment has.",
                    environments=[name, other],
                )

    def _unknown(self, name: str) -> UnknownEnvironment:
        near = get_close_matches(name, self.environment_names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return UnknownEnvironment(
            f"environment {name!r} is not configured{hint} (there are: {', '.join(self.environment_names)})",
            remediation=f"Add [{SECTION}.environments.{name}] to {self.root / FILE}, or choose one with --env",
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
def _blamed_on(where: str) -> Iterator[None]:
    """Turn a value that DynamoDB could never accept into an error of the configuration that it comes from."""
    try:
        yield
    except DefinitionError as refused:
        raise ConfigurationError(f"{where}: {refused.message}") from refused


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
