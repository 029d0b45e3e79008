"""Write the next numbered script, filled in as far as its title tells."""

import re
from collections.abc import Collection
from pathlib import Path

from osem_migrate.errors import UsageError
from osem_migrate.files.loader import SCRIPT_NAME
from osem_migrate.files.source import imported_names, render
from osem_migrate.operations import AddIndex, CreateTable, DropIndex, DropTable, Operation
from osem_migrate.schema import Key, S

_MAX_SLUG = 60

_CREATE_TABLE = re.compile(r"create\s+(?:the\s+|a\s+)?(?:table\s+)?(?P<table>[\w.-]+)(?:\s+table)?", re.IGNORECASE)
_DROP_TABLE = re.compile(r"(?:drop|delete|remove)\s+(?:the\s+)?table\s+(?P<table>[\w.-]+)", re.IGNORECASE)
_ADD_INDEX = re.compile(
    r"add\s+(?:the\s+|an?\s+)?(?P<index>[\w.-]+)[\s-]index\s+(?:to|on)\s+(?:the\s+)?(?P<table>[\w.-]+)", re.IGNORECASE
)
_DROP_INDEX = re.compile(
    r"(?:drop|delete|remove)\s+(?:the\s+|an?\s+)?(?P<index>[\w.-]+)[\s-]index\s+(?:from|of|on)\s+(?:the\s+)?"
    r"(?P<table>[\w.-]+)",
    re.IGNORECASE,
)


def write_script(folder: Path, title: str, tables: Collection[str] = ()) -> Path:
    """Create ``NNNN_slug.py`` with the next free number and return its path; never overwrites.

    Args:
        folder: the migrations folder, created when missing.
        title: what the script does, in words; becomes its name and docstring.
        tables: the tables that exist by then, so that "Plans" finds ``AssessmentPlans``.
    """
    slug = _slug(title)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_next_number(folder):04}_{slug}.py"
    with path.open("x", encoding="utf-8") as script:
        script.write(script_source(title, guess(title, tables)))
    return path


def script_source(title: str, operations: Collection[Operation]) -> str:
    """A whole script: docstring, import and operations."""
    summary = title.strip().rstrip(".")
    docstring = f'"""{summary[:1].upper()}{summary[1:]}."""'
    names = ", ".join(imported_names(operations) or ("Operation",))
    if operations:
        body = f"operations = {render(list(operations))}"
        if "\n" not in body:
            # One operation a line keeps later diffs small.
            body = "operations = [\n" + "".join(f"    {render(item, 4)},\n" for item in operations) + "]"
    else:
        body = "operations: list[Operation] = []"
    return f"{docstring}\n\nfrom osem_migrate import {names}\n\n{body}\n"


def guess(title: str, tables: Collection[str]) -> tuple[Operation, ...]:
    """The operation that a title like "add status index to Plans" names; empty when it names none."""
    words = title.strip().rstrip(".")
    if match := _ADD_INDEX.fullmatch(words):
        name, partition, sort = _index(match["index"])
        return (AddIndex(_known(match["table"], tables), name, partition, sort),)
    if match := _DROP_INDEX.fullmatch(words):
        return (DropIndex(_known(match["table"], tables), _index(match["index"])[0]),)
    if match := _DROP_TABLE.fullmatch(words):
        return (DropTable(_known(match["table"], tables)),)
    if match := _CREATE_TABLE.fullmatch(words):
        table = match["table"][:1].upper() + match["table"][1:]
        return (CreateTable(table, S(f"{table[:1].lower()}{table[1:].removesuffix('s')}Id")),)
    return ()


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


def _slug(title: str) -> str:
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", title)
    slug = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:_MAX_SLUG].strip("_")
    if not slug or not title.isprintable():
        raise UsageError(
            f"the title {title!r} has no letters or digits to make a file name of",
            remediation='Say in a few words what the script does: osem-migrate new "add status index to Plans"',
        )
    return slug


def _next_number(folder: Path) -> int:
    numbers = [int(match["number"]) for path in folder.iterdir() if (match := SCRIPT_NAME.fullmatch(path.stem))]
    return max(numbers, default=0) + 1
