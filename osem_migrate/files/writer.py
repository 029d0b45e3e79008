"""Write the next numbered scripts."""

import fcntl
import os
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from osem_migrate.advice import AGAIN, command
from osem_migrate.errors import FileNotWritable, ScriptError, UsageError
from osem_migrate.files.edits import all_or_nothing
from osem_migrate.files.folder import SCRIPT_NAME, is_there, looked_into
from osem_migrate.files.location import shown_path
from osem_migrate.operations import Operation
from osem_migrate.operations.source import imported_names, render, render_import

_MAX_SLUG = 60


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole script, and the path under which it is written."""

    path: Path
    source: str


def write_scripts(folder: Path, scripts: Sequence[tuple[str, Collection[Operation]]]) -> tuple[Draft, ...]:
    """Write a script for each title and its operations, under the next free numbers: all of them, or none.

    Raises:
        UsageError: no file name can be made of a title.
        ScriptError: the folder cannot be written.
    """
    draft_scripts(folder, scripts)  # what is wrong with a title, before there is a folder
    try:
        with all_or_nothing() as edits:
            edits.make_folder(folder)
            with _alone_in(folder):
                drafts = draft_scripts(folder, scripts)
                for draft in drafts:
                    edits.create(draft.path, draft.source)
    except FileNotWritable as refused:
        raise ScriptError(
            f"a script cannot be written here: {refused.details['reason']}",
            file=shown_path(folder),
            remediation=f"Make it a folder that you can write to, then {AGAIN}.",
        ) from refused
    return drafts


def draft_scripts(folder: Path, scripts: Sequence[tuple[str, Collection[Operation]]]) -> tuple[Draft, ...]:
    """The same scripts as they would be written now; raises UsageError for a title that makes no file name."""
    first = _next_number(folder) if is_there(folder) else 1
    return tuple(
        Draft(folder / f"{number:04}_{_slug(title)}.py", script_source(title, operations))
        for number, (title, operations) in enumerate(scripts, first)
    )


def script_source(title: str, operations: Collection[Operation]) -> str:
    """A whole script: docstring, import and operations; raises UsageError for a title that cannot be printed."""
    names = imported_names(operations)
    if operations:
        # One operation a line, even where all would fit on one: it keeps later diffs small.
        body = "operations = [\n" + "".join(f"    {render(item, 4, 1)},\n" for item in operations) + "]"
    else:
        names, body = ("Operation",), "operations: list[Operation] = []"
    return f"{_docstring(title)}\n\n{render_import(names)}\n\n{body}\n"


def _docstring(title: str) -> str:
    """The title as a sentence that can neither end its own quotes nor be read as an escape."""
    words = " ".join(title.split())
    if not words.isprintable():
        raise UsageError(f"the title {title!r} has characters that cannot be printed")
    sentence = f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith((".", "!", "?")) else ".")
    prefix = "r" if "\\" in sentence else ""
    return prefix + '"""' + sentence.replace('"""', "'''") + '"""'


def _slug(title: str) -> str:
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", title).casefold()
    letters = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:_MAX_SLUG].strip("_")
    if not slug:
        raise UsageError(
            f"the title {title!r} has no letters a to z or digits for a file name",
            remediation=f"Say in a few words what the script does: {command('new', 'add status index to Plans')}",
        )
    return slug


def _next_number(folder: Path) -> int:
    with looked_into(folder):
        numbers = [int(match["number"]) for path in folder.iterdir() if (match := SCRIPT_NAME.fullmatch(path.stem))]
    return max(numbers, default=0) + 1


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let one process at a time choose a number; the lock leaves no file behind and ends with the process."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
