"""Checklists: what is checked of one table, point by point, and how each point stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from osem_migrate.live_table import LiveTable
from osem_migrate.operations import Setting
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.drift.defaulted import defaulted
from osem_migrate.planning.drift.diff import (
    Difference,
    compared,
    diff,
    index_text,
    local_index_text,
)
from osem_migrate.schema import Table

_READY = "ACTIVE"
_PRESENT, _MISSING = "present", "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One point of a checklist; ``name`` is ``table``, ``status``, ``keys``, ``index managerId-index`` and the like."""

    name: str
    passed: bool
    expected: str
    found: str

    @property
    def of_probe(self) -> bool:
        """Whether a sample item was tried, rather than a description read."""
        return self.name.startswith("probe ")

    def describe(self) -> str:
        """``status: ACTIVE``, or ``status: expected ACTIVE, found UPDATING``."""
        return f"{self.name}: {self.found if self.passed else f'expected {self.expected}, found {self.found}'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """One table and what was checked of it.

    Attributes:
        table: the logical name.
        physical_name: the name in DynamoDB.
        entity: the kind of item for which it was checked; None where it was for all.
        checks: in the order in which they are shown; empty where the table was not checked.
        notes: why something was not checked, or not probed; what to do about it, on lines below.
    """

    table: str
    physical_name: str
    entity: str | None = None
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """``osem-dev-Shop``, or ``osem-dev-Shop (ORDER)``."""
        return self.physical_name if self.entity is None else f"{self.physical_name} ({self.entity})"

    @property
    def was_checked(self) -> bool:
        """Whether there is anything to go by."""
        return bool(self.checks)

    @property
    def passed(self) -> bool:
        """Whether nothing that was checked failed."""
        return all(check.passed for check in self.checks)

    def extended(self, *checks: Check, notes: Iterable[str] = ()) -> "Checklist":
        """The same with more checks and notes at the end."""
        return replace(self, checks=(*self.checks, *checks), notes=(*self.notes, *notes))


def check_table(live: LiveTable, expected: Table) -> Checklist:
    """Everything that was declared of a table, against what is live; all of it passes exactly where nothing differs."""
    if live.table is None:
        checks: tuple[Check, ...] = (Check("table", passed=False, expected=_PRESENT, found=_MISSING),)
    else:
        checks = tuple(_checks(live, live.table, expected, diff(live, expected)))
    unread = [setting.noun for setting in expected.settings if type(setting) in live.unreadable]
    return Checklist(
        table=live.name,
        physical_name=live.physical_name,
        checks=checks,
        notes=(
            *(f"this local engine does not support {noun}; it was not checked" for noun in unread),
            *(f"it has {one.found}, while new tables get {one.expected}" for one in defaulted(live, expected)),
        ),
    )


def unfinished(table: str, physical_name: str, why: str) -> Checklist:
    """A table that is neither right nor wrong for now."""
    return Checklist(table=table, physical_name=physical_name, notes=(f"{why}; it was not checked",))


def _checks(live: LiveTable, table: Table, expected: Table, differences: tuple[Difference, ...]) -> Iterator[Check]:
    keys = [difference for difference in differences if difference.code == DriftCode.TABLE_KEYS]
    settings = [one for one in differences if one.setting is not None and not one.code.is_of_index]
    of_indexes = [difference for difference in differences if difference.code.is_of_index]
    of_local_indexes = [difference for difference in differences if difference.code == DriftCode.LOCAL_INDEX]
    yield Check("table", passed=True, expected=_PRESENT, found=_PRESENT)
    yield Check("status", passed=live.status == _READY, expected=_READY, found=live.status or _MISSING)
    yield Check("keys", not keys, expected.keys_text, table.keys_text)
    for name in sorted({index.name for index in (*table.indexes, *expected.indexes)}):
        yield _index(name, live, table, expected, [found for found in of_indexes if found.subject == name])
    for name in sorted({index.name for index in (*table.local_indexes, *expected.local_indexes)}):
        yield _local_index(name, table, expected, [found for found in of_local_indexes if found.subject == name])
    for setting in compared(table, expected):
        if type(setting) not in live.unreadable:
            yield _setting(setting, live, settings)
    explained = [*keys, *settings, *of_indexes, *of_local_indexes]
    for other in differences:
        if other not in explained:
            yield Check(other.subject, passed=False, expected=other.expected, found=other.found)


def _index(name: str, live: LiveTable, table: Table, expected: Table, differences: list[Difference]) -> Check:
    wanted, found = expected.index(name), table.index(name)
    phase = live.indexes[name].phase if name in live.indexes else None
    throughput = [other for other in differences if other.code == DriftCode.INDEX_THROUGHPUT]
    return Check(
        f"index {name}",
        not differences and phase is None,
        ", ".join([_READY, index_text(wanted), *(other.expected for other in throughput)])
        if wanted is not None
        else "no index",
        ", ".join([phase or _READY, index_text(found), *(other.found for other in throughput)])
        if found is not None
        else "none",
    )


def _local_index(name: str, table: Table, expected: Table, differences: list[Difference]) -> Check:
    texts = (
        local_index_text(next((index for index in of.local_indexes if index.name == name), None))
        for of in (expected, table)
    )
    return Check(f"local index {name}", not differences, *texts)


def _setting(setting: Setting, live: LiveTable, differences: list[Difference]) -> Check:
    """A setting that is on its way has not settled, whatever it shows."""
    expected = setting.phrase
    difference = next((other for other in differences if type(other.setting) is type(setting)), None)
    changing = setting.noun in live.changing
    found = "changing" if changing else (difference.found if difference is not None else expected)
    passed = difference is None and not changing
    return Check(setting.noun, passed, _without(setting.noun, expected), _without(setting.noun, found))


def _without(noun: str, text: str) -> str:
    """The text without the name of what it is about, which stands before it already."""
    return text.removeprefix(f"{noun} ")
