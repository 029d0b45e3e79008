"""Operation, one change to one table, and Setting, a table property that is also the operation that sets it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self, cast

from osem_migrate.operations.step import Description, Step
from osem_migrate.schema import Schema, Table


class Operation(ABC):
    """One change, as a frozen value: what it does in memory (``apply``) and on DynamoDB (``steps``)."""

    __slots__ = ()

    table: str

    @abstractmethod
    def apply(self, schema: Schema) -> Schema:
        """The schema after this change; raises InapplicableOperation where it does not fit."""

    @abstractmethod
    def steps(self, before: Schema) -> tuple[Step, ...]:
        """What to ask of DynamoDB to get from ``before`` to ``apply(before)``, in order."""

    def start(self, before: Schema) -> Table | None:
        """The table as the first step finds it: as declared before, unless that is what needs a repair."""
        return before.tables.get(self.table)

    @abstractmethod
    def reverse(self, before: Schema) -> "Operation":
        """The operation that leads from ``apply(before)`` back to ``before``."""

    @abstractmethod
    def describe(self) -> str:
        """One line for people, in the imperative: ``add index managerId-index to Teams``."""

    @property
    def hazard(self) -> str | None:
        """What is lost for good when this runs, or None when nothing is."""
        return None


class Setting(Operation):
    """A table property that is also the operation that sets it, and that reads itself from what DynamoDB describes."""

    __slots__ = ()

    noun: ClassVar[str]
    """What people call it: ``time to live``."""

    described_by: ClassVar[Description] = Description.TABLE
    """The description that shows it."""

    @classmethod
    @abstractmethod
    def default(cls, table: str) -> Self:
        """What AWS has when nobody ever set it."""

    @classmethod
    @abstractmethod
    def read(cls, table: str, description: Mapping[str, Any]) -> Self | None:
        """The setting found in a description (the response of ``described_by``), or None when it does not say.

        Not saying means the default on AWS, and nothing at all on a local engine that does not keep the setting.
        """

    @abstractmethod
    def create_parameters(self) -> dict[str, Any]:
        """Its members of CreateTable; empty when it takes a call of its own."""

    def steps_on(self, before: Table) -> tuple[Step, ...]:
        """The calls that bring the table, as declared before, to this setting; most settings take one UpdateTable."""
        return (self.step(before, "update_table", self.create_parameters()),)

    def step(self, before: Table, method: str, parameters: Mapping[str, Any]) -> Step:
        """A call that puts this setting on the table."""
        return Step(
            table=self.table,
            method=method,
            parameters=parameters,
            after=self.on(before),
            settles=self.described_by,
            subject=self.table,
        )

    def matches(self, live: Self) -> bool:
        """Whether the live setting is what was declared."""
        return self == live

    def for_table(self, table: str) -> Self:
        """The same setting of another table."""
        return cast("Self", replace(cast("Any", self), table=table))

    def on(self, table: Table) -> Table:
        """The table once it carries this setting; most settings replace an earlier one of their kind whole."""
        return table.with_setting(self)

    def apply(self, schema: Schema) -> Schema:
        """Put the setting on its table."""
        return schema.with_table(self.on(schema.table(self.table)))

    def steps(self, before: Schema) -> tuple[Step, ...]:
        """The calls from the table as declared before to this setting; none where it was declared just so.

        DynamoDB refuses many a request for what is so already: the same capacity, a stream that is on, the same class.
        """
        table = before.table(self.table)
        return self.steps_on(table) if self.on(table) != table else ()

    def reverse(self, before: Schema) -> Operation:
        """The same kind of setting with the value it had; AWS's default when nothing was declared."""
        previous = before.table(self.table).setting(type(self))
        return previous if previous is not None else self.default(self.table)
