"""Sample: what a pass would do with some of the items of its table, and what that would take."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from osem_migrate.items.units import write_units
from osem_migrate.items.values import Item
from osem_migrate.items.work import ItemWrite
from osem_migrate.operations.item_pass import Pass
from osem_migrate.schema.item_size import item_size

SHOWN = 10
"""Differences, and failures, that a sample keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Read and write units of a table, and the write units of each global index that is written."""

    read: float = 0
    write: float = 0
    indexes: Mapping[str, float] = field(default_factory=dict)

    @property
    def written(self) -> float:
        """Write units of the table and of its indexes."""
        return self.write + sum(self.indexes.values())

    def times(self, factor: float) -> "Units":
        """So many times as much."""
        indexes = {name: units * factor for name, units in self.indexes.items()}
        return Units(read=self.read * factor, write=self.write * factor, indexes=indexes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDifference:
    """What would become of one item; ``after`` is None where it would be deleted.

    Of an update, ``before`` and ``after`` have only those attributes that it changes.
    """

    key: Item
    before: Item
    after: Item | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFailure:
    """An item that would be set aside, and why."""

    key: Item
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the work would do with some items.

    Attributes:
        examined: how many were looked at, those that the condition of the operation leaves out among them.
        segments: from how many segments of the table.
        is_whole: whether that is all there are.
        changed: how many would be written.
        failed: how many would be set aside.
        differences: some of those that would be written.
        failures: some of those that would be set aside.
        largest: bytes of the largest item afterwards, of those that would be written; None where none is left.
        scanned: read units that reading them took.
        looked_up: read units that looking up in other tables took.
        written: units that writing them would take.
    """

    examined: int = 0
    segments: int = 0
    is_whole: bool = False
    changed: int = 0
    failed: int = 0
    differences: tuple[ItemDifference, ...] = ()
    failures: tuple[ItemFailure, ...] = ()
    largest: int | None = None
    scanned: float = 0
    looked_up: float = 0
    written: Units = Units()

    @property
    def share(self) -> float:
        """Of those that were looked at, how many would be written."""
        return self.changed / self.examined if self.examined else 0.0


def counted(sample: Sample, write: ItemWrite, step: Pass) -> Sample:
    """The same sample with one more item that would be written."""
    table = step.after
    units = write_units(write, table)
    own, indexes = units.pop(None), dict(sample.written.indexes)
    for name, more in units.items():
        if name is not None:
            indexes[name] = indexes.get(name, 0) + more
    size = item_size(write.after) if write.after is not None else None
    shown = sample.differences
    if len(shown) < SHOWN:
        shown = (*shown, _difference(write))
    return replace(
        sample,
        changed=sample.changed + 1,
        differences=shown,
        largest=max(sample.largest or 0, size) if size is not None else sample.largest,
        written=Units(write=sample.written.write + own, indexes=indexes),
    )


def failing(sample: Sample, failure: ItemFailure) -> Sample:
    """The same sample with one more item that would be set aside."""
    shown = (*sample.failures, failure) if len(sample.failures) < SHOWN else sample.failures
    return replace(sample, failed=sample.failed + 1, failures=shown)


def _difference(write: ItemWrite) -> ItemDifference:
    before = write.before or {}
    if write.after is None:
        return ItemDifference(key=write.key, before=before, after=None)
    names = [name for name in dict.fromkeys((*before, *write.after)) if before.get(name) != write.after.get(name)]
    return ItemDifference(
        key=write.key,
        before={name: before[name] for name in names if name in before},
        after={name: write.after[name] for name in names if name in write.after},
    )
