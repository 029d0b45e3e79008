"""Table: keys, indexes and settings under a logical name."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import field
from typing import Any, Protocol, TypeVar

from osem_migrate.errors import DefinitionError
from osem_migrate.schema.index import Index, LocalIndex
from osem_migrate.schema.key import AttributeType, Key, as_keys, keys_text
from osem_migrate.schema.limits import (
    MAX_LOCAL_INDEXES,
    check_at_most,
    check_distinct,
    check_logical_name,
)
from osem_migrate.schema.value import altered, value


class DeclaredSetting(Protocol):
    """What a Table knows of a Setting: which table it belongs to. The settings themselves live in ``operations``."""

    @property
    def table(self) -> str:
        """Logical name of the table that carries the setting."""
        ...


SettingT = TypeVar("SettingT")


@value
class Table:
    """A table under its logical name. Indexes are sorted by name, settings by kind, so equal tables compare equal.

    ``defaults`` are those settings that no script declares: the environment gives them to new tables.
    """

    name: str
    partition_key: Key
    sort_key: Key | None = None
    indexes: Sequence[Index] = ()
    local_indexes: Sequence[LocalIndex] = ()
    settings: Sequence[Any] = ()
    defaults: Sequence[Any] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        """Check everything that spans keys, indexes and settings."""
        check_logical_name(self.name)
        self._spell()
        where = f"table {self.name!r}"
        check_at_most(where, "local secondary indexes", len(self.local_indexes), MAX_LOCAL_INDEXES)
        check_distinct(where, "key attribute", [key.name for key in self.keys])
        check_distinct(where, "index", [index.name for index in self.all_indexes])
        check_distinct(where, "setting", [type(setting).__name__ for setting in self.settings])
        self._check_local_indexes(where)
        self._check_attribute_types(where)

    def _spell(self) -> None:
        object.__setattr__(self, "indexes", tuple(sorted(self.indexes, key=lambda index: index.name)))
        object.__setattr__(self, "local_indexes", tuple(sorted(self.local_indexes, key=lambda index: index.name)))
        object.__setattr__(self, "settings", tuple(sorted(self.settings, key=lambda setting: type(setting).__name__)))

    @property
    def keys(self) -> tuple[Key, ...]:
        """The table's own key attributes, partition first."""
        return (*as_keys(self.partition_key), *as_keys(self.sort_key))

    @property
    def keys_text(self) -> str:
        """``planId S / createdAt N``."""
        return keys_text(as_keys(self.partition_key), as_keys(self.sort_key))

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
        defaults = tuple(known for known in self.defaults if type(known) is not type(setting))
        return altered(self, settings=(*others, setting), defaults=defaults)

    def without_setting(self, kind: type[Any]) -> "Table":
        """This table as if nobody had given it a setting of that kind."""
        settings, defaults = (
            tuple(known for known in declared if type(known) is not kind) for declared in (self.settings, self.defaults)
        )
        return altered(self, settings=settings, defaults=defaults)

    def default(self, kind: type[SettingT]) -> SettingT | None:
        """What only the environment's defaults gave it of one kind of setting, or None."""
        return next((setting for setting in self.defaults if type(setting) is kind), None)

    def included(self, index: Index | LocalIndex) -> tuple[str, ...]:
        """What its INCLUDE projection adds to the keys of table and index, which every index has anyway."""
        keys = {key.name for key in (*self.keys, *index.keys)}
        return tuple(name for name in index.include if name not in keys)

    def projection(self, index: Index | LocalIndex) -> tuple[str, tuple[str, ...]]:
        """What the index projects, in the one spelling that tells: INCLUDE of nothing but keys is KEYS_ONLY."""
        included = self.included(index)
        return ("KEYS_ONLY" if index.projection == "INCLUDE" and not included else index.projection), included

    def shape(self, index: Index | LocalIndex) -> tuple[Hashable, ...]:
        """The index as far as no call can change it: its name, its keys and what it projects."""
        return (index.name, index.key_parts, self.projection(index))

    def index_keys(self, index: Index | LocalIndex) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
        """Partition and sort key attributes of an index; a local one has the table's partition key."""
        if isinstance(index, LocalIndex):
            return as_keys(self.partition_key), index.keys
        return index.partition_keys, index.sort_keys

    def _all_keys(self) -> Iterator[Key]:
        yield from self.keys
        for index in self.indexes:
            yield from index.keys
        for local in self.local_indexes:
            yield from local.keys

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
