"""What a shell completes: the environments of pyproject.toml, and the versions in the folder of the scripts."""

from typing import TYPE_CHECKING

import click

from osem_migrate.errors import OsemMigrateError

if TYPE_CHECKING:
    from osem_migrate.config import Project


def complete_environment(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The environments that begin so; none where there is no project, which the command itself complains of."""
    del ctx, param
    project = _project()
    return [name for name in project.environment_names if name.startswith(incomplete)] if project is not None else []


def complete_version(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The versions that begin so, and ``head``; no script is loaded for it."""
    del ctx, param
    return [name for name in ("head", *_versions()) if name.startswith(incomplete)]


def complete_down_to(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The versions that may be kept, and 0 for none."""
    del ctx, param
    return [name for name in ("0", *_versions()) if name.startswith(incomplete)]


def _versions() -> list[str]:
    project = _project()
    return sorted(path.stem for path in project.migrations.glob("[0-9]*_*.py")) if project is not None else []


def _project() -> "Project | None":
    from osem_migrate.config import Project

    try:
        return Project.find()
    except OsemMigrateError:
        return None
