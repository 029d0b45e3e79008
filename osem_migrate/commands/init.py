"""Init: make the folder a project of osem-migrate; makes no call."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osem_migrate.advice import command
from osem_migrate.arguments import Arguments
from osem_migrate.commands.new import new
from osem_migrate.config import Project
from osem_migrate.config.configuration import OWN, Configuration, candidates, read_in
from osem_migrate.config.project import DEFAULT_ENVIRONMENT, resolved
from osem_migrate.errors import AlreadyConfigured, ConfigurationError, UsageError
from osem_migrate.files.edits import all_or_nothing
from osem_migrate.files.folder import SCRIPT_NAME, is_there
from osem_migrate.files.writer import draft_scripts

_APPLICATION = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class InitOptions(Arguments):
    """How to begin.

    Attributes:
        application: the application's name; that of pyproject.toml's project, else of the folder, when None.
        table_name: the pattern of physical names, such as ``{application}-{env}-{entity}``, which it is when None.
        script: the title of the first script, which is written where there is none yet; none when None.
    """

    application: str | None = None
    table_name: str | None = None
    script: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InitResult:
    """What was written, and what was there.

    Attributes:
        project: as it is now.
        written: the files and folders that are new or changed, in order; none where nothing was left to do.
        script: the first script, if it was written now.
        has_scripts: whether there is any script now.
    """

    project: Project
    written: tuple[Path, ...]
    script: Path | None = None
    has_scripts: bool = False


def init(options: InitOptions, start: Path | None = None, environ: Mapping[str, str] = os.environ) -> InitResult:
    """Write what is missing of a configuration, the folder of the scripts and a first script: all of it, or nothing.

    It goes into the nearest pyproject.toml or osem-migrate.toml from ``start`` upwards; without one, it is a new
    osem-migrate.toml there.

    Raises:
        UsageError: an option has a value that cannot be used.
        AlreadyConfigured: the configuration has another application or table_name.
        ConfigurationError: what is there cannot be used.
        FileNotWritable, ScriptError: something cannot be written.
    """
    file, found = _nearest(resolved(start or Path()))
    settings = found if found is not None else _settings(file, options)
    project = _project(file, settings, options if found is None else InitOptions(), environ)
    if found is not None:
        _check_same(file, found, options)
    if options.script is not None:
        draft_scripts(
            project.migrations, [(options.script, ())]
        )  # what is wrong with a title, before anything is written
    written: list[Path] = []
    script = None
    with all_or_nothing() as edits:
        if found is None:
            edits.configure(file, file.table, {name: settings[name] for name in settings if name != "environments"})
            edits.configure(file, (*file.table, "environments", DEFAULT_ENVIRONMENT), {})
            written.append(file.path)
        if not is_there(project.migrations):
            edits.make_folder(project.migrations)
            written.append(project.migrations)
        if options.script is not None and not _has_scripts(project.migrations):
            script = new(project, options.script).path
            written.append(script)
    return InitResult(
        project=project, written=tuple(written), script=script, has_scripts=_has_scripts(project.migrations)
    )


def _nearest(here: Path) -> tuple[Configuration, dict[str, Any] | None]:
    """The file that configures the project, with its settings where it has any."""
    for folder in (here, *here.parents):
        if (read := read_in(folder)) is not None:
            return read
        for file in candidates(folder):
            if file.path.exists() or file.path.is_symlink():
                if not file.exists():
                    what = "is a folder" if file.path.is_dir() else "is a link to no file"
                    raise ConfigurationError(
                        f"{file.path} {what}", remediation="Move it away, or put the file there.", file=str(file.path)
                    )
                file.check_room()
                return file, None
    return Configuration(here / OWN), None


def _settings(file: Configuration, options: InitOptions) -> dict[str, Any]:
    """Those of a new project."""
    settings: dict[str, Any] = {"application": options.application or _usual_application(file)}
    if options.table_name is not None:
        settings["table_name"] = options.table_name
    return settings | {"environments": {DEFAULT_ENVIRONMENT: {}}}


def _usual_application(file: Configuration) -> str:
    """The name of the package, else of the folder, as far as it can name an application."""
    name = file.project_name() or file.path.parent.name
    return re.sub(r"[^a-z0-9_.-]+", "-", name.lower()).strip("-.")[:64] or "app"


def _project(
    file: Configuration, settings: dict[str, Any], options: InitOptions, environ: Mapping[str, str]
) -> Project:
    """The project that these settings make; what an option says wrongly is wrong usage."""
    if options.application is not None and not _APPLICATION.fullmatch(options.application):
        raise UsageError(
            f"{command('--application')} takes up to 64 letters, digits, '.', '_' and '-', not {options.application!r}"
        )
    try:
        return Project.of(file, settings, environ)
    except ConfigurationError as refused:
        if options.table_name is None:
            raise
        _, _, words = refused.message.partition(": ")
        raise UsageError(f"{command('--table-name')}: {words}", remediation=refused.advice) from refused


def _check_same(file: Configuration, found: Mapping[str, Any], options: InitOptions) -> None:
    for key, wanted in (("application", options.application), ("table_name", options.table_name)):
        there = found.get(key)
        if wanted is not None and there != wanted:
            says = f"is {there!r} already" if there is not None else "is not set"
            raise AlreadyConfigured(
                f"{file.place(key)} {says}, not {wanted!r}", file=str(file.path), key=file.key(key), value=wanted
            )


def _has_scripts(folder: Path) -> bool:
    return is_there(folder) and any(SCRIPT_NAME.fullmatch(path.stem) for path in folder.glob("*.py"))
