"""Import of a file: what its tables mean for the scripts, and in what the two differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SETTINGS, CreateTable
from osem_migrate.operations.expressible import Expressible, Unsaid, without_removed_tags
from osem_migrate.planning.drift.diff import Difference, diff
from osem_migrate.planning.import_tables import declare
from osem_migrate.schema import Schema, Table
from osem_migrate.schema.value import altered


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlan:
    """What a file's tables mean for the scripts.

    Attributes:
        creations: an operation for every table that no script declares, sorted by name.
        differences: everything in which the file and the scripts differ: ``expected`` by the scripts, ``found`` in
            the file.
        unsaid: what the scripts declare and the file's format cannot say; it is not compared.
    """

    creations: tuple[CreateTable, ...]
    differences: tuple[Difference, ...]
    unsaid: tuple[Unsaid, ...] = ()


def plan_file_import(tables: Mapping[str, Table], scripts: Schema, says: Expressible, *, whole: bool) -> FilePlan:
    """Compare the tables of a file with those that the scripts build.

    Args:
        tables: of the file, by the logical names that the scripts would give them.
        scripts: what the scripts build, with the defaults of the environment.
        says: what the file's format can express; the rest is neither compared nor declared.
        whole: whether the file should have every table of the scripts.

    Raises:
        DefinitionError: a table has something that no script can declare.
    """
    found = {name: completed(table, says) for name, table in tables.items()}
    creations = [
        declare(table, _said(scripts.defaults, says))
        for name, table in sorted(found.items())
        if name not in scripts.tables
    ]
    names = sorted(found.keys() | (scripts.tables.keys() if whole else set()))
    return FilePlan(
        creations=tuple(creations),
        differences=tuple(
            difference for name in names for difference in compare(found.get(name), scripts.tables.get(name), says)
        ),
        unsaid=tuple(
            one
            for name in sorted(found.keys() & scripts.tables)
            for one in unsaid(found[name], scripts.tables[name], says)
        ),
    )


def completed(table: Table, says: Expressible) -> Table:
    """The table with AWS's default for every setting that could have been said, and was not."""
    known = {type(setting): setting for setting in table.settings}
    settings = tuple(known.get(kind) or kind.default(table.name) for kind in SETTINGS if kind in says.settings)
    return altered(table, settings=settings, defaults=())


def compare(file: Table | None, scripts: Table | None, says: Expressible) -> tuple[Difference, ...]:
    """Every difference that the file can say of its table from that of the scripts, whichever of them has more."""
    if file is None or scripts is None:
        return diff(_as_live(file or cast("Table", scripts), missing=file is None), scripts)
    found = completed(says.filled_in(file, scripts), says)
    expected = completed(without_removed_tags(scripts), says)
    differences = diff(_as_live(found), expected)
    known = {(difference.subject, type(difference.setting)) for difference in differences}
    # A setting may match in one direction only: the file has a tag more, or names a key by its ARN.
    back = diff(_as_live(expected), found)
    return (
        *differences,
        *(
            replace(one, expected=one.found, found=one.expected)
            for one in back
            if one.setting is not None and (one.subject, type(one.setting)) not in known
        ),
    )


def unsaid(file: Table, scripts: Table, says: Expressible) -> Iterator[Unsaid]:
    """What the scripts declare of a table and such a file cannot say; what it says of an index all the same counts."""
    names = {f"{file.name}/{index.name}" for index in file.all_indexes}
    for one in says.unsaid(scripts):
        if not (one.is_index and one.subject in names):
            yield one


def _said(defaults: tuple[Any, ...], says: Expressible) -> tuple[Any, ...]:
    return tuple(setting for setting in defaults if type(setting) in says.settings)


def _as_live(table: Table, *, missing: bool = False) -> LiveTable:
    return LiveTable(name=table.name, physical_name=table.name, table=None if missing else table)
