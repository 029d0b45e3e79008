"""Project: where its scripts and state are, and its environments, whose tables never overlap."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import Self

from osem_migrate.advice import command
from osem_migrate.config.environment import HISTORY_ENTITY, Environment, fill, fill_all
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
PREFIX_VARIABLE = "OSEM_DB_PREFIX"
STATE_FOLDER = ".osem-migrate"

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
        self._check_environments()

    @classmethod
    def find(cls, start: Path | None = None, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the nearest pyproject.toml with a ``[tool.osem-migrate]`` table, from ``start`` upwards.

        Raises:
            ConfigurationError: there is none, or what it says cannot be used; the message names file and key.
            PrefixOverlap: the tables of two environments could be confused.
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

    def environment(self, name: str) -> Environment:
        """The environment of that name; raises UnknownEnvironment with the nearest one."""
        if name not in self.environment_names:
            raise self._unknown(name)
        replaced = self._environ.get(PREFIX_VARIABLE)
        if not replaced:
            return self._made(name, self._affixes(name)[0])
        prefix = fill(replaced, self._names(name))
        self._check_replaced(name, prefix)
        environment = self._made(name, prefix)
        with _blamed_on(PREFIX_VARIABLE):
            environment.physical_name(HISTORY_ENTITY)
        return environment

    def _made(self, name: str, prefix: str) -> Environment:
        settings = self.settings.environments.get(name, EnvironmentSettings())
        merged = settings.model_copy(update={"tags": {**self.settings.tags, **settings.tags}})
        return Environment(name, self.application, prefix, self._affixes(name)[1], merged)

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

    def _check_environments(self) -> None:
        """Names and tags of all of them: whoever works on dev learns what is wrong with prod before it matters there.

        Only a prefix that replaces the configured one says of no other environment what its tables are called.
        """
        for name in self.environment_names:
            environment = self._made(name, self._affixes(name)[0])
            if not self._environ.get(PREFIX_VARIABLE):
                with _blamed_on(self._key("table_name")):
                    environment.physical_name(HISTORY_ENTITY)
            for key, tags in self._tags(name):
                with _blamed_on(self._key(key)):
                    SetTags(_EVERY, fill_all(tags, self._names(name)))

    def _tags(self, name: str) -> Iterator[tuple[str, Mapping[str, str]]]:
        """The places where an environment's tags stand, and all of them together, each with its key."""
        own = self.settings.environments.get(name, EnvironmentSettings()).tags
        yield "tags", self.settings.tags
        yield f"environments.{name}.tags", own
        yield f"environments.{name}.tags with {SECTION}.tags", {**self.settings.tags, **own}

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
            remediation=f"Add [{SECTION}.environments.{name}] to {self.root / FILE}, or choose one with "
            f"{command('--env', 'NAME')}",
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
        message = refused.message.removeprefix(f"table {_EVERY!r}: ")
        raise ConfigurationError(f"{where}: {message}") from refused


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
