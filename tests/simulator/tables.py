"""What there is: tables and indexes with everything that AWS remembers of them, and what they are busy with."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.simulator.items import Items

ON_DEMAND = "PAY_PER_REQUEST"
PROVISIONED = "PROVISIONED"
DAY = 86_400
INITIAL_WARMTH = (12_000, 4_000)
"""Reads and writes a second that an on-demand table or index starts with (Q-134)."""


class Work(StrEnum):
    """What a table can be busy with beside its indexes; all but the last two show as UPDATING."""

    THROUGHPUT = "throughput"
    BILLING = "billing"
    STREAM = "stream"
    CLASS = "class"
    ENCRYPTION = "encryption"
    WARMTH = "warmth"


SILENT = frozenset({Work.ENCRYPTION, Work.WARMTH})
"""Work during which the table is ACTIVE all the same (Q-065, Q-179)."""


@dataclass(slots=True)
class Capacity:
    """Capacity of a table or index: what is provisioned (zeros on demand), the on-demand maxima, and the warmth."""

    read: int = 0
    write: int = 0
    maxima: dict[str, int] = field(default_factory=dict)
    warmth: tuple[int, int] = INITIAL_WARMTH
    warming: bool = False
    increased_at: float | None = None
    decreased_at: float | None = None
    decreases: list[float] = field(default_factory=list)

    def decreases_on(self, now: float) -> list[float]:
        """When it was decreased on the UTC day of ``now``."""
        return [at for at in self.decreases if at // DAY == now // DAY]

    def provision(self, read: int, write: int) -> None:
        """Provide that much; warmth is the most there ever was."""
        self.read, self.write = read, write
        self.warmth = (max(self.warmth[0], read), max(self.warmth[1], write))


@dataclass(slots=True)
class Index:
    """A global secondary index; ``backfilling`` is None unless it is being added to a table that was there before."""

    name: str
    key_schema: list[dict[str, str]]
    projection: dict[str, Any]
    capacity: Capacity
    status: str = "CREATING"
    backfilling: bool | None = None
    item_count: int = 0
    size_bytes: int = 0

    @property
    def key_names(self) -> tuple[str, ...]:
        """Its key attributes, partition first."""
        return tuple(element["AttributeName"] for element in self.key_schema)


@dataclass(slots=True)
class TimeToLive:
    """Time to live: ``attribute`` is None when off; ``status`` is what DescribeTimeToLive shows."""

    attribute: str | None = None
    status: str = "DISABLED"
    changed_at: float | None = None


@dataclass(slots=True)
class Backups:
    """Continuous backups: ``available`` once AWS has switched them on by itself, ``recovery_since`` is PITR's."""

    available: bool = False
    recovery_since: float | None = None
    days: int = 35


@dataclass(slots=True)
class Tags:
    """Tags: what is written, what ListTagsOfResource shows, what the last write carried, and how long it locks."""

    written: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    in_flight: dict[str, str] = field(default_factory=dict)
    locked_until: float = 0.0


@dataclass(slots=True)
class Table:
    """A table of one incarnation.

    Attributes:
        lifecycle: CREATING, ACTIVE or DELETING; ``status`` is what AWS shows.
        created_at, deleted_at: simulated Unix seconds; known_at is when the calls beside DescribeTable learn of it.
        attributes: type by name.
        stream: StreamSpecification, or None.
        encryption: the key's ARN, or None for the key that AWS owns.
        switched_at: when it last became an on-demand table.
        work: what it is busy with, each with a word on it for the text of a refusal.
        indexes: global secondary indexes by name, in the order of their creation.
        indexed: the items as global indexes show them, a little behind ``items``.
        replicas: the other regions that have one of it.
        encrypted_at, classed_at: the times of such changes, which are rationed.
    """

    name: str
    arn: str
    table_id: str
    created_at: float
    known_at: float
    key_schema: list[dict[str, str]]
    attributes: dict[str, str]
    items: Items
    billing: str
    capacity: Capacity
    indexes: dict[str, Index] = field(default_factory=dict)
    local_indexes: list[dict[str, Any]] = field(default_factory=list)
    lifecycle: str = "CREATING"
    deleted_at: float | None = None
    switched_at: float | None = None
    replicas: list[str] = field(default_factory=list)
    stream: dict[str, Any] | None = None
    stream_label: str | None = None
    encryption: str | None = None
    encrypted_at: list[float] = field(default_factory=list)
    table_class: str | None = None
    class_changed_at: float | None = None
    classed_at: list[float] = field(default_factory=list)
    protected: bool = False
    protection_changed_at: float | None = None
    time_to_live: TimeToLive = field(default_factory=TimeToLive)
    backups: Backups = field(default_factory=Backups)
    tags: Tags = field(default_factory=Tags)
    work: dict[Work, str] = field(default_factory=dict)
    item_count: int = 0
    size_bytes: int = 0
    indexed: Items = field(init=False)

    def __post_init__(self) -> None:
        self.indexed = Items(self.items.key_names)

    @property
    def status(self) -> str:
        """TableStatus. It follows from the rest: nobody sets it."""
        if self.lifecycle != "ACTIVE":
            return self.lifecycle
        return "UPDATING" if self.work.keys() - SILENT or any(self.allocating) or any(self.dying) else "ACTIVE"

    @property
    def settled(self) -> bool:
        """Whether nothing at all is under way."""
        return self.status == "ACTIVE" and not self.work and all(i.status == "ACTIVE" for i in self.indexes.values())

    @property
    def allocating(self) -> Iterator[Index]:
        """Indexes in resource allocation."""
        return (index for index in self.indexes.values() if index.status == "CREATING" and not index.backfilling)

    @property
    def dying(self) -> Iterator[Index]:
        """Indexes that are being deleted."""
        return (index for index in self.indexes.values() if index.status == "DELETING")

    @property
    def key_names(self) -> tuple[str, ...]:
        """Key attributes, partition first."""
        return tuple(element["AttributeName"] for element in self.key_schema)

    @property
    def used_attributes(self) -> set[str]:
        """Every attribute that is a key of something."""
        local = (element["AttributeName"] for index in self.local_indexes for element in index["KeySchema"])
        return {*self.key_names, *local, *(name for index in self.indexes.values() for name in index.key_names)}

    def refresh(self) -> None:
        """Bring the counters up to date, as AWS does about every six hours."""
        self.item_count, self.size_bytes = len(self.items.rows), self.items.size()
        for index in self.indexes.values():
            if index.status != "CREATING":
                rows = self.items.rows_with(index.key_names)
                index.item_count, index.size_bytes = len(rows), self.items.size(rows)
