"""Values of Python as DynamoDB stores them, by the type that a contract gives them, and back; nothing is ever rounded.

A number is written in one way, whatever it was given as: 42, ``"42"`` and ``Decimal("42.0")`` are the same N, and the
same text within a key. A float is refused, since it is hardly ever the number that stands in the relational database.
"""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow, Underflow
from typing import Any
from uuid import UUID

from osem_migrate.errors import ValueInvalid

__all__ = ["DECODERS", "ENCODERS", "FORMS", "decoded", "number_text", "plain_text"]

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_DIGITS = 38
_NESTING = 32
"""Levels of lists and maps within an attribute (the developer guide, "Quotas": nested attribute depth)."""
_LEAST, _MOST = -130, 125
"""Exponents of the smallest and the largest magnitude (the developer guide, "Supported data types")."""
_SAFE = 10**_DIGITS
_WIDE = Context(prec=600, traps=[Inexact, InvalidOperation, Overflow, Underflow])
"""Drops the zeros at the end of whatever has at most 600 digits, and never rounds: that is an exception."""

FORMS: Mapping[type, Callable[[Any], Any]] = {
    str: lambda found: number_text(found, "") if isinstance(found, int | Decimal) else str(found),
    int: int,
    Decimal: Decimal,
    UUID: UUID,
}
"""In what forms an application may want to get the ids of its relational database back."""


def number_text(value: Any, name: str) -> str:
    """The one spelling of a number, without exponent or needless zeros; raises ValueInvalid where there is none."""
    if type(value) is int and -_SAFE < value < _SAFE:
        return str(value)
    return format(_decimal(value, name), "f")


def plain_text(value: Any, name: str) -> str:
    """A text, or the text of an id: of a whole number, a Decimal or a UUID as ``str`` has it; raises ValueInvalid."""
    if type(value) is str:
        if not value.isascii():
            _check_unicode(value, name)
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal | UUID):
        raise _wrong(name, "a text, a whole number, a Decimal or a UUID", value)
    if isinstance(value, Decimal) and not value.is_finite():
        raise _wrong(name, "a finite number", value)
    text = str(value)
    _check_unicode(text, name)
    return text


def decoded(value: Mapping[str, Any]) -> Any:
    """What DynamoDB's typed value is in Python, by the type that it has."""
    ((kind, content),) = value.items()
    return DECODERS[kind](content)


def _decimal(value: Any, name: str) -> Decimal:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = Decimal(value)
    elif isinstance(value, bool) or not isinstance(value, int | Decimal):
        hint = "; give Decimal(str(value)), if that is the number meant" if isinstance(value, float) else ""
        raise _wrong(name, f"a number that is exact (int, Decimal, or its text without leading zeros){hint}", value)
    try:
        number = _WIDE.normalize(Decimal(value))
    except InvalidOperation:
        raise _wrong(name, "a finite number", value) from None
    except DecimalException:
        raise _out_of_range(name) from None
    if not number.is_finite():
        raise _wrong(name, "a finite number", value)
    if not number:
        return Decimal(0)
    if len(number.as_tuple().digits) > _DIGITS or not _LEAST <= number.adjusted() <= _MOST:
        raise _out_of_range(name)
    return number


def _out_of_range(name: str) -> ValueInvalid:
    return ValueInvalid(
        f"{name}: a number has at most {_DIGITS} digits, and is 0 or between 1E-130 and 9.99…E+125 in magnitude",
        attribute=name,
        limit=_DIGITS,
    )


def _check_unicode(text: str, name: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueInvalid(
            f"{name}: the text holds half of a surrogate pair, which is no Unicode", attribute=name
        ) from None


def _string(value: Any, name: str) -> dict[str, Any]:
    return {"S": plain_text(value, name)}


def _number(value: Any, name: str) -> dict[str, Any]:
    return {"N": number_text(value, name)}


def _binary(value: Any, name: str) -> dict[str, Any]:
    return {"B": _bytes(value, name)}


def _bytes(value: Any, name: str) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise _wrong(name, "bytes", value)
    return bytes(value)


def _boolean(value: Any, name: str) -> dict[str, Any]:
    # The relational database may have no truth values but 0 and 1.
    if not isinstance(value, bool) and not (type(value) is int and value in {0, 1}):
        raise _wrong(name, "True or False", value)
    return {"BOOL": bool(value)}


def _null(value: Any, name: str) -> dict[str, Any]:
    if value is not None:
        raise _wrong(name, "None", value)
    return {"NULL": True}


def _set(kind: str, member: Callable[[Any, str], Any]) -> Callable[[Any, str], dict[str, Any]]:
    def encode(value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, AbstractSet | list | tuple):
            raise _wrong(name, "a set", value)
        members = sorted({member(one, f"{name}, a member") for one in value})
        if not members:
            raise ValueInvalid(f"{name}: DynamoDB has no empty sets", attribute=name)
        return {kind: members}

    return encode


def _list(value: Any, name: str, depth: int = 0) -> dict[str, Any]:
    if not isinstance(value, list | tuple):
        raise _wrong(name, "a list", value)
    return {"L": [_any(one, f"{name}[{position}]", depth + 1) for position, one in enumerate(value)]}


def _map(value: Any, name: str, depth: int = 0) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(name, "a mapping", value)
    for key in value:
        if not isinstance(key, str):
            raise _wrong(name, "a mapping by texts", key)
        _check_unicode(key, name)
    return {"M": {key: _any(one, f"{name}.{key}", depth + 1) for key, one in value.items()}}


def _any(value: Any, name: str, depth: int) -> dict[str, Any]:
    """A part of a list or a map, of whose type a contract says nothing: the type follows from the value."""
    if depth > _NESTING:
        attribute = re.split(r"[.\[]", name, maxsplit=1)[0]
        raise ValueInvalid(
            f"{attribute}: lists and maps are nested more than {_NESTING} levels deep",
            attribute=attribute,
            limit=_NESTING,
        )
    for kinds, encode in _BY_VALUE:
        if isinstance(value, kinds):
            return encode(value, name)
    if isinstance(value, list | tuple):
        return _list(value, name, depth)
    if isinstance(value, Mapping):
        return _map(value, name, depth)
    if isinstance(value, AbstractSet):
        return _any_set(value, name)
    raise _wrong(name, "None, a text, a number, bytes, True or False, a list, a mapping or a set", value)


def _any_set(value: AbstractSet[Any], name: str) -> dict[str, Any]:
    for kinds, kind in ((str | UUID, "SS"), (int | Decimal, "NS"), (bytes | bytearray, "BS")):
        if all(isinstance(one, kinds) and not isinstance(one, bool) for one in value):
            return ENCODERS[kind](value, name)
    raise _wrong(name, "a set of texts, of numbers or of bytes", value)


def _wrong(name: str, wanted: str, value: Any) -> ValueInvalid:
    """Never the value itself: errors end in logs."""
    return ValueInvalid(f"{name} takes {wanted}, not {type(value).__name__}", attribute=name)


_BY_VALUE: tuple[tuple[Any, Callable[[Any, str], dict[str, Any]]], ...] = (
    (type(None), _null),
    (bool, _boolean),
    (str | UUID, _string),
    (int | Decimal | float, _number),
    (bytes | bytearray | memoryview, _binary),
)

ENCODERS: Mapping[str, Callable[[Any, str], dict[str, Any]]] = {
    "S": _string,
    "N": _number,
    "B": _binary,
    "BOOL": _boolean,
    "NULL": _null,
    "SS": _set("SS", plain_text),
    "NS": _set("NS", number_text),
    "BS": _set("BS", _bytes),
    "L": _list,
    "M": _map,
}
"""By type: from a value and the name of its attribute to DynamoDB's typed value; each raises ValueInvalid."""


def _as_number(text: str) -> int | Decimal:
    """An int where the number is whole, as ids are; else a Decimal."""
    try:
        return int(text)
    except ValueError:
        number = Decimal(text)
        return int(number) if number == number.to_integral_value() else number


def _same(content: Any) -> Any:
    return content


DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "S": _same,
    "N": _as_number,
    "B": bytes,
    "BOOL": _same,
    "NULL": lambda _: None,
    "SS": set,
    "NS": lambda members: {_as_number(member) for member in members},
    "BS": lambda members: {bytes(member) for member in members},
    "L": lambda members: [decoded(member) for member in members],
    "M": lambda members: {name: decoded(member) for name, member in members.items()},
}
"""By type: from the content of DynamoDB's typed value to Python's."""
