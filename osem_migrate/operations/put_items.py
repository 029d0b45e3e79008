"""PutItems: put items into a table where there are none; and TakeBackItems, its way back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from osem_migrate.errors import DefinitionError, InapplicableOperation, ItemError
from osem_migrate.items.change import canonical_item
from osem_migrate.items.keys import check_keys, key_of, own_key_fault
from osem_migrate.items.size import check_size
from osem_migrate.items.values import Item, ValueRefused, encode_item
from osem_migrate.items.work import PutWork, TakeBackWork, Work
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.base import Operation
from osem_migrate.operations.item_pass import Pass
from osem_migrate.schema import Schema, Table
from osem_migrate.schema.value import value


class _GivenItems(Operation):
    """What the two have in common: they are about items that the script holds."""

    __slots__ = ()

    items: Sequence[Mapping[str, Any]]

    def __post_init__(self) -> None:
        """Check that DynamoDB can store the items."""
        object.__setattr__(self, "items", tuple(self.items))
        if not self.items:
            raise DefinitionError(
                f"{type(self).__name__} of table {self.table!r}: there are no items", table=self.table
            )
        self._encoded()

    @property
    def writes_items(self) -> bool:
        """Those that it was given."""
        return True

    def hashed(self, field: str) -> Any:
        """Items count in their canonical form."""
        if field == "items":
            return [canonical_item(item) for item in self._encoded()]
        return super().hashed(field)

    def apply(self, schema: Schema) -> Schema:
        """No table is otherwise; raises InapplicableOperation where there is no table that the items fit."""
        table = schema.table(self.table)
        for complaint in self._complaints(table):
            raise InapplicableOperation(f"{complaint} (table {self.table!r})", table=self.table)
        return schema

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """By nothing but the keys of the table."""
        del aspect, before
        return False

    def _pass(self, before: Schema, work: Work) -> tuple[Pass, ...]:
        return (Pass.over(before.table(self.table), work, verify=False),)

    def _encoded(self) -> tuple[Item, ...]:
        items: list[Item] = []
        for position, item in enumerate(self.items):
            try:
                items.append(encode_item(item))
            except ValueRefused as refused:
                where = f"{type(self).__name__} of table {self.table!r}: items[{position}]"
                raise DefinitionError(f"{where}: {refused}", table=self.table) from None
        return tuple(items)

    def _complaints(self, table: Table) -> Iterator[str]:
        seen: list[Item] = []
        for position, item in enumerate(self._encoded()):
            fault = self._fault(item, table)
            if fault is not None:
                yield f"items[{position}]: {fault}"
                continue
            key = key_of(item, table)
            if key in seen:
                yield f"items[{position}] has the key of items[{seen.index(key)}]"
            seen.append(key)

    def _fault(self, item: Item, table: Table) -> str | None:
        """Why it cannot be an item of the table; None where it can."""
        return own_key_fault(item, table)

    @property
    def _counted(self) -> str:
        return f"{len(self.items)} items" if len(self.items) > 1 else "1 item"


@value
class PutItems(_GivenItems):
    """Put items, such as configuration that an application needs, but never over one that is there.

    To change such items later, let another script declare UpdateItems. A downgrade deletes those that are still as they
    were put.

    Args:
        table: logical name.
        items: as Python values: str, int or Decimal, bytes, bool, None, lists, mappings and sets.

    Example:
        PutItems("Orders", [{"customerId": "demo", "createdAt": 0, "status": "draft", "tags": ["a", "b"]}])
    """

    table: str
    items: Sequence[Mapping[str, Any]] = field(hash=False)

    def steps(self, before: Schema) -> tuple[Pass, ...]:
        """One pass over the items that are given."""
        return self._pass(before, PutWork(items=self._encoded()))

    def _fault(self, item: Item, table: Table) -> str | None:
        """Why DynamoDB would refuse it, by all its keys and by its size."""
        try:
            check_keys(item, table, (*table.indexes, *table.local_indexes))
            check_size(item, table)
        except ItemError as refused:
            return refused.message
        return own_key_fault(item, table)

    def reverse(self, before: Schema) -> Operation:
        """Delete those that are as they were put."""
        del before
        return TakeBackItems(self.table, self.items)

    def describe(self) -> str:
        """``put 3 items into ConfigVersions``."""
        return f"put {self._counted} into {self.table}"


@value
class TakeBackItems(_GivenItems):
    """Delete items that are still as they were put; one that somebody changed since stays. The reverse of PutItems."""

    table: str
    items: Sequence[Mapping[str, Any]] = field(hash=False)

    def steps(self, before: Schema) -> tuple[Pass, ...]:
        """One pass over the items that are given."""
        return self._pass(before, TakeBackWork(items=self._encoded()))

    def reverse(self, before: Schema) -> Operation:
        """Put them again."""
        del before
        return PutItems(self.table, self.items)

    def describe(self) -> str:
        """``take 3 items back from ConfigVersions, where they are as they were put``."""
        return f"take {self._counted} back from {self.table}, where they are as they were put"
