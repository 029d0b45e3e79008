"""Read the scripts of a migrations folder through yoyo-migrations, into Migrations."""

import glob
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from yoyo.exceptions import BadMigration
from yoyo.migrations import read_migrations, topological_sort

from osem_migrate.errors import (
    DependencyCycle,
    DependencyUnknown,
    FolderMissing,
    OsemMigrateError,
    ScriptNameInvalid,
    ScriptNotLoadable,
    ScriptNumberDuplicate,
    ScriptOperationsInvalid,
    SqlScriptUnsupported,
)
from osem_migrate.files.location import line_of_assignment, line_of_exception, line_of_operation
from osem_migrate.migration import Migration
from osem_migrate.operations import Operation

SCRIPT_NAME = re.compile(r"(?P<number>\d{4,})_(?P<slug>[a-z0-9]+(?:_[a-z0-9]+)*)")

_NOT_SCRIPTS = {"__init__"}


@dataclass(frozen=True, slots=True)
class Scripts:
    """What a folder holds: the migrations in order, and what is odd without being wrong."""

    migrations: tuple[Migration, ...]
    warnings: tuple[str, ...] = ()


def load(folder: Path) -> Scripts:
    """Every script of the folder, ordered by number; raises a ScriptError with file and line at the first mistake."""
    shown = _shown(folder)
    if not folder.is_dir():
        raise FolderMissing("there is no such folder", file=shown)
    found = read_migrations(glob.escape(str(folder)))
    scripts = [script for script in (*found, *found.post_apply) if script.id not in _NOT_SCRIPTS]
    for script in scripts:
        _check_name(script)
    scripts.sort(key=lambda script: (_number(script), script.id))
    _check_numbers(scripts)
    with _quietly():
        for script in scripts:
            _import(script)
    _check_dependencies(scripts)
    return Scripts(tuple(_migration(script) for script in scripts), tuple(_gaps(scripts)))


def _check_name(script: Any) -> None:
    file = _shown(script.path)
    if script.is_raw_sql():
        raise SqlScriptUnsupported("SQL scripts do not apply to DynamoDB", file=file)
    if not SCRIPT_NAME.fullmatch(script.id):
        raise ScriptNameInvalid("a script is named NNNN_slug.py: four digits, then lower-case words", file=file)


def _number(script: Any) -> int:
    return int(script.id.partition("_")[0])


def _check_numbers(scripts: Sequence[Any]) -> None:
    for earlier, later in pairwise(scripts):
        if _number(earlier) == _number(later):
            raise ScriptNumberDuplicate(
                f"has the same number as {earlier.id}.py", file=_shown(later.path), other=_shown(earlier.path)
            )


def _gaps(scripts: Sequence[Any]) -> Iterator[str]:
    for earlier, later in pairwise(scripts):
        if _number(later) != _number(earlier) + 1:
            yield f"{_shown(later.path)}: the number before it is {_number(earlier):04}; is a script missing?"


def _import(script: Any) -> None:
    """Let yoyo run the module; whatever it raises becomes a ScriptNotLoadable that names the line."""
    try:
        script.load()
    except BadMigration as bad:
        # Without a second argument it is a dependency that yoyo cannot resolve; _check_dependencies says which.
        if len(bad.args) > 1:
            raise _not_loadable(script, bad.args[1]) from bad
    except (SystemExit, OSError, ValueError) as failure:
        raise _not_loadable(script, failure) from failure


def _not_loadable(script: Any, failure: BaseException) -> ScriptNotLoadable:
    text = failure.message if isinstance(failure, OsemMigrateError) else f"{type(failure).__name__}: {_text(failure)}"
    return ScriptNotLoadable(text, file=_shown(script.path), line=line_of_exception(failure, Path(script.path)))


def _text(failure: BaseException) -> str:
    return str(failure.msg if isinstance(failure, SyntaxError) else failure)


def _check_dependencies(scripts: Sequence[Any]) -> None:
    """Every name in ``__depends__`` must be a script of this folder that comes earlier."""
    known = {script.id: script for script in scripts}
    for script in scripts:
        for name in _depends(script):
            if name not in known:
                raise DependencyUnknown(f"depends on {name!r}, which is no script here", **_at_depends(script))
    try:
        ordered = list(topological_sort(scripts))
    except BadMigration as cycle:
        culprit = next(script for script in scripts if script.id in str(cycle))
        raise DependencyCycle(str(cycle), **_at_depends(culprit)) from cycle
    for expected, script in zip(scripts, ordered, strict=True):
        if script is not expected:
            raise DependencyCycle("depends on a script with a higher number", **_at_depends(expected))


def _depends(script: Any) -> tuple[str, ...]:
    declared = getattr(script.module, "__depends__", ())
    return (declared,) if isinstance(declared, str) else tuple(sorted(declared))


def _at_depends(script: Any) -> dict[str, Any]:
    return {"file": _shown(script.path), "line": line_of_assignment(Path(script.path), "__depends__")}


def _migration(script: Any) -> Migration:
    return Migration(
        id=script.id,
        number=_number(script),
        operations=_operations(script),
        summary=(script.module.__doc__ or "").strip().partition("\n")[0],
        depends=_depends(script),
        file=_shown(script.path),
        locate=partial(line_of_operation, Path(script.path)),
    )


def _operations(script: Any) -> tuple[Operation, ...]:
    path, shown = Path(script.path), _shown(script.path)
    if not hasattr(script.module, "operations"):
        raise ScriptOperationsInvalid("declares no operations", file=shown)
    operations = script.module.operations
    line = line_of_assignment(path, "operations")
    if not isinstance(operations, list | tuple):
        raise ScriptOperationsInvalid(f"operations is a {type(operations).__name__}, not a list", file=shown, line=line)
    if not operations:
        raise ScriptOperationsInvalid("operations is empty", file=shown, line=line)
    for position, operation in enumerate(operations):
        if not isinstance(operation, Operation):
            raise ScriptOperationsInvalid(
                f"operations[{position}] is {operation!r}, which is no operation",
                file=shown,
                line=line_of_operation(path, position),
            )
    return tuple(operations)


def _shown(path: str | Path) -> str:
    """The path as people would type it: relative to where they are, when that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep yoyo from logging tracebacks of what we report, and Python from writing bytecode beside the scripts.

    Cached bytecode is keyed by size and second, so an edit within the second could be missed.
    """
    yoyo, bytecode = logging.getLogger("yoyo.migrations"), sys.dont_write_bytecode
    disabled, yoyo.disabled, sys.dont_write_bytecode = yoyo.disabled, True, True
    try:
        yield
    finally:
        yoyo.disabled, sys.dont_write_bytecode = disabled, bytecode
