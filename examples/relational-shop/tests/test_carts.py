"""Carts: an item for each product in them."""

from shop import Shop


def test_a_cart(shop: Shop) -> None:
    """What is put in twice is in it once, and the customer beside it is none of it."""
    shop.customers.put({"email": "ann@example.com", "name": "Ann", "customer_id": 7})
    for quantity in (1, 2):
        shop.carts.put({"email": "ann@example.com", "product_id": 42, "quantity": quantity, "name": "Lamp"})
    shop.carts.put({"email": "bob@example.com", "product_id": 42, "quantity": 1})
    found = list(shop.carts.query({"email": "ann@example.com"}))
    assert found == [{"email": "ann@example.com", "product_id": 42, "quantity": 2, "name": "Lamp"}]
