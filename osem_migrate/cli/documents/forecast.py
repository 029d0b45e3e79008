"""What a pass over items takes, and what it would do with a sample of them."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from osem_migrate.items.values import json_item
from osem_migrate.planning.forecast import PassForecast
from osem_migrate.planning.sample import Sample, Units


class RangeDocument(TypedDict):
    """From so much to so much."""

    low: float
    high: float


class UnitsDocument(TypedDict):
    """Capacity units that a pass takes."""

    read: RangeDocument
    write: RangeDocument
    """Of the table."""
    indexes: Mapping[str, RangeDocument]
    """Write units of each global index, by its name."""


class UnitsASecondDocument(TypedDict):
    """Capacity units a second."""

    read: float
    write: float


class ItemDifferenceDocument(TypedDict):
    """What would become of one item; values as the AWS CLI prints them, with their types."""

    key: Mapping[str, Any]
    before: Mapping[str, Any]
    """Of an update, those attributes that it changes."""
    after: Mapping[str, Any] | None
    """The same afterwards; null where the item would be deleted."""


class ItemFailureDocument(TypedDict):
    """An item that would be set aside."""

    key: Mapping[str, Any]
    code: str
    message: str


class SampleDocument(TypedDict):
    """What would become of some items."""

    examined: int
    segments: int
    """From how many segments of the table they are."""
    is_whole: bool
    """Whether that is all of them."""
    changed: int
    share: float
    """Of those that were examined, from 0 to 1."""
    failed: int
    largest_bytes: int | None
    """Of those that would be written, afterwards; null where none would."""
    differences: list[ItemDifferenceDocument]
    """At most ten."""
    failures: list[ItemFailureDocument]
    """At most ten."""


class ItemsForecastDocument(TypedDict):
    """What a pass over the items of a table takes."""

    items: int
    """By DynamoDB's count, which may be six hours old, or as many as the script gives."""
    size_bytes: int
    """By DynamoDB's count."""
    units: UnitsDocument
    units_a_second: UnitsASecondDocument | None
    """How fast it may go; null where nothing limits it."""
    seconds: RangeDocument | None
    """At that rate, at least; null without one."""
    dollars: RangeDocument | None
    """Null where no price is known."""
    why_no_dollars: str | None
    prices_date: str
    """As of when the prices are that it is calculated with."""
    is_prepaid: bool
    """Whether these units are provisioned, and paid for whoever uses them."""
    indexes: list[str]
    """Global indexes that it may write to."""
    stream: str | None
    """What the stream of the table shows of each item that is written; null without a stream."""
    sample: SampleDocument | None
    """Where one was asked for."""
    unsampled: str | None
    """Why there is none although it was asked for."""


def forecast_document(found: PassForecast) -> ItemsForecastDocument:
    """A forecast for machines."""
    low, high = found.least, found.most
    return {
        "items": found.items,
        "size_bytes": found.size_bytes,
        "units": _units(low, high),
        "units_a_second": None if found.rate is None else {"read": found.rate[0], "write": found.rate[1]},
        "seconds": None if found.seconds is None else {"low": found.seconds.low, "high": found.seconds.high},
        "dollars": None if found.dollars is None else {"low": found.dollars[0], "high": found.dollars[1]},
        "why_no_dollars": found.why_no_dollars,
        "prices_date": found.prices_date,
        "is_prepaid": found.is_prepaid,
        "indexes": list(found.index_names),
        "stream": found.stream,
        "sample": None if found.sample is None else _sample(found.sample),
        "unsampled": found.unsampled,
    }


def _units(low: Units, high: Units) -> UnitsDocument:
    return {
        "read": {"low": low.read, "high": high.read},
        "write": {"low": low.write, "high": high.write},
        "indexes": {
            name: {"low": low.indexes.get(name, 0), "high": units} for name, units in sorted(high.indexes.items())
        },
    }


def _sample(sample: Sample) -> SampleDocument:
    return {
        "examined": sample.examined,
        "segments": sample.segments,
        "is_whole": sample.is_whole,
        "changed": sample.changed,
        "share": sample.share,
        "failed": sample.failed,
        "largest_bytes": sample.largest,
        "differences": [
            {
                "key": json_item(one.key),
                "before": json_item(one.before),
                "after": None if one.after is None else json_item(one.after),
            }
            for one in sample.differences
        ],
        "failures": [{"key": json_item(one.key), "code": one.code, "message": one.message} for one in sample.failures],
    }
