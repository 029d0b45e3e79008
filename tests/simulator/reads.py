"""Reads: one item, many by key, Query and Scan of a table or an index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulator.account import Account
from tests.simulator.conditions import KeyTerm, read_condition, read_key_condition
from tests.simulator.consumption import read_units, report, report_all
from tests.simulator.errors import constraint, invalid, refused, unknown
from tests.simulator.expressions import Scope, project, read_paths
from tests.simulator.items import Page
from tests.simulator.tables import Table
from tests.simulator.values import Item, item_size, kind
from tests.simulator.writes import check_key, find_table

Parameters = Mapping[str, Any]

MAX_BATCH_GET = 100
KNOWN = {"Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"}


@dataclass(frozen=True, slots=True)
class Source:
    """A table or an index to read from.

    Attributes:
        hash_names, range_names: its key attributes.
        shown: the attributes it holds; None for all.
        rows: the items in it.
    """

    table: Table
    hash_names: tuple[str, ...]
    range_names: tuple[str, ...]
    shown: frozenset[str] | None
    rows: Sequence[Item]

    @property
    def key_names(self) -> tuple[str, ...]:
        """What a LastEvaluatedKey carries."""
        return tuple(dict.fromkeys((*self.hash_names, *self.range_names, *self.table.key_names)))


def query(account: Account, parameters: Parameters) -> dict[str, Any]:
    """Query."""
    source = _source(find_table(account, parameters), parameters)
    if "KeyConditionExpression" not in parameters:
        raise refused("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    scope = Scope.of(parameters)
    terms = read_key_condition(parameters["KeyConditionExpression"], scope)
    _check_terms(source, terms)
    rows = [item for item in source.rows if all(term.holds(item) for term in terms)]
    page = source.table.items.query(
        rows,
        source.range_names,
        parameters.get("ExclusiveStartKey"),
        _limit(parameters),
        forward=parameters.get("ScanIndexForward", True),
    )
    return _answer(source, page, parameters, scope)


def scan(account: Account, parameters: Parameters) -> dict[str, Any]:
    """Scan, of a segment where one is named."""
    source = _source(find_table(account, parameters), parameters)
    segment, segments = parameters.get("Segment", 0), parameters.get("TotalSegments", 1)
    if segment >= segments:
        raise refused(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {segments}"
        )
    start, limit = parameters.get("ExclusiveStartKey"), _limit(parameters)
    page = source.table.items.scan(source.rows, segment, segments, start, limit)
    return _answer(source, page, parameters, Scope.of(parameters))


def _source(table: Table, parameters: Parameters) -> Source:
    name = parameters.get("IndexName")
    if name is None:
        return Source(table, table.key_names[:1], table.key_names[1:], None, list(table.items.rows.values()))
    local = {index["IndexName"]: index for index in table.local_indexes}
    if name in local:
        schema, projection = local[name]["KeySchema"], local[name]["Projection"]
    else:
        index = table.indexes.get(name)
        if index is None or index.status == "DELETING":
            raise refused(f"The table does not have the specified index: {name}")
        if index.status == "CREATING":
            raise refused(f"Cannot read from backfilling global secondary index: {name}")
        if parameters.get("ConsistentRead"):
            raise refused("Consistent reads are not supported on global secondary indexes")
        schema, projection = index.key_schema, index.projection
    names = [element["AttributeName"] for element in schema]
    items = table.items if name in local else table.indexed
    hashes = tuple(element["AttributeName"] for element in schema if element["KeyType"] == "HASH")
    rows = [
        item
        for item in items.rows_with(names)
        if all(kind(item[key]) == table.attributes[key] and "" not in item[key].values() for key in names)
    ]
    shown = None
    if projection["ProjectionType"] != "ALL":
        shown = frozenset((*names, *table.key_names, *projection.get("NonKeyAttributes", ())))
    return Source(table, hashes, tuple(names[len(hashes) :]), shown, rows)


def _check_terms(source: Source, terms: Sequence[KeyTerm]) -> None:
    """Every partition key with ``=``; sort keys from the left, only the last of them with something else."""
    given = {term.attribute: term for term in terms}
    for name in source.hash_names:
        if name not in given:
            raise refused(f"Query condition missed key schema element: {name}")
        if given[name].operator != "=":
            raise refused("Query key condition not supported")
    allowed = source.hash_names + source.range_names[: len(terms) - len(source.hash_names)]
    absent = [name for name in allowed if name not in given]
    if absent or len(terms) > len(allowed):
        raise refused(f"Query condition missed key schema element: {(absent or ['null'])[0]}")
    for term in terms:
        expected = source.table.attributes[term.attribute]
        if any(kind(value) != expected for value in term.values):
            raise invalid("Condition parameter type does not match schema type")


def _limit(parameters: Parameters) -> int | None:
    limit: int | None = parameters.get("Limit")
    if limit is not None and limit < 1:
        raise constraint(limit, "limit", "have value greater than or equal to 1")
    return limit


def _answer(source: Source, page: Page, parameters: Parameters, scope: Scope) -> dict[str, Any]:
    items = list(page.items)
    if source.shown is not None:
        items = [{name: value for name, value in item.items() if name in source.shown} for item in items]
    if "FilterExpression" in parameters:
        holds = read_condition("FilterExpression", parameters["FilterExpression"], scope)
        items = [item for item in items if holds(item)]
    if "ProjectionExpression" in parameters:
        paths = read_paths("ProjectionExpression", parameters["ProjectionExpression"], scope)
        items = [project(item, paths) for item in items]
    scope.check_all_used()
    answer: dict[str, Any] = {"Count": len(items), "ScannedCount": len(page.items)}
    if parameters.get("Select") != "COUNT":
        answer["Items"] = items
    if page.last is not None:
        answer["LastEvaluatedKey"] = {name: page.last[name] for name in source.key_names}
    units = read_units(sum(item_size(item) for item in page.items), consistent=parameters.get("ConsistentRead", False))
    return answer | report(parameters, source.table.name, units)


def get_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """GetItem."""
    table = find_table(account, parameters)
    item = pick(table, parameters["Key"], parameters)
    answer = {"Item": item} if item is not None else {}
    units = read_units(item_size(item or {}), consistent=parameters.get("ConsistentRead", False))
    return answer | report(parameters, table.name, units)


def batch_get_item(account: Account, parameters: Parameters) -> dict[str, Any]:
    """BatchGetItem; everything is processed."""
    requests = parameters["RequestItems"]
    if sum(len(request["Keys"]) for request in requests.values()) > MAX_BATCH_GET:
        raise refused("Too many items requested for the BatchGetItem call")
    responses, units = {}, []
    for name, request in requests.items():
        strange = sorted(request.keys() - KNOWN)
        if strange:
            raise unknown(f"{', '.join(strange)} of BatchGetItem")
        table = find_table(account, {"TableName": name})
        found = [pick(table, key, request) for key in request["Keys"]]
        responses[name] = [item for item in found if item is not None]
        consistent = request.get("ConsistentRead", False)
        units += [(name, read_units(item_size(item or {}), consistent=consistent)) for item in found]
    return {"Responses": responses, "UnprocessedKeys": {}, **report_all(parameters, units)}


def pick(table: Table, key: Item, request: Parameters) -> Item | None:
    """The item of a key, or the parts of it that a ProjectionExpression names; None if there is none."""
    check_key(table, key)
    scope = Scope.of(request)
    paths = None
    if "ProjectionExpression" in request:
        paths = read_paths("ProjectionExpression", request["ProjectionExpression"], scope)
    scope.check_all_used()
    item = table.items.get(key)
    return item if item is None or paths is None else project(item, paths)
