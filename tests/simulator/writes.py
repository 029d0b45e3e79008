"""One write to one item: checked against the table, then against the item's condition, then made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulator.account import Account, table_name
from tests.simulator.canonical import canonical_item
from tests.simulator.conditions import Condition, read_condition
from tests.simulator.consumption import Consumption, refused_write, written
from tests.simulator.errors import SimulatedError, item_refused, missing
from tests.simulator.expiry import expire_later
from tests.simulator.expressions import Scope
from tests.simulator.items import Items
from tests.simulator.keys import check_index_keys, check_item_key, check_key, check_updated_index_keys
from tests.simulator.reasons import CLEAN, CONFLICT, Reason
from tests.simulator.tables import Table
from tests.simulator.throttles import Throttled, write_claims
from tests.simulator.updates import Update
from tests.simulator.values import Item, item_size

Request = Mapping[str, Any]

MAX_ITEM_BYTES = 400 * 1024
FAILED = "The conditional request failed"
OLD_VALUES = "ReturnValuesOnConditionCheckFailure"
TOO_LARGE = "has exceeded the maximum allowed size"


def find_table(account: Account, request: Request) -> Table:
    """The table of a data-plane call; to this plane, one that is CREATING or DELETING does not exist."""
    table = account.tables.get(table_name(request))
    if table is None or table.lifecycle != "ACTIVE":
        raise missing()
    return table


@dataclass(frozen=True, slots=True)
class Write:
    """A write that is known to fit its table.

    Attributes:
        table: where.
        key: of the item.
        before: the item as it is; None if there is none.
        after: the item as it would be; None if it would be gone.
        condition: what ``before`` must be like.
        touched: the top-level attributes that an update changes.
        request: as it was asked for.
    """

    table: Table
    key: Item
    before: Item | None
    after: Item | None
    condition: Condition
    touched: frozenset[str]
    request: Request

    @property
    def holds(self) -> bool:
        """Whether the condition does."""
        return self.condition(self.before or {})

    def consumed(self, times: int = 1) -> Consumption:
        """What it costs, made or refused; ``times`` 2 in a transaction."""
        if self.holds:
            return written(self.table, self.before, self.after, times=times)
        return refused_write(self.table, self.before, times=times)

    def spend(self, account: Account, times: int = 1) -> None:
        """Take that from the capacity of the table and its indexes; raises Throttled."""
        account.throttles.spend(write_claims(self.table, self.consumed(times), self.before, self.after or self.key))

    def make(self, account: Account) -> None:
        """Write it; the global indexes follow, and so does its expiry."""
        self._to(self.table.items)
        account.after("index_lag", (self.table.name,), lambda: self._to(self.table.indexed))
        expire_later(account, self.table, self.after)

    def _to(self, items: Items) -> None:
        if self.after is None:
            items.delete(self.key)
        else:
            items.put(self.after)

    def check(self, account: Account) -> None:
        """Raise the refusal of a write on its own: a transaction is under way, too little capacity, its condition."""
        account.holds.check(self.table, self.key)
        self.spend(account)
        if not self.holds:
            raise SimulatedError("ConditionalCheckFailedException", FAILED, details=self._found())

    def reason(self, account: Account, times: int) -> Reason:
        """The same as the reason of one action of a transaction."""
        if account.holds.has(self.table, self.key):
            return CONFLICT
        try:
            self.spend(account, times)
        except Throttled as refusal:
            return refusal.as_reason()
        return CLEAN if self.holds else {"Code": "ConditionalCheckFailed", "Message": FAILED, **self._found()}

    def _found(self) -> dict[str, Any]:
        """What a failed condition shows of the item, if that was asked for."""
        wanted = self.request.get(OLD_VALUES) == "ALL_OLD" and self.before is not None
        return {"Item": self.before} if wanted else {}


def put(account: Account, request: Request) -> Write:
    """A PutItem, or a Put of a transaction."""
    table = find_table(account, request)
    item = canonical_item(request["Item"])
    check_item_key(table, item)
    key = {name: item[name] for name in table.key_names}
    write = _write(table, key, item, request)
    if item_size(item) > MAX_ITEM_BYTES:
        raise item_refused(f"Item size {TOO_LARGE}")
    check_index_keys(table, item)
    return write


def delete(account: Account, request: Request) -> Write:
    """A DeleteItem, or a Delete of a transaction."""
    table = find_table(account, request)
    return _write(table, _key(table, request), None, request)


def check(account: Account, request: Request) -> Write:
    """A ConditionCheck of a transaction: it writes back what it finds."""
    table = find_table(account, request)
    key = _key(table, request)
    return _write(table, key, table.items.get(key), request)


def update(account: Account, request: Request) -> Write:
    """An UpdateItem, or an Update of a transaction; where there is no item it makes one."""
    table = find_table(account, request)
    key = _key(table, request)
    scope = Scope.of(request)
    change = None
    if "UpdateExpression" in request:
        change = Update(request["UpdateExpression"], scope, table.key_names, table.used_attributes)
    condition = _condition(request, scope)
    scope.check_all_used()
    before = table.items.get(key)
    after: Item = dict(before or key)
    touched = frozenset(change.attributes if change is not None else ())
    # A failed condition comes before a failing update, which may stumble over what the condition asks for.
    if change is not None and condition(before or {}):
        after = change.apply(after)
        if item_size(after) > MAX_ITEM_BYTES:
            raise item_refused(f"Item size to update {TOO_LARGE}")
        check_updated_index_keys(table, after, touched)
    return Write(table, key, before, after, condition, touched, request)


def _key(table: Table, request: Request) -> Item:
    check_key(table, request["Key"])
    return canonical_item(request["Key"])


def _write(table: Table, key: Item, after: Item | None, request: Request) -> Write:
    scope = Scope.of(request)
    condition = _condition(request, scope)
    scope.check_all_used()
    return Write(table, key, table.items.get(key), after, condition, frozenset(), request)


def _condition(request: Request, scope: Scope) -> Condition:
    if "ConditionExpression" not in request:
        return lambda _: True
    return read_condition("ConditionExpression", request["ConditionExpression"], scope)
