"""Repositories on moto: what each operation does, what it refuses, and what the log says of it."""

import logging
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from osem_migrate.access import Repository, begins_with, between, correlated, gt
from osem_migrate.access.attempts import Operation
from osem_migrate.errors import (
    ArgumentInvalid,
    BatchIncomplete,
    ConditionNotMet,
    KeyIncomplete,
    QueryInvalid,
    ValueInvalid,
)

Make = Callable[..., Repository]
ORDER = {"email": "a@b", "created_at": "2026-01-02", "order_id": 7}
EVERYTHING = {
    "id": "größe-😀",
    "a_s": "",
    "a_n": Decimal("1.5"),
    "a_b": b"\x00\xff",
    "a_bool": False,
    "a_null": None,
    "a_ss": {"é", ""},
    "a_ns": {1, Decimal("2.5")},
    "a_bs": {b"x"},
    "a_l": [1, "two", None, [True, {"deep": {b"y"}}]],
    "a_m": {"a b#": "", "nested": {"n": Decimal("0.1")}},
}


def orders_of(repository: Make, count: int = 5) -> Repository:
    """Orders of one customer, among other items of theirs."""
    orders = repository("ORDER")
    repository("USER").put({"email": "a@b", "name": "Ann"})
    repository("CART").batch_put([{"email": "a@b", "product_id": number} for number in range(3)])
    orders.batch_put(
        [{"email": "a@b", "created_at": f"2026-0{number}-01", "order_id": number, "status": "paid", "total": number}
         for number in range(1, count + 1)]
    )  # fmt: skip
    return orders


def test_everything_comes_back(repository: Make) -> None:
    """Every type, unicode, empty texts, sets and nested maps; a value that is None only where the contract has NULL."""
    things = repository("Things")
    values = {**EVERYTHING, "a_s": "x"}  # it is the key of an index
    things.put(values)
    assert things.get({"id": values["id"]}) == values
    assert things.get({"id": "another"}) is None


@pytest.mark.parametrize("order_id", [42, "42", Decimal("42.0")])
def test_ids_find_each_other(repository: Make, order_id: Any) -> None:
    """A number, its text and a Decimal are the same id, in the item and in the key."""
    orders = repository("ORDER")
    orders.put({**ORDER, "order_id": order_id})
    for form in (42, "42", Decimal(42)):
        found = orders.get({**ORDER, "order_id": form})
        assert found is not None
        assert found["order_id"] == 42


def test_forms(repository: Make) -> None:
    """A repository gives ids back as the relational database has them."""
    things = repository("Things", forms={"id": UUID, "a_n": Decimal})
    things.put({"id": UUID(int=7), "a_n": 5})
    found = things.get({"id": UUID(int=7)})
    assert found == {"id": UUID(int=7), "a_n": Decimal(5)}
    assert type(found["a_n"]) is Decimal


def test_puts_with_a_condition(repository: Make) -> None:
    """The item that is there stays, the condition that failed is told, and the error holds what was found."""
    orders = repository("ORDER")
    with pytest.raises(ConditionNotMet, match="ORDER in shop-test-Shop: there is none of that key"):
        orders.put({**ORDER, "total": 2}, expected={"total": 1})
    orders.put({**ORDER, "total": 1}, if_absent=True)
    with pytest.raises(ConditionNotMet, match="ORDER in shop-test-Shop: there is one of that key already") as refused:
        orders.put({**ORDER, "total": 2}, if_absent=True)
    assert (refused.value.failed, refused.value.found) == ((), {**ORDER, "total": 1})
    orders.put({**ORDER, "total": 2}, expected={"total": 1, "status": None})
    with pytest.raises(ConditionNotMet, match="ORDER in shop-test-Shop: not as expected: status") as refused:
        orders.put({**ORDER, "total": 3}, expected={"total": 2, "status": "paid"})
    assert refused.value.failed == ("status",)
    assert orders.get(ORDER) == {**ORDER, "total": 2}
    with pytest.raises(ArgumentInvalid, match="contradict each other"):
        orders.put(ORDER, if_absent=True, expected={"total": 1})


def test_updates(repository: Make) -> None:
    """They change what they name, remove what is None or an empty set, and give the whole item back."""
    things = repository("Things")
    things.put({"id": "1", "a_n": 1, "a_ss": {"x"}, "a_bool": True})
    assert things.update({"id": "1"}, {"a_n": None, "a_ss": set(), "a_m": {"a": 1}}) == {
        "id": "1", "a_bool": True, "a_m": {"a": 1}
    }  # fmt: skip
    assert things.update({"id": "1"}, {"a_n": 2}, expected={"a_n": None, "a_bool": True})["a_n"] == 2
    with pytest.raises(ConditionNotMet, match="Things in shop-test-Things: not as expected: a_n"):
        things.update({"id": "1"}, {"a_n": 3}, expected={"a_n": 1})
    with pytest.raises(ConditionNotMet, match="Things in shop-test-Things: there is none of that key"):
        things.update({"id": "2"}, {"a_n": 3})
    assert things.get({"id": "2"}) is None
    with pytest.raises(ValueInvalid, match="id is part of the key"):
        things.update({"id": "1"}, {"id": "2"})


def test_deletes(repository: Make) -> None:
    """What is not there may be deleted, unless something of it was expected."""
    orders = repository("ORDER")
    orders.put({**ORDER, "total": 1})
    with pytest.raises(ConditionNotMet, match="not as expected: total"):
        orders.delete(ORDER, expected={"total": 2})
    orders.delete(orders.key_of({**ORDER, "total": 1}), expected={"total": 1})
    assert orders.get(ORDER) is None
    orders.delete(ORDER)
    with pytest.raises(ConditionNotMet, match="there is none of that key"):
        orders.delete(ORDER, expected={"total": 1})


def test_queries(repository: Make) -> None:
    """Each finds its own entity's items, of the table and of every index, in order."""
    orders = orders_of(repository)

    def ids(*conditions: Any, **options: Any) -> list[int]:
        return [found["order_id"] for found in orders.query(*conditions, **options)]

    assert ids({"email": "a@b"}) == [1, 2, 3, 4, 5]
    assert ids({"email": "a@b"}, descending=True, limit=2) == [5, 4]
    assert ids({"email": "a@b", "created_at": between("2026-02", "2026-04-01")}) == [2, 3, 4]
    assert ids({"email": "a@b", "created_at": begins_with("2026-03")}, consistent=True) == [3]
    assert ids({"email": "a@b", "created_at": "2026-03-01"}) == [3]
    assert ids({"email": "a@b", "created_at": "2026-03-01", "order_id": 3}) == [3]
    assert ids({"status": "paid", "total": gt(3)}, index="by-status") == [4, 5]
    carts = repository("CART")
    assert [found["product_id"] for found in carts.query({"email": "a@b"})] == [0, 1, 2]
    assert list(carts.query({"product_id": 1}, index="turned")) == [{"email": "a@b", "product_id": 1}]
    assert list(repository("USER").query({"email": "a@b"})) == [{"email": "a@b", "name": "Ann"}]
    assert list(repository("LINE").query({"email": "a@b"})) == []


def test_pages(repository: Make) -> None:
    """As many items as asked for, of this entity, and a cursor as long as there are more."""
    orders = orders_of(repository)
    seen, cursor, pages = [], None, 0
    while True:
        page = orders.page({"email": "a@b"}, limit=2, cursor=cursor)
        pages += 1
        seen += [found["order_id"] for found in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert (seen, pages) == ([1, 2, 3, 4, 5], 3)
    page = orders.page({"status": "paid"}, index="by-status", limit=3)
    rest = orders.page({"status": "paid"}, index="by-status", cursor=page.cursor)
    assert [found["order_id"] for found in (*page.items, *rest.items)] == [1, 2, 3, 4, 5]
    notes = repository("NOTE")  # its keys begin as any other's
    notes.put({"email": "a@b", "title": "zzz"})
    page = notes.page({"email": "a@b"}, limit=1)
    assert [found["title"] for found in page.items] == ["zzz"]


def test_wrong_queries(repository: Make) -> None:
    """An index cannot be read consistently, a page has at least one item, and a cursor is of its own index."""
    orders = orders_of(repository)
    with pytest.raises(QueryInvalid, match="an index cannot be read consistently"):
        orders.page({"status": "paid"}, index="by-status", consistent=True)
    with pytest.raises(ArgumentInvalid, match="limit takes 1 or more, not 0"):
        orders.page({"email": "a@b"}, limit=0)
    cursor = orders.page({"email": "a@b"}, limit=1).cursor
    with pytest.raises(QueryInvalid, match="the cursor is none of index 'by-status'"):
        orders.page({"status": "paid"}, index="by-status", cursor=cursor)
    assert list(orders.query({"email": "a@b"}, limit=0)) == []


def test_batches(repository: Make) -> None:
    """More than one request holds; gets come in the order of the keys; two items of one key are refused."""
    carts = repository("CART")
    carts.batch_put([{"email": "a", "product_id": number, "quantity": number} for number in range(120)])
    keys = [{"email": "a", "product_id": number} for number in (119, "3", 500, 3)]
    found = carts.batch_get(keys, consistent=True)
    assert [one and one["quantity"] for one in found] == [119, 3, None, 3]
    assert len(carts.batch_get([{"email": "a", "product_id": number} for number in range(120)])) == 120
    with pytest.raises(ValueInvalid, match="CART: two items of a batch have the same key"):
        carts.batch_put([{"email": "b", "product_id": 1}, {"email": "b", "product_id": "1"}])
    with pytest.raises(ValueInvalid, match="no attribute 'quantities'"):
        carts.batch_put([{"email": "b", "product_id": 1}, {"email": "b", "product_id": 2, "quantities": 1}])
    assert list(carts.query({"email": "b"})) == []
    carts.batch_put([])
    assert carts.batch_get([]) == []


def test_what_it_tells_of_itself(repository: Make) -> None:
    """Name, table, key and types."""
    orders = repository("ORDER")
    assert (orders.name, orders.table) == ("ORDER", "shop-test-Shop")
    assert orders.key_values == ("email", "created_at", "order_id")
    assert orders.attributes == {"email": "S", "order_id": "N", "status": "S", "total": "N", "created_at": "S"}


def test_each_operation_is_logged(repository: Make, caplog: pytest.LogCaptureFixture) -> None:
    """One line, with outcome, duration, units and a correlation id, and nothing of what was written."""
    caplog.set_level(logging.DEBUG, "osem_migrate")
    orders = repository("ORDER")
    with correlated("request-1"):
        orders.put({**ORDER, "status": "very-secret"}, if_absent=True)
        with pytest.raises(ConditionNotMet):
            orders.put({**ORDER, "status": "very-secret"}, if_absent=True)
    orders.get(ORDER)
    with pytest.raises(ValueInvalid):
        orders.get({**ORDER, "status": "very-secret"})
    lines = [record for record in caplog.records if record.name == "osem_migrate.access.repository"]
    facts = [(vars(line)["operation"], vars(line)["outcome"], vars(line)["requests"]) for line in lines]
    assert facts == [
        ("put", "ok", 1),
        ("put", "ACCESS_CONDITION_NOT_MET", 1),
        ("get", "ok", 1),
        ("get", "ACCESS_VALUE_INVALID", 0),
    ]
    assert vars(lines[0])["units"] >= 1
    assert vars(lines[0])["duration_ms"] > 0
    ids = [vars(line)["correlation_id"] for line in lines]
    assert ids[:2] == ["request-1", "request-1"]
    assert len(set(ids)) == 3
    assert lines[0].getMessage().startswith("put ORDER in shop-test-Shop: ok after ")
    assert lines[0].getMessage().endswith("requests: 1 [request-1]")
    assert "very-secret" not in caplog.text
    assert "2026-01-02" not in caplog.text


def test_what_is_no_error_of_ours_is_logged(repository: Make, caplog: pytest.LogCaptureFixture) -> None:
    """By its class."""
    caplog.set_level(logging.INFO, "osem_migrate")

    class Torn(dict[str, Any]):
        def items(self) -> Any:
            raise LookupError

    with pytest.raises(LookupError):
        repository("ORDER").put(Torn())
    assert "put ORDER in shop-test-Shop: LookupError after" in caplog.text


NO_MAPPING: list[Any] = [None, 5, "secret", [], [("email", "secret")]]


@pytest.mark.parametrize("given", NO_MAPPING)
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda orders, given: orders.put(given), "values"),
        (lambda orders, given: orders.get(given), "key"),
        (lambda orders, given: orders.update(given, {"status": "x"}), "key"),
        (lambda orders, given: orders.update({}, given), "changes"),
        (lambda orders, given: orders.delete(given), "key"),
        (lambda orders, given: orders.batch_put([given]), r"items\[0\]"),
        (lambda orders, given: orders.batch_get([given]), r"keys\[0\]"),
        (lambda orders, given: list(orders.query(given)), "conditions"),
        (lambda orders, given: orders.key_of(given), "values"),
    ],
)
def test_what_is_no_mapping_is_refused_by_its_type(repository: Make, call: Any, name: str, given: Any) -> None:
    """Which argument, and what it takes; never what was given, because errors end in logs."""
    with pytest.raises(
        ArgumentInvalid, match=rf": {name} takes a mapping, .*, and no {type(given).__name__}$"
    ) as error:
        call(repository("ORDER"), given)
    assert "secret" not in str(error.value)
    assert error.value.remediation.startswith("Correct the call: help(Repository.")


@pytest.mark.parametrize("given", [[], "", 0, False])
def test_an_expectation_that_is_none_makes_no_write_unconditional(repository: Make, given: Any) -> None:
    """What is empty by mistake is no condition that is not there."""
    with pytest.raises(ArgumentInvalid, match="expected takes a mapping"):
        repository("ORDER").put(ORDER, expected=given)
    assert repository("ORDER").get(ORDER) is None


def test_wrong_arguments_of_lists_and_queries(repository: Make) -> None:
    """A mapping or a text is no list of mappings; a limit is a whole number, and a cursor a text."""
    orders: Any = repository("ORDER")
    wrong: list[tuple[Any, str]] = [
        (lambda: orders.batch_put(ORDER), "items takes a list of mappings, and no dict"),
        (lambda: orders.batch_get("x"), "keys takes a list of mappings, and no str"),
        (lambda: orders.batch_get(None), "keys takes a list of mappings, and no NoneType"),
        (lambda: list(orders.query({"email": "a"}, limit="3")), "limit takes a whole number or None"),
        (lambda: orders.page({"email": "a"}, limit=1.5), "limit takes a whole number or None"),
        (lambda: orders.page({"email": "a"}, cursor=b"eA=="), "cursor takes a text or None"),
    ]
    for call, says in wrong:
        with pytest.raises(ArgumentInvalid, match=says):
            call()
    for call in (lambda: orders.put({5: 1}), lambda: orders.get({5: 1})):
        with pytest.raises(ValueInvalid, match="the name of an attribute is a text, and no int"):
            call()


def test_batches_take_generators(repository: Make) -> None:
    """Each item once, whatever it comes out of."""
    carts = repository("CART")
    items = [{"email": "a", "product_id": number, "quantity": 1} for number in range(3)]
    carts.batch_put(item for item in items)
    assert carts.batch_get(carts.key_of(item) for item in items) == items


def test_an_empty_value_of_the_key_is_told_as_one_of_the_key(repository: Make) -> None:
    """Also where it is the key of an index: there is no leaving it out."""
    with pytest.raises(KeyIncomplete, match="id, which is part of a key, is empty"):
        repository("Things").put({"id": ""})


def test_a_repository_goes_to_a_worker_process(repository: Make) -> None:
    """With its contract's rules, its forms and its place."""
    carts = repository("CART", forms={"product_id": str})
    carts.put({"email": "a", "product_id": 7, "quantity": 1})
    other = pickle.loads(pickle.dumps(carts))  # noqa: S301 - our own
    assert other.get({"email": "a", "product_id": 7}) == {"email": "a", "product_id": "7", "quantity": 1}


def test_a_repository_says_what_it_is(repository: Make) -> None:
    """The entity, and the table."""
    assert repr(repository("ORDER")) == "<Repository ORDER in shop-test-Shop>"


def test_a_batch_that_stops(repository: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how many are written, and holds the others as they were given; the first refusal is told as it is."""
    carts = repository("CART")
    items = [{"email": "a", "product_id": number} for number in range(30)]
    call, calls = Operation.call, []

    def refused_later(self: Operation, action: str, **request: Any) -> dict[str, Any]:
        calls.append(action)
        if len(calls) > 1:
            request["RequestItems"] = {"no-such-table": next(iter(request["RequestItems"].values()))}
        return call(self, action, **request)

    monkeypatch.setattr(Operation, "call", refused_later)
    with pytest.raises(BatchIncomplete, match="25 of 30 items are in shop-test-Shop, then: ") as stopped:
        carts.batch_put(items)
    assert (stopped.value.written, stopped.value.unwritten) == (25, items[25:])
    assert stopped.value.cause.code == "AWS_RESOURCE_NOT_FOUND"
    with pytest.raises(type(stopped.value.cause)):
        carts.batch_put(items)
