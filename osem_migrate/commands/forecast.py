"""Forecast: what the passes of a plan over items take; reads only."""

from dataclasses import dataclass
from pathlib import Path

from osem_migrate.arguments import Arguments
from osem_migrate.config.prices import read_prices
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import ArgumentInvalid
from osem_migrate.execution.passes.sampler import Sampler
from osem_migrate.live_table import LiveTable
from osem_migrate.operations.item_pass import Pass
from osem_migrate.planning.forecast import PassForecast, forecast
from osem_migrate.planning.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastOptions(Arguments):
    """How much is looked at, and by what prices.

    Attributes:
        sample: how many items of each table are read, to see what would become of them; none when None.
        prices: a file of prices; those that come with this package when None.
        item_rate: units a second that the passes are to have, whatever else says so.
    """

    sample: int | None = None
    prices: Path | None = None
    item_rate: int | None = None

    def __post_init__(self) -> None:
        """Raise ArgumentInvalid for what is no number of items, or no rate."""
        Arguments.__post_init__(self)
        for name in ("sample", "item_rate"):
            given = getattr(self, name)
            if given is not None and given < 1:
                raise ArgumentInvalid(
                    f"ForecastOptions: {name} takes a number of at least 1, not {given}", argument=name
                )


def forecast_passes(deployment: Deployment, plan: Plan, options: ForecastOptions) -> Plan:
    """The plan with what each of its passes over items takes; asks only where it has any.

    Raises:
        PricesInvalid: the file of prices is none.
        AwsError: a table cannot be described, or its items cannot be read.
    """
    prices = read_prices(options.prices)
    said = options.item_rate or deployment.environment.settings.item_rate
    found: list[PassForecast] = []
    names = {name for planned, step in plan.passes for name in (planned.table, *step.work.lookups)}
    live_tables = {live.name: live for live in deployment.gateway.describe_all(dict.fromkeys(sorted(names), ()))}
    for planned, step in plan.passes:
        live, sample = live_tables[planned.table], None
        unsampled = _unsampled(plan, step, live_tables) if options.sample is not None else None
        if options.sample is not None and unsampled is None:
            sample = Sampler(deployment, step, live, said=said).take(options.sample)
        found.append(
            forecast(
                planned.key,
                step,
                live,
                said=said,
                prices=prices,
                region=deployment.session.region.name,
                sample=sample,
                unsampled=unsampled,
            )
        )
    return plan.with_forecasts(found)


def _unsampled(plan: Plan, step: Pass, live_tables: dict[str, LiveTable]) -> str | None:
    """Why no item can be looked at yet; None where they can."""
    if step.work.given is not None:
        return "its items are in the script"
    missing = [name for name in (step.table, *step.work.lookups) if live_tables[name].table is None]
    if missing:
        return f"table {missing[0]} does not exist yet"
    indexes = [planned.operation.added_index for planned in plan.operations if planned.table in step.work.lookups]
    if step.work.looks_up_by_index and any(index is not None for index in indexes):
        return "the index that it may look up is not there yet"
    return None
