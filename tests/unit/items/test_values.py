"""Values: between DynamoDB's typed JSON and Python, without rounding anything."""

import decimal
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.items.values import (
    AttributeValue,
    ValueRefused,
    canonical,
    decode,
    encode,
    encode_item,
    number_text,
    numbers,
    same,
)
from tests.unit.items import generated

TYPES = [
    ("", {"S": ""}),
    (True, {"BOOL": True}),
    (None, {"NULL": True}),
    (7, {"N": "7"}),
    (Decimal("1.50"), {"N": "1.5"}),
    (Decimal("-0.0"), {"N": "0"}),
    (Decimal("1E+125"), {"N": "1E125"}),
    (Decimal("9" * 38), {"N": "9" * 38}),
    (bytearray(b"x"), {"B": b"x"}),
    ([1, "a"], {"L": [{"N": "1"}, {"S": "a"}]}),
    ((), {"L": []}),
    ({"a": {}}, {"M": {"a": {"M": {}}}}),
    ({"b", "a"}, {"SS": ["a", "b"]}),
    (frozenset({2, Decimal(10)}), {"NS": ["10", "2"]}),
    ({b"b", b"a"}, {"BS": [b"a", b"b"]}),
]
NESTED: list[Any] = []
NESTED.append(NESTED)
REFUSED = [
    (1.5, "a float is only near"),
    ([{"a": 0.0}], "a float is only near"),
    (Decimal("1" * 39), "39 digits"),
    (10**126, "larger than"),
    (-(10**5000), "larger than"),
    (Decimal("1E-131"), "out of range"),
    (Decimal("NaN"), "cannot store the number NaN"),
    (Decimal("-Infinity"), "-Infinity"),
    (set(), "no empty set"),
    ({1, "a"}, "texts only"),
    ({None}, "texts only"),
    ({True}, "texts only"),
    ({(1, 2)}, "texts only"),
    ("\ud800", "not valid Unicode"),
    ({"": 1}, "no attribute can be named ''"),
    ({1: 1}, "a text, not an int"),
    ({"\ud800": 1}, "no attribute can be named"),
    (NESTED, "32 levels"),
    (object(), "cannot store an object"),
    (int, "cannot store a type"),
]


@pytest.mark.parametrize(("value", "stored"), TYPES)
def test_each_type_has_its_spelling(value: object, stored: AttributeValue) -> None:
    """A Python value becomes one attribute value, with numbers and sets in one spelling, and comes back equal."""
    assert encode(value) == stored
    assert decode(stored) == (list(value) if isinstance(value, tuple) else value)


@pytest.mark.parametrize(("value", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_dynamodb_cannot_store_is_refused(value: object, words: str) -> None:
    """It is said why, and nothing is rounded, cut or guessed."""
    with pytest.raises(ValueRefused, match=words):
        encode(value)


def test_an_item_says_which_attribute_is_wrong() -> None:
    """The name is in the refusal."""
    assert encode_item({"a": 1, "b": None}) == {"a": {"N": "1"}, "b": {"NULL": True}}
    with pytest.raises(ValueRefused, match="b: a float"):
        encode_item({"a": 1, "b": 0.5})
    with pytest.raises(ValueRefused, match="no attribute can be named"):
        encode_item({"x" * 65536: 1})


@given(generated.values)
def test_boto3_reads_what_we_write(value: object) -> None:
    """boto3's own serializer and ours mean the same, and ours gives back what was put in."""
    stored = encode(value)
    theirs = TypeDeserializer().deserialize(cast("Any", stored))
    assert same(stored, TypeSerializer().serialize(theirs))
    assert same(stored, encode(decode(stored)))
    assert canonical(stored) == canonical(encode(decode(stored)))


@given(generated.numbers, st.integers(0, 3))
def test_a_number_has_one_canonical_spelling(number: Decimal, zeros: int) -> None:
    """Zeros and exponents make no difference, and the spelling is the number."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    padded = Decimal((sign, (0, *digits, *(0,) * zeros), exponent - zeros))
    assert number_text(padded) == number_text(number)
    assert Decimal(number_text(number)) == number
    assert same({"N": str(padded)}, {"N": str(number)})
    assert same({"N": "0"}, {"N": str(number)}) == (not number)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}, True),
        ({"NS": ["1.0", "2"]}, {"NS": ["2.00", "1"]}, True),
        ({"BS": [b"a", b"b"]}, {"BS": [b"b", b"a"]}, True),
        ({"M": {"a": {"N": "1"}, "b": {"S": ""}}}, {"M": {"b": {"S": ""}, "a": {"N": "1.0"}}}, True),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}, False),
        ({"S": "1"}, {"N": "1"}, False),
        ({"B": b"a"}, {"S": "a"}, False),
        ({"BOOL": True}, {"NULL": True}, False),
    ],
)
def test_equal_is_what_dynamodb_takes_for_equal(one: AttributeValue, other: AttributeValue, equal: bool) -> None:  # noqa: FBT001
    """Order counts in lists alone, and types are never confused."""
    assert same(one, other) is equal
    assert (canonical(one) == canonical(other)) is equal


def test_arithmetic_never_rounds() -> None:
    """38 digits are kept, and what would need more raises, while elsewhere the program's own context stays."""
    precise = Decimal("1" * 38)
    with numbers():
        assert precise - 1 == Decimal("1" * 37 + "0")
        for one, other in ((Decimal(1), Decimal(3)), (precise, 1 / Decimal(16))):
            with pytest.raises(decimal.Inexact):
                one / other
        with pytest.raises(decimal.Inexact):
            round(Decimal("1.15"), 1)
        with pytest.raises(decimal.Overflow):
            Decimal("9E125") * 10
    assert decimal.getcontext().prec == decimal.DefaultContext.prec


def test_what_is_decoded_shares_nothing() -> None:
    """To change the value changes no item."""
    stored: Mapping[str, Any] = {"M": {"a": {"L": [{"SS": ["x"]}]}}}
    value = decode(stored)
    value["a"][0].add("y")
    value["b"] = 1
    assert stored == {"M": {"a": {"L": [{"SS": ["x"]}]}}}
