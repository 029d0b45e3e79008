"""Read a ``schema.py``: the tables that a module of the project declares, as they should be."""

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from osem_migrate.config.names import HISTORY_ENTITY
from osem_migrate.errors import OsemMigrateError, SchemaFileInvalid
from osem_migrate.files.location import line_of_assignment, shown_path
from osem_migrate.files.running import ending, not_loadable, quietly
from osem_migrate.operations import CreateTable
from osem_migrate.schema import Schema, Table

_IMPORTS = (
    "The file may import what lies beside it, and what is installed for the Python that runs osem-migrate "
    f"({sys.executable})."
)


def load_schema_file(path: Path) -> Schema:
    """The tables of the module, by their logical names: its values of type Table, alone, in a list or in a mapping.

    The file is run as ``python schema.py`` would, from its own folder's modules; a setting that a table does not
    declare is the one that AWS has by default.

    Raises:
        ScriptNotLoadable: running it raises, or does not end.
        SchemaFileInvalid: it declares no table, one that cannot be, or two of one name.
    """
    path = path.absolute()
    with quietly():
        try:
            with ending(), _importing_from(path.parent):
                found = tuple(_tables(_run(path)))
        except KeyboardInterrupt:
            raise
        except BaseException as failure:
            raise not_loadable(path, failure, _IMPORTS) from failure
    if not found:
        raise SchemaFileInvalid("declares no Table", file=shown_path(path))
    tables: dict[str, Table] = {}
    for variable, table in found:
        made = _checked(path, variable, table)
        if tables.setdefault(table.name, made) != made:
            raise _invalid(path, variable, f"table {table.name!r} is declared twice, and not the same")
    return Schema(tables)


def _run(path: Path) -> Mapping[str, object]:
    """What the module defines; raises whatever it raises."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"Python has no loader for {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


def _tables(says: Mapping[str, object]) -> Iterator[tuple[str, Table]]:
    """Each table with the name of the module that holds it."""
    for variable, value in says.items():
        if isinstance(value, Table):
            yield variable, value
        elif isinstance(value, list | tuple | dict):
            parts = value.values() if isinstance(value, dict) else value
            yield from ((variable, part) for part in parts if isinstance(part, Table))


def _checked(path: Path, variable: str, table: Table) -> Table:
    """The table as CreateTable makes it, which checks what a Table does not know of its settings."""
    if table.name == HISTORY_ENTITY:
        raise _invalid(path, variable, f"{HISTORY_ENTITY} is the history table, which no script changes")
    try:
        return CreateTable.of(table).apply(Schema()).table(table.name)
    except OsemMigrateError as refused:
        raise _invalid(path, variable, refused.message, refused.advice) from refused


def _invalid(path: Path, variable: str, message: str, remedy: str | None = None) -> SchemaFileInvalid:
    line = line_of_assignment(path, variable)
    return SchemaFileInvalid(message, file=shown_path(path), line=line, remediation=remedy)


@contextmanager
def _importing_from(folder: Path) -> Iterator[None]:
    """With the modules of a folder before all others, as where Python runs a file of it."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
