"""AddIndex: a global secondary index on an existing table, in an UpdateTable of its own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Self

from osem_migrate.errors import InapplicableOperation
from osem_migrate.items.work import CheckWork
from osem_migrate.operations import parameters
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.base import Operation
from osem_migrate.operations.drop_index import DropIndex
from osem_migrate.operations.estimate import ADD_INDEX
from osem_migrate.operations.item_pass import Pass
from osem_migrate.operations.set_billing import SetBilling
from osem_migrate.operations.step import Call, Step
from osem_migrate.schema import Index, Keys, Projection, Schema, Table, Throughput
from osem_migrate.schema.value import altered, checked, value


@value
class AddIndex(Operation):
    """Add a global secondary index. DynamoDB builds it from the items there are: minutes if empty, hours if large.

    It is one UpdateTable of its own, because DynamoDB adds one index at a time, unless the same run creates the table
    and folds (``--fold``): then the index comes with it, in seconds. Items without the key attributes are not in it.
    From then on DynamoDB refuses writes that give a key attribute another type.

    Attributes:
        table: logical name of the table.
        name: name of the index, 3 to 255 characters.
        partition_key: what its queries begin with; up to four attributes, as a tuple.
        sort_key: what its items are sorted by; up to four attributes, as a tuple.
        projection: which attributes it copies: ``ALL``, ``KEYS_ONLY`` (those of index and table), or ``INCLUDE``.
        include: with ``INCLUDE``, the names of further attributes, up to 20.
        throughput: on a provisioned table, capacity of its own instead of the table's; on an on-demand one, a maximum.
        check_items: look first, in all of the table, for items whose values cannot be in its key, and do not begin
            where there are any: the index would leave them out, and DynamoDB would from then on refuse to write them.

    Example:
        AddIndex("Orders", "by-product", partition_key=S("productId"), sort_key=N("createdAt"))
        AddIndex("Orders", "by-city", partition_key=(S("country"), S("city")), projection="INCLUDE", include=["total"])
    """

    table: str
    name: str
    partition_key: Keys
    sort_key: Keys | None = None
    projection: Projection = "ALL"
    include: Sequence[str] = ()
    throughput: Throughput | None = None
    check_items: bool = False

    depends_on_rest: ClassVar[bool] = True
    unhashed: ClassVar[frozenset[str]] = frozenset({"check_items"})

    @classmethod
    def of(cls, table: str, index: Index) -> Self:
        """The operation that adds this very index to a table of that name."""
        return cls(
            table,
            index.name,
            index.partition_key,
            index.sort_key,
            index.projection,
            index.include,
            index.throughput,
        )

    def __post_init__(self) -> None:
        """Let the Index check itself and bring every field to its canonical spelling."""
        index = self.index
        object.__setattr__(self, "partition_key", index.partition_key)
        object.__setattr__(self, "sort_key", index.sort_key)
        object.__setattr__(self, "include", index.include)
        object.__setattr__(self, "throughput", index.throughput)

    @property
    def index(self) -> Index:
        """The index as a value."""
        return Index(self.name, self.partition_key, self.sort_key, self.projection, self.include, self.throughput)

    @property
    def added_index(self) -> Index | None:
        """The index."""
        return self.index

    def checking_items(self) -> "AddIndex | None":
        """With ``check_items``, unless the script has it."""
        return None if self.check_items else replace(self, check_items=True)

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """By an index of this name, by one that has its key attributes with other types, and by what it is paid for.

        An index without a throughput of its own has the capacity of the table.
        """
        del before
        if aspect.index is not None:
            types = {key.name: key.type for key in self.index.keys}
            return aspect.index == self.name or any(types.get(key.name, key.type) != key.type for key in aspect.keys)
        declared, found = aspect.declared, aspect.found
        if not isinstance(declared, SetBilling) or not isinstance(found, SetBilling):
            return False
        return declared.mode != found.mode or (declared.is_provisioned and self.throughput is None)

    def apply(self, schema: Schema) -> Schema:
        """Add the index to its table."""
        return schema.with_table(self._on(schema.table(self.table)))

    def steps(self, before: Schema) -> tuple[Step, ...]:
        """One UpdateTable that creates this index and nothing else, with the full AttributeDefinitions.

        Before it, where that was asked for, a pass that looks for items which the index could not hold.
        """
        table = before.table(self.table)
        after = self._on(table)
        request = {
            "AttributeDefinitions": parameters.attribute_definitions(after),
            "GlobalSecondaryIndexUpdates": [{"Create": parameters.create_index(after, self.index)}],
        }
        call = Call(
            table=self.table,
            method="update_table",
            parameters=request,
            after=after,
            subject=self.name,
            usual=ADD_INDEX,
        )
        return (
            (Pass.over(table, CheckWork(indexes=(self.index,)), precaution=True), call) if self.check_items else (call,)
        )

    def checks_items_for(self, index: Index) -> bool:
        """For its own, where that was asked for."""
        return self.check_items and index.name == self.name

    def reverse(self, before: Schema) -> Operation:
        """Drop the index."""
        del before
        return DropIndex(self.table, self.name)

    def describe(self) -> str:
        """``add index managerId-index to Teams``."""
        return f"add index {self.name} to {self.table}"

    def _on(self, table: Table) -> Table:
        if any(index.name == self.name for index in table.all_indexes):
            raise InapplicableOperation(
                f"table {self.table!r} has an index {self.name!r} already at this point",
                table=self.table,
                index=self.name,
            )
        SetBilling.of(table).check_index(self.index)
        whole: Table = checked(altered(table, indexes=(*table.indexes, self.index)))
        return whole
