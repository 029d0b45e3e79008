"""Attribute values in DynamoDB's typed JSON (``{"S": "x"}``, binaries in base64): equality, order and size."""

import base64
from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

Value = Mapping[str, Any]
Item = dict[str, Any]

SETS = {"SS": "S", "NS": "N", "BS": "B"}
NUMBERS = Context(prec=38, traps=[InvalidOperation, Inexact])
"""DynamoDB's numbers: 38 significant digits, and nothing is rounded."""


def kind(value: Value) -> str:
    """Its type: S, N, B, BOOL, NULL, L, M, SS, NS or BS."""
    return next(iter(value))


def number(of: Decimal) -> str:
    """A number as DynamoDB shows it: without an exponent, and without zeros that say nothing."""
    return format(NUMBERS.normalize(of), "f") if of else "0"


def comparable(value: Value) -> Any:
    """Something that is equal, and can be hashed, exactly when the values are equal."""
    name, content = next(iter(value.items()))
    if name == "N":
        return (name, Decimal(content))
    if name in SETS:
        return (name, frozenset(comparable({SETS[name]: member}) for member in content))
    if name == "L":
        return (name, tuple(comparable(member) for member in content))
    if name == "M":
        return (name, frozenset((key, comparable(member)) for key, member in content.items()))
    return (name, content)


def order(value: Value) -> Any:
    """Something to sort values of one of the types S, N and B by; None for the others, which have no order."""
    name, content = next(iter(value.items()))
    if name == "S":
        return content.encode()
    if name == "N":
        return Decimal(content)
    return base64.b64decode(content) if name == "B" else None


def size(value: Value) -> int:
    """Bytes that AWS counts; those of a number are approximate, as AWS's own documentation says."""
    name, content = next(iter(value.items()))
    match name:
        case "S":
            counted = len(content.encode())
        case "N":
            digits = content.lstrip("-").replace(".", "").strip("0")
            counted = (len(digits) + 1) // 2 + 1 + content.startswith("-")
        case "B":
            counted = len(content) // 4 * 3 - content.count("=")
        case "SS" | "NS" | "BS":
            counted = sum(size({SETS[name]: member}) for member in content)
        case "L":
            counted = 3 + sum(1 + size(member) for member in content)
        case "M":
            counted = 3 + sum(1 + len(key.encode()) + size(member) for key, member in content.items())
        case _:
            counted = 1
    return counted


def item_size(item: Mapping[str, Value]) -> int:
    """Bytes of an item: of its names and its values."""
    return sum(len(name.encode()) + size(value) for name, value in item.items())
