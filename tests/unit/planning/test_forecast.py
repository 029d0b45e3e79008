"""A forecast: from what DynamoDB counts and a sample tells, to units, dollars and time."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from osem_migrate.cli.forecast import forecast_lines
from osem_migrate.config.prices import read_prices
from osem_migrate.execution.passes.segment_threads import FEWEST, MOST
from osem_migrate.items.function import ItemFunction
from osem_migrate.items.work import CheckWork, DeleteWork, PutWork, UpdateWork, Work
from osem_migrate.live_table import LiveTable
from osem_migrate.operations import SetBilling, SetStream, SetTableClass
from osem_migrate.operations.item_pass import Pass
from osem_migrate.planning.forecast import PassForecast, forecast
from osem_migrate.planning.item_rate import PROCESS_ITEMS, PROCESS_WRITES
from osem_migrate.planning.prices import Prices
from osem_migrate.planning.sample import Sample, Units
from osem_migrate.schema import Index, S, Table
from tests.documentation import shown

KEY = ("0001_pass", 0)
PRICES = read_prices()
TERABYTE = 2**40


def change(item: Any) -> None:
    """Nothing."""
    del item


UPDATE = UpdateWork(function=ItemFunction.of(change))
DELETE = DeleteWork(function=ItemFunction.of(change), tables=("Teams", "Plans"))


def table(*settings: Any, indexes: Sequence[Index] = ()) -> Table:
    """One of users."""
    return Table("Users", S("id"), indexes=tuple(indexes), settings=tuple(settings))


def forecast_of(
    work: Work,
    declared: Table | None = None,
    *,
    items: int = 2**30,
    size: int = TERABYTE,
    said: int | None = None,
    region: str = "us-east-1",
    sample: Sample | None = None,
    prices: Prices = PRICES,
    **options: Any,
) -> PassForecast:
    """Of a pass over a terabyte of items of a KB, unless said otherwise."""
    declared = declared or table()
    live = LiveTable(
        name="Users", physical_name="app-prod-Users", table=declared, status="ACTIVE", items=items, size_bytes=size
    )
    step = Pass.over(declared, work, **options)
    return forecast(KEY, step, live, said=said, prices=prices, region=region, sample=sample)


def test_the_page_says_what_a_terabyte_takes() -> None:
    """Each figure of docs/items.md is that of a forecast."""
    page = shown.read(shown.DOCS / "items.md")
    rows = dict(re.findall(r"^\| (nothing is left|every item)[^|]*\| (.*) \|$", page, re.MULTILINE))
    slow, fast = (forecast_of(UPDATE, said=said) for said in (None, 40_000))
    assert slow.seconds is not None
    assert fast.seconds is not None
    assert slow.dollars is not None
    ends = {
        "nothing is left": (slow.least, slow.dollars[0], slow.seconds.low, fast.seconds.low),
        "every item": (slow.most, slow.dollars[1], slow.seconds.high, fast.seconds.high),
    }
    assert rows == {
        name: f"{units.read:,.0f} | {units.write:,.0f} | ${dollars:,.2f} | {days(slowly)} | {days(quickly)}"
        for name, (units, dollars, slowly, quickly) in ends.items()
    }


def test_the_page_says_what_one_process_does() -> None:
    """How many segments at a time, and how many items a second, are those of the program."""
    page = shown.read(shown.DOCS / "items.md")
    assert f"writes about {PROCESS_WRITES:,.0f} items a second, and looks at about {PROCESS_ITEMS:,.0f}" in page
    assert f"up to {MOST} as long as the rate is not reached" in page
    assert f"stays with {('no', 'one', 'two', 'three', 'four')[FEWEST]}" in page


def days(seconds: float) -> str:
    """``1 d 13 h``, or ``12 h``."""
    days, rest = divmod(round(seconds / 3600), 24)
    return f"{days} d {rest} h" if days else f"{rest} h"


def test_no_rate_makes_one_process_faster_than_it_is() -> None:
    """However many units there are a second: it writes 1,000 items in one, and looks at 25,000."""
    found = forecast_of(UPDATE, items=1_000_000, size=2**30, said=1_000_000, verify=False)
    assert found.seconds is not None
    assert (found.seconds.low, found.seconds.high) == (40, 1000)
    verified = forecast_of(UPDATE, items=1_000_000, size=2**30, said=1_000_000)
    assert verified.seconds is not None
    assert verified.seconds.high == 1000 + 40


def test_indexes_and_lookups_are_bounds_of_their_own() -> None:
    """At most every index holds all that an item has, and each item is looked up once in each table."""
    indexed = forecast_of(UPDATE, table(indexes=[Index("by-a", S("a"))]), items=1000, size=1000 * 2048)
    assert (indexed.most.write, indexed.most.indexes) == (2000, {"by-a": 2000})
    assert indexed.index_names == ("by-a",)
    deleting = forecast_of(DELETE, items=1000, size=1000 * 1024)
    assert deleting.most.write == 1000 * (2 + 2 * 2), "a transaction, with a check of each of two look-ups"
    assert deleting.most.read == 125 + 2000 + 250 + 2000


def test_what_only_looks_writes_nothing() -> None:
    """One scan."""
    found = forecast_of(
        CheckWork(indexes=(Index("by-a", S("a")),)), table(SetStream("Users", "NEW_IMAGE")), verify=False
    )
    assert (found.least, found.stream) == (found.most, None)
    assert found.most.written == 0


def test_items_of_the_script_are_counted_exactly() -> None:
    """No scan; where all are there already, a refused write still takes its units, but none of an index."""
    item = {"id": {"S": "a"}, "a": {"S": "x"}}
    found = forecast_of(PutWork(items=(item, item)), table(indexes=[Index("by-a", S("a"))]), verify=False)
    assert (found.items, found.least) == (2, Units(write=2))
    assert found.most == Units(write=2, indexes={"by-a": 2})


def test_a_sample_stands_for_all_items() -> None:
    """In proportion; and for no more than there are, where it is all of them."""
    sample = Sample(examined=100, segments=8, changed=10, scanned=20, looked_up=5, written=Units(write=30))
    part = forecast_of(UPDATE, items=1000, size=800 * 1024, sample=sample)
    assert part.least == part.most == Units(read=100 + 50 + 200 + 50, write=300)
    whole = forecast_of(UPDATE, items=1000, size=800 * 1024, sample=Sample(examined=100, is_whole=True, scanned=20))
    assert whole.most == Units(read=20), "nothing is left to change, so nothing is verified"
    assert forecast_of(UPDATE, items=0, size=0, sample=Sample(is_whole=True)).most == Units()


def test_what_is_provisioned_is_paid_for_anyway() -> None:
    """A quarter of it is used, and each index is held against its own."""
    billing = SetBilling.provisioned("Users", read=400, write=40)
    sample = Sample(
        examined=100, is_whole=True, changed=100, scanned=100, written=Units(write=100, indexes={"by-a": 50})
    )
    found = forecast_of(UPDATE, table(billing, indexes=[Index("by-a", S("a"))]), sample=sample, verify=False)
    assert (found.rate, found.is_prepaid) == ((100, 10), True)
    assert found.seconds is not None
    assert found.seconds.high == 10
    assert found.dollars is not None
    assert found.dollars[1] == pytest.approx(100 / 3600 * 0.00013 + 150 / 3600 * 0.00065)
    assert any("of what is provisioned anyway" in line for line in forecast_lines(found))


@pytest.mark.parametrize(
    ("region", "settings", "why"),
    [
        ("eu-north-1", (), "on-demand prices of STANDARD tables in eu-north-1"),
        ("eu-west-1", (SetBilling.provisioned("Users", read=4, write=4),), "provisioned prices of STANDARD tables"),
        (
            "us-east-1",
            (SetTableClass("Users", "STANDARD_INFREQUENT_ACCESS"),),
            "on-demand prices of STANDARD_INFREQUENT_ACCESS tables in us-east-1",
        ),
    ],
)
def test_no_dollars_where_no_price_is_known(region: str, settings: tuple[Any, ...], why: str) -> None:
    """Of the region, of the mode, of the class: the plan says so, and has the units all the same."""
    found = forecast_of(UPDATE, table(*settings), region=region)
    assert (found.dollars, found.lacks_prices) == (None, True)
    assert f"no dollars: the price list of {PRICES.date} has no {why}" in " ".join(forecast_lines(found))
    assert found.most.write == 2**30


def test_the_list_that_the_page_shows_is_one(tmp_path: Path) -> None:
    """It gives dollars for what it has prices of, and for nothing else."""
    (snippet,) = (one for one in shown.blocks(shown.read(shown.DOCS / "items.md"), "json") if "regions" in one)
    (tmp_path / "prices.json").write_text(snippet, encoding="utf-8")
    prices = read_prices(tmp_path / "prices.json")
    (region,) = prices.regions
    found = forecast_of(UPDATE, region=region, prices=prices)
    assert found.dollars is not None
    assert found.dollars[1] == pytest.approx(402_653_184 / 1e6 * 0.15 + 1_073_741_824 / 1e6 * 0.75)
    assert (found.lacks_prices, found.prices_date) == (False, "2026-11-28")
    assert forecast_of(UPDATE, region="us-east-1", prices=prices).lacks_prices


def test_what_else_happens_is_told() -> None:
    """The stream and the indexes."""
    found = forecast_of(
        UPDATE, table(SetStream("Users", "NEW_IMAGE"), indexes=[Index("by-a", S("a")), Index("by-b", S("b"))])
    )
    lines = list(forecast_lines(found))
    assert "each item that is written is a record of the stream (NEW_IMAGE), for all who read that" in lines
    assert "the write units are those of indexes by-a, by-b, too, as far as these change" in lines
