"""Import of a file: what its tables mean for the scripts, and in what the two differ."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SETTINGS, CreateTable, SetTags, Setting
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
    """

    creations: tuple[CreateTable, ...]
    differences: tuple[Difference, ...]


def plan_file_import(
    tables: Mapping[str, Table], scripts: Schema, says: Collection[type[Setting]], *, whole: bool
) -> FilePlan:
    """Compare the tables of a file with those that the scripts build.

    Args:
        tables: of the file, by the logical names that the scripts would give them.
        scripts: what the scripts build, with the defaults of the environment.
        says: the kinds of settings that the file's format can express; the others are neither compared nor declared.
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
    )


def completed(table: Table, says: Collection[type[Setting]]) -> Table:
    """The table with AWS's default for every setting that could have been said, and was not."""
    known = {type(setting): setting for setting in table.settings}
    settings = tuple(known.get(kind) or kind.default(table.name) for kind in SETTINGS if kind in says)
    return altered(table, settings=settings, defaults=())


def compare(file: Table | None, scripts: Table | None, says: Collection[type[Setting]]) -> tuple[Difference, ...]:
    """Every difference of a table of the file from that of the scripts, whichever of them has more."""
    if file is None or scripts is None:
        return diff(_as_live(file or cast("Table", scripts), missing=file is None), scripts)
    found, expected = completed(file, says), completed(without_removed_tags(scripts), says)
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


def _said(defaults: tuple[Any, ...], says: Collection[type[Setting]]) -> tuple[Any, ...]:
    return tuple(setting for setting in defaults if type(setting) in says)


def _as_live(table: Table, *, missing: bool = False) -> LiveTable:
    return LiveTable(name=table.name, physical_name=table.name, table=None if missing else table)


def without_removed_tags(table: Table) -> Table:
    """No file says that a tag is gone."""
    tags = table.setting(SetTags)
    if tags is None:
        return table
    kept = {key: text for key, text in tags.tags.items() if text is not None}
    return table.with_setting(SetTags(table.name, kept))
