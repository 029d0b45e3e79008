"""Products: one entity in a table of its own, with numbers for ids."""

from decimal import Decimal

import pytest
from shop import Shop

from osem_migrate.access import lte
from osem_migrate.errors import ConditionNotMet, ValueInvalid

LAMP = {
    "product_id": 42,
    "name": "Lampe „Süd“",
    "price": Decimal("19.90"),
    "category": "Lamps",
    "parent_category": "",
    "is_active": True,
    "labels": {"new", "größer"},
    "details": {"watt": 7, "colours": ["red", None], "box": {"cm": Decimal("12.5")}},
}


def test_a_product_comes_back_as_it_was(shop: Shop) -> None:
    """Whatever form its id has: 42 of the relational database is the text "42" of a URL, too."""
    shop.products.put(LAMP)
    for product_id in (42, "42", Decimal(42)):
        assert shop.products.get({"product_id": product_id}) == LAMP


def test_the_cheapest_of_a_category(shop: Shop) -> None:
    """By price, with what the index projects."""
    shop.products.batch_put([{**LAMP, "product_id": number, "price": number} for number in range(1, 31)])
    found = shop.products.query({"category": "Lamps", "price": lte(2)}, index="by-category")
    assert [(product["product_id"], product["name"]) for product in found] == [(1, LAMP["name"]), (2, LAMP["name"])]


def test_a_price_changes_once(shop: Shop) -> None:
    """Whoever saw another price is told so; a float is no price."""
    shop.products.put(LAMP)
    shop.products.update({"product_id": 42}, {"price": Decimal("9.95")}, expected={"price": LAMP["price"]})
    with pytest.raises(ConditionNotMet, match="not as expected: price"):
        shop.products.update({"product_id": 42}, {"price": 5}, expected={"price": LAMP["price"]})
    with pytest.raises(ValueInvalid, match="price takes a number that is exact"):
        shop.products.update({"product_id": 42}, {"price": 9.95})
