"""Forecast: what a pass over items will take, in units, dollars and time, before it is begun.

It is made of what DynamoDB counts of the table, which may be six hours old, and, where somebody asked for a sample, of
what the work would do with some of its items.
"""

import math
from dataclasses import dataclass, replace

from osem_migrate.items.units import READ_BYTES, TRANSACTION, WRITE_BYTES
from osem_migrate.items.values import Item
from osem_migrate.items.work import ItemWrite, WriteKind
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SetBilling, SetStream, SetTableClass
from osem_migrate.operations.estimate import ITEM_PASS, Estimate
from osem_migrate.operations.item_pass import Pass
from osem_migrate.operations.step import CheckedIndex
from osem_migrate.planning.item_rate import PROCESS_ITEMS, PROCESS_WRITES, rate_limit
from osem_migrate.planning.prices import Prices
from osem_migrate.planning.sample import Sample, Units, counted
from osem_migrate.schema.item_size import item_size


@dataclass(frozen=True, slots=True, kw_only=True)
class PassForecast:
    """What one pass of a plan will take.

    Attributes:
        key: of its operation in the plan.
        action: what people call it, ``UpdateItems``.
        physical_name: of the table.
        items: as DynamoDB counts them, or as many as the script gives.
        size_bytes: as DynamoDB counts them.
        counted_by_aws: whether that is how they are known.
        least: units where as little is to be changed as may be.
        most: units where as much is.
        rate: units a second that it may read, and write; None where nothing limits it.
        seconds: at that rate, and no faster than one process is, at least; None without a rate.
        dollars: what the units cost; None where nobody knows.
        why_no_dollars: the reason for that.
        lacks_prices: whether the price list is the reason, so that another one would tell.
        prices_date: as of when the prices are.
        is_prepaid: whether the units are provisioned, and are paid for whoever uses them.
        checks: the indexes that it holds the items against.
        index_names: the global indexes that its writes may reach.
        stream: what the records of the table's stream show, one for each item that is written; None without a stream.
        sample: of its items, where somebody asked for it.
        unsampled: why there is none although somebody did.
    """

    key: tuple[str, int]
    action: str
    physical_name: str
    items: int
    size_bytes: int
    counted_by_aws: bool
    least: Units
    most: Units
    rate: tuple[float, float] | None
    seconds: Estimate | None
    dollars: tuple[float, float] | None
    why_no_dollars: str | None
    lacks_prices: bool
    prices_date: str
    is_prepaid: bool
    checks: tuple[CheckedIndex, ...]
    index_names: tuple[str, ...]
    stream: str | None
    sample: Sample | None = None
    unsampled: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """The units of the first time through the table, and those of the scan that verifies it.

    Attributes:
        items: that are looked at, each time.
        written: how many of them are.
    """

    first: Units
    items: float
    written: float = 0
    verifying: float = 0

    @property
    def all(self) -> Units:
        return replace(self.first, read=self.first.read + self.verifying)


def forecast(  # noqa: PLR0913 - one argument each for what it hangs on
    key: tuple[str, int],
    step: Pass,
    live: LiveTable,
    *,
    said: int | None,
    prices: Prices,
    region: str,
    sample: Sample | None = None,
    unsampled: str | None = None,
) -> PassForecast:
    """What a pass takes.

    Args:
        key: of its operation in the plan.
        step: the pass.
        live: its table; one that does not exist yet has no items.
        said: units a second that somebody asked for, whatever the script says.
        prices: a price list.
        region: of the table.
        sample: of its items.
        unsampled: why there is none.
    """
    given = step.work.given
    least, most = _courses(step, live, sample)
    rate = said or step.rate
    limits = rate_limit(rate, live, "read", None), rate_limit(rate, live, "write", None)
    billing = SetBilling.of(live.table or step.after)
    dollars, why = _dollars((least.all, most.all), live, step, prices, region, provisioned=billing.is_provisioned)
    stream = live.table.setting(SetStream) if live.table is not None else None
    return PassForecast(
        key=key,
        action=step.action,
        physical_name=live.physical_name,
        items=len(given) if given is not None else max(live.items, sample.examined if sample is not None else 0),
        size_bytes=live.size_bytes,
        counted_by_aws=given is None and not (sample is not None and sample.is_whole),
        least=least.all,
        most=most.all,
        rate=(limits[0], limits[1]) if limits[0] is not None and limits[1] is not None else None,
        seconds=_time((least, most), live, rate),
        dollars=dollars,
        why_no_dollars=why,
        lacks_prices=dollars is None and not live.emulated,
        prices_date=prices.date,
        is_prepaid=billing.is_provisioned,
        checks=step.checks,
        index_names=tuple(most.all.indexes),
        stream=stream.view if stream is not None and step.work.actions else None,
        sample=sample,
        unsampled=unsampled,
    )


def pass_time(step: Pass, live: LiveTable, said: int | None) -> Estimate | None:
    """How long a pass takes, at least, by what DynamoDB counts of its table; None where nothing limits its rate."""
    return _time(_courses(step, live, None), live, said or step.rate)


def _courses(step: Pass, live: LiveTable, sample: Sample | None) -> tuple[_Course, _Course]:
    """Where as little is to be changed as may be, and where as much is."""
    given = step.work.given
    if sample is not None:
        return (_sampled(step, live, sample),) * 2
    if given is not None:
        count = len(given)
        least = _Course(first=_tried(step, given), items=count, written=count)
        return least, replace(least, first=_given(step, given))
    return _Course(first=Units(read=_scan_units(live)), items=live.items), _everything(step, live)


def _time(courses: tuple[_Course, _Course], live: LiveTable, rate: int | None) -> Estimate | None:
    low, high = (_seconds(course, live, rate) for course in courses)
    shortest = ITEM_PASS.low
    return Estimate(max(low, shortest), max(high, shortest)) if low is not None and high is not None else None


def _scan_units(live: LiveTable) -> float:
    """Of a scan that need not see every write of before."""
    return live.size_bytes / (2 * READ_BYTES)


def _sampled(step: Pass, live: LiveTable, sample: Sample) -> _Course:
    """As much of all items as of those that were looked at."""
    items = sample.examined if sample.is_whole else max(live.items, sample.examined)
    factor = items / sample.examined if sample.examined else 0
    # Every page of a sample, however short, takes a unit or half of one.
    scan = _scan_units(live) if live.size_bytes and not sample.is_whole else sample.scanned * factor
    lookups = sample.looked_up * factor
    first = replace(sample.written.times(factor), read=scan + lookups)
    verifying = 2 * scan + lookups if step.verify and sample.changed else 0
    return _Course(first=first, items=items, written=sample.changed * factor, verifying=verifying)


def _everything(step: Pass, live: LiveTable) -> _Course:
    """Where every item is changed, with all that is in it copied to every index, and one look-up for each lookup."""
    scan, lookups = _scan_units(live), live.items * len(step.work.lookups)
    if not step.work.actions:
        return _Course(first=Units(read=scan), items=live.items)
    a_write = math.ceil(live.size_bytes / live.items / WRITE_BYTES) if live.items and live.size_bytes else 1
    in_transaction = "ConditionCheckItem" in step.work.actions
    times = TRANSACTION if in_transaction else 1
    own = live.items * times * (a_write * (1 + len(step.after.local_indexes)) + in_transaction * len(step.work.lookups))
    indexes = {index.name: float(live.items * a_write * times) for index in step.after.indexes} if live.items else {}
    verifying = 2 * scan + lookups if step.verify else 0
    first = Units(read=scan + lookups, write=own, indexes=indexes)
    return _Course(first=first, items=live.items, written=live.items, verifying=verifying)


def _given(step: Pass, items: tuple[Item, ...]) -> Units:
    """Where each of the items is put, or taken back."""
    putting = "PutItem" in step.work.actions
    total = Sample()
    for item in items:
        before, after = (None, item) if putting else (item, None)
        kind = WriteKind.PUT if putting else WriteKind.DELETE
        write = ItemWrite(kind=kind, table=step.table, key={}, before=before, after=after, members={})
        total = counted(total, write, step)
    return replace(total.written, read=_read_before(step, items))


def _read_before(step: Pass, items: tuple[Item, ...]) -> float:
    """Units of reading each of them as it is by now, where that is done before it is taken back."""
    return sum(math.ceil(item_size(item) / READ_BYTES) for item in items) if step.work.reads_with else 0


def _tried(step: Pass, items: tuple[Item, ...]) -> Units:
    """Where there is one of each key: a write that is refused takes units all the same."""
    return replace(_given(step, items), indexes={})


def _seconds(course: _Course, live: LiveTable, said: int | None) -> float | None:
    """At the rate, and as fast as one process is at most, one scan after the other; None without a rate."""
    needs: dict[tuple[str, str | None], float] = {
        ("read", None): course.first.read,
        ("write", None): course.first.write,
    }
    needs |= {("write", name): units for name, units in course.first.indexes.items()}
    limits = {need: rate_limit(said, live, *need) for need in needs}
    reading = limits["read", None]
    if reading is None:
        return None
    looking = course.items / PROCESS_ITEMS
    each = [units / limit for need, units in needs.items() if (limit := limits[need]) is not None]
    first = max(*each, looking, course.written / PROCESS_WRITES)
    return first + (max(course.verifying / reading, looking) if course.verifying else 0)


def _dollars(  # noqa: PLR0913 - one argument each for what it hangs on
    bounds: tuple[Units, Units], live: LiveTable, step: Pass, prices: Prices, region: str, *, provisioned: bool
) -> tuple[tuple[float, float] | None, str | None]:
    if live.emulated:
        return None, "an engine on this machine costs nothing"
    declared = (live.table or step.after).setting(SetTableClass)
    storage = declared.storage if declared is not None else SetTableClass.default(step.table).storage
    tariff = prices.tariff(region, storage)
    found = [
        tariff.dollars(read=units.read, write=units.written, provisioned=provisioned) if tariff is not None else None
        for units in bounds
    ]
    low, high = found
    if low is None or high is None:
        mode = "provisioned" if provisioned else "on-demand"
        return None, f"the price list of {prices.date} has no {mode} prices of {storage} tables in {region}"
    return (low, high), None
