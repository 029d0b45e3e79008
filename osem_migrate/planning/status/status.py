"""Status: where an environment stands, as a value: the state of every migration, and every Problem with its remedy."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from osem_migrate.errors import ExitCode, OsemMigrateError, ScriptOperationInapplicable
from osem_migrate.history import LOCK, History, Record, ShownState
from osem_migrate.live_table import LiveTable
from osem_migrate.migration import Migration
from osem_migrate.planning.downgrade import make_downgrade
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.concerned import nearest
from osem_migrate.planning.drift.diff import overlooking
from osem_migrate.planning.history_check import is_changed, lost_records
from osem_migrate.planning.ownership import is_replaced
from osem_migrate.planning.plan import PlannedOperation
from osem_migrate.planning.replay import replay_recorded
from osem_migrate.planning.status.migrations import (
    NEWER_TOOL,
    PROBLEM_OF_STATE,
    MigrationStatus,
    migration_problems,
    migration_statuses,
)
from osem_migrate.planning.status.problem import Problem, ProblemKind, Severity
from osem_migrate.planning.status.remedy import Caller
from osem_migrate.planning.status.tables import ahead, drift, progress, remarks, replaced
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Schema, Table

__all__ = [
    "IGNORABLE",
    "Expectation",
    "MigrationStatus",
    "Problem",
    "ProblemKind",
    "Severity",
    "Status",
    "assess",
    "expect",
]

IGNORABLE = (ProblemKind.DRIFT.value, *(state.value for state in PROBLEM_OF_STATE), NEWER_TOOL)
"""The words that ``--ignore`` takes."""


_REPAIRABLE = frozenset(code for code in DriftCode if code.is_repairable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the tables should look like by the history.

    Attributes:
        schema: the tables; empty where that cannot be known.
        unsure: tables of migrations that are unfinished or were changed: neither right nor wrong for now.
        begun: those of them that are in one of the states of an operation, which a run has begun or comes to next; None
            where all is done.
        ahead: tables that migrations still to apply create, by logical name, each with the first of these migrations.
        elsewhere: tables that recorded migrations without a script touch, each with the first of these migrations.
        unread: tables of scripts whose records cannot be read, by logical name, each with the last of these migrations.
        note: why nothing can be compared, or None.
    """

    schema: Schema
    unsure: frozenset[str] = frozenset()
    begun: Mapping[str, PlannedOperation | None] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)
    ahead: dict[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None

    def states(self, table: str) -> tuple[Table | None, ...]:
        """Where the table may be."""
        begun = self.begun.get(table)
        return begun.states if begun is not None else (self.schema.tables.get(table),)

    def why_unsure(self, table: str) -> str:
        """Why a table of ``unsure`` is neither right nor wrong for now."""
        if table in self.elsewhere:
            return f"{self.elsewhere[table]} ran there, and its script is not here"
        if table in self.unread:
            return f"what is recorded of {self.unread[table]}, which concerns it, cannot be read"
        return "a migration there is unfinished or was changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything ``status`` reports.

    Attributes:
        tables: those that should be there, and those of the environment that should not.
        problems: what has to be done something about, each an error or a warning.
        remarks: findings that are for information only: what is in progress, and what nobody declared.
        notes: what could not be compared, in sentences.
        expectation: what the tables were compared with.
    """

    migrations: tuple[MigrationStatus, ...]
    tables: tuple[LiveTable, ...]
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    expectation: Expectation = field(default_factory=lambda: Expectation(schema=Schema()))

    @property
    def in_sync(self) -> bool:
        """Whether there is no problem; remarks and notes are none."""
        return not self.problems

    @property
    def is_repairable(self) -> bool:
        """Whether any of it is of a kind that a script can repair."""
        return any(problem.code in _REPAIRABLE for problem in self.problems)

    def count(self, state: ShownState) -> int:
        """How many migrations are in a state."""
        return sum(migration.state is state for migration in self.migrations)

    def exit_code(self, ignored: Collection[str] = ()) -> ExitCode:
        """The largest of the exit codes of all problems that are not ignored."""
        codes = (problem.kind.exit_code for problem in self.problems if problem.state not in ignored)
        return max(codes, default=ExitCode.OK)


def expect(migrations: Sequence[Migration], history: History, defaults: tuple[object, ...] = ()) -> Expectation:
    """The schema that the recorded migrations build; empty, with a note, where that cannot be known."""
    empty, records = Schema(defaults=defaults), history.records
    lost = lost_records(migrations, records)
    known = {migration.id for migration in migrations}
    silent = [record.migration for record in lost if record.tables is None]
    silent += [name for name in history.unreadable if name not in known]
    if silent:
        note = f"The tables were not compared: {', '.join(silent)} ran here but is not among the scripts."
        return Expectation(schema=empty, note=note)
    elsewhere = {name: record.migration for record in reversed(lost) for name in record.tables or ()}
    try:
        schema = replay_recorded(migrations, records, empty)
    except ScriptOperationInapplicable as error:
        note = f"The tables were not compared: the applied scripts do not fit together ({error.message})."
        return Expectation(schema=empty, note=note)
    unread = {o.table: m.id for m in migrations if m.id in history.unreadable for o in m.operations}
    unsure = (m for m in migrations if m.id in records and _is_unsure(m, records[m.id]))
    waiting = [migration for migration in reversed(migrations) if not history.is_applied(migration.id)]
    return Expectation(
        schema=schema,
        begun=_begun(migrations, history, defaults),
        unsure=frozenset(o.table for m in unsure for o in m.operations) | elsewhere.keys() | unread.keys(),
        unread=unread,
        elsewhere=elsewhere,
        ahead={o.table: m.id for m in waiting for o in m.operations if o.creates_table},
    )


def assess(  # noqa: PLR0913 - one argument each for what was gathered
    migrations: Sequence[Migration],
    history: History,
    expectation: Expectation,
    live_tables: Sequence[LiveTable],
    *,
    lock_alive: bool,
    caller: Caller,
    strict: bool = False,
    tool_version: str | None = None,
    notes: Sequence[str] = (),
) -> Status:
    """Everything there is to say, from what was gathered; writes nothing and asks nothing.

    Args:
        migrations: the scripts.
        history: what was recorded.
        expectation: what ``expect`` makes of the two.
        live_tables: the tables that should be there, and those of the environment that should not.
        lock_alive: whether a run is at work.
        caller: how to call this tool here.
        strict: whether what nobody declared is drift.
        tool_version: of this tool; records of a newer one are a problem.
        notes: what could not be gathered.
    """
    shown = migration_statuses(migrations, history, lock_alive=lock_alive)
    problems = list(migration_problems(shown, migrations, tool_version, history.holder if lock_alive else None))
    problems += _lock_problems(history)
    notes = [*([expectation.note] if expectation.note is not None else []), *notes]
    remarked: list[Problem] = []
    unsure: dict[str, list[str]] = {}
    for live in live_tables:
        table, seen = expectation.schema.tables.get(live.name), live
        is_unsure = live.name in expectation.unsure
        if is_unsure and live.name in expectation.begun and not lock_alive and not live.busy:
            is_unsure = False
            table, seen = _nearest(live, expectation.begun[live.name], table)
        if is_unsure:
            unsure.setdefault(expectation.why_unsure(live.name), []).append(live.physical_name)
        if expectation.note is not None or is_unsure:
            remarked += progress(live)
        elif table is None and live.table is not None and live.name in expectation.ahead:
            remarked.append(ahead(live, expectation.ahead[live.name]))
        else:
            problems += drift(seen, table, caller, strict=strict)
            remarked += remarks(seen, table, caller, strict=strict)
            remarked += [replaced(live)] if table is not None and is_replaced(live, history) else []
    notes += [f"{_were(names)} not compared: {why}." for why, names in unsure.items()]
    notes += _unreadable(live_tables, expectation.schema)
    return Status(
        migrations=shown,
        tables=tuple(live_tables),
        problems=tuple(problems),
        remarks=tuple(remarked),
        notes=tuple(notes),
        expectation=expectation,
    )


def _lock_problems(history: History) -> Iterator[Problem]:
    """That nobody can say who holds the lock, where that is so."""
    error = history.unreadable_lock
    if error is not None:
        code, kind = PROBLEM_OF_STATE[ShownState.UNREADABLE]
        yield Problem(
            code=code,
            kind=kind,
            state=ShownState.UNREADABLE.value,
            subject=LOCK,
            message=error.message,
            advice=error.advice,
        )


def _were(names: Sequence[str]) -> str:
    """``shop-dev-Plans was``, ``shop-dev-Plans, shop-dev-Teams were``."""
    return f"{', '.join(names)} {'was' if len(names) == 1 else 'were'}"


def _begun(
    migrations: Sequence[Migration], history: History, defaults: tuple[object, ...]
) -> Mapping[str, PlannedOperation | None]:
    """What is next on each table of a migration that is unfinished; nothing where that cannot be known."""
    records = history.records
    unfinished = {m.id: m for m in migrations if m.id in records and records[m.id].is_unfinished}
    if not unfinished:
        return {}
    target = next((records[name].downgrade_to for name in unfinished if records[name].is_being_reversed), None)
    try:
        if target is not None:
            plan = make_downgrade(migrations, history, target, defaults=defaults)
        else:
            plan = make_plan(migrations, history, defaults=defaults, allow_out_of_order=True)
    except OsemMigrateError:
        return {}
    following = {lane.table: lane.operations[0] for lane in plan.lanes if lane.operations[0].migration.id in unfinished}
    return {o.table: following.get(o.table) for m in unfinished.values() for o in m.operations}


def _nearest(live: LiveTable, begun: PlannedOperation | None, declared: Table | None) -> tuple[Table | None, LiveTable]:
    """The state that the table is to be compared with, and the table without what later operations may have brought."""
    if begun is None:
        return declared, live
    state = nearest(begun, live).state
    return state, overlooking(live, state, begun.ahead)


def _is_unsure(migration: Migration, record: Record) -> bool:
    return record.is_unfinished or is_changed(migration, record)


def _unreadable(live_tables: Sequence[LiveTable], expected: Schema) -> Iterator[str]:
    """One note a setting that this endpoint cannot tell, however many tables declare it."""
    kinds = {kind for live in live_tables for kind in live.unreadable}
    declared = {type(setting) for table in expected.tables.values() for setting in table.settings}
    for kind in sorted(kinds & declared, key=lambda kind: kind.noun):
        yield f"This local engine does not support {kind.noun}; it was not compared."
