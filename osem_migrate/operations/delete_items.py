"""DeleteItems: delete those items of a table of which a function of the script says so."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from osem_migrate.errors import InapplicableOperation
from osem_migrate.items.where import Where
from osem_migrate.items.work import DeleteWork, Work
from osem_migrate.operations.base import Operation
from osem_migrate.operations.function_operation import FunctionOperation
from osem_migrate.operations.item_pass import MAX_FAILURES, STOP_AFTER
from osem_migrate.schema import Schema
from osem_migrate.schema.value import value


@value
class DeleteItems(FunctionOperation):
    """Delete every item of which a function returns True. Nothing brings them back: a downgrade past it is refused.

    The function is pure: it takes the item, a read-only mapping, and with ``lookups`` a second argument that reads
    other tables by their full key: ``lookup("Users", userId=item["userId"])``. An item is deleted only where all that
    the function looked at and looked up is as it was, and what was missing still is.

    Args:
        table: logical name.
        when: the function, at the top level of the script; returns True or False.
        where: which items, as a condition of DynamoDB's with names and values in it: ``status = 'old'``.
        lookups: logical names of the tables that the function looks up.
        segments: in how many the table is scanned, at most 1,000; by its size when omitted.
        verify: scan again afterwards, until nothing is left to delete.
        max_failures: how many items may be set aside.
        stop_after: end early once so many are.
        rate: units a second; a quarter of what the table has when omitted.

    Example:
        DeleteItems("Orders", when=is_draft)
    """

    table: str
    when: Callable[..., Any]
    where: str | None = None
    lookups: Sequence[str] = ()
    segments: int | None = None
    verify: bool = True
    max_failures: int = MAX_FAILURES
    stop_after: int = STOP_AFTER
    rate: int | None = None

    takes: ClassVar[tuple[str, ...]] = ("when",)

    @property
    def is_reversible(self) -> bool:
        """What is deleted is gone."""
        return False

    def work(self, condition: Where | None) -> Work:
        """The function that decides about an item."""
        return DeleteWork(function=self.functions[0], condition=condition, tables=self.reads)

    def reverse(self, before: Schema) -> Operation:
        """There is none."""
        del before
        raise InapplicableOperation("deleted items do not come back", table=self.table)

    def describe(self) -> str:
        """``delete items of Sessions for which is_orphan says so``."""
        return f"delete items of {self.table} for which {self.functions[0].name} says so{self.scope}"

    @property
    def hazard(self) -> str | None:
        """The items are lost."""
        return f"every item of table {self.table} for which {self.functions[0].name} says so is lost"
