"""RepairTable: undo what somebody did to a table by hand, where it was done."""

from collections.abc import Sequence
from typing import Any

from osem_migrate.arguments import mismatch, shown
from osem_migrate.errors import DefinitionError
from osem_migrate.operations.base import Operation
from osem_migrate.operations.step import Step
from osem_migrate.schema import Schema, Table
from osem_migrate.schema.value import value


@value
class RepairTable(Operation):
    """Bring a table back to what the scripts before this one declare.

    ``drift`` says what was done to it by hand, in operations and in order: ``[DropIndex("Teams", "managerId-index")]``.
    Where that was done, it is undone, the last change first; where the table is as declared, nothing happens.
    ``osem-migrate status --write-repair`` writes such scripts.
    """

    table: str
    drift: Sequence[Any]

    def __post_init__(self) -> None:
        """Check that there is something to undo, and that all of it was done to this table."""
        # A text is a sequence, too, of letters.
        if (complaint := mismatch(Sequence[Any], self.drift, "drift")) is not None:
            raise DefinitionError(f"RepairTable: {complaint}", value="RepairTable", table=self.table)
        object.__setattr__(self, "drift", tuple(self.drift))
        if not self.drift:
            raise DefinitionError(f"table {self.table!r}: a repair needs the drift that it undoes", table=self.table)
        for change in self.drift:
            if not isinstance(change, Operation) or change.creates_table or isinstance(change, RepairTable):
                raise DefinitionError(
                    f"table {self.table!r}: {_told(change)} is not a drift of a table", table=self.table
                )
            if change.table != self.table:
                raise DefinitionError(f"table {self.table!r}: its drift names table {change.table!r}", table=self.table)

    def apply(self, schema: Schema) -> Schema:
        """What is declared stays what it is; raises InapplicableOperation where the drift could not have happened."""
        self._undoing(schema)
        return schema

    def start(self, before: Schema) -> Table | None:
        """The table with the drift."""
        return self._undoing(before)[0].tables.get(self.table)

    def steps(self, before: Schema) -> tuple[Step, ...]:
        """The calls that undo the drift, the last change first."""
        schema, undoing = self._undoing(before)
        steps: list[Step] = []
        for operation in undoing:
            steps += operation.steps(schema)
            schema = operation.apply(schema)
        return tuple(steps)

    def reverse(self, before: Schema) -> Operation:
        """The same again: the declarations before this script are those after it, and nobody wants the drift back."""
        del before
        return self

    def describe(self) -> str:
        """``repair Teams: undo drop index managerId-index from Teams``."""
        return f"repair {self.table}: undo {', '.join(change.describe() for change in self.drift)}"

    def hazard_on(self, before: Table | None) -> str | None:
        """What undoing the drift loses where it was done: that of each operation which leads back."""
        schema, undoing = self._undoing(Schema({before.name: before} if before is not None else {}))
        losses: list[str] = []
        for operation in undoing:
            loss = operation.hazard_on(schema.tables.get(self.table))
            losses += [loss] if loss is not None else []
            schema = operation.apply(schema)
        return "; ".join(losses) if losses else None

    def _undoing(self, before: Schema) -> tuple[Schema, list[Operation]]:
        """The schema with the drift, and the operations that lead back from it."""
        # Without the defaults of new tables: a table that is rebuilt gets what it had, and nothing else.
        schema = Schema({name: table for name, table in before.tables.items() if name == self.table})
        undoing: list[Operation] = []
        for change in self.drift:
            undoing.insert(0, change.reverse(schema))
            schema = change.apply(schema)
        return schema, undoing


def _told(change: object) -> str:
    return repr(change) if isinstance(change, Operation) else shown(change)
