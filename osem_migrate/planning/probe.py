"""Samples: the one marked item that a probe writes to a table; it has every key attribute, so every index holds it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from osem_migrate.operations import SetTimeToLive
from osem_migrate.schema import AttributeType, Index, LocalIndex, Table
from osem_migrate.schema.item import Item

MARKER = "osemMigrateProbe"
"""The attribute that tells a sample from everybody else's items; it holds the id of the run that wrote it."""

TEXT = "osem-migrate/probe"
NUMBER = "-271828182845"
DAY = 24 * 60 * 60

_SENTINELS: Mapping[AttributeType, Any] = {"S": TEXT, "N": NUMBER, "B": TEXT.encode()}


@dataclass(frozen=True, slots=True)
class Sample:
    """An item of a table, the same key every time, so that what a killed probe left is found without a scan.

    Attributes:
        table: as it is live.
        item: key attributes with sentinel values, every attribute that an index includes, the marker, and an expiry.
        marker: name of the marking attribute.
        run: id of the run that writes it.
    """

    table: Table
    item: Item
    marker: str
    run: str

    @property
    def key(self) -> Item:
        """The table's own key."""
        return self._part(key.name for key in self.table.keys)

    def key_in(self, index: Index | LocalIndex) -> Item:
        """The whole key of an index: what a Query by equality of all its attributes takes."""
        keys = (self.table.partition_key, index.sort_key) if isinstance(index, LocalIndex) else index.keys
        return self._part(key.name for key in keys)

    def seen_in(self, index: Index | LocalIndex) -> Item:
        """What the index shows of it: everything, or the keys of index and table and the attributes it includes."""
        if index.projection == "ALL":
            return self.item
        return self._part((*self.key_in(index), *self.key, *index.include))

    def _part(self, names: Iterable[str]) -> Item:
        return {name: self.item[name] for name in names}


def make_sample(table: Table, run: str, *, now: int) -> Sample:
    """The sample of a run for a table; ``now`` is Unix seconds, a day before time to live would remove it."""
    expiry = _expiry_attribute(table)
    marker = MARKER
    while marker in {*table.attributes, expiry}:
        marker += "_"
    included = (name for index in table.all_indexes for name in index.include)
    item = {name: {"S": TEXT} for name in included}
    item |= {name: {kind: _SENTINELS[kind]} for name, kind in table.attributes.items()}
    item[marker] = {"S": run}
    if expiry is not None:
        item[expiry] = {"N": str(now + DAY)}
    return Sample(table, item, marker, run)


def _expiry_attribute(table: Table) -> str | None:
    """Where time to live looks, unless that attribute is part of the table's key, or of an index as something else."""
    setting = table.setting(SetTimeToLive)
    if setting is None or not setting.enabled or setting.attribute in {key.name for key in table.keys}:
        return None
    return setting.attribute if table.attributes.get(str(setting.attribute), "N") == "N" else None
