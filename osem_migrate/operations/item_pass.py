"""Pass: the step that goes through the items of a table, in segments, and does its work with each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from osem_migrate.errors import DefinitionError, InapplicableOperation
from osem_migrate.items.lookup import Fetch
from osem_migrate.items.values import Item
from osem_migrate.items.work import ItemWrite, Work
from osem_migrate.operations.estimate import ITEM_PASS
from osem_migrate.operations.step import CheckedIndex, Step
from osem_migrate.schema import Schema, Table

MAX_SEGMENTS = 1000
MAX_FAILURES = 0
STOP_AFTER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(Step):
    """Every item of a table, or each of those that the work was given, is decided about, and written where need be.

    Attributes:
        after: the table, which the pass leaves as it is.
        work: what is done with an item.
        tables: the tables that the work looks up, as they are declared, by logical name.
        segments: in how many the table is scanned; None lets the pass decide by its size.
        verify: whether the table is scanned again afterwards, until nothing is left to change.
        max_failures: how many items may be set aside without the pass counting as failed.
        stop_after: with how many more it ends early.
        rate: units a second that it may consume; None lets the pass decide.
        precaution: whether the step after it depends on it, and nothing else does.
    """

    after: Table
    work: Work
    tables: Mapping[str, Table] = field(default_factory=dict)
    segments: int | None = None
    verify: bool = True
    max_failures: int = MAX_FAILURES
    stop_after: int = STOP_AFTER
    rate: int | None = None
    precaution: bool = False

    @classmethod
    def over(cls, table: Table, work: Work, **options: Any) -> Self:
        """A pass over a table, which leaves the table itself as it is."""
        return cls(table=table.name, after=table, subject=table.name, usual=ITEM_PASS, work=work, **options)

    def decide(self, item: Item, fetch: Fetch) -> ItemWrite | None:
        """What is to be written of an item; None where it is out of scope, or as it should be.

        Raises:
            ItemError: the item is to be set aside.
        """
        return self.work.decide(item, self.after, self.tables, fetch)

    @property
    def is_described(self) -> bool:
        """What is in a table no description shows."""
        return False

    @property
    def is_precaution(self) -> bool:
        """As said."""
        return self.precaution

    @property
    def action(self) -> str:
        """``UpdateItems``, ``PutItems``, ``DeleteItems`` or ``CheckItems``."""
        return self.work.action

    @property
    def permissions(self) -> tuple[str, ...]:
        """What it reads and writes with."""
        return tuple(f"dynamodb:{action}" for action in sorted(self.work.reads_with | self.work.actions))

    @property
    def index_permissions(self) -> tuple[str, ...]:
        """Query, where something may be looked up by the key of an index."""
        by_index = self.work.looks_up_by_index and any(table.indexes for table in self.tables.values())
        return ("dynamodb:Query",) if by_index else ()

    @property
    def checks(self) -> tuple[CheckedIndex, ...]:
        """Those that its work looks for."""
        keys = ((index.name, *self.after.index_keys(index)) for index in self.work.checked)
        return tuple(CheckedIndex(name=name, partition=partition, sort=sort) for name, partition, sort in keys)

    def call(self, address: str) -> dict[str, Any]:
        """The table, what is done with each item, and how, as far as somebody said."""
        how = {"segments": self.segments, "rate": self.rate}
        return {
            "TableName": address,
            **self.work.words,
            **{name: said for name, said in how.items() if said is not None},
        }

    def settled_when(self, name: str) -> str:
        """``every item of osem-dev-Users was looked at``."""
        if self.work.given is not None:
            return f"each of {len(self.work.given)} items was written to {name}, or found there"
        return f"every item of {name} was looked at"


def check_how(table: str, *, segments: int | None, max_failures: int, stop_after: int, rate: int | None) -> None:
    """Raise DefinitionError for what no pass can be told."""
    limits = {
        "segments": (segments, 1, MAX_SEGMENTS),
        "max_failures": (max_failures, 0, None),
        "stop_after": (stop_after, 1, None),
        "rate": (rate, 1, None),
    }
    for name, (given, least, most) in limits.items():
        if given is not None and (given < least or (most is not None and given > most)):
            wanted = f"from {least} to {most:,}" if most is not None else f"of at least {least}"
            raise DefinitionError(f"table {table!r}: {name} takes a number {wanted}, not {given}", table=table)


def looked_up(schema: Schema, names: Sequence[str]) -> dict[str, Table]:
    """The tables of lookups; raises InapplicableOperation where one does not exist at this point."""
    try:
        return {name: schema.table(name) for name in names}
    except InapplicableOperation as missing:
        raise InapplicableOperation(f"lookups: {missing.message}", **missing.details) from None
