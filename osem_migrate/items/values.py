"""Values: what DynamoDB stores, between its typed JSON and Python, as boto3 spells both.

An attribute value is ``{"S": "x"}``, as boto3's client takes and gives it: binaries are bytes, numbers are text. In
Python it is a str, Decimal, bytes, bool, None, dict, list or set. Numbers have 38 digits, as DynamoDB's have: nothing
here rounds, and floats are refused, because they are not what they look like.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from decimal import (
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    Rounded,
    Underflow,
    localcontext,
)
from typing import Any

AttributeValue = Mapping[str, Any]
"""``{"S": "x"}``: one type and its value."""

Item = Mapping[str, AttributeValue]
"""Attribute values by name."""

DIGITS = 38
LARGEST, SMALLEST = 125, -130  # exponents of the first digit
DEEPEST = 32  # lists and maps within each other
LONGEST_NAME = 65535  # bytes

NUMBERS = Context(
    prec=DIGITS,
    Emin=SMALLEST,
    Emax=LARGEST,
    traps=[Clamped, DivisionByZero, Inexact, InvalidOperation, Overflow, Rounded, Underflow],
)
"""The context in which functions run: whatever would round raises."""


class ValueRefused(ValueError):
    """A Python value that DynamoDB cannot store; the text says why."""


@contextmanager
def numbers() -> Iterator[None]:
    """Within, decimal arithmetic is that of ``NUMBERS``."""
    with localcontext(NUMBERS):
        yield


def decode(stored: AttributeValue) -> Any:
    """The Python value, which shares nothing with what it was made of."""
    ((kind, value),) = stored.items()
    return _DECODED[kind](value) if kind in _DECODED else value


def encode(value: Any) -> AttributeValue:
    """The attribute value, numbers in their canonical spelling and sets in order; raises ValueRefused."""
    return _encode(value, 0)


def encode_item(values: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """A whole item; raises ValueRefused, which says where."""
    item: dict[str, AttributeValue] = {}
    for name, value in values.items():
        check_name(name)
        try:
            item[name] = encode(value)
        except ValueRefused as refused:
            raise ValueRefused(f"{name}: {refused}") from None
    return item


def check_name(name: object) -> None:
    """Raise ValueRefused unless an attribute can have this name."""
    if not isinstance(name, str):
        raise ValueRefused(f"the name of an attribute is a text, not {_article(name)}")
    if not is_name(name):
        raise ValueRefused(f"no attribute can be named {name[:64]!r}")


def is_name(name: str) -> bool:
    """Whether an attribute can have this name."""
    try:
        return 0 < len(name.encode()) <= LONGEST_NAME
    except UnicodeEncodeError:
        return False


def canonical(stored: AttributeValue) -> Any:
    """The value as JSON, the same for every spelling: of numbers, and whatever the order in sets and maps."""
    ((kind, value),) = stored.items()
    return [kind, _CANONICAL[kind](value) if kind in _CANONICAL else value]


def json_item(item: Item) -> dict[str, Any]:
    """The item as the AWS CLI prints it: typed JSON, with binaries in base64."""
    return {name: _json_value(value) for name, value in item.items()}


def _json_value(stored: AttributeValue) -> dict[str, Any]:
    ((kind, value),) = stored.items()
    if kind == "M":
        return {kind: json_item(value)}
    if kind == "L":
        return {kind: [_json_value(part) for part in value]}
    if kind in {"B", "BS"}:
        return {kind: _CANONICAL[kind](value)}
    return {kind: sorted(value) if kind in {"SS", "NS"} else value}


def same(one: AttributeValue, other: AttributeValue) -> bool:
    """Whether DynamoDB would take the two for equal."""
    return one == other or (one.keys() == other.keys() and canonical(one) == canonical(other))


def number_text(number: Decimal) -> str:
    """The one spelling of a number: ``0``, ``-1.5``, ``12E40``; it has no zeros that say nothing."""
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    shortened = text.rstrip("0")
    if not shortened or not isinstance(exponent, int):
        return "0"
    exponent += len(text) - len(shortened)
    minus = "-" if sign else ""
    if exponent == 0:
        return minus + shortened
    if 0 < exponent <= DIGITS - len(shortened):
        return minus + shortened + "0" * exponent
    if -DIGITS <= exponent < 0:
        padded = shortened.rjust(1 - exponent, "0")
        return f"{minus}{padded[:exponent]}.{padded[exponent:]}"
    return f"{minus}{shortened}E{exponent}"


_DECODED: Mapping[str, Callable[[Any], Any]] = {
    "N": Decimal,
    "NULL": lambda _true: None,
    "L": lambda parts: [decode(part) for part in parts],
    "M": lambda parts: {name: decode(part) for name, part in parts.items()},
    "SS": set,
    "NS": lambda parts: set(map(Decimal, parts)),
    "BS": set,
}
"""Of the types whose values are otherwise in Python."""


def _encode(value: Any, depth: int) -> AttributeValue:
    # A bool is an int, so it comes first.
    for kinds, encoded in _ENCODED:
        if isinstance(value, kinds):
            return encoded(value, depth)
    if isinstance(value, float):
        raise ValueRefused("a float is only near to the number that was meant: use Decimal")
    raise ValueRefused(f"DynamoDB cannot store {_article(value)}")


def _map(value: Mapping[Any, Any], depth: int) -> AttributeValue:
    _check_depth(depth)
    for name in value:
        check_name(name)
    return {"M": {str.__str__(name): _encode(part, depth + 1) for name, part in value.items()}}


def _list(value: list[Any] | tuple[Any, ...], depth: int) -> AttributeValue:
    _check_depth(depth)
    return {"L": [_encode(part, depth + 1) for part in value]}


def _check_depth(depth: int) -> None:
    if depth == DEEPEST:
        raise ValueRefused(f"lists and maps are nested more than {DEEPEST} levels deep")


def _set(value: AbstractSet[Any], depth: int) -> AttributeValue:
    parts = [_encode(part, depth) for part in value]
    kinds = {kind for part in parts for kind in part}
    if len(kinds) != 1 or not kinds <= {"S", "N", "B"}:
        raise ValueRefused(
            "a set holds texts only, numbers only or binaries only" if kinds else "DynamoDB stores no empty set"
        )
    (kind,) = kinds
    return {f"{kind}S": sorted(part[kind] for part in parts)}


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueRefused("a text is not valid Unicode") from None
    return str.__str__(value)


def _number(value: int | Decimal) -> str:
    # An int of thousands of digits is not even made a text of.
    if isinstance(value, int) and abs(value) >= 10 ** (LARGEST + 1):
        raise ValueRefused(f"a number is larger than 10^{LARGEST + 1}")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueRefused(f"DynamoDB cannot store the number {number}")
    significant = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(significant) > DIGITS:
        raise ValueRefused(f"a number has {len(significant)} digits; DynamoDB keeps {DIGITS}")
    if number and not SMALLEST <= number.adjusted() <= LARGEST:
        raise ValueRefused(f"the number {number} is out of range: 10^{SMALLEST} to 10^{LARGEST + 1}")
    return number_text(number)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _article(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


_ENCODED: tuple[tuple[Any, Callable[[Any, int], AttributeValue]], ...] = (
    (str, lambda value, _depth: {"S": _text(value)}),
    (bool, lambda value, _depth: {"BOOL": value}),
    (int | Decimal, lambda value, _depth: {"N": _number(value)}),
    (bytes | bytearray, lambda value, _depth: {"B": bytes(value)}),
    (type(None), lambda _value, _depth: {"NULL": True}),
    (Mapping, _map),
    (list | tuple, _list),
    (AbstractSet, _set),
)

_CANONICAL: Mapping[str, Callable[[Any], Any]] = {
    "N": lambda text: number_text(Decimal(text)),
    "B": _base64,
    "L": lambda parts: [canonical(part) for part in parts],
    "M": lambda parts: {name: canonical(parts[name]) for name in sorted(parts)},
    "SS": sorted,
    "NS": lambda parts: sorted(number_text(Decimal(part)) for part in parts),
    "BS": lambda parts: sorted(map(_base64, parts)),
}
"""Of the types whose values have several spellings, or none in JSON."""
