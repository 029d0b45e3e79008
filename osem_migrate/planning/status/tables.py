"""Findings of one table: what has drifted, and what is only worth a remark."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from osem_migrate.advice import command
from osem_migrate.live_table import UNUSABLE, LiveTable
from osem_migrate.planning.drift import diff
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.defaulted import defaulted
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.planning.drift.settled import settled
from osem_migrate.planning.drift.undeclared import undeclared
from osem_migrate.planning.plan import REPLACED
from osem_migrate.planning.status.problem import NoteCode, Problem, ProblemKind
from osem_migrate.planning.status.remedy import Caller, remedy, unusable_remedy
from osem_migrate.schema import Table
from osem_migrate.schema.value import altered

_DELETING = "DELETING"


def drift(live: LiveTable, expected: Table | None, caller: Caller, *, strict: bool) -> Iterator[Problem]:
    """Every difference that has settled; with ``strict`` what nobody declared as well."""
    if live.status in UNUSABLE:
        message = f"{live.name}: expected status ACTIVE, found {live.status}"
        yield _problem(
            live, DriftCode.TABLE_STATUS, message, unusable_remedy(live, caller), expected="ACTIVE", found=live.status
        )
    yield from _leaving(live, expected, caller)
    for difference in settled(live, diff.diff(live, expected)):
        yield _drift(live, difference, caller)
    if strict:
        for difference in settled(live, undeclared(live, expected)):
            yield _drift(live, difference, caller)


def remarks(live: LiveTable, expected: Table | None, caller: Caller, *, strict: bool) -> Iterator[Problem]:
    """What is still on its way and, unless ``strict`` makes it drift, what nobody declared."""
    yield from progress(live)
    for difference in settled(live, tuple(defaulted(live, expected))):
        message = f"{difference.found}, while new tables get {difference.expected} (configuration)"
        yield _different(live, difference, message, caller, ProblemKind.NOTE)
    for difference in () if strict else settled(live, undeclared(live, expected)):
        message = f"{difference.found}, which no script declares"
        yield _different(live, difference, message, caller, ProblemKind.NOTE)


def progress(live: LiveTable) -> Iterator[Problem]:
    """The table, its indexes and its settings as far as they have not settled, each with its phase."""
    for subject, phase in live.busy.items():
        message = f"{subject} is {phase}"
        yield _remark(live, NoteCode.IN_PROGRESS, message, f"Look again: {command('status')}", found=phase)


def ahead(live: LiveTable, migration: str) -> Problem:
    """A table that is there before the migration that creates it."""
    return _remark(
        live,
        NoteCode.TABLE_AHEAD,
        f"it exists already; {migration}, which is not applied yet, creates it",
        f"If it matches the script, adopt it with: {command('upgrade')}",
    )


def _leaving(live: LiveTable, expected: Table | None, caller: Caller) -> Iterator[Problem]:
    """What is declared and is being deleted: it will not come back by itself, so it counts as gone already."""
    if expected is None or live.table is None:
        return
    leaving = {name for name, index in live.indexes.items() if index.status == _DELETING}
    left = altered(live.table, indexes=[index for index in live.table.indexes if index.name not in leaving])
    gone = replace(live, table=None if live.status == _DELETING else left)
    for difference in diff.diff(gone, expected):
        if difference.code is DriftCode.TABLE_MISSING or difference.subject in leaving:
            yield _drift(gone, replace(difference, found="one that is being deleted"), caller)


def replaced(live: LiveTable) -> Problem:
    """A table of ours that is, by its TableId, none that was recorded."""
    return _remark(
        live,
        NoteCode.TABLE_REPLACED,
        REPLACED,
        f"If that was meant, all is well. What was done, and when: {command('history')}",
    )


def _drift(live: LiveTable, difference: Difference, caller: Caller) -> Problem:
    return _different(live, difference, difference.describe(), caller, ProblemKind.DRIFT)


def _different(live: LiveTable, difference: Difference, message: str, caller: Caller, kind: ProblemKind) -> Problem:
    found = _problem(
        live,
        difference.code,
        message,
        remedy(difference, live, caller),
        kind=kind,
        expected=difference.expected,
        found=difference.found,
    )
    return replace(found, index=difference.index, setting=difference.member)


def _problem(  # noqa: PLR0913 - the members of a Problem
    live: LiveTable,
    code: str,
    message: str,
    what_next: str,
    *,
    kind: ProblemKind = ProblemKind.DRIFT,
    expected: str | None = None,
    found: str | None = None,
) -> Problem:
    return Problem(
        code=code,
        kind=kind,
        state=kind.value,
        subject=live.physical_name,
        table=live.name,
        message=message,
        advice=what_next,
        expected=expected,
        found=found,
    )


_remark = partial(_problem, kind=ProblemKind.NOTE)
