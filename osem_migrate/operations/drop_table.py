"""DropTable: a table and everything in it, gone for good."""

from osem_migrate.operations.base import Operation
from osem_migrate.operations.step import Step
from osem_migrate.schema import Schema
from osem_migrate.schema.value import value


@value
class DropTable(Operation):
    """Delete a table with its items and indexes. DynamoDB refuses while deletion protection is on."""

    table: str

    def apply(self, schema: Schema) -> Schema:
        """Remove the table."""
        schema.table(self.table)
        return schema.without_table(self.table)

    def steps(self, before: Schema) -> tuple[Step, ...]:
        """One DeleteTable."""
        before.table(self.table)
        return (Step(table=self.table, method="delete_table", parameters={}, after=None, subject=self.table),)

    def reverse(self, before: Schema) -> Operation:
        """Create the table as it was, without its items."""
        from osem_migrate.operations.create_table import CreateTable  # noqa: PLC0415 - each is the other's reverse

        table = before.table(self.table)
        return CreateTable(
            table.name, table.partition_key, table.sort_key, table.indexes, table.local_indexes, table.settings
        )

    def describe(self) -> str:
        """``drop table Teams``."""
        return f"drop table {self.table}"

    @property
    def hazard(self) -> str | None:
        """Every item is lost."""
        return f"every item of table {self.table} is lost"
