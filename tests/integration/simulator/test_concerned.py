"""Every kind of operation on a table with every kind of drift: stopped where it needs or changes that, else not.

OSEM_TORTURE=1 tries all pairs; otherwise a sample of them.
"""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from osem_migrate import UpgradeOptions
from osem_migrate.errors import DeletionProtected, DriftFound
from osem_migrate.events import DriftNoticed, RunEvent
from osem_migrate.files.writer import script_source
from osem_migrate.migrator import Migrator
from osem_migrate.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    RepairTable,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTableClass,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.schema import Index, LocalIndex, N, S, Schema, Table, Throughput
from tests.doubles.manual_changes import EXTRA, OTHER, ManualChange, manual_changes
from tests.doubles.sweep_engines import PREFIX, SimulatedGround, on_simulator

TORTURE = bool(os.environ.get("OSEM_TORTURE"))
STOPPING, HARMLESS = (1000, 1000) if TORTURE else (2, 1)
NAME = "Teams"
OWN, SHARED = "own-index", "shared-index"
KEY = "arn:aws:kms:us-east-1:123456789012:key/ours"
CREATE = CreateTable(
    NAME,
    S("id"),
    N("at"),
    indexes=[
        Index(OWN, S("a"), throughput=Throughput(3, 3)),
        Index(SHARED, S("b"), projection="INCLUDE", include=["x"]),
    ],
    local_indexes=[LocalIndex("local", S("c"))],
    settings=[
        SetBilling.provisioned(NAME, read=5, write=5),
        SetStream(NAME, "NEW_IMAGE"),
        SetTimeToLive(NAME, "expiresAt"),
        SetPointInTimeRecovery(NAME, enabled=True, days=7),
        SetDeletionProtection(NAME, enabled=False),
        SetTableClass(NAME, "STANDARD"),
        SetEncryption(NAME, "AWS_OWNED"),
        SetTags(NAME, {"Team": "core", "Cost": "1"}),
    ],
)
TABLE: Table = CREATE.apply(Schema()).table(NAME)
EXTRA_INDEX = Index(EXTRA, OTHER)

Concern = Callable[[ManualChange], bool]


def shape_of(*names: str) -> Concern:
    """Whether an index of these names is gone, there, or has another shape."""
    return lambda change: change.subject in names and change.what in {"index", "index keys", "index projection"}


def kind(what: str) -> Concern:
    """Whether a setting of that name is other than declared."""
    return lambda change: change.what == what


def billing(change: ManualChange) -> bool:
    """Whether the table is paid for otherwise."""
    return change.what in {"capacity", "billing mode"}


def any_of(*concerns: Concern) -> Concern:
    """Whether one of these is met."""
    return lambda change: any(concern(change) for concern in concerns)


def throughput_of(*names: str) -> Concern:
    """Whether an index of these names has another capacity."""
    return lambda change: change.what == "index capacity" and change.subject in names


def uses_other(change: ManualChange) -> bool:
    """Whether an index has an attribute with the type that somebody gave it by hand."""
    return change.anew is not None and any(OTHER in index.keys for index in change.anew.indexes)


def nothing(change: ManualChange) -> bool:
    """Whatever somebody can make of it is what is wanted."""
    del change
    return False


def calls_for(change: ManualChange, word: str) -> bool:
    """Whether somebody asked for just that."""
    return repr(word) in str([call.parameters for call in change.calls])


def is_another_table(change: ManualChange) -> bool:
    """Whether what is there is not the table, or is no table."""
    return change.what in {"table", "table keys", "local index"}


def every_index(change: ManualChange) -> bool:
    """Whether any index is gone, there, or has another shape."""
    return change.what in {"index", "index keys", "index projection"}


def there(change: ManualChange) -> bool:
    """Whether it is about an index that is there."""
    return every_index(change) and change.how != "dropped"


@dataclass(frozen=True)
class Case:
    """An operation; ``needs`` says, apart from the code, which changes stop it, and ``mends`` which ones it ends."""

    operation: Operation
    needs: Concern
    mends: Concern = lambda _change: False


CASES = {
    "an index that shares the table's capacity": Case(AddIndex(NAME, "new", S("d")), billing),
    "an index with its own capacity": Case(
        AddIndex(NAME, "new", S("d"), throughput=Throughput(2, 2)), kind("billing mode")
    ),
    "an index that disagrees on a type": Case(
        AddIndex(NAME, "new", N(OTHER.name), throughput=Throughput(2, 2)), any_of(kind("billing mode"), uses_other)
    ),
    "the very index of somebody": Case(
        AddIndex.of(NAME, EXTRA_INDEX),
        # It has the table's capacity, as far as nobody has changed that.
        billing,
        mends=lambda change: change.subject == EXTRA,
    ),
    "an index less": Case(
        DropIndex(NAME, OWN),
        lambda c: shape_of(OWN)(c) and c.how != "dropped",
        mends=any_of(throughput_of(OWN), lambda c: shape_of(OWN)(c) and c.how == "dropped"),
    ),
    "more capacity": Case(
        SetBilling.provisioned(NAME, read=9, write=9),
        any_of(billing, throughput_of(SHARED), lambda c: there(c) and c.subject == SHARED),
    ),
    "on demand": Case(
        SetBilling.on_demand(NAME),
        any_of(kind("capacity"), throughput_of(OWN, SHARED), there),
        mends=kind("billing mode"),
    ),
    # Off is on the way to another view, where an earlier run may have left it.
    "stream": Case(
        SetStream(NAME, "KEYS_ONLY"),
        lambda c: c.what == "stream" and c.how != "off" and not calls_for(c, "KEYS_ONLY"),
        mends=kind("stream"),
    ),
    "time to live": Case(
        SetTimeToLive(NAME, None, enabled=False),
        lambda c: c.what == "time to live" and c.how != "off",
        mends=kind("time to live"),
    ),
    "recovery": Case(SetPointInTimeRecovery(NAME, enabled=True, days=9), kind("point-in-time recovery")),
    "protection": Case(SetDeletionProtection(NAME, enabled=True), nothing, mends=kind("deletion protection")),
    "class": Case(SetTableClass(NAME, "STANDARD_INFREQUENT_ACCESS"), nothing, mends=kind("table class")),
    "encryption": Case(SetEncryption(NAME, KEY), kind("encryption")),
    "a tag": Case(SetTags(NAME, {"Team": "x"}), lambda c: c.what == "tags" and calls_for(c, "Team")),
    "a repair": Case(
        RepairTable(NAME, to=[AddIndex.of(NAME, CREATE.indexes[0])]),
        any_of(kind("billing mode"), lambda c: shape_of(OWN)(c) and c.how != "dropped", throughput_of(OWN)),
        mends=lambda c: shape_of(OWN)(c) and c.how == "dropped",
    ),
    "no table": Case(DropTable(NAME), every_index, mends=lambda _change: True),
}


@pytest.fixture
def engine() -> Iterator[SimulatedGround]:
    """The table, live."""
    with on_simulator((CREATE,), 1) as engine:
        yield engine


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_an_operation_is_stopped_by_what_concerns_it_and_by_nothing_else(engine: SimulatedGround, name: str) -> None:
    """What stops it is not touched; what does not is told, and is all that is left to see afterwards."""
    case, mistakes = CASES[name], list[str]()
    for change in sample(name, case):
        with engine.pristine(TABLE):
            engine.change_by_hand(TABLE, change)
            if mistake := attempt(engine, case, change):
                mistakes.append(f"{change.what} ({change.how}) of {change.subject}: {mistake}")
    assert mistakes == []


def sample(name: str, case: Case) -> list[ManualChange]:
    """Some changes that stop the operation, and some that do not; the same every time."""
    chance = random.Random(name)  # noqa: S311 - repeatable, not secret
    changes = list(manual_changes(TABLE))
    chance.shuffle(changes)
    stopping = [change for change in changes if outcome(case, change) != "applied"]
    stopping.sort(key=is_another_table)
    return [*stopping[:STOPPING], *[change for change in changes if change not in stopping][:HARMLESS]]


def attempt(engine: SimulatedGround, case: Case, change: ManualChange) -> str | None:
    """Apply a script with the operation; what is wrong with how that ended."""
    script = engine.migrator.project.migrations / "0002_change.py"
    script.write_text(script_source("Change", [case.operation]), encoding="utf-8")
    try:
        events: list[RunEvent] = []
        migrator = engine.aws.migrator(engine.migrator.project, events.append)
        wanted = outcome(case, change)
        foreseen = migrator.preview().drift if wanted != "protected" else ()
        ended = run(migrator, engine)
        if ended != wanted:
            return f"{ended}, not {wanted}"
        return told(case, change, wanted, foreseen, events) or shown(engine.later(), case, change, wanted)
    finally:
        script.unlink()


def outcome(case: Case, change: ManualChange) -> str:
    """How it has to end."""
    is_drop = isinstance(case.operation, DropTable)
    if is_drop and change.what == "table":
        return "applied"
    if is_drop and (change.what, change.how) == ("deletion protection", "on"):
        return "protected"
    return "stopped" if is_another_table(change) or case.needs(change) else "applied"


def run(migrator: Migrator, engine: SimulatedGround) -> str:
    """How it ends."""
    table = engine.aws.simulator.table(PREFIX + NAME)
    try:
        migrator.upgrade(UpgradeOptions(allow_data_loss=True))
    except DriftFound:
        assert engine.aws.simulator.table(PREFIX + NAME) == table, "it was touched"
        return "stopped"
    except DeletionProtected:
        return "protected"
    return "applied"


def told(
    case: Case, change: ManualChange, wanted: str, foreseen: tuple[object, ...], events: list[RunEvent]
) -> str | None:
    """Whether the drift, and nothing else, was told by the dry run and by the run."""
    if wanted == "protected":
        return None
    notices = [event.drift for event in events if isinstance(event, DriftNoticed)]
    if tuple(notices) != tuple(foreseen):
        return f"foreseen {foreseen}, told {notices}"
    if wanted == "stopped":
        stops = {(notice.difference.code.value, notice.stops) for notice in notices}
        return None if stops == {(str(change.code), "0002_change")} else f"told {stops}"
    expected = {str(change.code)} if change.code is not None else set()
    found = {notice.difference.code.value for notice in notices if notice.stops is None}
    # What an operation ends by itself, as by finding it there, is no drift any more when it begins.
    return None if found == expected or (not found and case.mends(change)) else f"told {found}, not {expected}"


def shown(migrator: Migrator, case: Case, change: ManualChange, wanted: str) -> str | None:
    """Whether status shows exactly the drift that is left, and the failure beside it."""
    left = change.code if wanted != "applied" or not case.mends(change) else None
    expected = [*(["MIGRATION_FAILED"] if wanted == "stopped" else []), *([str(left)] if left is not None else [])]
    if wanted == "protected":
        expected = ["MIGRATION_PENDING", "DRIFT_SETTING"]
    found = [problem.code for problem in migrator.status().problems]
    return None if found == expected else f"status shows {found}, not {expected}"
