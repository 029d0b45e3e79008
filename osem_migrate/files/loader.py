"""Read the scripts of a migrations folder, into Migrations."""

import reprlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import cleandoc
from itertools import pairwise
from pathlib import Path
from types import FunctionType, NoneType

from osem_migrate.advice import CONFIGURATION, command
from osem_migrate.config.names import HISTORY_ENTITY
from osem_migrate.errors import (
    DefinitionError,
    OsemMigrateError,
    ScriptFunctionInvalid,
    ScriptNumberDuplicate,
    ScriptOperationsInvalid,
    text_of,
)
from osem_migrate.files.dependencies import check_dependencies, depended_on
from osem_migrate.files.folder import script_paths
from osem_migrate.files.location import line_of_assignment, line_of_operation, shown_path
from osem_migrate.files.quota import beyond_quota
from osem_migrate.files.record_size import MOST, find_beyond
from osem_migrate.files.running import ending, not_loadable, quietly
from osem_migrate.files.script import Script
from osem_migrate.migration import Migration, canonical
from osem_migrate.operations import Operation
from osem_migrate.schema import Index

_SELF_CONTAINED = (
    "Write what the script needs into the script itself: it imports osem_migrate and the standard library only. "
    "It runs in every new environment, in years, too, when the application's code has changed or is not installed."
)
_PARTS: dict[str, tuple[tuple[type, ...], str]] = {
    "creates_table": ((bool,), "True or False"),
    "drops_table": ((bool,), "True or False"),
    "may_be_autoscaled": ((bool,), "True or False"),
    "added_index": ((Index, NoneType), "Index"),
    "dropped_index": ((str, NoneType), "name of an index"),
    "declared_settings": ((tuple,), "tuple of settings"),
    "hazard": ((str, NoneType), "text"),
    "is_reversible": ((bool,), "True or False"),
    "reads": ((tuple,), "tuple of names"),
    "functions": ((tuple,), "tuple of functions"),
}
"""What is asked of every operation, whichever schema it is applied to."""


@dataclass(frozen=True, slots=True)
class Scripts:
    """What a folder holds: the migrations in order, and warnings."""

    migrations: tuple[Migration, ...]
    warnings: tuple[str, ...] = ()


def load(folder: Path) -> Scripts:
    """Every script of the folder, ordered by number; raises a ScriptError with file and line at the first mistake.

    One thread at a time: while scripts run, the standard output of the whole process goes elsewhere.
    """
    scripts = sorted(map(Script, script_paths(folder)), key=lambda script: (script.number, script.id))
    _check_numbers(scripts)
    with quietly():
        for script in scripts:
            _run(script)
        for script in scripts:
            with _reading(script, "__depends__"):
                script.names = depended_on(script)
        check_dependencies(scripts)
        migrations = tuple(_migration(script) for script in scripts)
    return Scripts(migrations, (*_gaps(scripts), *beyond_quota(migrations)))


def _check_numbers(scripts: Sequence[Script]) -> None:
    for earlier, later in pairwise(scripts):
        if earlier.number == later.number:
            raise ScriptNumberDuplicate(
                f"has the same number as {earlier.id}.py", file=shown_path(later.path), other=shown_path(earlier.path)
            )


def _gaps(scripts: Sequence[Script]) -> Iterator[str]:
    for earlier, later in pairwise(scripts):
        if later.number != earlier.number + 1:
            yield f"{shown_path(later.path)}: the number before it is {earlier.number:04}; is a script missing?"


def _run(script: Script) -> None:
    """Run the module; whatever it raises becomes a ScriptError that names the line."""
    try:
        with ending():
            script.load()
    except KeyboardInterrupt:
        raise
    except BaseException as failure:
        raise not_loadable(Path(script.path), failure, _SELF_CONTAINED) from failure


def _migration(script: Script) -> Migration:
    docstring = script.says.get("__doc__")
    with _reading(script, "operations"):
        migration = Migration(
            id=script.id,
            number=script.number,
            operations=_operations(script),
            summary=docstring.strip().partition("\n")[0] if isinstance(docstring, str) else "",
            docstring=cleandoc(docstring).strip() if isinstance(docstring, str) else "",
            depends=script.names,
            file=shown_path(script.path),
            locate=partial(line_of_operation, Path(script.path)),
        )
        migration.checksum  # noqa: B018 - it is kept; what has none is told here, where the script is known
    return migration


@contextmanager
def _reading(script: Script, name: str) -> Iterator[None]:
    """While a value of the script's is looked at, its own classes may raise anything; that is the script's mistake."""
    try:
        yield
    except (OsemMigrateError, KeyboardInterrupt):
        raise
    except BaseException as failure:
        words = text_of(failure)
        raise ScriptOperationsInvalid(
            f"{name} cannot be read: {type(failure).__name__}{f': {words}' if words else ''}",
            file=shown_path(script.path),
            line=line_of_assignment(Path(script.path), name),
            remediation="Declare plain values: operations of osem_migrate, texts, numbers, lists and mappings.",
        ) from failure


def _operations(script: Script) -> tuple[Operation, ...]:
    path = Path(script.path)
    if "operations" not in script.says:
        raise ScriptOperationsInvalid("declares no operations", file=shown_path(path))
    declared = script.says["operations"]
    mistake = None
    if type(declared) not in {list, tuple}:
        mistake = f"operations is of type {type(declared).__name__}, not a list"
    elif not declared:
        mistake = "operations is empty"
    if mistake is not None:
        raise ScriptOperationsInvalid(mistake, file=shown_path(path), line=line_of_assignment(path, "operations"))
    for position, operation in enumerate(declared):
        if not isinstance(operation, Operation):
            raise ScriptOperationsInvalid(
                f"operations[{position}] is {_shown(operation)}, which is not an operation",
                file=shown_path(path),
                line=line_of_operation(path, position),
            )
        if operation.is_foreign:
            _check_value(operation, path, position)
        if operation.table == HISTORY_ENTITY:
            raise ScriptOperationsInvalid(
                f"operations[{position}]: {HISTORY_ENTITY} is the history table, which no script changes",
                file=shown_path(path),
                line=line_of_operation(path, position),
                remediation=f"Give the table another logical name; tables in {CONFIGURATION} may map it to any name.",
            )
        _check_functions(operation, path, position)
    beyond = find_beyond(declared)
    if beyond is not None:
        raise ScriptOperationsInvalid(
            f"operations[{beyond}]: there is no room for it in the record of the script, one item of "
            f"{MOST // 1024} KB at the most, nor for what follows",
            file=shown_path(path),
            line=line_of_operation(path, beyond),
            remediation=f"Move the operations from there on into scripts of their own: {command('new', 'TITLE')}",
        )
    return tuple(declared)


def _shown(declared: object) -> str:
    """What somebody declared instead of an operation, without an address that changes from run to run."""
    if isinstance(declared, type):
        return f"the class {declared.__name__}"
    return f"the function {declared.__name__}" if isinstance(declared, FunctionType) else reprlib.repr(declared)


def _check_value(operation: Operation, path: Path, position: int) -> None:
    """Raise ScriptOperationsInvalid where an operation of the project's own is nothing that can be recorded."""
    name = type(operation).__name__
    mistake = next((f"{name}.{part} is no {noun}" for part, (kind, noun) in _PARTS.items()
                    if not isinstance(getattr(operation, part), kind)), None)  # fmt: skip
    if not isinstance(getattr(operation, "table", None), str):
        mistake = f"{name} does not say which table it touches: give it a field named table"
    if mistake is None:
        try:
            canonical(operation)
        except DefinitionError as invalid:
            mistake = invalid.message
    if mistake is not None:
        raise ScriptOperationsInvalid(
            f"operations[{position}]: {mistake}",
            file=shown_path(path),
            line=line_of_operation(path, position),
            remediation="Make it a frozen dataclass of texts, numbers, lists and mappings, as Operation's own are.",
        )


def _check_functions(operation: Operation, path: Path, position: int) -> None:
    """Raise ScriptFunctionInvalid where a function is not the script's own: elsewhere its text may change."""
    for function in operation.functions:
        if Path(function.file) != path:
            raise ScriptFunctionInvalid(
                f"{function.name} is imported from {shown_path(function.file)}",
                file=shown_path(path),
                line=line_of_operation(path, position),
                reason="project_import",
            )
