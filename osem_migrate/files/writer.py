"""Write the next numbered script, filled in as far as its title tells."""

import fcntl
import os
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from osem_migrate.advice import AGAIN, command
from osem_migrate.errors import DefinitionError, FileNotWritable, ScriptError, UsageError
from osem_migrate.files.edits import all_or_nothing
from osem_migrate.files.folder import SCRIPT_NAME
from osem_migrate.files.location import shown_path
from osem_migrate.operations import AddIndex, CreateTable, DropIndex, DropTable, Operation
from osem_migrate.operations.source import imported_names, render, render_import
from osem_migrate.schema import Key, S

_MAX_SLUG = 60

_ARTICLE = r"(?:(?:the|an?)\s+)?"
_DROP = r"(?:drop|delete|remove)\s+"
_WORD = r"(?!(?:table|index|indexes)\b)[\w.-]+"
_TABLE = rf"{_ARTICLE}(?P<table>{_WORD})(?:\s+table)?"
_INDEX = rf"{_ARTICLE}(?:(?P<index>{_WORD})[\s-]index|index\s+(?P<named>{_WORD}))"

_CREATE_TABLE = re.compile(rf"create\s+{_ARTICLE}(?:table\s+)?{_TABLE}", re.IGNORECASE)
_DROP_TABLE = re.compile(rf"{_DROP}{_ARTICLE}(?:table\s+(?P<table>{_WORD})|(?P<named>{_WORD})\s+table)", re.IGNORECASE)
_ADD_INDEX = re.compile(rf"(?:add|create)\s+{_INDEX}\s+(?:to|on)\s+{_TABLE}", re.IGNORECASE)
_DROP_INDEX = re.compile(rf"{_DROP}{_INDEX}\s+(?:from|of|on)\s+{_TABLE}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole script, and the path under which it is written."""

    path: Path
    source: str


def write_script(folder: Path, title: str, tables: Collection[str] = ()) -> Path:
    """Create ``NNNN_slug.py`` with the next free number and return its path; never overwrites.

    Args:
        folder: the migrations folder, created when missing.
        title: what the script does, in words; becomes its name and docstring.
        tables: the tables that exist by then, so that "Plans" finds ``AssessmentPlans``.

    Raises:
        UsageError: no file name can be made of the title.
        ScriptError: the folder cannot be written.
    """
    return write_scripts(folder, [(title, guess(title, tables))])[0].path


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
    first = _next_number(folder) if folder.is_dir() else 1
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


def guess(title: str, tables: Collection[str]) -> tuple[Operation, ...]:
    """The operation that a title like "add status index to Plans" names; empty when it names none that could be."""
    try:
        operation = _guess(" ".join(title.split()).rstrip("."), tables)
    except DefinitionError:
        return ()
    return (operation,) if operation is not None else ()


def _guess(words: str, tables: Collection[str]) -> Operation | None:
    if match := _ADD_INDEX.fullmatch(words):
        return AddIndex(_known(match["table"], tables), *_index(match["index"] or match["named"]))
    if match := _DROP_INDEX.fullmatch(words):
        return DropIndex(_known(match["table"], tables), _index(match["index"] or match["named"])[0])
    if match := _DROP_TABLE.fullmatch(words):
        return DropTable(_known(match["table"] or match["named"], tables))
    if match := _CREATE_TABLE.fullmatch(words):
        table = match["table"][:1].upper() + match["table"][1:]
        return CreateTable(table, S(f"{table[:1].lower()}{table[1:].removesuffix('s')}Id"))
    return None


def _index(word: str) -> tuple[str, Key, Key | None]:
    """Name and keys from the naming convention ``partitionKey-sortKey-index``."""
    stem = word.removesuffix("-index")
    partition, _, sort = stem.partition("-")
    return f"{stem}-index", S(partition), S(sort) if sort else None


def _known(word: str, tables: Collection[str]) -> str:
    """The table that a word means: its exact name, else the only one that contains it, else the word itself."""
    if word in tables:
        return word
    near = [table for table in tables if word.lower() in table.lower()]
    exact = [table for table in near if table.lower() == word.lower()]
    candidates = exact or near
    return candidates[0] if len(candidates) == 1 else word


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
