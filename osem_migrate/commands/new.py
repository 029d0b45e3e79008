"""New: the next numbered script, filled in as far as its title tells; makes no call."""

from dataclasses import dataclass
from pathlib import Path

from osem_migrate.config import Project
from osem_migrate.errors import OsemMigrateError
from osem_migrate.files.folder import is_there
from osem_migrate.files.loader import load
from osem_migrate.files.writer import write_scripts
from osem_migrate.planning.new import Understanding, understand
from osem_migrate.planning.replay import replay
from osem_migrate.schema import Schema


@dataclass(frozen=True, slots=True)
class NewScript:
    """The script that was written, and what was understood of its title."""

    path: Path
    understanding: Understanding


def new(project: Project, title: str) -> NewScript:
    """Write the script; a title that names no operation leaves the operations to be declared.

    Raises:
        UsageError: no file name can be made of the title.
        ScriptError: the folder cannot be written.
    """
    understanding = understand(title, _schema(project.migrations))
    operations = () if understanding.operation is None else (understanding.operation,)
    (draft,) = write_scripts(project.migrations, [(title, operations)])
    return NewScript(draft.path, understanding)


def _schema(folder: Path) -> Schema | None:
    """What the scripts so far build; None where they cannot be read, which is no reason not to write another."""
    try:
        return replay(load(folder).migrations, Schema()) if is_there(folder) else Schema()
    except OsemMigrateError:
        return None
