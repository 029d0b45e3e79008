"""FunctionOperation: what the operations have in common that run a function of the script for every item."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from osem_migrate.items.function import ItemFunction
from osem_migrate.items.where import Where
from osem_migrate.items.work import Work
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.base import Operation
from osem_migrate.operations.item_pass import Pass, check_how, looked_up
from osem_migrate.schema import Schema, Table


class FunctionOperation(Operation):
    """One pass over the items of a table. Its kinds are values with these fields."""

    __slots__ = ()

    where: str | None
    lookups: Sequence[str]
    segments: int | None
    verify: bool
    max_failures: int
    stop_after: int
    rate: int | None

    unhashed: ClassVar[frozenset[str]] = frozenset({"undo", "segments", "verify", "max_failures", "stop_after", "rate"})

    takes: ClassVar[tuple[str, ...]]
    """The fields that hold functions, the one that is run first."""

    def __post_init__(self) -> None:
        """Read the functions and the condition, and check the numbers."""
        for name in self.takes:
            given: Callable[..., Any] | None = getattr(self, name)
            object.__setattr__(self, name, ItemFunction.of(given) if given is not None else None)
        object.__setattr__(self, "lookups", tuple(self.lookups))
        self._condition()
        check_how(
            self.table,
            segments=self.segments,
            max_failures=self.max_failures,
            stop_after=self.stop_after,
            rate=self.rate,
        )

    @abstractmethod
    def work(self, condition: Where | None) -> Work:
        """What is done with each item that fulfils the condition."""

    @property
    def functions(self) -> tuple[ItemFunction, ...]:
        """Those that were given."""
        return tuple(one for one in (getattr(self, name) for name in self.takes) if one is not None)

    @property
    def writes_items(self) -> bool:
        """Those that its function changes."""
        return True

    @property
    def reads(self) -> tuple[str, ...]:
        """Its lookups."""
        return tuple(self.lookups)

    def apply(self, schema: Schema) -> Schema:
        """No table is otherwise; raises InapplicableOperation where one that it needs does not exist."""
        schema.table(self.table)
        looked_up(schema, self.lookups)
        return schema

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """By nothing but the keys of the table: items are read and written whatever else it has."""
        del aspect, before
        return False

    def steps(self, before: Schema) -> tuple[Pass, ...]:
        """One pass over all items."""
        return (
            Pass.over(
                before.table(self.table),
                self.work(self._condition()),
                tables=looked_up(before, self.lookups),
                segments=self.segments,
                verify=self.verify,
                max_failures=self.max_failures,
                stop_after=self.stop_after,
                rate=self.rate,
            ),
        )

    @property
    def scope(self) -> str:
        """``, where status = 'old'``; empty where it is about all items."""
        return f", where {self.where}" if self.where is not None else ""

    def _condition(self) -> Where | None:
        return Where.parse(self.where) if self.where is not None else None
