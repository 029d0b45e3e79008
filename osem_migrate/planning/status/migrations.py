"""Standing: the shown state of every migration, from what was recorded and what the scripts declare."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from osem_migrate.errors import HistoryUnreadable
from osem_migrate.history import History, Holder, Record, RecordedState, ShownState
from osem_migrate.migration import Migration, number_named
from osem_migrate.planning.history_check import find_renamed, future_migrations, is_changed, lost_records
from osem_migrate.planning.status.problem import Problem, ProblemKind
from osem_migrate.planning.status.remedy import explain

MIGRATION_NEWER_TOOL = "MIGRATION_NEWER_TOOL"
NEWER_TOOL = "newer_tool"
"""The word that ``--ignore`` takes for a record that a newer osem-migrate wrote."""

PROBLEM_OF_STATE: Mapping[ShownState, tuple[str, ProblemKind]] = {
    ShownState.PENDING: ("MIGRATION_PENDING", ProblemKind.PENDING),
    ShownState.REVERTED: ("MIGRATION_REVERTED", ProblemKind.PENDING),
    ShownState.RUNNING: ("MIGRATION_RUNNING", ProblemKind.PENDING),
    ShownState.FAILED: ("MIGRATION_FAILED", ProblemKind.HISTORY),
    ShownState.INTERRUPTED: ("MIGRATION_INTERRUPTED", ProblemKind.HISTORY),
    ShownState.OUT_OF_ORDER: ("MIGRATION_OUT_OF_ORDER", ProblemKind.HISTORY),
    ShownState.MISSING: ("MIGRATION_MISSING", ProblemKind.HISTORY),
    ShownState.CHANGED: ("MIGRATION_CHANGED", ProblemKind.HISTORY),
    ShownState.FUTURE: ("MIGRATION_FUTURE", ProblemKind.HISTORY),
    ShownState.UNREADABLE: (HistoryUnreadable.code, ProblemKind.HISTORY),
}
"""Code and kind of the problem that a state is; applied is none."""

_RELEASE = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationStatus:
    """One migration and its shown state; ``record`` is None when nothing was recorded of it.

    ``renamed`` is its other id, where it was renamed after it was applied: of the script, the one that was recorded;
    of the record, the one that the script has now. ``unreadable`` is why what was recorded of it says nothing.
    """

    id: str
    number: int
    state: ShownState
    summary: str
    file: str | None
    record: Record | None
    renamed: str | None = None
    unreadable: HistoryUnreadable | None = None


def migration_statuses(
    migrations: Sequence[Migration], history: History, *, lock_alive: bool
) -> tuple[MigrationStatus, ...]:
    """Every script and everything recorded without one, by number.

    A record without a script is forgotten where it was reverted, or where no run ever came to it.
    """
    records = history.records
    newest_applied = max((record.number for record in records.values() if record.is_applied), default=-1)
    future = future_migrations(migrations, records)
    renamed = find_renamed(migrations, records)
    applied_as = {new: old for old, new in renamed.items()}
    shown = [
        MigrationStatus(
            id=migration.id,
            number=migration.number,
            state=ShownState.UNREADABLE
            if migration.id in history.unreadable
            else _state(migration, records.get(migration.id), newest_applied, lock_alive=lock_alive),
            summary=migration.summary,
            file=migration.file or None,
            record=records.get(migration.id),
            renamed=applied_as.get(migration.id),
            unreadable=history.unreadable.get(migration.id),
        )
        for migration in migrations
    ]
    known = {migration.id for migration in migrations}
    shown += [
        MigrationStatus(
            id=name,
            number=number_named(name.partition("_")[0]) or 0,
            state=ShownState.UNREADABLE,
            summary="",
            file=None,
            record=None,
            unreadable=error,
        )
        for name, error in history.unreadable.items()
        if name not in known
    ]
    shown += [
        MigrationStatus(
            id=record.migration,
            number=record.number,
            state=ShownState.FUTURE if record.migration in future else ShownState.MISSING,
            summary="",
            file=None,
            record=record,
            renamed=renamed.get(record.migration),
        )
        for record in lost_records(migrations, records)
    ]
    return tuple(sorted(shown, key=lambda migration: (migration.number, migration.id)))


def migration_problems(
    migrations: Sequence[MigrationStatus],
    scripts: Sequence[Migration],
    tool_version: str | None,
    holder: Holder | None = None,
) -> Iterator[Problem]:
    """What is not simply applied, and what a newer tool than this one recorded, each on its script's first line.

    ``holder`` is who is at work, where somebody is.
    """
    places = {script.id: script.locate for script in scripts}
    for migration in migrations:
        for problem in _problems(migration, tool_version, holder):
            line = places[migration.id](0) if migration.id in places else None
            yield replace(problem, line=line, parts=_listed(migration.record, problem.message))


def _problems(migration: MigrationStatus, tool_version: str | None, holder: Holder | None) -> Iterator[Problem]:
    if migration.unreadable is not None:
        code, kind = PROBLEM_OF_STATE[migration.state]
        error = migration.unreadable
        yield _problem(migration, code, kind, migration.state.value, error.message, error.advice)
    elif migration.state in PROBLEM_OF_STATE:
        code, kind = PROBLEM_OF_STATE[migration.state]
        message, remedy = explain(
            migration.state, migration.id, migration.record, renamed=migration.renamed, holder=holder
        )
        yield _problem(migration, code, kind, migration.state.value, message, remedy)
    if migration.record is not None and tool_version is not None and is_newer(migration.record, tool_version):
        yield _problem(
            migration,
            MIGRATION_NEWER_TOOL,
            ProblemKind.HISTORY,
            NEWER_TOOL,
            f"recorded by osem-migrate {migration.record.tool_version}, which is newer than this {tool_version}",
            f"Install osem-migrate {migration.record.tool_version} or later, as this one was installed.",
        )


def _listed(record: Record | None, message: str) -> tuple[str, ...]:
    """What the recorded error lists, where the message ends with that error."""
    error = record.error if record is not None else None
    return error.parts if error is not None and message.endswith(error.message) else ()


def is_newer(record: Record, tool_version: str) -> bool:
    """Whether a later release wrote the record than this one; corrections (the third number) change no record."""
    theirs, ours = _RELEASE.match(record.tool_version), _RELEASE.match(tool_version)
    return theirs is not None and ours is not None and _numbers(theirs) > _numbers(ours)


def _numbers(release: re.Match[str]) -> tuple[int, ...]:
    return tuple(int(number) for number in release.groups())


def _problem(  # noqa: PLR0913, PLR0917 - the members of a Problem
    migration: MigrationStatus, code: str, kind: ProblemKind, state: str, message: str, remedy: str
) -> Problem:
    return Problem(
        code=code, kind=kind, state=state, subject=migration.id, message=message, advice=remedy, file=migration.file
    )


def _state(migration: Migration, record: Record | None, newest_applied: int, *, lock_alive: bool) -> ShownState:
    if record is not None and is_changed(migration, record):
        return ShownState.CHANGED
    if record is not None and not record.is_being_reversed and (_was_not_reached(record) or _is_idle(record)):
        return ShownState.PENDING
    if record is not None and record.state is RecordedState.RUNNING:
        return ShownState.RUNNING if lock_alive or record.left_at is not None else ShownState.INTERRUPTED
    if record is not None and record.state is not RecordedState.REVERTED:
        return ShownState(record.state.value)
    if migration.number < newest_applied:
        return ShownState.OUT_OF_ORDER
    return ShownState.PENDING if record is None else ShownState.REVERTED


def _was_not_reached(record: Record) -> bool:
    """Whether it is part of a run that did not come to it, or has not yet."""
    return record.is_unfinished and record.started_at is None


def _is_idle(record: Record) -> bool:
    """Whether a run that only waited ended before the rest of it was begun."""
    return record.state is RecordedState.RUNNING and record.left_at is not None and not record.doubt
