"""Plan: what an upgrade or a downgrade would do, as a value that ``--dry-run`` prints and the executor carries out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from osem_migrate.history import Record, RecordedState
from osem_migrate.migration import Migration
from osem_migrate.operations import Operation, Setting
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.change import Change
from osem_migrate.operations.estimate import NO_TIME, Estimate
from osem_migrate.operations.item_pass import Pass
from osem_migrate.operations.step import Call, Step, calls
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.planning.estimate import estimate_each
from osem_migrate.planning.forecast import PassForecast
from osem_migrate.planning.positions import now_at
from osem_migrate.planning.replay import changes_of
from osem_migrate.schema import Index, Schema, Table

REPLACED = "it is not the table that was recorded: somebody has made or restored it since"
"""What is said of a table of ours that is, by its TableId, none that was recorded."""


class Direction(StrEnum):
    """Which way a plan goes, and what that means for the record of a migration."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"

    @property
    def done(self) -> str:
        """What has become of a migration that was carried out."""
        return "reverted" if self is Direction.DOWNGRADE else "applied"

    def live(self, migration: Migration, remaining: Collection[int]) -> tuple[int, ...]:
        """Positions of the operations that are live while the remaining ones are still to be carried out."""
        if self is Direction.DOWNGRADE:
            return tuple(sorted(remaining))
        return tuple(position for position in range(len(migration.operations)) if position not in remaining)

    def after(self, live: tuple[int, ...], position: int) -> tuple[int, ...]:
        """The positions that are live once one more operation is finished."""
        if self is Direction.DOWNGRADE:
            return tuple(known for known in live if known != position)
        return tuple(sorted({*live, position}))

    def ended(self, record: Record) -> RecordedState | None:
        """The state of a migration of which nothing remains; None while something does."""
        if self is Direction.DOWNGRADE:
            return None if record.done else RecordedState.REVERTED
        return RecordedState.APPLIED if len(record.done) == record.operations_total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOperation:
    """One operation with the table before it and the steps that lead to the table after it.

    Attributes:
        position: where the operation, or the one it reverses, stands in its migration.
        declared: the table as it is declared before the operation, which is to find it so, unless it is a repair.
        ahead: indexes that later operations of the plan add to the same table, and settings that they declare. One that
            is there already, exactly as declared (folded into CreateTable, or made by hand), is no surprise. A setting
            that the table also has before or after this operation tells nothing, and is left out.
        folded: whether an earlier call of the plan brings its index along.
        along: what it brings about as well, though no script says so: protection that goes before its table does.
        hazard: what it loses for good of the table as declared before, or None.
    """

    migration: Migration
    position: int
    operation: Operation
    declared: Table | None
    before: Table | None
    after: Table | None
    steps: tuple[Step, ...]
    ahead: tuple[Index | Setting, ...] = ()
    folded: bool = False
    along: tuple[Operation, ...] = ()
    hazard: str | None = None

    @property
    def key(self) -> tuple[str, int]:
        """Migration and position: the operation's identity within a plan."""
        return (self.migration.id, self.position)

    @property
    def table(self) -> str:
        """Logical name of the table it touches."""
        return self.operation.table

    @property
    def calls(self) -> tuple[Call, ...]:
        """The control-plane calls among its steps."""
        return calls(self.steps)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is otherwise on the table afterwards; of one that is dropped, also what has to be changed before."""
        drops = self.after is None and bool(self.steps)
        states = (self.before, self.states[-2], None) if drops else (self.before, self.after)
        return tuple(
            change
            for before, after in pairwise(states)
            for change in changes_of(self.operation, before, after, self.migration, self.position)
        )

    def when_found(self, unreadable: Collection[type[Setting]], *, resumed: bool) -> str:
        """What to say where nothing had to be done; ``resumed`` says that an earlier run began it."""
        return "it came with its table" if self.folded else self.operation.when_found(unreadable, resumed=resumed)

    @property
    def is_described(self) -> bool:
        """Whether what DynamoDB describes shows all of its effect."""
        return all(step.is_described or step.is_precaution for step in self.steps)

    def is_concerned(self, aspect: Aspect) -> bool:
        """Whether it needs or changes this of its table."""
        return any(operation.is_concerned(aspect, self.declared) for operation in (self.operation, *self.along))

    def drops(self, index: str | None) -> bool:
        """Whether an index of that name goes, and its table stays."""
        return index is not None and self.after is not None and index == self.operation.dropped_index

    def on(self, table: Table | None) -> "PlannedOperation":
        """What no description shows of it, on a table that is as it is after later operations."""
        unseen = (step for step in self.steps if not step.is_described and not step.is_precaution)
        hidden = tuple(replace(step, after=table) for step in unseen)
        return replace(self, declared=table, before=table, after=table, steps=hidden, ahead=())

    @property
    def states(self) -> tuple[Table | None, ...]:
        """The table before the first step and after each one: where the live table may be found.

        What takes no step is declared so already, if only by default: it is as after it.
        """
        return (self.before if self.steps else self.after, *(step.after for step in self.steps))

    @property
    def possible(self) -> tuple[Table | None, ...]:
        """Its states, and the table with each setting that is ahead: whatever the live one may be compared with."""
        table = next((state for state in self.states if state is not None), None)
        if table is None:
            return self.states
        return (*self.states, *(table.with_setting(one) for one in self.ahead if isinstance(one, Setting)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMigration:
    """One migration with those of its operations that are still to do."""

    migration: Migration
    operations: tuple[PlannedOperation, ...]

    @property
    def already_done(self) -> int:
        """How many of its operations an earlier run completed."""
        return len(self.migration.operations) - len(self.operations)


@dataclass(frozen=True, slots=True)
class Hazard:
    """What one operation of a plan loses for good; ``text`` says it in a sentence."""

    migration: str
    position: int
    table: str
    text: str


@dataclass(frozen=True, slots=True)
class PlanDrift:
    """How a live table differs from what a plan expects; ``stops`` is the migration that is not carried out for it.

    None where every operation leaves it as it is.
    """

    physical_name: str
    difference: Difference
    stops: str | None = None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What tells it from others, whatever was expected in its place."""
        difference = self.difference
        return (self.physical_name, difference.code, difference.subject, difference.found)

    def describe(self) -> str:
        """``osem-dev-Teams: by-x: expected keys x S, projection ALL, found none; it is left as it is``."""
        end = f"{self.stops} stops at it" if self.stops is not None else "it is left as it is"
        return f"{self.physical_name}: {self.difference.describe()}; {end}"


@dataclass(frozen=True, slots=True)
class Lane:
    """The operations of one table, in order. Lanes may run side by side; inside a lane nothing overlaps."""

    table: str
    operations: tuple[PlannedOperation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Migrations in the order in which they run, and the schema before and after them.

    ``before`` is what is live by the history, the completed operations of unfinished migrations among it.
    ``creates_history`` says that the history table does not exist yet and is created first; ``is_first`` that nothing
    was ever recorded, so that a table that is there already was made by somebody else. ``table_ids`` tells the tables
    that it takes over, by logical name; ``replaced`` the tables of those it drops that are, by their TableId, none that
    was recorded, once somebody looked. ``target`` is that of a downgrade. ``future`` has the ids of migrations that a
    newer checkout has applied; ``abandons`` is the target of a downgrade that did not finish and that is taken back;
    ``notes`` are what else people should know. ``risks`` says of operations that write items, by their keys, what a
    look at their tables tells: that nothing brings the items back, or that others may overwrite them. Once somebody
    asked, ``forecasts`` say what its passes over items take. Once somebody looked, ``warnings`` say whose else its
    tables are, ``drift`` how they differ from what it expects, and ``found`` how many steps of an operation, by its
    key, are done already.
    """

    migrations: tuple[PlannedMigration, ...]
    before: Schema
    after: Schema
    creates_history: bool = False
    is_first: bool = False
    direction: Direction = Direction.UPGRADE
    table_ids: Mapping[str, str] = field(default_factory=dict)
    replaced: frozenset[str] = frozenset()
    target: str | None = None
    future: tuple[str, ...] = ()
    abandons: str | None = None
    drift: tuple[PlanDrift, ...] = ()
    found: Mapping[tuple[str, int], int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    risks: Mapping[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    forecasts: tuple[PassForecast, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is pending."""
        return not self.migrations

    @property
    def operations(self) -> tuple[PlannedOperation, ...]:
        """Every operation still to do, in script order."""
        return tuple(operation for migration in self.migrations for operation in migration.operations)

    def begun(self, records: Mapping[str, Record]) -> frozenset[tuple[str, int]]:
        """The operations, by key, that an earlier run has begun and nobody has recorded as finished."""
        unfinished = {name: record for name, record in records.items() if record.is_unfinished}
        begun = {
            (planned.migration.id, now)
            for planned in self.migrations
            if (record := unfinished.get(planned.migration.id)) is not None
            for then, now in now_at(record, planned.migration).items()
            if then in record.doubt
        }
        return frozenset(operation.key for operation in self.operations if operation.key in begun)

    def with_forecasts(self, forecasts: Iterable[PassForecast]) -> "Plan":
        """The same plan with what its passes take, whose time is then that of their steps."""
        known = tuple(forecasts)
        return replace(self.lasting({one.key: one.seconds for one in known}), forecasts=known)

    def lasting(self, seconds: Mapping[tuple[str, int], Estimate | None]) -> "Plan":
        """The same plan with the time that the passes of some operations take, by key; None leaves the usual one."""
        migrations = tuple(
            replace(planned, operations=tuple(_lasting(one, seconds.get(one.key)) for one in planned.operations))
            for planned in self.migrations
        )
        return replace(self, migrations=migrations)

    def of(self, keys: Collection[tuple[str, int]]) -> "Plan":
        """The same plan without the migrations that have none of these operations, and some that are not these."""
        migrations = (m for m in self.migrations if not m.operations or any(op.key in keys for op in m.operations))
        return replace(self, migrations=tuple(migrations))

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every call, in script order."""
        return tuple(step for operation in self.operations for step in self.steps_of(operation))

    def steps_of(self, planned: PlannedOperation) -> tuple[Step, ...]:
        """The calls of an operation: none where it is folded into another call, nor for what is done already."""
        return () if planned.folded else planned.steps[self.found.get(planned.key, 0) :]

    @property
    def passes(self) -> tuple[tuple[PlannedOperation, Pass], ...]:
        """Every pass over items, with its operation, in script order."""
        each = ((one, step) for one in self.operations if not one.folded for step in one.steps)
        return tuple((one, step) for one, step in each if isinstance(step, Pass))

    @property
    def calls(self) -> tuple[Call, ...]:
        """The control-plane calls among the steps."""
        return calls(self.steps)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The operations grouped by table, each lane in script order."""
        lanes: dict[str, list[PlannedOperation]] = {}
        for operation in self.operations:
            lanes.setdefault(operation.table, []).append(operation)
        return tuple(Lane(table, tuple(operations)) for table, operations in lanes.items())

    @property
    def tables(self) -> tuple[str, ...]:
        """Logical names of the tables that its operations touch, sorted."""
        return tuple(sorted({operation.table for operation in self.operations}))

    @property
    def predecessors(self) -> dict[tuple[str, int], frozenset[tuple[str, int]]]:
        """What each operation waits for, by key: the one before it in its lane, and all that its script depends on.

        An operation that reads other tables is in their lanes, too.
        """
        last: dict[str, tuple[str, int]] = {}
        waits: dict[tuple[str, int], frozenset[tuple[str, int]]] = {}
        keys = {planned.migration.id: {op.key for op in planned.operations} for planned in self.migrations}
        for operation in self.operations:
            tables = {operation.table, *operation.operation.reads}
            before = {last[table] for table in tables if table in last}
            for name in operation.migration.depends if self.direction is Direction.UPGRADE else ():
                before |= keys.get(name, set())
            waits[operation.key] = frozenset(before)
            last |= dict.fromkeys(tables, operation.key)
        return waits

    @property
    def hazards(self) -> tuple[Hazard, ...]:
        """What is lost for good, or may be; a table that the plan itself creates has nothing to lose."""
        created: set[str] = set()
        found: list[Hazard] = []
        for planned in self.operations:
            if planned.before is None and planned.operation.creates_table:
                created.add(planned.table)
            if planned.hazard is not None and planned.table not in created:
                by_hand = planned.after is None and planned.table in self.replaced
                text = f"{planned.hazard}; {REPLACED}" if by_hand else planned.hazard
                found.append(Hazard(planned.migration.id, planned.position, planned.table, text))
            risks = self.risks.get(planned.key, ())
            found += [Hazard(planned.migration.id, planned.position, planned.table, text) for text in risks]
        return tuple(found)

    @property
    def estimates(self) -> dict[tuple[str, int], list[Estimate]]:
        """The usual time of each step of each operation that makes calls, by the operation's key."""
        found: dict[tuple[str, int], list[Estimate]] = {}
        for lane in self.lanes:
            steps = {operation.key: self.steps_of(operation) for operation in lane.operations}
            each = estimate_each([step for own in steps.values() for step in own])
            for operation in lane.operations:
                if not operation.folded:
                    found[operation.key] = [next(each) for _ in steps[operation.key]]
        return found

    @property
    def estimate(self) -> Estimate:
        """The usual time on AWS: that of the longest chain of operations that wait for each other."""
        return self.remaining((), {}, {})

    def remaining(
        self,
        done: Collection[tuple[str, int]],
        begun: Mapping[tuple[str, int], float],
        passing: Mapping[tuple[str, int], float],
    ) -> Estimate:
        """The usual time left on AWS.

        Args:
            done: the operations of which nothing is left.
            begun: how many seconds ago some others were begun.
            passing: how many seconds the passes take yet that others are in the middle of.
        """
        own = {key: sum(each, NO_TIME) for key, each in self.estimates.items() if key not in done}
        own |= {key: own[key].less(seconds) for key, seconds in begun.items() if key in own}
        own |= {key: self._after_pass(key) + Estimate(seconds, seconds) for key, seconds in passing.items()}
        waits = self.predecessors
        ends: dict[tuple[str, int], Estimate] = {}
        for operation in self.operations:
            ends[operation.key] = _latest(ends[key] for key in waits[operation.key]) + own.get(operation.key, NO_TIME)
        return _latest(ends.values())

    def _after_pass(self, key: tuple[str, int]) -> Estimate:
        """The usual time of what an operation does beside its pass."""
        (planned,) = (one for one in self.operations if one.key == key)
        each = zip(self.steps_of(planned), self.estimates[key], strict=True)
        return sum((usual for step, usual in each if not isinstance(step, Pass)), NO_TIME)


def _lasting(planned: PlannedOperation, seconds: Estimate | None) -> PlannedOperation:
    if seconds is None:
        return planned
    steps = (replace(step, usual=seconds) if isinstance(step, Pass) else step for step in planned.steps)
    return replace(planned, steps=tuple(steps))


def _latest(ends: Iterable[Estimate]) -> Estimate:
    known = tuple(ends)
    return Estimate(max((end.low for end in known), default=0), max((end.high for end in known), default=0))
