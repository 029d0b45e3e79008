"""Status: where an environment stands, as a value: the state of every migration, and every Problem with its remedy."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from osem_migrate.errors import ExitCode, ScriptOperationInapplicable
from osem_migrate.history import History, Record, RecordedState, ShownState
from osem_migrate.live import Live
from osem_migrate.migration import Migration
from osem_migrate.planning.diff import diff
from osem_migrate.planning.plan import is_changed
from osem_migrate.planning.remedy import Caller, explain, remedy
from osem_migrate.planning.replay import replay_recorded
from osem_migrate.schema import Schema


class ProblemKind(StrEnum):
    """The three things CI gates on, in the order of their exit codes."""

    PENDING = "pending"
    HISTORY = "history"
    DRIFT = "drift"

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of ``status`` when this is the worst there is."""
        return {"pending": ExitCode.PENDING, "history": ExitCode.HISTORY, "drift": ExitCode.DRIFT}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding.

    Attributes:
        code: stable, such as ``DRIFT_INDEX_MISSING``.
        kind: decides the exit code.
        state: the word that ``--ignore`` takes for it: the migration's shown state, or ``drift``.
        subject: the migration's id, or the table's physical name.
        message: what is wrong, in one sentence.
        remedy: the next command to type.
        file: the script, where one is concerned.
    """

    code: str
    kind: ProblemKind
    state: str
    subject: str
    message: str
    remedy: str
    expected: str | None = None
    found: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationStatus:
    """One migration and its shown state; ``record`` is None when nothing was recorded of it."""

    id: str
    number: int
    state: ShownState
    summary: str
    file: str | None
    record: Record | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything ``status`` reports; ``notes`` are for information only."""

    migrations: tuple[MigrationStatus, ...]
    tables: tuple[Live, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()

    @property
    def in_sync(self) -> bool:
        """Whether there is nothing to report."""
        return not self.problems

    def count(self, state: ShownState) -> int:
        """How many migrations are in a state."""
        return sum(migration.state is state for migration in self.migrations)

    def exit_code(self, ignored: Collection[str] = ()) -> ExitCode:
        """The largest of the exit codes of all problems that are not ignored."""
        codes = (problem.kind.exit_code for problem in self.problems if problem.state not in ignored)
        return max(codes, default=ExitCode.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the tables should look like by the history.

    Attributes:
        schema: the tables; empty where that cannot be known.
        unsure: tables of migrations that are unfinished or were changed: neither right nor wrong for now.
        note: why nothing can be compared, or None.
    """

    schema: Schema
    unsure: frozenset[str] = frozenset()
    note: str | None = None


_OF_STATE: Mapping[ShownState, tuple[str, ProblemKind]] = {
    ShownState.PENDING: ("MIGRATION_PENDING", ProblemKind.PENDING),
    ShownState.REVERTED: ("MIGRATION_REVERTED", ProblemKind.PENDING),
    ShownState.RUNNING: ("MIGRATION_RUNNING", ProblemKind.PENDING),
    ShownState.FAILED: ("MIGRATION_FAILED", ProblemKind.HISTORY),
    ShownState.INTERRUPTED: ("MIGRATION_INTERRUPTED", ProblemKind.HISTORY),
    ShownState.OUT_OF_ORDER: ("MIGRATION_OUT_OF_ORDER", ProblemKind.HISTORY),
    ShownState.MISSING: ("MIGRATION_MISSING", ProblemKind.HISTORY),
    ShownState.CHANGED: ("MIGRATION_CHANGED", ProblemKind.HISTORY),
    ShownState.FUTURE: ("MIGRATION_FUTURE", ProblemKind.HISTORY),
}

IGNORABLE = ("drift", *(state.value for state in _OF_STATE))


def expect(migrations: Sequence[Migration], history: History, defaults: tuple[object, ...] = ()) -> Expectation:
    """The schema that the recorded migrations build; empty, with a note, where that cannot be known."""
    empty, records = Schema(defaults=defaults), history.records
    known = {migration.id for migration in migrations}
    reverted = {record.migration for record in records.values() if record.state is RecordedState.REVERTED}
    lost = sorted(records.keys() - known - reverted)
    if lost:
        note = f"The tables were not compared: {', '.join(lost)} ran here but is not among the scripts."
        return Expectation(schema=empty, note=note)
    try:
        schema = replay_recorded(migrations, records, empty)
    except ScriptOperationInapplicable as misfit:
        note = f"The tables were not compared: the applied scripts do not fit together ({misfit.message})."
        return Expectation(schema=empty, note=note)
    unsure = (m for m in migrations if m.id in records and _is_unsure(m, records[m.id]))
    return Expectation(schema=schema, unsure=frozenset(o.table for m in unsure for o in m.operations))


def assess(  # noqa: PLR0913 - one argument each for what was gathered
    migrations: Sequence[Migration],
    history: History,
    expectation: Expectation,
    lives: Sequence[Live],
    *,
    lock_alive: bool,
    caller: Caller,
) -> Status:
    """Everything there is to say, from what was gathered; writes nothing and asks nothing."""
    shown = tuple(_shown(migrations, history, lock_alive=lock_alive))
    problems = [_migration_problem(migration, caller) for migration in shown if migration.state in _OF_STATE]
    notes = [expectation.note] if expectation.note is not None else []
    for live in lives:
        notes += [f"{live.physical_name}: {subject} is {phase}." for subject, phase in live.busy.items()]
        if live.name in expectation.unsure:
            notes.append(f"{live.physical_name} was not compared: a migration of it is unfinished or was changed.")
        elif expectation.note is None:
            problems += _drift(live, expectation.schema, caller)
    notes += _unreadable(lives, expectation.schema)
    return Status(migrations=shown, tables=tuple(lives), problems=tuple(problems), notes=tuple(notes))


def _is_unsure(migration: Migration, record: Record) -> bool:
    return record.is_unfinished or is_changed(migration, record)


def _shown(migrations: Sequence[Migration], history: History, *, lock_alive: bool) -> list[MigrationStatus]:
    records = history.records
    newest_applied = max((record.number for record in records.values() if record.is_applied), default=-1)
    newest_script = max((migration.number for migration in migrations), default=-1)
    known = {migration.id for migration in migrations}
    shown = [
        MigrationStatus(
            id=migration.id,
            number=migration.number,
            state=_state(migration, records.get(migration.id), newest_applied, lock_alive=lock_alive),
            summary=migration.summary,
            file=migration.file or None,
            record=records.get(migration.id),
        )
        for migration in migrations
    ]
    for record in records.values():
        if record.migration not in known and record.state is not RecordedState.REVERTED:
            state = ShownState.FUTURE if record.number > newest_script else ShownState.MISSING
            shown.append(
                MigrationStatus(
                    id=record.migration, number=record.number, state=state, summary="", file=None, record=record
                )
            )
    return sorted(shown, key=lambda migration: (migration.number, migration.id))


def _state(migration: Migration, record: Record | None, newest_applied: int, *, lock_alive: bool) -> ShownState:
    if record is not None and is_changed(migration, record):
        return ShownState.CHANGED
    if record is not None and record.is_unfinished and record.started_at is None:
        # Part of a run that did not come to it, or has not yet.
        return ShownState.PENDING
    if record is not None and record.state is RecordedState.RUNNING:
        return ShownState.RUNNING if lock_alive or record.left_at is not None else ShownState.INTERRUPTED
    if record is not None and record.state is not RecordedState.REVERTED:
        return ShownState(record.state.value)
    if migration.number < newest_applied:
        return ShownState.OUT_OF_ORDER
    return ShownState.PENDING if record is None else ShownState.REVERTED


def _migration_problem(migration: MigrationStatus, caller: Caller) -> Problem:
    code, kind = _OF_STATE[migration.state]
    message, what_next = explain(migration.state, migration.id, migration.record, caller)
    return Problem(
        code=code,
        kind=kind,
        state=migration.state.value,
        subject=migration.id,
        message=message,
        remedy=what_next,
        file=migration.file,
    )


def _drift(live: Live, expected: Schema, caller: Caller) -> Iterator[Problem]:
    for difference in diff(live, expected.tables.get(live.name)):
        yield Problem(
            code=difference.code,
            kind=ProblemKind.DRIFT,
            state=ProblemKind.DRIFT.value,
            subject=live.physical_name,
            message=difference.describe(),
            remedy=remedy(difference, live, caller),
            expected=difference.expected,
            found=difference.found,
        )


def _unreadable(lives: Sequence[Live], expected: Schema) -> Iterator[str]:
    """One note a setting that this endpoint cannot tell, however many tables declare it."""
    kinds = {kind for live in lives for kind in live.unreadable}
    declared = {type(setting) for table in expected.tables.values() for setting in table.settings}
    for kind in sorted(kinds & declared, key=lambda kind: kind.noun):
        yield f"This local engine does not support {kind.noun}; it was not compared."
