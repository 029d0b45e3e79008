"""What rules look at: each operation between the table before and the table after it, and the release that it is of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TypeVar

from osem_migrate.migration import Migration
from osem_migrate.operations import Operation, Setting
from osem_migrate.schema import Index, Schema, Table

SettingT = TypeVar("SettingT", bound=Setting)


@dataclass(frozen=True, slots=True, kw_only=True)
class LintEnvironment:
    """What the configuration says of an environment, as far as a rule may ask.

    Attributes:
        name: of the environment.
        defaults: settings of its new tables.
        protected: whether losing data has to be allowed there.
        autoscaled: the tables whose capacity an autoscaler owns, or whether it owns all.
        folds: whether indexes are created with their tables.
    """

    name: str
    defaults: tuple[Setting, ...] = ()
    protected: bool = False
    autoscaled: bool | tuple[str, ...] = False
    folds: bool = False

    def is_autoscaled(self, table: str) -> bool:
        """Whether an autoscaler owns the capacity of that table."""
        return self.autoscaled if isinstance(self.autoscaled, bool) else table in self.autoscaled


@dataclass(frozen=True, kw_only=True)
class ReviewedOperation:
    """One operation of a script.

    Attributes:
        migration: the script.
        position: of the operation in it.
        operation: itself.
        before: its table as the scripts before it declare it; None where there is none.
        after: its table afterwards; None where it is dropped.
        dropped: the table of that name which an earlier operation dropped, where there was one.
    """

    migration: Migration
    position: int
    operation: Operation
    before: Table | None
    after: Table | None
    dropped: Table | None = None

    @property
    def table(self) -> str:
        """Logical name of the table."""
        return self.operation.table

    @property
    def created(self) -> Table | None:
        """The table that it creates; None where it creates none."""
        return self.after if self.before is None else None

    @property
    def lost(self) -> Table | None:
        """The table that it drops; None where it drops none."""
        return self.before if self.after is None else None

    @cached_property
    def new_indexes(self) -> tuple[Index, ...]:
        """The global indexes that are on the table afterwards and were not before."""
        if self.after is None:
            return ()
        had = {index.name for index in self.before.indexes} if self.before is not None else set()
        return tuple(index for index in self.after.indexes if index.name not in had)

    def change_of(self, kind: type[SettingT]) -> tuple[SettingT, SettingT] | None:
        """One kind of setting before and after, where it changes it on a table that stays; else None."""
        if self.before is None or self.after is None:
            return None
        before, after = (table.setting(kind) or kind.default(self.table) for table in (self.before, self.after))
        return (before, after) if not after.matches(before) else None


Remark = tuple[ReviewedOperation, str]
"""An operation, and what a rule says of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The operations that go out together, in order.

    Attributes:
        operations: of its scripts.
        is_known: whether somebody said that these scripts go out together, after those before them; else each is taken
            for a release of its own, and the one before it may be of the same.
        schema: after all scripts, those of later releases among them.
        environment: where it goes to.
    """

    operations: Sequence[ReviewedOperation]
    is_known: bool
    schema: Schema
    environment: LintEnvironment

    def by_table(self) -> Iterator[list[ReviewedOperation]]:
        """The operations of each table."""
        ordered = sorted(self.operations, key=lambda one: one.table)
        for _, operations in groupby(ordered, key=lambda one: one.table):
            yield list(operations)

    def beyond(self, most: int, kind: type[Setting]) -> Iterator[tuple[ReviewedOperation, int]]:
        """For each change of a setting of one table after the first ``most``: the operation, and which one it is."""
        for operations in self.by_table():
            changes = [one for one in operations if one.change_of(kind) is not None]
            for count, one in enumerate(changes[most:], most + 1):
                yield one, count
