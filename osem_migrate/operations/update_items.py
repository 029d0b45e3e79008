"""UpdateItems: change the items of a table as a function of the script says."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from osem_migrate.errors import InapplicableOperation
from osem_migrate.items.where import Where
from osem_migrate.items.work import UpdateWork, Work
from osem_migrate.operations.base import Operation
from osem_migrate.operations.function_operation import FunctionOperation
from osem_migrate.operations.item_pass import MAX_FAILURES, STOP_AFTER
from osem_migrate.schema import Schema
from osem_migrate.schema.value import value


@value
class UpdateItems(FunctionOperation):
    """Run a function for every item, and write what it returns: new values by attribute, REMOVE, or nothing.

    The function is pure: it takes the item, a read-only mapping, and with ``lookups`` a second argument that reads
    other tables: ``lookup("Users", userId=item["userId"])``. For what it has changed already it has to return nothing
    more. An item is written only where all that the function looked at is as it was, so nobody's write is lost.

    Args:
        table: logical name.
        change: the function, at the top level of the script.
        undo: the function that takes it back in a downgrade, of every item.
        where: which items, as a condition of DynamoDB's with names and values in it: ``status = 'old'``.
        lookups: logical names of the tables that the function looks up.
        segments: in how many the table is scanned, at most 1,000; by its size when omitted.
        verify: scan again afterwards, until nothing is left to change.
        max_failures: how many items may be set aside.
        stop_after: end early once so many are.
        rate: units a second; a quarter of what the table has when omitted.

    Example:
        UpdateItems("Orders", with_year, undo=without_year, where="attribute_not_exists(year)")
    """

    table: str
    change: Callable[..., Any]
    undo: Callable[..., Any] | None = None
    where: str | None = None
    lookups: Sequence[str] = ()
    segments: int | None = None
    verify: bool = True
    max_failures: int = MAX_FAILURES
    stop_after: int = STOP_AFTER
    rate: int | None = None

    takes: ClassVar[tuple[str, ...]] = ("change", "undo")

    @property
    def is_reversible(self) -> bool:
        """Where it has an undo function."""
        return self.undo is not None

    @property
    def written_attributes(self) -> frozenset[str]:
        """Those that its function names in what it returns."""
        return self.functions[0].written

    def work(self, condition: Where | None) -> Work:
        """The function that changes an item."""
        return UpdateWork(function=self.functions[0], condition=condition, tables=self.reads)

    def reverse(self, before: Schema) -> Operation:
        """The undo function for every item, whichever of them were changed."""
        del before
        if self.undo is None:
            raise InapplicableOperation(f"{self.functions[0].name} has no undo function", table=self.table)
        return UpdateItems(
            self.table,
            self.undo,
            self.change,
            None,
            self.lookups,
            self.segments,
            self.verify,
            self.max_failures,
            self.stop_after,
            self.rate,
        )

    def describe(self) -> str:
        """``update items of Users with full_name, where attribute_not_exists(fullName)``."""
        return f"update items of {self.table} with {self.functions[0].name}{self.scope}"
