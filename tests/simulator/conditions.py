"""Conditions: what an item must be like, for writes, filters and key conditions."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.simulator.expressions import Path, Reader, Scope, find
from tests.simulator.values import SETS, Item, Value, comparable, kind, order, size

Operand = Callable[[Item], Value | None]
Condition = Callable[[Item], bool]

ORDERED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """One part of a key condition: an attribute; ``=``, ``<``, ``BETWEEN`` or ``begins_with`` …; and the values."""

    attribute: str
    operator: str
    values: tuple[Value, ...]
    holds: Condition


def read_condition(kind_of: str, text: str, scope: Scope) -> Condition:
    """A ConditionExpression or FilterExpression; ``kind_of`` is its name in a refusal."""
    reader = Reader(kind_of, text, scope)
    condition = _any(reader)
    reader.end()
    return condition


def read_key_condition(text: str, scope: Scope) -> list[KeyTerm]:
    """The parts of a KeyConditionExpression, which only AND can join."""
    reader = Reader("KeyConditionExpression", text, scope)
    terms = [_key_term(reader)]
    while reader.take("AND"):
        terms.append(_key_term(reader))
    reader.end()
    return terms


def _key_term(reader: Reader) -> KeyTerm:
    if reader.take("("):
        term = _key_term(reader)
        reader.expect(")")
        return term
    if reader.opens_function():
        name = reader.next()
        if name != "begins_with":
            raise reader.error(f"Invalid operator used in KeyConditionExpression: {name}")
        reader.expect("(")
        path = reader.path()
        reader.expect(",")
        prefix = reader.value()
        reader.expect(")")
        return KeyTerm(str(path[0]), name, (prefix,), _begins(_at(path), _just(prefix)))
    path = reader.path()
    if reader.take("BETWEEN"):
        low = reader.value()
        reader.expect("AND")
        high = reader.value()
        return KeyTerm(str(path[0]), "BETWEEN", (low, high), _between(_at(path), _just(low), _just(high)))
    sign = reader.next()
    if sign != "=" and sign not in ORDERED:
        raise reader.error(f"Invalid operator used in KeyConditionExpression: {sign}")
    value = reader.value()
    return KeyTerm(str(path[0]), sign, (value,), _compare(sign, _at(path), _just(value)))


def _any(reader: Reader) -> Condition:
    parts = [_all(reader)]
    while reader.take("OR"):
        parts.append(_all(reader))
    return parts[0] if len(parts) == 1 else lambda item: any(part(item) for part in parts)


def _all(reader: Reader) -> Condition:
    parts = [_not(reader)]
    while reader.take("AND"):
        parts.append(_not(reader))
    return parts[0] if len(parts) == 1 else lambda item: all(part(item) for part in parts)


def _not(reader: Reader) -> Condition:
    if reader.take("NOT"):
        part = _not(reader)
        return lambda item: not part(item)
    if reader.take("("):
        part = _any(reader)
        reader.expect(")")
        return part
    if reader.opens_function() and reader.peek() != "size":
        return _function(reader)
    return _comparison(reader)


def _comparison(reader: Reader) -> Condition:
    left = _operand(reader)
    if reader.take("BETWEEN"):
        low = _operand(reader)
        reader.expect("AND")
        return _between(left, low, _operand(reader))
    if reader.take("IN"):
        reader.expect("(")
        options = [_operand(reader)]
        while reader.take(","):
            options.append(_operand(reader))
        reader.expect(")")
        return lambda item: any(_same(left(item), option(item)) for option in options)
    sign = reader.next()
    if sign not in {"=", "<>"} and sign not in ORDERED:
        raise reader.error(f'Syntax error; token: "{sign}"')
    return _compare(sign, left, _operand(reader))


def _operand(reader: Reader) -> Operand:
    if reader.peek().startswith(":"):
        return _just(reader.value())
    if reader.opens_function():
        if reader.next() != "size":
            raise reader.error("The function is not allowed to be used this way in an expression")
        reader.expect("(")
        path = reader.path()
        reader.expect(")")
        return lambda item: _size(find(item, path))
    return _at(reader.path())


def _function(reader: Reader) -> Condition:
    name = reader.next()
    reader.expect("(")
    path = reader.path()
    if name in {"attribute_exists", "attribute_not_exists"}:
        reader.expect(")")
        return lambda item: (find(item, path) is not None) == (name == "attribute_exists")
    reader.expect(",")
    argument = _operand(reader)
    reader.expect(")")
    if name == "attribute_type":
        return lambda item: _has_type(find(item, path), argument(item))
    if name == "begins_with":
        return _begins(_at(path), argument)
    if name == "contains":
        return lambda item: _contains(find(item, path), argument(item))
    raise reader.error(f"Invalid function name; function: {name}")


def _just(value: Value) -> Operand:
    return lambda _: value


def _at(path: Path) -> Operand:
    return lambda item: find(item, path)


def _compare(sign: str, left: Operand, right: Operand) -> Condition:
    if sign == "=":
        return lambda item: _same(left(item), right(item))
    if sign == "<>":
        return lambda item: not _same(left(item), right(item))
    return lambda item: _ordered(ORDERED[sign], left(item), right(item))


def _between(value: Operand, low: Operand, high: Operand) -> Condition:
    return lambda item: _ordered(operator.ge, value(item), low(item)) and _ordered(operator.le, value(item), high(item))


def _begins(value: Operand, prefix: Operand) -> Condition:
    def holds(item: Item) -> bool:
        whole, start = value(item), prefix(item)
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


def _size(value: Value | None) -> Value | None:
    if value is None:
        return None
    content = value[kind(value)]
    count = size(value) if kind(value) in {"S", "B"} else len(content) if isinstance(content, list | dict) else None
    return {"N": str(count)} if count is not None else None


def _has_type(value: Value | None, wanted: Value | None) -> bool:
    return value is not None and wanted is not None and kind(value) == wanted.get("S")


def _contains(whole: Value | None, part: Value | None) -> bool:
    if whole is None or part is None:
        return False
    content = whole[kind(whole)]
    if kind(whole) == "S":
        return part.get("S", "\0") in content
    if kind(whole) in SETS:
        return any(_same({SETS[kind(whole)]: member}, part) for member in content)
    return kind(whole) == "L" and any(_same(member, part) for member in content)
