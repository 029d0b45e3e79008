"""CheckItems: count the items that could not be in an index; and LeaveItems, its way back."""

from typing import ClassVar

from osem_migrate.errors import InapplicableOperation
from osem_migrate.items.work import CheckWork
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.base import Operation
from osem_migrate.operations.item_pass import MAX_FAILURES, STOP_AFTER, Pass, check_how
from osem_migrate.schema import Index, LocalIndex, Schema, Table
from osem_migrate.schema.value import value


@value
class CheckItems(Operation):
    """Look for items whose values cannot be in the key of an index: of another type, empty, or too long.

    DynamoDB builds an index without them, says nothing, and refuses to write them from then on. Nothing is changed;
    where there are more than ``max_failures``, the run stops here.

    Args:
        table: logical name.
        index: an index that the table has by then, by name, or one that it may get: ``Index("by-owner", S("owner"))``.
            When omitted: every index that it has.
        segments: in how many the table is scanned, at most 1,000; by its size when omitted.
        max_failures: how many such items there may be.
        stop_after: end early once there are so many.
        rate: units a second; a quarter of what the table has when omitted.

    Example:
        CheckItems("Orders", index=Index("by-product", S("productId")))
        CheckItems("Orders", index="by-status", max_failures=10)
    """

    table: str
    index: str | Index | None = None
    segments: int | None = None
    max_failures: int = MAX_FAILURES
    stop_after: int = STOP_AFTER
    rate: int | None = None

    unhashed: ClassVar[frozenset[str]] = frozenset({"segments", "max_failures", "stop_after", "rate"})

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_how(
            self.table,
            segments=self.segments,
            max_failures=self.max_failures,
            stop_after=self.stop_after,
            rate=self.rate,
        )

    def apply(self, schema: Schema) -> Schema:
        """No table is otherwise; raises InapplicableOperation where there is no such index."""
        self._indexes(schema.table(self.table))
        return schema

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """By nothing but the keys of the table: it looks at items, and at the keys that are declared."""
        del aspect, before
        return False

    def steps(self, before: Schema) -> tuple[Pass, ...]:
        """One pass over all items."""
        table = before.table(self.table)
        return (
            Pass.over(
                table,
                CheckWork(indexes=self._indexes(table)),
                segments=self.segments,
                verify=False,
                max_failures=self.max_failures,
                stop_after=self.stop_after,
                rate=self.rate,
            ),
        )

    def reverse(self, before: Schema) -> Operation:
        """Nothing was changed."""
        del before
        return LeaveItems(self.table)

    def describe(self) -> str:
        """``check items of Teams for index managerId-index``."""
        name = self.index.name if isinstance(self.index, Index) else self.index
        return f"check items of {self.table} for {f'index {name}' if name is not None else 'its indexes'}"

    def checks_items_for(self, index: Index) -> bool:
        """For one of the name or of the keys that it was given, or for any."""
        return self.index.keys == index.keys if isinstance(self.index, Index) else self.index in {None, index.name}

    def _indexes(self, table: Table) -> tuple[Index | LocalIndex, ...]:
        if isinstance(self.index, Index):
            return (self.index,)
        found = tuple(one for one in table.all_indexes if self.index in {None, one.name})
        if not found:
            missing = f"no index {self.index!r}" if self.index is not None else "no index"
            raise InapplicableOperation(
                f"table {self.table!r} has {missing} at this point",
                remediation="Name an index that the scripts before it add, or give the Index itself with its keys.",
                table=self.table,
            )
        return found


@value
class LeaveItems(Operation):
    """Do nothing: the reverse of what changed nothing."""

    table: str

    found_done: ClassVar[str] = "nothing was to be done"

    def apply(self, schema: Schema) -> Schema:
        """The same."""
        return schema

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """By nothing."""
        del aspect, before
        return False

    def steps(self, before: Schema) -> tuple[Pass, ...]:
        """None."""
        del before
        return ()

    def reverse(self, before: Schema) -> Operation:
        """The same."""
        del before
        return self

    def describe(self) -> str:
        """``leave items of Teams as they are``."""
        return f"leave items of {self.table} as they are"
