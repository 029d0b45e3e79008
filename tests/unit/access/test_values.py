"""Values: each comes back as it was, or is refused; nothing is rounded, and no message holds what was given."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.access.values import ENCODERS, decoded, number_text
from osem_migrate.errors import ValueInvalid

NUMBERS = st.integers(-(10**38) + 1, 10**38 - 1) | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=Decimal("-1E30"), max_value=Decimal("1E30"), places=7
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN = st.none() | st.booleans() | NUMBERS | TEXTS | st.binary(max_size=10)
SETS = st.sets(TEXTS, min_size=1, max_size=4) | st.sets(NUMBERS, min_size=1, max_size=4)
NESTED = st.recursive(
    PLAIN | SETS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)


@given(value=NUMBERS)
def test_numbers_come_back(value: int | Decimal) -> None:
    """As an equal number: an int where it is whole, whatever it was given as; its text, too, is taken for it."""
    back = decoded(ENCODERS["N"](value, "n"))
    assert back == value
    assert type(back) is (int if value == int(value) else Decimal)
    text = str(value) if isinstance(value, int) else format(value, "f")
    assert ENCODERS["N"](text, "n") == ENCODERS["N"](value, "n")


@given(value=TEXTS)
def test_texts_come_back(value: str) -> None:
    """Every one that is Unicode, the empty one too."""
    assert decoded(ENCODERS["S"](value, "s")) == value


@given(value=NESTED)
def test_nested_values_come_back(value: Any) -> None:
    """Lists and maps of everything, with whatever type each part has; as boto3 writes them."""
    typed = ENCODERS["L"]([value], "l")
    assert decoded(typed) == [value]
    assert decoded(TypeSerializer().serialize([value])) == [value]


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("S", 42, "42"),
        ("S", "042", "042"),
        ("S", Decimal("1.50"), "1.50"),
        ("S", UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ("N", "42", "42"),
        ("N", Decimal("42.0"), "42"),
        ("N", "-1.50e2", "-150"),
        ("N", Decimal("-0"), "0"),
        ("N", Decimal("1E-130"), "0." + "0" * 129 + "1"),
        ("N", 10**125, "1" + "0" * 125),
        ("B", bytearray(b"\x00"), b"\x00"),
        ("B", memoryview(b"x"), b"x"),
        ("BOOL", 1, True),
        ("SS", {"b", "a"}, ["a", "b"]),
        ("SS", [1, UUID(int=0)], ["00000000-0000-0000-0000-000000000000", "1"]),
        ("NS", {Decimal("1.0"), 1, "2"}, ["1", "2"]),
        ("BS", (b"x",), [b"x"]),
    ],
)
def test_how_values_are_stored(kind: str, value: Any, stored: Any) -> None:
    """Ids keep their form as texts, and are one number however they are written."""
    assert ENCODERS[kind](value, "a") == {kind: stored}


def nested(levels: int) -> Any:
    """A 1 in a list in a list, so many times."""
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_as_deep_as_dynamodb_takes() -> None:
    """32 levels around a value."""
    assert decoded(ENCODERS["L"](nested(32), "a")) == nested(32)


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        (
            "N",
            1.5,
            r"a takes a number that is exact .*; give Decimal\(str\(value\)\), if that is the number meant, not f",
        ),
        ("N", True, "a takes a number that is exact .*, not bool"),
        ("N", "007", "a takes a number that is exact"),
        ("N", "", "a takes a number that is exact"),
        ("N", "٣", "a takes a number that is exact"),
        ("N", Decimal("NaN"), "a takes a finite number"),
        ("N", Decimal("sNaN"), "a takes a finite number"),
        ("N", Decimal("Infinity"), "a takes a finite number"),
        ("N", 10**38 + 1, "a: a number has at most 38 digits"),
        ("N", Decimal("1E126"), "a: a number has at most 38 digits"),
        ("N", Decimal("1E-131"), "a: a number has at most 38 digits"),
        ("N", Decimal("1E-999999999"), "a: a number has at most 38 digits"),
        ("N", Decimal("1E+999999999"), "a: a number has at most 38 digits"),
        ("N", Decimal("1." + "0" * 700 + "1"), "a: a number has at most 38 digits"),
        ("S", 1.5, "a takes a text, a whole number, a Decimal or a UUID, not float"),
        ("S", True, "a takes a text, .*, not bool"),
        ("S", b"x", "a takes a text, .*, not bytes"),
        ("S", Decimal("NaN"), "a takes a finite number"),
        ("S", "\ud800", "a: the text holds half of a surrogate pair"),
        ("B", "x", "a takes bytes, not str"),
        ("BOOL", 2, "a takes True or False, not int"),
        ("NULL", 0, "a takes None, not int"),
        ("SS", "abc", "a takes a set, not str"),
        ("SS", [], "a: DynamoDB has no empty sets"),
        ("NS", {1.5}, "a, a member takes a number that is exact"),
        ("L", {"x": 1}, "a takes a list, not dict"),
        ("L", [object()], r"a\[0\] takes None, a text, .*, not object"),
        ("L", [{1, "x"}], r"a\[0\] takes a set of texts, of numbers or of bytes, not set"),
        ("L", [set()], r"a\[0\]: DynamoDB has no empty sets"),
        ("M", {1: 2}, "a takes a mapping by texts, not int"),
        ("M", [1], "a takes a mapping, not list"),
        ("M", {"x": [0.5]}, r"a\.x\[0\] takes a number that is exact"),
        ("M", {"\ud800": 1}, "a: the text holds half"),
        ("L", nested(33), "a: lists and maps are nested more than 32 levels deep"),
        ("L", nested(100_000), "a: lists and maps are nested more than 32 levels deep"),
        ("M", {"x": nested(32)}, "a: lists and maps are nested more than 32 levels deep"),
    ],
)
def test_what_would_not_come_back_is_refused(kind: str, value: Any, says: str) -> None:
    """The attribute and the type are told; what was given is not, because errors end in logs."""
    with pytest.raises(ValueInvalid, match=f"^{says}") as refused:
        ENCODERS[kind](value, "a")
    assert refused.value.details["attribute"].startswith("a")


def test_a_secret_is_in_no_message() -> None:
    """Whatever is refused, its content is not shown."""
    with pytest.raises(ValueInvalid) as refused:
        number_text("hunter2", "password")
    assert "hunter2" not in str(refused.value)
