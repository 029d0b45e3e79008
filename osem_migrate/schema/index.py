"""Index and LocalIndex: secondary indexes and what they project."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from osem_migrate.errors import DefinitionError
from osem_migrate.schema.key import Key, Keys, as_keys, keys_text, one_or_several
from osem_migrate.schema.limits import (
    MAX_INCLUDE_PER_INDEX,
    MAX_KEY_ATTRIBUTES,
    check_at_most,
    check_attribute_name,
    check_distinct,
    check_name,
)
from osem_migrate.schema.throughput import Throughput, as_throughput
from osem_migrate.schema.value import value

Projection = Literal["ALL", "KEYS_ONLY", "INCLUDE"]


@value
class Index:
    """A global secondary index: its keys, what it projects, and its own throughput where it has one.

    Attributes:
        name: 3 to 255 characters.
        partition_key: what its queries begin with; up to four attributes, as a tuple.
        sort_key: what its items are sorted by; up to four attributes, as a tuple.
        projection: which attributes it copies: ``ALL``, ``KEYS_ONLY`` (those of index and table), or ``INCLUDE``.
        include: with ``INCLUDE``, the names of further attributes, up to 20. Keys of the index or of its table may be
            among them, which it projects anyway.
        throughput: on a provisioned table, capacity of its own instead of the table's; on an on-demand one, a maximum.

    Example:
        CreateTable(
            "Tickets",
            partition_key=S("ticketId"),
            indexes=[Index("by-owner", partition_key=S("owner"), projection="INCLUDE", include=["title"])],
        )
    """

    name: str
    partition_key: Keys
    sort_key: Keys | None = None
    projection: Projection = "ALL"
    include: Sequence[str] = ()
    throughput: Throughput | None = None

    form: ClassVar[str] = 'an index such as Index("by-owner", S("owner"))'

    def __post_init__(self) -> None:
        """Check names, key counts and the projection; bring every field to its canonical spelling."""
        check_name("index", self.name)
        self._spell()
        for part, keys, least in (("partition", self.partition_keys, 1), ("sort", self.sort_keys, 0)):
            if not least <= len(keys) <= MAX_KEY_ATTRIBUTES:
                raise DefinitionError(
                    f"index {self.name!r}: {len(keys)} {part} key attributes; "
                    f"an index has {least} to {MAX_KEY_ATTRIBUTES}",
                    index=self.name,
                )
        check_distinct(f"index {self.name!r}", "key attribute", [key.name for key in self.keys])
        _check_projection(self.name, self.projection, self.include)

    def _spell(self) -> None:
        object.__setattr__(self, "partition_key", one_or_several(self.partition_key))
        object.__setattr__(self, "sort_key", one_or_several(self.sort_key))
        object.__setattr__(self, "include", tuple(sorted(self.include)))
        object.__setattr__(self, "throughput", as_throughput(self.throughput))

    @property
    def partition_keys(self) -> tuple[Key, ...]:
        """The partition key's attributes, in order."""
        return as_keys(self.partition_key)

    @property
    def sort_keys(self) -> tuple[Key, ...]:
        """The sort key's attributes, in order; empty when there is none."""
        return as_keys(self.sort_key)

    @property
    def keys(self) -> tuple[Key, ...]:
        """Every key attribute, partition first."""
        return self.partition_keys + self.sort_keys

    @property
    def key_parts(self) -> tuple[tuple[Key, ...], ...]:
        """The attributes of the partition key, and those that sort."""
        return (self.partition_keys, self.sort_keys)

    @property
    def keys_text(self) -> str:
        """``planId S / createdAt N``."""
        return keys_text(*self.key_parts)

    @property
    def projection_text(self) -> str:
        """``ALL``, ``KEYS_ONLY`` or ``INCLUDE (email, name)``."""
        return _projection_text(self.projection, self.include)

    @property
    def text(self) -> str:
        """``planId S / createdAt N, ALL``; the throughput stands elsewhere."""
        return f"{self.keys_text}, {self.projection_text}"


@value
class LocalIndex:
    """A local secondary index: the table's partition key with another sort key. It cannot be added or dropped later.

    Attributes:
        name: 3 to 255 characters.
        sort_key: what its items are sorted by.
        projection: which attributes it copies: ``ALL``, ``KEYS_ONLY`` (those of index and table), or ``INCLUDE``.
        include: with ``INCLUDE``, the names of further attributes, up to 20.

    Example:
        CreateTable(
            "Messages",
            partition_key=S("roomId"),
            sort_key=N("sentAt"),
            local_indexes=[LocalIndex("by-author", S("author"), projection="KEYS_ONLY")],
        )
    """

    name: str
    sort_key: Key
    projection: Projection = "ALL"
    include: Sequence[str] = ()

    form: ClassVar[str] = 'an index such as LocalIndex("by-date", S("date"))'

    def __post_init__(self) -> None:
        """Check the name and the projection."""
        check_name("local index", self.name)
        self._spell()
        _check_projection(self.name, self.projection, self.include)

    def _spell(self) -> None:
        object.__setattr__(self, "include", tuple(sorted(self.include)))

    @property
    def keys(self) -> tuple[Key, ...]:
        """Its own key attribute; the partition key is the table's."""
        return as_keys(self.sort_key)

    @property
    def key_parts(self) -> tuple[tuple[Key, ...], ...]:
        """Its own key alone."""
        return (self.keys,)

    @property
    def keys_text(self) -> str:
        """``createdAt N``, of its own key."""
        return keys_text(self.keys)

    @property
    def projection_text(self) -> str:
        """As that of a global index."""
        return _projection_text(self.projection, self.include)

    @property
    def text(self) -> str:
        """``createdAt N, ALL``."""
        return f"{self.keys_text}, {self.projection_text}"


def _projection_text(projection: Projection, include: Sequence[str]) -> str:
    return f"{projection} ({', '.join(include)})" if include else projection


def _check_projection(index: str, projection: Projection, include: Sequence[str]) -> None:
    where = f"index {index!r}"
    if projection != "INCLUDE":
        if include:
            raise DefinitionError(f"{where}: projection {projection} takes no include attributes", index=index)
        return
    if not include:
        raise DefinitionError(f"{where}: projection INCLUDE needs include attributes", index=index)
    check_at_most(where, "INCLUDE attributes", len(include), MAX_INCLUDE_PER_INDEX)
    check_distinct(where, "INCLUDE attribute", include)
    for name in include:
        check_attribute_name(f"{where}: INCLUDE attribute", name)
