"""One write to one item: checked against the table, then against the item's condition, then made."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulator.account import Account, table_name
from tests.simulator.conditions import Condition, read_condition
from tests.simulator.errors import SimulatedError, invalid, missing, refused
from tests.simulator.expressions import Scope
from tests.simulator.items import Items
from tests.simulator.tables import Table
from tests.simulator.updates import Update
from tests.simulator.values import Item, item_size, kind

Request = Mapping[str, Any]

MAX_ITEM_BYTES = 400 * 1024
FAILED = "The conditional request failed"
OLD_VALUES = "ReturnValuesOnConditionCheckFailure"


def find_table(account: Account, request: Request) -> Table:
    """The table of a data-plane call; to this plane, one that is CREATING or DELETING does not exist."""
    table = account.tables.get(table_name(request))
    if table is None or table.lifecycle != "ACTIVE":
        raise missing()
    return table


def check_key(table: Table, key: Item) -> None:
    """Exactly the key attributes, of their types, and not empty."""
    if set(key) != set(table.key_names) or any(kind(key[name]) != table.attributes[name] for name in key):
        raise refused("The provided key element does not match the schema")
    _check_not_empty(table, key)


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

    def failure(self, *, as_reason: bool = False) -> dict[str, Any]:
        """What a failed condition shows of the item, if that was asked for."""
        wanted = self.request.get(OLD_VALUES) == "ALL_OLD" and self.before is not None
        shown: dict[str, Any] = {"Item": self.before} if wanted else {}
        return {"Code": "ConditionalCheckFailed", "Message": FAILED, **shown} if as_reason else shown

    def make(self, account: Account) -> None:
        """Write it; the global indexes follow."""
        self._to(self.table.items)
        account.after("index_lag", (self.table.name,), lambda: self._to(self.table.indexed))

    def _to(self, items: Items) -> None:
        if self.after is None:
            items.delete(self.key)
        else:
            items.put(self.after)

    def check(self) -> None:
        """Raise ConditionalCheckFailedException unless the condition holds."""
        if not self.holds:
            raise SimulatedError("ConditionalCheckFailedException", FAILED, details=self.failure())


def put(account: Account, request: Request) -> Write:
    """A PutItem, or a Put of a transaction."""
    table = find_table(account, request)
    item = copy.deepcopy(request["Item"])
    for name in table.key_names:
        if name not in item:
            raise invalid(f"Missing the key {name} in the item")
        if kind(item[name]) != table.attributes[name]:
            raise invalid(f"Type mismatch for key {name} expected: {table.attributes[name]} actual: {kind(item[name])}")
    _check_not_empty(table, item)
    key = {name: item[name] for name in table.key_names}
    _check_item(table, item, "Item size has exceeded the maximum allowed size")
    return _write(table, key, item, request)


def delete(account: Account, request: Request) -> Write:
    """A DeleteItem, or a Delete of a transaction."""
    table = find_table(account, request)
    check_key(table, request["Key"])
    return _write(table, request["Key"], None, request)


def check(account: Account, request: Request) -> Write:
    """A ConditionCheck of a transaction: it writes back what it finds."""
    table = find_table(account, request)
    check_key(table, request["Key"])
    return _write(table, request["Key"], table.items.get(request["Key"]), request)


def update(account: Account, request: Request) -> Write:
    """An UpdateItem, or an Update of a transaction; where there is no item it makes one."""
    table = find_table(account, request)
    check_key(table, request["Key"])
    scope = Scope.of(request)
    change = Update(request["UpdateExpression"], scope, table.key_names) if "UpdateExpression" in request else None
    condition = _condition(request, scope)
    scope.check_all_used()
    before = table.items.get(request["Key"])
    after: Item = dict(before or request["Key"])
    # A failed condition comes before a failing update, which may stumble over what the condition asks for.
    if change is not None and condition(before or {}):
        after = change.apply(after)
        _check_item(table, after, "Item size to update has exceeded the maximum allowed size")
    touched = frozenset(change.attributes if change is not None else ())
    return Write(table, dict(request["Key"]), before, after, condition, touched, request)


def _write(table: Table, key: Item, after: Item | None, request: Request) -> Write:
    scope = Scope.of(request)
    condition = _condition(request, scope)
    scope.check_all_used()
    return Write(table, dict(key), table.items.get(key), after, condition, frozenset(), request)


def _condition(request: Request, scope: Scope) -> Condition:
    if "ConditionExpression" not in request:
        return lambda _: True
    return read_condition("ConditionExpression", request["ConditionExpression"], scope)


def _check_not_empty(table: Table, item: Item) -> None:
    for name in table.key_names:
        if item[name].get("S") == "" or item[name].get("B") == "":
            raise refused(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                f"empty {'string' if 'S' in item[name] else 'binary'} value. Key: {name}"
            )


def _check_item(table: Table, item: Item, too_large: str) -> None:
    """Its size; and the keys of every index that is built, which a build itself would only have skipped."""
    if item_size(item) > MAX_ITEM_BYTES:
        raise refused(too_large)
    for index in table.indexes.values():
        for name in index.key_names if index.status in {"ACTIVE", "UPDATING"} else ():
            if name in item and kind(item[name]) != table.attributes[name]:
                raise invalid(
                    f"Type mismatch for Index Key {name} Expected: {table.attributes[name]} "
                    f"Actual: {kind(item[name])} IndexName: {index.name}"
                )
            if name in item and "" in item[name].values():
                raise refused(
                    "One or more parameter values are not valid. A value specified for a secondary index key is not "
                    "supported. The AttributeValue for a key attribute cannot contain an empty string value. "
                    f"IndexName: {index.name}, IndexKey: {name}"
                )
