"""Reads by key: one item, many, or many in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulator.account import Account
from tests.simulator.consumption import TRANSACTED, Consumption, read, read_units, report, report_all
from tests.simulator.errors import constraint, refused, unknown
from tests.simulator.expressions import Path, Scope
from tests.simulator.keys import check_key
from tests.simulator.paths import project, read_paths
from tests.simulator.reasons import CLEAN, CONFLICT, MAX_ACTIONS, MULTIPLE, check_reasons
from tests.simulator.tables import Table
from tests.simulator.throttles import Throttled, read_claims
from tests.simulator.values import Item, item_size
from tests.simulator.views import table_view
from tests.simulator.writes import find_table

Parameters = Mapping[str, Any]

MAX_BATCH_GET = 100
MAX_BATCH_BYTES = 16 * 1024 * 1024
KNOWN = {"Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"}


@dataclass(frozen=True, slots=True)
class Get:
    """A read of one key that is known to fit its table, with the paths of its projection; None for everything."""

    table: Table
    key: Item
    paths: list[Path] | None
    consistent: bool

    @classmethod
    def of(cls, account: Account, request: Parameters) -> "Get":
        """The read that a request, or an action of a transaction, asks for."""
        table = find_table(account, request)
        check_key(table, request["Key"])
        scope = Scope.of(request)
        expression = request.get("ProjectionExpression")
        paths = None if expression is None else read_paths("ProjectionExpression", expression, scope)
        scope.check_all_used()
        return cls(table, request["Key"], paths, request.get("ConsistentRead", False))

    @property
    def found(self) -> Item | None:
        """The whole item, if there is one."""
        return self.table.items.get(self.key)

    @property
    def shown(self) -> Item | None:
        """What the answer shows of it."""
        return self.found if self.found is None or self.paths is None else project(self.found, self.paths)

    @property
    def consumed(self) -> Consumption:
        """By its size, whatever is shown of it; an item that is not there costs as well."""
        return read(table_view(self.table), read_units(item_size(self.found or {}), consistent=self.consistent))

    def spend(self, account: Account, times: int = 1) -> None:
        """Take that from the capacity; raises Throttled."""
        account.throttles.spend(read_claims(table_view(self.table), self.consumed.scaled(times), self.key))

    def refusal(self, account: Account, times: int = 1) -> Throttled | None:
        """The same, where it is one of many."""
        try:
            self.spend(account, times)
        except Throttled as refusal:
            return refusal
        return None


def get_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """GetItem."""
    get = Get.of(account, parameters)
    get.spend(account)
    answer = {"Item": get.shown} if get.shown is not None else {}
    return answer | report(parameters, get.consumed)


def batch_get_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """BatchGetItem: what is throttled, or would exceed 16 MB, comes back unprocessed; all of it is a refusal."""
    gets = [
        (name, get) for name, request in parameters["RequestItems"].items() for get in _gets(account, name, request)
    ]
    if len(gets) > MAX_BATCH_GET:
        raise refused("Too many items requested for the BatchGetItem call")
    responses: dict[str, list[Item]] = {name: [] for name in parameters["RequestItems"]}
    left: dict[str, Any] = {}
    consumed: list[Consumption] = []
    used, throttled = 0, None
    for name, get in gets:
        refusal = get.refusal(account) if used < MAX_BATCH_BYTES else None
        if refusal is not None or used >= MAX_BATCH_BYTES:
            throttled = throttled or refusal
            left.setdefault(name, {**parameters["RequestItems"][name], "Keys": []})["Keys"].append(get.key)
            continue
        used += item_size(get.found or {})
        consumed.append(get.consumed)
        if get.shown is not None:
            responses[name].append(get.shown)
    if throttled is not None and not consumed:
        raise throttled
    return {"Responses": responses, "UnprocessedKeys": left, **report_all(parameters, consumed)}


def transact_get_items(account: Account, parameters: Parameters) -> dict[str, Any]:
    """TransactGetItems; an item that somebody's transaction is writing cancels it."""
    items = parameters["TransactItems"]
    if not 1 <= len(items) <= MAX_ACTIONS:
        raise constraint(items, "transactItems", f"have length less than or equal to {MAX_ACTIONS}")
    gets = [Get.of(account, {**item["Get"], "ConsistentRead": True}) for item in items]
    if len({(get.table.name, get.table.items.key(get.key)) for get in gets}) < len(gets):
        raise refused(MULTIPLE)
    check_reasons([CONFLICT if account.holds.has(get.table, get.key) else CLEAN for get in gets])
    refusals = [get.refusal(account, TRANSACTED) for get in gets]
    check_reasons([CLEAN if refusal is None else refusal.as_reason() for refusal in refusals])
    responses = [{"Item": get.shown} if get.shown is not None else {} for get in gets]
    return {"Responses": responses, **report_all(parameters, (get.consumed.scaled(TRANSACTED) for get in gets))}


def _gets(account: Account, name: str, request: Parameters) -> list[Get]:
    strange = sorted(request.keys() - KNOWN)
    if strange:
        raise unknown(f"{', '.join(strange)} of BatchGetItem")
    gets = [Get.of(account, {"TableName": name, "Key": key, **request}) for key in request["Keys"]]
    if len({get.table.items.key(get.key) for get in gets}) < len(gets):
        raise refused("Provided list of item keys contains duplicates")
    return gets
