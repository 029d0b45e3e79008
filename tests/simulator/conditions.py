"""Conditions: what an item must be like, for writes, filters and key conditions.

What is refused before any item is seen, and the texts, are those of AWS as the suite of mhart/dynalite recorded them
and DynamoDB Local 3.3.1 gives them.
"""

import base64
import operator
from collections.abc import Callable
from typing import Any

from tests.simulator.expressions import Reader, Scope
from tests.simulator.operands import (
    ORDERED,
    SORTABLE,
    TYPES,
    Operand,
    check_distinct,
    check_types,
    read_arguments,
    read_operand,
)
from tests.simulator.values import SETS, Item, Value, comparable, kind, order

Condition = Callable[[Item], bool]

MAX_OPTIONS = 100
FUNCTIONS = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}
"""The functions that are true or false, each with the number of its operands."""


def read_condition(kind_of: str, text: str, scope: Scope) -> Condition:
    """A ConditionExpression or FilterExpression; ``kind_of`` is its name in a refusal."""
    reader = Reader(kind_of, text, scope)
    condition = _any(reader)
    reader.end()
    return condition


def _any(reader: Reader) -> Condition:
    parts = [_all(reader)]
    while reader.take("OR"):
        reader.count()
        parts.append(_all(reader))
    return parts[0] if len(parts) == 1 else lambda item: any(part(item) for part in parts)


def _all(reader: Reader) -> Condition:
    parts = [_not(reader)]
    while reader.take("AND"):
        reader.count()
        parts.append(_not(reader))
    return parts[0] if len(parts) == 1 else lambda item: all(part(item) for part in parts)


def _not(reader: Reader) -> Condition:
    if reader.take("NOT"):
        reader.count()
        part = _not(reader)
        return lambda item: not part(item)
    if reader.peek() == "(":
        return reader.group(_any)
    if reader.opens_function() and reader.peek() != "size":
        return _function(reader)
    return _comparison(reader)


def _comparison(reader: Reader) -> Condition:
    left = read_operand(reader)
    reader.count()
    if reader.take("BETWEEN"):
        low = read_operand(reader)
        reader.expect("AND")
        high = read_operand(reader)
        _check_bounds(reader, left, low, high)
        return between(left, low, high)
    if reader.take("IN"):
        return _in(reader, left)
    sign = reader.next()
    if sign not in {"=", "<>"} and sign not in ORDERED:
        raise reader.error(f'Syntax error; token: "{sign}"')
    right = read_operand(reader)
    check_distinct(reader, sign, [left, right])
    if sign in ORDERED:
        check_types(reader, sign, SORTABLE, [left, right])
    return compare(sign, left, right)


def _in(reader: Reader, left: Operand) -> Condition:
    reader.expect("(")
    options = [read_operand(reader)]
    while reader.take(","):
        options.append(read_operand(reader))
    reader.expect(")")
    if len(options) > MAX_OPTIONS:
        raise reader.error(f"The IN operator is provided with too many operands; number of operands: {len(options)}")
    check_distinct(reader, "IN", [left, *options])
    return lambda item: any(_same(left.of(item), option.of(item)) for option in options)


def _check_bounds(reader: Reader, value: Operand, low: Operand, high: Operand) -> None:
    check_distinct(reader, "BETWEEN", [value, low, high])
    check_types(reader, "BETWEEN", SORTABLE, [value, low, high])
    if low.value is None or high.value is None:
        return
    bounds = " bound operand: AttributeValue: {{{}:{}}}"
    said = ", ".join(
        word + bounds.format(kind(bound), bound[kind(bound)])
        for word, bound in (("lower", low.value), ("upper", high.value))
    )
    if kind(low.value) != kind(high.value):
        raise reader.error(f"The BETWEEN operator requires same data type for lower and upper bounds; {said}")
    if order(low.value) > order(high.value):
        raise reader.error(
            f"The BETWEEN operator requires upper bound to be greater than or equal to lower bound; {said}"
        )


def _function(reader: Reader) -> Condition:
    name = reader.next()
    if name not in FUNCTIONS:
        raise reader.error(f"Invalid function name; function: {name}")
    reader.count()
    operands = read_arguments(reader, name, FUNCTIONS[name])
    first = operands[0]
    if FUNCTIONS[name] == 1:
        if first.path is None:
            raise reader.error(f"Operator or function requires a document path; operator or function: {name}")
        return lambda item: (first.of(item) is not None) == (name == "attribute_exists")
    check_distinct(reader, name, operands)
    second = operands[1]
    if name == "attribute_type":
        _check_type_name(reader, second)
        return lambda item: _has_type(first.of(item), second.of(item))
    if name == "begins_with":
        check_types(reader, name, {"S", "B"}, operands)
        return begins(first, second)
    return lambda item: _contains(first.of(item), second.of(item))


def _check_type_name(reader: Reader, wanted: Operand) -> None:
    check_types(reader, "attribute_type", {"S"}, [wanted])
    if wanted.value is not None and wanted.value["S"] not in TYPES:
        raise reader.error(
            f"Invalid attribute type name found; type: {wanted.value['S']}, valid types: {{{','.join(TYPES)}}}"
        )


def compare(sign: str, left: Operand, right: Operand) -> Condition:
    """``=``, ``<>``, or one of those that need an order."""
    if sign == "=":
        return lambda item: _same(left.of(item), right.of(item))
    if sign == "<>":
        return lambda item: not _same(left.of(item), right.of(item))
    return lambda item: _ordered(ORDERED[sign], left.of(item), right.of(item))


def between(value: Operand, low: Operand, high: Operand) -> Condition:
    """Not below one bound nor above the other."""
    return lambda item: (
        _ordered(operator.ge, value.of(item), low.of(item)) and _ordered(operator.le, value.of(item), high.of(item))
    )


def begins(value: Operand, prefix: Operand) -> Condition:
    """Strings and binaries alone can begin with something."""

    def holds(item: Item) -> bool:
        whole, start = value.of(item), prefix.of(item)
        if whole is None or start is None or kind(whole) != kind(start) or kind(whole) not in {"S", "B"}:
            return False
        return bool(order(whole).startswith(order(start)))

    return holds


def _same(left: Value | None, right: Value | None) -> bool:
    return left is not None and right is not None and bool(comparable(left) == comparable(right))


def _ordered(compare: Callable[[Any, Any], Any], left: Value | None, right: Value | None) -> bool:
    if left is None or right is None or kind(left) != kind(right):
        return False
    first, second = order(left), order(right)
    return first is not None and bool(compare(first, second))


def _has_type(value: Value | None, wanted: Value | None) -> bool:
    return value is not None and wanted is not None and kind(value) == wanted.get("S")


def _contains(whole: Value | None, part: Value | None) -> bool:
    if whole is None or part is None:
        return False
    content = whole[kind(whole)]
    if kind(whole) == kind(part) == "S":
        return part["S"] in content
    if kind(whole) == kind(part) == "B":
        return base64.b64decode(part["B"]) in base64.b64decode(content)
    if kind(whole) in SETS:
        return any(_same({SETS[kind(whole)]: member}, part) for member in content)
    return kind(whole) == "L" and any(_same(member, part) for member in content)
