"""Key, Index, Table and Schema: frozen values that validate themselves with DynamoDB's own limits.

The limits are those of the DynamoDB developer guide, "Service, account, and table quotas" and "Constraints".
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal, Protocol, TypeVar

from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.values import value

AttributeType = Literal["S", "N", "B"]
Projection = Literal["ALL", "KEYS_ONLY", "INCLUDE"]

MAX_KEY_ATTRIBUTES = 4
MAX_INDEXES = 20
MAX_LOCAL_INDEXES = 5
MAX_INCLUDE_PER_INDEX = 20
MAX_INCLUDE_PER_TABLE = 100
MAX_ATTRIBUTE_NAME = 255

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_LOGICAL_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,255}")
_ALPHABET = "out of a-z, A-Z, 0-9, '_', '-' and '.'"


class DeclaredSetting(Protocol):
    """What a Table knows of a Setting: which table it belongs to. The settings themselves live in ``operations``."""

    @property
    def table(self) -> str:
        """Logical name of the table that carries the setting."""
        ...


SettingT = TypeVar("SettingT")


@value
class Key:
    """An attribute of a key and its type: ``S`` string, ``N`` number, ``B`` binary."""

    name: str
    type: AttributeType

    def __post_init__(self) -> None:
        """Check the attribute name: 1 to 255 bytes of UTF-8."""
        check_attribute_name("key attribute", self.name)


def S(name: str) -> Key:  # noqa: N802 - DynamoDB's own spelling of the type
    """A string key attribute."""
    return Key(name, "S")


def N(name: str) -> Key:  # noqa: N802 - DynamoDB's own spelling of the type
    """A number key attribute."""
    return Key(name, "N")


def B(name: str) -> Key:  # noqa: N802 - DynamoDB's own spelling of the type
    """A binary key attribute."""
    return Key(name, "B")


Keys = Key | tuple[Key, ...]


def as_keys(keys: Keys | None) -> tuple[Key, ...]:
    """One key, several or none, always as a tuple."""
    if keys is None:
        return ()
    return (keys,) if isinstance(keys, Key) else keys


def _one_or_several(keys: Keys | None) -> Keys | None:
    """The canonical spelling: a single key bare, several as a tuple, none as None."""
    as_tuple = as_keys(keys)
    if len(as_tuple) == 1:
        return as_tuple[0]
    return as_tuple or None


@value
class Throughput:
    """Read and write capacity units a second, or request units a second where they cap an on-demand table.

    ``None`` leaves that side uncapped and is allowed for on-demand maxima only.
    """

    read: int | None
    write: int | None

    def __post_init__(self) -> None:
        """Check that each side is a positive number."""
        for side, units in (("read", self.read), ("write", self.write)):
            if units is not None and units < 1:
                raise DefinitionError(f"throughput: {side} must be at least 1, not {units}")


def as_throughput(throughput: Throughput | None) -> Throughput | None:
    """The canonical spelling: None for a throughput that says nothing of either side."""
    return None if throughput == Throughput(None, None) else throughput


@value
class Index:
    """A global secondary index: its keys, what it projects, and its own throughput where it has one.

    ``partition_key`` and ``sort_key`` take one Key or a tuple of up to four. ``throughput`` is capacity on a
    provisioned table (the table's own when omitted) and the maximum on an on-demand table (none when omitted).
    """

    name: str
    partition_key: Keys
    sort_key: Keys | None = None
    projection: Projection = "ALL"
    include: Sequence[str] = ()
    throughput: Throughput | None = None

    def __post_init__(self) -> None:
        """Check names, key counts and the projection; bring every field to its canonical spelling."""
        check_name("index", self.name)
        object.__setattr__(self, "partition_key", _one_or_several(self.partition_key))
        object.__setattr__(self, "sort_key", _one_or_several(self.sort_key))
        object.__setattr__(self, "include", tuple(sorted(self.include)))
        object.__setattr__(self, "throughput", as_throughput(self.throughput))
        for part, keys, least in (("partition", self.partition_keys, 1), ("sort", self.sort_keys, 0)):
            if not least <= len(keys) <= MAX_KEY_ATTRIBUTES:
                raise DefinitionError(
                    f"index {self.name!r}: {len(keys)} {part} key attributes; "
                    f"an index has {least} to {MAX_KEY_ATTRIBUTES}",
                    index=self.name,
                )
        _check_distinct(f"index {self.name!r}", "key attribute", [key.name for key in self.keys])
        _check_projection(self.name, self.projection, self.include, {key.name for key in self.keys})

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


@value
class LocalIndex:
    """A local secondary index: the table's partition key with another sort key. It lives and dies with the table."""

    name: str
    sort_key: Key
    projection: Projection = "ALL"
    include: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check the name and the projection."""
        check_name("local index", self.name)
        object.__setattr__(self, "include", tuple(sorted(self.include)))
        _check_projection(self.name, self.projection, self.include, {self.sort_key.name})


@value
class Table:
    """A table under its logical name. Indexes are sorted by name, settings by kind, so equal tables compare equal."""

    name: str
    partition_key: Key
    sort_key: Key | None = None
    indexes: Sequence[Index] = ()
    local_indexes: Sequence[LocalIndex] = ()
    settings: Sequence[Any] = ()

    def __post_init__(self) -> None:
        """Check everything that spans keys, indexes and settings."""
        if not _LOGICAL_NAME.fullmatch(self.name):
            raise DefinitionError(f"table {self.name!r}: a logical name has 1 to 255 characters {_ALPHABET}")
        object.__setattr__(self, "indexes", tuple(sorted(self.indexes, key=lambda index: index.name)))
        object.__setattr__(self, "local_indexes", tuple(sorted(self.local_indexes, key=lambda index: index.name)))
        object.__setattr__(self, "settings", tuple(sorted(self.settings, key=lambda setting: type(setting).__name__)))
        where = f"table {self.name!r}"
        _check_at_most(where, "global secondary indexes", len(self.indexes), MAX_INDEXES)
        _check_at_most(where, "local secondary indexes", len(self.local_indexes), MAX_LOCAL_INDEXES)
        _check_distinct(where, "key attribute", [key.name for key in self.keys])
        _check_distinct(where, "index", [index.name for index in self.all_indexes])
        _check_distinct(where, "setting", [type(setting).__name__ for setting in self.settings])
        self._check_local_indexes(where)
        self._check_attribute_types(where)
        self._check_include(where)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The table's own key attributes, partition first."""
        return (self.partition_key, *as_keys(self.sort_key))

    @property
    def attributes(self) -> dict[str, AttributeType]:
        """Type of every attribute that a key of the table or of an index uses, by name."""
        return {key.name: key.type for key in self._all_keys()}

    @property
    def all_indexes(self) -> tuple[Index | LocalIndex, ...]:
        """Global and local secondary indexes together."""
        return (*self.indexes, *self.local_indexes)

    def index(self, name: str) -> Index | None:
        """The global secondary index of that name, if there is one."""
        return next((index for index in self.indexes if index.name == name), None)

    def setting(self, kind: type[SettingT]) -> SettingT | None:
        """What was declared of one kind of setting, or None when nobody declared it."""
        return next((setting for setting in self.settings if type(setting) is kind), None)

    def with_setting(self, setting: DeclaredSetting) -> "Table":
        """This table with one setting put in place of any other of its kind."""
        others = (known for known in self.settings if type(known) is not type(setting))
        return replace(self, settings=(*others, setting))

    def _all_keys(self) -> Iterator[Key]:
        yield from self.keys
        for index in self.indexes:
            yield from index.keys
        for local in self.local_indexes:
            yield local.sort_key

    def _check_local_indexes(self, where: str) -> None:
        if self.local_indexes and self.sort_key is None:
            raise DefinitionError(f"{where}: a local secondary index needs a table with a sort key", table=self.name)
        for local in self.local_indexes:
            if local.sort_key.name in {key.name for key in self.keys}:
                raise DefinitionError(
                    f"{where}: local index {local.name!r} needs a sort key other than the table's keys",
                    table=self.name,
                    index=local.name,
                )

    def _check_attribute_types(self, where: str) -> None:
        types: dict[str, AttributeType] = {}
        for key in self._all_keys():
            if types.setdefault(key.name, key.type) != key.type:
                raise DefinitionError(
                    f"{where}: attribute {key.name!r} is used as {types[key.name]} and as {key.type}; "
                    "an attribute has one type in all keys of a table",
                    table=self.name,
                    attribute=key.name,
                )

    def _check_include(self, where: str) -> None:
        own = {key.name for key in self.keys}
        for index in self.all_indexes:
            for name in index.include:
                if name in own:
                    raise DefinitionError(
                        f"{where}: index {index.name!r} includes {name!r}, a table key, which is always projected",
                        table=self.name,
                        index=index.name,
                        attribute=name,
                    )
        total = sum(len(index.include) for index in self.all_indexes)
        _check_at_most(where, "INCLUDE attributes over all its indexes", total, MAX_INCLUDE_PER_TABLE)


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables by logical name, and the settings that every new table gets unless its script says otherwise.

    A plain dataclass: it is copied for every operation of a plan, and its parts have validated themselves already.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    defaults: tuple[Any, ...] = ()

    def table(self, name: str) -> Table:
        """The table of that name; raises InapplicableOperation, with the nearest name, when nobody created it."""
        found = self.tables.get(name)
        if found is None:
            near = get_close_matches(name, self.tables, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise InapplicableOperation(f"table {name!r} does not exist at this point{hint}", table=name)
        return found

    def with_table(self, table: Table) -> "Schema":
        """This schema with one table added or replaced."""
        return replace(self, tables={**self.tables, table.name: table})

    def without_table(self, name: str) -> "Schema":
        """This schema without one table."""
        return replace(self, tables={known: table for known, table in self.tables.items() if known != name})


def check_name(what: str, name: str) -> None:
    """Raise DefinitionError unless ``name`` is one DynamoDB accepts for indexes and physical tables."""
    if not _NAME.fullmatch(name):
        raise DefinitionError(f"{what} {name!r}: a name has 3 to 255 characters {_ALPHABET}")


def check_attribute_name(what: str, name: str) -> None:
    """Raise DefinitionError unless ``name`` has the 1 to 255 bytes that DynamoDB allows in a schema."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise DefinitionError(f"{what} {name!r}: a name is text that UTF-8 can write") from None
    if not 1 <= size <= MAX_ATTRIBUTE_NAME:
        raise DefinitionError(f"{what} {name!r}: a name has 1 to {MAX_ATTRIBUTE_NAME} bytes", attribute=name)


def _check_at_most(where: str, what: str, count: int, limit: int) -> None:
    if count > limit:
        raise DefinitionError(f"{where}: {count} {what}; DynamoDB allows {limit}", limit=limit)


def _check_distinct(where: str, what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise DefinitionError(f"{where}: {what} {name!r} is declared {count} times")


def _check_projection(index: str, projection: Projection, include: Sequence[str], keys: set[str]) -> None:
    where = f"index {index!r}"
    if projection != "INCLUDE":
        if include:
            raise DefinitionError(f"{where}: projection {projection} takes no include attributes", index=index)
        return
    if not include:
        raise DefinitionError(f"{where}: projection INCLUDE needs include attributes", index=index)
    _check_at_most(where, "INCLUDE attributes", len(include), MAX_INCLUDE_PER_INDEX)
    _check_distinct(where, "INCLUDE attribute", include)
    for name in include:
        check_attribute_name(f"{where}: INCLUDE attribute", name)
        if name in keys:
            raise DefinitionError(
                f"{where}: includes {name!r}, one of its keys, which is always projected", index=index, attribute=name
            )
