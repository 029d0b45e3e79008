"""RepairPlan: the script that undoes what somebody did to live tables by hand, as far as a script may."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from osem_migrate.errors import DefinitionError
from osem_migrate.history import ShownState
from osem_migrate.live_table import UNUSABLE, LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import (
    AddIndex,
    DropIndex,
    DropTable,
    Operation,
    RepairTable,
    SetBilling,
)
from osem_migrate.planning.drift import diff
from osem_migrate.planning.drift.code import DriftCode, Mending
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.planning.status.status import Status
from osem_migrate.schema import Table
from osem_migrate.schema.value import altered, checked

UNASKED = "needs a rebuild, which was not asked for"
_STUCK = frozenset({ShownState.CHANGED, ShownState.MISSING, ShownState.FUTURE, ShownState.OUT_OF_ORDER})


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPlan:
    """What a script repairs, a RepairTable for each table, and why the other drifted tables are left out.

    ``left_out`` has the physical name of each such table, with the reason. A table is repaired whole or not at all:
    ``upgrade`` touches no table that is otherwise than it expects.
    """

    operations: tuple[RepairTable, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        """``Repair Plans and Teams``: the script's title."""
        names = [operation.table for operation in self.operations]
        return f"Repair {' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))}"


def plan_repair(status: Status, migrations: Sequence[Migration], *, rebuild: bool = False) -> RepairPlan:
    """The repair of everything that has drifted; with ``rebuild`` also of what has to be rebuilt.

    Nothing is repaired that nobody declared: a table or an index that is not expected is somebody's, and stays.
    """
    operations: list[RepairTable] = []
    left_out: list[tuple[str, str]] = []
    drifted = {problem.subject for problem in status.problems if problem.code.startswith("DRIFT_")}
    for live in status.tables:
        if live.physical_name not in drifted:
            continue
        reason = _obstacle(live, status, migrations)
        expected = status.expectation.schema.tables.get(live.name)
        found = diff.diff(live, expected)
        reason = reason or next(filter(None, (_refusal(one, rebuild=rebuild) for one in found)), None)
        if reason is not None:
            left_out.append((live.physical_name, reason))
        elif expected is not None and found:
            try:
                operations.append(
                    RepairTable(expected.name, tuple(checked(part) for part in _drift(live, expected, found)))
                )
            except DefinitionError as refused:
                left_out.append((live.physical_name, f"no script can say what was done to it ({refused.message})"))
    return RepairPlan(operations=tuple(operations), left_out=tuple(left_out))


def _obstacle(live: LiveTable, status: Status, migrations: Sequence[Migration]) -> str | None:
    """What keeps any script from repairing the table for now."""
    stuck = next((one for one in status.migrations if one.state in _STUCK), None)
    if stuck is not None:
        return f"upgrade refuses to run while {stuck.id} is {stuck.state.value.replace('_', ' ')}"
    if live.status in UNUSABLE:
        return f"its status is {live.status}"
    if live.busy:
        return f"it is still changing ({', '.join(f'{name} is {phase}' for name, phase in live.busy.items())})"
    applied = {one.id for one in status.migrations if one.state is ShownState.APPLIED}
    for migration in migrations:
        if migration.id not in applied and any(operation.table == live.name for operation in migration.operations):
            return f"{migration.id} is pending and runs before a new script, but fails on the drift"
    return None


def _refusal(difference: Difference, *, rebuild: bool) -> str | None:
    """Why no script repairs this difference, or None."""
    if difference.code.mending is Mending.BY_SCRIPT or (rebuild and difference.code.mending is Mending.BY_REBUILD):
        return None
    if difference.code.mending is Mending.BY_REBUILD:
        return f"{difference.code} of {difference.subject} {UNASKED}"
    return f"{difference.code} of {difference.subject} cannot be undone by a script"


def _drift(live: LiveTable, expected: Table, found: tuple[Difference, ...]) -> Iterator[Operation]:
    """What was done to the table, in operations: indexes taken away, billing, indexes put in their place, settings."""
    if live.table is None:
        yield DropTable(expected.name)
        return
    codes = {difference.code for difference in found}
    rebuilt = sorted({one.subject for one in found if one.code.mending is Mending.BY_REBUILD})
    missing = sorted(one.subject for one in found if one.code == DriftCode.INDEX_MISSING)
    yield from (DropIndex(expected.name, name) for name in sorted([*missing, *rebuilt]))
    if codes & {DriftCode.BILLING, DriftCode.INDEX_THROUGHPUT}:
        yield _billing(live.table, expected, {*missing, *rebuilt})
    yield from (_index(live.table, name) for name in rebuilt)
    for difference in found:
        setting = difference.setting
        if difference.code is DriftCode.SETTING and setting is not None:
            yield setting.as_changed_to(live.table.setting(type(setting)) or setting.default(live.name))


def _billing(live: Table, expected: Table, gone: set[str]) -> SetBilling:
    billing = SetBilling.of(live)
    kept = {index.name for index in expected.indexes} - gone
    return altered(billing, indexes={index.name: index.throughput for index in live.indexes if index.name in kept})


def _index(live: Table, name: str) -> AddIndex:
    index = next(index for index in live.indexes if index.name == name)
    return AddIndex.of(live.name, index)
