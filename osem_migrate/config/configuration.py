"""Configuration: the file that makes a folder a project, and what its keys are called there."""

import tomllib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osem_migrate.advice import AGAIN, configured
from osem_migrate.errors import ConfigurationError, ConfiguredTwice

PYPROJECT = "pyproject.toml"
OWN = "osem-migrate.toml"
TOOL = ("tool", "osem-migrate")
SECTION = ".".join(TOOL)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A ``pyproject.toml``, or an ``osem-migrate.toml`` that has the same keys at its top.

    Args:
        path: of the file, which may not exist.
    """

    path: Path

    @property
    def table(self) -> tuple[str, ...]:
        """Where in the file the settings stand; at its top when empty."""
        return () if self.path.name == OWN else TOOL

    def key(self, *parts: str) -> str:
        """``tool.osem-migrate.application``, or ``application`` in a file of its own."""
        return ".".join((*self.table, *parts))

    def place(self, *parts: str) -> str:
        """The file and a key in it, for messages; the file alone where that is all there is to say."""
        key = self.key(*parts)
        return f"{self.path}: {key}" if key else str(self.path)

    def exists(self) -> bool:
        """Whether there is such a file; raises ConfigurationError where the system does not say."""
        try:
            return self.path.is_file()
        except OSError as refused:
            raise ConfigurationError(
                f"{self.path} cannot be read: {refused.strerror or refused}", file=str(self.path)
            ) from refused

    def read(self) -> dict[str, Any] | None:
        """The settings, unchecked; None where there is no such file or no such table in it.

        Raises:
            ConfigurationError: the file is no TOML, or cannot be read.
        """
        found: Any = self._document()
        for part in self.table:
            found = found.get(part) if isinstance(found, dict) else None
        settings: dict[str, Any] | None = found
        return settings

    def check_room(self) -> None:
        """Raise ConfigurationError where the settings cannot be added, for what they would stand in is no table."""
        if not self.table:
            return
        around, *_ = self.table
        if not isinstance((self._document() or {}).get(around, {}), dict):
            raise ConfigurationError(
                f"{self.path}: {around}: Input should be a table",
                remediation=f"Correct it in {self.path.name} and {AGAIN}.",
                file=str(self.path),
                key=around,
            )

    def project_name(self) -> str | None:
        """What ``[project]`` of a pyproject.toml calls the package; None where it does not."""
        project = (self._document() or {}).get("project") if self.table else None
        name = project.get("name") if isinstance(project, dict) else None
        return name if isinstance(name, str) else None

    def _document(self) -> dict[str, Any] | None:
        if not self.exists():
            return None
        path = self.path
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except RecursionError as bottomless:
            raise ConfigurationError(f"{path} cannot be read: it is nested too deeply", file=str(path)) from bottomless
        except (ValueError, OSError) as unreadable:  # among them what is no TOML, no UTF-8, or a number without end
            raise ConfigurationError(f"{path} cannot be read: {unreadable}", file=str(path)) from unreadable


def spelled(keys: Sequence[str], start: Path) -> str:
    """The nearest file that configures a project, by its name, or the head of a table as it is written there."""
    with suppress(ConfigurationError, OSError):
        here = start.resolve()
        for folder in (here, *here.parents):
            if (found := read_in(folder)) is not None:
                file, _ = found
                return f"[{file.key(*keys)}]" if keys else file.path.name
    return configured(keys)


def candidates(folder: Path) -> tuple[Configuration, Configuration]:
    """The two files that may configure a folder."""
    return Configuration(folder / PYPROJECT), Configuration(folder / OWN)


def read_in(folder: Path) -> tuple[Configuration, dict[str, Any]] | None:
    """The file that configures a folder, and its settings; None where none does.

    Raises:
        ConfiguredTwice: both files do, and nobody could tell which one is meant.
        ConfigurationError: a file cannot be read.
    """
    read = [(file, settings) for file in candidates(folder) if (settings := file.read()) is not None]
    if len(read) > 1:
        raise ConfiguredTwice(
            f"{folder} is configured twice: by {OWN}, and by [{SECTION}] in {PYPROJECT}",
            remediation=f"Keep one of them: delete {OWN}, or take [{SECTION}] out of {PYPROJECT}, then {AGAIN}.",
            file=str(folder / OWN),
            other=str(folder / PYPROJECT),
        )
    return read[0] if read else None
