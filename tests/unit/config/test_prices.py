"""Prices: the list of this package, and what units cost by one."""

import json
from datetime import date
from pathlib import Path

import pytest

from osem_migrate.config.prices import OWN, read_prices
from osem_migrate.errors import PricesInvalid
from osem_migrate.planning.prices import Tariff


def test_the_list_of_this_package_has_a_source_and_a_date() -> None:
    """And the prices of the two regions that a source supports, of on-demand tables since November 2024."""
    prices = read_prices()
    assert "https://aws.amazon.com/dynamodb/pricing/" in prices.source
    assert date.fromisoformat(prices.date) >= date(2026, 11, 28)
    assert {*prices.regions} == {"us-east-1", "eu-west-1"}
    virginia = prices.tariff("us-east-1", "STANDARD")
    assert virginia == Tariff(
        read_request_million=0.125,
        write_request_million=0.625,
        read_capacity_hour=0.00013,
        write_capacity_hour=0.00065,
    )
    assert prices.tariff("us-east-1", "STANDARD_INFREQUENT_ACCESS") is None
    assert prices.tariff("mars-1", "STANDARD") is None


def test_another_list_replaces_it(tmp_path: Path) -> None:
    """All of it."""
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({**json.loads(OWN.read_text()), "source": "ours", "regions": {}}))
    assert (read_prices(file).source, read_prices(file).regions) == ("ours", {})


def test_a_number_that_is_beyond_reason_is_no_json(tmp_path: Path) -> None:
    """Python refuses to read it, as an error of its own."""
    file = tmp_path / "prices.json"
    file.write_text('{"source": ' + "9" * 5000 + "}")
    with pytest.raises(PricesInvalid, match="no JSON"):
        read_prices(file)


@pytest.mark.parametrize(
    ("read", "write", "provisioned", "dollars"),
    [
        (2_000_000, 0, False, 0.25),
        (2_000_000, 4_000_000, False, 2.75),
        (3600, 0, True, 0.00013),
        (0, 3600, True, None),
        (0, 0, True, 0.0),
    ],
)
def test_what_units_cost(read: float, write: float, provisioned: bool, dollars: float | None) -> None:  # noqa: FBT001
    """By the million on demand, by the hour of a unit a second where they are provisioned; unknown where one is."""
    tariff = Tariff(read_request_million=0.125, write_request_million=0.625, read_capacity_hour=0.00013)
    found = tariff.dollars(read=read, write=write, provisioned=provisioned)
    assert found == (dollars if dollars is None else pytest.approx(dollars))
