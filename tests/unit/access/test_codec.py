"""Items of an entity: keys by templates, values by types, and which item of a table is whose."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.errors import ArgumentInvalid, ItemTooLarge, KeyAmbiguous, KeyIncomplete, ValueInvalid
from tests.unit.access.builders import codec

IDS = st.integers(0, 10**12)
TEXTS = st.text(st.sampled_from("ab#-é😀LINE"), min_size=1, max_size=12)
ORDER = {"email": "a@b", "created_at": "2026-01-02", "order_id": 7}


def test_the_item_of_an_order() -> None:
    """Its attributes, and its keys by their templates; a value that only the key has is no attribute."""
    assert codec("ORDER").item({**ORDER, "total": Decimal("1.50"), "status": None}) == {
        "PK": {"S": "a@b"},
        "SK": {"S": "ORDER#2026-01-02#7"},
        "email": {"S": "a@b"},
        "order_id": {"N": "7"},
        "total": {"N": "1.5"},
    }


@given(email=TEXTS, created_at=TEXTS, order_id=IDS, line=IDS, product_id=IDS)
def test_every_item_is_of_one_entity(email: str, created_at: str, order_id: int, line: int, product_id: int) -> None:
    """What is written is read again as it was, and no other entity of the table takes it for its own."""
    given_values: dict[str, dict[str, Any]] = {
        "USER": {"email": email},
        "CART": {"email": email, "product_id": product_id},
        "ORDER": {"email": email, "created_at": created_at, "order_id": order_id},
        "NOTE": {"email": email, "title": created_at},
        "EVENT": {"email": email, "day": created_at},
        "LINE": {"email": email, "created_at": created_at, "order_id": order_id, "line": line},
    }
    for name, values in given_values.items():
        try:
            item = codec(name).item(values)
        except KeyAmbiguous:
            assert "#" in created_at
            continue
        assert codec(name).values(item) == values
        assert [other for other in given_values if codec(other).belongs(item)] == [name]
        keys = {key: item[key] for key in ("PK", "SK")}  # as an index of keys only shows it
        assert [other for other in given_values if codec(other).belongs(keys)] == [name]


@pytest.mark.parametrize("order_id", [42, "42", Decimal(42), Decimal("42.0")])
def test_ids_keep_their_form(order_id: Any) -> None:
    """However the id of the relational database is given, it is the same item, and comes back as one number."""
    orders = codec("ORDER")
    item = orders.item({**ORDER, "order_id": order_id})
    assert item["SK"] == {"S": "ORDER#2026-01-02#42"}
    assert orders.values(item)["order_id"] == 42
    assert orders.key_alone({**ORDER, "order_id": 42}) == {key: item[key] for key in ("PK", "SK")}


@pytest.mark.parametrize(
    ("form", "value"),
    [(int, 42), (str, "042"), (Decimal, Decimal("1.50")), (UUID, UUID("12345678-1234-5678-1234-567812345678"))],
)
def test_ids_come_back_in_the_form_asked_for(form: type, value: Any) -> None:
    """A text of the contract may be an id of another type in the relational database."""
    things = codec("Things", {"id": form})
    back = things.values(things.item({"id": value}))["id"]
    assert (back, type(back)) == (value, form)


def test_numbers_as_texts() -> None:
    """A number is got as a text, where that is asked for, in its one spelling; also of a key alone."""
    orders = codec("ORDER", {"total": str, "created_at": int})
    assert orders.values(orders.item({**ORDER, "created_at": 5, "total": Decimal("2.50")})) == {
        **ORDER,
        "created_at": 5,
        "total": "2.5",
    }


def test_a_form_that_does_not_fit() -> None:
    """What is stored is told to be of another form, and is not shown; a form that there is not is refused at once."""
    things = codec("Things", {"id": UUID})
    with pytest.raises(ValueInvalid, match="Things: id is not stored in the form asked for"):
        things.values({"id": {"S": "no uuid"}})
    for forms in ({"a_b": int}, {"id": float}, {"nothing": int}):
        with pytest.raises(ArgumentInvalid, match="forms takes str, int, Decimal, UUID for values of type S or N"):
            codec("Things", forms)


def test_nothing_is_no_attribute() -> None:
    """None and an empty set are not stored; NULL is, where the contract has it; an empty text and list are."""
    values: dict[str, Any] = {"id": "1", "a_n": None, "a_ss": set(), "a_null": None, "a_l": [], "a_m": {}}
    things = codec("Things")
    item = things.item(values)
    assert item == {"id": {"S": "1"}, "a_null": {"NULL": True}, "a_l": {"L": []}, "a_m": {"M": {}}}
    assert things.values(item) == {"id": "1", "a_null": None, "a_l": [], "a_m": {}}


@pytest.mark.parametrize(
    ("name", "values", "kind", "says"),
    [
        (
            "ORDER",
            {"email": "a", "order_id": 1},
            KeyIncomplete,
            "ORDER: created_at, which is part of a key, is missing",
        ),
        ("ORDER", {**ORDER, "email": None}, KeyIncomplete, "ORDER: email, which is part of a key, is missing"),
        ("ORDER", {**ORDER, "created_at": ""}, KeyIncomplete, "ORDER: created_at, which is part of a key, is empty"),
        ("Counters", {"id": 1}, KeyIncomplete, "Counters: at, which is part of a key, is missing"),
        ("Blobs", {"digest": b""}, KeyIncomplete, "Blobs: digest, which is part of a key, is empty"),
        ("Things", {"id": "1", "a_s": ""}, KeyIncomplete, "Things: a_s is empty, and is the key of an index"),
        ("ORDER", {**ORDER, "created_at": "1#2"}, KeyAmbiguous, "ORDER: other values of created_at and order_id would"),
        ("ORDER", {**ORDER, "SK": "x"}, ValueInvalid, "ORDER: SK is made by its template, and never given"),
        ("ORDER", {**ORDER, "totl": 1}, ValueInvalid, "has no attribute 'totl'; did you mean 'total'?"),
        ("Things", {"id": "x" * 2049}, ValueInvalid, "Things: the key id has more than 2,048 bytes"),
        ("ORDER", {**ORDER, "created_at": "x" * 1020}, ValueInvalid, "ORDER: the key SK has more than 1,024 bytes"),
    ],
)
def test_mistakes(name: str, values: dict[str, Any], kind: type[Exception], says: str) -> None:
    """Each names the value that is wrong, and shows none."""
    with pytest.raises(kind) as refused:
        codec(name).item(values)
    assert says in str(refused.value)


@pytest.mark.parametrize(("title", "other"), [("#META", "USER"), ("CART#1", "CART"), ("ORDER#1#2#LINE#3", "ORDER")])
def test_a_key_that_would_be_another_entitys(title: str, other: str) -> None:
    """A note of that title would be read as a user, a cart or an order, and written over it."""
    assert codec("NOTE").key({"email": "a", "title": "CART"})
    with pytest.raises(KeyAmbiguous, match=f"the key of this NOTE would be one of {other}"):
        codec("NOTE").key({"email": "a", "title": title})


def test_keys_take_nothing_else() -> None:
    """What is no part of the key would be overlooked."""
    with pytest.raises(ValueInvalid, match=r"ORDER: status is no part of its key \(email, created_at, order_id\)"):
        codec("ORDER").key_alone({**ORDER, "status": "paid"})


def test_changes_leave_the_key_alone() -> None:
    """A value of the key never changes, and an update changes something."""
    with pytest.raises(ValueInvalid, match="ORDER: order_id is part of the key, which never changes"):
        codec("ORDER").changes({"order_id": 8})
    with pytest.raises(ValueInvalid, match="ORDER: an update without changes"):
        codec("ORDER").changes({})


def test_400_kb_and_one_byte() -> None:
    """Exactly 400 KB are an item, and a byte more is none."""
    things = codec("Things")
    room = 400 * 1024 - len("id") - 1 - len("a_b")
    assert things.item({"id": "1", "a_b": bytes(room)})
    with pytest.raises(ItemTooLarge, match="Things: the item has more than 409,600 bytes"):
        things.item({"id": "1", "a_b": bytes(room + 1)})


def test_what_others_wrote() -> None:
    """An item whose attributes contradict its key is nobody's; one of another type is got as it is."""
    orders = codec("ORDER")
    item = orders.item(ORDER)
    assert not orders.belongs({**item, "order_id": {"N": "8"}})
    assert orders.belongs({**item, "order_id": {"N": "7.0"}})
    assert not orders.belongs({**item, "order_id": {"S": "seven"}})
    assert not orders.belongs({**item, "PK": {"N": "1"}})
    assert not orders.belongs({**item, "SK": {"S": "INVOICE#1"}})
    event = codec("EVENT").item({"email": "a", "day": "1"})
    assert codec("EVENT").belongs(event)
    assert not codec("EVENT").belongs({**event, "SK": {"S": "1#b"}})
    counters = codec("Counters")
    assert not counters.belongs({"id": {"S": "x"}, "at": {"N": "2"}})
    assert orders.values({**item, "total": {"S": "much"}, "other": {"S": "x"}}) == {**ORDER, "total": "much"}


@pytest.mark.parametrize(
    ("name", "values", "attribute", "limit"),
    [
        ("Things", {"id": "x", "a_s": "y" * 2049}, "a_s", "2,048"),
        ("ORDER", {"email": "y" * 1025, "created_at": "2026", "order_id": 1}, "PK", "1,024"),
    ],
)
def test_a_value_that_no_index_may_have_as_its_key(
    name: str, values: dict[str, Any], attribute: str, limit: str
) -> None:
    """DynamoDB would refuse the item, and the whole batch with it; one byte less is taken."""
    with pytest.raises(
        ValueInvalid, match=f"^{name}: {attribute} has more than {limit} bytes, and is the key of an index"
    ):
        codec(name).item(values)
    codec(name).item({key: value[:-1] if isinstance(value, str) and len(value) > 999 else value
                      for key, value in values.items()})  # fmt: skip


def test_an_update_makes_no_such_value_either() -> None:
    """What it removes has no size."""
    with pytest.raises(ValueInvalid, match="a_s has more than 2,048 bytes"):
        codec("Things").changes({"a_s": "ü" * 1025})
    assert codec("Things").changes({"a_s": None}) == {"a_s": None}
