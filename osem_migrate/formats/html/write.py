"""The page: what the template is given."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2

from osem_migrate.formats.html.drawing import HEADER, ROW, WIDTH, Drawing, draw
from osem_migrate.formats.values import Export, TableStanding, Writing
from osem_migrate.live_table import size_text
from osem_migrate.operations import SetTags, Setting
from osem_migrate.schema import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One table on the page."""

    name: str
    anchor: str
    physical_name: str
    drawing: Drawing
    settings: tuple[Setting, ...]
    tags: tuple[tuple[str, str], ...]
    standing: TableStanding | None


def write(export: Export) -> Writing:
    """The page of one environment."""
    environment = export.first
    standing = export.standing
    cards = [
        _card(table, environment.names[name], number, standing.tables.get(name) if standing is not None else None)
        for number, (name, table) in enumerate(sorted(environment.schema.tables.items()), 1)
    ]
    # A table that the scripts do not know has a place of its own: nobody can draw it.
    others = {
        name: table
        for name, table in (standing.tables.items() if standing is not None else ())
        if name not in environment.schema.tables
    }
    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters["bytes"] = size_text
    page = engine.get_template("page.html.jinja").render(
        application=export.application,
        environment=environment.name,
        cards=cards,
        others=others,
        indexes=sum(len(table.all_indexes) for table in environment.schema.tables.values()),
        standing=standing,
        applied=sum(state == "applied" for state in standing.migrations.values()) if standing is not None else 0,
        header=HEADER,
        row=ROW,
        width=WIDTH,
    )
    return Writing(page.rstrip("\n") + "\n")


def _card(table: Table, physical_name: str, number: int, standing: TableStanding | None) -> Card:
    return Card(
        name=table.name,
        anchor=f"table-{number}",
        physical_name=physical_name,
        drawing=draw(table),
        settings=tuple(_settings(table)),
        tags=tuple(_tags(table)),
        standing=standing,
    )


def _settings(table: Table) -> Iterator[Setting]:
    """All but tags and what is off anyway."""
    for setting in table.settings:
        is_usual = setting.is_watched and setting.default(table.name).matches(setting)
        if not isinstance(setting, SetTags) and not is_usual:
            yield setting


def _tags(table: Table) -> Iterator[tuple[str, str]]:
    tags = table.setting(SetTags)
    for key, text in tags.tags.items() if tags is not None else ():
        if text is not None:
            yield key, text
