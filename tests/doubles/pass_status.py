"""How a pass stands, as a value, in one line each."""

from dataclasses import replace

from osem_migrate.history import RecordedError
from osem_migrate.pass_state import (
    Counts,
    Generation,
    PassControl,
    PassKey,
    PassReport,
    PassState,
    Said,
    SegmentState,
    SetAside,
)
from osem_migrate.planning.items import PassCondition, PassStatus
from tests.unit.planning.builders import migration, record


def status(
    condition: PassCondition,
    *,
    failures: int = 0,
    attended: bool = False,
    error: str | None = None,
    direction: str = "upgrade",
    physical_name: str | None = "shop-dev-Users",
    report: PassReport | None = None,
    changed: int = 0,
    killed: bool = False,
) -> PassStatus:
    """A pass of 0002_names; one that is paused was paused by Ada. It has examined twice the items that it changed."""
    generation = Generation(number=1, operation_hash="h", table_id=None, segments=1, begun_at=0)
    is_paused = condition is PassCondition.PAUSED
    control = PassControl(is_paused=is_paused, pause_said=Said(by="ada", at=0) if is_paused else None)
    aside = tuple(
        SetAside(key={"id": {"S": str(n)}}, code="ITEM_FAILED", message="odd", at=0, fence=1) for n in range(failures)
    )
    known = record(migration(2, slug="names")) if error is not None or direction == "downgrade" else None
    if known is not None:
        recorded = RecordedError(code=error, message="why") if error is not None else None
        known = replace(known, error=recorded, downgrade_to="1" if direction == "downgrade" else None)
    counts = Counts(examined=2 * changed, changed=changed)
    segment = SegmentState(scan=0, number=0, counts=counts, worker="w" if killed else None)
    return PassStatus(
        key=PassKey(migration="0002_names", position=0, direction=direction),
        operation=None,
        table="Users",
        physical_name=physical_name,
        condition=condition,
        is_attended=attended,
        state=PassState(
            generation=generation, segments={(0, 0): segment}, control=control, failures=aside, report=report
        ),
        live=None,
        record=known,
    )
