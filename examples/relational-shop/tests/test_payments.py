"""Payments: UUIDs for ids, which stay UUIDs."""

from decimal import Decimal
from uuid import UUID

from shop import Shop


def test_a_payment(shop: Shop) -> None:
    """It is found by its id, and the ids of an order's payments by the index that has keys only."""
    payment = {"payment_id": UUID(int=1), "order_id": 101, "amount": Decimal("39.80"), "receipt": b"\x89PDF"}
    shop.payments.put(payment)
    assert shop.payments.get({"payment_id": UUID(int=1)}) == payment
    found = list(shop.payments.query({"order_id": 101}, index="by-order"))
    assert found == [{"payment_id": UUID(int=1), "order_id": 101}]
