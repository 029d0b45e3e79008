"""RepairPlan: the script that undoes what somebody did to live tables by hand, as far as a script may."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from osem_migrate.errors import DefinitionError, OsemMigrateError
from osem_migrate.history import History, ShownState
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
from osem_migrate.planning.drift.autoscaled import overlooking_capacity
from osem_migrate.planning.drift.code import DriftCode, Mending
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.planning.drift.foreseen import foresee, table_after
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.status.status import Status
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Table
from osem_migrate.schema.value import altered, checked

_STUCK = frozenset({ShownState.CHANGED, ShownState.MISSING, ShownState.FUTURE, ShownState.OUT_OF_ORDER})


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPlan:
    """What a script repairs, a RepairTable for each table, and why other drift is left out.

    ``left_out`` has the physical name of a table and the reason, for the table or for one thing that differs.
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
    drifted = {problem.subject for problem in status.problems if problem.code.startswith("DRIFT_")}
    operations: list[RepairTable] = []
    left_out: list[tuple[str, str]] = []
    for live in status.tables:
        if live.physical_name not in drifted:
            continue
        repair, reasons = _repair(live, status, migrations, rebuild=rebuild)
        operations += [repair] if repair is not None else []
        left_out += [(live.physical_name, reason) for reason in reasons]
    return RepairPlan(operations=tuple(operations), left_out=tuple(left_out))


def _repair(
    live: LiveTable, status: Status, migrations: Sequence[Migration], *, rebuild: bool
) -> tuple[RepairTable | None, list[str]]:
    """What repairs a table, if anything does, and the reasons why something of it is left as it is."""
    obstacle = _obstacle(live, status)
    if obstacle is not None:
        return None, [obstacle]
    try:
        pending = _pending(status, migrations)
    except OsemMigrateError as refusal:
        return None, [f"what is pending runs before a new script, but cannot be planned ({refusal.message})"]
    stops = next((one.stops for one in foresee(pending, [live]) if one.stops is not None), None)
    if stops is not None:
        return None, [f"{stops} is pending and runs before a new script, but fails on the drift"]
    return _mend(table_after(pending, live), pending.after.tables.get(live.name), rebuild=rebuild)


def _pending(status: Status, migrations: Sequence[Migration]) -> Plan:
    """What runs before a new script."""
    records = {one.id: one.record for one in status.migrations if one.record is not None}
    return make_plan(migrations, History(records=records, exists=True), defaults=status.expectation.schema.defaults)


def _mend(live: LiveTable, expected: Table | None, *, rebuild: bool) -> tuple[RepairTable | None, list[str]]:
    """The same where nothing else keeps a new script from it."""
    found = diff.diff(live, expected)
    refused = [(one, reason) for one in found if (reason := _refusal(one, rebuild=rebuild)) is not None]
    left, reasons = [one for one, _ in refused], [reason for _, reason in refused]
    mended = tuple(one for one in found if one not in left)
    if expected is None or not mended:
        return None, reasons
    try:
        repair = RepairTable(expected.name, tuple(checked(part) for part in _drift(live, expected, mended)))
    except DefinitionError as refusal:
        return None, [*reasons, f"no script can say what was done to it ({refusal.message})"]
    stopped = any(one.aspect is None or repair.is_concerned(one.aspect, expected) for one in left)
    return None if stopped else repair, reasons


def _obstacle(live: LiveTable, status: Status) -> str | None:
    """What keeps any script from repairing the table for now."""
    stuck = next((one for one in status.migrations if one.state in _STUCK), None)
    if stuck is not None:
        return f"upgrade refuses to run while {stuck.id} is {stuck.state.value.replace('_', ' ')}"
    if live.status in UNUSABLE:
        return f"its status is {live.status}"
    if live.busy:
        return f"it is still changing ({', '.join(f'{name} is {phase}' for name, phase in live.busy.items())})"
    return None


def _refusal(difference: Difference, *, rebuild: bool) -> str | None:
    """Why no script repairs this difference, or None."""
    if difference.code.mending is Mending.BY_SCRIPT or (rebuild and difference.code.mending is Mending.BY_REBUILD):
        return None
    if difference.code.mending is Mending.BY_REBUILD:
        return f"{difference.code} of {difference.subject} needs a rebuild: add --rebuild"
    return f"{difference.code} of {difference.subject} cannot be undone by a script"


def _drift(live: LiveTable, expected: Table, found: tuple[Difference, ...]) -> Iterator[Operation]:
    """What was done to the table, in operations: indexes taken away, billing, indexes put in their place, settings."""
    if live.table is None:
        yield DropTable(expected.name)
        return
    table = overlooking_capacity(live, expected).table or live.table
    codes = {difference.code for difference in found}
    rebuilt = sorted({one.subject for one in found if one.code.mending is Mending.BY_REBUILD})
    missing = sorted(one.subject for one in found if one.code == DriftCode.INDEX_MISSING)
    yield from (DropIndex(expected.name, name) for name in sorted([*missing, *rebuilt]))
    if codes & {DriftCode.BILLING, DriftCode.INDEX_THROUGHPUT}:
        yield _billing(table, expected, {*missing, *rebuilt})
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
