"""Time to live: one change in half an hour, with a refusal that looks permanent and is not."""

from collections.abc import Mapping
from typing import Any

from tests.simulator.account import Account
from tests.simulator.errors import constraint, in_use, refused, table_missing
from tests.simulator.expiry import expire_all_later
from tests.simulator.tables import Table

Parameters = Mapping[str, Any]


def describe_time_to_live(account: Account, parameters: Parameters) -> dict[str, Any]:
    """DescribeTimeToLive: neither the cool-down shows, nor the attribute of one that is off (Q-144)."""
    table = account.find(parameters)
    if table.lifecycle != "ACTIVE":
        state = table.lifecycle
        raise refused(f"Cannot describe time to live while table is in {state} state: Current table state is {state}")
    live = table.time_to_live
    shown = {"TimeToLiveStatus": live.status}
    return {"TimeToLiveDescription": shown | ({"AttributeName": live.attribute} if live.attribute else {})}


def update_time_to_live(account: Account, parameters: Parameters) -> dict[str, Any]:
    """UpdateTimeToLive: what it asks for is looked at before the cool-down is (Q-143)."""
    specification = parameters["TimeToLiveSpecification"]
    attribute, enabled = specification["AttributeName"], specification["Enabled"]
    if not 1 <= len(attribute) <= 255:
        where = "timeToLiveSpecification.attributeName"
        raise constraint(attribute, where, "have length between 1 and 255")
    table = _find(account, parameters)
    _check_change(table, attribute, enabled=enabled)
    live = table.time_to_live
    pause = account.durations.draw("time_to_live_cooldown", table.name)
    if live.changed_at is not None and account.now - live.changed_at < pause:
        raise refused("Time to live has been modified multiple times within a fixed interval")
    live.changed_at = account.now
    live.attribute = attribute
    live.status = "ENABLING" if enabled else "DISABLING"

    def finish() -> None:
        live.status = "ENABLED" if enabled else "DISABLED"
        live.attribute = attribute if enabled else None
        expire_all_later(account, table)

    account.after("time_to_live_update", (table.name,), finish)
    return {"TimeToLiveSpecification": dict(specification)}


def _check_change(table: Table, attribute: str, *, enabled: bool) -> None:
    """The same again is refused, and so is another attribute while one is on (Q-146, Q-147)."""
    live = table.time_to_live
    on = live.status in {"ENABLED", "ENABLING"}
    if not on and not enabled:
        raise refused("TimeToLive is already disabled")
    if on and attribute != live.attribute:
        raise refused(f"TimeToLive is active on a different AttributeName: current AttributeName is {live.attribute}")
    if on and enabled:
        raise refused("TimeToLive is already enabled")


def _find(account: Account, parameters: Parameters) -> Table:
    """A young table is unknown to this part of AWS, then busy; a dying one soon forgotten (Q-115, Q-118)."""
    table = account.find(parameters)
    if account.now < table.known_at or account.forgotten(table):
        raise table_missing(table.name)
    if table.lifecycle == "CREATING":
        raise in_use(f"Table {table.name} is being created")
    return table
