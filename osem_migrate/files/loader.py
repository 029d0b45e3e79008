"""Read the scripts of a migrations folder through yoyo-migrations, into Migrations."""

import glob
import logging
import os
import re
import reprlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import FunctionType
from typing import Any

from yoyo.exceptions import BadMigration
from yoyo.migrations import read_migrations

from osem_migrate.advice import AGAIN
from osem_migrate.errors import (
    DefinitionError,
    FolderMissing,
    OsemMigrateError,
    ScriptNameInvalid,
    ScriptNotLoadable,
    ScriptNumberDuplicate,
    ScriptOperationsInvalid,
    SqlScriptUnsupported,
)
from osem_migrate.files.dependencies import check_dependencies, dependencies
from osem_migrate.files.location import line_of_assignment, line_of_exception, line_of_operation, shown_path
from osem_migrate.files.quota import beyond_quota
from osem_migrate.migration import Migration, canonical
from osem_migrate.operations import Operation

SCRIPT_NAME = re.compile(r"(?P<number>[0-9]{4,})_(?P<slug>[a-z0-9]+(?:_[a-z0-9]+)*)")


@dataclass(frozen=True, slots=True)
class Scripts:
    """What a folder holds: the migrations in order, and warnings."""

    migrations: tuple[Migration, ...]
    warnings: tuple[str, ...] = ()


def load(folder: Path) -> Scripts:
    """Every script of the folder, ordered by number; raises a ScriptError with file and line at the first mistake."""
    scripts = _found(folder)
    for script in scripts:
        if not SCRIPT_NAME.fullmatch(script.id):
            raise ScriptNameInvalid(
                "a script is named NNNN_slug.py: four digits, then lower-case words", file=shown_path(script.path)
            )
    scripts.sort(key=lambda script: (_number(script), script.id))
    _check_numbers(scripts)
    with _quietly():
        for script in scripts:
            _import(script)
    check_dependencies(scripts)
    migrations = tuple(_migration(script) for script in scripts)
    return Scripts(migrations, (*_gaps(scripts), *beyond_quota(migrations)))


def _found(folder: Path) -> list[Any]:
    """What yoyo finds in the folder, unread yet."""
    try:
        if not folder.is_dir():
            raise FolderMissing("there is no such folder", file=shown_path(folder))
        # Before yoyo, which would take an SQL file for a script and pass over .rollback.sql, and links, in silence.
        for path in sorted(folder.iterdir()):
            if path.suffix == ".sql":
                raise SqlScriptUnsupported("SQL scripts do not apply to DynamoDB", file=shown_path(path))
            if path.suffix == ".py" and path.is_symlink() and not path.exists():
                raise _dangling(path)
        # Absolute, because that is how tracebacks will name the files; escaped, because yoyo globs.
        found = read_migrations(glob.escape(str(folder.absolute())))
    except OSError as refused:
        raise ScriptNotLoadable(f"cannot be read: {refused.strerror}", file=shown_path(folder)) from refused
    return [script for script in (*found, *found.post_apply) if script.id != "__init__"]


def _dangling(link: Path) -> ScriptNotLoadable:
    remedy = f"Put the script where the link points, or remove the link, and {AGAIN}; nothing was written."
    what = f"is a link to {link.readlink()}, where there is no file"
    return ScriptNotLoadable(what, file=shown_path(link), remediation=remedy)


def _number(script: Any) -> int:
    return int(script.id.partition("_")[0])


def _check_numbers(scripts: Sequence[Any]) -> None:
    for earlier, later in pairwise(scripts):
        if _number(earlier) == _number(later):
            raise ScriptNumberDuplicate(
                f"has the same number as {earlier.id}.py", file=shown_path(later.path), other=shown_path(earlier.path)
            )


def _gaps(scripts: Sequence[Any]) -> Iterator[str]:
    for earlier, later in pairwise(scripts):
        if _number(later) != _number(earlier) + 1:
            yield f"{shown_path(later.path)}: the number before it is {_number(earlier):04}; is a script missing?"


def _import(script: Any) -> None:
    """Let yoyo run the module; whatever it raises becomes a ScriptNotLoadable that names the line."""
    try:
        script.load()
    except (BadMigration, TypeError) as bad:
        # With a single argument it is yoyo's complaint about __depends__, of which check_dependencies knows more.
        if len(bad.args) > 1:
            raise _not_loadable(script, bad.args[1]) from bad.args[1]
    except (SystemExit, OSError, ValueError) as failure:
        raise _not_loadable(script, failure) from failure


def _not_loadable(script: Any, failure: BaseException) -> ScriptNotLoadable:
    path = Path(script.path)
    place: dict[str, Any] = {"file": shown_path(path), "line": line_of_exception(failure, path)}
    if isinstance(failure, OsemMigrateError):
        return ScriptNotLoadable(failure.message, remediation=failure.advice, **(failure.details | place))
    name, words = type(failure).__name__, _words(failure, path)
    return ScriptNotLoadable(f"{name}: {words}" if words else name, **place)


def _words(failure: BaseException, path: Path) -> str:
    """What Python says, without the name of the script where it says that too."""
    if isinstance(failure, SyntaxError | OSError) and failure.filename == str(path):
        return str(failure.msg if isinstance(failure, SyntaxError) else failure.strerror)
    return str(failure)


def _migration(script: Any) -> Migration:
    return Migration(
        id=script.id,
        number=_number(script),
        operations=_operations(script),
        summary=(script.module.__doc__ or "").strip().partition("\n")[0],
        depends=dependencies(script),
        file=shown_path(script.path),
        locate=partial(line_of_operation, Path(script.path)),
    )


def _operations(script: Any) -> tuple[Operation, ...]:
    path = Path(script.path)
    if not hasattr(script.module, "operations"):
        raise ScriptOperationsInvalid("declares no operations", file=shown_path(path))
    declared = script.module.operations
    mistake = None
    if not isinstance(declared, list | tuple):
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
    return tuple(declared)


def _shown(declared: object) -> str:
    """What somebody declared instead of an operation, without an address that changes from run to run."""
    if isinstance(declared, type):
        return f"the class {declared.__name__}"
    return f"the function {declared.__name__}" if isinstance(declared, FunctionType) else reprlib.repr(declared)


def _check_value(operation: Operation, path: Path, position: int) -> None:
    """Raise ScriptOperationsInvalid where an operation of the project's own is nothing that can be recorded."""
    name = type(operation).__name__
    mistake = None
    if not isinstance(getattr(operation, "table", None), str):
        mistake = f"{name} does not say which table it touches: give it a field named table"
    else:
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


@contextmanager
def _quietly() -> Iterator[None]:
    """While scripts run: no tracebacks logged by yoyo, nothing on stdout, and no bytecode beside the scripts.

    Standard output is for results. Bytecode is keyed by size and second, so an edit within the second would be missed.
    """
    yoyo, bytecode = logging.getLogger("yoyo.migrations"), sys.dont_write_bytecode
    disabled, yoyo.disabled, sys.dont_write_bytecode = yoyo.disabled, True, True
    try:
        with redirect_stdout(sys.stderr), _descriptor_redirected():
            yield
    finally:
        yoyo.disabled, sys.dont_write_bytecode = disabled, bytecode


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
