"""Canonical values: what DynamoDB stores of a value that is sent, or the refusal of one that it cannot store.

The texts are those that the suite of mhart/dynalite recorded from AWS; DynamoDB Local 3.3.1 words some differently.
"""

from collections.abc import Mapping
from decimal import Decimal, DecimalException
from typing import Any

from tests.simulator.errors import invalid, refused
from tests.simulator.values import NUMBERS, Item, Value, comparable, number

DIGITS = 38
LARGEST, SMALLEST = 125, -130
"""Exponents of ten between which the first digit of a number lies (D Constraints)."""
NESTING = 32
EMPTY = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}


def canonical_item(item: Mapping[str, Value]) -> Item:
    """An item as it is stored; a copy of what was sent."""
    return {name: canonical(value) for name, value in item.items()}


def canonical(value: Value, depth: int = 0) -> Value:
    """A value as it is stored: numbers in one spelling, sets without order.

    Raises:
        SimulatedError: ValidationException.
    """
    if depth > NESTING:
        raise refused("Nesting Levels have exceeded supported limits")
    name, content = next(iter(value.items()))
    stored: Any = content
    match name:
        case "N":
            stored = canonical_number(content)
        case "L":
            stored = [canonical(member, depth + 1) for member in content]
        case "M":
            stored = {key: canonical(member, depth + 1) for key, member in content.items()}
        case "SS" | "BS" | "NS":
            stored = _members(name, content)
        case "NULL" if content is not True:
            raise invalid("Null attribute value types must have the value of true")
    return {name: stored}


def canonical_number(text: str) -> str:
    """One spelling for each number, up to 38 digits and between 1E-130 and 9.99E125."""
    try:
        exact = Decimal(text)
    except DecimalException:
        exact = Decimal("NaN")
    if not exact.is_finite() or text != text.strip():
        raise refused(f"The parameter cannot be converted to a numeric value: {text}")
    return checked_number(exact)


def checked_number(exact: Decimal) -> str:
    """A number that is sent or computed, if DynamoDB can store it."""
    if exact and exact.adjusted() > LARGEST:
        raise refused("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if exact and exact.adjusted() < SMALLEST:
        raise refused("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    try:
        NUMBERS.plus(exact)
    except DecimalException as error:
        raise refused(f"Attempting to store more than {DIGITS} significant digits in a Number") from error
    return number(exact)


def _members(name: str, members: list[str]) -> list[str]:
    if not members:
        raise invalid(EMPTY[name])
    stored = [canonical_number(member) for member in members] if name == "NS" else list(members)
    if len({comparable({name[0]: member}) for member in stored}) < len(stored):
        if name == "NS":
            raise refused("Input collection contains duplicates")
        raise invalid(f"Input collection [{', '.join(members)}] contains duplicates.")
    return stored
