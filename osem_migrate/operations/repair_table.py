"""RepairTable: bring a table that somebody changed by hand back to what is declared, where it was changed."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from osem_migrate.arguments import mismatch, shown
from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.operations.add_index import AddIndex
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.base import Operation, Setting
from osem_migrate.operations.drop_index import DropIndex
from osem_migrate.operations.drop_table import DropTable
from osem_migrate.operations.step import Step
from osem_migrate.schema import Index, Schema, Table
from osem_migrate.schema.value import value


@value
class RepairTable(Operation):
    """Bring a table back to what the scripts before this one declare.

    ``osem-migrate status --write-repair`` writes such scripts. Where a table is as found it is repaired, where it is as
    declared nothing happens, and any other table stops the run.

    Attributes:
        table: logical name of the table.
        to: what will be: settings, ``AddIndex`` for an index that comes back, or ``CreateTable`` for a lost table. The
            scripts before it have to declare the same.
        found: the evidence, what is live instead: settings, and the ``Index`` in the place of one that is built anew;
            an index or a table that it does not name is missing. What ``to`` does not name of it goes back to what the
            scripts and the configuration declare.

    Example:
        RepairTable("Orders", to=[SetStream("Orders", "NEW_IMAGE")], found=[SetStream("Orders", None)])
    """

    table: str
    to: Sequence[Any]
    found: Sequence[Any] = ()

    is_repair: ClassVar[bool] = True
    depends_on_rest: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that each part says what will be, or what was found, of this table, and that the two fit together."""
        for name in ("to", "found"):
            # A text is a sequence, too, of letters.
            if (complaint := mismatch(Sequence[Any], getattr(self, name), name)) is not None:
                raise DefinitionError(f"RepairTable: {complaint}", value="RepairTable", table=self.table)
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for complaint in self._complaints():
            raise DefinitionError(f"table {self.table!r}: {complaint}", table=self.table)

    def apply(self, schema: Schema) -> Schema:
        """What is declared stays what it is; raises InapplicableOperation where ``to`` is not what is declared."""
        declared = schema.table(self.table)
        for operation in self.to:
            if not _is_declared(operation, declared):
                raise InapplicableOperation(
                    f"the scripts before it do not declare what it repairs to: {operation.describe()}", table=self.table
                )
        self._undoing(schema)
        return schema

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """By what concerns the way from the declared table to the one that was found, or the way back."""
        schema = Schema({before.name: before} if before is not None else {})
        for change in self._drift():
            table, undoing = schema.tables.get(self.table), change.reverse(schema)
            schema = change.apply(schema)
            if change.is_concerned(aspect, table) or undoing.is_concerned(aspect, schema.tables.get(self.table)):
                return True
        return False

    def start(self, before: Schema) -> Table | None:
        """The table as it was found."""
        return self._undoing(before)[0].tables.get(self.table)

    def steps(self, before: Schema) -> tuple[Step, ...]:
        """The calls that lead from the table as it was found to the declared one."""
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
        """``repair Teams: index managerId-index, stream NEW_IMAGE``: what will be."""
        return f"repair {self.table}: {', '.join(self._outcomes())}"

    def hazard_on(self, before: Table | None) -> str | None:
        """What undoing the drift loses where it was done: that of each operation which leads back."""
        schema, undoing = self._undoing(Schema({before.name: before} if before is not None else {}))
        losses: list[str] = []
        for operation in undoing:
            loss = operation.hazard_on(schema.tables.get(self.table))
            losses += [loss] if loss is not None else []
            schema = operation.apply(schema)
        return "; ".join(losses) if losses else None

    def _complaints(self) -> Iterator[str]:
        if not self.to and not self.found:
            yield "a repair needs what it brings the table to"
        kinds = {type(setting) for setting in self.found}
        for operation in self.to:
            if not isinstance(operation, Setting | AddIndex) and not _creates(operation):
                yield f"a repair leads to settings, AddIndex or CreateTable, not to {_told(operation)}"
            elif operation.table != self.table:
                yield f"its repair names table {operation.table!r}"
            elif isinstance(operation, Setting) and type(operation) not in kinds:
                yield f"its repair says what {operation.noun} will be, but not what was found of it"
            elif _creates(operation) and (len(self.to) > 1 or self.found):
                yield "a lost table is repaired by its CreateTable alone, and nothing of it was found"
        yield from self._complaints_of_evidence()

    def _complaints_of_evidence(self) -> Iterator[str]:
        added = {operation.name for operation in self.to if isinstance(operation, AddIndex)}
        for evidence in self.found:
            if not isinstance(evidence, Setting | Index):
                yield f"what was found is settings and indexes, not {_told(evidence)}"
            elif isinstance(evidence, Setting) and evidence.table != self.table:
                yield f"what was found names table {evidence.table!r}"
            elif isinstance(evidence, Index) and evidence.name not in added:
                yield f"index {evidence.name!r} was found, but its repair has no AddIndex for it"

    def _drift(self) -> list[Operation]:
        """What was done to the declared table, in operations: settings before indexes, which belong to a billing."""
        if any(_creates(operation) for operation in self.to):
            return [DropTable(self.table)]
        replaced = [DropIndex(self.table, one.name) for one in self.to if isinstance(one, AddIndex)]
        settings = [evidence for evidence in self.found if isinstance(evidence, Setting)]
        indexes = [AddIndex.of(self.table, evidence) for evidence in self.found if isinstance(evidence, Index)]
        return [*replaced, *settings, *indexes]

    def _undoing(self, before: Schema) -> tuple[Schema, list[Operation]]:
        """The schema with the table as it was found, and the operations that lead back from it."""
        # Without the defaults of new tables: a table that is created again gets what it had, and nothing else.
        schema = Schema({name: table for name, table in before.tables.items() if name == self.table})
        undoing: list[Operation] = []
        for change in self._drift():
            undoing.insert(0, change.reverse(schema))
            schema = change.apply(schema)
        return schema, undoing

    def _outcomes(self) -> Iterator[str]:
        """What will be, a part each."""
        found = {evidence.name for evidence in self.found if isinstance(evidence, Index)}
        for operation in self.to:
            if isinstance(operation, Setting):
                yield operation.phrase
            elif isinstance(operation, AddIndex):
                anew = " built anew" if operation.name in found else ""
                yield f"index {operation.name}{anew}"
            else:
                yield "created again, empty"
        kinds = {type(operation) for operation in self.to}
        for evidence in self.found:
            if isinstance(evidence, Setting) and type(evidence) not in kinds:
                yield f"{evidence.noun} as declared"


def _creates(operation: Any) -> bool:
    return isinstance(operation, Operation) and operation.creates_table


def _is_declared(operation: Any, table: Table) -> bool:
    """Whether the table is so already; what the configuration decides is another matter in each environment."""
    if isinstance(operation, AddIndex):
        known = table.index(operation.name)
        return known is not None and table.shape(known) == table.shape(operation.index)
    if isinstance(operation, Setting):
        declared = operation.declared_on(table)
        return declared is None or declared.on(table) == table
    bare = operation.apply(Schema()).table(table.name)
    return (
        (bare.partition_key, bare.sort_key) == (table.partition_key, table.sort_key)
        and [bare.shape(index) for index in bare.all_indexes] == [table.shape(index) for index in table.all_indexes]
        and all(_is_declared(setting, table) for setting in operation.declared_settings)
    )


def _told(change: object) -> str:
    return repr(change) if isinstance(change, Operation | Index) else shown(change)
