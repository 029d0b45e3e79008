"""Work: what a pass does with each item. It decides and writes nothing: what is to be written is an ItemWrite.

This is the door of ``items``. Whoever goes through a table asks ``work.decide`` of every item that it scans, and of the
one that a refused write returns as ALL_OLD; it sends ``write.request``, and what is raised as an ItemError it sets
aside, with the item's key, and goes on.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from osem_migrate.errors import ConditionTooLarge, ItemFunctionFailed, ItemsNotIdempotent
from osem_migrate.items.change import ItemChange, difference, returned_change
from osem_migrate.items.function import ItemFunction
from osem_migrate.items.keys import check_keys, key_of
from osem_migrate.items.lookup import Fetch, Found, Lookup
from osem_migrate.items.recording import RecordingItem, looked_at
from osem_migrate.items.requests import check_request, delete_request, put_request, update_request
from osem_migrate.items.size import check_size
from osem_migrate.items.values import Item
from osem_migrate.items.where import Where
from osem_migrate.schema import Index, LocalIndex, Table

MAX_ACTIONS = 100  # of a transaction


class WriteKind(StrEnum):
    """What is done to an item."""

    UPDATE = "update"
    PUT = "put"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemWrite:
    """One write, which DynamoDB refuses where the item is no longer as it was scanned.

    Attributes:
        kind: update, put or delete.
        key: the key of the item.
        before: the item as it was scanned; None for one that is put.
        after: the item as it will be; None for one that is deleted.
        members: of the call, without TableName.
        checks: what has to be as it was looked up: logical table, and the members of its ConditionCheck. Where there
            are any, the write is one transaction.
    """

    kind: WriteKind
    table: str
    key: Item
    before: Item | None
    after: Item | None
    members: Mapping[str, Any] = field(repr=False)
    checks: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=(), repr=False)

    @property
    def method(self) -> str:
        """The client's method: ``update_item``, ``put_item``, ``delete_item`` or ``transact_write_items``."""
        return "transact_write_items" if self.checks else f"{self.kind}_item"

    def request(self, physical_name: Callable[[str], str]) -> dict[str, Any]:
        """The arguments of that method, each refused write returning the item as it is (ALL_OLD)."""
        old = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        own = {"TableName": physical_name(self.table), **self.members, **old}
        if not self.checks:
            return own
        checks = ({"TableName": physical_name(table), **check} for table, check in self.checks)
        return {"TransactItems": [{self.kind.capitalize(): own}, *({"ConditionCheck": check} for check in checks)]}

    def is_done(self, found: Item | None) -> bool:
        """Whether an item, as a refusal returned it, is what this leads to: then our own answer was lost."""
        if found is None or self.after is None:
            return found is None and self.after is None
        return not difference(found, self.after)


class Work(ABC):
    """What is done with each item. Kinds of it are frozen values."""

    __slots__ = ()

    action: ClassVar[str]
    """What people call it: ``UpdateItems``."""

    @property
    def where(self) -> Where | None:
        """Which items it is about: a FilterExpression for the scan, and part of every condition. None for all."""
        return None

    @property
    def lookups(self) -> tuple[str, ...]:
        """Logical names of the other tables that it reads."""
        return ()

    @property
    def given(self) -> tuple[Item, ...] | None:
        """The items that it is about, where nothing is scanned for them."""
        return None

    @property
    def reads_with(self) -> frozenset[str]:
        """The API's names of the calls that read tables: for its items, for one that is tried again, and to look up."""
        return frozenset({"Scan", "GetItem"}) if self.given is None else frozenset()

    @property
    def looks_up_by_index(self) -> bool:
        """Whether what it looks up may be found by the key of an index."""
        return False

    @property
    def checked(self) -> tuple[Index | LocalIndex, ...]:
        """The indexes that it only looks for: whether each item can be in them."""
        return ()

    @property
    @abstractmethod
    def actions(self) -> frozenset[str]:
        """The API's names of the calls that it writes with; none where it only looks."""

    @property
    @abstractmethod
    def words(self) -> Mapping[str, Any]:
        """What it is given, for plans, as members of JSON."""

    @abstractmethod
    def decide(self, item: Item, table: Table, tables: Mapping[str, Table], fetch: Fetch) -> ItemWrite | None:
        """What is to be written of an item; None where it is out of scope, or as it should be.

        Args:
            item: as scanned, or as a refused write has returned it.
            table: its table.
            tables: those of ``lookups``, by logical name.
            fetch: reads them; ``no_fetch`` where there are none.

        Raises:
            ItemError: this item is to be set aside.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class _FunctionWork(Work):
    """What a function of the script decides."""

    function: ItemFunction
    condition: Where | None = None
    tables: tuple[str, ...] = ()

    @property
    def where(self) -> Where | None:
        """As given."""
        return self.condition

    @property
    def lookups(self) -> tuple[str, ...]:
        """As given."""
        return self.tables

    @property
    def words(self) -> Mapping[str, Any]:
        """The function, and of which items."""
        where = {"where": self.condition.text} if self.condition is not None else {}
        lookups = {"lookups": list(self.tables)} if self.tables else {}
        return {"function": self.function.name, **where, **lookups}


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateWork(_FunctionWork):
    """Change items as a function says."""

    action: ClassVar[str] = "UpdateItems"

    @property
    def looks_up_by_index(self) -> bool:
        """Where it looks anything up."""
        return bool(self.tables)

    @property
    def actions(self) -> frozenset[str]:
        """UpdateItem."""
        return frozenset({"UpdateItem"})

    def decide(self, item: Item, table: Table, tables: Mapping[str, Table], fetch: Fetch) -> ItemWrite | None:
        """The update, once it is sure that the function has nothing more to change afterwards."""
        if self.condition is not None and not self.condition.holds(item):
            return None
        change, seen = self._run(item, table, tables, fetch)
        if not change:
            return None
        after = change.apply(item)
        again, _ = self._run(after, table, tables, fetch)
        if again:
            names = ", ".join(sorted(again.names))
            raise ItemsNotIdempotent(f"{self.function.name} would change {names} again", table=table.name)
        check_size(after, table)
        check_keys(after, table, (index for index in table.all_indexes if _is_touched(index, change)))
        return ItemWrite(
            kind=WriteKind.UPDATE,
            table=table.name,
            key=key_of(item, table),
            before=item,
            after=after,
            members=update_request(item, change, seen, table, self.condition),
        )

    def _run(
        self, item: Item, table: Table, tables: Mapping[str, Table], fetch: Fetch
    ) -> tuple[ItemChange, frozenset[str]]:
        """What the function changes of an item, and what it has looked at."""
        given = RecordingItem(item)
        returned = self.function(given, Lookup(tables, fetch, indexes=True))
        change = returned_change(returned, item, [key.name for key in table.keys])
        return change, looked_at(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteWork(_FunctionWork):
    """Delete the items of which a function says True."""

    action: ClassVar[str] = "DeleteItems"

    @property
    def actions(self) -> frozenset[str]:
        """DeleteItem, and what checks the lookups in the same transaction."""
        return frozenset({"DeleteItem", *(("ConditionCheckItem",) if self.tables else ())})

    def decide(self, item: Item, table: Table, tables: Mapping[str, Table], fetch: Fetch) -> ItemWrite | None:
        """The deletion, on condition that what was looked at and looked up is as it was."""
        if self.condition is not None and not self.condition.holds(item):
            return None
        given = RecordingItem(item)
        lookup = Lookup(tables, fetch, indexes=False)
        said = self.function(given, lookup)
        if not isinstance(said, bool):
            raise ItemFunctionFailed(f"{self.function.name} returned {type(said).__name__}, not True or False")
        if not said:
            return None
        key = key_of(item, table)
        others = [found for found in lookup.found if found.table.name != table.name or difference(found.key, key)]
        if len(others) >= MAX_ACTIONS:
            raise ConditionTooLarge(f"{len(others)} items were looked up", table=table.name, limit=MAX_ACTIONS - 1)
        seen = looked_at(given).union(*(found.looked_at for found in lookup.found if found not in others))
        return ItemWrite(
            kind=WriteKind.DELETE,
            table=table.name,
            key=key,
            before=item,
            after=None,
            # Of the item itself, were it looked up, too: a transaction has no two actions on one item.
            members=delete_request(item, seen, table, self.condition),
            checks=tuple(map(_check, others)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckWork(Work):
    """Look at items alone: an item that violates the keys of the indexes is an ItemKeyInvalid, others are None."""

    action: ClassVar[str] = "CheckItems"

    indexes: tuple[Index | LocalIndex, ...]

    @property
    def checked(self) -> tuple[Index | LocalIndex, ...]:
        """As given."""
        return self.indexes

    @property
    def actions(self) -> frozenset[str]:
        """None."""
        return frozenset()

    @property
    def words(self) -> Mapping[str, Any]:
        """The indexes."""
        return {"indexes": [index.name for index in self.indexes]}

    def decide(self, item: Item, table: Table, tables: Mapping[str, Table], fetch: Fetch) -> ItemWrite | None:
        """None; raises ItemKeyInvalid."""
        del tables, fetch
        check_keys(item, table, self.indexes)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _GivenWork(Work):
    """What is about items that the script holds."""

    items: tuple[Item, ...]

    @property
    def given(self) -> tuple[Item, ...]:
        """The items."""
        return self.items

    @property
    def words(self) -> Mapping[str, Any]:
        """How many."""
        return {"items": len(self.items)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PutWork(_GivenWork):
    """Put items where there are none. A refusal says that there is one of that key, which is left as it is."""

    action: ClassVar[str] = "PutItems"

    @property
    def actions(self) -> frozenset[str]:
        """PutItem."""
        return frozenset({"PutItem"})

    def decide(self, item: Item, table: Table, tables: Mapping[str, Table], fetch: Fetch) -> ItemWrite | None:
        """The item, where there is none of its key."""
        del tables, fetch
        check_size(item, table)
        check_keys(item, table, table.all_indexes)
        return ItemWrite(
            kind=WriteKind.PUT,
            table=table.name,
            key=key_of(item, table),
            before=None,
            after=item,
            members=put_request(item, table),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBackWork(_GivenWork):
    """Delete items that are still as they were put. A refusal says that one was changed, and it is left as it is."""

    action: ClassVar[str] = "TakeBackItems"

    @property
    def actions(self) -> frozenset[str]:
        """DeleteItem."""
        return frozenset({"DeleteItem"})

    @property
    def reads_with(self) -> frozenset[str]:
        """GetItem."""
        return frozenset({"GetItem"})

    def decide(self, item: Item, table: Table, tables: Mapping[str, Table], fetch: Fetch) -> ItemWrite | None:
        """The deletion, on condition that each attribute is as it was put; None where others have come to it."""
        del tables
        key = key_of(item, table)
        # No condition says that there are no other attributes, so the item is read before.
        if not any(found.keys() <= item.keys() for found in fetch(table.name, None, key)):
            return None
        return ItemWrite(
            kind=WriteKind.DELETE,
            table=table.name,
            key=key,
            before=item,
            after=None,
            members=delete_request(item, item.keys(), table, None),
        )


def no_fetch(table: str, index: str | None, key: Item) -> tuple[Item, ...]:
    """For work that looks nothing up."""
    del index, key
    raise ItemFunctionFailed(f"nothing of {table} can be looked up here", table=table)


def _check(found: Found) -> tuple[str, Mapping[str, Any]]:
    return found.table.name, check_request(found.key, found.item, found.looked_at, found.table)


def _is_touched(index: Index | LocalIndex, change: ItemChange) -> bool:
    """Whether it has a key attribute that is written: what was invalid before is nobody's doing here."""
    return not change.set.keys().isdisjoint(key.name for key in index.keys)
