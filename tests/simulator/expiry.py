"""Expiry: items whose time to live is over, deleted by the service some time later, and readable until then."""

from decimal import Decimal
from typing import Any

from tests.simulator.account import Account
from tests.simulator.tables import Table
from tests.simulator.values import Item

FORGOTTEN = 5 * 365 * 86_400
"""Seconds: what expired longer ago than five years is left alone (D howitworks-ttl)."""
NEVER = 1e12
"""Unix seconds that nobody will see."""


def expire_later(account: Account, table: Table, item: Item | None) -> None:
    """Let the service delete an item some time after it has expired, if it will and is still there then."""
    expiry = None if item is None else _expiry(account, table, item)
    if item is None or expiry is None:
        return
    key = {name: item[name] for name in table.key_names}
    lag = account.durations.draw("expiry_lag", table.name, str(table.items.key(key)))
    account.at(max(expiry, account.now) + lag, lambda: _expire(account, table, key))


def expire_all_later(account: Account, table: Table) -> None:
    """The same of everything in a table, once its time to live is enabled."""
    for item in list(table.items.rows.values()):
        expire_later(account, table, item)


def _expire(account: Account, table: Table, key: dict[str, Any]) -> None:
    """Delete it now, unless it has changed or is part of a transaction; no capacity is consumed."""
    item = table.items.get(key)
    expiry = None if item is None else _expiry(account, table, item)
    if account.tables.get(table.name) is not table or expiry is None or expiry > account.now:
        return
    if account.holds.has(table, key):
        expire_later(account, table, item)
        return
    table.items.delete(key)
    account.after("index_lag", (table.name,), lambda: table.indexed.delete(key))


def _expiry(account: Account, table: Table, item: Item) -> float | None:
    """Unix seconds; None where nothing expires: another type than N, too long ago, or never."""
    live = table.time_to_live
    if live.status != "ENABLED" or live.attribute is None or "N" not in item.get(live.attribute, {}):
        return None
    at = Decimal(item[live.attribute]["N"])
    return float(at) if account.now - FORGOTTEN <= at <= NEVER else None
