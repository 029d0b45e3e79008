"""RepairPlan: the script that undoes what somebody did to live tables by hand, as far as a script may."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from osem_migrate.errors import DefinitionError, OsemMigrateError
from osem_migrate.history import History, ShownState
from osem_migrate.live_table import UNUSABLE, LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable, RepairTable, SetBilling, Setting
from osem_migrate.operations.change import Change
from osem_migrate.planning.drift import diff
from osem_migrate.planning.drift.autoscaled import overlooking_capacity
from osem_migrate.planning.drift.code import DriftCode, Mending
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.planning.drift.foreseen import foresee, table_after
from osem_migrate.planning.plan import Plan
from osem_migrate.planning.status.status import Status
from osem_migrate.planning.upgrade import make_plan
from osem_migrate.schema import Index, Schema, Table
from osem_migrate.schema.value import altered, checked

UNASKED = "needs a rebuild, which was not asked for"
_STUCK = frozenset({ShownState.CHANGED, ShownState.MISSING, ShownState.FUTURE, ShownState.OUT_OF_ORDER})


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPlan:
    """What a script repairs, a RepairTable for each table, and why other drift is left out.

    ``changes`` says what will be otherwise, by logical name. ``left_out`` has the physical name of a table and the
    reason, for the table or for one thing that differs.
    """

    operations: tuple[RepairTable, ...] = ()
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
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
    schema = status.expectation.schema
    changes = {one.table: one.changes(one.start(schema), schema.tables.get(one.table)) for one in operations}
    return RepairPlan(operations=tuple(operations), changes=changes, left_out=tuple(left_out))


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
        repair = _repair_of(live, expected, mended)
    except DefinitionError as refusal:
        return None, [*reasons, f"no script can say what was found of it ({refusal.message})"]
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
        return f"{difference.code} of {difference.subject} {UNASKED}"
    return f"{difference.code} of {difference.subject} cannot be undone by a script"


def _repair_of(live: LiveTable, expected: Table, found: tuple[Difference, ...]) -> RepairTable:
    """The repair of one table; raises DefinitionError where no script can say what was found."""
    if live.table is None:
        return RepairTable(expected.name, to=(_declaration(expected),))
    rebuilt = sorted({one.subject for one in found if one.code.mending is Mending.BY_REBUILD})
    missing = sorted(one.subject for one in found if one.code == DriftCode.INDEX_MISSING)
    table = overlooking_capacity(live, expected).table or live.table
    settings = tuple(_settings(table, expected, found, {*missing, *rebuilt}))
    schema = Schema({expected.name: expected})
    # Of the capacity that the configuration gives, every environment has its own.
    said = (one for one in settings if not isinstance(one, SetBilling) or expected.default(SetBilling) is None)
    to = (
        *(AddIndex.of(expected.name, _index(expected, name)) for name in sorted([*missing, *rebuilt])),
        *(setting.reverse(schema) for setting in said),
    )
    evidence = (*settings, *(_index(live.table, name) for name in rebuilt))
    return RepairTable(expected.name, to, tuple(checked(part) for part in evidence))


def _declaration(table: Table) -> CreateTable:
    """The table as scripts declare it, without what each environment gives to new tables."""
    bare = SetBilling.default(table.name)
    declared = (setting.declared_on(table) for setting in table.settings)
    return replace(CreateTable.of(table), settings=tuple(one for one in declared if one not in {None, bare}))


def _settings(live: Table, expected: Table, found: tuple[Difference, ...], replaced: set[str]) -> Iterator[Setting]:
    """The settings that are live instead of the declared ones; billing with the capacity of each index that is kept."""
    if {difference.code for difference in found} & {DriftCode.BILLING, DriftCode.INDEX_THROUGHPUT}:
        kept = {index.name for index in expected.indexes} - replaced
        billing = SetBilling.of(live)
        yield altered(billing, indexes={index.name: index.throughput for index in live.indexes if index.name in kept})
    for difference in found:
        setting = difference.setting
        if difference.code is DriftCode.SETTING and setting is not None:
            yield setting.as_changed_to(live.setting(type(setting)) or setting.default(expected.name))


def _index(table: Table, name: str) -> Index:
    return next(index for index in table.indexes if index.name == name)
