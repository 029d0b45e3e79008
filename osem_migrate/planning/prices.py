"""Prices: what AWS charges for reading and writing, by region and table class, in US dollars."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What is charged in one region for tables of one class; None where it is not known.

    Attributes:
        read_request_million: dollars for a million read units of a table that is on demand.
        write_request_million: the same for write units.
        read_capacity_hour: dollars for one provisioned read unit a second, for an hour.
        write_capacity_hour: the same for a write unit.
    """

    read_request_million: float | None = None
    write_request_million: float | None = None
    read_capacity_hour: float | None = None
    write_capacity_hour: float | None = None

    def dollars(self, *, read: float, write: float, provisioned: bool) -> float | None:
        """What so many units cost, or are worth where they are provisioned anyway; None where nobody knows."""
        if provisioned:
            prices, unit = (self.read_capacity_hour, self.write_capacity_hour), 3600
        else:
            prices, unit = (self.read_request_million, self.write_request_million), 1_000_000
        wanted = [(units, price) for units, price in zip((read, write), prices, strict=True) if units]
        known = [units * price / unit for units, price in wanted if price is not None]
        return sum(known) if len(known) == len(wanted) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """A price list.

    Attributes:
        source: where they are from.
        date: as of when, ``2026-11-28``.
        regions: the tariffs of each region, by table class.
    """

    source: str
    date: str
    regions: Mapping[str, Mapping[str, Tariff]] = field(default_factory=dict)

    def tariff(self, region: str, table_class: str) -> Tariff | None:
        """Of tables of that class in that region; None where it is not in the list."""
        return self.regions.get(region, {}).get(table_class)
