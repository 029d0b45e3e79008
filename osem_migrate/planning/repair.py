"""RepairPlan: the script that undoes what somebody did to live tables by hand, as far as a script may."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from osem_migrate.errors import DefinitionError
from osem_migrate.history import ShownState
from osem_migrate.live_table import UNUSABLE, LiveTable
from osem_migrate.migration import Migration
from osem_migrate.operations import AddIndex, CreateTable, RepairTable, SetBilling, Setting
from osem_migrate.operations.change import Change
from osem_migrate.planning.drift import diff
from osem_migrate.planning.drift.code import DriftCode, Mending
from osem_migrate.planning.drift.diff import Difference
from osem_migrate.planning.status.status import Status
from osem_migrate.schema import Index, Schema, Table
from osem_migrate.schema.value import altered, checked

_STUCK = frozenset({ShownState.CHANGED, ShownState.MISSING, ShownState.FUTURE, ShownState.OUT_OF_ORDER})


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPlan:
    """What a script repairs, a RepairTable for each table, and why the other drifted tables are left out.

    ``changes`` says what will be otherwise, by logical name. ``left_out`` has the physical name of each table that is
    left out, with the reason. A table is repaired whole or not at all: ``upgrade`` touches no table that is otherwise
    than it expects.
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
                operations.append(_repair(live, expected, found))
            except DefinitionError as refused:
                left_out.append((live.physical_name, f"no script can say what was found of it ({refused.message})"))
    schema = status.expectation.schema
    changes = {one.table: one.changes(one.start(schema), schema.tables.get(one.table)) for one in operations}
    return RepairPlan(operations=tuple(operations), changes=changes, left_out=tuple(left_out))


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
        return f"{difference.code} of {difference.subject} needs a rebuild: add --rebuild"
    return f"{difference.code} of {difference.subject} cannot be undone by a script"


def _repair(live: LiveTable, expected: Table, found: tuple[Difference, ...]) -> RepairTable:
    """The repair of one table; raises DefinitionError where no script can say what was found."""
    if live.table is None:
        return RepairTable(expected.name, to=(_declaration(expected),))
    rebuilt = sorted({one.subject for one in found if one.code.mending is Mending.BY_REBUILD})
    missing = sorted(one.subject for one in found if one.code == DriftCode.INDEX_MISSING)
    settings = tuple(_settings(live.table, expected, found, {*missing, *rebuilt}))
    schema = Schema({expected.name: expected})
    # Of the capacity that pyproject.toml gives, every environment has its own.
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
