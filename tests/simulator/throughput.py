"""Capacity: provisioned, on demand and warm; of tables and of indexes.

A function that ends in ``_change`` raises its refusal, or gives the change, made once all of the request is checked.
"""

from collections.abc import Mapping
from typing import Any

from tests.simulator.account import Account
from tests.simulator.capacity import check_change, check_units, neither, set_units
from tests.simulator.errors import SimulatedError, invalid, unknown
from tests.simulator.tables import INITIAL_WARMTH, ON_DEMAND, PROVISIONED, Capacity, Index, Table, Work
from tests.simulator.timeline import Change

Parameters = Mapping[str, Any]

WARMTH = ("ReadUnitsPerSecond", "WriteUnitsPerSecond")


def throughput_change(account: Account, table: Table, parameters: Parameters) -> Change | None:
    """ProvisionedThroughput and BillingMode of UpdateTable, with the indexes' throughput where the mode changes."""
    mode = parameters.get("BillingMode", table.billing)
    given = parameters.get("ProvisionedThroughput")
    check_units(given)
    if mode == ON_DEMAND:
        if given is not None:
            raise neither()
        return _to_on_demand(account, table) if table.billing == PROVISIONED else None
    if given is None:
        raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    if table.billing == PROVISIONED:
        return _provision(account, table, given)
    return _to_provisioned(account, table, given, _index_throughput(parameters))


def index_change(account: Account, table: Table, index: Index, update: Parameters) -> Change:
    """One ``Update`` of GlobalSecondaryIndexUpdates; the table stays ACTIVE, the index is UPDATING."""
    if "WarmThroughput" in update:
        raise unknown("WarmThroughput of an index that is updated")
    given = update.get("ProvisionedThroughput")
    if table.billing == ON_DEMAND and (given is not None or not update.keys() - {"IndexName"}):
        raise invalid(
            f"The only Updates for index: {index.name} when TableThroughputMode is PAY_PER_REQUEST "
            "can be to OnDemandThroughput, WarmThroughput"
        )
    check_units(given)
    if given is not None:
        check_change(index.capacity, given, f"the index {index.name}", f"for index {index.name}", account.now)
    raise_maxima = maxima_change(index.capacity, update.get("OnDemandThroughput", {}))

    def begin() -> None:
        raise_maxima()
        index.status = "UPDATING"
        account.after("index_update", (table.name, index.name), finish)

    def finish() -> None:
        index.status = "ACTIVE"
        if given is not None:
            set_units(index.capacity, given, account.now)

    return begin


def maxima_change(capacity: Capacity, given: Parameters) -> Change:
    """Merge OnDemandThroughput member by member, at once; -1 takes one away (Q-178)."""
    for name, value in given.items():
        if value < 1 and value != -1:
            raise invalid(f"Requested {name} for OnDemandThroughput for table is outside of valid range")
    merged = {**capacity.maxima, **given}

    def begin() -> None:
        capacity.maxima = {name: value for name, value in merged.items() if value > 0}

    return begin


def warmth_change(account: Account, table: Table, given: Parameters) -> Change:
    """WarmThroughput of a table: raised in minutes, never lowered (Q-179)."""
    if not given:
        raise SimulatedError("InternalFailure", "", 500)
    wanted = tuple(given.get(name, now) for name, now in zip(WARMTH, table.capacity.warmth, strict=True))
    for name, want, now in zip(WARMTH, wanted, table.capacity.warmth, strict=True):
        if want < now:
            raise invalid(
                f"Requested {name} for WarmThroughput for table is lower than current WarmThroughput, "
                "decreasing WarmThroughput is not supported"
            )

    def begin() -> None:
        table.work[Work.WARMTH] = ""
        table.capacity.warming = True
        account.after("warm_up", (table.name,), finish)

    def finish() -> None:
        table.work.pop(Work.WARMTH, None)
        table.capacity.warming = False
        table.capacity.warmth = (wanted[0], wanted[1])

    return begin


def _index_throughput(parameters: Parameters) -> dict[str, Parameters]:
    updates = (entry.get("Update", {}) for entry in parameters.get("GlobalSecondaryIndexUpdates", ()))
    return {
        update["IndexName"]: update["ProvisionedThroughput"] for update in updates if "ProvisionedThroughput" in update
    }


def _to_on_demand(account: Account, table: Table) -> Change:
    """The mode shows at once, the warmth when it is done (Q-064)."""

    def begin() -> None:
        table.billing, table.work[Work.BILLING] = ON_DEMAND, ON_DEMAND
        for capacity in _capacities(table):
            capacity.read = capacity.write = 0
        account.after("to_on_demand" if table.switched_at is None else "back_to_on_demand", (table.name,), finish)

    def finish() -> None:
        table.work.pop(Work.BILLING)
        table.switched_at = account.now
        for capacity in _capacities(table):
            capacity.warmth = (max(capacity.warmth[0], INITIAL_WARMTH[0]), max(capacity.warmth[1], INITIAL_WARMTH[1]))

    return begin


def _to_provisioned(account: Account, table: Table, given: Parameters, indexes: Mapping[str, Parameters]) -> Change:
    """Needs the capacity of every index in the same call (Q-152), and shows nothing of it before it is done."""
    for name in table.indexes:
        if name not in indexes:
            raise invalid(f"ProvisionedThroughput must be specified for index: {name}")
        check_units(indexes[name])

    def begin() -> None:
        table.work[Work.BILLING] = PROVISIONED
        account.after("to_provisioned", (table.name,), finish)

    def finish() -> None:
        table.work.pop(Work.BILLING)
        table.billing = PROVISIONED
        table.capacity.maxima = {}
        set_units(table.capacity, given, account.now)
        for name, throughput in indexes.items():
            if name in table.indexes:
                table.indexes[name].capacity.maxima = {}
                set_units(table.indexes[name].capacity, throughput, account.now)

    return begin


def _provision(account: Account, table: Table, given: Parameters) -> Change:
    check_change(table.capacity, given, "the table", "for the table", account.now)

    def begin() -> None:
        table.work[Work.THROUGHPUT] = ""
        account.after("throughput_update", (table.name,), finish)

    def finish() -> None:
        table.work.pop(Work.THROUGHPUT)
        set_units(table.capacity, given, account.now)

    return begin


def _capacities(table: Table) -> list[Capacity]:
    return [table.capacity, *(index.capacity for index in table.indexes.values())]
