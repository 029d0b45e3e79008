"""Queries: no item that is meant is left out by the key condition, and none that is not gets through the tests."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from osem_migrate.access.query import (
    Condition,
    KeyCondition,
    begins_with,
    between,
    gt,
    gte,
    key_condition,
    lt,
    lte,
    successor,
)
from osem_migrate.errors import KeyAmbiguous, KeyIncomplete, QueryInvalid
from tests.unit.access.builders import codec

TEXTS = st.text(st.sampled_from("ab #!$0\U0010ffff\ud7ff\ue000"), min_size=1, max_size=5)
MEANT = {
    "begins_with": lambda value, bounds: value.startswith(bounds[0]),
    "between": lambda value, bounds: bounds[0] <= value <= bounds[1],
    "<": lambda value, bounds: value < bounds[0],
    "<=": lambda value, bounds: value <= bounds[0],
    ">": lambda value, bounds: value > bounds[0],
    ">=": lambda value, bounds: value >= bounds[0],
}
CONDITIONS = st.one_of(
    *(TEXTS.map(make) for make in (begins_with, lt, lte, gt, gte)),
    st.tuples(TEXTS, TEXTS).map(lambda pair: between(*sorted(pair))),
)


def holds(asked: KeyCondition, attribute: str, content: Any) -> bool:
    """Whether DynamoDB would find a key of that content by the sort key's part of the expression."""
    if attribute not in asked.names.values():
        return True
    placeholder = next(name for name, found in asked.names.items() if found == attribute)
    part = next(part for part in asked.expression.replace(" AND :", " & :").split(" AND ") if placeholder in part)
    values = [
        next(iter(asked.values[word.strip("()")].values())) for word in part.replace(",", " ").split() if ":" in word
    ]
    if part.startswith("begins_with"):
        return bool(content.startswith(values[0]))
    if "BETWEEN" in part:
        return bool(values[0].encode() <= content.encode() <= values[1].encode())
    operators = {"=": content == values[0], ">=": content >= values[0], "<=": content <= values[0]}
    return bool(operators[part.split()[1]])


@example(created_at="2026-01-31", order_id=7, condition=lte("2026-01-31 23:59"))
@example(created_at="2026-01-31", order_id=7, condition=between("2026", "2026-01-31##!"))
@given(created_at=TEXTS, order_id=st.integers(0, 99), condition=CONDITIONS)
def test_a_value_within_a_key(created_at: str, order_id: int, condition: Condition) -> None:
    """Of all orders those are found whose value meets the condition, whatever stands behind it in the key."""
    values = {"email": "a", "created_at": created_at, "order_id": order_id}
    _check("ORDER", values, "created_at", condition)


@given(day=TEXTS, condition=CONDITIONS)
def test_a_value_that_a_key_begins_with(day: str, condition: Condition) -> None:
    """The same where nothing stands before it, and what stands behind it is in the partition key, too."""
    _check("EVENT", {"email": "a", "day": day}, "day", condition)


def _check(name: str, values: dict[str, Any], within: str, condition: Condition) -> None:
    """The item of these values is found exactly if the one within the sort key meets the condition."""
    kind = codec(name)
    try:
        item = kind.item(values)
    except KeyAmbiguous:
        return
    asked = key_condition(kind, {"email": "a", within: condition})
    meant = MEANT[condition.operator](values[within], condition.bounds)
    assert (holds(asked, "SK", item["SK"]["S"]) and asked.is_met(kind, item)) == meant


@given(title=TEXTS, condition=CONDITIONS)
def test_a_key_that_is_one_value(title: str, condition: Condition) -> None:
    """It is compared as it is, by DynamoDB alone."""
    asked = key_condition(codec("NOTE"), {"email": "a", "title": condition})
    assert asked.tests == {}
    assert [next(iter(value.values())) for value in asked.values.values()] == ["a", *condition.bounds]


@pytest.mark.parametrize(
    ("name", "conditions", "index", "expression", "values"),
    [
        ("USER", {"email": "a"}, None, "#k0 = :v0 AND #k1 = :v1", ["a", "#META"]),
        ("ORDER", {"email": "a"}, None, "#k0 = :v0 AND begins_with(#k1, :v1)", ["a", "ORDER#"]),
        ("NOTE", {"email": "a"}, None, "#k0 = :v0", ["a"]),
        (
            "ORDER",
            {"email": "a", "created_at": "1"},
            None,
            "#k0 = :v0 AND begins_with(#k1, :v1)",
            ["a", "ORDER#1#"],
        ),
        (
            "ORDER",
            {"email": "a", "created_at": "1", "order_id": 2},
            None,
            "#k0 = :v0 AND #k1 = :v1",
            ["a", "ORDER#1#2"],
        ),
        (
            "ORDER",
            {"email": "a", "created_at": between("1", "3")},
            None,
            "#k0 = :v0 AND #k1 BETWEEN :v1 AND :v2",
            ["a", "ORDER#1", "ORDER#3$"],
        ),
        ("ORDER", {"status": "paid"}, "by-status", "#k0 = :v0", ["paid"]),
        ("ORDER", {"status": "paid", "total": lt(5)}, "by-status", "#k0 = :v0 AND #k1 < :v1", ["paid", "5"]),
        ("CART", {"product_id": 5}, "turned", "#k0 = :v0", ["CART#5"]),
        (
            "CART",
            {"product_id": 5, "email": begins_with("a")},
            "turned",
            "#k0 = :v0 AND begins_with(#k1, :v1)",
            ["CART#5", "a"],
        ),
        ("Counters", {"id": 1, "at": gte("7")}, None, "#k0 = :v0 AND #k1 >= :v1", ["1", "7"]),
        ("Things", {"id": "x"}, None, "#k0 = :v0", ["x"]),
    ],
)  # fmt: skip
def test_expressions(
    name: str, conditions: Mapping[str, Any], index: str | None, expression: str, values: list[str]
) -> None:
    """Each key, of a table or an index, by what its template makes of the values."""
    asked = key_condition(codec(name), conditions, index)
    assert asked.expression == expression
    assert [next(iter(value.values())) for value in asked.values.values()] == values


@pytest.mark.parametrize(
    ("name", "conditions", "index", "says"),
    [
        ("ORDER", {}, None, "ORDER by table 'Shop': email is part of the partition key and has to be given"),
        ("ORDER", {"email": lt("a")}, None, "email is part of the partition key and has to be given, as one value"),
        (
            "ORDER",
            {"email": "a", "status": "x"},
            None,
            "status is no part of its key, which is made of email, created_at",
        ),
        ("ORDER", {"email": "a", "order_id": 1}, None, "order_id can be given once created_at is, as one value"),
        ("ORDER", {"email": "a", "created_at": gt("1"), "order_id": 1}, None, "order_id can be given once created_at"),
        ("ORDER", {"email": "a", "created_at": "1", "order_id": gt(1)}, None, "order_id is a number within a text"),
        ("ORDER", {"email": "a", "created_at": between("2", "1")}, None, "nothing is between these two values"),
        ("CART", {"email": "a", "product_id": lt(3)}, None, "product_id is a number within a text, where 10 comes"),
        ("Counters", {"id": 1, "at": begins_with(1)}, None, "at is a number, which begins with nothing"),
        ("ORDER", {"email": "a"}, "by-nothing", "the contract has no such index (there are: by-status, turned)"),
        ("Counters", {"id": 1}, "by-x", "the contract has no such index (there are: none)"),
        ("CART", {"status": "paid"}, "by-status", "it holds no CART, which has no attribute 'status'"),
    ],
)
def test_mistakes(name: str, conditions: Mapping[str, Any], index: str | None, says: str) -> None:
    """Each says what the key would need."""
    with pytest.raises(QueryInvalid) as refused:
        key_condition(codec(name), conditions, index)
    assert says in str(refused.value)


def test_an_empty_value() -> None:
    """It is in no key."""
    with pytest.raises(KeyIncomplete, match="created_at, which is part of a key, is empty"):
        key_condition(codec("ORDER"), {"email": "a", "created_at": begins_with("")})


def test_a_condition_shows_no_value() -> None:
    """Conditions end in logs of those who use them."""
    assert repr(gt("secret")) == "Condition(operator='>')"


@pytest.mark.parametrize(
    ("text", "next_one"),
    [("a", "b"), ("ab#", "ab$"), ("a\U0010ffff", "b"), ("\ud7ff", "\ue000"), ("\U0010ffff", None), ("", None)],
)
def test_the_next_text(text: str, next_one: str | None) -> None:
    """Nothing that begins with the text is beyond it, and no half of a surrogate pair is in it."""
    assert successor(text) == next_one
