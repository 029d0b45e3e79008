"""Attribute values in DynamoDB's typed JSON (``{"S": "x"}``, binaries in base64): equality, order and size."""

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Value = Mapping[str, Any]
Item = dict[str, Any]

SETS = {"SS": "S", "NS": "N", "BS": "B"}


def kind(value: Value) -> str:
    """Its type: S, N, B, BOOL, NULL, L, M, SS, NS or BS."""
    return next(iter(value))


def comparable(value: Value) -> Any:
    """Something that is equal, and can be hashed, exactly when the values are equal."""
    name, content = next(iter(value.items()))
    if name == "N":
        return (name, Decimal(content).normalize())
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
    """Bytes that AWS counts, to about a tenth."""
    name, content = next(iter(value.items()))
    match name:
        case "S":
            counted = len(content.encode())
        case "N":
            counted = len(content.lstrip("-").strip("0.")) // 2 + 2
        case "B":
            counted = len(content) * 3 // 4
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
