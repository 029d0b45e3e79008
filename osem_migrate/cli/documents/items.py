"""The documents of ``items status``, ``items failures``, and of those that give an order."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.clock import iso_of
from osem_migrate.commands.items import PassFailure, PassFailures, Steered
from osem_migrate.details import Timestamp
from osem_migrate.pass_state import Said, typed_key
from osem_migrate.planning.items import PassStatus


class PassDocument(TypedDict):
    """Where one pass over items stands."""

    migration: str
    position: int
    """Of the operation in its script, from 0."""
    direction: str
    """upgrade or downgrade."""
    generation: int
    """How often it was begun."""
    operation: str | None
    """In words; null where its script is gone."""
    table: str | None
    """The table's name in the scripts."""
    physical_name: str | None
    """In DynamoDB."""
    state: str
    """running, paused, interrupted, failed, still changing, done, or abandoned."""
    attended: bool
    """Whether a run is at work on it, or waits in it."""
    begun_at: Timestamp | None
    scan: int
    """0 for the pass itself, from 1 on for a scan that looks whether anything is left to change."""
    segments: int
    segments_done: int
    """Of that scan."""
    examined: int
    """Items that the pass itself has looked at."""
    changed: int
    changed_is_exact: bool
    """False where a kill may have left changes uncounted."""
    failures: int
    table_items: int | None
    """By a count of DynamoDB's that may be six hours old."""
    table_size_bytes: int | None
    """The same."""
    rate: int | None
    """Units a second that somebody has ordered."""
    rate_by: str | None
    paused_by: str | None
    paused_at: Timestamp | None
    read_units_per_second: float | None
    """Lately; null where no run is at work."""
    written_units_per_second: float | None
    items_per_second: float | None
    seconds_left: int | None
    """Of the scan that it is at, about; null also while it is paused."""
    remediation: str | None
    """The command that goes on with it; null where it is over, or a run is at work."""


class PassesCounts(TypedDict):
    """How many there are."""

    passes: int
    under_way: int


class ItemsStatusDocument(TypedDict):
    """Every pass over items that was begun, by migration."""

    counts: PassesCounts
    passes: list[PassDocument]


class OrderedPassDocument(TypedDict):
    """What became of an order to one pass."""

    migration: str
    position: int
    direction: str
    physical_name: str | None
    attended: bool
    """Whether a run is at work that will take notice of it within seconds."""
    ordered: bool
    """Whether it was written; false where there was no need to."""


class ItemsOrderDocument(TypedDict):
    """An order."""

    order: str
    """rate, pause, resume or retry."""
    rate: int | None
    """Units a second."""
    passes: list[OrderedPassDocument]


class PassFailureDocument(TypedDict):
    """An item that a pass could not handle."""

    migration: str
    position: int
    physical_name: str | None
    """Of the table, in DynamoDB."""
    key: dict[str, dict[str, str]]
    """In DynamoDB's typed JSON; binary values are in base64."""
    code: str
    message: str
    at: Timestamp | None


class FailuresCounts(TypedDict):
    """How many there are, and how many are shown."""

    failures: int
    shown: int


class ItemsFailuresDocument(TypedDict):
    """What passes have set aside, the oldest first."""

    counts: FailuresCounts
    failures: list[PassFailureDocument]


PRINTED = {
    "items": Printed(()),
    "items status": Printed((ItemsStatusDocument,)),
    "items rate": Printed((ItemsOrderDocument,)),
    "items pause": Printed((ItemsOrderDocument,)),
    "items resume": Printed((ItemsOrderDocument,)),
    "items retry": Printed((ItemsOrderDocument,)),
    "items failures": Printed((ItemsFailuresDocument,)),
}


def items_status_document(found: Sequence[PassStatus]) -> ItemsStatusDocument:
    """Where passes stand."""
    under_way = sum(not status.condition.is_over for status in found)
    return {"counts": {"passes": len(found), "under_way": under_way}, "passes": [_pass(status) for status in found]}


def items_order_document(steered: Sequence[Steered], order: str, rate: int | None) -> ItemsOrderDocument:
    """An order, and who got it."""
    return {"order": order, "rate": rate, "passes": [_ordered(one) for one in steered]}


def items_failures_document(found: PassFailures) -> ItemsFailuresDocument:
    """What was set aside."""
    counts: FailuresCounts = {"failures": found.total, "shown": len(found.failures)}
    return {"counts": counts, "failures": [_failure(failure) for failure in found.failures]}


def _pass(status: PassStatus) -> PassDocument:
    control, state = status.state.control, status.state
    report = state.report if status.is_attended else None
    paused = control.pause_said if control.is_paused else None
    goes_on = not (status.condition.is_over or status.is_attended)
    return {
        "migration": status.key.migration,
        "position": status.key.position,
        "direction": status.key.direction,
        "generation": state.generation.number,
        "operation": status.operation,
        "table": status.table,
        "physical_name": status.physical_name,
        "state": status.condition.value,
        "attended": status.is_attended,
        "begun_at": iso_of(state.generation.begun_at),
        "scan": status.scan,
        "segments": state.generation.segments,
        "segments_done": status.segments_done,
        "examined": status.examined,
        "changed": status.changed,
        "changed_is_exact": not status.is_short,
        "failures": len(state.failures),
        "table_items": status.live.items if status.live is not None else None,
        "table_size_bytes": status.size_bytes,
        "rate": control.rate,
        "rate_by": _by(control.rate_said),
        "paused_by": _by(paused),
        "paused_at": iso_of(paused.at) if paused is not None else None,
        "read_units_per_second": report.read if report is not None else None,
        "written_units_per_second": report.written if report is not None else None,
        "items_per_second": report.items if report is not None else None,
        "seconds_left": round(status.left) if status.left is not None else None,
        "remediation": status.resume if goes_on else None,
    }


def _by(said: Said | None) -> str | None:
    return said.by if said is not None else None


def _ordered(one: Steered) -> OrderedPassDocument:
    return {
        "migration": one.status.key.migration,
        "position": one.status.key.position,
        "direction": one.status.key.direction,
        "physical_name": one.status.physical_name,
        "attended": one.status.is_attended,
        "ordered": one.ordered,
    }


def _failure(failure: PassFailure) -> PassFailureDocument:
    return {
        "migration": failure.key.migration,
        "position": failure.key.position,
        "physical_name": failure.physical_name,
        "key": typed_key(failure.item.key),
        "code": failure.item.code,
        "message": failure.item.message,
        "at": iso_of(failure.item.at),
    }
