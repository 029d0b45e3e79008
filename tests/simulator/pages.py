"""Pages: Query and Scan of a table or an index, up to a limit or a megabyte at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulator.account import Account
from tests.simulator.conditions import read_condition
from tests.simulator.consumption import read, read_units, report
from tests.simulator.errors import constraint, refused
from tests.simulator.expressions import Scope
from tests.simulator.hashing import position, share
from tests.simulator.items import Page, after, page_of
from tests.simulator.key_conditions import KeyTerm, check_terms, read_key_condition
from tests.simulator.paths import project, read_paths
from tests.simulator.tables import Table
from tests.simulator.throttles import read_claims
from tests.simulator.values import Item, comparable, item_size, kind, order
from tests.simulator.views import View, global_view, local_views, table_view
from tests.simulator.writes import find_table

Parameters = Mapping[str, Any]

MAX_SEGMENTS = 1_000_000
START = "The provided starting key is "


def query(account: Account, parameters: Parameters) -> dict[str, Any]:
    """Query."""
    view = _view(find_table(account, parameters), parameters)
    if "KeyConditionExpression" not in parameters:
        raise refused("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    scope = Scope.of(parameters)
    terms = read_key_condition(parameters["KeyConditionExpression"], scope)
    check_terms(view, terms)
    start = parameters.get("ExclusiveStartKey")
    if start is not None:
        _check_query_start(view, start, terms)
    rows = [item for item in _rows(view) if all(term.holds(item) for term in terms)]
    forward = parameters.get("ScanIndexForward", True)
    page = view.table.items.query(rows, view.range_names, start, _limit(parameters), forward=forward)
    return _answer(account, view, page, parameters, scope)


def scan(account: Account, parameters: Parameters) -> dict[str, Any]:
    """Scan, of a segment where one is named."""
    view = _view(find_table(account, parameters), parameters)
    segment, segments = _segment(parameters)
    start, limit = parameters.get("ExclusiveStartKey"), _limit(parameters)
    if start is not None:
        _check_scan_start(view, start, segment, segments)
    if view.name is None:
        page = view.table.items.scan(segment, segments, start, limit)
    else:
        rows = (item for item in _rows(view) if share(_position(view, item), segments) == segment)
        ordered = sorted(rows, key=lambda item: _place(view, item))
        page = page_of(after(ordered, lambda item: _place(view, item), start), limit)
    return _answer(account, view, page, parameters, Scope.of(parameters))


def _view(table: Table, parameters: Parameters) -> View:
    name = parameters.get("IndexName")
    if name is None:
        return table_view(table)
    for view in local_views(table):
        if view.name == name:
            return view
    index = table.indexes.get(name)
    if index is None or index.status == "DELETING":
        raise refused(f"The table does not have the specified index: {name}")
    if index.status == "CREATING":
        raise refused(f"Cannot read from backfilling global secondary index: {name}")
    if parameters.get("ConsistentRead"):
        raise refused("Consistent reads are not supported on global secondary indexes")
    return global_view(table, index)


def _rows(view: View) -> list[Item]:
    """The whole items that a table or an index has something of; a global index lags behind."""
    if view.name is None:
        return list(view.table.items.rows.values())
    items = view.table.items if view.local is not None else view.table.indexed
    return [item for item in items.rows_with(view.own_names) if view.entry(item) is not None]


def _position(view: View, item: Item) -> int:
    return position(item[name] for name in view.hash_names)


def _place(view: View, item: Item) -> tuple[Any, ...]:
    keys = (repr(comparable(item[name])) for name in view.table.key_names)
    return (_position(view, item), *(order(item[name]) for name in view.range_names), *keys)


def _segment(parameters: Parameters) -> tuple[int, int]:
    """Segment and TotalSegments; the texts as the suite of mhart/dynalite recorded them."""
    segment, segments = parameters.get("Segment"), parameters.get("TotalSegments")
    if segments is not None and not 1 <= segments <= MAX_SEGMENTS:
        rule = "greater than or equal to 1" if segments < 1 else f"less than or equal to {MAX_SEGMENTS}"
        raise constraint(segments, "totalSegments", f"have value {rule}")
    absent = "parameter is required but was not present in the request when"
    if segment is not None and segments is None:
        raise refused(f"The TotalSegments {absent} Segment parameter is present")
    if segment is None and segments is not None:
        raise refused(f"The Segment {absent} parameter TotalSegments is present")
    if segment is None or segments is None:
        return 0, 1
    if segment >= segments:
        raise refused(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {segments}"
        )
    return segment, segments


def _check_start(view: View, start: Item, why: str) -> None:
    """Exactly the keys, of their types (recorded by the same suite)."""
    types = view.table.attributes
    if set(start) != set(view.key_names) or any(kind(start[name]) != types[name] for name in start):
        raise refused(START + "invalid" + why)


def _check_query_start(view: View, start: Item, terms: Sequence[KeyTerm]) -> None:
    _check_start(view, start, "")
    if not all(term.holds(start) for term in terms):
        raise refused(START + "outside query boundaries based on provided conditions")


def _check_scan_start(view: View, start: Item, segment: int, segments: int) -> None:
    """Any key will do, whether an item has it or not, so long as it belongs to the segment."""
    _check_start(view, start, ": The provided key element does not match the schema" if view.name is None else "")
    if share(_position(view, start), segments) != segment:
        raise refused(
            f"{START}invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
            f"TotalSegments: {segments} Segment: {segment}"
        )


def _limit(parameters: Parameters) -> int | None:
    limit: int | None = parameters.get("Limit")
    if limit is not None and limit < 1:
        raise constraint(limit, "limit", "have value greater than or equal to 1")
    return limit


def _answer(account: Account, view: View, page: Page, parameters: Parameters, scope: Scope) -> dict[str, Any]:
    entries = [entry for entry in map(view.entry, page.items) if entry is not None]
    items = entries
    if "FilterExpression" in parameters:
        holds = read_condition("FilterExpression", parameters["FilterExpression"], scope)
        items = [item for item in items if holds(item)]
    if "ProjectionExpression" in parameters:
        paths = read_paths("ProjectionExpression", parameters["ProjectionExpression"], scope)
        items = [project(item, paths) for item in items]
    scope.check_all_used()
    size = sum(item_size(entry) for entry in entries)
    consumed = read(view, read_units(size, consistent=parameters.get("ConsistentRead", False)))
    account.throttles.spend(read_claims(view, consumed, page.items[0] if page.items else None))
    answer: dict[str, Any] = {"Count": len(items), "ScannedCount": len(page.items)}
    if parameters.get("Select") != "COUNT":
        answer["Items"] = items
    if page.last is not None:
        answer["LastEvaluatedKey"] = {name: page.last[name] for name in view.key_names}
    return answer | report(parameters, consumed)
