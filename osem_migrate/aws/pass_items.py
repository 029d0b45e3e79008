"""The state of a pass as items of the history table, and back.

They have a partition of their own, ``application#pass#0007_full_name#0#upgrade``, so that they do not share the
history's 1,000 units a second. Within it the items of a generation stand together.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from osem_migrate.aws.history_items import (
    PARTITION_KEY,
    PASS_PREFIX,
    SORT_KEY,
    deserialize,
    readable,
    serialize,
    sort_key,
)
from osem_migrate.items.change import canonical_item
from osem_migrate.pass_state import (
    Counts,
    Cursor,
    Generation,
    PassControl,
    PassKey,
    PassOrder,
    PassReport,
    Said,
    SegmentState,
    SetAside,
)
from osem_migrate.schema.item import Item

_COUNTS = ("examined", "changed", "gone", "left")
_SEGMENT = "#segment#"
_FAILURE = "#failure#"
_CONTROL = "#control"
_REPORTED = ("rate", "read", "written", "items", "left")


def partition(scope: str, key: PassKey) -> str:
    """The partition of a pass of an application."""
    return f"{scope}#{PASS_PREFIX}{key.text}"


def every_partition(scope: str) -> str:
    """The partitions of all passes of an application, where ``*`` stands for anything."""
    return f"{scope}#{PASS_PREFIX}*"


def generation_key(number: int) -> str:
    """The sort key of a generation, with which those of all that belongs to it begin."""
    return f"{PASS_PREFIX}{number:06}"


def segment_key(generation: int, segment: SegmentState) -> str:
    """The sort key of a segment."""
    return f"{generation_key(generation)}{_SEGMENT}{segment.scan:06}#{segment.number:04}"


def failure_key(generation: int, key: Item) -> str:
    """The sort key of an item that was set aside; the same one for the same item, however often it is set aside."""
    text = json.dumps(canonical_item(key), sort_keys=True)
    return f"{generation_key(generation)}{_FAILURE}{hashlib.sha256(text.encode()).hexdigest()}"


def generation_item(generation: Generation) -> dict[str, Any]:
    """The attributes of a generation, without its key."""
    return serialize(
        {
            "generation": generation.number,
            "operation_hash": generation.operation_hash,
            "table_id": generation.table_id,
            "segments": generation.segments,
            "begun_at": generation.begun_at,
        }
    )


def read_generation(item: Mapping[str, Any]) -> Generation:
    """The generation of an item; raises HistoryUnreadable where it is not what this version writes."""
    with readable(f"the pass {item.get(PARTITION_KEY)}"):
        values = deserialize(item)
        return Generation(
            number=int(values["generation"]),
            operation_hash=str(values["operation_hash"]),
            table_id=values.get("table_id"),
            segments=int(values["segments"]),
            begun_at=int(values["begun_at"]),
        )


def segment_values(segment: SegmentState) -> dict[str, Any]:
    """The attributes of a segment, without its key, in typed JSON."""
    cursor = {"cursor": {"M": dict(segment.cursor)}} if segment.cursor is not None else {}
    return {
        **serialize(
            {
                "scan": segment.scan,
                "segment": segment.number,
                "fence": segment.fence,
                "worker": segment.worker,
                "checkpoint": segment.checkpoint,
                "again": segment.again,
                "finished": segment.finished,
                **{name: getattr(segment.counts, name) for name in _COUNTS},
            }
        ),
        **cursor,
    }


def read_segment(item: Mapping[str, Any]) -> SegmentState:
    """The segment of an item; raises HistoryUnreadable like ``read_generation``."""
    with readable(f"a segment of the pass {item.get(PARTITION_KEY)}"):
        values = deserialize({name: value for name, value in item.items() if name != "cursor"})
        cursor: Cursor | None = item["cursor"]["M"] if "cursor" in item else None
        return SegmentState(
            scan=int(values["scan"]),
            number=int(values["segment"]),
            fence=int(values["fence"]),
            worker=values.get("worker"),
            checkpoint=int(values["checkpoint"]),
            again=int(values["again"]),
            cursor=cursor,
            counts=Counts(**{name: int(values[name]) for name in _COUNTS}),
            finished=bool(values["finished"]),
        )


def failure_item(failure: SetAside) -> dict[str, Any]:
    """The attributes of an item that was set aside, without the key of the history table."""
    known = serialize({"code": failure.code, "message": failure.message, "at": failure.at, "fence": failure.fence})
    return {**known, "key": {"M": dict(failure.key)}}


def read_failure(item: Mapping[str, Any]) -> SetAside:
    """What was set aside; raises HistoryUnreadable like ``read_generation``."""
    with readable(f"a failure of the pass {item.get(PARTITION_KEY)}"):
        values = deserialize({name: value for name, value in item.items() if name != "key"})
        key = item["key"]["M"]
        return SetAside(
            key=key,
            code=str(values["code"]),
            message=str(values["message"]),
            at=int(values["at"]),
            fence=int(values["fence"]),
        )


def control_key(generation: int) -> str:
    """The sort key of the item that holds the orders to a pass, and what its run reports."""
    return f"{generation_key(generation)}{_CONTROL}"


def order_values(order: PassOrder, said: Said, *, rate: int | None = None) -> dict[str, Any]:
    """The attributes that an order sets."""
    name = PassOrder.PAUSE if order is PassOrder.RESUME else order
    known: dict[str, Any] = {f"{name}_by": said.by, f"{name}_at": said.at}
    if order in {PassOrder.PAUSE, PassOrder.RESUME}:
        known["paused"] = order is PassOrder.PAUSE
    return serialize({**known, **({"rate": rate} if order is PassOrder.RATE else {})})


def read_control(item: Mapping[str, Any]) -> PassControl:
    """The orders; raises HistoryUnreadable like ``read_generation``."""
    with readable(f"the orders to the pass {item.get(PARTITION_KEY)}"):
        values = deserialize(item)
        rate = int(values["rate"]) if "rate" in values else None
        if rate is not None and rate < 1:
            raise ValueError(f"rate is {rate}")
        return PassControl(
            rate=rate,
            rate_said=_said(values, PassOrder.RATE),
            is_paused=bool(values.get("paused", False)),
            pause_said=_said(values, PassOrder.PAUSE),
            retry_said=_said(values, PassOrder.RETRY),
        )


def report_values(report: PassReport) -> dict[str, Any]:
    """The attributes of a report. What nobody knows is null, so that it replaces what was known before."""
    told = {name: getattr(report, name) for name in _REPORTED}
    numbers = {name: round(number, 3) for name, number in told.items() if number is not None}
    facts = {
        "reported_at": report.at,
        "fence": report.fence,
        "short": report.is_short,
        "retried": report.retried,
        "over": report.is_over,
    }
    return {
        **serialize(facts),
        **{f"run_{name}": {"N": f"{numbers[name]:f}"} if name in numbers else {"NULL": True} for name in told},
    }


def read_report(item: Mapping[str, Any]) -> PassReport | None:
    """The report, where a run has told anything; raises HistoryUnreadable like ``read_generation``."""
    with readable(f"the report of the pass {item.get(PARTITION_KEY)}"):
        values = deserialize(item)
        if "reported_at" not in values:
            return None
        found = {name: values[f"run_{name}"] for name in _REPORTED}
        told: dict[str, Any] = {name: float(number) if number is not None else None for name, number in found.items()}
        return PassReport(
            at=int(values["reported_at"]),
            fence=int(values["fence"]),
            is_short=bool(values["short"]),
            retried=int(values["retried"]),
            is_over=bool(values["over"]) if "over" in values else None,
            **told,
        )


def is_control(item: Mapping[str, Any]) -> bool:
    """Whether an item of a pass holds its orders."""
    return sort_key(item).endswith(_CONTROL)


def is_segment(item: Mapping[str, Any]) -> bool:
    """Whether an item of a pass is a segment."""
    return _SEGMENT in sort_key(item)


def is_failure(item: Mapping[str, Any]) -> bool:
    """Whether an item of a pass is one that was set aside."""
    return _FAILURE in sort_key(item)


def key_item(scope: str, key: PassKey, sort: str) -> dict[str, Any]:
    """The key of an item of a pass."""
    return serialize({PARTITION_KEY: partition(scope, key), SORT_KEY: sort})


def _said(values: Mapping[str, Any], order: PassOrder) -> Said | None:
    if f"{order}_at" not in values:
        return None
    return Said(by=str(values[f"{order}_by"]), at=int(values[f"{order}_at"]))
