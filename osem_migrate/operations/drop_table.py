"""DropTable: a table and everything in it, gone for good."""

from typing import ClassVar

from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.base import Operation
from osem_migrate.operations.estimate import DELETE_TABLE
from osem_migrate.operations.step import Call
from osem_migrate.schema import Schema, Table
from osem_migrate.schema.value import value


@value
class DropTable(Operation):
    """Delete a table with its items and indexes. DynamoDB refuses while deletion protection is on.

    Attributes:
        table: its logical name.

    Example:
        DropTable("Orders")
    """

    table: str

    drops_table: ClassVar[bool] = True
    found_done: ClassVar[str] = "it was gone already"

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """By every index, because somebody may use what no script declares; not by what can be set and set back."""
        del before
        return aspect.declared is None

    def apply(self, schema: Schema) -> Schema:
        """Remove the table."""
        schema.table(self.table)
        return schema.without_table(self.table)

    def steps(self, before: Schema) -> tuple[Call, ...]:
        """One DeleteTable."""
        before.table(self.table)
        return (
            Call(
                table=self.table,
                method="delete_table",
                parameters={},
                after=None,
                subject=self.table,
                usual=DELETE_TABLE,
            ),
        )

    def reverse(self, before: Schema) -> Operation:
        """Create the table as it was, without its items."""
        from osem_migrate.operations.create_table import CreateTable  # noqa: PLC0415 - each is the other's reverse

        return CreateTable.of(before.table(self.table))

    def describe(self) -> str:
        """``drop table Teams``."""
        return f"drop table {self.table}"

    @property
    def hazard(self) -> str | None:
        """Every item is lost."""
        return f"every item of table {self.table} is lost"
