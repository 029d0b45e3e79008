"""New: the next numbered script, filled in as far as its title tells; makes no call."""

from pathlib import Path

from osem_migrate.config import Project
from osem_migrate.errors import OsemMigrateError
from osem_migrate.files.loader import load
from osem_migrate.files.writer import write_script
from osem_migrate.planning.replay import replay
from osem_migrate.schema import Schema


def new(project: Project, title: str) -> Path:
    """Write the script and give its path.

    Raises:
        UsageError: no file name can be made of the title.
        ScriptError: the folder cannot be written.
    """
    return write_script(project.migrations, title, _tables(project.migrations))


def _tables(folder: Path) -> list[str]:
    """Tables that the scripts so far create; none where the folder cannot be read, which is no reason not to write."""
    try:
        return list(replay(load(folder).migrations, Schema()).tables)
    except OsemMigrateError:
        return []
