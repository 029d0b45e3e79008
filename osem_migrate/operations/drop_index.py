"""DropIndex: a global secondary index, gone; the items stay in the table."""

from typing import ClassVar

from osem_migrate.errors import InapplicableOperation
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.base import Operation
from osem_migrate.operations.estimate import DROP_INDEX
from osem_migrate.operations.step import Call
from osem_migrate.schema import Index, Schema, Table
from osem_migrate.schema.value import altered, checked, value


@value
class DropIndex(Operation):
    """Delete a global secondary index. Queries on it fail at once; building it again takes minutes to hours.

    A local secondary index cannot be dropped.

    Attributes:
        table: logical name of the table.
        name: name of the index.

    Example:
        DropIndex("Orders", "by-status")
    """

    table: str
    name: str

    found_done: ClassVar[str] = "it was gone already"

    @property
    def dropped_index(self) -> str | None:
        """Its name."""
        return self.name

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """By an index of this name, whatever its throughput."""
        del before
        return aspect.index == self.name and aspect.declared is None

    def apply(self, schema: Schema) -> Schema:
        """Remove the index from its table."""
        index = self._index(schema)
        table = schema.table(self.table)
        left = tuple(known for known in table.indexes if known != index)
        return schema.with_table(checked(altered(table, indexes=left)))

    def steps(self, before: Schema) -> tuple[Call, ...]:
        """One UpdateTable that deletes this index and nothing else."""
        request = {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": self.name}}]}
        after = self.apply(before).table(self.table)
        return (
            Call(
                table=self.table,
                method="update_table",
                parameters=request,
                after=after,
                subject=self.name,
                usual=DROP_INDEX,
            ),
        )

    def reverse(self, before: Schema) -> Operation:
        """Add the index as it was."""
        from osem_migrate.operations.add_index import AddIndex  # noqa: PLC0415 - each is the other's reverse

        index = self._index(before)
        return AddIndex.of(self.table, index)

    def describe(self) -> str:
        """``drop index managerId-index from Teams``."""
        return f"drop index {self.name} from {self.table}"

    @property
    def hazard(self) -> str | None:
        """The index has to be built again, and queries on it fail meanwhile."""
        return f"queries on index {self.name} of {self.table} fail until it is built again"

    def _index(self, schema: Schema) -> Index:
        table = schema.table(self.table)
        index = table.index(self.name)
        if index is not None:
            return index
        kind = (
            "a local index and can never be dropped"
            if self.name in {local.name for local in table.local_indexes}
            else "no index of the table at this point"
        )
        raise InapplicableOperation(f"table {self.table!r}: {self.name!r} is {kind}", table=self.table, index=self.name)
