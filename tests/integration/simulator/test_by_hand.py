"""Every setting changed by hand, declared before or not, against every operation that is pending on its table.

What the dry run says is what the upgrade then does: it stops at what was foreseen, makes the calls that were shown, and
finds the rest there already. OSEM_TORTURE=1 tries all of them; otherwise a sample.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import pytest

from osem_migrate import UpgradeOptions
from osem_migrate.aws.optional_reads import OptionalReads
from osem_migrate.errors import DriftFound
from osem_migrate.events import OperationFinished, RunEvent, StepPerformed
from osem_migrate.files.writer import script_source
from osem_migrate.operations import (
    SETTINGS,
    AddIndex,
    CreateTable,
    DropIndex,
    Operation,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
    Setting,
)
from osem_migrate.planning.plan import Plan
from osem_migrate.schema import Index, S, Schema, Table
from tests.doubles.sweep_engines import SimulatedGround, on_simulator

TRIED = None if os.environ.get("OSEM_TORTURE") else 9
KEY = "arn:aws:kms:us-east-1:123456789012:key/0b0c9a4e-1d4b-4a0e-9a57-5b8f3f5b0001"
VALUES: dict[type[Setting], Callable[[str], Sequence[Setting]]] = {
    SetStream: lambda t: [SetStream(t, None), SetStream(t, "KEYS_ONLY"), SetStream(t, "OLD_IMAGE")],
    SetTimeToLive: lambda t: [SetTimeToLive(t, None, enabled=False), SetTimeToLive(t, "a")],
    SetPointInTimeRecovery: lambda t: [
        SetPointInTimeRecovery(t, enabled=False),
        SetPointInTimeRecovery(t, enabled=True),
        SetPointInTimeRecovery(t, enabled=True, days=7),
    ],
    SetDeletionProtection: lambda t: [
        SetDeletionProtection(t, enabled=False),
        SetDeletionProtection(t, enabled=True),
    ],
    SetTableClass: lambda t: [SetTableClass(t, "STANDARD"), SetTableClass(t, "STANDARD_INFREQUENT_ACCESS")],
    SetEncryption: lambda t: [SetEncryption(t, "AWS_OWNED"), SetEncryption(t, "AWS_MANAGED"), SetEncryption(t, KEY)],
    SetTags: lambda t: [SetTags(t, {"a": "1"}), SetTags(t, {"a": "2", "b": None}), SetTags(t, {"a": None, "b": "3"})],
    SetBilling: lambda t: [
        SetBilling.on_demand(t),
        SetBilling.provisioned(t, read=5, write=5),
        SetBilling.provisioned(t, read=6, write=4),
    ],
}
"""Of each setting AWS's default first, where there is one, and then others."""


def creation(table: str, declared: int | None) -> CreateTable:
    """A table that declares the value of that number of every setting, or none of any."""
    chosen = [] if declared is None else [values(table)[declared % len(values(table))] for values in VALUES.values()]
    return CreateTable(table, S("id"), indexes=[Index("own", S("a"))], settings=chosen)


CREATIONS = (creation("Bare", None), creation("Usual", 0), creation("Other", 1), creation("Third", 2))
TABLES: dict[str, Table] = {one.table: one.apply(Schema()).table(one.table) for one in CREATIONS}


@dataclass(frozen=True, slots=True)
class Case:
    """A table, the setting that somebody gives it by hand, and what is pending then."""

    table: Table
    by_hand: Setting
    pending: tuple[Operation, ...]

    def __str__(self) -> str:
        declared = self.table.setting(type(self.by_hand))
        was = declared.phrase if declared is not None else "undeclared"
        return f"{was}, by hand {self.by_hand.phrase}: {', '.join(one.describe() for one in self.pending)}"


def cases() -> Iterator[Case]:
    """One operation of the same setting, or one or two of which another one comes first."""
    for table, kind in product(TABLES.values(), VALUES):
        name, values = table.name, VALUES[kind](table.name)
        others = [value for other in VALUES if other is not kind for value in VALUES[other](name)]
        first = [AddIndex(name, "new", S("d")), DropIndex(name, "own"), *others, *values]
        for by_hand, last in product(values, values):
            yield Case(table, by_hand, (last,))
            # Time to live that is changed twice waits for an hour, which is the business of other tests.
            yield from (Case(table, by_hand, (one, last)) for one in first if not type(one) is kind is SetTimeToLive)


def test_every_setting_has_values() -> None:
    """A new one is tried as well."""
    assert set(VALUES) == set(SETTINGS)


@pytest.fixture
def engine() -> Iterator[SimulatedGround]:
    """The tables, live as declared."""
    with on_simulator(CREATIONS, 1) as engine:
        yield engine


@pytest.mark.slow
def test_the_dry_run_says_what_the_upgrade_does(engine: SimulatedGround) -> None:
    """And afterwards ``status`` tells what is left, and another ``upgrade`` finds nothing to do."""
    tried = list(cases())
    random.Random(3).shuffle(tried)  # noqa: S311 - repeatable, not secret
    mistakes = [f"{case}: {said}" for case in tried[:TRIED] if (said := mistake(engine, case)) is not None]
    assert mistakes == []


FOUND_TO_BE_WRONG: dict[str, tuple[str, Setting, list[Operation]]] = {
    "there already, as the dry run did not say": (
        "Bare",
        SetStream("Bare", "KEYS_ONLY"),
        [SetStream("Bare", "KEYS_ONLY")],
    ),
    "off on the way to another view": ("Other", SetStream("Other", None), [SetStream("Other", "OLD_IMAGE")]),
    "behind another operation, and undeclared": (
        "Bare",
        SetStream("Bare", "OLD_IMAGE"),
        [SetTableClass("Bare", "STANDARD_INFREQUENT_ACCESS"), SetStream("Bare", "KEYS_ONLY")],
    ),
    "known by half, and ahead": (
        "Bare",
        SetEncryption("Bare", KEY),
        [SetEncryption("Bare", "AWS_OWNED"), SetEncryption("Bare", "AWS_MANAGED")],
    ),
    "behind a billing that its indexes follow": (
        "Other",
        SetPointInTimeRecovery("Other", enabled=True, days=7),
        [
            SetBilling.provisioned("Other", read=6, write=4),
            SetPointInTimeRecovery("Other", enabled=True, days=7),
        ],
    ),
    "of an index that goes": (
        "Third",
        SetBilling.provisioned("Third", read=5, write=5),
        [DropIndex("Third", "own"), SetBilling.provisioned("Third", read=5, write=5)],
    ),
    "behind another operation, and there already": (
        "Usual",
        SetStream("Usual", "OLD_IMAGE"),
        [SetTableClass("Usual", "STANDARD_INFREQUENT_ACCESS"), SetStream("Usual", "OLD_IMAGE")],
    ),
}


@pytest.mark.parametrize("name", FOUND_TO_BE_WRONG)
def test_what_was_found_to_be_wrong(engine: SimulatedGround, name: str) -> None:
    """Each of these once was."""
    table, by_hand, pending = FOUND_TO_BE_WRONG[name]
    assert mistake(engine, Case(TABLES[table], by_hand, tuple(pending))) is None


def test_what_was_not_read_is_not_taken_for_done(engine: SimulatedGround, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dry run asks as far as the role may, and as AWS answers; what it has not seen it shows as a call."""
    monkeypatch.setattr(OptionalReads, "questions", frozenset())
    script = engine.migrator.project.migrations / "0099_change.py"
    off = SetTimeToLive("Other", None, enabled=False)
    script.write_text(script_source("Change", [off]), encoding="utf-8")
    assert [step.action for step in engine.later().preview().steps] == ["UpdateTimeToLive"]


def mistake(engine: SimulatedGround, case: Case) -> str | None:
    """What is wrong with how a case ends; None where nothing is."""
    kind, name = type(case.by_hand), case.table.name
    is_so = case.table.setting(kind) is None and case.by_hand == kind.default(name)
    script = engine.migrator.project.migrations / "0099_change.py"
    with engine.pristine(case.table):
        engine.perform(() if is_so else case.by_hand.steps(Schema({name: case.table})))
        script.write_text(script_source("Change", list(case.pending)), encoding="utf-8")
        try:
            return differing(engine)
        finally:
            script.unlink()


def differing(engine: SimulatedGround) -> str | None:
    """In what the upgrade, and what comes afterwards, is otherwise than the dry run says."""
    events: list[RunEvent] = []
    migrator = engine.aws.migrator(engine.migrator.project, events.append)
    plan, before = migrator.preview(), engine.later().status().problems
    stops = [drift for drift in plan.drift if drift.stops is not None]
    stopped = False
    try:
        migrator.upgrade(UpgradeOptions(allow_data_loss=True))
    except DriftFound:
        stopped = True
    if stopped != bool(stops):
        return f"foreseen {stops}, stopped: {stopped}"
    if (made := carried_out(events)) != (shown := foretold(plan, len(made))):
        return f"the dry run shows {shown}, and {made} were made"
    if stopped and len(plan.operations) > 1:
        after = engine.later().status().problems
        return f"{made} were made, and status shows {after}, not {before}" if made or after != before else None
    return afterwards(engine, plan, stopped=stopped)


def carried_out(events: Sequence[RunEvent]) -> list[tuple[int, bool]]:
    """Of each operation that ended, how many calls it took, and whether it was there already."""
    counts = [0]
    ended: list[tuple[int, bool]] = []
    for event in events:
        if isinstance(event, StepPerformed):
            counts[-1] += 1
        elif isinstance(event, OperationFinished):
            ended.append((counts[-1], event.adopted))
            counts.append(0)
    return ended


def foretold(plan: Plan, ended: int) -> list[tuple[int, bool]]:
    """The same, as the plan has it of as many operations."""
    counts = [len(plan.steps_of(planned)) for planned in plan.operations]
    return [(count, count == 0) for count in counts[:ended]]


def afterwards(engine: SimulatedGround, plan: Plan, *, stopped: bool) -> str | None:
    """Whether ``status`` tells exactly what was foreseen to be left, and nothing is done again."""
    status = engine.later().status()
    left = {drift.difference.code.value for drift in plan.drift if stopped or drift.stops is None}
    expected = left | ({"MIGRATION_FAILED"} if stopped else set())
    if (found := {str(problem.code) for problem in status.problems}) != expected:
        return f"status shows {found}, not {expected}"
    return "it was done again" if not stopped and engine.later().upgrade().applied else None
