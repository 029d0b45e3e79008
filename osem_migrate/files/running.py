"""Running Python files of the project: quietly, not for ever, and with whatever they raise told by its place."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import FrameType
from typing import Any

from osem_migrate.advice import AGAIN
from osem_migrate.errors import (
    DefinitionError,
    OsemMigrateError,
    ScriptError,
    ScriptFunctionInvalid,
    ScriptNotLoadable,
    text_of,
)
from osem_migrate.files.location import line_of_conflict, line_of_exception, shown_path

LONGEST = 60.0
"""Seconds after which a file that only declares is taken for one that never ends."""

_CONFLICT = f"Decide what the file declares, take the marks out, and {AGAIN}; git status names all such files."
_LOADING = threading.RLock()


def not_loadable(path: Path, failure: BaseException, unimportable: str) -> ScriptError:
    """The error of a file that raised something; ``unimportable`` is the remedy where that was an import."""
    place: dict[str, Any] = {"file": shown_path(path), "line": line_of_exception(failure, path)}
    if isinstance(failure, ScriptFunctionInvalid):
        return failure.at(shown_path(failure.details["file"])) if failure.details["file"] else failure.at(**place)
    if isinstance(failure, OsemMigrateError) and _is_made_here(failure):
        return ScriptNotLoadable(failure.message, remediation=failure.advice, **(failure.details | place))
    if isinstance(failure, SyntaxError) and (conflict := line_of_conflict(path)) is not None:
        what = "is in the middle of a merge: git has marked here what does not fit together"
        return ScriptNotLoadable(what, remediation=_CONFLICT, file=place["file"], line=conflict)
    name, words = type(failure).__name__, _words(failure, path)
    remedy = unimportable if isinstance(failure, ImportError) and not _is_ours(failure) else None
    return ScriptNotLoadable(f"{name}: {words}" if words else name, remediation=remedy, **place)


@contextmanager
def quietly() -> Iterator[None]:
    """While files run: nothing on stdout, and no bytecode beside them; one thread at a time.

    Standard output is for results. Bytecode is keyed by size and second, so an edit within the second would be missed.
    """
    with _LOADING:
        bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            with redirect_stdout(sys.stderr), _descriptor_redirected():
                yield
        finally:
            sys.dont_write_bytecode = bytecode


@contextmanager
def ending() -> Iterator[None]:
    """Raise DefinitionError inside where it takes longer than ``LONGEST``; only the main thread can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise DefinitionError(
            f"it has not ended within {LONGEST:g} seconds",
            remediation="Take out what waits or repeats: such a file only declares.",
        )

    earlier = signal.signal(signal.SIGALRM, give_up)
    # Again and again: what catches everything it is told may have caught the first one.
    signal.setitimer(signal.ITIMER_REAL, LONGEST, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


def _words(failure: BaseException, path: Path) -> str:
    """What Python says, without the name of the file where it says that too."""
    if isinstance(failure, SyntaxError | OSError) and failure.filename == str(path):
        return str(failure.msg if isinstance(failure, SyntaxError) else failure.strerror)
    return text_of(failure)


def _is_made_here(failure: OsemMigrateError) -> bool:
    """Whether it has what errors of this package have; a file may derive a class of its own, and leave that out."""
    return type(failure).__module__ == OsemMigrateError.__module__ and "details" in vars(failure)


def _is_ours(failure: ImportError) -> bool:
    """Whether it is osem_migrate, or one of its names, that cannot be imported."""
    return str(failure.name).partition(".")[0] == "osem_migrate"


@contextmanager
def _descriptor_redirected() -> Iterator[None]:
    """Send to standard error what a file, or a process that it starts, writes to standard output past Python."""
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
