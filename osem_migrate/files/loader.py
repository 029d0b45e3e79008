"""Read the scripts of a migrations folder, into Migrations."""

import os
import reprlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import FunctionType, NoneType
from typing import Any

from osem_migrate.advice import AGAIN
from osem_migrate.config.names import HISTORY_ENTITY
from osem_migrate.errors import (
    DefinitionError,
    OsemMigrateError,
    ScriptError,
    ScriptFunctionInvalid,
    ScriptNotLoadable,
    ScriptNumberDuplicate,
    ScriptOperationsInvalid,
    text_of,
)
from osem_migrate.files.dependencies import check_dependencies, depended_on
from osem_migrate.files.folder import script_paths
from osem_migrate.files.location import (
    line_of_assignment,
    line_of_conflict,
    line_of_exception,
    line_of_operation,
    shown_path,
)
from osem_migrate.files.quota import beyond_quota
from osem_migrate.files.script import Script
from osem_migrate.migration import Migration, canonical
from osem_migrate.operations import Operation
from osem_migrate.schema import Index

_SELF_CONTAINED = (
    "Write what the script needs into the script itself: it imports osem_migrate and the standard library only. "
    "It runs in every new environment, in years, too, when the application's code has changed or is not installed."
)
_CONFLICT = f"Decide what the script declares, take the marks out, and {AGAIN}; git status names all such files."
_LOADING = threading.RLock()
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
    with _LOADING, _quietly():
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
        script.load()
    except KeyboardInterrupt:
        raise
    except BaseException as failure:
        raise _not_loadable(script, failure) from failure


def _not_loadable(script: Script, failure: BaseException) -> ScriptError:
    path = Path(script.path)
    place: dict[str, Any] = {"file": shown_path(path), "line": line_of_exception(failure, path)}
    if isinstance(failure, ScriptFunctionInvalid):
        return failure.at(shown_path(failure.details["file"])) if failure.details["file"] else failure.at(**place)
    if isinstance(failure, OsemMigrateError) and _is_made_here(failure):
        return ScriptNotLoadable(failure.message, remediation=failure.advice, **(failure.details | place))
    if isinstance(failure, SyntaxError) and (conflict := line_of_conflict(path)) is not None:
        what = "is in the middle of a merge: git has marked here what does not fit together"
        return ScriptNotLoadable(what, remediation=_CONFLICT, file=place["file"], line=conflict)
    name, words = type(failure).__name__, _words(failure, path)
    remedy = _SELF_CONTAINED if isinstance(failure, ImportError) and not _is_ours(failure) else None
    return ScriptNotLoadable(f"{name}: {words}" if words else name, remediation=remedy, **place)


def _words(failure: BaseException, path: Path) -> str:
    """What Python says, without the name of the script where it says that too."""
    if isinstance(failure, SyntaxError | OSError) and failure.filename == str(path):
        return str(failure.msg if isinstance(failure, SyntaxError) else failure.strerror)
    return text_of(failure)


def _is_made_here(failure: OsemMigrateError) -> bool:
    """Whether it has what errors of this package have; a script may derive a class of its own, and leave that out."""
    return type(failure).__module__ == OsemMigrateError.__module__ and "details" in vars(failure)


def _is_ours(failure: ImportError) -> bool:
    """Whether it is osem_migrate, or one of its names, that cannot be imported."""
    return str(failure.name).partition(".")[0] == "osem_migrate"


def _migration(script: Script) -> Migration:
    docstring = script.says.get("__doc__")
    with _reading(script, "operations"):
        migration = Migration(
            id=script.id,
            number=script.number,
            operations=_operations(script),
            summary=docstring.strip().partition("\n")[0] if isinstance(docstring, str) else "",
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
                remediation="Give the table another logical name; tables in pyproject.toml may map it to any name.",
            )
        _check_functions(operation, path, position)
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


@contextmanager
def _quietly() -> Iterator[None]:
    """While scripts run: nothing on stdout, and no bytecode beside the scripts.

    Standard output is for results. Bytecode is keyed by size and second, so an edit within the second would be missed.
    """
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        with redirect_stdout(sys.stderr), _descriptor_redirected():
            yield
    finally:
        sys.dont_write_bytecode = bytecode


@contextmanager
def _descriptor_redirected() -> Iterator[None]:
    """Send to standard error what a script, or a process that it starts, writes to standard output past Python."""
    try:
        kept = os.dup(1)
    except OSError:
        yield  # this process was started without a standard output
        return
    try:
        os.dup2(2, 1)
        yield
    finally:
        if sys.__stdout__ is not None:
            sys.__stdout__.flush()
        os.dup2(kept, 1)
        os.close(kept)
